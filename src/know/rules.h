/* SPDX-License-Identifier: Apache-2.0 */
/* The knowledge base: why do programs send such packets? One YAML file a rule (whosent-rules(5)).
 * Rules see only patterns and process names, never packets. */
#ifndef WHOSENT_KNOW_RULES_H
#define WHOSENT_KNOW_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cursor.h"
#include "base/err.h"
#include "model/finding.h"
#include "model/pattern.h"
#include "model/process.h"

struct rules;

int rules_new(struct rules **ret, struct err *err);
void rules_free(struct rules *r); /* accepts NULL */

/* Adds the rules that are built into the program (the files of rules/ at build time). */
int rules_add_builtin(struct rules *r, struct err *err);

/* Adds one file's text; a rule with an id that exists replaces it. ERR_MALFORMED names the line
 * where libyaml knows it. */
int rules_add(struct rules *r, const char *file, struct span yaml, struct err *err);

size_t rules_count(const struct rules *r);

/* The best rule for a group: strongest first, then the one with more conditions, then by id; a rule
 * that the process contradicts only where none agrees with it. `process` is the group's, or NULL.
 * False where no rule matches. *ret borrows from `r`. */
bool rules_explain(const struct rules *r, const struct pattern *pattern,
	const struct process *process, struct explanation *ret);

/* Does rule `id` expect a process such as this one, by image or by service? */
bool rules_expects(const struct rules *r, const char *id, const struct process *process);

/* Runs the examples of every rule. Calls `report` for each with what differs (NULL if nothing).
 * Returns how many failed. */
size_t rules_check(const struct rules *r,
	void (*report)(void *context, const char *rule, const char *example, const char *wrong),
	void *context);

#endif
