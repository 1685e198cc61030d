/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold for a rule beside its schema: see rule_check.h. */
#include "know/rule_check.h"

#include <string.h>

#include "base/str.h"

static int fail(struct err *err, const char *what, const char *wrong)
{
	return err_set(err, ERR_MALFORMED, "%s: %s", what, wrong);
}

static int check_id(const char *id, struct err *err)
{
	size_t n = strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-");
	if (id[n] || id[0] == '-')
		return fail(err, "id", "only a to z, 0 to 9 and - are allowed");
	return 0;
}

/* A block scalar ends with a line break unless it is written `>-`: that one is cut off. */
static int check_paragraph(const char *what, char *text, struct err *err)
{
	size_t n = strlen(text);
	while (n && (text[n - 1] == '\n' || text[n - 1] == ' '))
		text[--n] = '\0';
	if (n == 0)
		return fail(err, what, "it is empty");
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return fail(err, what, "it must be one paragraph (fold it with `>`)");
	return 0;
}

static int check_list(const char *what, char **list, uint32_t n, struct err *err)
{
	for (uint32_t i = 0; i < n; i++)
		if (check_paragraph(what, list[i], err) < 0)
			return -1;
	return 0;
}

static int check_texts(const struct rule_text *t, struct err *err)
{
	if (check_id(t->id, err) < 0 || check_paragraph("title", t->title, err) < 0 ||
		check_paragraph("why", t->why, err) < 0 ||
		check_paragraph("confirm", t->confirm, err) < 0 ||
		check_paragraph("stop", t->stop, err) < 0 ||
		check_list("references", t->references, t->references_count, err) < 0)
		return -1;
	for (uint32_t i = 0; i < t->examples_count; i++)
		if (check_paragraph("examples: says", t->examples[i].says, err) < 0)
			return -1;
	return 0;
}

/* Returns how many conditions there are (0 or 1), or -1. */
static int check_numbers(const char *what, const struct rule_numbers *n, struct err *err)
{
	if (!n)
		return 0;
	if (!n->is && !n->in && !n->min && !n->max && !n->kinds)
		return fail(err, what, "it says nothing");
	if ((n->is != NULL) + (n->in != NULL) + (n->min || n->max) > 1)
		return fail(err, what, "only one of `is`, `in` and `min`/`max` may be given");
	if (n->min && n->max && *n->min > *n->max)
		return err_set(
			err, ERR_MALFORMED, "%s: min %u is above max %u", what, *n->min, *n->max);
	return 1;
}

static int check_payload(struct rule *rule, struct err *err)
{
	const struct rule_payload *p = rule->text->match.payload;
	if (!p)
		return 0;
	if ((p->is != NULL) == (p->starts != NULL))
		return fail(err, "match: payload", "one of `is` and `starts` must be given");
	if (!rule_hex(p->is ? p->is : p->starts, rule->payload, sizeof rule->payload,
		    &rule->payload_n))
		return fail(err, "match: payload", "it is no row of hexadecimal bytes");
	return 1;
}

/* Transport and direction alone hold for half of all traffic: they are no condition. */
static int check_match(struct rule *rule, struct err *err)
{
	const struct rule_match *m = &rule->text->match;
	int length = check_numbers("match: payload_bytes", m->payload_bytes, err);
	int source = check_numbers("match: source_port", m->source_port, err);
	int destination = check_numbers("match: destination_port", m->destination_port, err);
	int peers = check_numbers("match: peers", m->peers, err);
	int payload = check_payload(rule, err);
	if (length < 0 || source < 0 || destination < 0 || peers < 0 || payload < 0)
		return -1;
	if (m->peers && m->peers->kinds)
		return fail(err, "match: peers", "a count has no kinds");
	bool icmp = m->transport == TRANSPORT_ICMP || m->transport == TRANSPORT_ICMPV6;
	if ((m->icmp_type || m->icmp_code) && !icmp)
		return fail(err, "match", "an ICMP type or code needs transport icmp or ipv6-icmp");
	if (m->answered && !icmp && m->transport != TRANSPORT_TCP && m->transport != TRANSPORT_UDP)
		return fail(err, "match: answered",
			"answers are counted for tcp, udp and ICMP echo only");
	int others = length + peers + payload + (m->icmp_type != NULL) + (m->icmp_code != NULL) +
		(m->interval != 0) + (m->answered != NULL);
	rule->conditions = (unsigned)(source + destination + others);
	rule->by_port_only = others == 0;
	if (rule->conditions == 0)
		return fail(err, "match", "it needs a condition beside transport and direction");
	if (rule->by_port_only && rule->text->strength != STRENGTH_WEAK)
		return fail(err, "strength", "a rule that looks at ports only must be weak");
	return 0;
}

/* "a, b or c" */
static void add_list(struct str *s, char *const *list, uint32_t n, const char *last)
{
	for (uint32_t i = 0; i < n; i++) {
		str_text(s, i == 0 ? "" : i + 1 == n ? last : ", ");
		str_text(s, list[i]);
	}
}

static int fill_expected(struct rule *rule, struct err *err)
{
	const struct rule_process *p = rule->text->process;
	if (!p)
		return 0;
	if (p->images_count + p->services_count == 0)
		return fail(err, "process", "it names neither images nor services");
	if (check_list("process: images", p->images, p->images_count, err) < 0 ||
		check_list("process: services", p->services, p->services_count, err) < 0)
		return -1;
	struct str s;
	str_init(&s, 65536);
	add_list(&s, p->images, p->images_count, " or ");
	str_text(&s, p->images_count && p->services_count ? " (" : "");
	add_list(&s, p->services, p->services_count, p->images_count ? ", " : " or ");
	str_text(&s, p->images_count && p->services_count ? ")" : "");
	if (s.failed) {
		str_done(&s);
		return err_nomem(err);
	}
	rule->expected = s.p;
	return 0;
}

static int check_strengths(const struct rule_text *t, struct err *err)
{
	if (t->strength_with_process == STRENGTH_NONE)
		return 0;
	if (!t->process)
		return fail(err, "strength_with_process", "the rule expects no process");
	if (t->strength_with_process < t->strength)
		return fail(err, "strength_with_process", "it is below strength");
	return 0;
}

int rule_check(struct rule *rule, struct err *err)
{
	if (check_texts(rule->text, err) < 0 || check_match(rule, err) < 0 ||
		check_strengths(rule->text, err) < 0 || fill_expected(rule, err) < 0)
		return -1;
	for (uint32_t i = 0; i < rule->text->examples_count; i++) {
		struct pattern p;
		if (!rule_example_fill(&rule->text->examples[i], &p))
			return err_set(err, ERR_MALFORMED, "example \"%s\": its pattern is wrong",
				rule->text->examples[i].says);
	}
	return 0;
}
