/* SPDX-License-Identifier: Apache-2.0 */
/* What captures state of their packets' processes, alone and beside a log. */
#include "correlate/stated.h"
#include "scene.h"

#define HERE "10.0.0.1:50000"
#define THERE "10.9.9.9:53"

static struct owner owner_of(enum owner_origin origin, uint32_t pid, const char *image)
{
	return (struct owner){ .origin = origin, .pid = pid, .image = span_text(image) };
}

static struct digest udp(const char *from, const char *to, uint32_t way)
{
	struct digest d = scene_digest(TRANSPORT_UDP, from, to, 20);
	d.known |= way;
	return d;
}

static const char *image_of(const struct scene *sc, uint64_t frame, enum side side)
{
	size_t n;
	process_handle h = sc->answers[frame].claims[side].process;
	const struct process *all = roster_all(sc->roster, &n);
	return h < n && all[h].image ? all[h].image : "";
}

Test(stated, grade_is_that_of_its_origin)
{
	static const struct {
		enum owner_origin origin;
		const char *answer;
	} all[] = {
		{ OWNER_DARWIN, "exact 42" },
		{ OWNER_HONE, "flow 42" },
		{ OWNER_WIRESHARK, "endpoint 42" },
		{ OWNER_PTCPDUMP, "flow 42" },
		{ OWNER_RUSTNET, "flow 42" },
		{ OWNER_THREAD, "outside-evidence" },
		{ OWNER_UNSTATED, "outside-evidence" },
	};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
		struct owner o = owner_of(all[i].origin, 42, "curl");
		struct digest out = udp(HERE, THERE, DIGEST_SENT);
		uint64_t sent = scene_stated(sc, 0, &out, &o);
		scene_finish(sc);
		assert_sender(sc, sent, all[i].answer);
		assert_receiver(sc, sent, "other-host");
		const struct claim *c = &sc->answers[sent].claims[SIDE_SENDER];
		bool named = c->grade != GRADE_NONE;
		cr_assert_eq(c->n_candidates, named ? 0 : 1);
		cr_assert_eq(c->because, named ? 0 : owner_because(all[i].origin));
		cr_assert_eq(c->n_evidence, named ? 1 : 0);
		cr_assert(!named || (c->evidence[0].input == 0 && c->evidence[0].number == sent));
		scene_free(sc);
	}
}

Test(stated, direction_says_which_end)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	struct owner o = owner_of(OWNER_DARWIN, 42, "curl");
	struct digest in = udp(THERE, HERE, DIGEST_RECEIVED);
	struct digest untold = udp(HERE, THERE, 0), foreign = udp("10.8.8.8:1", THERE, 0);
	uint64_t received = scene_stated(sc, 0, &in, &o);
	uint64_t by_address = scene_stated(sc, 1, &untold, &o);
	uint64_t neither = scene_stated(sc, 2, &foreign, &o);
	scene_finish(sc);
	assert_sender(sc, received, "other-host");
	assert_receiver(sc, received, "exact 42");
	assert_sender(sc, by_address, "exact 42");
	/* Neither address is known as ours: nobody is named. */
	assert_sender(sc, neither, "other-host");
	assert_receiver(sc, neither, "other-host");
	scene_free(sc);
}

Test(stated, both_ends_local_and_no_direction_names_nobody)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	struct owner o = owner_of(OWNER_DARWIN, 42, "curl");
	struct digest d = udp(HERE, "10.0.0.1:53", 0);
	uint64_t frame = scene_stated(sc, 0, &d, &o);
	scene_finish(sc);
	for (int side = 0; side < SIDES; side++) {
		const struct claim *c = &sc->answers[frame].claims[side];
		cr_assert_eq(c->grade, GRADE_NONE);
		cr_assert_eq(c->n_candidates, 1);
		cr_assert_eq(c->because, BECAUSE_SIDE);
	}
	scene_free(sc);
}

