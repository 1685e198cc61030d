/* SPDX-License-Identifier: Apache-2.0 */
/* Ports, sockets and PIDs that are used again: sequences that once blamed the wrong process. */
#include "scene.h"

#define US "10.0.0.1"
#define PEER "10.0.0.9"
#define TCP_US US ":36120"
#define TCP_PEER PEER ":389"

static void note(struct scene *sc, double ms, int what, uint32_t pid)
{
	struct err err = { 0 };
	struct process_note n = { .pid = pid };
	struct ref_time when = { (int64_t)(ms * MS) };
	n.what = what;
	cr_assert_eq(roster_note(sc->roster, 0, &n, &when, &err), 0);
}

/* A handshake of 40 ms, logged where a PID is given. */
static void opens(struct scene *sc, double ms, uint32_t pid, uint32_t isn)
{
	scene_tcp(sc, ms, TCP_US, TCP_PEER, TCP_SYN, isn, 0);
	scene_tcp(sc, ms + 20, TCP_PEER, TCP_US, TCP_SYN | TCP_ACK, isn + 5000, 0);
	if (pid)
		scene_say(sc, ms + 40, EVENT_CONNECT, TRANSPORT_TCP, pid, TCP_US, TCP_PEER, 0);
	scene_tcp(sc, ms + 40, TCP_US, TCP_PEER, TCP_ACK, isn + 1, 0);
}

/* The log goes on long enough to cover all of it. */
static void ends(struct scene *sc)
{
	scene_say(sc, 90000, EVENT_SEND, TRANSPORT_UDP, 9, US ":1", PEER ":1", 1);
	scene_finish(sc);
}

Test(reuse, bytes_of_the_connection_before)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	opens(sc, 100, 7, 1000);
	scene_say(sc, 150, EVENT_SEND, TRANSPORT_TCP, 7, TCP_US, TCP_PEER, 50);
	scene_tcp(sc, 151, TCP_US, TCP_PEER, TCP_ACK, 1001, 50);
	scene_tcp(sc, 200, TCP_US, TCP_PEER, TCP_RST | TCP_ACK, 1051, 0);
	opens(sc, 1500, 8, 900000);
	scene_say(sc, 1550, EVENT_SEND, TRANSPORT_TCP, 8, TCP_US, TCP_PEER, 50);
	uint64_t f = scene_tcp(sc, 1551, TCP_US, TCP_PEER, TCP_ACK, 900001, 50);
	ends(sc);
	assert_sender(sc, f, "exact 8");
	scene_free(sc);
}

Test(reuse, a_syn_within_a_second_of_the_last_connect)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	opens(sc, 100, 7, 1000);
	scene_tcp(sc, 300, TCP_US, TCP_PEER, TCP_RST | TCP_ACK, 1001, 0);
	scene_tcp(sc, 800, TCP_US, TCP_PEER, TCP_SYN, 900000, 0);
	uint64_t f = scene_tcp(sc, 820, TCP_PEER, TCP_US, TCP_SYN | TCP_ACK, 905000, 0);
	scene_say(sc, 850, EVENT_CONNECT, TRANSPORT_TCP, 8, TCP_US, TCP_PEER, 0);
	ends(sc);
	assert_receiver(sc, f, "flow 8");
	scene_free(sc);
}

Test(reuse, all_rows_of_a_quick_second_connection_are_lost)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	opens(sc, 100, 7, 1000);
	scene_say(sc, 150, EVENT_SEND, TRANSPORT_TCP, 7, TCP_US, TCP_PEER, 50);
	scene_tcp(sc, 151, TCP_US, TCP_PEER, TCP_ACK, 1001, 50);
	scene_tcp(sc, 200, TCP_US, TCP_PEER, TCP_RST | TCP_ACK, 1051, 0);
	uint64_t syn = scene_tcp(sc, 800, TCP_US, TCP_PEER, TCP_SYN, 900000, 0);
	uint64_t data = scene_tcp(sc, 850, TCP_US, TCP_PEER, TCP_ACK, 900001, 50);
	ends(sc);
	assert_sender(sc, syn, "not-in-log");
	assert_sender(sc, data, "not-in-log");
	scene_free(sc);
}

