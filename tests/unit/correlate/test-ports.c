/* SPDX-License-Identifier: Apache-2.0 */
/* Grade `ports`: NAT and anonymised captures, and the cases in which it would be wrong. */
#include "scene.h"

#define US "10.0.0.1"

Test(ports, a_translated_capture_is_claimed_by_ports)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	scene_say(sc, 100, EVENT_SEND, TRANSPORT_UDP, 7, "172.16.0.5:36016", "172.16.9.9:2344", 8);
	uint64_t f = scene_udp(sc, 101, US ":36016", "192.0.2.7:2344", 8);
	scene_finish(sc);
	assert_sender(sc, f, "ports 7");
	cr_assert_eq(sc->answers[f].verdict, VERDICT_CHOSEN);
	scene_free(sc);
}

/* The capture shows the event's own address: nothing is translated, and the packet is another
 * host's that happens to use the same ports. */
Test(ports, an_address_that_the_capture_shows_is_not_translated)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	scene_udp(sc, 90, US ":9999", "10.0.0.9:7", 1);
	scene_say(sc, 100, EVENT_SEND, TRANSPORT_UDP, 7, US ":36016", "10.0.0.9:2344", 8);
	uint64_t f = scene_udp(sc, 101, "10.0.0.77:36016", "10.0.0.9:2344", 8);
	scene_finish(sc);
	assert_sender(sc, f, "other-host");
	scene_free(sc);
}

/* NetBIOS, NTP and mDNS speak from and to one port on every host. */
Test(ports, equal_service_ports_prove_nothing)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	scene_say(sc, 100, EVENT_SEND, TRANSPORT_UDP, 4, US ":138", "10.0.0.255:138", 201);
	uint64_t f = scene_udp(sc, 101, "10.0.0.77:138", "10.0.1.255:138", 201);
	scene_say(sc, 200, EVENT_SEND, TRANSPORT_UDP, 4, US ":53", "10.0.0.9:4000", 50);
	uint64_t g = scene_udp(sc, 201, "10.0.0.77:53", "10.0.1.9:4000", 50);
	scene_finish(sc);
	assert_sender(sc, f, "other-host");
	assert_sender(sc, g, "other-host");
	scene_free(sc);
}

Test(ports, two_packets_or_two_events_are_one_too_many)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	scene_say(sc, 100, EVENT_SEND, TRANSPORT_UDP, 7, "172.16.0.5:5000", "172.16.9.9:2344", 8);
	uint64_t a = scene_udp(sc, 101, "192.0.2.1:5000", "192.0.2.7:2344", 8);
	uint64_t b = scene_udp(sc, 102, "192.0.2.2:5000", "192.0.2.7:2344", 8);
	scene_say(sc, 500, EVENT_SEND, TRANSPORT_UDP, 7, "172.16.0.5:5001", "172.16.9.9:2344", 8);
	scene_say(sc, 500, EVENT_SEND, TRANSPORT_UDP, 8, "172.16.0.6:5001", "172.16.9.9:2344", 8);
	uint64_t c = scene_udp(sc, 501, "192.0.2.1:5001", "192.0.2.7:2344", 8);
	scene_finish(sc);
	assert_sender(sc, a, "other-host");
	assert_sender(sc, b, "other-host");
	assert_sender(sc, c, "other-host");
	scene_free(sc);
}

/* The local address of an unbound socket may be logged as 0.0.0.0: that is no other address. */
Test(ports, a_wildcard_is_not_another_address)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	scene_say(sc, 100, EVENT_SEND, TRANSPORT_UDP, 7, "0.0.0.0:5000", "10.0.0.9:69", 8);
	uint64_t f = scene_udp(sc, 101, US ":5000", "10.0.0.9:69", 8);
	uint64_t g = scene_udp(sc, 101, "10.0.0.77:5002", "10.0.0.9:69", 8);
	scene_say(sc, 102, EVENT_SEND, TRANSPORT_UDP, 7, "0.0.0.0:5002", "10.0.0.9:69", 8);
	scene_finish(sc);
	assert_sender(sc, f, "exact 7");
	cr_assert_neq(sc->answers[g].claims[0].grade, GRADE_EXACT, "that host is not ours");
	scene_free(sc);
}

static void unbound(struct scene *sc, double ms, uint32_t pid)
{
	scene_say(sc, ms, EVENT_SEND, TRANSPORT_UDP, pid, "0.0.0.0:5000", "10.0.0.9:69", 8);
}

