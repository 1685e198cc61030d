/* SPDX-License-Identifier: Apache-2.0 */
/* What a router states of its translations makes claims exact, and where it must not. */
#include "scene.h"

#define US "10.0.0.1"         /* our host, behind the router */
#define ROUTER "198.51.100.1" /* the address that the world sees */
#define PEER "203.0.113.9"

static struct flow flow_between(const char *from, const char *to)
{
	return (struct flow){ scene_endpoint(from), scene_endpoint(to) };
}

static uint64_t translate(
	struct scene *sc, uint8_t transport, struct flow before, struct flow behind)
{
	struct err err = { 0 };
	struct record rec = { .kind = RECORD_TRANSLATION,
		.input = 1,
		.number = ++sc->lines,
		.translation = { .transport = transport, .before = before, .behind = behind } };
	cr_assert_eq(join_translation(sc->join, &rec, &err), 0);
	return rec.number;
}

/* A line of `conntrack -E -o timestamp` for a datagram's flow of ours, or of another host behind
 * the router; both had the same port of the router. */
static void translate_at(struct scene *sc, double ms, int what, const char *inside)
{
	struct err err = { 0 };
	struct record rec = { .kind = RECORD_TRANSLATION,
		.input = 1,
		.number = ++sc->lines,
		.translation = { .transport = TRANSPORT_UDP,
			.before = flow_between(inside, PEER ":53"),
			.behind = flow_between(ROUTER ":61000", PEER ":53"),
			.when = { (int64_t)(ms * MS) } } };
	rec.translation.what = what;
	cr_assert_eq(join_translation(sc->join, &rec, &err), 0);
}

/* The outside of a masquerading router: address and port are both others. */
Test(nat, a_masqueraded_datagram_is_exact)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	uint64_t line = translate(sc, TRANSPORT_UDP, flow_between(US ":4000", PEER ":53"),
		flow_between(ROUTER ":61000", PEER ":53"));
	scene_say(sc, 100, EVENT_SEND, TRANSPORT_UDP, 7, US ":4000", PEER ":53", 40);
	uint64_t f = scene_udp(sc, 101, ROUTER ":61000", PEER ":53", 40);
	uint64_t g = scene_udp(sc, 120, PEER ":53", ROUTER ":61000", 90);
	scene_say(sc, 121, EVENT_RECV, TRANSPORT_UDP, 7, US ":4000", PEER ":53", 90);
	uint64_t other = scene_udp(sc, 130, ROUTER ":61001", PEER ":53", 40);
	scene_finish(sc);
	assert_sender(sc, f, "exact 7");
	assert_receiver(sc, g, "exact 7");
	assert_sender(sc, other, "other-host");
	const struct claim *c = &sc->answers[f].claims[SIDE_SENDER];
	cr_assert_eq(c->n_evidence, 2);
	cr_assert_eq(c->evidence[1].number, line);
	cr_assert(c->translated);
	cr_assert_eq(sc->answers[f].direction, DIRECTION_OUT);
	cr_assert_eq(sc->answers[g].direction, DIRECTION_IN);
	scene_free(sc);
}

/* Port forwarding: the world connects to the router, and our server is behind it. */
Test(nat, a_forwarded_connection_is_exact)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	translate(sc, TRANSPORT_TCP, flow_between(PEER ":5000", ROUTER ":80"),
		flow_between(PEER ":5000", US ":8080"));
	uint64_t syn = scene_tcp(sc, 100, PEER ":5000", ROUTER ":80", TCP_SYN, 700, 0);
	uint64_t ack = scene_tcp(sc, 101, ROUTER ":80", PEER ":5000", TCP_SYN | TCP_ACK, 9, 0);
	scene_say(sc, 110, EVENT_ACCEPT, TRANSPORT_TCP, 7, US ":8080", PEER ":5000", 0);
	uint64_t data = scene_tcp(sc, 120, PEER ":5000", ROUTER ":80", TCP_ACK, 701, 100);
	scene_say(sc, 121, EVENT_RECV, TRANSPORT_TCP, 7, US ":8080", PEER ":5000", 100);
	scene_finish(sc);
	assert_receiver(sc, syn, "exact 7");
	assert_sender(sc, ack, "flow 7");
	assert_receiver(sc, data, "exact 7");
	scene_free(sc);
}

/* The inside of the router shows what the log knows: nothing is turned. */
Test(nat, the_inside_stays_as_it_is)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	translate(sc, TRANSPORT_UDP, flow_between(US ":4000", PEER ":53"),
		flow_between(ROUTER ":61000", PEER ":53"));
	scene_say(sc, 100, EVENT_SEND, TRANSPORT_UDP, 7, US ":4000", PEER ":53", 40);
	uint64_t f = scene_udp(sc, 101, US ":4000", PEER ":53", 40);
	scene_finish(sc);
	assert_sender(sc, f, "exact 7");
	cr_assert_eq(sc->answers[f].claims[SIDE_SENDER].n_evidence, 1);
	scene_free(sc);
}

