/*
 * printer.h - the role that makes documents for the console (office/paper.h), in canh-page.
 *
 * It is started when the console asks for it, makes one document after the other, and ends when the
 * console hangs up. It reads templates and fonts and nothing else, has no network, and
 * PRINTER_MEMORY more than it began with. While it makes a document it says nothing: one that does
 * not end is killed by the keeper (ROLE_SILENT_MS), and the console says so to who waits.
 */
#ifndef PRINTER_H
#define PRINTER_H

#define PRINTER_MEMORY ((size_t)512 << 20)

/* The words behind `canh role printer`; the exit code. */
int printer_main(int argc, char **argv);

#endif
