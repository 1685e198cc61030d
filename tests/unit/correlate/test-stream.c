/* SPDX-License-Identifier: Apache-2.0 */
/* TCP: handshakes, bytes, reuse. */
#include "scene.h"

#define US "10.0.0.1:36120"
#define PEER "10.0.0.9:389"

static void connect(struct scene *sc, double ms, uint32_t pid, uint32_t isn)
{
	scene_tcp(sc, ms, US, PEER, TCP_SYN, isn, 0);
	scene_tcp(sc, ms + 1, PEER, US, TCP_SYN | TCP_ACK, isn + 5000, 0);
	scene_say(sc, ms + 1, EVENT_CONNECT, TRANSPORT_TCP, pid, US, PEER, 0);
	scene_tcp(sc, ms + 1.1, US, PEER, TCP_ACK, isn + 1, 0);
}

Test(stream, handshake_and_data)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	connect(sc, 100, 7, 1000);
	scene_say(sc, 110, EVENT_SEND, TRANSPORT_TCP, 7, US, PEER, 2000);
	uint64_t one = scene_tcp(sc, 111, US, PEER, TCP_ACK, 1001, 1460);
	uint64_t two = scene_tcp(sc, 111, US, PEER, TCP_ACK | TCP_PSH, 2461, 540);
	uint64_t ack = scene_tcp(sc, 112, PEER, US, TCP_ACK, 6001, 0);
	uint64_t answer = scene_tcp(sc, 113, PEER, US, TCP_ACK, 6001, 300);
	scene_say(sc, 114, EVENT_RECV, TRANSPORT_TCP, 7, US, PEER, 300);
	uint64_t again = scene_tcp(sc, 300, US, PEER, TCP_ACK, 2461, 540);
	uint64_t fin = scene_tcp(sc, 400, US, PEER, TCP_FIN | TCP_ACK, 3001, 0);
	scene_say(sc, 400, EVENT_DISCONNECT, TRANSPORT_TCP, 7, US, PEER, 0);
	scene_finish(sc);
	assert_sender(sc, 1, "exact 7");
	assert_receiver(sc, 2, "flow 7");
	assert_sender(sc, 3, "flow 7");
	assert_sender(sc, one, "exact 7");
	assert_sender(sc, two, "exact 7");
	assert_receiver(sc, ack, "flow 7");
	assert_receiver(sc, answer, "exact 7");
	assert_sender(sc, again, "flow 7");
	assert_sender(sc, fin, "flow 7");
	scene_free(sc);
}

/* Two small sends in one segment: both events vouch. */
Test(stream, sends_that_were_put_together)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	connect(sc, 100, 7, 1000);
	scene_say(sc, 110, EVENT_SEND, TRANSPORT_TCP, 7, US, PEER, 10);
	scene_say(sc, 110, EVENT_SEND, TRANSPORT_TCP, 7, US, PEER, 20);
	uint64_t f = scene_tcp(sc, 111, US, PEER, TCP_ACK, 1001, 30);
	scene_finish(sc);
	assert_sender(sc, f, "exact 7");
	scene_free(sc);
}

/* A send was lost from the log: the ranges no longer begin where segments do. */
Test(stream, a_lost_send_takes_the_proof_away)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	connect(sc, 100, 7, 1000);
	scene_tcp(sc, 111, US, PEER, TCP_ACK, 1001, 100);
	scene_say(sc, 112, EVENT_SEND, TRANSPORT_TCP, 7, US, PEER, 70);
	uint64_t f = scene_tcp(sc, 113, US, PEER, TCP_ACK, 1101, 70);
	scene_finish(sc);
	assert_sender(sc, f, "flow 7");
	scene_free(sc);
}

/* Without the connection's start there is no anchor. */
Test(stream, a_connection_from_before_is_flow)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	scene_say(sc, 110, EVENT_SEND, TRANSPORT_TCP, 7, US, PEER, 100);
	uint64_t f = scene_tcp(sc, 111, US, PEER, TCP_ACK, 777, 100);
	uint64_t later = scene_tcp(sc, 60000, US, PEER, TCP_ACK, 877, 0);
	scene_say(sc, 70000, EVENT_SEND, TRANSPORT_UDP, 9, "10.0.0.1:1", "10.0.0.9:1", 1);
	scene_finish(sc);
	assert_sender(sc, f, "flow 7");
	assert_sender(sc, later, "flow 7");
	scene_free(sc);
}