Test(stated, look_up_on_a_loopback_names_no_end)
{
	static const enum owner_origin all[] = { OWNER_PTCPDUMP, OWNER_RUSTNET, OWNER_WIRESHARK };
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
		struct owner o = owner_of(all[i], 42, "curl");
		struct digest request = udp("127.0.0.1:50000", "127.0.0.1:53", DIGEST_SENT);
		struct digest answer = udp("127.0.0.1:53", "127.0.0.1:50000", DIGEST_SENT);
		scene_stated(sc, 0, &request, &o);
		/* Sent by the server, and the client is named. */
		uint64_t wrong = scene_stated(sc, 1, &answer, &o);
		scene_stated(sc, 2, &request, &o);
		scene_finish(sc);
		const struct claim *c = &sc->answers[wrong].claims[SIDE_SENDER];
		cr_assert_eq(c->grade, GRADE_NONE);
		cr_assert_eq(c->n_candidates, 1);
		cr_assert_eq(c->because, BECAUSE_SIDE);
		scene_free(sc);
	}
}

Test(stated, owns_the_flow_between_its_packets)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	struct owner o = owner_of(OWNER_PTCPDUMP, 42, "curl");
	struct owner polled = owner_of(OWNER_WIRESHARK, 43, "wget");
	struct digest out = udp(HERE, THERE, DIGEST_SENT), in = udp(THERE, HERE, DIGEST_RECEIVED);
	struct digest other = udp("10.0.0.1:50001", THERE, DIGEST_SENT);
	scene_stated(sc, 0, &out, &o);
	uint64_t answer = scene_packet(sc, 500, &in);
	scene_stated(sc, 1000, &out, &o);
	uint64_t late = scene_packet(sc, 5000, &in);
	scene_stated(sc, 5000, &other, &polled);
	uint64_t beside = scene_packet(sc, 5100, &other);
	scene_stated(sc, 5200, &other, &polled);
	scene_finish(sc);
	assert_receiver(sc, answer, "flow 42");
	/* Four seconds behind the last statement the port may be another's. */
	assert_receiver(sc, late, "outside-evidence");
	/* Who polls knows what was when it looked. */
	assert_sender(sc, beside, "outside-evidence");
	scene_free(sc);
}

Test(stated, port_that_changes_hands_is_ambiguous_between)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	struct owner first = owner_of(OWNER_PTCPDUMP, 42, "curl");
	struct owner second = owner_of(OWNER_PTCPDUMP, 43, "wget");
	struct digest out = udp(HERE, THERE, DIGEST_SENT);
	uint64_t a = scene_stated(sc, 0, &out, &first);
	uint64_t between = scene_packet(sc, 10, &out);
	uint64_t b = scene_stated(sc, 20, &out, &second);
	scene_finish(sc);
	assert_sender(sc, a, "flow 42");
	assert_sender(sc, between, "ambiguous");
	assert_sender(sc, b, "flow 43");
	scene_free(sc);
}

Test(stated, log_that_agrees_and_one_that_does_not)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	struct owner o = owner_of(OWNER_WIRESHARK, 42, "curl");
	struct owner kernel = owner_of(OWNER_DARWIN, 42, "curl");
	struct digest out = udp(HERE, THERE, DIGEST_SENT);
	scene_say(sc, 0, EVENT_SEND, TRANSPORT_UDP, 42, HERE, THERE, 20);
	uint64_t agreed = scene_stated(sc, 0, &out, &o);
	scene_say(sc, 5000, EVENT_SEND, TRANSPORT_UDP, 50, HERE, THERE, 20);
	uint64_t stronger = scene_stated(sc, 5000, &out, &o);
	scene_say(sc, 10000, EVENT_SEND, TRANSPORT_UDP, 50, HERE, THERE, 20);
	uint64_t disputed = scene_stated(sc, 10000, &out, &kernel);
	scene_finish(sc);
	assert_sender(sc, agreed, "exact 42");
	cr_assert_eq(sc->answers[agreed].claims[SIDE_SENDER].evidence[0].input, 1,
		"the event, which is the stronger proof");
	assert_sender(sc, stronger, "exact 50");
	assert_sender(sc, disputed, "ambiguous");
	cr_assert_eq(sc->answers[disputed].claims[SIDE_SENDER].n_candidates, 2);
	scene_free(sc);
}

