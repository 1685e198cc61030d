/* SPDX-License-Identifier: Apache-2.0 */
/* Multicast and broadcast: one packet, several receivers on one host. */
#include "scene.h"

#define US "10.0.0.1"
#define PEER "10.0.0.9:5353"
#define GROUP "224.0.0.251:5353"

static void hears(struct scene *sc, double ms, uint32_t pid, const char *group)
{
	scene_say(sc, ms, EVENT_RECV, TRANSPORT_UDP, pid, group, PEER, 40);
}

static void ends(struct scene *sc)
{
	scene_say(sc, 90000, EVENT_SEND, TRANSPORT_UDP, 9, US ":1", "10.0.0.9:1", 1);
	scene_finish(sc);
}

Test(receivers, each_has_an_event_of_its_own)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	uint64_t f = scene_udp(sc, 100, PEER, GROUP, 40);
	for (uint32_t pid = 7; pid < 10; pid++)
		hears(sc, 101, pid, GROUP);
	hears(sc, 101, 7, GROUP); /* a second socket */
	ends(sc);
	const struct claim *c = &sc->answers[f].claims[SIDE_RECEIVER];
	assert_receiver(sc, f, "exact 7");
	cr_assert_eq(c->n_candidates, 2);
	cr_assert_eq(scene_pid(sc, c->candidates[0]), 8);
	cr_assert_eq(scene_pid(sc, c->candidates[1]), 9);
	cr_assert_eq(c->n_evidence, 2);
	cr_assert_not(c->more_candidates);
	scene_free(sc);
}

Test(receivers, more_than_a_claim_can_hold)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	uint64_t f = scene_udp(sc, 100, PEER, GROUP, 40);
	for (uint32_t pid = 7; pid < 20; pid++)
		hears(sc, 101, pid, GROUP);
	ends(sc);
	assert_receiver(sc, f, "exact 7");
	cr_assert(sc->answers[f].claims[SIDE_RECEIVER].more_candidates);
	scene_free(sc);
}

/* Two packets of one tick: only where each has two events is it clear who received which. */
Test(receivers, a_burst_counts_for_each)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	for (uint32_t i = 0; i < 2; i++)
		for (uint32_t pid = 7; pid < 9; pid++)
			hears(sc, 100, pid, GROUP);
	uint64_t a = scene_udp(sc, 100, PEER, GROUP, 40), b = scene_udp(sc, 101, PEER, GROUP, 40);
	hears(sc, 1000, 7, GROUP);
	hears(sc, 1000, 7, GROUP);
	hears(sc, 1000, 8, GROUP);
	uint64_t c = scene_udp(sc, 1000, PEER, GROUP, 40);
	uint64_t d = scene_udp(sc, 1001, PEER, GROUP, 40);
	ends(sc);
	assert_receiver(sc, a, "exact 7");
	assert_receiver(sc, b, "exact 7");
	assert_receiver(sc, c, "ambiguous");
	assert_receiver(sc, d, "ambiguous");
	scene_free(sc);
}

/* A subnet's broadcast address looks like a host's: the frame's own address tells. */
Test(receivers, broadcast_shows_in_the_frame)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	for (int group = 0; group < 2; group++) {
		struct digest d = scene_digest(TRANSPORT_UDP, PEER, "10.0.0.255:137", 40);
		d.known |= group ? DIGEST_GROUP : 0;
		hears(sc, 1000 * group + 100, 7, "10.0.0.255:137");
		hears(sc, 1000 * group + 100, 8, "10.0.0.255:137");
		scene_packet(sc, 1000 * group + 101, &d);
	}
	ends(sc);
	assert_receiver(sc, 1, "ambiguous");
	assert_receiver(sc, 2, "exact 7");
	scene_free(sc);
}

/* With a clock that is not sure an event may belong to another packet. */
Test(receivers, an_unsure_clock_leaves_it_open)
{
	struct scene *sc = scene_new(CLOCK_UNSURE, US ":0");
	hears(sc, 100, 7, GROUP);
	hears(sc, 100, 8, GROUP);
	uint64_t f = scene_udp(sc, 101, PEER, GROUP, 40);
	ends(sc);
	assert_receiver(sc, f, "ambiguous");
	scene_free(sc);
}

/* What one process received at its own address is one process's, though two say so. */
Test(receivers, one_address_has_one_receiver)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	hears(sc, 100, 7, US ":5353");
	hears(sc, 100, 8, US ":5353");
	uint64_t f = scene_udp(sc, 101, PEER, US ":5353", 40);
	ends(sc);
	assert_receiver(sc, f, "ambiguous");
	scene_free(sc);
}
