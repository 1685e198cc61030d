/* SPDX-License-Identifier: Apache-2.0 */
/* Grade `endpoint`: who held the port, whatever the peer, and the cases in which nobody can tell.
 */
#include "scene.h"

#include "base/limits.h"
#include "correlate/endpoints.h"

#define US "10.0.0.1"
#define PEER "10.0.0.9"
#define SERVER US ":53"
#define ANY "0.0.0.0:0"

static void note(struct scene *sc, double ms, int what, uint32_t pid)
{
	struct err err = { 0 };
	struct process_note n = { .pid = pid };
	struct ref_time when = { (int64_t)(ms * MS) };
	n.what = what;
	cr_assert_eq(roster_note(sc->roster, 0, &n, &when, &err), 0);
}

static void binds(struct scene *sc, double ms, uint32_t pid, const char *local)
{
	scene_say(sc, ms, EVENT_HOLD, TRANSPORT_UDP, pid, local, ANY, 0);
}

static void closes(struct scene *sc, double ms, uint32_t pid, const char *local)
{
	scene_say(sc, ms, EVENT_RELEASE, TRANSPORT_UDP, pid, local, ANY, 0);
}

static void receives(struct scene *sc, double ms, uint32_t pid, const char *local, const char *peer)
{
	scene_say(sc, ms, EVENT_RECV, TRANSPORT_UDP, pid, local, peer, 20);
	scene_udp(sc, ms, peer, local, 20);
}

/* A query of a peer that the log never mentions. */
static uint64_t query(struct scene *sc, double ms)
{
	return scene_udp(sc, ms, "10.0.0.77:4000", SERVER, 33);
}

/* The log goes on long enough to cover all of it. */
static void ends(struct scene *sc)
{
	scene_say(sc, 90000, EVENT_SEND, TRANSPORT_UDP, 9, US ":1", PEER ":1", 1);
	scene_finish(sc);
}

Test(endpoint, a_bind_holds_until_it_is_let_go)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	scene_say(sc, 0, EVENT_SEND, TRANSPORT_UDP, 9, US ":1", PEER ":1", 1);
	uint64_t before = query(sc, 10);
	binds(sc, 1000, 7, SERVER);
	uint64_t in = query(sc, 5000), out = scene_udp(sc, 5001, SERVER, "10.0.0.77:4000", 90);
	closes(sc, 6000, 7, SERVER);
	uint64_t behind = query(sc, 9000);
	ends(sc);
	assert_receiver(sc, before, "not-in-log");
	assert_receiver(sc, in, "endpoint 7");
	assert_sender(sc, out, "endpoint 7");
	cr_assert_eq(sc->answers[in].claims[SIDE_RECEIVER].evidence[0].number, 2);
	assert_receiver(sc, behind, "not-in-log");
	scene_free(sc);
}

/* Two peers show that the socket is connected to neither of them. */
Test(endpoint, other_peers_before_and_behind)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	receives(sc, 1000, 7, SERVER, PEER ":1000");
	uint64_t between = query(sc, 1500);
	receives(sc, 2000, 7, SERVER, PEER ":2000");
	uint64_t behind = query(sc, 2500);
	ends(sc);
	assert_receiver(sc, between, "endpoint 7");
	assert_receiver(sc, behind, "not-in-log");
	scene_free(sc);
}

/* Somebody else came and went in between: who was there last before the packet is not known. */
Test(endpoint, another_one_between_the_owners_events)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	receives(sc, 1000, 7, SERVER, PEER ":1000");
	note(sc, 1100, NOTE_START, 8);
	receives(sc, 1200, 8, SERVER, PEER ":3000");
	note(sc, 1300, NOTE_END, 8);
	uint64_t in = query(sc, 1500);
	receives(sc, 2000, 7, SERVER, PEER ":2000");
	ends(sc);
	assert_receiver(sc, in, "not-in-log");
	scene_free(sc);
}

/* Connected UDP: the kernel hands nobody else's datagrams to it. */
Test(endpoint, one_peer_may_be_all_that_a_socket_takes)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	receives(sc, 1000, 7, SERVER, PEER ":1000");
	uint64_t between = query(sc, 1500);
	receives(sc, 2000, 7, SERVER, PEER ":1000");
	ends(sc);
	assert_receiver(sc, between, "not-in-log");
	scene_free(sc);
}

