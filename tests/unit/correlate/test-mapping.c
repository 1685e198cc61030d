/* SPDX-License-Identifier: Apache-2.0 */
/* Mappings of addresses that are learned in the run: what they name, and what they must not. */
#include "scene.h"

#define US "10.0.0.1"      /* in the trace */
#define PEER "10.9.9.9"    /* in the trace */
#define OUR "198.51.100.1" /* in the capture */
#define FAR "203.0.113.9"  /* in the capture */

static const char *at(const char *addr, unsigned port)
{
	static char buf[8][64];
	static int turn;
	char *out = buf[turn++ % 8];
	snprintf(out, 64, "%s:%u", addr, port);
	return out;
}

/* So many datagrams of PID 7 from ports of their own, each with its event, 100 ms apart. */
static double teach(struct scene *sc, double ms, unsigned n, const char *us, const char *our)
{
	for (unsigned i = 0; i < n; i++, ms += 100) {
		scene_say(sc, ms, EVENT_SEND, TRANSPORT_UDP, 7, at(us, 5000 + i), PEER ":53", 40);
		scene_udp(sc, ms + 1, at(our, 5000 + i), FAR ":53", 40);
	}
	return ms;
}

static size_t learned(const struct scene *sc, struct mapping **ret)
{
	size_t n;
	struct err err = { 0 };
	cr_assert_eq(join_mappings(sc->join, ret, &n, &err), 0);
	return n;
}

static void assert_none_learned(const struct scene *sc)
{
	struct mapping *list;
	cr_assert_eq(learned(sc, &list), 0);
	free(list);
}

static void assert_mapping(const struct mapping *m, const char *trace, const char *captured)
{
	char buf[ADDR_TEXT_BYTES];
	cr_assert_str_eq(addr_format(&m->trace, buf), trace);
	cr_assert_str_eq(addr_format(&m->captured, buf), captured);
}

Test(mapping, eight_pairs_of_ports_prove_both_ends)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	teach(sc, 100, 9, US, OUR);
	scene_finish(sc);
	struct mapping *list;
	cr_assert_eq(learned(sc, &list), 2);
	assert_mapping(&list[0], US, OUR);
	assert_mapping(&list[1], PEER, FAR);
	cr_assert_eq(list[0].packets, 9);
	free(list);
	scene_free(sc);
}

Test(mapping, seven_do_not_nor_the_same_conversation_again)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	double ms = teach(sc, 100, 7, US, OUR);
	for (int i = 0; i < 20; i++)
		ms = teach(sc, ms, 1, US, OUR);
	scene_finish(sc);
	assert_none_learned(sc);
	scene_free(sc);
}

/* A clock that is not sure may bring together what does not belong together. */
Test(mapping, an_unsure_clock_teaches_nothing)
{
	struct scene *sc = scene_new(CLOCK_UNSURE, US ":0");
	teach(sc, 100, 12, US, OUR);
	scene_finish(sc);
	assert_none_learned(sc);
	scene_free(sc);
}

/* Two datagrams from one port at one moment, to two peers: the address tells whose they are. */
Test(mapping, what_ports_alone_leave_open_is_named)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	double ms = teach(sc, 100, 8, US, OUR) + 5000;
	scene_say(sc, ms, EVENT_SEND, TRANSPORT_UDP, 8, US ":6000", PEER ":7000", 8);
	uint64_t ours = scene_udp(sc, ms + 1, OUR ":6000", FAR ":7000", 8);
	uint64_t decoy = scene_udp(sc, ms + 2, "198.51.100.77:6000", FAR ":7000", 8);
	scene_finish(sc);
	assert_sender(sc, ours, "ports 8");
	assert_sender(sc, decoy, "other-host");
	cr_assert_eq(sc->answers[ours].direction, DIRECTION_OUT);
	cr_assert(sc->answers[ours].claims[0].has_delta, "its own event is the proof");
	scene_free(sc);
}

