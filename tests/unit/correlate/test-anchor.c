/* SPDX-License-Identifier: Apache-2.0 */
/* TCP streams that are met in the middle, and what is sent twice. */
#include "scene.h"

#define US "10.0.0.1:36120"
#define PEER "10.0.0.9:389"

static uint64_t data(struct scene *sc, double ms, uint32_t seq, uint32_t bytes)
{
	return scene_tcp(sc, ms, US, PEER, TCP_ACK, seq, bytes);
}

static void sent(struct scene *sc, double ms, uint32_t pid, uint32_t bytes)
{
	scene_say(sc, ms, EVENT_SEND, TRANSPORT_TCP, pid, US, PEER, bytes);
}

static void opened(struct scene *sc, double ms, uint32_t pid, uint32_t isn)
{
	scene_tcp(sc, ms, US, PEER, TCP_SYN, isn, 0);
	scene_tcp(sc, ms + 1, PEER, US, TCP_SYN | TCP_ACK, isn + 5000, 0);
	scene_say(sc, ms + 1, EVENT_CONNECT, TRANSPORT_TCP, pid, US, PEER, 0);
}

/* Something else late in the log, so that it covers all of the capture. */
static void end(struct scene *sc, double ms)
{
	scene_say(sc, ms, EVENT_SEND, TRANSPORT_UDP, 9, "10.0.0.1:1", "10.0.0.9:1", 1);
	scene_finish(sc);
}

/* Three lengths in a row that differ: the stream's place in the log is known from the first on. */
Test(anchor, three_lengths_that_differ)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	const uint32_t bytes[] = { 70, 310, 45, 1000 };
	uint64_t f[4];
	for (uint32_t i = 0, seq = 777; i < 4; seq += bytes[i++]) {
		sent(sc, 100 + 50 * i, 7, bytes[i]);
		f[i] = data(sc, 101 + 50 * i, seq, bytes[i]);
	}
	end(sc, 9000);
	for (int i = 0; i < 4; i++)
		assert_sender(sc, f[i], "exact 7");
	scene_free(sc);
}

/* Equal lengths: any of the events may be the first packet's. */
Test(anchor, equal_lengths_tell_nothing)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	uint64_t f[6];
	for (uint32_t i = 0; i < 6; i++) {
		sent(sc, 100 + 50 * i, 7, 100);
		f[i] = data(sc, 101 + 50 * i, 777 + 100 * i, 100);
	}
	end(sc, 9000);
	for (int i = 0; i < 6; i++)
		assert_sender(sc, f[i], "flow 7");
	scene_free(sc);
}

/* Two lengths are not three. */
Test(anchor, two_lengths_are_not_enough)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	sent(sc, 100, 7, 70);
	uint64_t a = data(sc, 101, 777, 70);
	sent(sc, 150, 7, 310);
	uint64_t b = data(sc, 151, 847, 310);
	end(sc, 9000);
	assert_sender(sc, a, "flow 7");
	assert_sender(sc, b, "flow 7");
	scene_free(sc);
}

/* Packets of which only one is in the hold at a time: lengths are counted as they come. */
Test(anchor, a_slow_stream)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	const uint32_t bytes[] = { 70, 310, 45, 1000 };
	uint64_t f[4];
	for (uint32_t i = 0, seq = 777; i < 4; seq += bytes[i++]) {
		sent(sc, 100 + 10000 * i, 7, bytes[i]);
		f[i] = data(sc, 101 + 10000 * i, seq, bytes[i]);
	}
	end(sc, 90000);
	assert_sender(sc, f[1], "flow 7");
	assert_sender(sc, f[2], "exact 7");
	assert_sender(sc, f[3], "exact 7");
	scene_free(sc);
}

/* Offload and Nagle's way: three packets of one event, then one packet of two events. */
Test(anchor, lengths_of_several_add_up)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	uint64_t f[5];
	sent(sc, 100, 7, 3500);
	f[0] = data(sc, 101, 777, 1460);
	f[1] = data(sc, 101, 777 + 1460, 1460);
	f[2] = data(sc, 101, 777 + 2920, 580);
	sent(sc, 150, 7, 20);
	sent(sc, 150, 7, 30);
	f[3] = data(sc, 151, 777 + 3500, 50);
	sent(sc, 200, 7, 90);
	f[4] = data(sc, 201, 777 + 3550, 90);
	end(sc, 9000);
	for (int i = 0; i < 5; i++)
		assert_sender(sc, f[i], "exact 7");
	scene_free(sc);
}