Test(reuse, three_connections_in_the_hold)
{
	struct scene *sc = scene_new(CLOCK_UNSURE, US ":0");
	uint64_t f = sc->frames + 1;
	opens(sc, 100, 7, 1000);
	opens(sc, 700, 8, 900000);
	opens(sc, 1400, 9, 1900000);
	ends(sc);
	cr_assert_str_neq(scene_answer(sc, f, SIDE_SENDER), "flow 8");
	cr_assert_str_neq(scene_answer(sc, f, SIDE_SENDER), "exact 8");
	scene_free(sc);
}

Test(reuse, an_unlogged_connection_before_a_logged_one)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	opens(sc, 5000, 0, 1000);
	uint64_t data = scene_tcp(sc, 5100, TCP_US, TCP_PEER, TCP_ACK, 1001, 50);
	opens(sc, 6500, 8, 900000);
	scene_say(sc, 90000, EVENT_SEND, TRANSPORT_UDP, 9, US ":1", PEER ":1", 1);
	scene_finish(sc);
	cr_assert_str_neq(scene_answer(sc, data, SIDE_SENDER), "flow 8");
	scene_free(sc);
}

Test(reuse, a_reset_just_before_the_next_syn)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	opens(sc, 100, 7, 1000);
	uint64_t rst = scene_tcp(sc, 3000, TCP_US, TCP_PEER, TCP_RST | TCP_ACK, 1001, 0);
	opens(sc, 3005, 8, 900000);
	ends(sc);
	cr_assert_str_neq(scene_answer(sc, rst, SIDE_SENDER), "flow 8");
	scene_free(sc);
}

Test(reuse, a_process_that_has_ended)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	note(sc, 0, NOTE_START, 7);
	scene_say(sc, 1000, EVENT_SEND, TRANSPORT_UDP, 7, US ":4000", PEER ":9", 8);
	scene_udp(sc, 1001, US ":4000", PEER ":9", 8);
	note(sc, 1200, NOTE_END, 7);
	uint64_t f = scene_udp(sc, 1500, US ":4000", PEER ":9", 8);
	ends(sc);
	assert_sender(sc, f, "not-in-log");
	scene_free(sc);
}

Test(reuse, a_process_that_has_not_begun)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	scene_say(sc, 0, EVENT_SEND, TRANSPORT_UDP, 9, US ":1", PEER ":1", 1);
	uint64_t f = scene_udp(sc, 1000, US ":4000", PEER ":9", 8);
	note(sc, 1500, NOTE_START, 8);
	scene_say(sc, 2000, EVENT_SEND, TRANSPORT_UDP, 8, US ":4000", PEER ":9", 8);
	scene_udp(sc, 2001, US ":4000", PEER ":9", 8);
	ends(sc);
	assert_sender(sc, f, "not-in-log");
	scene_free(sc);
}

Test(reuse, a_socket_that_two_hold)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	const uint32_t pid[] = { 7, 8, 7, 8, 7 };
	for (int i = 0; i < 5; i++) {
		scene_say(sc, 1000 + 300 * i, EVENT_SEND, TRANSPORT_UDP, pid[i], US ":4000",
			PEER ":9", 8);
		scene_udp(sc, 1001 + 300 * i, US ":4000", PEER ":9", 8);
	}
	uint64_t f = scene_udp(sc, 2350, US ":4000", PEER ":9", 8); /* 8's, row lost */
	scene_say(sc, 2500, EVENT_SEND, TRANSPORT_UDP, 7, US ":4000", PEER ":9", 8);
	scene_udp(sc, 2501, US ":4000", PEER ":9", 8);
	ends(sc);
	assert_sender(sc, f, "ambiguous");
	scene_free(sc);
}