static void sent(struct scene *sc, double ms, uint32_t pid, unsigned bytes)
{
	scene_say(sc, ms, EVENT_SEND, TRANSPORT_UDP, pid, US ":6000", PEER ":7000", bytes);
	scene_udp(sc, ms + 1, OUR ":6000", FAR ":7000", bytes);
}

/* A datagram whose row is lost, between others of its flow. One that shares the socket, or had the
 * port just before, may have sent it. */
Test(mapping, a_datagram_between_two_of_its_flow)
{
	for (uint32_t other = 8; other < 10; other++) {
		struct scene *sc = scene_new(CLOCK_SURE, US ":0");
		double ms = teach(sc, 100, 8, US, OUR) + 5000;
		sent(sc, ms, other, 100);
		sent(sc, ms + 400, 8, 110);
		uint64_t f = scene_udp(sc, ms + 800, OUR ":6000", FAR ":7000", 8);
		sent(sc, ms + 1200, 8, 120);
		uint64_t behind = scene_udp(sc, ms + 1600, OUR ":6000", FAR ":7000", 8);
		scene_say(sc, ms + 9000, EVENT_SEND, TRANSPORT_UDP, 7, US ":99", PEER ":53", 1);
		scene_finish(sc);
		assert_sender(sc, f, other == 8 ? "ports 8" : "ambiguous");
		assert_sender(sc, behind, "not-in-log");
		scene_free(sc);
	}
}

/* An answer from a service port, which ports alone may not claim. */
Test(mapping, what_comes_in_from_a_service_is_named)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	double ms = teach(sc, 100, 8, US, OUR) + 5000;
	scene_say(sc, ms, EVENT_SEND, TRANSPORT_UDP, 8, US ":6000", PEER ":53", 40);
	uint64_t asks = scene_udp(sc, ms + 1, OUR ":6000", FAR ":53", 40);
	uint64_t says = scene_udp(sc, ms + 20, FAR ":53", OUR ":6000", 90);
	scene_say(sc, ms + 21, EVENT_RECV, TRANSPORT_UDP, 8, US ":6000", PEER ":53", 90);
	scene_finish(sc);
	assert_sender(sc, asks, "ports 8");
	assert_receiver(sc, says, "ports 8");
	scene_free(sc);
}

Test(mapping, connections_of_the_address_are_named)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	double ms = teach(sc, 100, 8, US, OUR) + 5000;
	uint64_t syn = scene_tcp(sc, ms, OUR ":6000", FAR ":443", TCP_SYN, 100, 0);
	scene_say(sc, ms + 30, EVENT_CONNECT, TRANSPORT_TCP, 9, US ":6000", PEER ":443", 0);
	scene_say(sc, ms + 40, EVENT_SEND, TRANSPORT_TCP, 9, US ":6000", PEER ":443", 200);
	uint64_t data = scene_tcp(sc, ms + 41, OUR ":6000", FAR ":443", TCP_ACK, 101, 200);
	uint64_t back = scene_tcp(sc, ms + 60, FAR ":443", OUR ":6000", TCP_ACK, 1, 0);
	uint64_t other = scene_tcp(sc, ms + 61, OUR ":6001", FAR ":443", TCP_SYN, 7, 0);
	scene_say(sc, ms + 20000, EVENT_SEND, TRANSPORT_UDP, 7, US ":99", PEER ":53", 1);
	scene_finish(sc);
	assert_sender(sc, syn, "ports 9");
	assert_sender(sc, data, "ports 9");
	assert_receiver(sc, back, "ports 9");
	assert_sender(sc, other, "not-in-log");
	scene_free(sc);
}

