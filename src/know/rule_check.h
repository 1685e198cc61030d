/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold for a rule beside its schema. */
#ifndef WHOSENT_KNOW_RULE_CHECK_H
#define WHOSENT_KNOW_RULE_CHECK_H

#include "know/rule.h"

/* Checks a rule whose text is loaded, trims its paragraphs and fills the other members. */
int rule_check(struct rule *rule, struct err *err);

#endif
