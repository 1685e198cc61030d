/* SPDX-License-Identifier: Apache-2.0 */
/* Rules for the tests of this room, made of a sound one by replacing or adding lines. */
#ifndef WHOSENT_TESTS_RULE_TEXT_H
#define WHOSENT_TESTS_RULE_TEXT_H

#include <stdio.h>
#include <string.h>

#define RULE_HEAD "id: toy\ntitle: a toy\nstrength: medium\n"
#define RULE_MATCH "match: {transport: udp, direction: out, payload_bytes: {is: 8}}\n"
#define RULE_TAIL                                                                      \
	"why: because\nconfirm: look\nstop: do not\nreferences: [a book]\n"            \
	"examples:\n"                                                                  \
	"  - {says: yes it is, pattern: {transport: udp, direction: out, packets: 2, " \
	"payload_bytes: {kind: constant, values: [8]}}, expect: medium}\n"             \
	"  - {says: no it is not, pattern: {transport: tcp, packets: 2}, expect: none}\n"

#define RULE RULE_HEAD RULE_MATCH RULE_TAIL

/* With other conditions: what stands behind `match: `. The examples may then not hold. */
static inline const char *rule_with(char buf[static 4096], const char *match, const char *more)
{
	snprintf(buf, 4096, RULE_HEAD "match: %s\n%s" RULE_TAIL, match, more);
	return buf;
}

#endif
