/*
 * zip_look.h - the directory of a zip (PKWARE APPNOTE 6.3.10, 4.3.12, 4.3.14 to 4.3.16), looked at
 * before anything is unpacked.
 *
 *     [local header, name, extra][data] ... [directory entries][end record, comment]
 *
 * It is right when the end record is there, all entries lie within the directory, each member's
 * header and packed data lie before the directory, no two of them overlap, no name is there twice,
 * nothing has a password, and all of it unpacks to no more than LIMIT_BOOK_UNPACKED_BYTES by its
 * own account. What is said there and is not true, the unpacking finds.
 *
 * Pure but for memory that it gives back; never reads outside `zip`.
 */
#ifndef ZIP_LOOK_H
#define ZIP_LOOK_H

#include "base/base.h"

/*
 * ERR_SYNTAX       it is cut or damaged, members overlap, a name is there twice
 * ERR_UNSUPPORTED  a password; in several volumes
 * ERR_LIMIT        LIMIT_BOOK_PARTS, LIMIT_BOOK_UNPACKED_BYTES
 * ERR_NOMEM
 */
CHECK_RESULT int zip_look(struct span zip, struct err *e);

#endif
