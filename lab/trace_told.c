/* SPDX-License-Identifier: Apache-2.0 */
/* Writes single things to the log of lab-trace: see trace_told.h. What a reader must find is made
 * here from the story, never from what was written. */
#include "trace_told.h"

#include <string.h>

#include "model/digest.h"
#include "model/source.h"
#include "write/etl_packets.h"

#define SECOND 1000000000ll

/* How much of an image's name Windows kept before version 8. */
enum { OLD_IMAGE = 15, RAW_PID = 6200, RAW_TID = 6204, RAW_ENDPOINT = 0x8a4b0000 };

static uint32_t build(const struct trace *t)
{
	return t->w.form.build;
}

static struct etlog_at moment(struct trace *t, const struct told *told)
{
	return (struct etlog_at){ .ns = told->ns,
		.processor = (uint16_t)random_below(&t->random, t->w.form.processors),
		.pid = 4,
		.tid = 100,
		.kind = t->plan->kind };
}

static void give(struct told *told, enum record_kind kind)
{
	told->given = true;
	told->record.kind = kind;
}

/* When a process began that ran before the log did. */
static int64_t began(const struct trace *t, uint32_t pid)
{
	return t->story->start_ns - (int64_t)pid * SECOND;
}

static uint8_t process_version(uint32_t b)
{
	return b < 2600 ? 0 : b < 6000 ? 1 : b < 7600 ? 2 : b < 9200 ? 3 : 4;
}

static struct span cut(const struct trace *t, struct span image, bool *ret_cut)
{
	*ret_cut = build(t) < 9200 && image.n > OLD_IMAGE;
	return span_of(image.p, *ret_cut ? OLD_IMAGE : image.n);
}

struct change {
	uint8_t opcode;  /* of the kernel logger */
	uint16_t id;     /* of Kernel-Process */
	uint8_t version; /* of that */
	int64_t began;
};

static void write_process(
	struct trace *t, struct told *told, const struct story_process *p, const struct change *how)
{
	struct etlog_at at = moment(t, told);
	struct process_note *note = &told->record.process;
	struct span image = span_text(p->image);
	note->what = how->opcode == 1 ? NOTE_START : how->opcode == 2 ? NOTE_END : NOTE_RUNNING;
	note->pid = p->pid;
	note->parent = p->parent;
	note->has_parent = true;
	note->image = image;
	give(told, RECORD_PROCESS);
	if (!t->plan->manifest) {
		note->image = cut(t, image, &note->image_cut);
		told->buffer = etlog_process(&t->w, &at,
			&(struct etlog_process){ .opcode = how->opcode,
				.version = process_version(build(t)),
				.note = note,
				.has_sid = p->pid % 3 != 0,
				.command = p->image });
		return;
	}
	/* A stop bears the short name and no parent. */
	if (how->opcode == 2) {
		note->has_parent = false;
		note->image_cut = image.n > OLD_IMAGE;
		note->image.n = note->image_cut ? OLD_IMAGE : image.n;
	}
	note->has_start = true;
	note->start.ns = how->began - how->began % 100;
	told->buffer = etlog_manifest_process(&t->w, &at,
		&(struct etlog_manifest_process){ how->id, how->version, note, how->began });
}

static void write_running(struct trace *t, struct told *told)
{
	const struct story_process *p = &story_processes[told->index];
	struct change how = { .opcode = 3, .id = 15, .began = began(t, p->pid) };
	how.version = build(t) >= 18362 ? 1 : 0;
	/* Windows 7 lists what runs as if it began. */
	if (t->plan->manifest && build(t) < 10240)
		how = (struct change){ 1, 1, build(t) >= 9200, how.began };
	write_process(t, told, p, &how);
}

static void write_life(struct trace *t, struct told *told)
{
	const struct story_life *life = &t->story->lives[told->index];
	bool recent = build(t) >= 18362;
	struct change how = { .opcode = life->starts ? 1 : 2,
		.id = life->starts ? 1 : 2,
		.version = recent ? (life->starts ? 3 : 2) : build(t) >= 9200,
		.began = told->ns };
	/* The one before it in the list is its start. */
	if (!life->starts)
		how.began = t->story->lives[told->index - 1].ns - t->story->stage.behind_ns;
	write_process(t, told, life->process, &how);
}

static void write_thread(struct trace *t, struct told *told)
{
	const struct story_thread *thread = &story_threads[told->index];
	struct etlog_at at = moment(t, told);
	struct etlog_thread r = { .opcode = 3,
		.version = build(t) < 2600 ? 0
			: build(t) < 6000  ? 1
			: build(t) < 7600  ? 2
					   : 3,
		.pid = thread->pid,
		.tid = thread->tid,
		.tag = thread->tag,
		.name = build(t) >= 10240 ? "worker" : NULL };
	if (t->plan->manifest && build(t) < 9200)
		r.opcode = 1;
	told->buffer = r.opcode == 1 ? etlog_manifest_thread(&t->w, &at, &r)
				     : etlog_thread(&t->w, &at, &r);
}

