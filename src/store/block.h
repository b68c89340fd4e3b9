/*
 * block.h - some thousand events as one string of bytes, and back, byte for byte.
 *
 *   raw ──wire codecs──▶ shape + values ──▶ columns ──zstd──▶ parts ──▶ columns ──▶ raw
 *
 * The values of a record's fields are its *slots*; the bytes between them are its *shape*. Rows of
 * one shape are a table with a column a slot; where a shape is not partial, the codecs read the
 * same fields in each of them, at the same slots. A slot of text is cut again, into what its rows
 * have in common (which becomes part of the shape) and what varies (slots without a name). Columns
 * are numbers, times, addresses or dictionaries over one pool of values; one that repeats another
 * of its table is not written at all, which is what most of a Windows `Message` does.
 *
 * The format is docs/block.md. A block names its fields itself: it can be read whatever later
 * parsers do. Every block is read back and compared by its writer; should that ever fail, its
 * events are stored as they came (block_verbatim()).
 *
 * Pure: no files, no clock. A writer or a reader belongs to one thread.
 */
#ifndef BLOCK_H
#define BLOCK_H

#include "base/buf.h"

#define BLOCK_EVENTS_MAX 8192u
#define BLOCK_RAW_MAX    ((size_t)12 << 20) /* of all events, unless there is only one */
#define BLOCK_BYTES_MAX  ((size_t)64 << 20) /* a block */

struct block_event {
    uint64_t sequence;
    int64_t receipt_ns;
    uint32_t source;
    uint16_t flags, lines;
    struct span raw;
};

struct block;

/* --- writing ------------------------------------------------------------------------------ */

struct block_writer;

int block_writer_new(struct block_writer **out, struct err *e);
void block_writer_free(struct block_writer **w);

/* One more event, its bytes copied; sequences ascend. False when it is full (BLOCK_EVENTS_MAX,
 * BLOCK_RAW_MAX): put what is there, then add it again. An event that does not fit into memory
 * makes block_put() fail. */
bool block_add(struct block_writer *w, const struct block_event *ev);
uint32_t block_count(const struct block_writer *w);

/* The words of the events' search texts (event/search_text.h), with the next block that is put, go
 * into this index, which is borrowed until then; NULL: into none. */
struct word_index_writer;
void block_words(struct block_writer *w, struct word_index_writer *words);

/* The next block that is put, when it was read back and is well: opened by its columns, with its
 * envelope, and gone afterwards. NULL: nobody looks. */
typedef void block_watch_fn(void *arg, struct block *b);
void block_watch(struct block_writer *w, block_watch_fn *fn, void *arg);

/* Append the block to `out` and begin anew. What this takes beside the raw bytes is given back:
 * writers that fill cost no more than what they hold. ERR_NOMEM; ERR_LIMIT when `out` is full. */
int block_put(struct block_writer *w, struct buf *out, struct err *e);
/* Begin anew. */
void block_clear(struct block_writer *w);

/* Events that were stored as they came, because what was made of their block did not give the same
 * bytes, or would not fit: 0, but for a fault of this program or thousands of huge shapes. */
uint64_t block_verbatim(const struct block_writer *w);

/* --- reading events ------------------------------------------------------------------------- */

/* Of all that is in the block, checked; `bytes` is not needed afterwards. ERR_CORRUPT,
 * ERR_UNSUPPORTED for a later version, ERR_NOMEM. */
int block_open(struct block **out, struct span bytes, struct err *e);
void block_free(struct block **b);

uint32_t block_events(const struct block *b);
/* The event in this row; its raw lives as long as the block. After block_open_columns(): without
 * raw until block_load() was well. */
struct block_event block_event(const struct block *b, uint32_t row);

/* --- reading columns ------------------------------------------------------------------------ */

/* Of a block of version 1: one shape, one slot, no fields. */

/* As block_open(), but of the head, the directory and the envelope only: other parts are read, and
 * checked, when something in them is asked for. A part that is damaged is ERR_CORRUPT there and
 * then (e->at is its place in the block); what lies in others stays readable. */
int block_open_columns(struct block **out, struct span bytes, struct err *e);
/* The same of bytes that stay as they are until block_free(), and without the envelope but for
 * which row is of which shape: block_envelope() is for who wants events, or any of them
 * (block_event()). */
int block_open_shapes(struct block **out, struct span bytes, struct err *e);
int block_envelope(struct block *b, struct err *e);

/* What holds for all events of a block, from the directory. */
struct block_about {
    int64_t receipt_least, receipt_greatest;
    uint32_t source_least, source_greatest;
    uint16_t flags_greatest; /* no number of flags is greater */
};
struct block_about block_about(const struct block *b);

