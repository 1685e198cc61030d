/* SPDX-License-Identifier: Apache-2.0 */
/* Every reason, and every grade that the correlator gives: a packet that gets it, and its nearest
 * neighbour that must get another answer. A reason that is added to the list without a story of its
 * own fails here. */
#include "scene.h"

#define US "10.0.0.1"
#define PEER "10.0.0.9"
#define TCP_US US ":5000"
#define TCP_PEER PEER ":80"

/* Tells it to the scene, as it is (`so`) or as the neighbour, and returns the frame asked for. */
typedef uint64_t story(struct scene *sc, bool so);

static void sends(struct scene *sc, double ms, uint32_t pid)
{
	scene_say(sc, ms, EVENT_SEND, TRANSPORT_UDP, pid, US ":4000", PEER ":53", 30);
}

static uint64_t datagram(struct scene *sc, double ms)
{
	return scene_udp(sc, ms, US ":4000", PEER ":53", 30);
}

static struct digest without_ports(uint8_t transport)
{
	struct digest d = scene_digest(transport, US ":0", PEER ":0", 8);
	d.known &= ~(uint32_t)DIGEST_PORTS;
	return d;
}

static struct digest icmp(uint8_t transport, uint8_t type)
{
	struct digest d = without_ports(transport);
	d.known |= DIGEST_ICMP;
	d.icmp_type = type;
	return d;
}

/* The neighbour of what has no IP addresses: understood, and of a protocol of its own. */
static uint64_t bare(struct scene *sc, uint32_t known)
{
	struct digest d = { .known = known, .transport = TRANSPORT_NONE };
	return scene_packet(sc, 1000, &d);
}

static uint64_t undecodable(struct scene *sc, bool so)
{
	return bare(sc, so ? 0 : DIGEST_DECODED);
}

static uint64_t kernel_arp(struct scene *sc, bool so)
{
	return bare(sc, so ? DIGEST_DECODED | DIGEST_ARP : DIGEST_DECODED);
}

static uint64_t kernel_icmp_error(struct scene *sc, bool so)
{
	struct digest d = icmp(TRANSPORT_ICMP, so ? 3 : 8);
	return scene_packet(sc, 1000, &d);
}

static uint64_t kernel_echo_reply(struct scene *sc, bool so)
{
	struct digest d = icmp(TRANSPORT_ICMP, so ? 0 : 8);
	return scene_packet(sc, 1000, &d);
}

/* A reset of a socket that lives is its owner's. */
static uint64_t kernel_tcp_reset(struct scene *sc, bool so)
{
	if (so)
		return scene_tcp(sc, 1000, TCP_US, TCP_PEER, TCP_RST | TCP_ACK, 0, 0);
	scene_say(sc, 1000, EVENT_CONNECT, TRANSPORT_TCP, 7, TCP_US, TCP_PEER, 0);
	scene_tcp(sc, 1001, TCP_US, TCP_PEER, TCP_SYN, 1000, 0);
	return scene_tcp(sc, 1100, TCP_US, TCP_PEER, TCP_RST | TCP_ACK, 1001, 0);
}

static uint64_t kernel_tcp_after_exit(struct scene *sc, bool so)
{
	struct err err = { 0 };
	struct process_note end = { .what = NOTE_END, .pid = so ? 7 : 8 };
	struct ref_time when = { 2000 * MS };
	scene_say(sc, 1000, EVENT_CONNECT, TRANSPORT_TCP, 7, TCP_US, TCP_PEER, 0);
	scene_tcp(sc, 1001, TCP_US, TCP_PEER, TCP_SYN, 1000, 0);
	cr_assert_eq(roster_note(sc->roster, 0, &end, &when, &err), 0);
	return scene_tcp(sc, 2100, TCP_US, TCP_PEER, TCP_FIN | TCP_ACK, 1001, 0);
}

static uint64_t kernel_ndp(struct scene *sc, bool so)
{
	struct digest d = icmp(TRANSPORT_ICMPV6, so ? 135 : 138);
	return scene_packet(sc, 1000, &d);
}

/* PIM talks to groups too, and is a daemon's. */
static uint64_t kernel_igmp(struct scene *sc, bool so)
{
	struct digest d = without_ports(so ? TRANSPORT_IGMP : 103);
	return scene_packet(sc, 1000, &d);
}

/* A program that makes a tunnel's packets itself has events of them. */
static uint64_t kernel_tunnel(struct scene *sc, bool so)
{
	struct digest d = scene_digest(TRANSPORT_UDP, US ":4000", PEER ":53", 30);
	d.known |= DIGEST_TUNNEL;
	d.tunnel = TUNNEL_ESP;
	sends(sc, so ? 5000 : 1000, 7);
	return scene_packet(sc, 1001, &d);
}