Test(reuse, a_wildcard_event_outweighs_the_reach_of_another)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	scene_say(sc, 1000, EVENT_SEND, TRANSPORT_UDP, 7, "0.0.0.0:4000", PEER ":9", 9);
	uint64_t f = scene_udp(sc, 1001, US ":4000", PEER ":9", 9);
	scene_say(sc, 1400, EVENT_SEND, TRANSPORT_UDP, 8, US ":4000", PEER ":9", 8);
	scene_udp(sc, 1401, US ":4000", PEER ":9", 8);
	ends(sc);
	assert_sender(sc, f, "exact 7");
	scene_free(sc);
}

Test(reuse, a_lost_row_of_the_parent_makes_its_bytes_the_childs)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	opens(sc, 100, 7, 1000);
	uint64_t f = scene_tcp(sc, 200, TCP_US, TCP_PEER, TCP_ACK, 1001, 40); /* 7's, row lost */
	scene_say(sc, 900, EVENT_SEND, TRANSPORT_TCP, 8, TCP_US, TCP_PEER, 60);
	scene_tcp(sc, 901, TCP_US, TCP_PEER, TCP_ACK, 1041, 60);
	ends(sc);
	cr_assert_str_neq(scene_answer(sc, f, SIDE_SENDER), "exact 8");
	scene_free(sc);
}

Test(reuse, rows_out_of_order_hide_a_rival)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	scene_say(sc, 1000, EVENT_SEND, TRANSPORT_UDP, 7, US ":4000", PEER ":9", 8);
	scene_udp(sc, 1000, US ":4000", PEER ":9", 8);
	scene_say(sc, 1040, EVENT_SEND, TRANSPORT_UDP, 8, US ":4000", PEER ":9", 8);
	scene_say(sc, 1015, EVENT_SEND, TRANSPORT_UDP, 7, US ":4000", PEER ":9", 8);
	uint64_t b = scene_udp(sc, 1030, US ":4000", PEER ":9", 8);
	ends(sc);
	cr_assert_str_neq(scene_answer(sc, b, SIDE_SENDER), "exact 7");
	scene_free(sc);
}

Test(reuse, another_hosts_datagram_is_not_a_translated_one)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	scene_learn(sc, "10.0.0.2:0"); /* our second address, never in this capture */
	scene_say(sc, 500, EVENT_SEND, TRANSPORT_UDP, 7, US ":5000", "10.0.0.7:53", 8);
	scene_udp(sc, 501, US ":5000", "10.0.0.7:53", 8); /* so nothing is translated here */
	scene_say(sc, 1000, EVENT_SEND, TRANSPORT_UDP, 7, "10.0.0.2:4000", PEER ":53", 8);
	uint64_t f = scene_udp(sc, 1007, "10.0.0.50:4000", "10.0.0.8:53", 8);
	ends(sc);
	assert_sender(sc, f, "other-host");
	scene_free(sc);
}

/* The process is gone, its connection is not: the kernel ends it, and says whose it was. */
Test(reuse, a_connection_that_outlives_its_process)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	opens(sc, 100, 7, 1000);
	note(sc, 1000, NOTE_END, 7);
	uint64_t fin = scene_tcp(sc, 1100, TCP_US, TCP_PEER, TCP_FIN | TCP_ACK, 1001, 0);
	ends(sc);
	assert_sender(sc, fin, "kernel-tcp-after-exit");
	cr_assert_eq(scene_pid(sc, sc->answers[fin].claims[SIDE_SENDER].about), 7);
	scene_free(sc);
}

/* Parent and child call in one tick on one connection: whose bytes are whose is not known. */
Test(reuse, a_parent_and_a_child_in_one_tick)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	opens(sc, 100, 7, 1000);
	scene_say(sc, 200, EVENT_SEND, TRANSPORT_TCP, 7, TCP_US, TCP_PEER, 40);
	scene_say(sc, 200, EVENT_SEND, TRANSPORT_TCP, 8, TCP_US, TCP_PEER, 40);
	uint64_t f = scene_tcp(sc, 201, TCP_US, TCP_PEER, TCP_ACK, 1001, 40);
	ends(sc);
	cr_assert_neq(sc->answers[f].claims[SIDE_SENDER].grade, GRADE_EXACT);
	scene_free(sc);
}

