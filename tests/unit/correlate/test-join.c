/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams: what is claimed, and above all what is not. */
#include "scene.h"

#define US "10.0.0.1"
#define PEER "10.0.0.9"

Test(join, one_event_one_packet_is_exact)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	scene_say(sc, 100, EVENT_SEND, TRANSPORT_UDP, 7, US ":4000", PEER ":53", 30);
	uint64_t sent = scene_udp(sc, 101, US ":4000", PEER ":53", 30);
	uint64_t answer = scene_udp(sc, 120, PEER ":53", US ":4000", 90);
	scene_say(sc, 121, EVENT_RECV, TRANSPORT_UDP, 7, US ":4000", PEER ":53", 90);
	scene_finish(sc);
	assert_sender(sc, sent, "exact 7");
	assert_receiver(sc, sent, "other-host");
	assert_sender(sc, answer, "other-host");
	assert_receiver(sc, answer, "exact 7");
	cr_assert_eq(sc->answers[sent].direction, DIRECTION_OUT);
	cr_assert_eq(sc->answers[answer].direction, DIRECTION_IN);
	cr_assert(sc->answers[sent].answered, "within the hold");
	cr_assert_eq(sc->answers[sent].claims[SIDE_SENDER].clock_delta_ns, 1 * MS);
	cr_assert_eq(sc->answers[sent].verdict, VERDICT_CHOSEN);
	scene_free(sc);
}

Test(join, another_length_or_time_is_no_event_of_the_packet)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	scene_say(sc, 0, EVENT_SEND, TRANSPORT_UDP, 7, US ":1", PEER ":1", 1);
	scene_say(sc, 10000, EVENT_SEND, TRANSPORT_UDP, 7, US ":4000", PEER ":53", 31);
	uint64_t other_length = scene_udp(sc, 10000, US ":4001", PEER ":53", 30);
	scene_say(sc, 20000, EVENT_SEND, TRANSPORT_UDP, 7, US ":4001", PEER ":53", 30);
	uint64_t late = scene_udp(sc, 25000, US ":4001", PEER ":53", 30);
	scene_say(sc, 30000, EVENT_SEND, TRANSPORT_UDP, 7, US ":1", PEER ":1", 1);
	scene_finish(sc);
	assert_sender(sc, other_length, "not-in-log");
	assert_sender(sc, late, "not-in-log");
	scene_free(sc);
}

/* Ten datagrams in one tick, ten events with one stamp: in order, each exact. */
Test(join, a_burst_in_one_tick_pairs_in_order)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	uint64_t frames[10];
	for (int i = 0; i < 10; i++)
		scene_say(sc, 100, EVENT_SEND, TRANSPORT_UDP, 7, US ":4000", PEER ":9", 8);
	for (int i = 0; i < 10; i++)
		frames[i] = scene_udp(sc, 100 + i, US ":4000", PEER ":9", 8);
	scene_finish(sc);
	for (int i = 0; i < 10; i++) {
		assert_sender(sc, frames[i], "exact 7");
		cr_assert_eq(sc->answers[frames[i]].claims[0].evidence[0].number, i + 1);
	}
	scene_free(sc);
}

/* One row of the ten is missing: whose it was cannot be said, but all were one process's. */
Test(join, a_burst_with_a_missing_row_is_flow)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	for (int i = 0; i < 9; i++)
		scene_say(sc, 100, EVENT_SEND, TRANSPORT_UDP, 7, US ":4000", PEER ":9", 8);
	uint64_t first = 0, last = 0;
	for (int i = 0; i < 10; i++) {
		last = scene_udp(sc, 100 + i, US ":4000", PEER ":9", 8);
		first = first ? first : last;
	}
	scene_finish(sc);
	assert_sender(sc, first, "flow 7");
	assert_sender(sc, last, "flow 7");
	scene_free(sc);
}

