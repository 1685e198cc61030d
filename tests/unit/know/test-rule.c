/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a rule: what the schema and the checks behind it take and refuse. */
#include "know/rule.h"

#include <criterion/criterion.h>

#include "base/limits.h"
#include "rule_text.h"

static struct rule *load(const char *yaml, struct err *err)
{
	struct rule *rule = NULL;
	return rule_load(span_text(yaml), &rule, err) == 0 ? rule : NULL;
}

static void refused(const char *yaml, uint64_t line, const char *words)
{
	struct err err = { 0 };
	struct rule *rule = load(yaml, &err);
	cr_assert_null(rule, "was taken: %s", yaml);
	cr_assert_eq(err.kind, ERR_MALFORMED, "%s: kind %d", yaml, err.kind);
	cr_assert_not_null(strstr(err.msg, words), "\"%s\" lacks \"%s\"", err.msg, words);
	cr_assert_eq(err.line, line, "%s: line %lu", err.msg, (unsigned long)err.line);
}

static void match_refused(const char *match, const char *words)
{
	char buf[4096];
	refused(rule_with(buf, match, ""), 0, words);
}

Test(rule, sound)
{
	struct err err;
	struct rule *rule = load(RULE, &err);
	cr_assert_not_null(rule, "%s", err.msg);
	cr_assert_str_eq(rule->text->id, "toy");
	cr_assert_eq(rule->text->strength, STRENGTH_MEDIUM);
	cr_assert_eq(rule->text->match.transport, TRANSPORT_UDP);
	cr_assert_eq(*rule->text->match.payload_bytes->is, 8);
	cr_assert_null(rule->text->match.source_port);
	cr_assert_null(rule->expected);
	cr_assert_eq(rule->conditions, 1);
	cr_assert_not(rule->by_port_only);
	cr_assert_eq(rule->text->examples_count, 2);
	rule_free(rule);
	rule_free(NULL);
}

