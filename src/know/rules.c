/* SPDX-License-Identifier: Apache-2.0 */
/* The store of rules and the choice among them: see rules.h. */
#include "know/rules.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "know/builtin.h"
#include "know/rule.h"
#include "know/store.h"

int rules_new(struct rules **ret, struct err *err)
{
	struct rules *r = calloc(1, sizeof *r);
	if (!r)
		return err_nomem(err);
	*ret = r;
	return 0;
}

void rules_free(struct rules *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->count; i++)
		rule_free(r->rules[i]);
	free(r->rules);
	free(r);
}

int rules_add_builtin(struct rules *r, struct err *err)
{
	for (size_t i = 0; i < rules_builtin_count; i++)
		if (rules_add(r, rules_builtin[i].file, rules_builtin[i].yaml, err) < 0)
			return -1;
	return 0;
}

/* The place of `id`, or where it belongs. */
static size_t find(const struct rules *r, const char *id, bool *ret_found)
{
	size_t low = 0, high = r->count;
	*ret_found = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(r->rules[middle]->text->id, id);
		if (order == 0) {
			*ret_found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int insert(struct rules *r, struct rule *rule, struct err *err)
{
	bool found;
	size_t at = find(r, rule->text->id, &found);
	if (found) {
		rule_free(r->rules[at]);
		r->rules[at] = rule;
		return 0;
	}
	if (r->count == LIMIT_RULES)
		return err_set(err, ERR_LIMIT, "more than %u rules", LIMIT_RULES);
	if (r->count == r->cap) {
		size_t cap = r->cap ? 2 * r->cap : 16;
		struct rule **p = reallocarray(r->rules, cap, sizeof(struct rule *));
		if (!p)
			return err_nomem(err);
		r->rules = p;
		r->cap = cap;
	}
	memmove(r->rules + at + 1, r->rules + at, (r->count - at) * sizeof(struct rule *));
	r->rules[at] = rule;
	r->count++;
	return 0;
}

int rules_add(struct rules *r, const char *file, struct span yaml, struct err *err)
{
	struct rule *rule;
	if (rule_load(yaml, &rule, err) < 0)
		return err_in(err, "%s", file);
	if (insert(r, rule, err) < 0) {
		rule_free(rule);
		return err_in(err, "%s", file);
	}
	return 0;
}

size_t rules_count(const struct rules *r)
{
	return r->count;
}

struct choice {
	const struct rule *rule;
	struct explanation said;
};

/* Rules come in order of their ids, so the earlier one stays where nothing is better. */
static bool better(const struct choice *a, const struct choice *b)
{
	if (!b->rule)
		return true;
	if (a->said.strength != b->said.strength)
		return a->said.strength > b->said.strength;
	return a->rule->conditions > b->rule->conditions;
}

/* A contradiction is an alarm. It is raised only where no rule agrees with the process: two
 * programs may send alike, and the rule that expects this one explains it. That is wrong where a
 * program hides behind a weak pattern of its own name; the name is then as good as a forged one,
 * which no rule can see. */
bool rules_explain(const struct rules *r, const struct pattern *pattern,
	const struct process *process, struct explanation *ret)
{
	struct choice best = { 0 }, agreed = { 0 };
	for (size_t i = 0; i < r->count; i++) {
		struct choice c = { .rule = r->rules[i] };
		if (!rule_explain(c.rule, pattern, process, &c.said))
			continue;
		if (better(&c, &best))
			best = c;
		if (c.said.agreement == AGREEMENT_YES && better(&c, &agreed))
			agreed = c;
	}
	if (!best.rule)
		return false;
	*ret = best.said.agreement == AGREEMENT_NO && agreed.rule ? agreed.said : best.said;
	return true;
}

bool rules_expects(const struct rules *r, const char *id, const struct process *process)
{
	bool found;
	size_t at = find(r, id, &found);
	return found && rule_agreement(r->rules[at], process) == AGREEMENT_YES;
}
