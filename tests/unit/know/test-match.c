/* SPDX-License-Identifier: Apache-2.0 */
/* Matching: a group's whole pattern against each kind of condition, and the process's say. */
#include "know/rule.h"

#include <criterion/criterion.h>

#include "rule_text.h"

static struct rule *rule_of(const char *match, const char *more)
{
	char buf[4096];
	struct err err;
	struct rule *rule = NULL;
	cr_assert_eq(rule_load(span_text(rule_with(buf, match, more)), &rule, &err), 0, "%s: %s",
		match, err.msg);
	return rule;
}

static bool matches(const char *match, const struct pattern *p)
{
	struct rule *rule = rule_of(match, "");
	bool yes = rule_matches(rule, p);
	rule_free(rule);
	return yes;
}

static struct number_pattern values(uint64_t known, uint8_t n, const uint32_t *list)
{
	struct number_pattern p = { .kind = n == 1 ? NUMBER_CONSTANT : NUMBER_SET,
		.known = known,
		.min = list[0],
		.max = list[n - 1],
		.n_values = n };
	memcpy(p.values, list, n * sizeof *list);
	return p;
}

#define VALUES(known, ...)                                                  \
	values(known, sizeof(uint32_t[]){ __VA_ARGS__ } / sizeof(uint32_t), \
		(const uint32_t[]){ __VA_ARGS__ })

static struct number_pattern between(enum number_kind kind, uint32_t min, uint32_t max)
{
	return (struct number_pattern){ .kind = kind, .known = 20, .min = min, .max = max };
}

static struct pattern udp(void)
{
	return (struct pattern){ .transport = TRANSPORT_UDP,
		.direction = DIRECTION_OUT,
		.packets = 20,
		.peers = 20,
		.payload_bytes = VALUES(20, 8) };
}

#define UDP8 "{transport: udp, payload_bytes: {is: 8}}"

Test(match, transport)
{
	struct pattern p = udp();
	cr_assert(matches(UDP8, &p));
	p.transport = TRANSPORT_TCP;
	cr_assert_not(matches(UDP8, &p));
	p.transport = TRANSPORT_NONE;
	cr_assert_not(matches(UDP8, &p));
}

Test(match, direction)
{
	static const char out[] = "{transport: udp, direction: out, payload_bytes: {is: 8}}";
	struct pattern p = udp();
	cr_assert(matches(out, &p));
	p.direction = DIRECTION_IN;
	cr_assert_not(matches(out, &p));
	p.direction = DIRECTION_NONE;
	cr_assert(matches(out, &p));
	p.direction = DIRECTION_LOCAL;
	cr_assert(matches(out, &p));
	p.direction = DIRECTION_OUT;
	cr_assert_not(matches("{transport: udp, direction: local, payload_bytes: {is: 8}}", &p));
}

Test(match, length)
{
	struct pattern p = udp();
	p.payload_bytes = VALUES(1, 8); /* one of twenty states it */
	cr_assert(matches(UDP8, &p));
	p.payload_bytes = VALUES(20, 8, 9);
	cr_assert_not(matches(UDP8, &p));
	cr_assert(matches("{transport: udp, payload_bytes: {in: [7, 8, 9]}}", &p));
	cr_assert_not(matches("{transport: udp, payload_bytes: {in: [7, 8]}}", &p));
	cr_assert(matches("{transport: udp, payload_bytes: {min: 8, max: 9}}", &p));
	cr_assert_not(matches("{transport: udp, payload_bytes: {min: 9}}", &p));
	cr_assert_not(matches("{transport: udp, payload_bytes: {max: 8}}", &p));
	p.payload_bytes = between(NUMBER_RANGE, 7, 9);
	cr_assert_not(matches("{transport: udp, payload_bytes: {in: [7, 8, 9]}}", &p));
	cr_assert_not(matches(UDP8, &p));
	/* Nobody states it: a length condition does not hold. */
	p.payload_bytes = (struct number_pattern){ 0 };
	cr_assert_not(matches(UDP8, &p));
	cr_assert_not(matches("{transport: udp, payload_bytes: {min: 0}}", &p));
}

Test(match, ports)
{
	static const char rising[] = "{transport: udp, answered: false, source_port: {min: 1024, "
				     "kinds: [rising, varied]}}";
	struct pattern p = udp();
	cr_assert(matches(rising, &p), "a port that nobody states contradicts nothing");
	p.source_port = between(NUMBER_RISING, 35996, 36016);
	cr_assert(matches(rising, &p));
	p.source_port = between(NUMBER_RISING, 1000, 36016);
	cr_assert_not(matches(rising, &p));
	p.source_port = VALUES(20, 5000);
	cr_assert_not(matches(rising, &p));
	p.source_port = VALUES(1, 5000);
	cr_assert(matches(rising, &p), "one packet does not say how ports move");
	p.source_port = VALUES(1, 500);
	cr_assert_not(matches(rising, &p));
}