static void write_service(struct trace *t, struct told *told)
{
	const struct story_service *s = &story_services[told->index];
	struct etlog_at at = moment(t, told);
	uint8_t version = build(t) < 6000 ? 1 : build(t) < 9200 ? 2 : 3;
	told->buffer = etlog_service(
		&t->w, &at, &(struct etlog_service){ version, s->pid, s->tag, s->name, s->title });
	if (!s->pid)
		return;
	give(told, RECORD_PROCESS);
	told->record.process = (struct process_note){ .what = NOTE_RUNNING,
		.pid = s->pid,
		.service = true,
		.tag = version < 2 ? 0 : s->tag,
		.services = span_text(s->name) };
}

static void write_card(struct trace *t, struct told *told)
{
	struct etlog_at at = moment(t, told);
	told->buffer = etlog_card(&t->w, &at, "10.1.1.1;");
	give(told, RECORD_ADDRESS);
	told->record.address.addr = addr_v4(t->story->stage.us.ip);
}

/* One in four datagrams is logged by whatever thread ran; receives and TCP always are. The tag of
 * an event is known by the thread, and only of a datagram that was sent. */
static void set_thread(struct trace *t, const struct event *e, struct etlog_at *at, size_t *thread)
{
	size_t i = story_thread(e->pid, e->tag);
	bool sent = e->transport == TRANSPORT_UDP && e->op == EVENT_SEND;
	bool own = sent && t->plan->manifest && i != SIZE_MAX && random_below(&t->random, 4);
	at->pid = own ? e->pid : 0;
	at->tid = own ? story_threads[i].tid : 0;
	*thread = own ? i : SIZE_MAX;
}

static void give_event(struct trace *t, struct told *told, const struct event *e)
{
	give(told, RECORD_EVENT);
	struct event *r = &told->record.event;
	*r = *e;
	r->traces = TRACES_TCP | TRACES_UDP;
	r->tag = told->thread == SIZE_MAX ? 0 : e->tag;
	r->either_way = t->network < 2 && e->transport == TRANSPORT_UDP && e->op == EVENT_RECV;
}

static void write_network(struct trace *t, struct told *told, const struct event *e)
{
	struct etlog_at at = moment(t, told);
	set_thread(t, e, &at, &told->thread);
	told->buffer = t->plan->manifest ? etlog_network(&t->w, &at, e)
					 : etlog_tcpudp(&t->w, &at, t->network, e);
	give_event(t, told, e);
}

static void write_event(struct trace *t, struct told *told)
{
	const struct stage_event *e = &t->story->stage.events[told->index];
	if (e->dropped) {
		etlog_lose(&t->w, (uint16_t)random_below(&t->random, t->w.form.processors));
		return;
	}
	write_network(t, told, &e->event);
	/* What a receive copied is logged again: no reader may count it twice. */
	if (!t->plan->manifest && t->network == 2 && e->event.transport == TRANSPORT_TCP &&
		e->event.op == EVENT_RECV) {
		struct etlog_at at = moment(t, told);
		etlog_tcp_copy(&t->w, &at, &e->event);
	}
}

static void give_frame(struct trace *t, struct told *told)
{
	const struct stage_frame *f = &t->story->stage.frames[told->index];
	bool ours = f->sides[SIDE_SENDER].reason != REASON_OTHER_HOST;
	give(told, RECORD_PACKET);
	told->record.packet = (struct packet){ .link_type = 1,
		.bytes = span_of(t->story->stage.bytes.p + f->at, f->n),
		.wire_bytes = (uint32_t)f->n,
		.way = ours ? WAY_OUT : WAY_IN };
}

/* Two layers see each frame. Before Windows 8.1 some come in two parts, the second of which is
 * logged last. */
static void write_ndis(struct trace *t, struct told *told)
{
	struct etlog_at at = moment(t, told);
	give_frame(t, told);
	const struct packet *p = &told->record.packet;
	struct etlog_fragment f = { .miniport = 5,
		.layer = 5 + told->part,
		.bytes = p->bytes,
		.way = p->way,
		.start = true,
		.end = true };
	size_t head = build(t) < 9600 && told->index % 3 == 0 ? 14 + told->index % 20 : 0;
	if (head) {
		f.bytes = span_of(p->bytes.p, head);
		f.end = false;
		/* In one buffer, or what is written first may be read last. */
		etlog_room(&t->w, at.processor, 256 + (uint32_t)p->bytes.n);
		etlog_ndis(&t->w, &at, &f);
		f.bytes = span_of(p->bytes.p + head, p->bytes.n - head);
		f.start = false;
		f.end = true;
	}
	told->buffer = etlog_ndis(&t->w, &at, &f);
}