Test(stated, new_name_under_one_pid_is_another_process)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	struct owner before = owner_of(OWNER_DARWIN, 42, "bash");
	struct owner after = owner_of(OWNER_DARWIN, 42, "curl");
	struct digest out = udp(HERE, THERE, DIGEST_SENT);
	uint64_t a = scene_stated(sc, 0, &out, &before);
	uint64_t b = scene_stated(sc, 1, &out, &after);
	uint64_t c = scene_stated(sc, 2, &out, &before);
	scene_finish(sc);
	cr_assert_str_eq(image_of(sc, a, SIDE_SENDER), "bash");
	cr_assert_str_eq(image_of(sc, b, SIDE_SENDER), "curl");
	cr_assert_str_eq(image_of(sc, c, SIDE_SENDER), "bash");
	scene_free(sc);
}

Test(stated, start_time_tells_processes_of_one_name_apart)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	struct owner o = owner_of(OWNER_WIRESHARK, 42, "curl");
	struct digest out = udp(HERE, THERE, DIGEST_SENT);
	o.has_start = true;
	o.start.ns = -5 * MS;
	uint64_t a = scene_stated(sc, 0, &out, &o);
	o.start.ns = 500 * MS;
	uint64_t b = scene_stated(sc, 1000, &out, &o);
	scene_finish(sc);
	cr_assert_neq(sc->answers[a].claims[SIDE_SENDER].process,
		sc->answers[b].claims[SIDE_SENDER].process);
	scene_free(sc);
}

Test(stated, acts_for_another_process)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	struct owner o = owner_of(OWNER_DARWIN, 80, "nsurlsessiond");
	struct digest out = udp(HERE, THERE, DIGEST_SENT);
	o.has_effective = true;
	o.effective = 123;
	o.effective_image = span_text("Safari");
	uint64_t frame = scene_stated(sc, 0, &out, &o);
	scene_finish(sc);
	assert_sender(sc, frame, "exact 80");
	cr_assert_eq(scene_pid(sc, sc->answers[frame].claims[SIDE_SENDER].about), 123);
	scene_free(sc);
}

Test(stated, what_the_kernel_makes_stays_the_kernels)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	struct owner o = owner_of(OWNER_DARWIN, 42, "curl");
	struct digest d = scene_digest(TRANSPORT_TCP, HERE, THERE, 0);
	d.known |= DIGEST_TCP | DIGEST_SENT;
	d.tcp_flags = TCP_RST | TCP_ACK;
	uint64_t frame = scene_stated(sc, 0, &d, &o);
	scene_finish(sc);
	assert_sender(sc, frame, "kernel-tcp-reset");
	cr_assert_eq(scene_pid(sc, sc->answers[frame].claims[SIDE_SENDER].about), 42);
	scene_free(sc);
}

Test(stated, echo_reply_goes_to_who_asked)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	struct owner o = owner_of(OWNER_PTCPDUMP, 42, "ping");
	struct digest d = scene_digest(TRANSPORT_ICMP, "10.0.0.1:0", "10.9.9.9:0", 56);
	d.known = (d.known & ~(uint32_t)DIGEST_PORTS) | DIGEST_ICMP | DIGEST_ECHO | DIGEST_SENT;
	d.icmp_type = 8;
	d.icmp_id = 7;
	uint64_t request = scene_stated(sc, 0, &d, &o);
	d.known ^= DIGEST_SENT | DIGEST_RECEIVED;
	d.icmp_type = 0;
	d.flow = flow_reverse(d.flow);
	uint64_t reply = scene_packet(sc, 30, &d);
	uint64_t late = scene_packet(sc, 3000, &d);
	scene_finish(sc);
	assert_sender(sc, request, "flow 42");
	assert_receiver(sc, reply, "flow 42");
	assert_sender(sc, reply, "kernel-echo-reply");
	cr_assert_eq(sc->answers[late].claims[SIDE_RECEIVER].grade, GRADE_NONE);
	scene_free(sc);
}

