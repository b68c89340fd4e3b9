/*
 * evtx.h - read Windows event logs (EVTX): file header, chunks, records, binary XML.
 *
 *   file:   header 4096 | chunk 65536 | chunk 65536 | ...
 *   chunk:  "ElfChnk\0" ... 512 | record | record | ... | free space
 *   record: 2a 2a 00 00, size u32, id u64, FILETIME | binary XML | size u32
 *
 * A record's binary XML is nearly always one template and the values to put into it. The idea
 * here: a template is compiled once a chunk into a plan, a flat list of (field name, index of the
 * value or text), so that a record costs one pass over its value descriptors and one over the
 * plan; nothing is decoded (see rec.h).
 *
 * A chunk refers only to itself, so it is read without the file around it: a cut or damaged file
 * loses what is damaged and no more. The file header decides nothing; its faults are notes.
 *
 * Fields are flat, named as Sigma's rules want them:
 *   System               EventID, Level, ...; attributes Provider_Name, Execution_ProcessID, ...
 *   EventData            <Data Name="X"> and <ComplexData Name="X"> are X (blanks in the name
 *                        dropped), nameless ones Data, <Binary> is Binary
 *   UserData             <Any><Field>v</Field></Any> is Field, at any depth; no attributes
 *   RenderingInfo        Message; all else RenderingInfo_X, for it repeats System's names
 *   ProcessingErrorData  ProcessingErrorData_X
 * Members of an array are fields of the same name. An empty element keeps its name (REC_NONE); an
 * attribute without a value is left out.
 *
 * Work is bounded for any input: by a chunk's bytes for compiling, by steps and bytes a record
 * and a chunk for filling in (see evtx_part.h). Not thread-safe: one reader a thread.
 */
#ifndef EVTX_H
#define EVTX_H

#include "wire/rec.h"

#define EVTX_HEADER_BYTES 4096u
#define EVTX_CHUNK_BYTES  65536u

struct evtx;

/* What the file header says; informative only. */
struct evtx_file {
    uint64_t next_record;
    uint64_t chunk_last; /* number of the chunk written last */
    uint32_t chunk_count;
    uint16_t major, minor;
    bool dirty; /* was not closed: normal for a copied live log */
    bool full;
};

enum {
    EVTX_CHECKSUMS = 1u << 0, /* verify the CRC-32 of chunk headers and records: slower */
};

/* The bytes begin as an EVTX file does. */
bool evtx_is(struct span head);

/* Read the file header. ERR_OK, or ERR_CORRUPT when it is cut, of an unknown version, or its
 * checksum fails: *out holds what could be read, and the chunks are read all the same. */
int evtx_header(struct span head, struct evtx_file *out, struct err *e);

/* Chunk number `index` of a mapped file; SPAN_NONE behind the end. The last may be cut. */
struct span evtx_chunk_at(struct span file, uint64_t index);

/* NULL when there is no memory. About 600 KiB, and what plans need (at most 16 MiB). */
struct evtx *evtx_new(uint32_t flags);
void evtx_free(struct evtx **x);

/*
 * Begin a chunk: borrowed until the next evtx_chunk(); at most EVTX_CHUNK_BYTES of it are used.
 *   ERR_OK        call evtx_next() until it returns 0
 *   ERR_NOTFOUND  never used (zeros where header and first record would be): no records
 *   ERR_CORRUPT   cut, odd or failed its checksum: count it, then call evtx_next() all the same
 * Field names, and values of kind TEXT that are part of a template, live until the next call of
 * evtx_chunk(), not only until rec_clear(); their memory is used again for other names then.
 */
int evtx_chunk(struct evtx *x, struct span chunk, struct err *e);

/*
 * The next record of the chunk into *r, which is cleared first. Sets raw, codec, REC_RAW_BINARY.
 *   > 0   the record's bytes
 *   0     the chunk's end
 *   ERR_CORRUPT, ERR_LIMIT, ERR_NOMEM  a damaged or unreasonable record; e->at is its offset in
 *         the chunk. *r holds the fields that could be read and is flagged REC_DAMAGED (it may be
 *         empty). The next call goes on with the next record that is whole.
 */
int64_t evtx_next(struct evtx *x, struct rec *r, struct err *e);

/* Number (EventRecordID) and time (FILETIME) in the header of the record given last; 0 if none. */
uint64_t evtx_record_id(const struct evtx *x);
uint64_t evtx_record_filetime(const struct evtx *x);

#endif