/* A forked child sends on the same socket in the same tick: nobody can tell them apart. */
Test(join, two_processes_in_one_tick_are_ambiguous)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	scene_say(sc, 100, EVENT_SEND, TRANSPORT_UDP, 7, US ":4000", PEER ":9", 8);
	scene_say(sc, 100, EVENT_SEND, TRANSPORT_UDP, 8, US ":4000", PEER ":9", 8);
	uint64_t a = scene_udp(sc, 101, US ":4000", PEER ":9", 8);
	uint64_t b = scene_udp(sc, 102, US ":4000", PEER ":9", 8);
	scene_finish(sc);
	assert_sender(sc, a, "ambiguous");
	assert_sender(sc, b, "ambiguous");
	cr_assert_eq(sc->answers[a].claims[0].n_candidates, 2);
	scene_free(sc);
}

/* The same two, told apart by their lengths. */
Test(join, lengths_tell_two_processes_apart)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	scene_say(sc, 100, EVENT_SEND, TRANSPORT_UDP, 7, US ":4000", PEER ":9", 8);
	scene_say(sc, 100, EVENT_SEND, TRANSPORT_UDP, 8, US ":4000", PEER ":9", 9);
	uint64_t b = scene_udp(sc, 101, US ":4000", PEER ":9", 9);
	uint64_t a = scene_udp(sc, 102, US ":4000", PEER ":9", 8);
	scene_finish(sc);
	assert_sender(sc, a, "exact 7");
	assert_sender(sc, b, "exact 8");
	scene_free(sc);
}

Test(join, an_unsure_clock_claims_only_what_is_unmistakable)
{
	struct scene *sc = scene_new(CLOCK_UNSURE, US ":0");
	scene_say(sc, 100, EVENT_SEND, TRANSPORT_UDP, 7, US ":4000", PEER ":9", 8);
	uint64_t once = scene_udp(sc, 101, US ":4000", PEER ":9", 8);
	scene_say(sc, 200, EVENT_SEND, TRANSPORT_UDP, 7, US ":4001", PEER ":9", 8);
	uint64_t twice = scene_udp(sc, 201, US ":4001", PEER ":9", 8);
	scene_say(sc, 900, EVENT_SEND, TRANSPORT_UDP, 7, US ":4001", PEER ":9", 8);
	scene_udp(sc, 901, US ":4001", PEER ":9", 8);
	scene_finish(sc);
	assert_sender(sc, once, "exact 7");
	assert_sender(sc, twice, "flow 7");
	scene_free(sc);
}

Test(join, a_log_without_a_clock_names_nobody)
{
	struct scene *sc = scene_new(CLOCK_NONE, US ":0");
	uint64_t f = scene_udp(sc, 101, US ":4000", PEER ":9", 8);
	scene_finish(sc);
	assert_sender(sc, f, "no-evidence");
	cr_assert_eq(sc->answers[f].claims[0].detail, DETAIL_NO_CLOCK);
	scene_free(sc);
}

/* Between two events of one process on one flow a packet without a row is that process's. */
Test(join, a_gap_inside_a_tenure_is_flow)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	scene_say(sc, 1000, EVENT_SEND, TRANSPORT_UDP, 7, US ":4000", PEER ":9", 8);
	scene_udp(sc, 1001, US ":4000", PEER ":9", 8);
	uint64_t gap = scene_udp(sc, 2000, US ":4000", PEER ":9", 8);
	scene_say(sc, 3000, EVENT_SEND, TRANSPORT_UDP, 7, US ":4000", PEER ":9", 8);
	scene_udp(sc, 3001, US ":4000", PEER ":9", 8);
	scene_finish(sc);
	assert_sender(sc, gap, "flow 7");
	scene_free(sc);
}