/* All events. */
int block_load(struct block *b, struct err *e);
/* The raw of one event into `out`, which is cleared first. ERR_CORRUPT, ERR_NOMEM. */
int block_raw(struct block *b, uint32_t row, struct buf *out, struct err *e);

/* The same, and where in it each literal begins: of slots + 1 at most `at_max`. */
int block_raw_places(struct block *b, uint32_t row, struct buf *out, uint32_t *at, uint32_t at_max,
                     struct err *e);

/* Values of the pool. */
uint32_t block_pool(const struct block *b);

/* Names of fields: the last part of it, and the name that it lies below, or BLOCK_NONE. */
#define BLOCK_NONE UINT32_MAX
struct block_name {
    uint32_t parent;
    struct span text;
};
uint32_t block_names(const struct block *b);
struct block_name block_name(const struct block *b, uint32_t name);

/* What the bytes of a field are: rec.h says what the text behind each is. In the format. */
enum block_kind {
    BLOCK_TEXT,
    BLOCK_JSON,   /* the inside of a JSON string */
    BLOCK_BARE,   /* a JSON number, true, false, null */
    BLOCK_XML,    /* character data */
    BLOCK_QUOTED, /* text with backslash escapes */
    BLOCK_HEX,    /* hex digits of bytes */
    BLOCK_NUMBER,
    BLOCK_ABSENT, /* no value */
    BLOCK_GROUP,  /* a container: its bytes as they are */
    BLOCK_KINDS,
    BLOCK_DASH = 0x80, /* added: "-" is no value */
};

/* A field of a shape: from `from` bytes into the literal before slot `first` up to `to` bytes into
 * the literal before slot `last`. */
struct block_field {
    uint32_t name;
    uint8_t kind;
    uint32_t first, from, last, to;
};

struct block_shape {
    uint32_t rows, slots, fields;
    bool partial; /* its records have fields that are not slices of them: parse to know those */
};
uint32_t block_shapes(const struct block *b);
struct block_shape block_shape(const struct block *b, uint32_t shape);
struct block_field block_field(const struct block *b, uint32_t shape, uint32_t field);
/* The bytes before slot `slot`; of slot == slots: behind the last. */
struct span block_literal(const struct block *b, uint32_t shape, uint32_t slot);
/* Which rows of the block have this shape, ascending: `rows` of them. */
const uint32_t *block_shape_rows(const struct block *b, uint32_t shape);

/* A column: the value of row i of its shape is value[row[i]]; without `row` it is value[i], or the
 * only one. `numbers`: of a column of numbers, by row, else NULL; times are ticks since 1970. */
struct block_column {
    uint32_t values;
    const struct span *value;
    const uint32_t *row;
    const int64_t *numbers;
};
/* ERR_CORRUPT, ERR_NOMEM. What it gives lives as long as the block. */
int block_column(struct block *b, uint32_t shape, uint32_t slot, struct block_column *out,
                 struct err *e);
/* A column as its different values: row i of its shape has value id[i], all rows value 0 without
 * `id`. `pool`: their numbers in the pool, the same for the same text anywhere in the block; NULL
 * for numbers, of which `numbers` has one by row. When there are more than `most` of them, `count`
 * is 0, and only `numbers` are there. The same errors, the same life. */
struct block_distinct {
    uint32_t count;
    const uint32_t *id, *pool;
    const struct span *text;
    const int64_t *numbers;
};
int block_distinct(struct block *b, uint32_t shape, uint32_t slot, uint32_t most,
                   struct block_distinct *out, struct err *e);

/* The text of a number of a column of numbers into `dst` (BLOCK_NUMBER_TEXT); 0 when its form
 * cannot say it. */
#define BLOCK_NUMBER_TEXT 1536u
size_t block_number_text(const struct block *b, uint32_t shape, uint32_t slot, int64_t number,
                         uint8_t *dst);
/* Adds to `set` the bytes that texts of a column of numbers may have; false for others. */
bool block_number_bytes(const struct block *b, uint32_t shape, uint32_t slot, bool set[256]);
/* May these texts be compared as times by their numbers: does the column have one form of
 * YYYY-MM-DD, 'T' or a blank, HH:MM:SS, a fraction or none, and then always the same? Ticks of how
 * many ns; 0: no. */
int64_t block_time_ticks(const struct block *b, uint32_t shape, uint32_t slot);

/* Least and greatest number of a column of numbers, from the directory; false for others. */
bool block_range(const struct block *b, uint32_t shape, uint32_t slot, int64_t *least,
                 int64_t *greatest);

#endif
