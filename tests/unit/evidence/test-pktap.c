/* SPDX-License-Identifier: Apache-2.0 */
/* PKTAP headers in pcap and pcapng files. */
#include "owner_case.h"

#include "evidence/capture/capture.h"
#include "evidence/capture/pktap.h"
#include "write/pcap.h"

#define HEADER 108

struct tapped {
	uint32_t length, next, link, flags, pid, effective;
	const char *name, *effective_name;
};

static void le32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

/* A header and a frame of 14 bytes behind it. */
static struct span build(const struct tapped *t, uint8_t buf[static HEADER + 14])
{
	memset(buf, 0, HEADER + 14);
	le32(buf, t->length);
	le32(buf + 4, t->next);
	le32(buf + 8, t->link);
	memcpy(buf + 12, "en0", 3);
	le32(buf + 36, t->flags);
	le32(buf + 52, t->pid);
	strncat((char *)buf + 56, t->name, 20);
	le32(buf + 84, t->effective);
	strncat((char *)buf + 88, t->effective_name, 20);
	return span_of(buf, HEADER + 14);
}

static const struct tapped safari = { .length = HEADER,
	.next = 1,
	.link = 1,
	.flags = 2,
	.pid = 42,
	.effective = 77,
	.name = "com.apple.WebKit",
	.effective_name = "Safari" };

static bool tap(struct tapped t, uint32_t link, enum packet_way *way, struct owner *owner)
{
	static uint8_t buf[HEADER + 14];
	return pktap_read(build(&t, buf), link, way, owner);
}

Test(pktap, header)
{
	enum packet_way way;
	struct owner o;
	cr_assert(tap(safari, LINKTYPE_PKTAP, &way, &o));
	cr_assert_eq(way, WAY_OUT);
	cr_assert_eq(o.origin, OWNER_DARWIN);
	cr_assert_eq(o.pid, 42);
	cr_assert_eq(o.image.n, 16);
	cr_assert(o.image_cut, "16 characters are all that the kernel gives");
	cr_assert(o.has_effective);
	cr_assert_eq(o.effective, 77);
	cr_assert_eq(o.effective_image.n, 6);
	struct tapped t = safari;
	t.flags = 1;
	t.effective = 42;
	cr_assert(tap(t, LINKTYPE_PKTAP, &way, &o));
	cr_assert_eq(way, WAY_IN);
	cr_assert_not(o.has_effective);
	t.flags = 3;
	t.effective = UINT32_MAX;
	cr_assert(tap(t, LINKTYPE_PKTAP, &way, &o));
	cr_assert_eq(way, WAY_UNKNOWN);
	cr_assert_not(o.has_effective);
}

/* The kernel is PID 0 with a name. */
Test(pktap, nobody)
{
	enum packet_way way;
	struct owner o;
	struct tapped t = safari;
	t.pid = UINT32_MAX;
	cr_assert(tap(t, LINKTYPE_PKTAP, &way, &o));
	cr_assert_not(pktap_names(&o));
	t.pid = 0;
	cr_assert(tap(t, LINKTYPE_PKTAP, &way, &o));
	cr_assert(pktap_names(&o));
	t.name = "";
	cr_assert(tap(t, LINKTYPE_PKTAP, &way, &o));
	cr_assert_not(pktap_names(&o));
}

Test(pktap, headers_that_are_none)
{
	static const uint32_t lengths[] = { 0, 1, 107, 123, 0x7fffffff, 0xffffffff };
	enum packet_way way;
	struct owner o;
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		struct tapped t = safari;
		t.length = lengths[i];
		cr_assert_not(tap(t, LINKTYPE_PKTAP, &way, &o), "%u", lengths[i]);
	}
	struct tapped t = safari;
	t.next = 0;
	cr_assert_not(tap(t, LINKTYPE_PKTAP, &way, &o));
	t.next = 2;
	cr_assert_not(tap(t, LINKTYPE_PKTAP, &way, &o));
}

/* Link type 149 is for private use: there all that can be checked must be as in PKTAP. Frames of
 * another program that are so by chance would be misread; here each check fails alone. */
