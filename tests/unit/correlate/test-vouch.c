/* SPDX-License-Identifier: Apache-2.0 */
/* Packets between two events of one process, while the log's clock is set or seems to be. */
#include "scene.h"

#define US "10.0.0.1"
#define PEER "10.0.0.9"
#define SOCKET US ":4000"
#define BUSY US ":5000"

/* Datagrams of process 9, each of a length of its own. The log's stamps are `late` by so much;
 * `captured`: the capture has the packets. */
static void traffic(struct scene *sc, double from, double to, double late, bool captured)
{
	for (double ms = from; ms < to; ms += 40) {
		uint32_t bytes = 100 + (uint32_t)(ms / 40) % 400;
		scene_say(sc, ms + late, EVENT_SEND, TRANSPORT_UDP, 9, BUSY, PEER ":9", bytes);
		if (captured)
			scene_udp(sc, ms, BUSY, PEER ":9", bytes);
	}
}

static void sends(struct scene *sc, double ms, double stamp, uint32_t pid)
{
	scene_say(sc, stamp, EVENT_SEND, TRANSPORT_UDP, pid, SOCKET, PEER ":7", 8);
	scene_udp(sc, ms, SOCKET, PEER ":7", 8);
}

static void ends(struct scene *sc)
{
	scene_say(sc, 90000, EVENT_SEND, TRANSPORT_UDP, 9, US ":1", PEER ":1", 1);
	scene_finish(sc);
}

Test(vouch, a_clock_that_runs_on)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	traffic(sc, 0, 2000, 0, true);
	sends(sc, 2000, 2000, 7);
	uint64_t f = scene_udp(sc, 2100, SOCKET, PEER ":7", 8);
	sends(sc, 2300, 2300, 7);
	traffic(sc, 2310, 4000, 0, true);
	ends(sc);
	assert_sender(sc, f, "flow 7");
	scene_free(sc);
}

/* At 2000 the log's clock is set on by 0.4 s. What 7 sent at 2010 seems to come behind what 8 sent,
 * whose own row is lost. */
Test(vouch, a_clock_that_was_set_just_before)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	traffic(sc, 0, 1990, 0, true);
	sends(sc, 1995, 1995, 7);
	scene_udp(sc, 2010, SOCKET, PEER ":7", 8);
	uint64_t f = scene_udp(sc, 2200, SOCKET, PEER ":7", 8);
	scene_say(sc, 2410, EVENT_SEND, TRANSPORT_UDP, 7, SOCKET, PEER ":7", 8);
	traffic(sc, 2050, 4000, 400, true);
	ends(sc);
	assert_sender(sc, f, "no-evidence");
	cr_assert_eq(sc->answers[f].claims[SIDE_SENDER].detail, DETAIL_CLOCK_SET);
	scene_free(sc);
}

/* The same of who held a port that has many peers. */
Test(vouch, an_endpoint_is_no_surer)
{
	for (int set = 0; set < 2; set++) {
		struct scene *sc = scene_new(CLOCK_SURE, US ":0");
		double late = set ? 400 : 0;
		traffic(sc, 0, 1990, 0, true);
		scene_say(sc, 1995, EVENT_RECV, TRANSPORT_UDP, 7, SOCKET, PEER ":1", 8);
		uint64_t f = scene_udp(sc, 2200, PEER ":2", SOCKET, 8);
		traffic(sc, 2300, 2400, late, true);
		scene_say(sc, 2410 + late, EVENT_RECV, TRANSPORT_UDP, 7, SOCKET, PEER ":3", 8);
		traffic(sc, 2420, 4000, late, true);
		ends(sc);
		assert_receiver(sc, f, set ? "no-evidence" : "endpoint 7");
		scene_free(sc);
	}
}

/* It is the packets that are gone, not the clock: the name is missed. */
Test(vouch, packets_that_were_not_captured)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	traffic(sc, 0, 2000, 0, true);
	sends(sc, 2000, 2000, 7);
	uint64_t f = scene_udp(sc, 2100, SOCKET, PEER ":7", 8);
	traffic(sc, 2110, 2600, 0, false);
	sends(sc, 2610, 2610, 7);
	traffic(sc, 2620, 4000, 0, true);
	ends(sc);
	assert_sender(sc, f, "no-evidence");
	scene_free(sc);
}

/* A capture of one flow: events of others say nothing of the clock. */
Test(vouch, a_capture_that_was_narrowed)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	traffic(sc, 0, 2000, 0, false);
	sends(sc, 2000, 2000, 7);
	uint64_t f = scene_udp(sc, 2100, SOCKET, PEER ":7", 8);
	sends(sc, 2300, 2300, 7);
	traffic(sc, 2310, 4000, 0, false);
	ends(sc);
	assert_sender(sc, f, "flow 7");
	scene_free(sc);
}