Test(match, peers)
{
	static const char many[] = "{transport: udp, peers: {min: 3, max: 30}}";
	struct pattern p = udp();
	cr_assert(matches(many, &p));
	p.peers = 2;
	cr_assert_not(matches(many, &p));
	p.peers = 1ull << 32 | 5;
	cr_assert_not(matches(many, &p));
	p.peers = 0;
	cr_assert(matches(many, &p));
	p.peers = 3;
	cr_assert(matches("{transport: udp, peers: {is: 3}}", &p));
	cr_assert(matches("{transport: udp, peers: {in: [1, 3]}}", &p));
}

Test(match, interval)
{
	static const char periodic[] = "{transport: udp, interval: [periodic]}";
	struct pattern p = udp();
	cr_assert(matches(periodic, &p));
	p.interval = INTERVAL_PERIODIC;
	cr_assert(matches(periodic, &p));
	p.interval = INTERVAL_SINGLE;
	cr_assert_not(matches(periodic, &p), "one packet has no period");
	p.interval = INTERVAL_BURST;
	cr_assert_not(matches(periodic, &p));
	cr_assert(matches("{transport: udp, interval: [single, burst]}", &p));
}

Test(match, answered)
{
	struct pattern p = udp();
	cr_assert(matches("{transport: udp, answered: true}", &p), "not followed: nobody knows");
	p.answerable = 20;
	cr_assert(matches("{transport: udp, answered: false}", &p));
	cr_assert_not(matches("{transport: udp, answered: true}", &p));
	p.answered = 1;
	cr_assert_not(matches("{transport: udp, answered: false}", &p));
	cr_assert(matches("{transport: udp, answered: true}", &p));
}

Test(match, icmp)
{
	static const char echo[] = "{transport: icmp, icmp_type: 8, icmp_code: 0}";
	struct pattern p = {
		.transport = TRANSPORT_ICMP, .packets = 2, .has_icmp = true, .icmp_type = 8
	};
	cr_assert(matches(echo, &p));
	p.icmp_code = 9;
	cr_assert_not(matches(echo, &p));
	p.icmp_code = 0;
	p.icmp_type = 0;
	cr_assert_not(matches(echo, &p));
	p.icmp_type = 8;
	p.has_icmp = false;
	cr_assert_not(matches(echo, &p), "types that are not stated may differ");
}

static struct pattern with_payload(enum payload_kind kind, const char *hex)
{
	struct pattern p = udp();
	p.payload = kind;
	cr_assert(rule_hex(hex, p.payload_prefix, sizeof p.payload_prefix, &p.payload_prefix_n));
	p.payload_bytes = VALUES(20, p.payload_prefix_n);
	return p;
}

Test(match, payload_starts)
{
	static const char starts[] = "{transport: udp, payload: {starts: \"3f40\"}}";
	struct pattern p = with_payload(PAYLOAD_CONSTANT, "3f40");
	cr_assert(matches(starts, &p));
	p = with_payload(PAYLOAD_PREFIX, "3f4041");
	cr_assert(matches(starts, &p));
	p = with_payload(PAYLOAD_PREFIX, "3f");
	cr_assert_not(matches(starts, &p));
	p = with_payload(PAYLOAD_CONSTANT, "3f41");
	cr_assert_not(matches(starts, &p));
	p = with_payload(PAYLOAD_VARIED, "3f40");
	cr_assert_not(matches(starts, &p));
	p.payload = PAYLOAD_UNKNOWN;
	cr_assert_not(matches(starts, &p), "bytes that nobody shows do not match");
}

Test(match, payload_is)
{
	static const char is[] = "{transport: udp, payload: {is: \"3f\"}}";
	struct pattern p = with_payload(PAYLOAD_CONSTANT, "3f");
	cr_assert(matches(is, &p));
	/* The snaplen cut the rest: one byte is seen of 32. */
	p.payload_bytes = VALUES(20, 32);
	cr_assert_not(matches(is, &p));
	p.payload_bytes = (struct number_pattern){ 0 };
	cr_assert_not(matches(is, &p));
	p = with_payload(PAYLOAD_PREFIX, "3f");
	cr_assert_not(matches(is, &p));
	p = with_payload(PAYLOAD_CONSTANT, "3f3f");
	cr_assert_not(matches(is, &p));
}

static enum agreement agreement(const char *expected, const char *image, const char *services)
{
	struct rule *rule = rule_of(UDP8, expected);
	struct process process = { .image = image, .services = services };
	enum agreement a = rule_agreement(rule, &process);
	rule_free(rule);
	return a;
}

#define STORE "process: {images: [store.exe, mad.exe], services: [MSExchangeIS, MSExchangeSA]}\n"