/* A stranger's datagram with our ports, where the capture shows our own address untranslated. */
Test(reuse, a_stranger_is_not_translated)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	scene_learn(sc, "10.0.0.2:0");
	scene_say(sc, 500, EVENT_SEND, TRANSPORT_UDP, 7, US ":5000", "10.0.0.7:53", 8);
	scene_udp(sc, 501, US ":5000", "10.0.0.7:53", 8);
	scene_say(sc, 1000, EVENT_SEND, TRANSPORT_UDP, 7, "10.0.0.2:4000", PEER ":53", 8);
	uint64_t f = scene_udp(sc, 1007, "10.0.0.50:4000", "10.0.0.8:53", 8);
	ends(sc);
	assert_sender(sc, f, "other-host");
	scene_free(sc);
}

/* The SYN of the second connection was not captured. */
Test(reuse, a_syn_ack_behind_the_end_opens_another)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	opens(sc, 100, 7, 1000);
	scene_tcp(sc, 300, TCP_US, TCP_PEER, TCP_FIN | TCP_ACK, 1001, 0);
	scene_tcp(sc, 320, TCP_PEER, TCP_US, TCP_FIN | TCP_ACK, 6001, 0);
	scene_tcp(sc, 60000, TCP_PEER, TCP_US, TCP_SYN | TCP_ACK, 905000, 0);
	uint64_t f = scene_tcp(sc, 60010, TCP_US, TCP_PEER, TCP_ACK, 900001, 50);
	ends(sc);
	assert_sender(sc, f, "not-in-log");
	scene_free(sc);
}

/* The end of the first connection was not captured, nor was the SYN of the second. */
Test(reuse, a_syn_ack_with_another_number_opens_another)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	opens(sc, 100, 7, 1000);
	uint64_t syn_ack = scene_tcp(sc, 700, TCP_PEER, TCP_US, TCP_SYN | TCP_ACK, 905000, 0);
	uint64_t f = scene_tcp(sc, 710, TCP_US, TCP_PEER, TCP_ACK, 900001, 50);
	scene_say(sc, 750, EVENT_CONNECT, TRANSPORT_TCP, 8, TCP_US, TCP_PEER, 0);
	ends(sc);
	assert_receiver(sc, syn_ack, "flow 8");
	assert_sender(sc, f, "flow 8");
	scene_free(sc);
}

/* A stranger's: what the owner has no event behind it for loses its name, and gets no other. */
Test(reuse, a_syn_ack_that_was_made_up)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	opens(sc, 100, 7, 1000);
	scene_tcp(sc, 700, TCP_PEER, TCP_US, TCP_SYN | TCP_ACK, 905000, 0);
	uint64_t near = scene_tcp(sc, 710, TCP_US, TCP_PEER, TCP_ACK, 1001, 50);
	scene_say(sc, 711, EVENT_SEND, TRANSPORT_TCP, 7, TCP_US, TCP_PEER, 50);
	ends(sc);
	assert_sender(sc, near, "not-in-log");
	scene_free(sc);
}

static uint32_t named(const struct scene *sc, uint64_t frame, enum side side)
{
	return scene_pid(sc, sc->answers[frame].claims[side].process);
}

/* Of 7's connection the connect was lost; 8's connect is logged before its SYN, for the clock
 * ticks, and may be overtaken by what 8 received. */
