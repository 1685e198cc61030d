/* SPDX-License-Identifier: Apache-2.0 */
/* Reads one rule: the YAML schema of whosent-rules(5), by libcyaml. What a schema can say is said
 * here; what it cannot is checked in rule_check.c. */
#include "know/rule.h"

#include <cyaml/cyaml.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "know/rule_check.h"

/* One paragraph for people; a screenful is 2 KiB. */
#define TEXT_BYTES 4096
#define NAME_BYTES 200
#define LIST_MAX 64
#define EXAMPLES_MAX 256

#define OPTIONAL CYAML_FLAG_OPTIONAL
#define POINTER CYAML_FLAG_POINTER
#define REQUIRED CYAML_FLAG_DEFAULT

static const cyaml_strval_t transports[] = {
	{ "icmp", TRANSPORT_ICMP },
	{ "igmp", TRANSPORT_IGMP },
	{ "ipv6-icmp", TRANSPORT_ICMPV6 },
	{ "tcp", TRANSPORT_TCP },
	{ "udp", TRANSPORT_UDP },
};

static const cyaml_strval_t directions[] = {
	{ "out", DIRECTION_OUT },
	{ "in", DIRECTION_IN },
	{ "local", DIRECTION_LOCAL },
};

static const cyaml_strval_t strengths[] = {
	{ "weak", STRENGTH_WEAK },
	{ "medium", STRENGTH_MEDIUM },
	{ "strong", STRENGTH_STRONG },
};

static const cyaml_strval_t expectations[] = {
	{ "none", EXPECT_NONE },
	{ "weak", EXPECT_WEAK },
	{ "medium", EXPECT_MEDIUM },
	{ "strong", EXPECT_STRONG },
	{ "contradiction", EXPECT_CONTRADICTION },
};

static const cyaml_strval_t number_kinds[] = {
	{ "constant", NUMBER_CONSTANT },
	{ "set", NUMBER_SET },
	{ "rising", NUMBER_RISING },
	{ "range", NUMBER_RANGE },
	{ "varied", NUMBER_VARIED },
};

static const cyaml_strval_t number_bits[] = {
	{ "constant", 1 << NUMBER_CONSTANT },
	{ "set", 1 << NUMBER_SET },
	{ "rising", 1 << NUMBER_RISING },
	{ "range", 1 << NUMBER_RANGE },
	{ "varied", 1 << NUMBER_VARIED },
};

static const cyaml_strval_t interval_kinds[] = {
	{ "single", INTERVAL_SINGLE },
	{ "burst", INTERVAL_BURST },
	{ "periodic", INTERVAL_PERIODIC },
	{ "irregular", INTERVAL_IRREGULAR },
};

static const cyaml_strval_t interval_bits[] = {
	{ "single", 1 << INTERVAL_SINGLE },
	{ "burst", 1 << INTERVAL_BURST },
	{ "periodic", 1 << INTERVAL_PERIODIC },
	{ "irregular", 1 << INTERVAL_IRREGULAR },
};

static const cyaml_strval_t payload_kinds[] = {
	{ "constant", PAYLOAD_CONSTANT },
	{ "prefix", PAYLOAD_PREFIX },
	{ "varied", PAYLOAD_VARIED },
};

#define FIELD_ENUM(key, flags, type, member, words) \
	CYAML_FIELD_ENUM(                           \
		key, (flags) | CYAML_FLAG_STRICT, type, member, words, CYAML_ARRAY_LEN(words))
#define FIELD_FLAGS(key, flags, type, member, words) \
	CYAML_FIELD_FLAGS(                           \
		key, (flags) | CYAML_FLAG_STRICT, type, member, words, CYAML_ARRAY_LEN(words))

static const cyaml_schema_value_t number_value = { CYAML_VALUE_UINT(CYAML_FLAG_DEFAULT, uint32_t) };
static const cyaml_schema_value_t name_value = { CYAML_VALUE_STRING(
	POINTER, char *, 1, NAME_BYTES) };