/* The port changes hands between two datagrams, and the row of the one in between is lost. */
Test(join, a_port_that_changes_hands_is_ambiguous_between)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	scene_say(sc, 1000, EVENT_SEND, TRANSPORT_UDP, 7, US ":4000", PEER ":9", 8);
	uint64_t before = scene_udp(sc, 1001, US ":4000", PEER ":9", 8);
	uint64_t between = scene_udp(sc, 1500, US ":4000", PEER ":9", 8);
	scene_say(sc, 2000, EVENT_SEND, TRANSPORT_UDP, 8, US ":4000", PEER ":9", 8);
	uint64_t behind = scene_udp(sc, 2001, US ":4000", PEER ":9", 8);
	scene_finish(sc);
	assert_sender(sc, before, "exact 7");
	assert_sender(sc, between, "ambiguous");
	assert_sender(sc, behind, "exact 8");
	scene_free(sc);
}

/* The other process was only seen with another peer: the flow knows nothing of it, the port does.
 */
Test(join, the_local_port_guards_the_flow)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	scene_say(sc, 1000, EVENT_SEND, TRANSPORT_UDP, 7, US ":4000", PEER ":9", 8);
	scene_udp(sc, 1001, US ":4000", PEER ":9", 8);
	scene_say(sc, 1500, EVENT_SEND, TRANSPORT_UDP, 8, US ":4000", "10.0.0.8:9", 8);
	scene_udp(sc, 1501, US ":4000", "10.0.0.8:9", 8);
	uint64_t lost = scene_udp(sc, 1600, US ":4000", PEER ":9", 8);
	scene_say(sc, 1700, EVENT_SEND, TRANSPORT_UDP, 7, US ":4000", PEER ":9", 8);
	scene_finish(sc);
	assert_sender(sc, lost, "ambiguous");
	scene_free(sc);
}

/* Behind its last event nothing proves a tenure: a port can be anyone's a moment later. */
Test(join, a_tenure_ends_with_its_last_event)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	scene_say(sc, 1000, EVENT_SEND, TRANSPORT_UDP, 7, US ":4000", PEER ":9", 8);
	uint64_t near = scene_udp(sc, 2500, US ":4000", PEER ":9", 8);
	uint64_t far = scene_udp(sc, 61000, US ":4000", PEER ":9", 8);
	scene_say(sc, 90000, EVENT_SEND, TRANSPORT_UDP, 7, US ":1", PEER ":1", 1);
	scene_finish(sc);
	assert_sender(sc, near, "not-in-log");
	assert_sender(sc, far, "not-in-log");
	scene_free(sc);
}

Test(join, reasons_in_their_order)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	struct digest broken = { 0 },
		      arp = { .known = DIGEST_DECODED | DIGEST_ARP | DIGEST_ADDRS,
			      .transport = TRANSPORT_NONE };
	struct digest ping = scene_digest(TRANSPORT_ICMP, US ":0", PEER ":0", 1);
	ping.known = (ping.known & ~DIGEST_PORTS) | DIGEST_ICMP;
	ping.icmp_type = 8;
	struct digest pong = ping;
	pong.icmp_type = 0;
	uint64_t early = scene_udp(sc, 0, US ":4000", PEER ":9", 8);
	scene_say(sc, 10000, EVENT_SEND, TRANSPORT_UDP, 7, US ":1", PEER ":1", 1);
	uint64_t f_broken = scene_packet(sc, 11000, &broken), f_arp = scene_packet(sc, 11000, &arp);
	uint64_t f_ping = scene_packet(sc, 11000, &ping), f_pong = scene_packet(sc, 11000, &pong);
	uint64_t foreign = scene_udp(sc, 11000, "10.9.9.1:1", "10.9.9.2:2", 8);
	uint64_t refused = scene_tcp(sc, 11000, PEER ":80", US ":5", TCP_RST | TCP_ACK, 0, 0);
	uint64_t denied = scene_udp(sc, 11000, US ":4000", PEER ":9", 8);
	uint64_t group = scene_udp(sc, 11000, PEER ":5353", "224.0.0.251:5353", 8);
	struct ref_time lost = { 15000 * MS };
	coverage_lose(&sc->coverage, 1, &lost, 0);
	uint64_t in_loss = scene_udp(sc, 15001, US ":4000", PEER ":9", 8);
	scene_say(sc, 20000, EVENT_SEND, TRANSPORT_UDP, 7, US ":1", PEER ":1", 1);
	uint64_t late = scene_udp(sc, 30000, US ":4000", PEER ":9", 8);
	scene_finish(sc);
	assert_sender(sc, f_broken, "undecodable");
	assert_sender(sc, f_arp, "kernel-arp");
	assert_sender(sc, f_ping, "not-traced");
	assert_receiver(sc, f_ping, "other-host");
	assert_sender(sc, f_pong, "kernel-echo-reply");
	assert_sender(sc, foreign, "other-host");
	assert_sender(sc, refused, "kernel-tcp-reset");
	assert_sender(sc, denied, "not-in-log");
	assert_receiver(sc, group, "not-in-log");
	assert_sender(sc, in_loss, "lost-events");
	assert_sender(sc, early, "outside-evidence");
	assert_sender(sc, late, "outside-evidence");
	scene_free(sc);
}