static void expect_local(const char *local, const char *words)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	binds(sc, 1000, 7, local);
	uint64_t in = query(sc, 5000);
	ends(sc);
	cr_expect_str_eq(scene_answer(sc, in, SIDE_RECEIVER), words, "%s", local);
	scene_free(sc);
}

Test(endpoint, wildcards_cover_the_hosts_addresses)
{
	expect_local("0.0.0.0:53", "endpoint 7");
	expect_local(":::53", "endpoint 7");
	expect_local("::ffff:10.0.0.1:53", "endpoint 7");
	expect_local("::ffff:0.0.0.0:53", "endpoint 7");
	expect_local("0.0.0.0:54", "not-in-log");
	expect_local("10.0.0.2:53", "not-in-log");
}

/* 0.0.0.0 covers no IPv6. */
Test(endpoint, a_wildcard_is_of_its_family)
{
	struct scene *sc = scene_new(CLOCK_SURE, "fe80::1:0");
	binds(sc, 1000, 7, "0.0.0.0:53");
	uint64_t v4 = scene_udp(sc, 5000, "fe80::9:4000", "fe80::1:53", 33);
	binds(sc, 10000, 8, ":::53");
	uint64_t v6 = scene_udp(sc, 15000, "fe80::9:4000", "fe80::1:53", 33);
	ends(sc);
	assert_receiver(sc, v4, "not-in-log");
	assert_receiver(sc, v6, "endpoint 8");
	scene_free(sc);
}

/* What comes in goes to the closer bind; what goes out may come from either socket. */
Test(endpoint, the_very_address_wins_for_what_comes_in)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	binds(sc, 1000, 7, "0.0.0.0:53");
	binds(sc, 1000, 8, SERVER);
	uint64_t in = query(sc, 5000), out = scene_udp(sc, 5001, SERVER, "10.0.0.77:4000", 90);
	ends(sc);
	assert_receiver(sc, in, "endpoint 8");
	assert_sender(sc, out, "ambiguous");
	scene_free(sc);
}

/* An event at the address shows who received there, not that it has a socket of its own for it. */
Test(endpoint, an_event_is_no_closer_bind)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	binds(sc, 900, 7, "0.0.0.0:53");
	receives(sc, 1000, 8, SERVER, PEER ":1000");
	uint64_t in = query(sc, 1500);
	receives(sc, 2000, 8, SERVER, PEER ":2000");
	ends(sc);
	assert_receiver(sc, in, "ambiguous");
	scene_free(sc);
}

/* SO_REUSEPORT: the kernel deals the datagrams out among them. */
Test(endpoint, who_shares_it_is_ambiguous)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	for (uint32_t i = 0; i < 6; i++)
		binds(sc, 1000 + i, 70 + i, "0.0.0.0:53");
	uint64_t in = query(sc, 5000);
	ends(sc);
	assert_receiver(sc, in, "ambiguous");
	cr_assert(sc->answers[in].claims[SIDE_RECEIVER].more_candidates);
	scene_free(sc);
}

/* A child takes over what its parent let go; a crowd before leaves a doubt only for a moment. */
Test(endpoint, it_changes_hands)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	binds(sc, 1000, 7, SERVER);
	closes(sc, 5000, 7, SERVER);
	uint64_t moment = query(sc, 6000);
	binds(sc, 7000, 8, SERVER);
	uint64_t first = query(sc, 20000);
	closes(sc, 30000, 8, SERVER);
	binds(sc, 30000, 9, SERVER);
	uint64_t near = query(sc, 30500), far = query(sc, 40000);
	ends(sc);
	assert_receiver(sc, moment, "not-in-log");
	assert_receiver(sc, first, "endpoint 8");
	assert_receiver(sc, near, "ambiguous");
	assert_receiver(sc, far, "endpoint 9");
	scene_free(sc);
}

/* A close that was not logged: whoever shows at the port afterwards, by one event, is a rival. */
Test(endpoint, an_unlogged_close_shows_by_the_next_holder)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	binds(sc, 1000, 7, SERVER);
	receives(sc, 20000, 8, SERVER, PEER ":1000");
	uint64_t in = query(sc, 20500);
	ends(sc);
	assert_receiver(sc, in, "ambiguous");
	scene_free(sc);
}