static struct digest tunnelled(uint32_t way)
{
	struct digest d = udp("192.168.7.1:4000", "192.168.7.2:53", way);
	d.known |= DIGEST_TUNNEL | DIGEST_OUTER;
	d.tunnel = TUNNEL_VXLAN;
	d.outer_transport = TRANSPORT_UDP;
	d.outer.src = scene_endpoint("10.0.0.1:40000");
	d.outer.dst = scene_endpoint("10.9.9.9:4789");
	return d;
}

Test(tunnel, outer_is_the_kernels_and_inner_has_the_claim)
{
	struct scene *sc = scene_new(CLOCK_SURE, "192.168.7.1:0");
	scene_learn(sc, "10.0.0.1:0");
	struct digest d = tunnelled(0);
	scene_say(sc, 0, EVENT_SEND, TRANSPORT_UDP, 42, "192.168.7.1:4000", "192.168.7.2:53", 20);
	uint64_t frame = scene_packet(sc, 0, &d);
	scene_finish(sc);
	assert_sender(sc, frame, "exact 42");
	cr_assert(sc->answers[frame].has_outer);
	cr_assert_eq(sc->answers[frame].outer[SIDE_SENDER].grade, GRADE_NONE);
	scene_free(sc);
}

/* A tunnel between two other machines: who has our addresses in it is another tenant. */
Test(tunnel, between_others_says_nothing_of_us)
{
	struct scene *sc = scene_new(CLOCK_SURE, "192.168.7.1:0");
	struct digest d = tunnelled(0);
	scene_say(sc, 0, EVENT_SEND, TRANSPORT_UDP, 42, "192.168.7.1:4000", "192.168.7.2:53", 20);
	uint64_t frame = scene_packet(sc, 0, &d);
	scene_finish(sc);
	assert_sender(sc, frame, "other-host");
	scene_free(sc);
}

Test(tunnel, outer_has_a_process_where_one_owns_its_flow)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	struct digest d = tunnelled(0);
	scene_say(sc, 0, EVENT_SEND, TRANSPORT_UDP, 99, "10.0.0.1:40000", "10.9.9.9:4789", 70);
	uint64_t frame = scene_packet(sc, 0, &d);
	scene_finish(sc);
	assert_sender(sc, frame, "other-host");
	const struct outer_claim *outer = &sc->answers[frame].outer[SIDE_SENDER];
	cr_assert_eq(outer->grade, GRADE_FLOW);
	cr_assert_eq(scene_pid(sc, outer->process), 99);
	cr_assert_eq(sc->answers[frame].outer[SIDE_RECEIVER].grade, GRADE_NONE);
	scene_free(sc);
}

Test(tunnel, statement_of_a_look_up_is_for_the_outer_packet)
{
	struct scene *sc = scene_new(CLOCK_SURE, "192.168.7.1:0");
	scene_learn(sc, "10.0.0.1:0");
	struct owner looked_up = owner_of(OWNER_PTCPDUMP, 99, "ovs");
	struct owner kernel = owner_of(OWNER_DARWIN, 98, "utund");
	struct digest d = tunnelled(DIGEST_SENT);
	uint64_t frame = scene_stated(sc, 0, &d, &looked_up);
	uint64_t unclear = scene_stated(sc, 1, &d, &kernel);
	scene_finish(sc);
	cr_assert_eq(scene_pid(sc, sc->answers[frame].outer[SIDE_SENDER].process), 99);
	cr_assert_eq(sc->answers[frame].claims[SIDE_SENDER].n_candidates, 0);
	/* A kernel's statement may be about either layer: it names nobody. */
	cr_assert_eq(sc->answers[unclear].outer[SIDE_SENDER].grade, GRADE_NONE);
	cr_assert_eq(sc->answers[unclear].claims[SIDE_SENDER].grade, GRADE_NONE);
	cr_assert_eq(sc->answers[unclear].claims[SIDE_SENDER].n_candidates, 1);
	scene_free(sc);
}

