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

static uint64_t stated_packet(
	struct scene *sc, double ms, const struct digest *d, const struct owner *owner)
{
	struct err err = { 0 };
	struct ref_time t = { (int64_t)(ms * MS) };
	struct record rec = { .kind = RECORD_PACKET, .number = ++sc->frames };
	rec.packet.owner = owner;
	cr_assert_eq(join_packet(sc->join, &rec, d, &t, true, &err), 0, "%s", err.msg);
	return sc->frames;
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
		uint64_t sent = stated_packet(sc, 0, &out, &o);
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
	uint64_t received = stated_packet(sc, 0, &in, &o);
	uint64_t by_address = stated_packet(sc, 1, &untold, &o);
	uint64_t neither = stated_packet(sc, 2, &foreign, &o);
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
	uint64_t frame = stated_packet(sc, 0, &d, &o);
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
		stated_packet(sc, 0, &request, &o);
		/* Sent by the server, and the client is named. */
		uint64_t wrong = stated_packet(sc, 1, &answer, &o);
		stated_packet(sc, 2, &request, &o);
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
	stated_packet(sc, 0, &out, &o);
	uint64_t answer = scene_packet(sc, 500, &in);
	stated_packet(sc, 1000, &out, &o);
	uint64_t late = scene_packet(sc, 5000, &in);
	stated_packet(sc, 5000, &other, &polled);
	uint64_t beside = scene_packet(sc, 5100, &other);
	stated_packet(sc, 5200, &other, &polled);
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
	uint64_t a = stated_packet(sc, 0, &out, &first);
	uint64_t between = scene_packet(sc, 10, &out);
	uint64_t b = stated_packet(sc, 20, &out, &second);
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
	uint64_t agreed = stated_packet(sc, 0, &out, &o);
	scene_say(sc, 5000, EVENT_SEND, TRANSPORT_UDP, 50, HERE, THERE, 20);
	uint64_t stronger = stated_packet(sc, 5000, &out, &o);
	scene_say(sc, 10000, EVENT_SEND, TRANSPORT_UDP, 50, HERE, THERE, 20);
	uint64_t disputed = stated_packet(sc, 10000, &out, &kernel);
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
	uint64_t a = stated_packet(sc, 0, &out, &before);
	uint64_t b = stated_packet(sc, 1, &out, &after);
	uint64_t c = stated_packet(sc, 2, &out, &before);
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
	uint64_t a = stated_packet(sc, 0, &out, &o);
	o.start.ns = 500 * MS;
	uint64_t b = stated_packet(sc, 1000, &out, &o);
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
	uint64_t frame = stated_packet(sc, 0, &out, &o);
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
	uint64_t frame = stated_packet(sc, 0, &d, &o);
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
	uint64_t request = stated_packet(sc, 0, &d, &o);
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
	struct digest d = tunnelled(0);
	scene_say(sc, 0, EVENT_SEND, TRANSPORT_UDP, 42, "192.168.7.1:4000", "192.168.7.2:53", 20);
	uint64_t frame = scene_packet(sc, 0, &d);
	scene_finish(sc);
	assert_sender(sc, frame, "exact 42");
	cr_assert(sc->answers[frame].has_outer);
	cr_assert_eq(sc->answers[frame].outer[SIDE_SENDER].grade, GRADE_NONE);
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
	struct owner looked_up = owner_of(OWNER_PTCPDUMP, 99, "ovs");
	struct owner kernel = owner_of(OWNER_DARWIN, 98, "utund");
	struct digest d = tunnelled(DIGEST_SENT);
	uint64_t frame = stated_packet(sc, 0, &d, &looked_up);
	uint64_t unclear = stated_packet(sc, 1, &d, &kernel);
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

static uint32_t host_after(uint8_t peers, bool from_one_side)
{
	struct hosts h;
	struct err err = { 0 };
	struct hash_key key = { 3, 4 };
	cr_assert_eq(hosts_init(&h, 1, key, &err), 0);
	for (uint8_t i = 0; i < peers; i++) {
		struct digest d = udp(HERE, THERE, 0);
		d.flow.dst.addr.b[15] = i;
		if (!from_one_side && i % 2)
			d.flow = flow_reverse(d.flow);
		cr_assert_eq(hosts_see_owned(&h, 0, &d, &err), 0);
	}
	cr_assert_eq(hosts_settle(&h, &err), 0);
	struct endpoint here = scene_endpoint(HERE);
	uint32_t host = hosts_of_addr(&h, &here.addr);
	hosts_done(&h);
	return host;
}

Test(hosts, star_of_peers_shows_the_local_address)
{
	cr_assert_eq(host_after(STAR_PEERS, false), 0);
	cr_assert_eq(host_after(STAR_PEERS, true), 0);
	/* A host with seven addresses and one peer looks just like this. */
	cr_assert_eq(host_after(STAR_PEERS - 1, true), HOST_NONE);
}

Test(hosts, two_centres_show_nothing)
{
	struct hosts h;
	struct err err = { 0 };
	struct hash_key key = { 3, 4 };
	cr_assert_eq(hosts_init(&h, 1, key, &err), 0);
	for (uint8_t i = 0; i < 40; i++) {
		struct digest d = udp(HERE, THERE, 0);
		d.flow.dst.addr.b[15] = i;
		d.flow.src.addr.b[14] = i & 1;
		cr_assert_eq(hosts_see_owned(&h, 0, &d, &err), 0);
	}
	cr_assert_eq(hosts_settle(&h, &err), 0);
	cr_assert_not(hosts_any_local(&h));
	hosts_done(&h);
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
