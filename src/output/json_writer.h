/* SPDX-License-Identifier: Apache-2.0 */
/* Writes JSON (RFC 8259) into a string, piece by piece; commas and colons come by themselves.
 *
 *   json_object(&j); json_key(&j, "pid"); json_u64(&j, 2136); json_end(&j);     {"pid":2136}
 *
 * Text is escaped: bytes that are not UTF-8 become U+FFFD, and what a terminal must not see is
 * written as \uXXXX. Memory that runs out shows in the string's `failed`. */
#ifndef WHOSENT_OUTPUT_JSON_WRITER_H
#define WHOSENT_OUTPUT_JSON_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"
#include "base/str.h"

#define JSON_DEPTH 16

struct json {
	struct str *out;
	unsigned depth;
	bool filled[JSON_DEPTH]; /* has the container an element yet? */
	bool array[JSON_DEPTH];
	bool after_key;
};

void json_init(struct json *j, struct str *out);

void json_object(struct json *j);
void json_array(struct json *j);
void json_end(struct json *j); /* the innermost one */

void json_key(struct json *j, const char *key); /* ours: not escaped */

void json_text(struct json *j, const char *text);
void json_span(struct json *j, struct span text);
void json_u64(struct json *j, uint64_t v);
void json_i64(struct json *j, int64_t v);
void json_double(struct json *j, double v); /* null where it is no number */
void json_bool(struct json *j, bool v);

void json_key_text(struct json *j, const char *key, const char *text);
void json_key_u64(struct json *j, const char *key, uint64_t v);
void json_key_i64(struct json *j, const char *key, int64_t v);
void json_key_object(struct json *j, const char *key);
void json_key_array(struct json *j, const char *key);

#endif