Test(tunnel, what_cannot_be_read_inside_is_the_kernels)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	struct digest d = scene_digest(TRANSPORT_ESP, "10.0.0.1:0", "10.9.9.9:0", 0);
	d.known = DIGEST_DECODED | DIGEST_ADDRS | DIGEST_TUNNEL;
	d.tunnel = TUNNEL_ESP;
	uint64_t frame = scene_packet(sc, 0, &d);
	scene_finish(sc);
	assert_sender(sc, frame, "kernel-tunnel");
	assert_receiver(sc, frame, "kernel-tunnel");
	cr_assert_not(sc->answers[frame].has_outer);
	scene_free(sc);
}

/* Ten containers that speak with one server look just like one host with ten peers. */
Test(hosts, owned_packets_without_a_direction_show_no_local_address)
{
	struct hosts h;
	struct err err = { 0 };
	struct hash_key key = { 3, 4 };
	cr_assert_eq(hosts_init(&h, 1, key, &err), 0);
	for (uint8_t i = 0; i < 40; i++) {
		struct digest d = udp(HERE, THERE, 0);
		d.flow.dst.addr.b[15] = i;
		cr_assert_eq(hosts_see_owned(&h, 0, &d, false, &err), 0);
	}
	cr_assert_eq(hosts_settle(&h, &err), 0);
	cr_assert_not(hosts_any_local(&h));
	hosts_done(&h);
}

/* Two machines received one datagram to their subnet's broadcast address: they stay two. */
Test(hosts, a_received_datagram_shows_no_local_address)
{
	struct hosts h;
	struct err err = { 0 };
	struct hash_key key = { 3, 4 };
	struct digest d = udp(THERE, "10.0.0.255:137", DIGEST_RECEIVED);
	struct digest a = udp("10.0.0.1:9", THERE, DIGEST_SENT);
	struct digest b = udp("10.0.0.2:9", THERE, DIGEST_SENT);
	cr_assert_eq(hosts_init(&h, 2, key, &err), 0);
	for (uint32_t i = 0; i < 2; i++) {
		cr_assert_eq(hosts_see_owned(&h, i, &d, false, &err), 0);
		cr_assert_eq(hosts_see_owned(&h, i, i ? &b : &a, false, &err), 0);
	}
	cr_assert_eq(hosts_settle(&h, &err), 0);
	cr_assert_eq(h.n, 2);
	cr_assert_eq(hosts_of_addr(&h, &d.flow.dst.addr), HOST_NONE);
	hosts_done(&h);
}

/* What another file knows of its own machine says nothing of the one behind this file. */
Test(hosts, a_file_that_knows_no_address_owns_none)
{
	struct hosts h;
	struct err err = { 0 };
	struct hash_key key = { 3, 4 };
	struct endpoint here = scene_endpoint(HERE);
	cr_assert_eq(hosts_init(&h, 2, key, &err), 0);
	cr_assert_eq(hosts_see_address(&h, 0, &here.addr, &err), 0);
	cr_assert_eq(hosts_settle(&h, &err), 0);
	cr_assert(hosts_owns(&h, 0, &here.addr));
	cr_assert_eq(h.of_input[1], 0, "the only host");
	cr_assert_not(hosts_owns(&h, 1, &here.addr));
	hosts_done(&h);
}

/* Two machines behind NATs have one address, and --host keeps them apart: whose a flow of it is,
 * nobody can say. */
