/* SPDX-License-Identifier: Apache-2.0 */
/* How connections begin and end: which of them a segment belongs to, and whose it is. */
#include "scene.h"

#define US "10.0.0.1:36120"
#define PEER "10.0.0.9:389"

static uint64_t segment(
	struct scene *sc, double ms, const char *from, uint8_t flags, uint32_t seq, uint32_t ack)
{
	const char *to = strcmp(from, US) == 0 ? PEER : US;
	struct digest d = scene_digest(TRANSPORT_TCP, from, to, 0);
	d.known |= DIGEST_TCP;
	d.tcp_flags = flags;
	d.tcp_seq = seq;
	d.tcp_ack = ack;
	return scene_packet(sc, ms, &d);
}

static void say(struct scene *sc, double ms, enum event_op op, uint32_t bytes)
{
	scene_say(sc, ms, op, TRANSPORT_TCP, 7, US, PEER, bytes);
}

static void end(struct scene *sc, double ms)
{
	scene_say(sc, ms, EVENT_SEND, TRANSPORT_UDP, 9, "10.0.0.1:1", "10.0.0.9:1", 1);
	scene_finish(sc);
}

/* The first SYN was not captured. Its number is what the answer acknowledges, so that data is
 * anchored all the same. */
Test(handshake, from_the_answer_on)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	uint64_t answer = segment(sc, 100, PEER, TCP_SYN | TCP_ACK, 6000, 1001);
	uint64_t third = segment(sc, 100.1, US, TCP_ACK, 1001, 6001);
	say(sc, 100.2, EVENT_CONNECT, 0);
	say(sc, 110, EVENT_SEND, 50);
	uint64_t data = scene_tcp(sc, 111, US, PEER, TCP_ACK, 1001, 50);
	end(sc, 9000);
	assert_receiver(sc, answer, "flow 7");
	assert_sender(sc, third, "flow 7");
	assert_sender(sc, data, "exact 7");
	scene_free(sc);
}

/* The log's clock stood still while a connection was opened and closed: by the stamps it was closed
 * before its answer came. */
Test(handshake, opened_and_closed_in_one_tick)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	uint64_t syn = segment(sc, 100, US, TCP_SYN, 1000, 0);
	say(sc, 100.5, EVENT_CONNECT, 0);
	say(sc, 100.5, EVENT_DISCONNECT, 0);
	uint64_t answer = segment(sc, 101, PEER, TCP_SYN | TCP_ACK, 6000, 1001);
	uint64_t third = segment(sc, 101.1, US, TCP_ACK, 1001, 6001);
	uint64_t fin = segment(sc, 102, US, TCP_FIN | TCP_ACK, 1001, 6001);
	end(sc, 9000);
	assert_sender(sc, syn, "exact 7");
	assert_receiver(sc, answer, "flow 7");
	assert_sender(sc, third, "flow 7");
	assert_sender(sc, fin, "flow 7");
	scene_free(sc);
}

/* A late answer of the connection before acknowledges another SYN: it names nobody of this one. */
Test(handshake, the_answer_to_another_syn)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	segment(sc, 100, US, TCP_SYN, 1000, 0);
	segment(sc, 101, PEER, TCP_SYN | TCP_ACK, 6000, 1001);
	say(sc, 101, EVENT_CONNECT, 0);
	segment(sc, 200, US, TCP_FIN | TCP_ACK, 1001, 6001);
	uint64_t other = segment(sc, 60000, PEER, TCP_SYN | TCP_ACK, 905000, 900001);
	end(sc, 90000);
	assert_receiver(sc, other, "not-in-log");
	scene_free(sc);
}

/* Both ends open at once (RFC 9293 3.5): one connection, and each SYN is its sender's. */
Test(handshake, a_simultaneous_open)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	uint64_t ours = segment(sc, 100, US, TCP_SYN, 1000, 0);
	uint64_t theirs = segment(sc, 100.5, PEER, TCP_SYN, 6000, 0);
	uint64_t answer = segment(sc, 101, US, TCP_SYN | TCP_ACK, 1000, 6001);
	segment(sc, 101.5, PEER, TCP_SYN | TCP_ACK, 6000, 1001);
	say(sc, 102, EVENT_CONNECT, 0);
	say(sc, 110, EVENT_SEND, 50);
	uint64_t data = scene_tcp(sc, 111, US, PEER, TCP_ACK, 1001, 50);
	end(sc, 9000);
	assert_sender(sc, ours, "exact 7");
	assert_receiver(sc, theirs, "flow 7");
	assert_sender(sc, answer, "flow 7");
	assert_sender(sc, data, "exact 7");
	scene_free(sc);
}

/* A SYN the other way long after a refused one is another connection: the first one's owner has no
 * part in it. */
Test(handshake, a_syn_the_other_way_is_another_connection)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	segment(sc, 100, US, TCP_SYN, 1000, 0);
	say(sc, 101, EVENT_CONNECT, 0);
	uint64_t theirs = segment(sc, 60000, PEER, TCP_SYN, 6000, 0);
	end(sc, 90000);
	assert_receiver(sc, theirs, "not-in-log");
	scene_free(sc);
}

/* Behind our FIN nobody holds the connection any more: the kernel answers by itself, and says about
 * whose it was. */
Test(reset, behind_the_end)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	segment(sc, 100, US, TCP_SYN, 1000, 0);
	segment(sc, 101, PEER, TCP_SYN | TCP_ACK, 6000, 1001);
	say(sc, 101, EVENT_CONNECT, 0);
	segment(sc, 200, US, TCP_FIN | TCP_ACK, 1001, 6001);
	say(sc, 200, EVENT_DISCONNECT, 0);
	segment(sc, 300, PEER, TCP_ACK, 6001, 1002);
	uint64_t stray = segment(sc, 301, US, TCP_RST, 1002, 0);
	end(sc, 9000);
	assert_sender(sc, stray, "kernel-tcp-reset");
	cr_assert_eq(scene_pid(sc, sc->answers[stray].claims[SIDE_SENDER].about), 7);
	scene_free(sc);
}

/* Half open: the peer goes on with a connection of which we know nothing. */
Test(reset, of_a_connection_that_is_not)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	scene_say(sc, 0, EVENT_SEND, TRANSPORT_UDP, 9, "10.0.0.1:1", "10.0.0.9:1", 1);
	segment(sc, 100, PEER, TCP_ACK, 6001, 777);
	uint64_t stray = segment(sc, 101, US, TCP_RST, 777, 0);
	uint64_t other = segment(sc, 102, US, TCP_RST, 900, 0);
	end(sc, 9000);
	assert_sender(sc, stray, "kernel-tcp-reset");
	assert_sender(sc, other, "not-in-log");
	scene_free(sc);
}

/* A socket that lives aborts: with or without an acknowledgement it is its owner's. */
Test(reset, of_a_live_socket)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	segment(sc, 100, US, TCP_SYN, 1000, 0);
	segment(sc, 101, PEER, TCP_SYN | TCP_ACK, 6000, 1001);
	say(sc, 101, EVENT_CONNECT, 0);
	uint64_t with = segment(sc, 200, US, TCP_RST | TCP_ACK, 1001, 6001);
	uint64_t bare = segment(sc, 201, US, TCP_RST, 1001, 0);
	uint64_t theirs = segment(sc, 202, PEER, TCP_RST, 6001, 0);
	end(sc, 9000);
	assert_sender(sc, with, "flow 7");
	assert_sender(sc, bare, "flow 7");
	assert_sender(sc, theirs, "other-host");
	assert_receiver(sc, theirs, "flow 7");
	scene_free(sc);
}
