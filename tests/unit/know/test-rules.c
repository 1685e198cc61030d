/* SPDX-License-Identifier: Apache-2.0 */
/* The store: replacing, choosing the best, checking examples. */
#include "know/rules.h"

#include <criterion/criterion.h>

#include "rule_text.h"

static void add(struct rules *r, const char *yaml)
{
	struct err err;
	cr_assert_eq(rules_add(r, "toy.yaml", span_text(yaml), &err), 0, "%s", err.msg);
}

static void add_rule(struct rules *r, const char *id, const char *strength, const char *rest)
{
	char buf[4096];
	snprintf(buf, sizeof buf, "id: %s\ntitle: t\nstrength: %s\n%s" RULE_TAIL, id, strength,
		rest);
	add(r, buf);
}

static struct rules *new_rules(void)
{
	struct rules *r = NULL;
	cr_assert_eq(rules_new(&r, NULL), 0);
	return r;
}

static struct pattern udp8(void)
{
	return (struct pattern){ .transport = TRANSPORT_UDP,
		.direction = DIRECTION_OUT,
		.packets = 2,
		.payload_bytes = { .kind = NUMBER_CONSTANT,
			.known = 2,
			.min = 8,
			.max = 8,
			.n_values = 1,
			.values = { 8 } } };
}

static const char *best(const struct rules *r, const char *image)
{
	struct pattern p = udp8();
	struct process process = { .image = image };
	struct explanation e;
	return rules_explain(r, &p, image ? &process : NULL, &e) ? e.id : "none";
}

#define LENGTH "match: {transport: udp, direction: out, payload_bytes: {is: 8}}\n"
#define LENGTH_MORE \
	"match: {transport: udp, direction: out, payload_bytes: {is: 8}, answered: false}\n"

Test(rules, empty)
{
	struct rules *r = new_rules();
	cr_assert_eq(rules_count(r), 0);
	cr_assert_str_eq(best(r, NULL), "none");
	cr_assert_not(rules_expects(r, "toy", &(struct process){ .image = "a" }));
	rules_free(r);
	rules_free(NULL);
}

Test(rules, strongest_first)
{
	struct rules *r = new_rules();
	add_rule(r, "c", "weak", LENGTH_MORE);
	add_rule(r, "b", "medium", LENGTH);
	cr_assert_str_eq(best(r, NULL), "b");
	add_rule(r, "d", "medium", LENGTH_MORE);
	cr_assert_str_eq(best(r, NULL), "d", "more conditions");
	add_rule(r, "a", "medium", LENGTH_MORE);
	cr_assert_str_eq(best(r, NULL), "a", "the first id");
	rules_free(r);
}

Test(rules, order_of_adding_does_not_matter)
{
	static const char *const ids[] = { "a", "b", "c" };
	for (int first = 0; first < 3; first++) {
		struct rules *r = new_rules();
		for (int i = 0; i < 3; i++)
			add_rule(r, ids[(first + i) % 3], "medium", LENGTH);
		cr_assert_str_eq(best(r, NULL), "a");
		rules_free(r);
	}
}

Test(rules, an_agreeing_rule_silences_a_contradiction)
{
	struct rules *r = new_rules();
	add_rule(r, "mail", "strong", LENGTH "process: {images: [store.exe]}\n");
	add_rule(r, "game", "weak", LENGTH "process: {images: [game.exe]}\n");
	add_rule(r, "other", "medium", LENGTH);
	cr_assert_str_eq(best(r, "store.exe"), "mail");
	cr_assert_str_eq(best(r, "game.exe"), "game");
	/* Nothing agrees with this one: the contradiction stays, though another rule says nothing
	 * of the process. */
	cr_assert_str_eq(best(r, "evil.exe"), "mail");
	struct pattern p = udp8();
	struct explanation e;
	cr_assert(rules_explain(r, &p, &(struct process){ .image = "evil.exe" }, &e));
	cr_assert_eq(e.agreement, AGREEMENT_NO);
	rules_free(r);
}