Test(hosts, an_address_of_two_hosts_is_nobodys)
{
	struct hosts h;
	struct err err = { 0 };
	struct hash_key key = { 3, 4 };
	struct endpoint here = scene_endpoint(HERE), far = scene_endpoint(THERE);
	cr_assert_eq(hosts_init(&h, 2, key, &err), 0);
	hosts_name_input(&h, 0, "A");
	hosts_name_input(&h, 1, "B");
	cr_assert_eq(hosts_see_address(&h, 0, &here.addr, &err), 0);
	cr_assert(h.shown[0].told);
	cr_assert_eq(hosts_see_address(&h, 1, &here.addr, &err), 0);
	cr_assert_eq(hosts_settle(&h, &err), 0);
	cr_assert_eq(h.n, 2);
	cr_assert_eq(hosts_of_addr(&h, &here.addr), HOST_NONE);
	cr_assert_not(hosts_may_be_at(&h, 0, &here.addr));
	cr_assert_not(hosts_may_be_at(&h, 1, &here.addr));
	cr_assert(hosts_may_be_at(&h, 0, &far.addr));
	hosts_done(&h);
}

/* A capture of another machine beside a log: its names are not for the log's PIDs. */
Test(hosts, a_capture_that_shows_no_address_is_no_host_beside_one)
{
	struct hosts h;
	struct err err = { 0 };
	struct hash_key key = { 3, 4 };
	struct digest d = udp(HERE, THERE, 0);
	struct event e = { .op = EVENT_SEND, .local = scene_endpoint(HERE) };
	cr_assert_eq(hosts_init(&h, 3, key, &err), 0);
	cr_assert_eq(hosts_see_owned(&h, 0, &d, true, &err), 0);
	cr_assert_eq(hosts_see_event(&h, 1, &e, &err), 0);
	cr_assert_eq(hosts_settle(&h, &err), 0);
	cr_assert_eq(h.of_input[0], HOST_NONE);
	cr_assert_eq(h.of_input[1], 0);
	cr_assert_eq(h.of_input[2], 0, "a table that names no computer is of the only one");
	hosts_done(&h);
}

static uint32_t trimmed(enum owner_origin origin, const char *name)
{
	struct capture_interface interface = { .name = span_text(name) };
	struct owner o = owner_of(origin, 42, "nginx");
	struct packet p = { .owner = &o, .interface = &interface };
	struct digest d = udp(THERE, HERE, DIGEST_SENT);
	stated_trim(&p, &d);
	return d.known & (DIGEST_SENT | DIGEST_RECEIVED);
}

/* Out of a bridge is into a guest, whose process is the receiver; a kernel says whose socket it is
 * all the same. A bridge of another name is not known as one. */
Test(stated, direction_at_a_bridge_says_nothing_of_who_was_looked_up)
{
	cr_assert_eq(trimmed(OWNER_PTCPDUMP, "docker0"), 0);
	cr_assert_eq(trimmed(OWNER_PTCPDUMP, "br-4f1c"), 0);
	cr_assert_eq(trimmed(OWNER_RUSTNET, "br0"), 0);
	cr_assert_eq(trimmed(OWNER_WIRESHARK, "vethd1"), 0);
	cr_assert_eq(trimmed(OWNER_PTCPDUMP, "eth0"), DIGEST_SENT);
	cr_assert_eq(trimmed(OWNER_PTCPDUMP, "bronze"), DIGEST_SENT);
	cr_assert_eq(trimmed(OWNER_PTCPDUMP, "any"), 0);
	cr_assert_eq(trimmed(OWNER_PTCPDUMP, ""), 0);
	cr_assert_eq(trimmed(OWNER_DARWIN, "bridge100"), DIGEST_SENT);
}

/* The second section of a file is of another machine, and its block could not be read. */
Test(stated, a_statement_without_a_name_borrows_none)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	struct owner named = owner_of(OWNER_DARWIN, 42, "curl");
	struct owner nameless = owner_of(OWNER_DARWIN, 42, "");
	struct digest a = udp("10.0.0.1:1", THERE, DIGEST_SENT);
	struct digest b = udp("10.0.0.1:2", THERE, DIGEST_SENT);
	struct digest c = udp("10.0.0.1:3", THERE, DIGEST_SENT);
	uint64_t before = scene_stated(sc, 0, &b, &nameless);
	uint64_t with = scene_stated(sc, 1, &a, &named);
	uint64_t behind = scene_stated(sc, 2, &c, &nameless);
	scene_finish(sc);
	assert_sender(sc, before, "exact 42");
	cr_assert_str_eq(image_of(sc, before, SIDE_SENDER), "");
	cr_assert_str_eq(image_of(sc, with, SIDE_SENDER), "curl");
	assert_sender(sc, behind, "exact 42");
	cr_assert_str_eq(image_of(sc, behind, SIDE_SENDER), "");
	scene_free(sc);
}

