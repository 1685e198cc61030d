/* SPDX-License-Identifier: Apache-2.0 */
/* Does a rule match a group's pattern, and does the group's process agree with it?
 *
 * A rule matches the whole pattern: every packet of the group that states a quantity must meet
 * the condition on it. A quantity that no packet states contradicts nothing, with two exceptions:
 * the payload's length and bytes must be stated by at least one packet, and an ICMP type or code
 * must be the same for the group, for its absence may mean that the types differ. */
#include "know/rule.h"

#include <string.h>

#include "base/text.h"

static bool in_list(const struct rule_numbers *c, uint32_t value)
{
	for (uint32_t i = 0; i < c->in_count; i++)
		if (c->in[i] == value)
			return true;
	return false;
}

static bool all_in_list(const struct rule_numbers *c, const struct number_pattern *p)
{
	/* More than PATTERN_SET values are not listed one by one, and rising ports neither. */
	if (p->kind != NUMBER_CONSTANT && p->kind != NUMBER_SET)
		return false;
	for (uint8_t i = 0; i < p->n_values; i++)
		if (!in_list(c, p->values[i]))
			return false;
	return true;
}

/* `stated_only`: at least one packet must state the quantity. */
static bool numbers_match(
	const struct rule_numbers *c, const struct number_pattern *p, bool stated_only)
{
	if (!c)
		return true;
	if (p->kind == NUMBER_UNKNOWN)
		return !stated_only;
	if (c->is && (p->min != *c->is || p->max != *c->is))
		return false;
	if (c->in && !all_in_list(c, p))
		return false;
	if ((c->min && p->min < *c->min) || (c->max && p->max > *c->max))
		return false;
	/* One packet says nothing of how the value moves. A rule for rising ports therefore takes
	 * a lone packet; it would be wrong where that packet's port never changes, which its other
	 * conditions have to tell. */
	return !c->kinds || p->known < 2 || (c->kinds & 1u << p->kind);
}

static bool peers_match(const struct rule_numbers *c, const struct pattern *p)
{
	struct number_pattern count = { .kind = p->peers ? NUMBER_CONSTANT : NUMBER_UNKNOWN };
	count.min = count.max = p->peers > UINT32_MAX ? UINT32_MAX : (uint32_t)p->peers;
	count.n_values = 1;
	count.values[0] = count.min;
	return numbers_match(c, &count, false);
}

static bool payload_matches(const struct rule *rule, const struct pattern *p)
{
	const struct rule_payload *c = rule->text->match.payload;
	if (!c)
		return true;
	if (p->payload != PAYLOAD_CONSTANT && p->payload != PAYLOAD_PREFIX)
		return false;
	if (p->payload_prefix_n < rule->payload_n ||
		memcmp(p->payload_prefix, rule->payload, rule->payload_n) != 0)
		return false;
	if (!c->is)
		return true;
	/* A short capture (snaplen) shows fewer bytes than were sent: only the stated length
	 * proves that the bytes seen are all. */
	return p->payload == PAYLOAD_CONSTANT && p->payload_bytes.kind == NUMBER_CONSTANT &&
		p->payload_bytes.min == rule->payload_n;
}

/* Where the hosts on both ends gave evidence the direction is `local`: such packets run out of one
 * and into the other. Neither end known: nothing is stated. */
static bool direction_matches(int wanted, enum direction d)
{
	return wanted == DIRECTION_NONE || d == DIRECTION_NONE || d == DIRECTION_LOCAL ||
		wanted == (int)d;
}

bool rule_matches(const struct rule *rule, const struct pattern *p)
{
	const struct rule_match *m = &rule->text->match;
	if (m->transport != p->transport || !direction_matches(m->direction, p->direction))
		return false;
	if ((m->icmp_type || m->icmp_code) && !p->has_icmp)
		return false;
	if ((m->icmp_type && *m->icmp_type != p->icmp_type) ||
		(m->icmp_code && *m->icmp_code != p->icmp_code))
		return false;
	if (m->interval && p->interval != INTERVAL_UNKNOWN && !(m->interval & 1u << p->interval))
		return false;
	if (m->answered && p->answerable && *m->answered != (p->answered > 0))
		return false;
	return numbers_match(m->payload_bytes, &p->payload_bytes, true) &&
		numbers_match(m->source_port, &p->source_port, false) &&
		numbers_match(m->destination_port, &p->destination_port, false) &&
		peers_match(m->peers, p) && payload_matches(rule, p);
}

static bool image_fits(const struct rule_process *expected, const struct process *process)
{
	struct span image = span_text(process->image);
	for (uint32_t i = 0; i < expected->images_count; i++) {
		struct span want = span_text(expected->images[i]);
		/* A table that cuts names shows a prefix. Wrong where two programs share their
		 * first 25 letters; the process itself was named by evidence, not by this. */
		if (process->image_cut && image.n && image.n < want.n)
			want.n = image.n;
		if (want.n == image.n &&
			strncasecmp((const char *)want.p, process->image, want.n) == 0)
			return true;
	}
	return false;
}

static bool service_fits(const struct rule_process *expected, const char *services)
{
	struct span rest = span_text(services);
	while (rest.p) {
		struct span name = text_trim(text_split(&rest, ','));
		for (uint32_t i = 0; i < expected->services_count; i++)
			if (text_equal_nocase(name, expected->services[i]))
				return true;
	}
	return false;
}

/* A service is a better name than an image: svchost.exe runs dozens. Where the services are known
 * and another one runs in an image that fits, the two cancel out: neither raises the strength
 * nor makes a contradiction. It would be wrong for a program that runs its part outside of its
 * service; then the rule stays at its plain strength, which is never false. */
enum agreement rule_agreement(const struct rule *rule, const struct process *process)
{
	const struct rule_process *expected = rule->text->process;
	if (!expected || !process)
		return AGREEMENT_UNKNOWN;
	bool has_services = process->services && process->services[0] && expected->services_count;
	bool has_image = process->image && process->image[0] && expected->images_count;
	if (has_services && service_fits(expected, process->services))
		return AGREEMENT_YES;
	bool fits = has_image && image_fits(expected, process);
	if (fits)
		return has_services ? AGREEMENT_UNKNOWN : AGREEMENT_YES;
	return has_services || has_image ? AGREEMENT_NO : AGREEMENT_UNKNOWN;
}

bool rule_explain(const struct rule *rule, const struct pattern *pattern,
	const struct process *process, struct explanation *ret)
{
	if (!rule_matches(rule, pattern))
		return false;
	const struct rule_text *t = rule->text;
	enum agreement agreement = rule_agreement(rule, process);
	/* A group between two hosts of ours may be named by either end, so another program there is
	 * no contradiction; nor where the rule speaks of both directions. */
	bool same_end = t->match.direction != DIRECTION_NONE &&
		t->match.direction == (int)pattern->direction;
	if (agreement == AGREEMENT_NO && !same_end)
		agreement = AGREEMENT_UNKNOWN;
	int strength = t->strength;
	if (agreement == AGREEMENT_YES && t->strength_with_process > strength)
		strength = t->strength_with_process;
	*ret = (struct explanation){
		.id = t->id,
		.title = t->title,
		.why = t->why,
		.confirm = t->confirm,
		.stop = t->stop,
		.references = (const char *const *)t->references,
		.n_references = t->references_count,
		.strength = (enum strength)strength,
		.agreement = agreement,
		.expected = rule->expected,
		.by_port_only = rule->by_port_only && agreement != AGREEMENT_YES,
	};
	return true;
}