Test(agreement, images)
{
	cr_assert_eq(agreement(STORE, "store.exe", NULL), AGREEMENT_YES);
	cr_assert_eq(agreement(STORE, "MAD.EXE", NULL), AGREEMENT_YES);
	cr_assert_eq(agreement(STORE, "AntigenStore.exe", NULL), AGREEMENT_NO);
	cr_assert_eq(agreement(STORE, "store.exe.exe", NULL), AGREEMENT_NO);
	cr_assert_eq(agreement(STORE, "store", NULL), AGREEMENT_NO);
	cr_assert_eq(agreement(STORE, "", NULL), AGREEMENT_UNKNOWN);
	cr_assert_eq(agreement(STORE, NULL, NULL), AGREEMENT_UNKNOWN);
	cr_assert_eq(agreement("", "store.exe", NULL), AGREEMENT_UNKNOWN);
}

Test(agreement, services)
{
	cr_assert_eq(agreement(STORE, "renamed.exe", "Other, msexchangeis"), AGREEMENT_YES);
	cr_assert_eq(agreement(STORE, NULL, "MSExchangeSA"), AGREEMENT_YES);
	cr_assert_eq(agreement(STORE, NULL, "MSExchangeISX"), AGREEMENT_NO);
	cr_assert_eq(agreement(STORE, "other.exe", "Other"), AGREEMENT_NO);
	cr_assert_eq(agreement(STORE, "store.exe", "Other"), AGREEMENT_UNKNOWN);
	/* svchost.exe runs many services: only the right one counts, and without a list of
	 * services nobody can tell. */
	static const char dns[] = "process: {services: [Dnscache]}\n";
	cr_assert_eq(agreement(dns, "svchost.exe", "Dnscache, NlaSvc"), AGREEMENT_YES);
	cr_assert_eq(agreement(dns, "svchost.exe", "W32Time"), AGREEMENT_NO);
	cr_assert_eq(agreement(dns, "svchost.exe", NULL), AGREEMENT_UNKNOWN);
}

Test(agreement, image_cut)
{
	static const char rpc[] =
		"process: {images: [Microsoft.Exchange.RpcClientAccess.Service.exe]}\n";
	struct rule *rule = rule_of(UDP8, rpc);
	struct process p = { .image = "Microsoft.Exchange.RpcCli", .image_cut = true };
	cr_assert_eq(rule_agreement(rule, &p), AGREEMENT_YES);
	p.image_cut = false;
	cr_assert_eq(rule_agreement(rule, &p), AGREEMENT_NO);
	/* Where the heuristic is wrong: ...RpcClientOther.exe is cut to the same letters and
	 * counts as agreeing. A letter earlier it is told apart. */
	p.image_cut = true;
	p.image = "Microsoft.Exchange.RpcXli";
	cr_assert_eq(rule_agreement(rule, &p), AGREEMENT_NO);
	/* Longer than the expected name: no prefix of it. */
	p.image = "Microsoft.Exchange.RpcClientAccess.Service.exe2";
	cr_assert_eq(rule_agreement(rule, &p), AGREEMENT_NO);
	p.image = "";
	cr_assert_eq(rule_agreement(rule, &p), AGREEMENT_UNKNOWN);
	rule_free(rule);
}

Test(explain, strength_and_contradiction)
{
	struct rule *rule = rule_of("{transport: udp, direction: out, payload_bytes: {is: 8}}",
		STORE "strength_with_process: strong\n");
	struct pattern p = udp();
	struct process store = { .image = "store.exe" }, other = { .image = "other.exe" };
	struct explanation e;
	cr_assert(rule_explain(rule, &p, NULL, &e));
	cr_assert_eq(e.strength, STRENGTH_MEDIUM);
	cr_assert_eq(e.agreement, AGREEMENT_UNKNOWN);
	cr_assert(rule_explain(rule, &p, &store, &e));
	cr_assert_eq(e.strength, STRENGTH_STRONG);
	cr_assert_eq(e.agreement, AGREEMENT_YES);
	cr_assert_str_eq(e.expected, "store.exe or mad.exe (MSExchangeIS, MSExchangeSA)");
	cr_assert_eq(e.n_references, 1);
	cr_assert(rule_explain(rule, &p, &other, &e));
	cr_assert_eq(e.strength, STRENGTH_MEDIUM);
	cr_assert_eq(e.agreement, AGREEMENT_NO);
	/* Between two hosts of ours the receiver may be the one that is named. */
	p.direction = DIRECTION_LOCAL;
	cr_assert(rule_explain(rule, &p, &other, &e));
	cr_assert_eq(e.agreement, AGREEMENT_UNKNOWN);
	cr_assert(rule_explain(rule, &p, &store, &e));
	cr_assert_eq(e.agreement, AGREEMENT_YES);
	rule_free(rule);
}

Test(explain, both_directions_never_contradict)
{
	struct rule *rule = rule_of(UDP8, STORE);
	struct pattern p = udp();
	struct process other = { .image = "other.exe" };
	struct explanation e;
	cr_assert(rule_explain(rule, &p, &other, &e));
	cr_assert_eq(e.agreement, AGREEMENT_UNKNOWN);
	rule_free(rule);
}
