/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target for rule files: what is taken in must also survive its own examples. */
#include "know/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void ignore(void *context, const char *rule, const char *example, const char *wrong)
{
	(void)context;
	(void)rule;
	(void)example;
	(void)wrong;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct rules *rules;
	struct err err;
	struct pattern pattern = { .transport = TRANSPORT_UDP, .packets = 3 };
	struct explanation explanation;
	if (rules_new(&rules, &err) < 0)
		return 0;
	if (rules_add(rules, "fuzz.yaml", span_of(data, n), &err) == 0) {
		rules_check(rules, ignore, NULL);
		rules_explain(rules, &pattern, NULL, &explanation);
	}
	rules_free(rules);
	return 0;
}
