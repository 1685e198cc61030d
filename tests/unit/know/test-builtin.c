/* SPDX-License-Identifier: Apache-2.0 */
/* The rules that are built in: their examples hold, and the two founding cases read as they should.
 */
#include "know/rules.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct rules *builtin(void)
{
	struct rules *r = NULL;
	struct err err;
	cr_assert_eq(rules_new(&r, &err), 0);
	cr_assert_eq(rules_add_builtin(r, &err), 0, "%s", err.msg);
	return r;
}

static void complain(void *context, const char *rule, const char *example, const char *wrong)
{
	size_t *examples = context;
	++*examples;
	cr_expect_null(wrong, "%s: %s: %s", rule, example, wrong);
}

Test(builtin, examples)
{
	struct rules *r = builtin();
	size_t examples = 0;
	cr_assert_eq(rules_count(r), 2);
	cr_assert_eq(rules_check(r, complain, &examples), 0);
	cr_assert_geq(examples, 20);
	rules_free(r);
}

/* What the packet list, the detail of one frame and the trace of the founding case give. */
static struct pattern article(void)
{
	return (struct pattern){
		.transport = TRANSPORT_UDP,
		.direction = DIRECTION_OUT,
		.packets = 15,
		.payload_bytes = { .kind = NUMBER_CONSTANT,
			.known = 1,
			.min = 8,
			.max = 8,
			.n_values = 1,
			.values = { 8 } },
		.source_port = { .kind = NUMBER_RISING, .known = 15, .min = 35996, .max = 36016 },
		.destination_port = { .kind = NUMBER_VARIED,
			.known = 15,
			.min = 1127,
			.max = 4642 },
		.peers = 15,
		.interval = INTERVAL_BURST,
		.one_socket_each = true,
	};
}

Test(builtin, newmail)
{
	struct rules *r = builtin();
	struct pattern p = article();
	struct explanation e;
	struct process store = { .pid = 2136, .image = "store.exe" };
	cr_assert(rules_explain(r, &p, &store, &e));
	cr_assert_str_eq(e.id, "exchange-newmail-udp");
	cr_assert_eq(e.strength, STRENGTH_STRONG);
	cr_assert_eq(e.agreement, AGREEMENT_YES);
	cr_assert_str_eq(e.expected, "store.exe (MSExchangeIS)");
	cr_assert_str_eq(e.references[0], "KB264035");
	cr_assert_not(e.by_port_only);
	cr_assert(rules_explain(r, &p, NULL, &e));
	cr_assert_eq(e.strength, STRENGTH_MEDIUM);
	struct process nameless = { .pid = 2136 };
	cr_assert(rules_explain(r, &p, &nameless, &e));
	cr_assert_eq(e.strength, STRENGTH_MEDIUM);
	cr_assert_eq(e.agreement, AGREEMENT_UNKNOWN);
	cr_assert(rules_expects(r, "exchange-newmail-udp", &store));
	cr_assert_not(rules_expects(
		r, "exchange-newmail-udp", &(struct process){ .image = "AntigenStore.exe" }));
	rules_free(r);
}

Test(builtin, dsaccess)
{
	struct rules *r = builtin();
	struct pattern p = { .transport = TRANSPORT_ICMP,
		.direction = DIRECTION_OUT,
		.packets = 18,
		.has_icmp = true,
		.icmp_type = 8,
		.peers = 3,
		.answerable = 18,
		.answered = 18,
		.payload_bytes = { .kind = NUMBER_CONSTANT,
			.known = 18,
			.min = 1,
			.max = 1,
			.n_values = 1,
			.values = { 1 } },
		.payload = PAYLOAD_CONSTANT,
		.payload_prefix_n = 1,
		.payload_prefix = { 0x3f } };
	struct explanation e;
	cr_assert(rules_explain(r, &p, NULL, &e));
	cr_assert_str_eq(e.id, "exchange-dsaccess-icmp-3f");
	cr_assert_eq(e.strength, STRENGTH_STRONG);
	static const char *const runs[] = { "mad.exe", "store.exe", "emsmta.exe", "inetinfo.exe" };
	for (size_t i = 0; i < sizeof runs / sizeof *runs; i++)
		cr_assert(rules_expects(r, e.id, &(struct process){ .image = runs[i] }), "%s",
			runs[i]);
	cr_assert_not(rules_expects(r, e.id, &(struct process){ .image = "wmiprvse.exe" }));
	p.payload_prefix[0] = 'a';
	cr_assert_not(rules_explain(r, &p, NULL, &e));
	rules_free(r);
}

Test(builtin, texts_name_no_process_as_certain)
{
	struct rules *r = builtin();
	struct pattern p = article();
	struct explanation e;
	cr_assert(rules_explain(r, &p, NULL, &e));
	cr_assert_null(strchr(e.why, '\n'));
	cr_assert_neq(e.why[strlen(e.why) - 1], '.', "the report goes on behind it");
	rules_free(r);
}