static const cyaml_schema_field_t numbers_fields[] = {
	CYAML_FIELD_UINT_PTR("is", OPTIONAL, struct rule_numbers, is),
	CYAML_FIELD_SEQUENCE(
		"in", POINTER | OPTIONAL, struct rule_numbers, in, &number_value, 1, LIST_MAX),
	CYAML_FIELD_UINT_PTR("min", OPTIONAL, struct rule_numbers, min),
	CYAML_FIELD_UINT_PTR("max", OPTIONAL, struct rule_numbers, max),
	FIELD_FLAGS("kinds", OPTIONAL, struct rule_numbers, kinds, number_bits),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t payload_fields[] = {
	CYAML_FIELD_STRING_PTR("is", OPTIONAL, struct rule_payload, is, 2, 2 * DIGEST_PREFIX_BYTES),
	CYAML_FIELD_STRING_PTR(
		"starts", OPTIONAL, struct rule_payload, starts, 2, 2 * DIGEST_PREFIX_BYTES),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t match_fields[] = {
	FIELD_ENUM("transport", REQUIRED, struct rule_match, transport, transports),
	FIELD_ENUM("direction", OPTIONAL, struct rule_match, direction, directions),
	CYAML_FIELD_UINT_PTR("icmp_type", OPTIONAL, struct rule_match, icmp_type),
	CYAML_FIELD_UINT_PTR("icmp_code", OPTIONAL, struct rule_match, icmp_code),
	CYAML_FIELD_MAPPING_PTR(
		"payload_bytes", OPTIONAL, struct rule_match, payload_bytes, numbers_fields),
	CYAML_FIELD_MAPPING_PTR(
		"source_port", OPTIONAL, struct rule_match, source_port, numbers_fields),
	CYAML_FIELD_MAPPING_PTR(
		"destination_port", OPTIONAL, struct rule_match, destination_port, numbers_fields),
	CYAML_FIELD_MAPPING_PTR("peers", OPTIONAL, struct rule_match, peers, numbers_fields),
	CYAML_FIELD_MAPPING_PTR("payload", OPTIONAL, struct rule_match, payload, payload_fields),
	FIELD_FLAGS("interval", OPTIONAL, struct rule_match, interval, interval_bits),
	CYAML_FIELD_BOOL_PTR("answered", OPTIONAL, struct rule_match, answered),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t process_fields[] = {
	CYAML_FIELD_SEQUENCE("images", POINTER | OPTIONAL, struct rule_process, images, &name_value,
		1, LIST_MAX),
	CYAML_FIELD_SEQUENCE("services", POINTER | OPTIONAL, struct rule_process, services,
		&name_value, 1, LIST_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t example_numbers_fields[] = {
	FIELD_ENUM("kind", REQUIRED, struct rule_example_numbers, kind, number_kinds),
	CYAML_FIELD_SEQUENCE("values", POINTER | OPTIONAL, struct rule_example_numbers, values,
		&number_value, 1, PATTERN_SET),
	CYAML_FIELD_UINT("min", OPTIONAL, struct rule_example_numbers, min),
	CYAML_FIELD_UINT("max", OPTIONAL, struct rule_example_numbers, max),
	CYAML_FIELD_UINT_PTR("known", OPTIONAL, struct rule_example_numbers, known),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t example_payload_fields[] = {
	FIELD_ENUM("kind", REQUIRED, struct rule_example_payload, kind, payload_kinds),
	CYAML_FIELD_STRING_PTR("prefix", OPTIONAL, struct rule_example_payload, prefix, 0,
		2 * DIGEST_PREFIX_BYTES),
	CYAML_FIELD_END,
};

#define PATTERN struct rule_example_pattern

static const cyaml_schema_field_t example_pattern_fields[] = {
	FIELD_ENUM("transport", REQUIRED, PATTERN, transport, transports),
	FIELD_ENUM("direction", OPTIONAL, PATTERN, direction, directions),
	CYAML_FIELD_UINT_PTR("icmp_type", OPTIONAL, PATTERN, icmp_type),
	CYAML_FIELD_UINT_PTR("icmp_code", OPTIONAL, PATTERN, icmp_code),
	CYAML_FIELD_UINT("packets", CYAML_FLAG_DEFAULT, PATTERN, packets),
	CYAML_FIELD_UINT("peers", OPTIONAL, PATTERN, peers),
	CYAML_FIELD_UINT("answered", OPTIONAL, PATTERN, answered),
	CYAML_FIELD_MAPPING_PTR(
		"payload_bytes", OPTIONAL, PATTERN, payload_bytes, example_numbers_fields),
	CYAML_FIELD_MAPPING_PTR(
		"source_port", OPTIONAL, PATTERN, source_port, example_numbers_fields),
	CYAML_FIELD_MAPPING_PTR(
		"destination_port", OPTIONAL, PATTERN, destination_port, example_numbers_fields),
	CYAML_FIELD_MAPPING_PTR("payload", OPTIONAL, PATTERN, payload, example_payload_fields),
	FIELD_ENUM("interval", OPTIONAL, PATTERN, interval, interval_kinds),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t example_process_fields[] = {
	CYAML_FIELD_STRING_PTR(
		"image", OPTIONAL, struct rule_example_process, image, 1, NAME_BYTES),
	CYAML_FIELD_STRING_PTR(
		"services", OPTIONAL, struct rule_example_process, services, 1, NAME_BYTES),
	CYAML_FIELD_BOOL("image_cut", OPTIONAL, struct rule_example_process, image_cut),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t example_fields[] = {
	CYAML_FIELD_STRING_PTR("says", POINTER, struct rule_example, says, 1, NAME_BYTES),
	CYAML_FIELD_MAPPING("pattern", CYAML_FLAG_DEFAULT, struct rule_example, pattern,
		example_pattern_fields),
	CYAML_FIELD_MAPPING_PTR(
		"process", OPTIONAL, struct rule_example, process, example_process_fields),
	FIELD_ENUM("expect", REQUIRED, struct rule_example, expect, expectations),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t example_value = { CYAML_VALUE_MAPPING(
	CYAML_FLAG_DEFAULT, struct rule_example, example_fields) };

#define TEXT struct rule_text

static const cyaml_schema_field_t rule_fields[] = {
	CYAML_FIELD_STRING_PTR("id", POINTER, TEXT, id, 1, 64),
	CYAML_FIELD_STRING_PTR("title", POINTER, TEXT, title, 1, NAME_BYTES),
	FIELD_ENUM("strength", REQUIRED, TEXT, strength, strengths),
	FIELD_ENUM("strength_with_process", OPTIONAL, TEXT, strength_with_process, strengths),
	CYAML_FIELD_MAPPING("match", CYAML_FLAG_DEFAULT, TEXT, match, match_fields),
	CYAML_FIELD_MAPPING_PTR("process", OPTIONAL, TEXT, process, process_fields),
	CYAML_FIELD_STRING_PTR("why", POINTER, TEXT, why, 1, TEXT_BYTES),
	CYAML_FIELD_STRING_PTR("confirm", POINTER, TEXT, confirm, 1, TEXT_BYTES),
	CYAML_FIELD_STRING_PTR("stop", POINTER, TEXT, stop, 1, TEXT_BYTES),
	CYAML_FIELD_SEQUENCE("references", POINTER, TEXT, references, &name_value, 1, LIST_MAX),
	CYAML_FIELD_SEQUENCE("examples", POINTER, TEXT, examples, &example_value, 1, EXAMPLES_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t rule_value = { CYAML_VALUE_MAPPING(POINTER, TEXT, rule_fields) };

/* libcyaml tells what is wrong in its first message and where in the first line of the backtrace
 * that follows: "  in mapping field 'kinds' (line: 2, column: 21)". */
struct complaint {
	char first[224];
	uint64_t line; /* 0 where libcyaml does not know it */
};

/* Where a key is wrong libcyaml tells the line of the value before it: no line is better. */
static bool about_key(const char *complaint)
{
	struct span s = span_text(complaint);
	return text_starts(s, "Unexpected key") || text_starts(s, "Missing required") ||
		text_starts(s, "Mapping field already seen");
}

__attribute__((format(printf, 3, 0))) static void listen(
	cyaml_log_t level, void *context, const char *fmt, va_list args)
{
	struct complaint *c = context;
	(void)level;
	if (!c)
		return;
	char text[sizeof c->first];
	vsnprintf(text, sizeof text, fmt, args);
	text[strcspn(text, "\n")] = '\0';
	const char *at = text_starts(span_text(text), "Load: ") ? text + 6 : text;
	const char *where = strstr(at, "(line: ");
	if (text_starts(span_text(at), "  in ")) {
		if (where && c->line == 0 && !about_key(c->first))
			text_u64(span_of(where + 7, strspn(where + 7, "0123456789")), &c->line);
	} else if (!text_starts(span_text(at), "Backtrace") && !c->first[0]) {
		snprintf(c->first, sizeof c->first, "%s", at);
	}
}

static cyaml_config_t config(struct complaint *complaint)
{
	/* Aliases are refused: nine nested ones make a thousand million strings of 200 bytes. */
	return (cyaml_config_t){
		.log_fn = listen,
		.log_ctx = complaint,
		.log_level = CYAML_LOG_WARNING,
		.mem_fn = cyaml_mem,
		.flags = CYAML_CFG_NO_ALIAS,
	};
}

/* libyaml's words quote the input: no control character may travel on in a message of ours. */
static void clean(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

static int load_text(struct span yaml, struct rule_text **ret, struct err *err)
{
	struct complaint complaint = { 0 };
	cyaml_config_t c = config(&complaint);
	cyaml_data_t *data = NULL;
	cyaml_err_t e = cyaml_load_data(yaml.p, yaml.n, &c, &rule_value, &data, NULL);
	clean(complaint.first);
	*ret = (struct rule_text *)data;
	if (e == CYAML_ERR_OOM)
		return err_nomem(err);
	if (e == CYAML_ERR_ALIAS)
		return err_line(
			err, ERR_MALFORMED, complaint.line, "aliases are not allowed in a rule");
	if (e != CYAML_OK)
		return err_line(err, ERR_MALFORMED, complaint.line, "%s",
			complaint.first[0] ? complaint.first : cyaml_strerror(e));
	if (!data)
		return err_set(err, ERR_MALFORMED, "the file holds no rule");
	/* The only warning that libcyaml has for a good document: others stand behind it. */
	if (complaint.first[0])
		return err_set(err, ERR_MALFORMED, "one rule a file: a second document follows");
	return 0;
}

int rule_load(struct span yaml, struct rule **ret, struct err *err)
{
	if (yaml.n > LIMIT_RULE_BYTES)
		return err_set(err, ERR_LIMIT, "%zu bytes, and a rule has at most %u", yaml.n,
			LIMIT_RULE_BYTES);
	if (yaml.n == 0)
		return err_set(err, ERR_MALFORMED, "the file is empty");
	struct rule *rule = calloc(1, sizeof *rule);
	if (!rule)
		return err_nomem(err);
	if (load_text(yaml, &rule->text, err) < 0 || rule_check(rule, err) < 0) {
		rule_free(rule);
		return -1;
	}
	*ret = rule;
	return 0;
}

void rule_free(struct rule *rule)
{
	if (!rule)
		return;
	cyaml_config_t c = config(NULL);
	if (rule->text)
		cyaml_free(&c, &rule_value, rule->text, 0);
	free(rule->expected);
	free(rule);
}
