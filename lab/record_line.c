/* SPDX-License-Identifier: Apache-2.0 */
/* Records as lines of text: see record_line.h. */
#include "record_line.h"

#include <inttypes.h>

static void put_endpoint(struct str *out, const struct endpoint *e)
{
	char text[ADDR_TEXT_BYTES];
	str_printf(out, "\t[%s]:%u", addr_format(&e->addr, text), e->port);
}

static void put_event(struct str *out, const struct event *e)
{
	static const char *const ops[] = { "?", "send", "recv", "connect", "accept", "reconnect",
		"disconnect", "retransmit", "hold" };
	str_printf(out, "\tevent\t%s\t%u", ops[e->op], e->transport);
	put_endpoint(out, &e->local);
	put_endpoint(out, &e->remote);
	str_printf(out, "\tpid %u\t%u bytes\ttraces %u\ttag %u%s", e->pid, e->bytes, e->traces,
		e->tag, e->either_way ? "\teither way" : "");
}

static void put_span(struct str *out, struct span s)
{
	str_char(out, '\t');
	str_add(out, s);
}

static void put_process(struct str *out, const struct process_note *n)
{
	static const char *const whats[] = { "running", "start", "end" };
	str_printf(out, "\tprocess\t%s\tpid %u", whats[n->what], n->pid);
	if (n->has_parent)
		str_printf(out, "\tparent %u", n->parent);
	if (n->has_start)
		str_printf(out, "\tsince %" PRId64, n->start.ns);
	put_span(out, n->image);
	put_span(out, n->services);
	str_printf(out, "\t%s%stag %u", n->image_cut ? "cut " : "", n->service ? "service " : "",
		n->tag);
}

/* FNV-1a, 64 bits. */
static uint64_t sum_of(struct span s)
{
	uint64_t h = 0xcbf29ce484222325u;
	for (size_t i = 0; i < s.n; i++)
		h = (h ^ s.p[i]) * 0x100000001b3u;
	return h;
}

static void put_packet(struct str *out, const struct packet *p)
{
	static const char *const ways[] = { "-", "in", "out" };
	str_printf(out, "\tpacket\tlink %u\t%s\t%zu of %u bytes\t%016" PRIx64 "%s%s", p->link_type,
		ways[p->way], p->bytes.n, p->wire_bytes, sum_of(p->bytes),
		p->remark.n ? "\tremark" : "", p->copy ? "\tcopy" : "");
}

void record_line(struct str *out, const struct record *r)
{
	char text[ADDR_TEXT_BYTES];
	if (r->has_time)
		str_printf(out, "%" PRId64, r->when.ns);
	else
		str_char(out, '-');
	switch (r->kind) {
	case RECORD_PACKET:
		put_packet(out, &r->packet);
		break;
	case RECORD_EVENT:
		put_event(out, &r->event);
		break;
	case RECORD_PROCESS:
		put_process(out, &r->process);
		break;
	case RECORD_LOSS:
		str_printf(out, "\tloss\t%s\t%" PRIu64,
			r->loss.what == LOSS_EVENTS ? "events" : "packets", r->loss.count);
		break;
	case RECORD_ADDRESS:
		str_printf(out, "\taddress\t%s", addr_format(&r->address.addr, text));
		break;
	case RECORD_TRANSLATION: /* the lab writes none */
		break;
	}
	str_char(out, '\n');
}