static void takes_over(struct scene *sc, bool overtaken, uint64_t ret[3])
{
	ret[0] = scene_tcp(sc, 100, TCP_US, TCP_PEER, TCP_SYN, 1000, 0);
	scene_tcp(sc, 101, TCP_PEER, TCP_US, TCP_SYN | TCP_ACK, 6000, 0);
	scene_tcp(sc, 120, TCP_PEER, TCP_US, TCP_FIN | TCP_ACK, 6001, 0);
	scene_say(sc, 130, EVENT_DISCONNECT, TRANSPORT_TCP, 7, TCP_US, TCP_PEER, 0);
	if (overtaken)
		scene_say(sc, 145, EVENT_RECV, TRANSPORT_TCP, 8, TCP_US, TCP_PEER, 10);
	scene_say(sc, 145, EVENT_CONNECT, TRANSPORT_TCP, 8, TCP_US, TCP_PEER, 0);
	ret[1] = scene_tcp(sc, 147, TCP_US, TCP_PEER, TCP_ACK, 1002, 0);
	scene_tcp(sc, 150, TCP_US, TCP_PEER, TCP_SYN, 900000, 0);
	scene_tcp(sc, 151, TCP_PEER, TCP_US, TCP_SYN | TCP_ACK, 905000, 0);
	ret[2] = scene_tcp(sc, 152, TCP_PEER, TCP_US, TCP_ACK, 905001, 10);
}

Test(reuse, the_next_connect_is_logged_before_its_syn)
{
	for (int overtaken = 0; overtaken < 2; overtaken++) {
		struct scene *sc = scene_new(CLOCK_SURE, US ":0");
		uint64_t f[3];
		takes_over(sc, overtaken, f);
		ends(sc);
		assert_sender(sc, f[0], "flow 7");
		assert_sender(sc, f[1], "flow 7");
		cr_expect_eq(named(sc, f[2], SIDE_RECEIVER), 8);
		scene_free(sc);
	}
}

/* A child's record overtook that of its parent's accept. */
Test(reuse, an_accept_behind_what_the_child_received)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	scene_tcp(sc, 100, TCP_PEER, TCP_US, TCP_SYN, 1000, 0);
	uint64_t f = scene_tcp(sc, 101, TCP_US, TCP_PEER, TCP_SYN | TCP_ACK, 6000, 0);
	scene_say(sc, 102, EVENT_RECV, TRANSPORT_TCP, 8, TCP_US, TCP_PEER, 10);
	scene_say(sc, 250, EVENT_ACCEPT, TRANSPORT_TCP, 7, TCP_US, TCP_PEER, 0);
	ends(sc);
	assert_sender(sc, f, "ambiguous");
	scene_free(sc);
}

/* The records of a connection were all lost, and it was closed; seconds later the next one is
 * logged before its SYN, for stamps are floored to a tick. */
Test(reuse, a_reset_before_the_next_connection)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	scene_say(sc, 50, EVENT_SEND, TRANSPORT_UDP, 9, US ":1", PEER ":1", 1);
	opens(sc, 100, 0, 1000);
	uint64_t reset = scene_tcp(sc, 2500, TCP_US, TCP_PEER, TCP_RST | TCP_ACK, 1001, 0);
	scene_say(sc, 2998, EVENT_CONNECT, TRANSPORT_TCP, 7, TCP_US, TCP_PEER, 0);
	uint64_t syn = scene_tcp(sc, 3000, TCP_US, TCP_PEER, TCP_SYN, 90000, 0);
	ends(sc);
	assert_sender(sc, reset, "not-in-log");
	assert_sender(sc, syn, "exact 7");
	scene_free(sc);
}

/* Another process has just had the socket, and a row is missing: it may be his. */
Test(reuse, a_burst_with_a_missing_row_soon_behind_another_owner)
{
	for (int soon = 0; soon < 2; soon++) {
		struct scene *sc = scene_new(CLOCK_SURE, US ":0");
		double ms = soon ? 300 : 7000;
		scene_say(sc, 100, EVENT_SEND, TRANSPORT_UDP, 9, US ":500", PEER ":53", 30);
		scene_udp(sc, 100.5, US ":500", PEER ":53", 30);
		scene_say(sc, ms, EVENT_SEND, TRANSPORT_UDP, 7, US ":500", PEER ":53", 20);
		uint64_t a = scene_udp(sc, ms + 0.5, US ":500", PEER ":53", 20);
		uint64_t b = scene_udp(sc, ms + 0.6, US ":500", PEER ":53", 20);
		ends(sc);
		assert_sender(sc, a, soon ? "ambiguous" : "flow 7");
		assert_sender(sc, b, soon ? "ambiguous" : "flow 7");
		scene_free(sc);
	}
}