/* What was received is handed on later, and in other portions. */
Test(anchor, the_receiving_side)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	uint64_t f[4];
	f[0] = scene_tcp(sc, 100, PEER, US, TCP_ACK, 5, 1460);
	f[1] = scene_tcp(sc, 100, PEER, US, TCP_ACK, 1465, 300);
	scene_say(sc, 101, EVENT_RECV, TRANSPORT_TCP, 7, US, PEER, 1760);
	f[2] = scene_tcp(sc, 150, PEER, US, TCP_ACK, 1765, 40);
	scene_say(sc, 151, EVENT_RECV, TRANSPORT_TCP, 7, US, PEER, 40);
	f[3] = scene_tcp(sc, 200, PEER, US, TCP_ACK, 1805, 10);
	scene_say(sc, 201, EVENT_RECV, TRANSPORT_TCP, 7, US, PEER, 10);
	end(sc, 9000);
	for (int i = 0; i < 4; i++)
		assert_receiver(sc, f[i], "exact 7");
	scene_free(sc);
}

/* A row is lost, unstated: the count is wrong until three lengths fit again. */
Test(anchor, is_found_anew_behind_a_lost_event)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	opened(sc, 50, 7, 999);
	const uint32_t bytes[] = { 70, 500, 310, 45, 120, 33 };
	uint64_t f[6];
	for (uint32_t i = 0, seq = 1000; i < 6; seq += bytes[i++]) {
		if (i != 1)
			sent(sc, 100 + 50 * i, 7, bytes[i]);
		f[i] = data(sc, 101 + 50 * i, seq, bytes[i]);
	}
	end(sc, 9000);
	assert_sender(sc, f[0], "exact 7");
	assert_sender(sc, f[1], "flow 7");
	for (int i = 2; i < 6; i++)
		assert_sender(sc, f[i], "exact 7");
	scene_free(sc);
}

/* The log states a loss: what it counts from there on is not counted from the start. Lengths are
 * equal, so nothing can be found anew. */
Test(anchor, does_not_hold_behind_a_stated_loss)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	opened(sc, 50, 7, 999);
	sent(sc, 100, 7, 100);
	uint64_t before = data(sc, 101, 1000, 100);
	struct ref_time lost = { 150 * MS };
	coverage_lose(&sc->coverage, 1, &lost, 0);
	sent(sc, 200, 7, 100);
	uint64_t behind = data(sc, 201, 1100, 100);
	end(sc, 9000);
	assert_sender(sc, before, "exact 7");
	assert_sender(sc, behind, "flow 7");
	scene_free(sc);
}

/* Parent and child take turns, every message is as long as the other, and one row of the parent is
 * missing: all ranges are off by one message. What lies between them is nobody's for sure. */
Test(anchor, equal_messages_of_two_processes)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	opened(sc, 50, 7, 999);
	uint64_t f[6];
	for (uint32_t i = 0; i < 6; i++) {
		f[i] = scene_tcp(sc, 100 + 50 * i, PEER, US, TCP_ACK, 6000 + 100 * i, 100);
		if (i != 2)
			scene_say(sc, 101 + 50 * i, EVENT_RECV, TRANSPORT_TCP, 7 + i % 2, US, PEER,
				100);
	}
	end(sc, 9000);
	for (int i = 2; i < 6; i++) {
		const char *right = i % 2 ? "exact 8" : "exact 7";
		const char *got = scene_answer(sc, f[i], SIDE_RECEIVER);
		cr_assert(
			strcmp(got, "ambiguous") == 0 || strcmp(got, right) == 0, "%d: %s", i, got);
	}
	scene_free(sc);
}