/* An ICMP error is the kernel's, and about the socket of the quoted datagram. */
Test(join, an_icmp_error_tells_whose_packet_it_is_about)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	scene_say(sc, 100, EVENT_SEND, TRANSPORT_UDP, 7, US ":4000", PEER ":9", 8);
	struct digest sent = scene_digest(TRANSPORT_UDP, US ":4000", PEER ":9", 8);
	scene_packet(sc, 101, &sent);
	struct digest e = scene_digest(TRANSPORT_ICMP, PEER ":0", US ":0", 36);
	e.known = (e.known & ~DIGEST_PORTS) | DIGEST_ICMP | DIGEST_QUOTED;
	e.icmp_type = 3;
	e.icmp_code = 3;
	e.quoted_transport = TRANSPORT_UDP;
	e.quoted = sent.flow;
	uint64_t f = scene_packet(sc, 110, &e);
	scene_finish(sc);
	assert_receiver(sc, f, "kernel-icmp-error");
	cr_assert_eq(scene_pid(sc, sc->answers[f].claims[SIDE_RECEIVER].about), 7);
	scene_free(sc);
}

/* Old logs do not say which end of a receive is local: the known address does. */
Test(join, a_receive_that_may_be_either_way_is_turned)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	uint64_t f = scene_udp(sc, 100, PEER ":9", US ":4000", 8);
	struct event e = { .op = EVENT_RECV,
		.transport = TRANSPORT_UDP,
		.pid = 7,
		.bytes = 8,
		.either_way = true,
		.local = scene_endpoint(PEER ":9"),
		.remote = scene_endpoint(US ":4000") };
	scene_event(sc, 101, &e);
	scene_finish(sc);
	assert_receiver(sc, f, "exact 7");
	scene_free(sc);
}

/* Both ends of a loopback datagram are ours. */
Test(join, loopback_has_two_processes)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	scene_say(sc, 100, EVENT_SEND, TRANSPORT_UDP, 7, "127.0.0.1:1111", "127.0.0.1:2222", 5);
	uint64_t f = scene_udp(sc, 101, "127.0.0.1:1111", "127.0.0.1:2222", 5);
	scene_say(sc, 102, EVENT_RECV, TRANSPORT_UDP, 8, "127.0.0.1:2222", "127.0.0.1:1111", 5);
	scene_finish(sc);
	assert_sender(sc, f, "exact 7");
	assert_receiver(sc, f, "exact 8");
	cr_assert_eq(sc->answers[f].direction, DIRECTION_LOCAL);
	scene_free(sc);
}

