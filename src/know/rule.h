/* SPDX-License-Identifier: Apache-2.0 */
/* A rule as the rest of this room sees it. The structs whose names begin with rule_ are filled
 * by libcyaml as the schema of rule_yaml.c says; whosent-rules(5) documents the keys. */
#ifndef WHOSENT_KNOW_RULE_H
#define WHOSENT_KNOW_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cursor.h"
#include "base/err.h"
#include "model/finding.h"

/* Conditions on a quantity. What is not stated in the rule is NULL or 0. */
struct rule_numbers {
	uint32_t *is;
	uint32_t *in; /* every value of the group is one of these */
	uint32_t in_count;
	uint32_t *min, *max;
	unsigned kinds; /* bits 1 << enum number_kind */
};

struct rule_payload {
	char *is, *starts; /* hexadecimal */
};

struct rule_match {
	int transport;
	int direction; /* DIRECTION_NONE: any */
	uint8_t *icmp_type, *icmp_code;
	struct rule_numbers *payload_bytes, *source_port, *destination_port, *peers;
	struct rule_payload *payload;
	unsigned interval; /* bits 1 << enum interval_kind */
	bool *answered;
};

struct rule_process {
	char **images;
	uint32_t images_count;
	char **services;
	uint32_t services_count;
};

/* What an example says of a quantity: the keys of the pattern in --json. */
struct rule_example_numbers {
	int kind;
	uint32_t *values;
	uint32_t values_count;
	uint32_t min, max;
	uint64_t *known; /* NULL: all packets */
};

struct rule_example_payload {
	int kind;
	char *prefix; /* hexadecimal */
};

struct rule_example_pattern {
	int transport, direction;
	uint8_t *icmp_type, *icmp_code;
	uint64_t packets, peers, answered;
	struct rule_example_numbers *payload_bytes, *source_port, *destination_port;
	struct rule_example_payload *payload;
	int interval;
};

struct rule_example_process {
	char *image, *services;
	bool image_cut;
};

enum rule_expectation {
	EXPECT_NONE = STRENGTH_NONE,
	EXPECT_WEAK = STRENGTH_WEAK,
	EXPECT_MEDIUM = STRENGTH_MEDIUM,
	EXPECT_STRONG = STRENGTH_STRONG,
	EXPECT_CONTRADICTION,
};

struct rule_example {
	char *says;
	struct rule_example_pattern pattern;
	struct rule_example_process *process;
	int expect; /* enum rule_expectation */
};

struct rule_text {
	char *id, *title;
	int strength;
	int strength_with_process; /* STRENGTH_NONE: the same */
	struct rule_match match;
	struct rule_process *process;
	char *why, *confirm, *stop;
	char **references;
	uint32_t references_count;
	struct rule_example *examples;
	uint32_t examples_count;
};

struct rule {
	struct rule_text *text;
	char *expected;                       /* "store.exe (MSExchangeIS)", or NULL */
	uint8_t payload[DIGEST_PREFIX_BYTES]; /* of match.payload */
	uint8_t payload_n;
	unsigned conditions;
	bool by_port_only;
};

/* Reads and checks one rule. *ret is the caller's, for rule_free. */
int rule_load(struct span yaml, struct rule **ret, struct err *err);
void rule_free(struct rule *rule); /* accepts NULL */

/* Pairs of hexadecimal digits; false on anything else or more than `max` bytes. */
bool rule_hex(const char *text, uint8_t *ret, size_t max, uint8_t *ret_n);

bool rule_matches(const struct rule *rule, const struct pattern *pattern);
enum agreement rule_agreement(const struct rule *rule, const struct process *process);
/* False where the rule does not match. */
bool rule_explain(const struct rule *rule, const struct pattern *pattern,
	const struct process *process, struct explanation *ret);

/* The pattern of an example as the describer would give it. False where its hexadecimal text or
 * its number of values is wrong. */
bool rule_example_fill(const struct rule_example *example, struct pattern *ret);

#endif
