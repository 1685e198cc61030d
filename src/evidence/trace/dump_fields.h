/* SPDX-License-Identifier: Apache-2.0 */
/* The named fields of one event in a text dump, whatever form the dump has. Private to the readers.
 */
#ifndef WHOSENT_EVIDENCE_DUMP_FIELDS_H
#define WHOSENT_EVIDENCE_DUMP_FIELDS_H

#include "base/cursor.h"
#include "base/err.h"
#include "base/stamp.h"
#include "model/addr.h"

/* The widest events that are used have some 20 fields (a session's header has 21), and some fields
 * can repeat in rows of other events. */
#define FIELDS_MAX 64

struct field {
	struct span name, text; /* trimmed */
	bool cut;               /* the input ends inside it: digits may be missing */
};

/* Spans borrow from the reader's line or event. What stands behind FIELDS_MAX is dropped. */
struct fields {
	size_t n;
	struct field f[FIELDS_MAX];
};

void fields_add(struct fields *fs, struct span name, struct span text, bool cut);
/* NULL where there is none of that name (in either case). */
const struct field *fields_find(const struct fields *fs, const char *name);

/* Each finds a field and takes its value. -1 where it is missing, cut or no such value; the message
 * names it. Numbers are decimal, or hexadecimal behind 0x. */
int fields_text(const struct fields *fs, const char *name, struct span *ret, struct err *err);
int fields_u32(
	const struct fields *fs, const char *name, uint32_t max, uint32_t *ret, struct err *err);

/* The two ends daddr, dport and saddr, sport. */
struct dump_ends {
	struct endpoint d, s;
};
int fields_ends(const struct fields *fs, struct dump_ends *ret, struct err *err);

/* "10.1.1.1:53", "[fe80::1%3]:53", or the bytes of a sockaddr in hexadecimal. */
int fields_socket(const struct field *f, struct endpoint *ret, struct err *err);

/* "2006-12-18T12:26:27.887309500Z", with Z, an offset or neither, or a FILETIME in decimal. */
bool dump_time(struct span text, struct source_time *ret);

#endif