/* One PID, two processes: the second starts after the first. */
Test(join, a_pid_used_again_is_another_process)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	struct err err = { 0 };
	scene_say(sc, 100, EVENT_SEND, TRANSPORT_UDP, 7, US ":4000", PEER ":9", 8);
	uint64_t a = scene_udp(sc, 101, US ":4000", PEER ":9", 8);
	struct process_note start = { .what = NOTE_START, .pid = 7, .image = span_text("b.exe") };
	struct ref_time when = { 500 * MS };
	cr_assert_eq(roster_note(sc->roster, 0, &start, &when, &err), 0);
	scene_say(sc, 600, EVENT_SEND, TRANSPORT_UDP, 7, US ":4001", PEER ":9", 8);
	uint64_t b = scene_udp(sc, 601, US ":4001", PEER ":9", 8);
	scene_finish(sc);
	cr_assert_neq(sc->answers[a].claims[0].process, sc->answers[b].claims[0].process);
	scene_free(sc);
}

/* A storm on one flow, longer than a cluster can be: still one process, never another name. */
Test(join, a_storm_without_gaps_is_flow)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	for (int i = 0; i < 1000; i++) {
		scene_say(sc, 100 + i, EVENT_SEND, TRANSPORT_UDP, 7, US ":4000", PEER ":9", 8);
		scene_udp(sc, 100.5 + i, US ":4000", PEER ":9", 8);
	}
	scene_finish(sc);
	for (uint64_t f = 1; f <= 1000; f++)
		cr_assert_eq(scene_pid(sc, sc->answers[f].claims[0].process), 7, "frame %lu", f);
	scene_free(sc);
}

Test(fragments, event_is_the_first_parts_and_the_others_are_of_the_flow)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	struct digest first = scene_digest(TRANSPORT_UDP, "10.0.0.1:500", "10.9.9.9:53", 4000);
	struct digest later = first;
	first.known |= DIGEST_PART;
	later.known = (later.known & ~(uint32_t)DIGEST_PAYLOAD) | DIGEST_PART | DIGEST_FRAGMENT;
	scene_say(sc, 0, EVENT_SEND, TRANSPORT_UDP, 7, "10.0.0.1:500", "10.9.9.9:53", 4000);
	uint64_t a = scene_packet(sc, 0, &first);
	uint64_t b = scene_packet(sc, 0.01, &later), c = scene_packet(sc, 0.02, &later);
	uint64_t lost = scene_packet(sc, 5000, &later);
	scene_finish(sc);
	assert_sender(sc, a, "exact 7");
	assert_sender(sc, b, "flow 7");
	assert_sender(sc, c, "flow 7");
	/* Not "not-in-log": the log never has events of parts. */
	cr_assert_eq(sc->answers[lost].claims[SIDE_SENDER].grade, GRADE_NONE);
	cr_assert_neq(sc->answers[lost].claims[SIDE_SENDER].reason, REASON_NOT_IN_LOG);
	scene_free(sc);
}

/* An owner's event just before says nothing of a datagram whose first part has no event. */
Test(fragments, parts_have_the_answer_of_their_first_one)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	struct digest first = scene_digest(TRANSPORT_UDP, US ":500", PEER ":53", 4000);
	first.known |= DIGEST_PART;
	first.fragment_id = 77;
	struct digest later = first, others = first;
	later.known = (later.known & ~(uint32_t)DIGEST_PAYLOAD) | DIGEST_FRAGMENT;
	others.known = later.known;
	others.fragment_id = 78;
	scene_say(sc, 100, EVENT_SEND, TRANSPORT_UDP, 7, US ":500", PEER ":53", 20);
	scene_udp(sc, 100, US ":500", PEER ":53", 20);
	uint64_t a = scene_packet(sc, 130, &first), b = scene_packet(sc, 130.01, &later);
	uint64_t c = scene_packet(sc, 130.02, &others);
	scene_say(sc, 9000, EVENT_SEND, TRANSPORT_UDP, 8, US ":4001", PEER ":53", 1);
	scene_finish(sc);
	assert_sender(sc, a, "not-in-log");
	assert_sender(sc, b, "no-evidence");
	assert_sender(sc, c, "no-evidence");
	scene_free(sc);
}