/* A thread of the kernel, or a program of the same name. */
static uint64_t kernel_service(struct scene *sc, bool so)
{
	struct err err = { 0 };
	struct owner owner = { .origin = OWNER_RUSTNET,
		.pid = 7,
		.has_parent = true,
		.parent = so ? 2 : 1,
		.image = span_text("nfsd") };
	struct digest d = scene_digest(TRANSPORT_UDP, US ":4000", PEER ":53", 30);
	struct ref_time when = { 1000 * MS };
	struct record rec = { .kind = RECORD_PACKET, .number = ++sc->frames };
	rec.packet.owner = &owner;
	d.known |= DIGEST_SENT;
	cr_assert_eq(join_packet(sc->join, &rec, &d, &when, true, &err), 0);
	return sc->frames;
}

/* Where the file does not list its addresses, the sender may be one of ours. */
static uint64_t forwarded(struct scene *sc, bool so)
{
	struct digest d = scene_digest(TRANSPORT_UDP, "192.168.7.2:5000", "10.9.9.9:53", 8);
	d.known |= DIGEST_SENT;
	sc->hosts.shown[0].told = so;
	return scene_packet(sc, 1000, &d);
}

static uint64_t other_host(struct scene *sc, bool so)
{
	return scene_udp(sc, 1000, so ? "10.0.0.2:4000" : US ":4000", PEER ":53", 30);
}

static uint64_t not_traced(struct scene *sc, bool so)
{
	struct digest d = scene_digest(TRANSPORT_UDP, US ":4000", PEER ":53", 30);
	if (so)
		d.transport = TRANSPORT_UDPLITE;
	return scene_packet(sc, 1000, &d);
}

static uint64_t outside_evidence(struct scene *sc, bool so)
{
	return datagram(sc, so ? 400 : 600);
}

static uint64_t lost_events(struct scene *sc, bool so)
{
	struct ref_time lost = { (so ? 1010 : 1200) * MS };
	coverage_lose(&sc->coverage, 1, &lost, 0);
	return datagram(sc, 1000);
}

static uint64_t ambiguous(struct scene *sc, bool so)
{
	sends(sc, 1000, 7);
	sends(sc, 1000, so ? 8 : 7);
	uint64_t frame = datagram(sc, 1001);
	datagram(sc, 1002);
	return frame;
}

static uint64_t not_in_log(struct scene *sc, bool so)
{
	sends(sc, so ? 1100 : 1000, 7);
	return datagram(sc, 1001);
}

static uint64_t no_evidence(struct scene *sc, bool so)
{
	sc->clocks[1].state = so ? CLOCK_NONE : CLOCK_SURE;
	return datagram(sc, 1000);
}

static uint64_t exact(struct scene *sc, bool so)
{
	scene_say(sc, 1000, EVENT_SEND, TRANSPORT_UDP, 7, US ":4000", PEER ":53", so ? 30 : 31);
	return datagram(sc, 1001);
}

/* Behind the last event the port may be anyone's. */
static uint64_t flow(struct scene *sc, bool so)
{
	sends(sc, 1000, 7);
	datagram(sc, 1001);
	uint64_t frame = datagram(sc, 2000);
	sends(sc, so ? 3000 : 1500, 7);
	datagram(sc, so ? 3001 : 1501);
	return frame;
}

static uint64_t endpoint(struct scene *sc, bool so)
{
	scene_say(sc, 1000, EVENT_HOLD, TRANSPORT_UDP, 7, so ? US ":4000" : US ":4001", "0.0.0.0:0",
		0);
	return datagram(sc, 2000);
}

/* The capture shows the event's own address, so nothing is translated. */
static uint64_t ports(struct scene *sc, bool so)
{
	scene_say(sc, 1000, EVENT_SEND, TRANSPORT_UDP, 7, "172.16.0.5:4000", "172.16.9.9:2344", 8);
	if (!so)
		scene_udp(sc, 900, "172.16.0.5:9999", "172.16.9.9:7", 1);
	return scene_udp(sc, 1001, US ":4000", "192.0.2.7:2344", 8);
}

struct telling {
	story *tell;
	const char *instead; /* what the neighbour gets */
};

static const struct telling reasons[REASON_COUNT] = {
	[REASON_UNDECODABLE] = { undecodable, "not-traced" },
	[REASON_KERNEL_ICMP_ERROR] = { kernel_icmp_error, "not-traced" },
	[REASON_KERNEL_ECHO_REPLY] = { kernel_echo_reply, "not-traced" },
	[REASON_KERNEL_TCP_RESET] = { kernel_tcp_reset, "flow 7" },
	[REASON_KERNEL_TCP_AFTER_EXIT] = { kernel_tcp_after_exit, "flow 7" },
	[REASON_KERNEL_ARP] = { kernel_arp, "not-traced" },
	[REASON_KERNEL_NDP] = { kernel_ndp, "not-traced" },
	[REASON_KERNEL_IGMP] = { kernel_igmp, "not-traced" },
	[REASON_KERNEL_TUNNEL] = { kernel_tunnel, "exact 7" },
	[REASON_KERNEL_SERVICE] = { kernel_service, "flow 7" },
	[REASON_FORWARDED] = { forwarded, "other-host" },
	[REASON_OTHER_HOST] = { other_host, "not-in-log" },
	[REASON_NOT_TRACED] = { not_traced, "not-in-log" },
	[REASON_OUTSIDE_EVIDENCE] = { outside_evidence, "not-in-log" },
	[REASON_LOST_EVENTS] = { lost_events, "not-in-log" },
	[REASON_AMBIGUOUS] = { ambiguous, "exact 7" },
	[REASON_NOT_IN_LOG] = { not_in_log, "exact 7" },
	[REASON_NO_EVIDENCE] = { no_evidence, "not-in-log" },
};

