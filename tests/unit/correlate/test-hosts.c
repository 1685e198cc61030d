/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "correlate/hosts.h"

static struct err err;

static struct addr address(const char *text)
{
	struct addr a;
	cr_assert(addr_parse(span_text(text), &a));
	return a;
}

static void see(struct hosts *h, uint32_t input, const char *local)
{
	struct event e = { .op = EVENT_SEND, .transport = TRANSPORT_UDP };
	e.local.addr = address(local);
	cr_assert_eq(hosts_see_event(h, input, &e, &err), 0);
}

static uint32_t owner(struct hosts *h, const char *text)
{
	struct addr a = address(text);
	return hosts_of_addr(h, &a);
}

static void init(struct hosts *h, size_t n)
{
	cr_assert_eq(hosts_init(h, n, (struct hash_key){ 1, 2 }, &err), 0);
}

/* Inputs: 0 capture, 1 log, 2 process table. */
Test(hosts, evidence_without_a_name_is_the_only_hosts)
{
	struct hosts h;
	init(&h, 3);
	see(&h, 1, "10.1.1.1");
	see(&h, 1, "172.23.21.24");
	cr_assert_eq(hosts_settle(&h, &err), 0);
	cr_assert_eq(h.n, 1);
	cr_assert_eq(h.of_input[2], 0);
	cr_assert_eq(owner(&h, "10.1.1.1"), 0);
	cr_assert_eq(owner(&h, "172.23.21.24"), 0);
	cr_assert_eq(owner(&h, "127.0.0.1"), 0);
	cr_assert_eq(owner(&h, "10.1.1.2"), HOST_NONE);
	hosts_done(&h);
}

/* Two logs of two machines: whose is the table? Nobody can say, so it is not used. */
Test(hosts, a_table_beside_two_hosts_belongs_to_none)
{
	struct hosts h;
	init(&h, 3);
	see(&h, 0, "10.1.1.1");
	see(&h, 1, "10.1.1.2");
	cr_assert_eq(hosts_settle(&h, &err), 0);
	cr_assert_eq(h.n, 2);
	cr_assert_eq(h.of_input[2], HOST_NONE);
	cr_assert_eq(owner(&h, "127.0.0.1"), HOST_NONE);
	hosts_done(&h);
}

Test(hosts, a_name_joins_them)
{
	struct hosts h;
	init(&h, 3);
	hosts_name_input(&h, 0, "EX1");
	hosts_name_input(&h, 2, "EX1");
	see(&h, 0, "10.1.1.1");
	see(&h, 1, "10.1.1.2");
	cr_assert_eq(hosts_settle(&h, &err), 0);
	cr_assert_eq(h.n, 2);
	cr_assert_eq(h.of_input[2], h.of_input[0]);
	cr_assert_neq(h.of_input[1], h.of_input[0]);
	cr_assert_str_eq(h.names[h.of_input[0]], "EX1");
	hosts_done(&h);
}

Test(hosts, a_shared_address_joins_two_logs)
{
	struct hosts h;
	init(&h, 2);
	see(&h, 0, "10.1.1.1");
	see(&h, 1, "10.1.1.1");
	see(&h, 1, "10.1.1.7");
	cr_assert_eq(hosts_settle(&h, &err), 0);
	cr_assert_eq(h.n, 1);
	hosts_done(&h);
}

/* Wildcards, groups and loopback are on every host: they join nothing. */
Test(hosts, common_addresses_join_nothing)
{
	struct hosts h;
	init(&h, 2);
	see(&h, 0, "10.1.1.1");
	see(&h, 1, "10.1.1.2");
	static const char *const common[] = { "0.0.0.0", "::", "127.0.0.1", "239.1.1.1" };
	for (size_t i = 0; i < 4; i++) {
		see(&h, 0, common[i]);
		see(&h, 1, common[i]);
	}
	cr_assert_eq(hosts_settle(&h, &err), 0);
	cr_assert_eq(h.n, 2);
	hosts_done(&h);
}

/* Of two ends that may be either way, one without an address is a socket here, though the other is
 * ours too. */
Test(hosts, a_wildcard_is_the_local_end)
{
	struct hosts h;
	init(&h, 1);
	see(&h, 0, "10.1.1.1");
	cr_assert_eq(hosts_settle(&h, &err), 0);
	for (int turned = 0; turned < 2; turned++) {
		struct event e = { .op = EVENT_RECV,
			.transport = TRANSPORT_UDP,
			.either_way = true,
			.local = { address("0.0.0.0"), 2012 },
			.remote = { address("10.1.1.1"), 49176 } };
		if (turned) {
			struct endpoint local = e.local;
			e.local = e.remote;
			e.remote = local;
		}
		struct event got = hosts_orient(&h, &e);
		cr_assert_eq(got.local.port, 2012);
		cr_assert_eq(got.remote.port, 49176);
	}
	hosts_done(&h);
}

/* What is received may have been sent to a broadcast address: that is not ours. */
Test(hosts, a_received_destination_is_not_learned)
{
	struct hosts h;
	init(&h, 1);
	struct event e = { .op = EVENT_RECV, .transport = TRANSPORT_UDP };
	e.local.addr = address("10.1.1.255");
	cr_assert_eq(hosts_see_event(&h, 0, &e, &err), 0);
	cr_assert_eq(hosts_settle(&h, &err), 0);
	cr_assert_not(hosts_any_local(&h));
	hosts_done(&h);
}
