/* SPDX-License-Identifier: Apache-2.0 */
/* Packets that were captured more than once, and those that only look so. */
#include "scene.h"

#define US "10.0.0.1"
#define FROM US ":4000"
#define TO "10.0.0.9:53"

/* Where and how a packet was seen. */
struct sight {
	double ms;
	uint32_t input, interface;
	uint16_t id;
	uint8_t hops;
	bool said;
};

static uint64_t see(struct scene *sc, const struct sight *s, struct digest d)
{
	struct err err = { 0 };
	struct ref_time t = { (int64_t)(s->ms * MS) };
	struct capture_interface at = { .id = s->interface };
	struct record rec = { .kind = RECORD_PACKET,
		.input = s->input,
		.number = ++sc->frames,
		.packet = { .interface = &at, .copy = s->said } };
	d.known |= DIGEST_HOPS;
	d.ip_id = s->id;
	d.ip_hops = s->hops ? s->hops : 64;
	cr_assert_eq(join_packet(sc->join, &rec, &d, &t, true, &err), 0, "%s", err.msg);
	return sc->frames;
}

static struct digest eight_bytes(void)
{
	struct digest d = scene_digest(TRANSPORT_UDP, FROM, TO, 8);
	d.known |= DIGEST_PREFIX;
	d.prefix_n = 8;
	memset(d.prefix, 0x5a, 8);
	d.payload_hash = 99;
	return d;
}

static uint64_t udp(struct scene *sc, struct sight s)
{
	return see(sc, &s, eight_bytes());
}

static uint64_t tcp(struct scene *sc, struct sight s, uint32_t seq)
{
	struct digest d = scene_digest(TRANSPORT_TCP, FROM, TO, 0);
	d.known |= DIGEST_TCP;
	d.tcp_flags = TCP_ACK;
	d.tcp_seq = seq;
	return see(sc, &s, d);
}

static void sends(struct scene *sc, double ms, uint32_t pid)
{
	scene_say(sc, ms, EVENT_SEND, TRANSPORT_UDP, pid, FROM, TO, 8);
}

#define assert_copy(sc, frame, of) cr_assert_eq((sc)->answers[frame].original, of)
#define assert_none(sc, frame) assert_copy(sc, frame, 0)

/* One event, one packet, two sights: both have its name, and nothing is left to doubt. */
Test(copies, a_span_port_sends_it_twice)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	sends(sc, 100, 7);
	uint64_t first = udp(sc, (struct sight){ .ms = 101, .id = 77 });
	uint64_t second = udp(sc, (struct sight){ .ms = 101.5, .id = 77 });
	uint64_t third = udp(sc, (struct sight){ .ms = 102, .id = 77 });
	scene_finish(sc);
	assert_none(sc, first);
	assert_copy(sc, second, first);
	assert_copy(sc, third, first);
	assert_sender(sc, first, "exact 7");
	assert_sender(sc, second, "exact 7");
	assert_receiver(sc, third, "other-host");
	cr_assert_eq(sc->answers[second].claims[SIDE_SENDER].clock_delta_ns, 3 * MS / 2);
	cr_assert_eq(sc->answers[second].mark, first, "the mark of the first is handed on");
	scene_free(sc);
}

/* An application that sends the same bytes again: two packets, two events. */
Test(copies, the_same_bytes_again_are_another_packet)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	for (uint16_t i = 0; i < 2; i++)
		sends(sc, 100, 7);
	uint64_t a = udp(sc, (struct sight){ .ms = 101, .id = 77 });
	uint64_t b = udp(sc, (struct sight){ .ms = 101.1, .id = 78 });
	for (uint16_t i = 0; i < 2; i++)
		sends(sc, 1000, 8);
	uint64_t c = udp(sc, (struct sight){ .ms = 1001 });
	uint64_t d = udp(sc, (struct sight){ .ms = 1001.1 });
	scene_finish(sc);
	assert_none(sc, b);
	assert_none(sc, d);
	assert_sender(sc, a, "exact 7");
	assert_sender(sc, b, "exact 7");
	assert_sender(sc, c, "exact 8");
	assert_sender(sc, d, "exact 8");
	scene_free(sc);
}