/* A socket may be passed on to a child that logs nothing. */
Test(endpoint, ends_with_its_process)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	note(sc, 0, NOTE_START, 7);
	binds(sc, 1000, 7, SERVER);
	uint64_t alive = query(sc, 5000);
	note(sc, 6000, NOTE_END, 7);
	uint64_t over = query(sc, 9000);
	note(sc, 10000, NOTE_START, 7);
	uint64_t reused = query(sc, 15000);
	ends(sc);
	assert_receiver(sc, alive, "endpoint 7");
	assert_receiver(sc, over, "not-in-log");
	assert_receiver(sc, reused, "not-in-log");
	scene_free(sc);
}

/* What the log lost may be the close, and the next bind. */
Test(endpoint, a_loss_since_the_bind_is_a_doubt)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	binds(sc, 1000, 7, SERVER);
	uint64_t before = query(sc, 2000);
	struct ref_time lost = { 10000 * MS };
	coverage_lose(&sc->coverage, 1, &lost, 0);
	uint64_t at = query(sc, 10000), behind = query(sc, 20000);
	ends(sc);
	assert_receiver(sc, before, "endpoint 7");
	assert_receiver(sc, at, "lost-events");
	assert_receiver(sc, behind, "not-in-log");
	scene_free(sc);
}

Test(endpoint, a_log_that_has_ended_proves_no_more)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	binds(sc, 1000, 7, SERVER);
	coverage_end(&sc->coverage, 1);
	uint64_t in = query(sc, 20000);
	scene_finish(sc);
	assert_receiver(sc, in, "outside-evidence");
	scene_free(sc);
}

/* An event that fits by its ports, and the endpoint: each may make the other surer, or doubtful. */
Test(endpoint, beside_a_claim_by_ports)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	binds(sc, 1000, 7, US ":5353");
	scene_say(sc, 5000, EVENT_SEND, TRANSPORT_UDP, 7, US ":5353", "172.16.0.5:2344", 8);
	uint64_t same = scene_udp(sc, 5001, US ":5353", "192.0.2.7:2344", 8);
	binds(sc, 10000, 8, US ":6000");
	scene_say(sc, 15000, EVENT_SEND, TRANSPORT_UDP, 7, "172.16.0.1:6000", "172.16.0.5:2345", 8);
	uint64_t other = scene_udp(sc, 15001, US ":6000", "192.0.2.7:2345", 8);
	ends(sc);
	assert_sender(sc, same, "endpoint 7");
	assert_sender(sc, other, "ambiguous");
	scene_free(sc);
}

#define HTTP US ":80"
#define CLIENT PEER ":4001"

static uint64_t tcp_in(struct scene *sc, double ms, uint8_t flags, uint32_t seq, uint32_t bytes)
{
	return scene_tcp(sc, ms, CLIENT, HTTP, flags, seq, bytes);
}

static uint64_t tcp_out(struct scene *sc, double ms, uint8_t flags, uint32_t seq)
{
	return scene_tcp(sc, ms, HTTP, CLIENT, flags, seq, 0);
}

/* Whoever accepts without a trace of it may be another process: only the handshake is answered. */
Test(endpoint, a_listener_gets_the_handshake_alone)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	scene_say(sc, 0, EVENT_HOLD, TRANSPORT_TCP, 7, "0.0.0.0:80", ANY, 0);
	uint64_t syn = tcp_in(sc, 5000, TCP_SYN, 1, 0);
	uint64_t syn_ack = tcp_out(sc, 5001, TCP_SYN | TCP_ACK, 900);
	uint64_t ack = tcp_in(sc, 5002, TCP_ACK, 2, 0), data = tcp_in(sc, 5003, TCP_ACK, 2, 10);
	ends(sc);
	assert_receiver(sc, syn, "endpoint 7");
	assert_sender(sc, syn_ack, "endpoint 7");
	assert_receiver(sc, ack, "not-in-log");
	assert_receiver(sc, data, "not-in-log");
	scene_free(sc);
}

/* The listener's child, or whoever the service manager handed the socket to. */
Test(endpoint, an_accept_outweighs_the_listener)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	scene_say(sc, 0, EVENT_HOLD, TRANSPORT_TCP, 7, "0.0.0.0:80", ANY, 0);
	uint64_t syn = tcp_in(sc, 5000, TCP_SYN, 1, 0);
	uint64_t syn_ack = tcp_out(sc, 5001, TCP_SYN | TCP_ACK, 900);
	tcp_in(sc, 5002, TCP_ACK, 2, 0);
	scene_say(sc, 5002, EVENT_ACCEPT, TRANSPORT_TCP, 8, HTTP, CLIENT, 0);
	uint64_t data = tcp_in(sc, 5003, TCP_ACK, 2, 10);
	ends(sc);
	assert_receiver(sc, syn, "exact 8");
	assert_sender(sc, syn_ack, "flow 8");
	assert_receiver(sc, data, "flow 8");
	scene_free(sc);
}