/* The same ports, two connections, two processes: packets between them may be of either. */
Test(mapping, a_port_that_another_process_took_over_is_in_doubt)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	double ms = teach(sc, 100, 8, US, OUR) + 5000;
	scene_say(sc, ms, EVENT_CONNECT, TRANSPORT_TCP, 8, US ":6000", PEER ":443", 0);
	scene_say(sc, ms + 500, EVENT_DISCONNECT, TRANSPORT_TCP, 8, US ":6000", PEER ":443", 0);
	uint64_t between = scene_tcp(sc, ms + 900, OUR ":6000", FAR ":443", TCP_ACK, 5, 0);
	scene_say(sc, ms + 1200, EVENT_CONNECT, TRANSPORT_TCP, 9, US ":6000", PEER ":443", 0);
	scene_finish(sc);
	assert_sender(sc, between, "ambiguous");
	scene_free(sc);
}

/* The same two ports again, by another process, and all its rows are lost: the SYN shows that the
 * connection of the first one is over. */
Test(mapping, the_next_connection_is_not_the_last_owners)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	double ms = teach(sc, 100, 9, US, OUR) + 5000;
	scene_tcp(sc, ms, OUR ":6000", FAR ":443", TCP_SYN, 100, 0);
	scene_say(sc, ms + 1, EVENT_CONNECT, TRANSPORT_TCP, 8, US ":6000", PEER ":443", 0);
	uint64_t fin = scene_tcp(sc, ms + 500, OUR ":6000", FAR ":443", TCP_FIN | TCP_ACK, 101, 0);
	uint64_t syn = scene_tcp(sc, ms + 1000, OUR ":6000", FAR ":443", TCP_SYN, 905, 0);
	uint64_t data = scene_tcp(sc, ms + 1100, OUR ":6000", FAR ":443", TCP_ACK, 906, 9);
	scene_say(sc, ms + 9000, EVENT_SEND, TRANSPORT_UDP, 7, US ":99", PEER ":53", 1);
	scene_finish(sc);
	assert_sender(sc, fin, "ports 8");
	assert_sender(sc, syn, "not-in-log");
	assert_sender(sc, data, "not-in-log");
	scene_free(sc);
}

/* Two processes share a socket; the row of this datagram is lost, and it was not he who has events
 * on both sides of it. */
Test(mapping, who_shares_a_socket_is_a_rival)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	double ms = teach(sc, 100, 8, US, OUR) + 5000;
	scene_say(sc, ms, EVENT_SEND, TRANSPORT_UDP, 7, US ":6000", PEER ":53", 40);
	uint64_t lost = scene_udp(sc, ms + 300, OUR ":6000", FAR ":53", 41);
	scene_say(sc, ms + 600, EVENT_SEND, TRANSPORT_UDP, 7, US ":6000", PEER ":53", 40);
	scene_say(sc, ms + 1600, EVENT_SEND, TRANSPORT_UDP, 8, US ":6000", PEER ":53", 40);
	scene_finish(sc);
	assert_sender(sc, lost, "ambiguous");
	scene_free(sc);
}

/* A port is used again a second behind the last connection. The log does not tell of attempts that
 * are refused, nor of a goodbye, and each may be another process's. */
Test(mapping, what_comes_soon_behind_a_connection_is_not_its_owners)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	double ms = teach(sc, 100, 8, US, OUR) + 5000;
	uint64_t before = scene_tcp(sc, ms - 900, OUR ":6000", FAR ":81", TCP_RST | TCP_ACK, 5, 0);
	uint64_t last = scene_tcp(sc, ms - 800, OUR ":6000", FAR ":443", TCP_RST | TCP_ACK, 5, 0);
	uint64_t syn = scene_tcp(sc, ms - 100, OUR ":6000", FAR ":443", TCP_SYN, 905, 0);
	scene_say(sc, ms, EVENT_CONNECT, TRANSPORT_TCP, 8, US ":6000", PEER ":443", 0);
	uint64_t amid = scene_tcp(sc, ms + 300, OUR ":6000", FAR ":82", TCP_ACK, 5, 0);
	scene_say(sc, ms + 500, EVENT_DISCONNECT, TRANSPORT_TCP, 8, US ":6000", PEER ":443", 0);
	uint64_t refused = scene_tcp(sc, ms + 1900, OUR ":6000", FAR ":81", TCP_SYN, 5, 0);
	scene_say(sc, ms + 9000, EVENT_SEND, TRANSPORT_UDP, 7, US ":99", PEER ":53", 1);
	scene_finish(sc);
	assert_sender(sc, before, "not-in-log");
	assert_sender(sc, last, "not-in-log");
	assert_sender(sc, syn, "ports 8");
	assert_sender(sc, amid, "ports 8");
	assert_sender(sc, refused, "not-in-log");
	scene_free(sc);
}

