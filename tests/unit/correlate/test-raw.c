/* SPDX-License-Identifier: Apache-2.0 */
/* ICMP and raw sockets; pings and their replies; errors; what is passed on. */
#include "scene.h"

#define US "10.0.0.1:0"
#define PEER "10.0.0.9:0"
#define ANY "0.0.0.0:0"

static struct digest echo(bool request, uint16_t id, uint16_t seq, uint32_t bytes)
{
	struct digest d =
		scene_digest(TRANSPORT_ICMP, request ? US : PEER, request ? PEER : US, bytes);
	d.known = (d.known & ~(uint32_t)DIGEST_PORTS) | DIGEST_ICMP | DIGEST_ECHO;
	d.icmp_type = request ? 8 : 0;
	d.icmp_id = id;
	d.icmp_seq = seq;
	return d;
}

static uint64_t ping(struct scene *sc, double ms, uint16_t id, uint16_t seq)
{
	struct digest d = echo(true, id, seq, 32);
	return scene_packet(sc, ms, &d);
}

static uint64_t pong(struct scene *sc, double ms, uint16_t id, uint16_t seq)
{
	struct digest d = echo(false, id, seq, 32);
	return scene_packet(sc, ms, &d);
}

static void raw(struct scene *sc, double ms, enum event_op op, uint32_t pid)
{
	scene_say(sc, ms, op, TRANSPORT_ICMP, pid, US, PEER, 32);
}

static void end(struct scene *sc, double ms)
{
	scene_say(sc, ms, EVENT_SEND, TRANSPORT_UDP, 9, "10.0.0.1:1", "10.0.0.9:1", 1);
	scene_finish(sc);
}

Test(raw, a_ping_and_its_reply)
{
	struct scene *sc = scene_new(CLOCK_SURE, US);
	raw(sc, 100, EVENT_SEND, 7);
	uint64_t request = ping(sc, 101, 512, 1);
	uint64_t reply = pong(sc, 130, 512, 1);
	uint64_t stranger = pong(sc, 140, 512, 9);
	raw(sc, 200, EVENT_SEND, 7);
	ping(sc, 201, 512, 2);
	uint64_t received = pong(sc, 230, 512, 2);
	raw(sc, 231, EVENT_RECV, 7);
	end(sc, 9000);
	assert_sender(sc, request, "exact 7");
	assert_receiver(sc, reply, "flow 7");
	assert_sender(sc, reply, "kernel-echo-reply");
	assert_receiver(sc, stranger, "not-traced");
	assert_receiver(sc, received, "exact 7");
	scene_free(sc);
}

/* The socket is bound to no address. */
Test(raw, an_event_without_a_local_address)
{
	struct scene *sc = scene_new(CLOCK_SURE, US);
	scene_say(sc, 100, EVENT_SEND, TRANSPORT_ICMP, 7, ANY, PEER, 32);
	uint64_t request = ping(sc, 101, 512, 1);
	end(sc, 9000);
	assert_sender(sc, request, "exact 7");
	scene_free(sc);
}

/* Another length, another host or another moment is another packet's event. */
Test(raw, an_event_that_is_not_the_packets)
{
	struct scene *sc = scene_new(CLOCK_SURE, US);
	scene_say(sc, 100, EVENT_SEND, TRANSPORT_ICMP, 7, US, PEER, 33);
	scene_say(sc, 100, EVENT_SEND, TRANSPORT_ICMP, 7, US, "10.0.0.8:0", 32);
	scene_say(sc, 60, EVENT_SEND, TRANSPORT_ICMP, 7, US, PEER, 32);
	uint64_t request = ping(sc, 101, 512, 1);
	end(sc, 9000);
	assert_sender(sc, request, "not-traced");
	scene_free(sc);
}

/* ping.exe lets the kernel send, which leaves no event: one event for two packets is neither's. */
Test(raw, the_kernel_pings_too)
{
	struct scene *sc = scene_new(CLOCK_SURE, US);
	raw(sc, 100, EVENT_SEND, 7);
	uint64_t a = ping(sc, 101, 1, 1), b = ping(sc, 102, 512, 1);
	uint64_t reply = pong(sc, 130, 1, 1);
	end(sc, 9000);
	assert_sender(sc, a, "not-traced");
	assert_sender(sc, b, "not-traced");
	assert_receiver(sc, reply, "not-traced");
	scene_free(sc);
}

/* ... and where the raw socket's packet was not captured, the kernel's does not get its name. */
Test(raw, a_series_of_the_kernels)
{
	struct scene *sc = scene_new(CLOCK_SURE, US);
	uint64_t first = ping(sc, 100, 1, 1);
	raw(sc, 1101, EVENT_SEND, 7);
	uint64_t second = ping(sc, 1100, 1, 2);
	end(sc, 9000);
	assert_sender(sc, first, "not-traced");
	assert_sender(sc, second, "not-traced");
	scene_free(sc);
}

Test(raw, two_processes_in_one_tick_are_ambiguous)
{
	struct scene *sc = scene_new(CLOCK_SURE, US);
	raw(sc, 100, EVENT_SEND, 7);
	raw(sc, 100, EVENT_SEND, 8);
	uint64_t a = ping(sc, 101, 512, 1), b = ping(sc, 101, 513, 1);
	uint64_t reply = pong(sc, 130, 512, 1);
	end(sc, 9000);
	assert_sender(sc, a, "ambiguous");
	assert_sender(sc, b, "ambiguous");
	assert_receiver(sc, reply, "not-traced");
	scene_free(sc);
}

