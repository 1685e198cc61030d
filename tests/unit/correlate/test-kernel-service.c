/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets of Linux's kernel, whose threads a capture names. */
#include "correlate/kernel_service.h"
#include "scene.h"

#define US "10.0.0.1"
#define HERE US ":700"
#define SERVER "10.0.0.9:2049"

static struct digest sent(void)
{
	struct digest d = scene_digest(TRANSPORT_UDP, HERE, SERVER, 20);
	d.known |= DIGEST_SENT;
	return d;
}

static struct owner child_of(uint32_t parent, const char *image)
{
	return (struct owner){ .origin = OWNER_RUSTNET,
		.pid = 42,
		.has_parent = true,
		.parent = parent,
		.image = span_text(image) };
}

static const struct claim *sender(const struct scene *sc, uint64_t frame)
{
	return &sc->answers[frame].claims[SIDE_SENDER];
}

static void expect_owner(const struct owner *o, const char *words, enum detail detail)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	struct digest d = sent();
	uint64_t frame = scene_stated(sc, 100, &d, o);
	scene_finish(sc);
	cr_expect_str_eq(scene_answer(sc, frame, SIDE_SENDER), words, "%.*s: %s", (int)o->image.n,
		(const char *)o->image.p, scene_answer(sc, frame, SIDE_SENDER));
	cr_expect_eq(sender(sc, frame)->detail, detail);
	if (sender(sc, frame)->grade == GRADE_NONE)
		cr_expect_eq(scene_pid(sc, sender(sc, frame)->about), 42);
	scene_free(sc);
}

Test(kernel_service, threads_by_their_names)
{
	static const struct {
		const char *image;
		enum detail detail;
	} all[] = {
		{ "kworker/u8:1", DETAIL_NONE },
		{ "nfsd", DETAIL_NFS },
		{ "nfsv4.1-svc", DETAIL_NFS },
		{ "lockd", DETAIL_NFS },
		{ "rpciod/0", DETAIL_NFS },
		{ "cifsd", DETAIL_CIFS },
		{ "ksmbd:49152", DETAIL_CIFS },
		{ "wg-crypt-wg0", DETAIL_WIREGUARD },
		{ "iscsi_ttx", DETAIL_ISCSI },
		{ "drbd_a_data", DETAIL_DRBD },
	};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		struct owner o = child_of(2, all[i].image);
		expect_owner(&o, "kernel-service", all[i].detail);
	}
}

/* Programs that the kernel starts are children of its threads; and anyone may be called so. */
Test(kernel_service, name_and_parent_must_agree)
{
	static const struct {
		uint32_t parent;
		const char *image;
	} all[] = { { 2, "modprobe" }, { 2, "" }, { 2, "kwork" }, { 1, "nfsd" },
		{ 1, "kworker/u8:1" } };
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		struct owner o = child_of(all[i].parent, all[i].image);
		expect_owner(&o, "flow 42", DETAIL_NONE);
	}
	struct owner orphan = child_of(0, "nfsd");
	orphan.has_parent = false;
	expect_owner(&orphan, "flow 42", DETAIL_NONE);
}

/* Hone says so itself, whatever the thread is called. */
Test(kernel_service, a_form_that_says_so)
{
	struct owner o = { .origin = OWNER_HONE, .pid = 42, .kernel = true };
	o.image = span_text("mystery");
	expect_owner(&o, "kernel-service", DETAIL_NONE);
	o.image = (struct span){ 0 };
	expect_owner(&o, "kernel-service", DETAIL_NONE);
}

/* A program in the kernel's shape: it gets a reason for its name, and no other name. */
Test(kernel_service, a_program_that_is_called_like_a_thread)
{
	struct owner o = child_of(2, "nfsd-helper");
	expect_owner(&o, "kernel-service", DETAIL_NFS);
}

/* What lies between two statements is of the same socket. */
Test(kernel_service, packets_between)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	struct owner o = child_of(2, "nfsd");
	struct digest d = sent(), back = sent();
	back.flow = flow_reverse(back.flow);
	back.known &= ~(uint32_t)DIGEST_SENT;
	scene_stated(sc, 100, &d, &o);
	uint64_t between = scene_packet(sc, 200, &back);
	scene_stated(sc, 300, &d, &o);
	scene_finish(sc);
	assert_receiver(sc, between, "kernel-service");
	cr_assert_eq(sc->answers[between].direction, DIRECTION_IN);
	scene_free(sc);
}

/* An event of the very packet outweighs who holds the flow. */
Test(kernel_service, never_over_a_name)
{
	struct scene *sc = scene_new(CLOCK_SURE, US ":0");
	struct owner o = child_of(2, "kworker/u8:1");
	struct digest d = sent();
	scene_say(sc, 100, EVENT_SEND, TRANSPORT_UDP, 7, HERE, SERVER, 20);
	uint64_t frame = scene_stated(sc, 101, &d, &o);
	scene_finish(sc);
	assert_sender(sc, frame, "exact 7");
	scene_free(sc);
}

/* Who encapsulates is the kernel anyway. */
Test(kernel_service, an_outer_packet_names_no_thread)
{
	for (int kernel = 0; kernel < 2; kernel++) {
		struct scene *sc = scene_new(CLOCK_SURE, US ":0");
		struct owner o = child_of(2, kernel ? "wg-crypt-wg0" : "openvpn");
		struct digest d = sent();
		d.known |= DIGEST_TUNNEL | DIGEST_OUTER;
		d.tunnel = TUNNEL_VXLAN;
		d.outer = d.flow;
		d.outer_transport = TRANSPORT_UDP;
		uint64_t frame = scene_stated(sc, 100, &d, &o);
		scene_finish(sc);
		cr_assert(sc->answers[frame].has_outer);
		process_handle outer = sc->answers[frame].outer[SIDE_SENDER].process;
		cr_assert_eq(outer == PROCESS_NONE, kernel == 1);
		scene_free(sc);
	}
}