/* Two interfaces, no identification: each sees both packets in their order. */
Test(copies, two_places_see_the_same_order)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	for (int i = 0; i < 2; i++)
		sends(sc, 100, 7);
	uint64_t a = udp(sc, (struct sight){ .ms = 101.0 });
	uint64_t b = udp(sc, (struct sight){ .ms = 101.2 });
	uint64_t a2 = udp(sc, (struct sight){ .ms = 101.3, .interface = 1 });
	uint64_t b2 = udp(sc, (struct sight){ .ms = 101.5, .interface = 1 });
	uint64_t c2 = udp(sc, (struct sight){ .ms = 101.6, .interface = 1 });
	scene_finish(sc);
	assert_copy(sc, a2, a);
	assert_copy(sc, b2, b);
	assert_none(sc, c2);
	scene_free(sc);
}

/* A router took one hop off it. With one more it is a probe that is sent to go further. */
Test(copies, before_and_behind_a_router)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	uint64_t a = udp(sc, (struct sight){ .ms = 100, .hops = 64 });
	uint64_t b = udp(sc, (struct sight){ .ms = 100.5, .hops = 63 });
	uint64_t c = udp(sc, (struct sight){ .ms = 1000, .hops = 1 });
	uint64_t d = udp(sc, (struct sight){ .ms = 1000.5, .hops = 2 });
	uint64_t e = udp(sc, (struct sight){ .ms = 2000, .hops = 64, .id = 5 });
	uint64_t f = udp(sc, (struct sight){ .ms = 2080, .hops = 63, .id = 5 });
	scene_finish(sc);
	assert_none(sc, a);
	assert_copy(sc, b, a);
	assert_none(sc, c);
	assert_none(sc, d);
	assert_copy(sc, f, e);
	scene_free(sc);
}

/* It comes after a while, as a rule with another identification. */
Test(copies, a_retransmission_is_none)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	tcp(sc, (struct sight){ .ms = 100, .id = 5 }, 1000);
	uint64_t other = tcp(sc, (struct sight){ .ms = 101, .id = 6 }, 1000);
	uint64_t late = tcp(sc, (struct sight){ .ms = 130, .id = 5 }, 1000);
	uint64_t soon = tcp(sc, (struct sight){ .ms = 130.2, .id = 5 }, 1000);
	uint64_t next = tcp(sc, (struct sight){ .ms = 130.3, .id = 5 }, 1001);
	scene_finish(sc);
	assert_none(sc, other);
	assert_none(sc, late);
	assert_copy(sc, soon, late);
	assert_none(sc, next);
	scene_free(sc);
}

/* Two captures (the error of the second's clock is 15.6 ms). */
Test(copies, two_captures_of_one_network)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	sends(sc, 100, 7);
	uint64_t a = udp(sc, (struct sight){ .ms = 101, .id = 5 });
	uint64_t b = udp(sc, (struct sight){ .ms = 180, .id = 5, .input = 1 });
	uint64_t late = udp(sc, (struct sight){ .ms = 500, .id = 5, .input = 1 });
	uint64_t c = udp(sc, (struct sight){ .ms = 1000 });
	uint64_t d = udp(sc, (struct sight){ .ms = 1016, .input = 1 });
	uint64_t e = udp(sc, (struct sight){ .ms = 1040, .input = 1 });
	scene_finish(sc);
	assert_copy(sc, b, a);
	assert_sender(sc, a, "exact 7");
	assert_sender(sc, b, "exact 7");
	assert_none(sc, late);
	assert_copy(sc, d, c);
	assert_none(sc, e);
	scene_free(sc);
}

/* The second capture kept fewer bytes of each frame. With an identification what both kept is
 * enough. */