/* Three processes follow each other on one flow; each packet states its own. */
Test(stated, a_packets_own_statement_decides_among_statements)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	struct digest d = udp(HERE, THERE, DIGEST_SENT);
	uint64_t frames[6];
	for (uint32_t i = 0; i < 6; i++) {
		struct owner o = owner_of(OWNER_PTCPDUMP, 40 + i % 3, "x");
		frames[i] = scene_stated(sc, i * 10, &d, &o);
	}
	scene_finish(sc);
	for (uint32_t i = 0; i < 6; i++) {
		char want[16];
		snprintf(want, sizeof want, "flow %u", 40 + i % 3);
		assert_sender(sc, frames[i], want);
	}
	scene_free(sc);
}

/* Where the file lists its own addresses, a direction from another one is that of a bridge. */
Test(stated, a_direction_that_contradicts_the_listed_addresses_names_nobody)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	struct owner o = owner_of(OWNER_PTCPDUMP, 42, "nginx");
	struct digest d = udp("203.0.113.9:5555", "172.17.0.2:80", DIGEST_SENT);
	uint64_t frame = scene_stated(sc, 0, &d, &o);
	scene_finish(sc);
	assert_sender(sc, frame, "other-host");
	assert_receiver(sc, frame, "other-host");
	scene_free(sc);
}

/* More names of one PID than are kept: the packet states one, and it is not another one's. */
Test(stated, a_limit_leaves_no_name)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	struct digest d = udp(HERE, THERE, DIGEST_SENT);
	uint64_t last = 0;
	for (int i = 0; i < 80; i++) {
		char name[16];
		snprintf(name, sizeof name, "x%d", i);
		struct owner o = owner_of(OWNER_PTCPDUMP, 42, name);
		last = scene_stated(sc, i, &d, &o);
	}
	scene_finish(sc);
	cr_assert_eq(sc->answers[last].claims[SIDE_SENDER].grade, GRADE_NONE);
	scene_free(sc);
}

/* To a subnet's broadcast address, from an address that nothing shows as ours. */
Test(stated, who_is_at_neither_known_end_stays_a_candidate)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	struct owner o = owner_of(OWNER_PTCPDUMP, 42, "nmbd");
	struct digest d = udp("10.0.0.7:137", "10.0.0.255:137", 0);
	uint64_t frame = scene_stated(sc, 0, &d, &o);
	scene_finish(sc);
	assert_sender(sc, frame, "other-host");
	cr_assert_eq(sc->answers[frame].claims[SIDE_SENDER].n_candidates, 1);
	cr_assert_eq(sc->answers[frame].claims[SIDE_RECEIVER].n_candidates, 0);
	scene_free(sc);
}

Test(hosts, stated_address_is_local)
{
	struct hosts h;
	struct err err = { 0 };
	struct hash_key key = { 3, 4 };
	struct endpoint here = scene_endpoint(HERE), any = scene_endpoint("0.0.0.0:0");
	cr_assert_eq(hosts_init(&h, 2, key, &err), 0);
	cr_assert_eq(hosts_see_address(&h, 1, &here.addr, &err), 0);
	cr_assert_eq(hosts_see_address(&h, 1, &any.addr, &err), 0);
	cr_assert_eq(hosts_settle(&h, &err), 0);
	cr_assert_eq(hosts_of_addr(&h, &here.addr), 0);
	cr_assert_eq(hosts_of_addr(&h, &any.addr), HOST_NONE);
	hosts_done(&h);
}