Test(rules, replaced)
{
	struct rules *r = new_rules();
	add(r, RULE);
	add_rule(r, "toy", "strong", LENGTH "process: {services: [Toy]}\n");
	cr_assert_eq(rules_count(r), 1);
	struct pattern p = udp8();
	struct explanation e;
	cr_assert(rules_explain(r, &p, NULL, &e));
	cr_assert_eq(e.strength, STRENGTH_STRONG);
	cr_assert(rules_expects(r, "toy", &(struct process){ .services = "toy" }));
	cr_assert_not(rules_expects(r, "toy", &(struct process){ .image = "toy" }));
	cr_assert_not(rules_expects(r, "other", &(struct process){ .services = "toy" }));
	rules_free(r);
}

Test(rules, a_bad_file_is_named_and_changes_nothing)
{
	struct rules *r = new_rules();
	add(r, RULE);
	struct err err;
	cr_assert_eq(rules_add(r, "bad.yaml", span_text("id: 7 \n\nstrength: huge\n"), &err), -1);
	cr_assert_eq(err.kind, ERR_MALFORMED);
	cr_assert_eq(err.line, 3);
	cr_assert_not_null(strstr(err.msg, "bad.yaml: "), "%s", err.msg);
	cr_assert_eq(rules_count(r), 1);
	rules_free(r);
}

Test(rules, by_port_only)
{
	struct rules *r = new_rules();
	add_rule(r, "port", "weak",
		"match: {transport: udp, destination_port: {is: 53}}\nprocess: {images: "
		"[a.exe]}\n");
	struct pattern p = udp8();
	struct explanation e;
	cr_assert(rules_explain(r, &p, NULL, &e));
	cr_assert(e.by_port_only);
	cr_assert(rules_explain(r, &p, &(struct process){ .image = "a.exe" }, &e));
	cr_assert_not(e.by_port_only);
	rules_free(r);
}

struct seen {
	char text[1024];
};

static void note(void *context, const char *rule, const char *example, const char *wrong)
{
	struct seen *s = context;
	size_t n = strlen(s->text);
	snprintf(s->text + n, sizeof s->text - n, "%s: %s: %s\n", rule, example,
		wrong ? wrong : "good");
}

Test(rules, check)
{
	struct rules *r = new_rules();
	struct seen seen = { "" };
	add(r, RULE);
	cr_assert_eq(rules_check(r, note, &seen), 0);
	cr_assert_str_eq(seen.text, "toy: yes it is: good\ntoy: no it is not: good\n");
	rules_free(r);
}

Test(rules, check_finds_what_differs)
{
	struct rules *r = new_rules();
	struct seen seen = { "" };
	add_rule(r, "toy", "strong", LENGTH);
	add(r,
		RULE_HEAD "match: {transport: tcp, answered: false}\n"
			  "why: w\nconfirm: c\nstop: s\nreferences: [r]\n"
			  "examples: [{says: all of it, pattern: {transport: tcp, packets: 1}, "
			  "expect: medium}]\n");
	add(r,
		"id: zoo\ntitle: t\nstrength: weak\nmatch: {transport: tcp, direction: out, "
		"answered: false}\nprocess: {images: [a]}\n"
		"why: w\nconfirm: c\nstop: s\nreferences: [r]\n"
		"examples: [{says: another, pattern: {transport: tcp, direction: out, packets: 1}, "
		"process: {image: b}, expect: none}]\n");
	cr_assert_eq(rules_check(r, note, &seen), 3);
	cr_assert_str_eq(seen.text,
		"toy: all of it: good\n"
		"toy: (examples): no example shows what the rule refuses\n"
		"zoo: another: expected none, got contradiction\n"
		"zoo: (examples): no example shows what the rule matches\n");
	rules_free(r);
}