/* The next connection of the ports, whose rows are lost, is not that of the one before. */
Test(mapping, the_next_connection_is_another)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	double ms = teach(sc, 100, 8, US, OUR) + 5000;
	uint64_t first = scene_tcp(sc, ms, OUR ":6000", FAR ":443", TCP_SYN, 100, 0);
	scene_say(sc, ms + 10, EVENT_CONNECT, TRANSPORT_TCP, 8, US ":6000", PEER ":443", 0);
	scene_tcp(sc, ms + 400, OUR ":6000", FAR ":443", TCP_FIN | TCP_ACK, 101, 0);
	uint64_t next = scene_tcp(sc, ms + 900, OUR ":6000", FAR ":443", TCP_SYN, 90000, 0);
	scene_say(sc, ms + 9000, EVENT_SEND, TRANSPORT_UDP, 7, US ":99", PEER ":53", 1);
	scene_finish(sc);
	assert_sender(sc, first, "ports 8");
	assert_sender(sc, next, "not-in-log");
	scene_free(sc);
}

/* Linux gives a port to two processes where the peers differ. The peer of this packet is known to
 * nobody, and the other process is silent just now. */
Test(mapping, a_port_of_two_connections_names_nobody_without_the_peer)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	double ms = teach(sc, 100, 8, US, OUR) + 5000;
	scene_say(sc, ms, EVENT_CONNECT, TRANSPORT_TCP, 8, US ":6000", "10.9.9.1:443", 0);
	scene_say(sc, ms + 9000, EVENT_CONNECT, TRANSPORT_TCP, 9, US ":6000", "10.9.9.2:443", 0);
	uint64_t f = scene_tcp(sc, ms + 9100, OUR ":6000", "203.0.113.1:443", TCP_ACK, 5, 0);
	scene_say(sc, ms + 20000, EVENT_SEND, TRANSPORT_UDP, 7, US ":99", PEER ":53", 1);
	scene_finish(sc);
	assert_sender(sc, f, "not-in-log");
	scene_free(sc);
}

/* Masquerading: two of our addresses behind one. Each datagram that fits is claimed by itself, but
 * nothing is learned, and a connection of that address may be of either. */
Test(mapping, many_to_one_is_no_mapping)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	scene_learn(sc, "10.0.0.2:0");
	double ms = teach(sc, 100, 9, US, OUR);
	scene_say(sc, ms, EVENT_SEND, TRANSPORT_UDP, 8, "10.0.0.2:7000", PEER ":53", 40);
	uint64_t second = scene_udp(sc, ms + 1, OUR ":7000", FAR ":53", 40);
	scene_say(sc, ms + 5000, EVENT_CONNECT, TRANSPORT_TCP, 9, US ":6000", PEER ":443", 0);
	uint64_t f = scene_tcp(sc, ms + 5001, OUR ":6000", FAR ":443", TCP_ACK, 5, 0);
	scene_finish(sc);
	assert_sender(sc, second, "other-host");
	assert_sender(sc, f, "other-host");
	struct mapping *list;
	cr_assert_eq(learned(sc, &list), 1, "only the peer's");
	assert_mapping(&list[0], PEER, FAR);
	free(list);
	scene_free(sc);
}