/* Another host of the network behind the same address, whose log was not given. */
Test(nat, another_hosts_connection_is_not_ours)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	translate(sc, TRANSPORT_UDP, flow_between("10.0.0.2:4000", PEER ":53"),
		flow_between(ROUTER ":4000", PEER ":53"));
	scene_say(sc, 90, EVENT_SEND, TRANSPORT_UDP, 7, US ":9999", PEER ":53", 1);
	scene_udp(sc, 91, US ":9999", PEER ":53", 1);
	scene_say(sc, 100, EVENT_SEND, TRANSPORT_UDP, 7, US ":4000", PEER ":53", 40);
	uint64_t f = scene_udp(sc, 101, ROUTER ":4000", PEER ":53", 40);
	scene_finish(sc);
	assert_sender(sc, f, "other-host");
	scene_free(sc);
}

/* The port was used again, by another host: which of the two lines holds now, none says. */
Test(nat, lines_that_disagree_are_not_believed)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	translate(sc, TRANSPORT_UDP, flow_between(US ":4000", PEER ":53"),
		flow_between(ROUTER ":61000", PEER ":53"));
	translate(sc, TRANSPORT_UDP, flow_between("10.0.0.2:4100", PEER ":53"),
		flow_between(ROUTER ":61000", PEER ":53"));
	scene_say(sc, 100, EVENT_SEND, TRANSPORT_UDP, 7, US ":4000", PEER ":53", 40);
	uint64_t f = scene_udp(sc, 101, ROUTER ":61000", PEER ":53", 40);
	scene_finish(sc);
	assert_sender(sc, f, "other-host");
	scene_free(sc);
}

#define OTHER "10.0.0.2:4100"

/* A datagram of ours at that time, with an event, and how it is seen outside. */
static uint64_t sent_by_us(struct scene *sc, double ms)
{
	scene_say(sc, ms, EVENT_SEND, TRANSPORT_UDP, 7, US ":4000", PEER ":53", 40);
	return scene_udp(sc, ms + 1, ROUTER ":61000", PEER ":53", 40);
}

/* ... and the port is used again 60 s later, by another host: the stamps of the lines part them. */
static struct scene *used_again(double late_ms)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	translate_at(sc, 1000 + late_ms, TRANSLATION_OPENED, US ":4000");
	translate_at(sc, 2000 + late_ms, TRANSLATION_SEEN, US ":4000");
	translate_at(sc, 33000 + late_ms, TRANSLATION_CLOSED, US ":4000");
	translate_at(sc, 61000 + late_ms, TRANSLATION_OPENED, OTHER);
	translate_at(sc, 91000 + late_ms, TRANSLATION_CLOSED, OTHER);
	translate_at(sc, 121000 + late_ms, TRANSLATION_OPENED, US ":4000");
	return sc;
}

Test(nat, times_part_two_uses_of_a_port)
{
	struct scene *sc = used_again(1);
	uint64_t first = sent_by_us(sc, 1000), second = sent_by_us(sc, 3000);
	/* The other host's, while a process of ours sends with the same ports, elsewhere. */
	uint64_t others = sent_by_us(sc, 61000), more = sent_by_us(sc, 62000);
	uint64_t back = sent_by_us(sc, 121000);
	scene_finish(sc);
	assert_sender(sc, first, "exact 7");
	assert_sender(sc, second, "exact 7");
	assert_sender(sc, others, "other-host");
	assert_sender(sc, more, "other-host");
	assert_sender(sc, back, "exact 7");
	cr_assert_eq(sc->answers[back].claims[SIDE_SENDER].evidence[1].number, 6);
	scene_free(sc);
}

/* The router's clock is 20 s off: what a line says is not what the capture shows. */
Test(nat, times_of_a_wrong_clock_part_nothing)
{
	struct scene *sc = used_again(20000);
	uint64_t first = sent_by_us(sc, 1000), second = sent_by_us(sc, 31500);
	uint64_t others = sent_by_us(sc, 61000);
	scene_finish(sc);
	assert_sender(sc, first, "other-host");
	assert_sender(sc, second, "other-host");
	assert_sender(sc, others, "other-host");
	scene_free(sc);
}

/* A packet in the middle of what went on before proves no beginning: the stamps are early, and the
 * other host sends. */
Test(nat, what_goes_on_is_no_beginning)
{
	struct scene *sc = used_again(0);
	uint64_t last = 0;
	for (int i = 0; i < 4; i++)
		last = sent_by_us(sc, 118000 + 1000 * i);
	scene_finish(sc);
	assert_sender(sc, last, "other-host");
	scene_free(sc);
}

/* A line that was lost: nobody says when the first use was over. */
Test(nat, a_use_without_an_end_leaves_a_doubt)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	translate_at(sc, 1000, TRANSLATION_OPENED, OTHER);
	translate_at(sc, 61000, TRANSLATION_OPENED, US ":4000");
	sent_by_us(sc, 1000);
	uint64_t first = sent_by_us(sc, 61000), later = sent_by_us(sc, 64000);
	scene_finish(sc);
	assert_sender(sc, first, "exact 7");
	cr_assert_str_neq(scene_answer(sc, later, SIDE_SENDER), "exact 7");
	scene_free(sc);
}