Test(rule, expected_names)
{
	static const struct {
		const char *process, *expected;
	} cases[] = {
		{ "process: {images: [a.exe]}\n", "a.exe" },
		{ "process: {images: [a.exe], services: [A]}\n", "a.exe (A)" },
		{ "process: {images: [a.exe, b.exe, c.exe], services: [A, B]}\n",
			"a.exe, b.exe or c.exe (A, B)" },
		{ "process: {services: [A, B]}\n", "A or B" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char buf[4096];
		struct err err;
		struct rule *rule = load(rule_with(buf, "{transport: udp, payload_bytes: {is: 8}}",
						 cases[i].process),
			&err);
		cr_assert_not_null(rule, "%s", err.msg);
		cr_assert_str_eq(rule->expected, cases[i].expected);
		rule_free(rule);
	}
}

Test(rule, folded_paragraphs)
{
	struct err err;
	struct rule *rule = load(RULE_HEAD RULE_MATCH
		"why: >\n  two\n  lines\nconfirm: c\nstop: s\nreferences: [r]\n"
		"examples: [{says: s, pattern: {transport: udp, packets: 1}, expect: none}]\n",
		&err);
	cr_assert_not_null(rule, "%s", err.msg);
	cr_assert_str_eq(rule->text->why, "two lines");
	rule_free(rule);
	refused(RULE_HEAD RULE_MATCH
		"why: |\n  two\n  lines\nconfirm: c\nstop: s\nreferences: [r]\n"
		"examples: [{says: s, pattern: {transport: udp, packets: 1}, expect: none}]\n",
		0, "one paragraph");
}

Test(rule, no_rule)
{
	refused("", 0, "empty");
	refused("# only a comment\n", 0, "holds no rule");
	refused("- a list\n", 0, "MAPPING");
	refused("just text\n", 0, "MAPPING");
	refused(RULE "---\nid: second\n", 0, "second document");
	struct err err;
	struct rule *rule;
	cr_assert_eq(rule_load(span_of(NULL, LIMIT_RULE_BYTES + 1), &rule, &err), -1);
	cr_assert_eq(err.kind, ERR_LIMIT);
}

Test(rule, schema)
{
	refused(RULE_MATCH RULE_TAIL, 0, "id");
	refused(RULE_HEAD RULE_MATCH, 0, "why");
	refused(RULE "colour: red\n", 0, "colour");
	refused(RULE "id: again\n", 0, "already seen");
	refused("id: toy\ntitle: t\nstrength: huge\n" RULE_MATCH RULE_TAIL, 3, "huge");
	refused("id: toy\ntitle: t\nstrength: 3\n" RULE_MATCH RULE_TAIL, 3, "3");
	refused(RULE_HEAD "match: {transport: carrier-pigeon}\n" RULE_TAIL, 4, "carrier-pigeon");
	refused(RULE_HEAD "match: {transport: udp, payload_bytes: {is: -8}}\n" RULE_TAIL, 4, "-8");
	refused(RULE_HEAD "match: {transport: icmp, icmp_type: 256}\n" RULE_TAIL, 4, "256");
	refused(RULE_HEAD "match: {transport: udp, interval: [burst, sometimes]}\n" RULE_TAIL, 4,
		"sometimes");
}

Test(rule, bytes_that_are_no_text)
{
	refused("id: \x01toy\n", 0, "control characters");
	refused("id: \xff\xfe\n", 0, "UTF-8");
	/* In quotes a control character is sound YAML, yet it would be printed. */
	refused("id: toy\ntitle: \"a\\e[31mred\"\nstrength: medium\n" RULE_MATCH RULE_TAIL, 0,
		"title");
	refused("id: \"to\\ty\"\ntitle: t\nstrength: medium\n" RULE_MATCH RULE_TAIL, 0, "id");
	refused("id: TOY\ntitle: t\nstrength: medium\n" RULE_MATCH RULE_TAIL, 0, "id");
	/* The key is quoted in the message: not with its control character. */
	struct err err;
	cr_assert_null(load(RULE "\"a\\e[31m\": 1\n", &err));
	cr_assert_null(strchr(err.msg, '\x1b'));
}

Test(rule, aliases)
{
	refused("id: &a toy\ntitle: *a\nstrength: medium\n" RULE_MATCH RULE_TAIL, 2, "aliases");
	refused("id: a\ntitle: t\nreferences: [&a x, *a, *a]\n", 3, "aliases");
	refused(RULE_HEAD RULE_MATCH "why: &w w\nconfirm: c\nstop: s\n"
				     "references: [&x x, *x, *x, *x, *x, *x, *x]\n",
		8, "aliases");
}

Test(rule, depth)
{
	char *deep = calloc(1, LIMIT_RULE_BYTES + 1);
	memset(deep, '[', LIMIT_RULE_BYTES);
	struct err err;
	cr_assert_null(load(deep, &err));
	memcpy(deep, "id: ", 4);
	cr_assert_null(load(deep, &err));
	for (size_t i = 0; i + 3 < LIMIT_RULE_BYTES; i += 3)
		memcpy(deep + i, "{a:", 3);
	cr_assert_null(load(deep, &err));
	free(deep);
}

Test(rule, conditions)
{
	match_refused("{transport: udp}", "beside transport and direction");
	match_refused("{transport: udp, direction: out}", "beside transport and direction");
	match_refused("{transport: udp, payload_bytes: {}}", "says nothing");
	match_refused("{transport: udp, payload_bytes: {is: 8, min: 3}}", "only one of");
	match_refused("{transport: udp, payload_bytes: {is: 8, in: [8]}}", "only one of");
	match_refused("{transport: udp, payload_bytes: {min: 9, max: 8}}", "min 9 is above max 8");
	match_refused("{transport: udp, payload: {}}", "one of `is` and `starts`");
	match_refused("{transport: udp, payload: {is: \"3f\", starts: \"3f\"}}", "one of");
	char buf[4096];
	refused(rule_with(buf, "{transport: udp, payload: {is: \"3\"}}", ""), 4, "length < 2");
	match_refused("{transport: udp, payload: {is: \"3fa\"}}", "hexadecimal");
	match_refused("{transport: udp, payload: {is: \"3g\"}}", "hexadecimal");
	match_refused("{transport: udp, icmp_type: 8}", "needs transport icmp");
	match_refused("{transport: udp, peers: {kinds: [varied]}}", "no kinds");
	match_refused("{transport: udp, source_port: {is: 53}}", "must be weak");
	match_refused("{transport: igmp, answered: false}", "ICMP echo only");
}

Test(rule, ports_only)
{
	struct err err;
	struct rule *rule = load("id: toy\ntitle: t\nstrength: weak\n"
				 "match: {transport: udp, destination_port: {is: 53}}\n" RULE_TAIL,
		&err);
	cr_assert_not_null(rule, "%s", err.msg);
	cr_assert(rule->by_port_only);
	rule_free(rule);
}

Test(rule, process)
{
	char buf[4096];
	const char *match = "{transport: udp, payload_bytes: {is: 8}}";
	refused(rule_with(buf, match, "process: {}\n"), 0, "neither images nor services");
	refused(rule_with(buf, match, "strength_with_process: strong\n"), 0, "expects no process");
	refused(rule_with(buf, match, "process: {images: [a]}\nstrength_with_process: weak\n"), 0,
		"below strength");
	refused(rule_with(buf, match, "process: {images: [\"a\\nb\"]}\n"), 0, "images");
}

Test(rule, examples)
{
	static const char *const wrong[] = {
		"packets: 0",
		"packets: 2, answered: 3",
		"packets: 2, payload_bytes: {kind: constant}",
		"packets: 2, payload_bytes: {kind: constant, values: [1, 2]}",
		"packets: 2, payload_bytes: {kind: set, values: [1]}",
		"packets: 2, payload_bytes: {kind: set, values: [2, 1]}",
		"packets: 2, payload_bytes: {kind: varied, min: 2, max: 1}",
		"packets: 2, payload_bytes: {kind: varied, values: [1]}",
		"packets: 2, payload_bytes: {kind: constant, values: [1], known: 3}",
		"packets: 2, payload_bytes: {kind: constant, values: [1], known: 0}",
		"packets: 2, payload: {kind: constant, prefix: \"3\"}",
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		char buf[4096];
		snprintf(buf, sizeof buf,
			RULE "  - {says: wrong, pattern: {transport: udp, %s}, expect: none}\n",
			wrong[i]);
		refused(buf, 0, "its pattern is wrong");
	}
}

/* Every cut of a sound rule is refused or is a sound rule itself, and nothing leaks or is read
 * past the end (the copy has no terminator). */
Test(rule, cut_everywhere)
{
	size_t n = strlen(RULE), taken = 0;
	for (size_t cut = 0; cut < n; cut++) {
		char *copy = malloc(cut ? cut : 1);
		memcpy(copy, RULE, cut);
		struct err err;
		struct rule *rule = NULL;
		if (rule_load(span_of(copy, cut), &rule, &err) == 0) {
			taken++;
			rule_free(rule);
		} else {
			cr_assert_eq(err.kind, ERR_MALFORMED);
		}
		free(copy);
	}
	/* Only cuts behind the first whole example can be sound: it may be the only one. */
	cr_assert_lt(taken, 80);
}

Test(rule, one_wrong_byte)
{
	static const char bytes[] = { 0, '\n', '{', '"', '*', '&', ':', (char)0x80, '9' };
	size_t n = strlen(RULE);
	for (size_t at = 0; at < n; at++)
		for (size_t b = 0; b < sizeof bytes; b++) {
			char copy[sizeof RULE];
			memcpy(copy, RULE, sizeof RULE);
			copy[at] = bytes[b];
			struct err err;
			struct rule *rule = NULL;
			if (rule_load(span_of(copy, n), &rule, &err) == 0)
				rule_free(rule);
		}
}

Test(rule, hex)
{
	uint8_t bytes[2], n = 9;
	cr_assert(rule_hex("3F0a", bytes, 2, &n));
	cr_assert_eq(n, 2);
	cr_assert_eq(bytes[0], 0x3f);
	cr_assert_eq(bytes[1], 0x0a);
	cr_assert(rule_hex("", bytes, 2, &n));
	cr_assert_eq(n, 0);
	cr_assert_not(rule_hex("3f3f3f", bytes, 2, &n));
	cr_assert_not(rule_hex("0x3f", bytes, 2, &n));
}