/* ... and where the lengths differ a missing row of one does not make its bytes the other's. */
Test(anchor, a_missing_row_before_a_long_one_of_another_process)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	opened(sc, 50, 7, 999);
	scene_tcp(sc, 80, PEER, US, TCP_ACK, 6000, 10);
	scene_say(sc, 81, EVENT_RECV, TRANSPORT_TCP, 8, US, PEER, 10);
	uint64_t f = scene_tcp(sc, 100, PEER, US, TCP_ACK, 6010, 100); /* 8's, row lost */
	scene_tcp(sc, 150, PEER, US, TCP_ACK, 6110, 300);
	scene_say(sc, 151, EVENT_RECV, TRANSPORT_TCP, 7, US, PEER, 300);
	end(sc, 9000);
	cr_assert_str_neq(scene_answer(sc, f, SIDE_RECEIVER), "exact 7");
	scene_free(sc);
}

/* The log's own record of it: the segment itself has evidence. */
Test(again, a_retransmission_with_its_event)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	opened(sc, 50, 7, 999);
	sent(sc, 100, 7, 70);
	data(sc, 101, 1000, 70);
	scene_say(sc, 400, EVENT_RETRANSMIT, TRANSPORT_TCP, 7, US, PEER, 70);
	uint64_t with = data(sc, 401, 1000, 70);
	uint64_t without = data(sc, 1000, 1000, 70);
	end(sc, 9000);
	assert_sender(sc, with, "exact 7");
	cr_assert_eq(sc->answers[with].claims[SIDE_SENDER].op, EVENT_RETRANSMIT);
	assert_sender(sc, without, "flow 7");
	scene_free(sc);
}

/* Neither a record of another length, nor one of another moment, nor one of two processes. */
Test(again, an_event_that_is_not_the_segments)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	opened(sc, 50, 7, 999);
	sent(sc, 100, 7, 70);
	data(sc, 101, 1000, 70);
	scene_say(sc, 400, EVENT_RETRANSMIT, TRANSPORT_TCP, 7, US, PEER, 30);
	uint64_t length = data(sc, 401, 1000, 70);
	scene_say(sc, 700, EVENT_RETRANSMIT, TRANSPORT_TCP, 7, US, PEER, 70);
	uint64_t moment = data(sc, 800, 1000, 70);
	scene_say(sc, 2000, EVENT_RETRANSMIT, TRANSPORT_TCP, 7, US, PEER, 70);
	scene_say(sc, 2001, EVENT_RETRANSMIT, TRANSPORT_TCP, 8, US, PEER, 70);
	uint64_t two = data(sc, 2001, 1000, 70);
	end(sc, 9000);
	assert_sender(sc, length, "flow 7");
	assert_sender(sc, moment, "flow 7");
	assert_sender(sc, two, "ambiguous");
	scene_free(sc);
}

/* A SYN has the connect event, its repetition the retransmit event or none. */
Test(again, a_syn)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	uint64_t first = scene_tcp(sc, 100, US, PEER, TCP_SYN, 999, 0);
	scene_say(sc, 400, EVENT_RETRANSMIT, TRANSPORT_TCP, 7, US, PEER, 0);
	uint64_t second = scene_tcp(sc, 401, US, PEER, TCP_SYN, 999, 0);
	uint64_t third = scene_tcp(sc, 1000, US, PEER, TCP_SYN, 999, 0);
	scene_tcp(sc, 1001, PEER, US, TCP_SYN | TCP_ACK, 5000, 0);
	scene_say(sc, 1002, EVENT_CONNECT, TRANSPORT_TCP, 7, US, PEER, 0);
	end(sc, 9000);
	assert_sender(sc, first, "exact 7");
	cr_assert_eq(sc->answers[first].claims[SIDE_SENDER].op, EVENT_CONNECT);
	assert_sender(sc, second, "exact 7");
	cr_assert_eq(sc->answers[second].claims[SIDE_SENDER].op, EVENT_RETRANSMIT);
	assert_sender(sc, third, "flow 7");
	scene_free(sc);
}

/* Keep-alives repeat the last byte, or bear none. */
Test(again, keep_alives_are_of_the_flow)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	opened(sc, 50, 7, 999);
	sent(sc, 100, 7, 70);
	data(sc, 101, 1000, 70);
	uint64_t one = data(sc, 60000, 1069, 1);
	uint64_t none = data(sc, 120000, 1069, 0);
	sent(sc, 120100, 7, 1);
	uint64_t next = data(sc, 120101, 1070, 1);
	end(sc, 190000);
	assert_sender(sc, one, "flow 7");
	assert_sender(sc, none, "flow 7");
	assert_sender(sc, next, "exact 7");
	scene_free(sc);
}