/* Grades over whole groups are given in another room, behind the last packet. */
static const struct telling grades[GRADE_COUNT] = {
	[GRADE_PORTS] = { ports, "not-in-log" },
	[GRADE_ENDPOINT] = { endpoint, "not-in-log" },
	[GRADE_FLOW] = { flow, "not-in-log" },
	[GRADE_EXACT] = { exact, "not-in-log" },
};

/* The log reaches from 0.5 s to 9 s, so that what is asked stands neither before nor behind it. */
static void expect_answer(story *tell, bool so, const char *words)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	scene_say(sc, 500, EVENT_SEND, TRANSPORT_UDP, 9, US ":1", PEER ":1", 1);
	uint64_t frame = tell(sc, so);
	scene_say(sc, 9000, EVENT_SEND, TRANSPORT_UDP, 9, US ":1", PEER ":1", 1);
	scene_finish(sc);
	cr_expect_str_eq(scene_answer(sc, frame, SIDE_SENDER), words, "%s is expected %s, not %s",
		words, so ? "" : "of the neighbour", scene_answer(sc, frame, SIDE_SENDER));
	scene_free(sc);
}

Test(answers, every_reason_is_given_and_not_to_its_neighbour)
{
	for (int r = REASON_NONE + 1; r < REASON_COUNT; r++) {
		const char *name = reason_name((enum reason)r);
		cr_assert(reasons[r].tell, "no story ends in %s", name);
		expect_answer(reasons[r].tell, true, name);
		cr_assert_str_neq(reasons[r].instead, name);
		expect_answer(reasons[r].tell, false, reasons[r].instead);
	}
}

Test(answers, every_grade_is_given_and_not_to_its_neighbour)
{
	for (int g = GRADE_PORTS; g < GRADE_COUNT; g++) {
		char name[32];
		snprintf(name, sizeof name, "%s 7", grade_name((enum grade)g));
		cr_assert(grades[g].tell, "no story ends in %s", name);
		expect_answer(grades[g].tell, true, name);
		cr_assert_str_neq(grades[g].instead, name);
		expect_answer(grades[g].tell, false, grades[g].instead);
	}
}

static void expect_type(uint8_t transport, uint8_t type, const char *words)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	struct digest d = icmp(transport, type);
	uint64_t frame = scene_packet(sc, 1000, &d);
	scene_finish(sc);
	cr_expect_str_eq(scene_answer(sc, frame, SIDE_SENDER), words, "protocol %u, type %u: %s",
		transport, type, scene_answer(sc, frame, SIDE_SENDER));
	scene_free(sc);
}

/* The types at both edges of each kind, by IANA's lists "ICMP Type Numbers" and "ICMPv6 "type"
 * Numbers". */
Test(answers, types_of_icmp)
{
	static const uint8_t v4_errors[] = { 3, 4, 5, 11, 12 };
	static const uint8_t v4_others[] = { 8, 9, 10, 13, 14, 17, 42 };
	static const uint8_t v6_reports[] = { 130, 131, 132, 143 };
	static const uint8_t v6_others[] = { 128, 138, 142, 144, 160, 255 };
	for (size_t i = 0; i < sizeof v4_errors; i++)
		expect_type(TRANSPORT_ICMP, v4_errors[i], "kernel-icmp-error");
	for (size_t i = 0; i < sizeof v4_others; i++)
		expect_type(TRANSPORT_ICMP, v4_others[i], "not-traced");
	for (unsigned type = 1; type <= 4; type++)
		expect_type(TRANSPORT_ICMPV6, (uint8_t)type, "kernel-icmp-error");
	for (unsigned type = 133; type <= 137; type++)
		expect_type(TRANSPORT_ICMPV6, (uint8_t)type, "kernel-ndp");
	for (size_t i = 0; i < sizeof v6_reports; i++)
		expect_type(TRANSPORT_ICMPV6, v6_reports[i], "kernel-igmp");
	for (size_t i = 0; i < sizeof v6_others; i++)
		expect_type(TRANSPORT_ICMPV6, v6_others[i], "not-traced");
	expect_type(TRANSPORT_ICMP, 0, "kernel-echo-reply");
	expect_type(TRANSPORT_ICMPV6, 129, "kernel-echo-reply");
}

/* Who receives an echo reply asked for it, and no kernel. */
Test(answers, whoever_asked_receives_the_reply)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	struct digest d = icmp(TRANSPORT_ICMP, 0);
	d.flow = flow_reverse(d.flow);
	uint64_t frame = scene_packet(sc, 1000, &d);
	scene_finish(sc);
	assert_sender(sc, frame, "kernel-echo-reply");
	assert_receiver(sc, frame, "not-traced");
	scene_free(sc);
}
