/* SPDX-License-Identifier: Apache-2.0 */
/* A rule's examples are its tests: patterns are made of them, and the rule must say of each what
 * the example expects. */
#include "know/rule.h"

#include <stdio.h>
#include <string.h>

#include "know/rules.h"
#include "know/store.h"

static int nibble(char c)
{
	return c >= '0' && c <= '9'    ? c - '0'
		: c >= 'a' && c <= 'f' ? c - 'a' + 10
		: c >= 'A' && c <= 'F' ? c - 'A' + 10
				       : -1;
}

bool rule_hex(const char *text, uint8_t *ret, size_t max, uint8_t *ret_n)
{
	size_t n = strlen(text);
	if (n % 2 || n / 2 > max)
		return false;
	for (size_t i = 0; i < n; i += 2) {
		int high = nibble(text[i]), low = nibble(text[i + 1]);
		if (high < 0 || low < 0)
			return false;
		ret[i / 2] = (uint8_t)(high << 4 | low);
	}
	*ret_n = (uint8_t)(n / 2);
	return true;
}

static bool fill_numbers(
	const struct rule_example_numbers *e, uint64_t packets, struct number_pattern *ret)
{
	*ret = (struct number_pattern){ 0 };
	if (!e)
		return true;
	ret->kind = (enum number_kind)e->kind;
	ret->known = e->known ? *e->known : packets;
	ret->min = e->min;
	ret->max = e->max;
	if (ret->known == 0 || ret->known > packets)
		return false;
	bool listed = e->kind == NUMBER_CONSTANT || e->kind == NUMBER_SET;
	if (!listed)
		return e->values_count == 0 && e->min <= e->max;
	if ((e->kind == NUMBER_CONSTANT) != (e->values_count == 1) || e->values_count == 0)
		return false;
	ret->n_values = (uint8_t)e->values_count;
	memcpy(ret->values, e->values, e->values_count * sizeof *e->values);
	ret->min = e->values[0];
	ret->max = e->values[e->values_count - 1];
	for (uint32_t i = 1; i < e->values_count; i++)
		if (e->values[i - 1] >= e->values[i])
			return false;
	return true;
}

static bool fill_payload(const struct rule_example_payload *e, struct pattern *ret)
{
	if (!e)
		return true;
	ret->payload = (enum payload_kind)e->kind;
	return !e->prefix ||
		rule_hex(e->prefix, ret->payload_prefix, sizeof ret->payload_prefix,
			&ret->payload_prefix_n);
}

bool rule_example_fill(const struct rule_example *example, struct pattern *ret)
{
	const struct rule_example_pattern *e = &example->pattern;
	*ret = (struct pattern){
		.transport = (uint8_t)e->transport,
		.has_icmp = e->icmp_type != NULL,
		.icmp_type = e->icmp_type ? *e->icmp_type : 0,
		.icmp_code = e->icmp_code ? *e->icmp_code : 0,
		.direction = (enum direction)e->direction,
		.packets = e->packets,
		.peers = e->peers,
		.interval = (enum interval_kind)e->interval,
		.answered = e->answered,
		.answerable = e->source_port || e->answered ? e->packets : 0,
	};
	return e->packets && e->answered <= e->packets &&
		fill_numbers(e->payload_bytes, e->packets, &ret->payload_bytes) &&
		fill_numbers(e->source_port, e->packets, &ret->source_port) &&
		fill_numbers(e->destination_port, e->packets, &ret->destination_port) &&
		fill_payload(e->payload, ret);
}

static int outcome(const struct rule *rule, const struct rule_example *example)
{
	struct pattern pattern;
	rule_example_fill(example, &pattern); /* rule_check saw that it holds */
	struct process process = { 0 };
	if (example->process) {
		process.image = example->process->image;
		process.services = example->process->services;
		process.image_cut = example->process->image_cut;
	}
	struct explanation e;
	if (!rule_explain(rule, &pattern, example->process ? &process : NULL, &e))
		return EXPECT_NONE;
	return e.agreement == AGREEMENT_NO ? EXPECT_CONTRADICTION : (int)e.strength;
}

static const char *outcome_name(int outcome)
{
	return outcome == EXPECT_CONTRADICTION ? "contradiction"
					       : strength_name((enum strength)outcome);
}

typedef void report_fn(void *context, const char *rule, const char *example, const char *wrong);

static size_t check_rule(const struct rule *rule, report_fn *report, void *context)
{
	const struct rule_text *t = rule->text;
	size_t failed = 0;
	bool took = false, refused = false;
	for (uint32_t i = 0; i < t->examples_count; i++) {
		const struct rule_example *example = &t->examples[i];
		int got = outcome(rule, example);
		char wrong[80];
		snprintf(wrong, sizeof wrong, "expected %s, got %s", outcome_name(example->expect),
			outcome_name(got));
		bool good = got == example->expect;
		failed += !good;
		report(context, t->id, example->says, good ? NULL : wrong);
		took |= example->expect != EXPECT_NONE;
		refused |= example->expect == EXPECT_NONE;
	}
	/* A rule that matches everything passes every example of what it should match. */
	const char *missing = !took ? "no example shows what the rule matches"
		: !refused          ? "no example shows what the rule refuses"
				    : NULL;
	if (missing)
		report(context, t->id, "(examples)", missing);
	return failed + (missing != NULL);
}

size_t rules_check(const struct rules *r, report_fn *report, void *context)
{
	size_t failed = 0;
	for (size_t i = 0; i < r->count; i++)
		failed += check_rule(r->rules[i], report, context);
	return failed;
}