/* A process is known to hold the flow before and behind: what lies between is its own, but no
 * event of a datagram was seen, so it is never exact. */
Test(join, what_is_held_before_and_behind_is_flow)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	scene_say(sc, 0, EVENT_HOLD, TRANSPORT_UDP, 7, US ":4000", PEER ":53", 0);
	uint64_t between = scene_udp(sc, 500, US ":4000", PEER ":53", 30);
	uint64_t back = scene_udp(sc, 510, PEER ":53", US ":4000", 30);
	scene_say(sc, 1000, EVENT_HOLD, TRANSPORT_UDP, 7, US ":4000", PEER ":53", 0);
	uint64_t later = scene_udp(sc, 1500, US ":4000", PEER ":53", 30);
	scene_say(sc, 9000, EVENT_HOLD, TRANSPORT_UDP, 8, US ":4001", PEER ":53", 0);
	scene_finish(sc);
	assert_sender(sc, between, "flow 7");
	assert_receiver(sc, back, "flow 7");
	assert_sender(sc, later, "not-in-log");
	scene_free(sc);
}

/* Another process binds the port in between: nobody can say whose the datagram is. */
Test(join, a_bound_port_makes_a_rival)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	scene_say(sc, 0, EVENT_HOLD, TRANSPORT_UDP, 7, US ":4000", PEER ":53", 0);
	scene_say(sc, 400, EVENT_HOLD, TRANSPORT_UDP, 8, US ":4000", "0.0.0.0:0", 0);
	uint64_t between = scene_udp(sc, 500, US ":4000", PEER ":53", 30);
	scene_say(sc, 1000, EVENT_HOLD, TRANSPORT_UDP, 7, US ":4000", PEER ":53", 0);
	scene_finish(sc);
	assert_sender(sc, between, "ambiguous");
	scene_free(sc);
}

static void say_service(struct scene *sc, double ms, enum event_op op, uint32_t tag)
{
	struct event e = { .op = op,
		.transport = TRANSPORT_UDP,
		.pid = 7,
		.bytes = 30,
		.tag = tag,
		.local = scene_endpoint(US ":4000"),
		.remote = scene_endpoint(PEER ":53") };
	scene_event(sc, ms, &e);
}

/* A receive is logged while any thread runs; the send of the same flow says which service it is. */
Test(join, the_service_of_a_flow_is_that_of_its_events)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	say_service(sc, 100, EVENT_SEND, 22);
	uint64_t sent = scene_udp(sc, 101, US ":4000", PEER ":53", 30);
	uint64_t answer = scene_udp(sc, 120, PEER ":53", US ":4000", 30);
	say_service(sc, 121, EVENT_RECV, 0);
	scene_finish(sc);
	cr_assert_eq(sc->answers[sent].claims[SIDE_SENDER].service, 22);
	cr_assert_eq(sc->answers[answer].claims[SIDE_RECEIVER].service, 22);
	scene_free(sc);
}

/* Two services of one process share the socket: their own sends are told apart, the rest is not. */
Test(join, a_flow_of_two_services_is_of_several)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	say_service(sc, 100, EVENT_SEND, 22);
	uint64_t sent = scene_udp(sc, 101, US ":4000", PEER ":53", 30);
	say_service(sc, 400, EVENT_SEND, 23);
	scene_udp(sc, 401, US ":4000", PEER ":53", 30);
	uint64_t answer = scene_udp(sc, 420, PEER ":53", US ":4000", 30);
	say_service(sc, 421, EVENT_RECV, 0);
	scene_finish(sc);
	cr_assert_eq(sc->answers[sent].claims[SIDE_SENDER].service, 22);
	cr_assert_eq(sc->answers[answer].claims[SIDE_RECEIVER].service, SERVICE_SEVERAL);
	scene_free(sc);
}