Test(pktap, private_link_type)
{
	enum packet_way way;
	struct owner o;
	cr_assert(tap(safari, LINKTYPE_USER2, &way, &o));
	struct tapped t = safari;
	t.link = 0x10000;
	cr_assert_not(tap(t, LINKTYPE_USER2, &way, &o));
	t = safari;
	t.link = LINKTYPE_USER2;
	cr_assert_not(tap(t, LINKTYPE_USER2, &way, &o));
	uint8_t buf[HEADER + 14];
	struct span frame = build(&safari, buf);
	buf[12] = 0;
	cr_assert_not(pktap_read(frame, LINKTYPE_USER2, &way, &o));
	cr_assert(pktap_read(frame, LINKTYPE_PKTAP, &way, &o));
	static const size_t fields[][2] = { { 12, 24 }, { 56, 20 }, { 88, 20 } };
	for (size_t i = 0; i < 3; i++) {
		build(&safari, buf);
		memset(buf + fields[i][0], 'x', fields[i][1]);
		cr_assert_not(pktap_read(frame, LINKTYPE_USER2, &way, &o));
	}
}

Test(pktap, every_cut)
{
	static uint8_t buf[HEADER + 14];
	build(&safari, buf);
	for (size_t n = 0; n <= sizeof buf; n++) {
		enum packet_way way;
		struct owner o;
		uint8_t *copy = malloc(n + 1);
		memcpy(copy + 1, buf, n);
		cr_assert_eq(
			pktap_read(span_of(copy + 1, n), LINKTYPE_PKTAP, &way, &o), n >= HEADER);
		free(copy);
	}
}

static void assert_safari(const struct seen *s)
{
	assert_owner(s, OWNER_DARWIN, 42, "com.apple.WebKit");
	cr_assert_str_eq(s->effective, "Safari");
	cr_assert_eq(s->record.packet.way, WAY_OUT);
}

Test(pktap, in_pcap)
{
	for (int form = 0; form < 8; form++) {
		static struct sight s;
		uint8_t buf[HEADER + 14];
		struct pcap_writer w;
		struct str file;
		uint32_t link = form & 4 ? 1 : form & 2 ? LINKTYPE_USER2 : LINKTYPE_PKTAP;
		str_init(&file, 4096);
		pcap_begin(&w, &file, (struct pcap_form){ .big = form & 1, .link_type = link });
		pcap_frame(&w, 1, build(&safari, buf));
		pcap_frame(&w, 2, span_text("short"));
		see(&format_pcap, &file, &s);
		cr_assert_eq(s.n, 2);
		if (link == 1)
			assert_no_owner(&s.all[0]);
		else
			assert_safari(&s.all[0]);
		assert_no_owner(&s.all[1]);
		cr_assert_eq(s.all[1].record.packet.way, WAY_UNKNOWN);
	}
}

/* In pcapng the options of the packet come first: flags for the way, Apple's block for the process;
 * weaker statements do not. */
Test(pktap, in_pcapng)
{
	static struct sight s;
	uint8_t buf[HEADER + 14];
	struct str file;
	struct pcapng_writer w = begin_file(&file, false);
	pcapng_interface(&w, LINKTYPE_PKTAP, 0);
	pcapng_end(&w);
	pcapng_darwin_process(&w, 5);
	pcapng_option(&w, 2, span_text("five"));
	pcapng_end(&w);
	struct span frame = build(&safari, buf);
	pcapng_packet(&w, 1, 1, frame);
	pcapng_end(&w);
	pcapng_packet(&w, 1, 1, frame);
	pcapng_option_u32(&w, 2, 1);
	pcapng_option_u32(&w, 0x8001, 0);
	pcapng_end(&w);
	pcapng_packet(&w, 1, 1, frame);
	pcapng_option_pid(&w, 9, 9);
	pcapng_end(&w);
	pcapng_packet(&w, 0, 1, frame);
	pcapng_end(&w);
	see(&format_pcapng, &file, &s);
	assert_safari(&s.all[0]);
	assert_owner(&s.all[1], OWNER_DARWIN, 5, "five");
	cr_assert_eq(s.all[1].record.packet.way, WAY_IN);
	assert_safari(&s.all[2]);
	assert_no_owner(&s.all[3]);
}