static void write_pktmon(struct trace *t, struct told *told)
{
	struct etlog_at at = moment(t, told);
	give_frame(t, told);
	struct packet *p = &told->record.packet;
	bool dropped = told->part == 2 && told->index % 50 == 0;
	told->buffer = etlog_pktmon(&t->w, &at,
		&(struct etlog_appearance){ .group = 0x1000000 + told->index / 4,
			.number = (uint16_t)(1 + told->index % 4),
			.appearance = (uint16_t)(1 + told->part),
			.direction = p->way == WAY_OUT ? 4 : 3,
			.component = (uint16_t)(9 + told->part),
			.edge = 1,
			.type = 1,
			.drop_reason = dropped ? 210 : 0,
			.drop_location = dropped ? 0xe000460e : 0,
			.wire_bytes = p->wire_bytes,
			.bytes = p->bytes });
	p->remark = dropped ? span_text("dropped") : (struct span){ 0 };
}

/* Multicast over IPv6 by a service, and TCP from host to host. */
static void write_v6(struct trace *t, struct told *told)
{
	static const char *const ends[] = { "fe80::d2d:5c45:da2f:47a7", "ff02::1:3", "2001:db8::1",
		"2001:db8::2" };
	bool tcp = told->index % 4 == 3;
	struct event e = { .op = told->index % 4 == 1 ? EVENT_RECV : EVENT_SEND,
		.transport = tcp ? TRANSPORT_TCP : TRANSPORT_UDP,
		.pid = tcp ? 3344 : 880,
		.tag = tcp ? 0 : 12,
		.bytes = 30 + (uint32_t)told->index };
	static const enum event_op ops[] = { EVENT_CONNECT, EVENT_SEND, EVENT_RECV,
		EVENT_RETRANSMIT, EVENT_DISCONNECT, EVENT_ACCEPT, EVENT_RECONNECT };
	if (tcp)
		e.op = ops[told->index / 4 % 7];
	addr_parse(span_text(ends[tcp ? 2 : 0]), &e.local.addr);
	addr_parse(span_text(ends[tcp ? 3 : 1]), &e.remote.addr);
	e.local.port = (uint16_t)(50000 + told->index);
	e.remote.port = tcp ? 445 : 5355;
	write_network(t, told, &e);
}

/* A program that pings by itself, over a raw socket: 8 of the bytes are ICMP's own header. */
static void write_raw(struct trace *t, struct told *told)
{
	static const uint8_t any[4] = { 0 };
	struct etlog_at at = moment(t, told);
	at.pid = RAW_PID;
	at.tid = RAW_TID;
	/* One processor: the socket must be there before what it sends, in a clock that may stand
	 * still. */
	at.processor = 0;
	if (told->index == 0) {
		etlog_raw_socket(&t->w, &at, RAW_ENDPOINT, TRANSPORT_ICMP);
		return;
	}
	if (told->index == 4) {
		etlog_raw_close(&t->w, &at, RAW_ENDPOINT);
		return;
	}
	struct event e = { .op = EVENT_SEND,
		.transport = TRANSPORT_ICMP,
		.pid = RAW_PID,
		.bytes = 64,
		.local = { .addr = addr_v4(any) },
		.remote = { .addr = addr_v4(t->story->stage.us.ip) } };
	told->buffer = etlog_raw_send(&t->w, &at, RAW_ENDPOINT, &e);
	e.bytes -= 8;
	give(told, RECORD_EVENT);
	told->record.event = e;
}

/* Records of all kinds that nobody reads. */
static void write_nothing(struct trace *t, struct told *told)
{
	static const uint8_t guid[ETLOG_GUID_BYTES] = { 0x11, 0x22, 0x33, 0x44 };
	static const enum etlog_kind kinds[] = { ETLOG_FULL, ETLOG_INSTANCE, ETLOG_MESSAGE,
		ETLOG_SYSTEM, ETLOG_PERFINFO, ETLOG_MANIFEST };
	static const uint8_t junk[40] = { 0xff, 0x90, 0x02, 0xc0 };
	static const struct etlog_item items[] = { { 1, { junk, 16 } }, { 6, { junk, 24 } },
		{ 12, { junk, 5 } } };
	bool vista = build(t) >= 6000;
	struct etlog_record r = { .kind = kinds[told->index % (vista ? 6 : 5)],
		.processor = (uint16_t)random_below(&t->random, t->w.form.processors),
		.ns = told->ns,
		.group = 0x18,
		.opcode = 0x20,
		.version = 2,
		.guid = guid,
		.id = 77,
		.items = items,
		.n_items = told->index % 4,
		.payload = span_of(junk, told->index % 41) };
	etlog_add(&t->w, &r);
}

void trace_told_write(struct trace *t, struct told *told)
{
	static void (*const writers[])(struct trace *, struct told *) = {
		[TOLD_RUNNING] = write_running,
		[TOLD_THREAD] = write_thread,
		[TOLD_LIFE] = write_life,
		[TOLD_SERVICE] = write_service,
		[TOLD_CARD] = write_card,
		[TOLD_EVENT] = write_event,
		[TOLD_V6] = write_v6,
		[TOLD_RAW] = write_raw,
		[TOLD_NOTHING] = write_nothing,
	};
	told->stamp = etlog_stamp(&t->w, told->ns);
	if (told->kind != TOLD_FRAME)
		writers[told->kind](t, told);
	else if (t->plan->packets == PACKETS_NDIS)
		write_ndis(t, told);
	else
		write_pktmon(t, told);
}