/* The same ports, a new connection, another process, and all its rows are lost. */
Test(stream, a_new_connection_does_not_inherit)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	connect(sc, 100, 7, 1000);
	scene_say(sc, 200, EVENT_DISCONNECT, TRANSPORT_TCP, 7, US, PEER, 0);
	uint64_t syn = scene_tcp(sc, 5000, US, PEER, TCP_SYN, 900000, 0);
	uint64_t data = scene_tcp(sc, 5010, US, PEER, TCP_ACK, 900001, 50);
	scene_say(sc, 9000, EVENT_SEND, TRANSPORT_UDP, 9, "10.0.0.1:1", "10.0.0.9:1", 1);
	scene_finish(sc);
	assert_sender(sc, syn, "not-in-log");
	assert_sender(sc, data, "not-in-log");
	scene_free(sc);
}

/* ... and with its rows it is the second process's, back to back with the first. */
Test(stream, reuse_within_the_hold)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	connect(sc, 100, 7, 1000);
	uint64_t fin = scene_tcp(sc, 200, US, PEER, TCP_FIN | TCP_ACK, 1001, 0);
	scene_say(sc, 200, EVENT_DISCONNECT, TRANSPORT_TCP, 7, US, PEER, 0);
	uint64_t syn = sc->frames + 1;
	connect(sc, 600, 8, 900000);
	scene_say(sc, 620, EVENT_SEND, TRANSPORT_TCP, 8, US, PEER, 50);
	uint64_t data = scene_tcp(sc, 621, US, PEER, TCP_ACK, 900001, 50);
	scene_finish(sc);
	assert_sender(sc, fin, "flow 7");
	assert_sender(sc, syn, "exact 8");
	assert_sender(sc, data, "exact 8");
	scene_free(sc);
}

Test(stream, an_accepted_connection)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	uint64_t syn = scene_tcp(sc, 100, "10.0.0.50:1093", "10.0.0.1:445", TCP_SYN, 10, 0);
	scene_tcp(sc, 100.2, "10.0.0.1:445", "10.0.0.50:1093", TCP_SYN | TCP_ACK, 20, 0);
	scene_say(sc, 101, EVENT_ACCEPT, TRANSPORT_TCP, 4, "10.0.0.1:445", "10.0.0.50:1093", 0);
	uint64_t in = scene_tcp(sc, 102, "10.0.0.50:1093", "10.0.0.1:445", TCP_ACK, 11, 99);
	scene_say(sc, 103, EVENT_RECV, TRANSPORT_TCP, 4, "10.0.0.1:445", "10.0.0.50:1093", 99);
	scene_finish(sc);
	assert_receiver(sc, syn, "exact 4");
	assert_sender(sc, syn + 1, "flow 4");
	assert_receiver(sc, in, "exact 4");
	scene_free(sc);
}

/* Sequence numbers wrap in the middle of a segment. */
Test(stream, sequence_numbers_wrap)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	connect(sc, 100, 7, 0xffffff00u);
	scene_say(sc, 110, EVENT_SEND, TRANSPORT_TCP, 7, US, PEER, 1000);
	uint64_t f = scene_tcp(sc, 111, US, PEER, TCP_ACK, 0xffffff01u, 1000);
	scene_finish(sc);
	assert_sender(sc, f, "exact 7");
	scene_free(sc);
}

/* A child answers on the parent's connection: bytes of two processes in one segment. */
Test(stream, bytes_of_two_processes_are_not_exact)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	connect(sc, 100, 7, 1000);
	scene_say(sc, 110, EVENT_SEND, TRANSPORT_TCP, 7, US, PEER, 10);
	scene_say(sc, 110, EVENT_SEND, TRANSPORT_TCP, 8, US, PEER, 10);
	uint64_t f = scene_tcp(sc, 111, US, PEER, TCP_ACK, 1001, 20);
	scene_finish(sc);
	assert_sender(sc, f, "ambiguous");
	scene_free(sc);
}

/* Two minutes after its end a connection is forgotten: the ports may be anyone's. */
Test(stream, a_closed_connection_is_let_go)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	connect(sc, 100, 7, 1000);
	uint64_t fin = scene_tcp(sc, 200, US, PEER, TCP_FIN | TCP_ACK, 1001, 0);
	scene_say(sc, 200, EVENT_DISCONNECT, TRANSPORT_TCP, 7, US, PEER, 0);
	uint64_t late = scene_tcp(sc, 60000, PEER, US, TCP_ACK, 6001, 0);
	uint64_t stray = scene_tcp(sc, 130000, PEER, US, TCP_ACK, 6001, 0);
	scene_say(sc, 140000, EVENT_SEND, TRANSPORT_UDP, 9, "10.0.0.1:1", "10.0.0.9:1", 1);
	scene_finish(sc);
	assert_sender(sc, fin, "flow 7");
	assert_receiver(sc, late, "flow 7");
	assert_receiver(sc, stray, "not-in-log");
	scene_free(sc);
}