Test(copies, captures_cut_at_different_lengths)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	struct digest whole = eight_bytes(), cut = whole, other;
	cut.prefix_n = 4;
	cut.payload_hash = 4;
	other = cut;
	other.prefix[0] = 1;
	uint64_t a = see(sc, &(struct sight){ .ms = 100, .id = 5 }, whole);
	uint64_t b = see(sc, &(struct sight){ .ms = 101, .id = 5, .input = 1 }, cut);
	uint64_t c = see(sc, &(struct sight){ .ms = 102, .id = 5, .input = 1 }, other);
	uint64_t d = see(sc, &(struct sight){ .ms = 1000 }, whole);
	uint64_t e = see(sc, &(struct sight){ .ms = 1001, .input = 1 }, cut);
	scene_finish(sc);
	assert_copy(sc, b, a);
	assert_none(sc, c);
	assert_none(sc, d);
	assert_none(sc, e);
	scene_free(sc);
}

/* What the source itself calls a copy needs no other proof. */
Test(copies, its_source_says_so)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	uint64_t a = udp(sc, (struct sight){ .ms = 100 });
	uint64_t b = udp(sc, (struct sight){ .ms = 120, .said = true });
	scene_finish(sc);
	assert_copy(sc, b, a);
	scene_free(sc);
}

/* Lists of packets state neither identification nor hops: nothing there is a copy. */
Test(copies, what_states_no_header_is_none)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	scene_udp(sc, 100, FROM, TO, 8);
	uint64_t b = scene_udp(sc, 100, FROM, TO, 8);
	scene_finish(sc);
	assert_none(sc, b);
	scene_free(sc);
}

/* Each capture lost one of two equal packets of the same millisecond: they pass for one. The name
 * is right, and what is left over is an event. */
Test(copies, what_each_place_lost)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	sends(sc, 100, 7);
	sends(sc, 100, 7);
	uint64_t a = udp(sc, (struct sight){ .ms = 101 });
	uint64_t b = udp(sc, (struct sight){ .ms = 101.5, .interface = 1 });
	scene_finish(sc);
	assert_copy(sc, b, a);
	assert_sender(sc, a, "flow 7");
	assert_sender(sc, b, "flow 7");
	scene_free(sc);
}

/* The same where two processes share the socket: neither is named. */
Test(copies, what_each_place_lost_of_two_processes)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	sends(sc, 100, 7);
	sends(sc, 100, 8);
	uint64_t a = udp(sc, (struct sight){ .ms = 101 });
	uint64_t b = udp(sc, (struct sight){ .ms = 101.5, .interface = 1 });
	scene_finish(sc);
	assert_sender(sc, a, "ambiguous");
	assert_sender(sc, b, "ambiguous");
	scene_free(sc);
}

/* A sender whose identifications stand still: what it repeats at once passes for a copy. */
Test(copies, an_identification_that_stands_still)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	sends(sc, 100, 7);
	sends(sc, 100, 7);
	uint64_t a = udp(sc, (struct sight){ .ms = 101, .id = 1 });
	uint64_t b = udp(sc, (struct sight){ .ms = 102, .id = 1 });
	scene_finish(sc);
	assert_copy(sc, b, a);
	assert_sender(sc, a, "flow 7");
	scene_free(sc);
}

/* A ping that a raw socket sent, seen twice: one packet, one event. */
Test(copies, a_ping_is_seen_twice)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	struct digest d = scene_digest(TRANSPORT_ICMP, US ":0", "10.0.0.9:0", 32);
	d.known = (d.known & ~(uint32_t)DIGEST_PORTS) | DIGEST_ICMP | DIGEST_ECHO | DIGEST_PREFIX;
	d.icmp_type = 8;
	d.icmp_id = 512;
	d.prefix_n = 8;
	d.payload_hash = 99;
	scene_say(sc, 100, EVENT_SEND, TRANSPORT_ICMP, 7, US ":0", "10.0.0.9:0", 32);
	uint64_t first = see(sc, &(struct sight){ .ms = 101, .id = 77 }, d);
	uint64_t second = see(sc, &(struct sight){ .ms = 101.5, .id = 77 }, d);
	scene_finish(sc);
	assert_none(sc, first);
	assert_copy(sc, second, first);
	assert_sender(sc, first, "exact 7");
	assert_sender(sc, second, "exact 7");
	scene_free(sc);
}