/* One address that turns up as two is no mapping either. */
Test(mapping, one_to_many_is_no_mapping)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	double ms = teach(sc, 100, 4, US, OUR);
	for (unsigned i = 0; i < 20; i++, ms += 100) {
		scene_say(sc, ms, EVENT_SEND, TRANSPORT_UDP, 7, at(US, 6000 + i), PEER ":53", 40);
		scene_udp(sc, ms + 1, at(i % 2 ? OUR : "198.51.100.2", 6000 + i), FAR ":53", 40);
	}
	scene_finish(sc);
	struct mapping *list;
	cr_assert_eq(learned(sc, &list), 1, "only the peer's");
	free(list);
	scene_free(sc);
}

/* Every host of the network has the same service ports: no pair of them teaches. */
Test(mapping, service_ports_of_other_hosts_teach_nothing)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	for (unsigned i = 0; i < 20; i++) {
		double ms = 100 + 100 * i;
		unsigned port = i % 2 ? 137 : 123;
		scene_say(sc, ms, EVENT_SEND, TRANSPORT_UDP, 4, at(US, port), at(PEER, port), 48);
		scene_udp(sc, ms + 1, at(OUR, port), at(FAR, port), 48);
	}
	scene_finish(sc);
	assert_none_learned(sc);
	scene_free(sc);
}

/* Behind a NAT no pair is exact; the clock is followed by those that are alone with their ports. */
Test(mapping, the_clock_is_followed_by_ports)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	uint64_t last = 0;
	for (unsigned i = 0; i < 300; i++) {
		double ms = 100 + 100 * i;
		scene_say(sc, ms, EVENT_SEND, TRANSPORT_UDP, 7, at(US, 5000 + i), PEER ":53", 40);
		last = scene_udp(sc, ms + 5, at(OUR, 5000 + i), FAR ":53", 40);
	}
	scene_finish(sc);
	assert_sender(sc, last, "ports 7");
	/* Times of a scene are as said, whatever the clock: it moves on. */
	cr_assert_geq(sc->clocks[1].offset_ns, (int64_t)(4 * MS));
	scene_free(sc);
}

/* A socket that two share is in doubt between two events of the one, where the other had it near.
 */
Test(mapping, a_shared_port_is_in_doubt)
{
	for (int shared = 0; shared < 2; shared++) {
		struct scene *sc = scene_new(CLOCK_SURE, US ":0");
		double ms = teach(sc, 100, 8, US, OUR) + 5000;
		scene_say(sc, ms, EVENT_SEND, TRANSPORT_UDP, shared ? 9 : 8, US ":6000",
			PEER ":3000", 20);
		scene_udp(sc, ms + 0.5, OUR ":6000", FAR ":3000", 20);
		scene_say(sc, ms + 500, EVENT_SEND, TRANSPORT_UDP, 8, US ":6000", PEER ":3000", 21);
		scene_udp(sc, ms + 500.5, OUR ":6000", FAR ":3000", 21);
		uint64_t f = scene_udp(sc, ms + 700, OUR ":6000", FAR ":3000", 33);
		scene_say(sc, ms + 900, EVENT_SEND, TRANSPORT_UDP, 8, US ":6000", PEER ":3000", 22);
		scene_udp(sc, ms + 900.5, OUR ":6000", FAR ":3000", 22);
		scene_finish(sc);
		assert_sender(sc, f, shared ? "ambiguous" : "ports 8");
		scene_free(sc);
	}
}

/* The trace's own address shows up in the capture: it is not translated, whatever fitted before. */
Test(mapping, an_address_that_shows_itself_is_not_mapped)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	double ms = teach(sc, 100, 8, US, OUR) + 5000;
	scene_udp(sc, ms, US ":9999", FAR ":9998", 1);
	scene_say(sc, ms + 100, EVENT_CONNECT, TRANSPORT_TCP, 9, US ":6000", PEER ":443", 0);
	uint64_t f = scene_tcp(sc, ms + 101, OUR ":6000", FAR ":443", TCP_ACK, 5, 0);
	scene_finish(sc);
	assert_sender(sc, f, "other-host");
	scene_free(sc);
}