/* Children that accept on one socket: which of them would have taken it? */
Test(endpoint, who_accepts_by_turns_is_ambiguous)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	scene_say(sc, 1000, EVENT_ACCEPT, TRANSPORT_TCP, 7, HTTP, PEER ":1", 0);
	scene_say(sc, 2000, EVENT_ACCEPT, TRANSPORT_TCP, 8, HTTP, PEER ":2", 0);
	uint64_t both = tcp_in(sc, 2500, TCP_SYN, 1, 0);
	scene_say(sc, 3000, EVENT_ACCEPT, TRANSPORT_TCP, 7, HTTP, PEER ":3", 0);
	scene_say(sc, 3000, EVENT_ACCEPT, TRANSPORT_TCP, 8, HTTP, PEER ":4", 0);
	ends(sc);
	assert_receiver(sc, both, "ambiguous");
	scene_free(sc);
}

/* A client holds its port too, and the kernel refuses who wants to connect to it. */
Test(endpoint, a_refused_syn_found_no_socket)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	scene_say(sc, 0, EVENT_HOLD, TRANSPORT_TCP, 7, HTTP, ANY, 0);
	uint64_t syn = tcp_in(sc, 5000, TCP_SYN, 1, 0);
	tcp_out(sc, 5001, TCP_RST | TCP_ACK, 0);
	ends(sc);
	assert_receiver(sc, syn, "not-in-log");
	scene_free(sc);
}

static struct binding binding(uint32_t port, process_handle process, int64_t ms)
{
	struct binding b = { .process = process,
		.transport = TRANSPORT_UDP,
		.local = scene_endpoint(US ":0"),
		.when = { ms * MS } };
	b.local.port = (uint16_t)port;
	b.local.addr.b[8] = (uint8_t)(port >> 16);
	return b;
}

/* Each host has a socket of its own at 0.0.0.0:53. */
Test(endpoints, hosts_do_not_share_wildcards)
{
	struct endpoints e;
	endpoints_init(&e, (struct hash_key){ 1, 2 });
	struct binding here = binding(53, 1, 1000), there = binding(53, 2, 1000);
	there.host = 1;
	endpoints_bind(&e, &here);
	endpoints_bind(&e, &there);
	struct endpoint_question q = {
		.transport = TRANSPORT_UDP, .local = here.local, .when = { 1000 * MS }
	};
	cr_expect_null(endpoints_rival(&e, &q, 1));
	cr_expect_not_null(endpoints_rival(&e, &q, 2));
	endpoints_done(&e);
}

/* What is idle makes room for what comes; what must go while it may be asked for is remembered as
 * a doubt. */
Test(endpoints, they_are_bounded)
{
	struct endpoints e;
	endpoints_init(&e, (struct hash_key){ 1, 2 });
	for (uint32_t i = 0; i < LIMIT_ENDPOINTS; i++) {
		struct binding b = binding(i, 1, 0);
		endpoints_bind(&e, &b);
	}
	int64_t idle = LIMIT_UDP_IDLE_NS / MS + 1;
	for (uint32_t i = 0; i < 1000; i++) {
		struct binding b = binding(LIMIT_ENDPOINTS + i, 1, idle);
		endpoints_bind(&e, &b);
	}
	cr_expect_not(e.limited);
	cr_expect_leq(e.index.count, LIMIT_ENDPOINTS);
	for (uint32_t i = 0; i < LIMIT_ENDPOINTS; i++) {
		struct binding b = binding(2 * LIMIT_ENDPOINTS + i, 1, idle + 1);
		endpoints_bind(&e, &b);
	}
	cr_expect(e.limited);
	cr_expect_leq(e.index.count, LIMIT_ENDPOINTS);
	cr_expect(endpoints_limited(&e, (struct ref_time){ idle * MS }));
	cr_expect_not(endpoints_limited(&e, (struct ref_time){ 2 * idle * MS }));
	endpoints_done(&e);
}