/* Hosts take turns more often than is kept: what is forgotten might contradict the rest. */
Test(nat, too_many_turns_leave_no_name)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	for (int i = 0; i < 80; i++) {
		double ms = 1000 + 60000.0 * i;
		const char *inside = i % 2 ? OTHER : US ":4000";
		translate_at(sc, ms, TRANSLATION_OPENED, inside);
		translate_at(sc, ms + 30000, TRANSLATION_CLOSED, inside);
	}
	uint64_t first = sent_by_us(sc, 1000);
	scene_finish(sc);
	assert_sender(sc, first, "other-host");
	scene_free(sc);
}

/* The same connection again and again is one use, however often. */
Test(nat, one_host_may_come_back)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	for (int i = 0; i < 80; i++) {
		translate_at(sc, 1000 + 60000.0 * i, TRANSLATION_OPENED, US ":4000");
		translate_at(sc, 31000 + 60000.0 * i, TRANSLATION_CLOSED, US ":4000");
	}
	uint64_t first = sent_by_us(sc, 50000);
	scene_finish(sc);
	assert_sender(sc, first, "exact 7");
	scene_free(sc);
}

/* Only the end was logged: it was there before. */
Test(nat, a_use_without_a_beginning)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	translate_at(sc, 33000, TRANSLATION_CLOSED, US ":4000");
	translate_at(sc, 61000, TRANSLATION_OPENED, OTHER);
	uint64_t first = sent_by_us(sc, 1000), others = sent_by_us(sc, 61000);
	scene_finish(sc);
	assert_sender(sc, first, "other-host");
	assert_sender(sc, others, "other-host");
	scene_free(sc);
}

/* The router itself had that flow, too. */
Test(nat, a_line_without_translation_disagrees_as_well)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	translate(sc, TRANSPORT_UDP, flow_between(ROUTER ":61000", PEER ":53"),
		flow_between(ROUTER ":61000", PEER ":53"));
	translate(sc, TRANSPORT_UDP, flow_between(US ":4000", PEER ":53"),
		flow_between(ROUTER ":61000", PEER ":53"));
	scene_say(sc, 100, EVENT_SEND, TRANSPORT_UDP, 7, US ":4000", PEER ":53", 40);
	uint64_t f = scene_udp(sc, 101, ROUTER ":61000", PEER ":53", 40);
	scene_finish(sc);
	assert_sender(sc, f, "other-host");
	scene_free(sc);
}

/* An unbound socket of another process fits as well: its event states no address. */
Test(nat, an_unbound_socket_is_a_rival)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	translate(sc, TRANSPORT_UDP, flow_between(US ":4000", PEER ":53"),
		flow_between(ROUTER ":61000", PEER ":53"));
	scene_say(sc, 100, EVENT_SEND, TRANSPORT_UDP, 7, US ":4000", PEER ":53", 40);
	scene_say(sc, 100, EVENT_SEND, TRANSPORT_UDP, 8, "0.0.0.0:4000", PEER ":53", 40);
	uint64_t f = scene_udp(sc, 101, ROUTER ":61000", PEER ":53", 40);
	scene_finish(sc);
	assert_sender(sc, f, "ambiguous");
	scene_free(sc);
}

/* The router is one of our hosts as well, and a process of it has the very port that it gave to the
 * connection of another host. */
Test(nat, the_routers_own_socket_is_not_asked)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	scene_learn(sc, ROUTER ":0");
	translate(sc, TRANSPORT_UDP, flow_between(US ":4000", PEER ":53"),
		flow_between(ROUTER ":61000", PEER ":53"));
	scene_say(sc, 50, EVENT_SEND, TRANSPORT_UDP, 9, ROUTER ":61000", "203.0.113.1:53", 40);
	scene_say(sc, 100, EVENT_SEND, TRANSPORT_UDP, 7, US ":4000", PEER ":53", 40);
	uint64_t f = scene_udp(sc, 101, ROUTER ":61000", PEER ":53", 40);
	uint64_t lost = scene_udp(sc, 5000, ROUTER ":61000", PEER ":53", 41);
	scene_say(sc, 9000, EVENT_SEND, TRANSPORT_UDP, 9, ROUTER ":61000", "203.0.113.1:53", 40);
	scene_finish(sc);
	assert_sender(sc, f, "exact 7");
	cr_assert_neq(scene_pid(sc, sc->answers[lost].claims[SIDE_SENDER].process), 9);
	scene_free(sc);
}

/* A translation says where a packet came from, and no event that our host sent it. */
Test(nat, without_an_event_nobody_is_named)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	translate(sc, TRANSPORT_UDP, flow_between(US ":4000", PEER ":53"),
		flow_between(ROUTER ":61000", PEER ":53"));
	scene_say(sc, 50, EVENT_SEND, TRANSPORT_UDP, 7, US ":9", PEER ":7", 1);
	uint64_t f = scene_udp(sc, 101, ROUTER ":61000", PEER ":53", 40);
	scene_say(sc, 9000, EVENT_SEND, TRANSPORT_UDP, 7, US ":9", PEER ":7", 1);
	scene_finish(sc);
	assert_sender(sc, f, "not-in-log");
	scene_free(sc);
}