/* Two programs took one identifier and one number: the replies are neither's. */
Test(raw, one_identifier_of_two_programs)
{
	struct scene *sc = scene_new(CLOCK_SURE, US);
	raw(sc, 100, EVENT_SEND, 7);
	uint64_t a = ping(sc, 101, 512, 1);
	raw(sc, 300, EVENT_SEND, 8);
	uint64_t b = ping(sc, 301, 512, 1);
	uint64_t reply = pong(sc, 400, 512, 1);
	end(sc, 9000);
	assert_sender(sc, a, "exact 7");
	assert_sender(sc, b, "exact 8");
	assert_receiver(sc, reply, "not-traced");
	scene_free(sc);
}

/* A raw socket hears what another program asked for: the reply is the asker's. */
Test(raw, who_only_listens_did_not_ask)
{
	struct scene *sc = scene_new(CLOCK_SURE, US);
	raw(sc, 100, EVENT_SEND, 7);
	ping(sc, 101, 512, 1);
	uint64_t reply = pong(sc, 130, 512, 1);
	raw(sc, 131, EVENT_RECV, 8);
	end(sc, 9000);
	assert_receiver(sc, reply, "flow 7");
	scene_free(sc);
}

/* A protocol of its own: OSPF by a routing daemon. */
Test(raw, another_protocol)
{
	struct scene *sc = scene_new(CLOCK_SURE, US);
	struct digest d = scene_digest(89, US, PEER, 0);
	d.known &= ~(uint32_t)(DIGEST_PORTS | DIGEST_PAYLOAD);
	scene_say(sc, 100, EVENT_SEND, 89, 7, US, PEER, 44);
	uint64_t hello = scene_packet(sc, 101, &d);
	scene_say(sc, 200, EVENT_SEND, 90, 7, US, PEER, 44);
	uint64_t alone = scene_packet(sc, 201, &d);
	end(sc, 9000);
	assert_sender(sc, hello, "exact 7");
	assert_sender(sc, alone, "not-traced");
	scene_free(sc);
}

/* A datagram did not reach the port that a process had: our kernel says so, and about
 * whom. */
Test(raw, an_error_that_we_send_is_about_our_end)
{
	struct scene *sc = scene_new(CLOCK_SURE, US);
	scene_say(sc, 100, EVENT_SEND, TRANSPORT_UDP, 7, "10.0.0.1:4000", "10.0.0.9:9", 8);
	scene_udp(sc, 101, "10.0.0.1:4000", "10.0.0.9:9", 8);
	struct digest late = scene_digest(TRANSPORT_UDP, "10.0.0.9:9", "10.0.0.1:4000", 8);
	scene_packet(sc, 500, &late);
	struct digest e = scene_digest(TRANSPORT_ICMP, US, PEER, 36);
	e.known = (e.known & ~(uint32_t)DIGEST_PORTS) | DIGEST_ICMP | DIGEST_QUOTED;
	e.icmp_type = e.icmp_code = 3;
	e.quoted_transport = TRANSPORT_UDP;
	e.quoted = late.flow;
	uint64_t f = scene_packet(sc, 501, &e);
	e.quoted.dst.port = 4001;
	uint64_t other = scene_packet(sc, 502, &e);
	end(sc, 9000);
	assert_sender(sc, f, "kernel-icmp-error");
	cr_assert_eq(scene_pid(sc, sc->answers[f].claims[SIDE_SENDER].about), 7);
	cr_assert_eq(sc->answers[other].claims[SIDE_SENDER].about, PROCESS_NONE);
	scene_free(sc);
}

/* It came in, for any reason; it is of one link only; it is ours. */
Test(passed_on, what_proves_nothing)
{
	struct scene *sc = scene_new(CLOCK_SURE, US);
	struct digest d = scene_digest(TRANSPORT_UDP, "192.168.7.2:5000", "10.9.9.9:53", 8);
	d.known |= DIGEST_SENT;
	d.known ^= DIGEST_SENT | DIGEST_RECEIVED;
	uint64_t in = scene_packet(sc, 101, &d);
	d.known ^= DIGEST_SENT | DIGEST_RECEIVED;
	d.flow.src = scene_endpoint("169.254.3.4:5000");
	uint64_t link = scene_packet(sc, 102, &d);
	d.flow.src = scene_endpoint("10.0.0.1:5000");
	uint64_t ours = scene_packet(sc, 103, &d);
	end(sc, 9000);
	assert_sender(sc, in, "other-host");
	assert_sender(sc, link, "other-host");
	cr_assert_str_neq(scene_answer(sc, ours, SIDE_SENDER), "forwarded");
	scene_free(sc);
}

/* Our host says that it sent it, and neither end is ours. */
Test(passed_on, both_ends_are_of_others)
{
	struct scene *sc = scene_new(CLOCK_SURE, US);
	struct digest d = scene_digest(TRANSPORT_UDP, "192.168.7.2:5000", "10.9.9.9:53", 8);
	d.known |= DIGEST_SENT;
	uint64_t out = scene_packet(sc, 100, &d);
	end(sc, 9000);
	assert_sender(sc, out, "forwarded");
	assert_receiver(sc, out, "forwarded");
	scene_free(sc);
}

/* The file lists no addresses: the sender may be one of ours that nothing showed. */
Test(passed_on, a_file_that_lists_no_addresses)
{
	struct scene *sc = scene_new(CLOCK_SURE, US);
	struct digest d = scene_digest(TRANSPORT_UDP, "192.168.7.2:5000", "10.9.9.9:53", 8);
	d.known |= DIGEST_SENT;
	sc->hosts.shown[0].told = false;
	uint64_t out = scene_packet(sc, 100, &d);
	end(sc, 9000);
	assert_sender(sc, out, "other-host");
	scene_free(sc);
}