/* As with sockets whose address is known: in order, where there are as many. */
Test(ports, several_datagrams_of_an_unbound_socket)
{
	for (int events = 1; events < 3; events++) {
		struct scene *sc = scene_new(CLOCK_SURE, US ":0");
		for (int i = 0; i < events; i++)
			unbound(sc, 100 + i, 7);
		uint64_t f = scene_udp(sc, 101, US ":5000", "10.0.0.9:69", 8);
		uint64_t g = scene_udp(sc, 102, US ":5000", "10.0.0.9:69", 8);
		uint64_t other = scene_udp(sc, 102, US ":5000", "10.0.0.8:69", 8);
		scene_finish(sc);
		const char *words = events == 2 ? "exact 7" : "flow 7";
		assert_sender(sc, f, words);
		assert_sender(sc, g, words);
		assert_sender(sc, other, "not-in-log");
		scene_free(sc);
	}
}

/* Another process at the port: whose rows are missing is not known. */
Test(ports, an_unbound_socket_that_two_share)
{
	for (int near = 0; near < 2; near++) {
		struct scene *sc = scene_new(CLOCK_SURE, US ":0");
		unbound(sc, 100, 7);
		unbound(sc, near ? 101 : 900, 8);
		uint64_t f = scene_udp(sc, 101, US ":5000", "10.0.0.9:69", 8);
		uint64_t g = scene_udp(sc, 102, US ":5000", "10.0.0.9:69", 8);
		scene_finish(sc);
		assert_sender(sc, f, "ambiguous");
		assert_sender(sc, g, "ambiguous");
		scene_free(sc);
	}
}

/* Two of our addresses, two sockets with one port; of the bound one, 8's, the row is lost. */
Test(ports, an_unbound_socket_and_the_port_of_another_address)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	scene_learn(sc, "10.0.0.2:0");
	unbound(sc, 100, 7);
	uint64_t f = scene_udp(sc, 101, US ":5000", "10.0.0.9:69", 8);
	uint64_t g = scene_udp(sc, 102, "10.0.0.2:5000", "10.0.0.9:69", 8);
	scene_say(sc, 900, EVENT_SEND, TRANSPORT_UDP, 8, "10.0.0.2:5000", "10.0.0.9:69", 9);
	scene_finish(sc);
	assert_sender(sc, f, "not-in-log");
	assert_sender(sc, g, "not-in-log");
	scene_free(sc);
}

/* A bound and an unbound socket of two processes, one tick: both are candidates. */
Test(ports, a_wildcard_is_a_rival)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	scene_say(sc, 100, EVENT_SEND, TRANSPORT_UDP, 7, US ":5000", "10.0.0.9:69", 8);
	scene_say(sc, 100, EVENT_SEND, TRANSPORT_UDP, 8, "0.0.0.0:5000", "10.0.0.9:69", 8);
	uint64_t f = scene_udp(sc, 101, US ":5000", "10.0.0.9:69", 8);
	scene_finish(sc);
	assert_sender(sc, f, "ambiguous");
	const struct claim *c = &sc->answers[f].claims[SIDE_SENDER];
	cr_assert_eq(c->n_candidates, 2);
	cr_assert_eq(scene_pid(sc, c->candidates[0]), 7);
	cr_assert_eq(scene_pid(sc, c->candidates[1]), 8);
	scene_free(sc);
}

static void sends(struct scene *sc, double ms, uint32_t pid)
{
	scene_say(sc, ms, EVENT_SEND, TRANSPORT_UDP, pid, "172.16.0.5:5000", "172.16.9.9:2344", 8);
}

static uint64_t shows(struct scene *sc, double ms)
{
	return scene_udp(sc, ms, "192.0.2.1:5000", "192.0.2.7:2344", 8);
}

/* Two share a socket, and the clock is a little off: 7's row is just out of reach. */
Test(ports, a_rival_that_is_almost_in_reach)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	sends(sc, 80, 7);
	sends(sc, 110, 8);
	uint64_t f = shows(sc, 100);
	scene_finish(sc);
	assert_sender(sc, f, "other-host");
	scene_free(sc);
}

/* Two datagrams, and one row: in whatever order they come it is nobody's. */
Test(ports, another_packet_that_is_almost_in_reach)
{
	for (int turn = 0; turn < 2; turn++) {
		struct scene *sc = scene_new(CLOCK_SURE, US ":0");
		sends(sc, 100, 7);
		uint64_t f = shows(sc, turn ? 101 : 75);
		uint64_t g = shows(sc, turn ? 125 : 101);
		scene_finish(sc);
		assert_sender(sc, f, "other-host");
		assert_sender(sc, g, "other-host");
		scene_free(sc);
	}
}

/* Further away than the clock may ever be off they are two moments. */
Test(ports, a_packet_further_away_is_no_rival)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	sends(sc, 100, 7);
	uint64_t f = shows(sc, 101);
	uint64_t g = shows(sc, 200);
	scene_finish(sc);
	assert_sender(sc, f, "ports 7");
	assert_sender(sc, g, "other-host");
	scene_free(sc);
}
