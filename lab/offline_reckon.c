/* SPDX-License-Identifier: Apache-2.0 */
/* Who it was, and what the evidence supports: see offline_reckon.h. */
#include "offline_reckon.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ICMP = 1, UDP = 17 };

static void *room(size_t n, size_t size)
{
	void *p = calloc(n + 1, size);
	if (!p) {
		fputs("lab: no memory\n", stderr);
		exit(1);
	}
	return p;
}

/* Keys are zeroed before they are filled. */
static int compare_items(const void *a, const void *b)
{
	const struct reckon_item *x = a, *y = b;
	int c = memcmp(&x->key, &y->key, sizeof x->key);
	if (c)
		return c;
	if (x->ns != y->ns)
		return x->ns < y->ns ? -1 : 1;
	return (x->event > y->event) - (x->event < y->event);
}

static int compare_ports(const void *a, const void *b, void *reckon)
{
	const struct world *w = ((const struct reckon *)reckon)->w;
	size_t i = *(const size_t *)a, j = *(const size_t *)b;
	const struct world_call *x = &w->calls[i], *y = &w->calls[j];
	if (x->host != y->host)
		return x->host < y->host ? -1 : 1;
	if (x->event.local.port != y->event.local.port)
		return x->event.local.port < y->event.local.port ? -1 : 1;
	if (addr_is_v4(&x->local) != addr_is_v4(&y->local))
		return addr_is_v4(&y->local) ? -1 : 1;
	if (x->ns != y->ns)
		return x->ns < y->ns ? -1 : 1;
	return i < j ? -1 : i > j;
}

static struct reckon_item item_of_call(const struct world *w, size_t i)
{
	const struct world_call *c = &w->calls[i];
	struct reckon_item item;
	memset(&item, 0, sizeof item);
	item.key.host = c->host;
	item.key.out = c->event.op == EVENT_SEND;
	item.key.local = c->local;
	item.key.remote = c->event.remote.addr;
	item.key.local_port = c->event.local.port;
	item.key.remote_port = c->event.remote.port;
	item.key.bytes = c->event.bytes;
	item.ns = c->ns;
	item.index = i;
	item.event = true;
	return item;
}

static struct reckon_item item_of_frame(const struct reckon *r, size_t frame, enum side side)
{
	const struct world_packet *p = &r->w->packets[r->o->frames[frame].packet];
	bool out = side == SIDE_SENDER;
	struct reckon_item item;
	memset(&item, 0, sizeof item);
	item.key.host = p->sides[side].host;
	item.key.out = out;
	item.key.local = world_addr(out ? &p->frame.src : &p->frame.dst, p->frame.v6);
	item.key.remote = world_addr(out ? &p->frame.dst : &p->frame.src, p->frame.v6);
	item.key.local_port = out ? p->frame.sport : p->frame.dport;
	item.key.remote_port = out ? p->frame.dport : p->frame.sport;
	item.key.bytes = p->bytes;
	item.ns = r->o->frames[frame].ns;
	item.index = 2 * frame + side;
	return item;
}

static bool is_datagram(const struct world_call *c)
{
	return c->kept && c->event.transport == UDP;
}

/* A key that occurs once among the frames and once among the events tells the clocks apart. */
static void count_pairs(struct reckon *r, const struct reckon_item *items, size_t n)
{
	for (size_t i = 0, next; i < n; i = next) {
		size_t count[2] = { 0 };
		for (next = i; next < n &&
			memcmp(&items[i].key, &items[next].key, sizeof items[i].key) == 0;
			next++)
			count[items[next].event] +=
				items[next].event || !r->o->frames[items[next].index / 2].copy;
		if (count[0] == 1 && count[1] == 1)
			r->pairs[items[i].key.host]++;
	}
}

static void find_clusters(struct reckon *r, const struct reckon_item *items, size_t n)
{
	size_t at = 0;
	for (size_t i = 0; i < n; i++) {
		bool begins = i == 0 ||
			memcmp(&items[i].key, &items[i - 1].key, sizeof items[i].key) != 0 ||
			items[i].ns - items[i - 1].ns > r->blur_ns[items[i].key.host];
		if (begins)
			r->clusters[++at] = (struct reckon_cluster){ .process = WORLD_NONE };
		struct reckon_cluster *c = &r->clusters[at];
		if (!items[i].event) {
			r->cluster_of[items[i].index] = at;
			c->packets += !r->o->frames[items[i].index / 2].copy;
			continue;
		}
		size_t process = r->w->calls[items[i].index].process;
		c->several |= c->events && c->process != process;
		c->process = process;
		c->events++;
	}
}

/* The nearest event of the same key, looked for in one direction. */
static void find_nearest(struct reckon *r, const struct reckon_item *items, size_t n, bool forward)
{
	const struct reckon_item *event = NULL;
	for (size_t k = 0; k < n; k++) {
		const struct reckon_item *item = &items[forward ? k : n - 1 - k];
		if (item->event) {
			event = item;
			continue;
		}
		if (!event || memcmp(&event->key, &item->key, sizeof item->key) != 0)
			continue;
		int64_t away = llabs(event->ns - item->ns);
		if (away < r->nearest[item->index])
			r->nearest[item->index] = away;
	}
}

static void cluster(struct reckon *r)
{
	const struct world *w = r->w;
	struct reckon_item *items = room(2 * r->o->n_frames + w->n_calls, sizeof *items);
	size_t n = 0;
	for (size_t i = 0; i < 2 * r->o->n_frames; i++) {
		const struct world_packet *p = &w->packets[r->o->frames[i / 2].packet];
		r->cluster_of[i] = WORLD_NONE;
		r->nearest[i] = INT64_MAX;
		if (p->frame.protocol == UDP && !p->later && p->sides[i % 2].host < WORLD_HOSTS)
			items[n++] = item_of_frame(r, i / 2, i % 2);
	}
	for (size_t i = 0; i < w->n_calls; i++)
		if (is_datagram(&w->calls[i]))
			items[n++] = item_of_call(w, i);
	qsort(items, n, sizeof *items, compare_items);
	r->clusters = room(n + 1, sizeof *r->clusters);
	find_clusters(r, items, n);
	find_nearest(r, items, n, true);
	find_nearest(r, items, n, false);
	count_pairs(r, items, n);
	free(items);
}

static void index_links(struct reckon *r)
{
	const struct world *w = r->w;
	r->of_link = room(w->n_calls, sizeof *r->of_link);
	r->link_first = room(w->n_links + 1, sizeof *r->link_first);
	r->link_syn = room(w->n_links, sizeof *r->link_syn);
	for (size_t i = 0; i < w->n_calls; i++)
		if (w->calls[i].link != WORLD_NONE)
			r->link_first[w->calls[i].link + 1]++;
	for (size_t i = 0; i < w->n_links; i++)
		r->link_first[i + 1] += r->link_first[i];
	size_t *next = room(w->n_links + 1, sizeof *next);
	memcpy(next, r->link_first, w->n_links * sizeof *next);
	for (size_t i = 0; i < w->n_calls; i++) {
		size_t link = w->calls[r->o->calls[i]].link;
		if (link != WORLD_NONE)
			r->of_link[next[link]++] = r->o->calls[i];
	}
	free(next);
	for (size_t i = 0; i < r->o->n_frames; i++) {
		const struct world_packet *p = &w->packets[r->o->frames[i].packet];
		if (p->link != WORLD_NONE && p->frame.flags & 2)
			r->link_syn[p->link] = true;
	}
}

static uint16_t service(uint16_t a, uint16_t b)
{
	return a && a < 1024 ? a : b < 1024 ? b : 0;
}

static int compare_kinds(const void *a, const void *b)
{
	const struct reckon_kind *x = a, *y = b;
	if (x->process != y->process)
		return x->process < y->process ? -1 : 1;
	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? -1 : 1;
	if (x->service != y->service)
		return x->service < y->service ? -1 : 1;
	return (x->transport * 2 + x->out) - (y->transport * 2 + y->out);
}

static void list_kinds(struct reckon *r)
{
	const struct world *w = r->w;
	r->kinds = room(w->n_calls, sizeof *r->kinds);
	for (size_t i = 0; i < w->n_calls; i++) {
		const struct world_call *c = &w->calls[i];
		if (!c->kept)
			continue;
		r->kinds[r->n_kinds++] = (struct reckon_kind){ .process = c->process,
			.bytes = c->event.transport == UDP ? c->event.bytes : 0,
			.service = service(c->event.local.port, c->event.remote.port),
			.transport = c->event.transport,
			.out = c->event.op != EVENT_RECV && c->event.op != EVENT_ACCEPT };
	}
	qsort(r->kinds, r->n_kinds, sizeof *r->kinds, compare_kinds);
}

/* Did one of the true owners leave an event like this side's? */
static bool left_event(const struct reckon *r, const struct world_packet *p, enum side side)
{
	const struct world_side *s = &p->sides[side];
	bool found = false;
	for (unsigned i = 0; i < s->n_owners; i++) {
		struct reckon_kind k = { .process = s->owners[i],
			.bytes = p->frame.protocol == UDP ? p->bytes : 0,
			.service = service(p->frame.sport, p->frame.dport),
			.transport = p->frame.protocol,
			.out = side == SIDE_SENDER };
		found |= bsearch(&k, r->kinds, r->n_kinds, sizeof k, compare_kinds) != NULL;
	}
	return found;
}

void reckon_init(struct reckon *r, const struct observed *o)
{
	const struct world *w = o->world;
	*r = (struct reckon){ .o = o, .w = w };
	for (unsigned host = 0; host < WORLD_HOSTS; host++) {
		int64_t tick = o->logs[host].tick_ns;
		int64_t error = tick < 2 * WORLD_MS ? 2 * WORLD_MS : tick;
		r->blur_ns[host] = 2 * error + 2 * w->scenario->v[PARAM_LAG_US] * 1000 + WORLD_MS;
	}
	r->cluster_of = room(2 * o->n_frames, sizeof *r->cluster_of);
	r->nearest = room(2 * o->n_frames, sizeof *r->nearest);
	cluster(r);
	r->ports = room(w->n_calls, sizeof *r->ports);
	for (size_t i = 0; i < w->n_calls; i++)
		if (is_datagram(&w->calls[i]))
			r->ports[r->n_ports++] = i;
	qsort_r(r->ports, r->n_ports, sizeof *r->ports, compare_ports, r);
	index_links(r);
	list_kinds(r);
}

void reckon_done(struct reckon *r)
{
	free(r->kinds);
	free(r->clusters);
	free(r->cluster_of);
	free(r->nearest);
	free(r->ports);
	free(r->of_link);
	free(r->link_first);
	free(r->link_syn);
}

void best_who(struct best *b, size_t process)
{
	for (unsigned i = 0; i < b->n_who; i++)
		if (b->who[i] == process)
			return;
	if (b->n_who < BEST_WHO)
		b->who[b->n_who++] = process;
}

void best_missing(const struct reckon *r, unsigned host, int64_t ns, struct best *b)
{
	const struct observed_log *l = &r->o->logs[host];
	bool stated = l->lost && r->w->scenario->v[PARAM_LOSS_STATED];
	b->word = reason_name(ns < l->from || ns > l->to ? REASON_OUTSIDE_EVIDENCE
			: stated                         ? REASON_LOST_EVENTS
							 : REASON_NOT_IN_LOG);
	b->or_ambiguous = true;
}

/* After a clock was set it takes some pairs to find that out. */
static bool clock_unsettled(const struct reckon *r, unsigned host, int64_t ns)
{
	const struct observed_log *l = &r->o->logs[host];
	return l->step_ns && ns > l->step_at - RECKON_HOLD_NS - llabs(l->step_ns) &&
		ns < l->step_at + 30 * RECKON_HOLD_NS + llabs(l->step_ns);
}

void reckon_side(const struct reckon *r, size_t frame, enum side side, struct best *ret)
{
	const struct world_packet *p = &r->w->packets[r->o->frames[frame].packet];
	const struct world_side *s = &p->sides[side];
	*ret = (struct best){ .word = "-" };
	for (unsigned i = 0; i < s->n_owners; i++)
		best_who(ret, s->owners[i]);
	if (s->host >= WORLD_HOSTS ||
		(s->reason != REASON_NONE && s->reason != REASON_NOT_IN_LOG &&
			s->reason != REASON_KERNEL_TCP_AFTER_EXIT))
		ret->word = reason_name(s->reason);
	else if (p->link != WORLD_NONE)
		reckon_stream(r, frame, side, ret);
	else if (p->frame.protocol == UDP)
		reckon_datagram(r, frame, side, ret);
	else if (p->frame.protocol == ICMP)
		reckon_echo(r, frame, side, ret);
	else
		best_missing(r, s->host, p->ns, ret);
	ret->left = left_event(r, p, side);
	bool moved = r->w->scenario->v[PARAM_ADDRESSES] != ADDRESSES_TRUE;
	if (s->host < WORLD_HOSTS && clock_unsettled(r, s->host, p->ns))
		ret->word = "-";
	if (moved && strcmp(ret->word, grade_name(GRADE_PORTS)) != 0)
		ret->word = "-";
}

/* Of processes that the trace does not part any may have lent its name. */
static void write_who(const struct reckon *r, size_t process, bool more, struct str *out)
{
	const struct world *w = r->w;
	for (size_t i = process; i < w->n_processes && w->processes[i].first == process;
		i++, more = true)
		str_printf(out, "%s%u:%s", more ? "|" : "", w->processes[i].pid,
			w->processes[i].image);
}

static void write_side(const struct reckon *r, size_t frame, enum side side, struct str *out)
{
	struct best b;
	reckon_side(r, frame, side, &b);
	str_printf(out, "\t%s\t%s%s%s%s%s-\t", b.word, b.or_ambiguous ? "ambiguous," : "",
		b.or_reason ? "reason," : "", b.or_name ? "name," : "", b.misled ? "misled," : "",
		b.left ? "left," : "");
	for (unsigned i = 0; i < b.n_who; i++)
		write_who(r, b.who[i], i > 0, out);
	if (!b.n_who)
		str_text(out, "-");
}

void reckon_write(const struct reckon *r, const char *const captures[], struct str *out)
{
	str_text(out,
		"file\tframe\tkind\tsender\tsender_also\tsender_who\t"
		"receiver\treceiver_also\treceiver_who\n");
	for (size_t i = 0; i < r->o->n_frames; i++) {
		const struct seen *f = &r->o->frames[i];
		str_printf(out, "%s\t%zu\t%s", captures[f->capture], f->number,
			r->w->packets[f->packet].kind);
		write_side(r, i, SIDE_SENDER, out);
		write_side(r, i, SIDE_RECEIVER, out);
		str_char(out, '\n');
	}
}

/* What the stamps lack of the true times, at the first record, at the last, and before a step. */
void reckon_clocks(const struct reckon *r, const char *const files[], struct str *out)
{
	str_text(out, "file\tleast\tmost\ttick\tpairs\tdrift\tseconds\n");
	for (unsigned host = 0; host < r->w->scenario->v[PARAM_HOSTS]; host++) {
		const struct observed_log *l = &r->o->logs[host];
		int64_t at[] = { l->from, l->to, l->step_at, l->step_at - 1 };
		int64_t least = INT64_MAX, most = INT64_MIN;
		for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
			int64_t add = at[i] - observed_stamp(r->o, host, at[i]);
			least = add < least ? add : least;
			most = add > most ? add : most;
		}
		str_printf(out,
			"%s\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t%zu\t%" PRId64 "\t%" PRId64
			"\n",
			files[host], least, most, l->tick_ns, r->pairs[host], l->drift_ppm,
			(int64_t)((l->to - l->from) / (1000 * WORLD_MS)));
	}
	if (r->w->scenario->v[PARAM_CAPTURES] > 1)
		str_printf(out, "capture-1.pcap\t%" PRId64 "\t%" PRId64 "\t1000\t%zu\t0\t1\n",
			-r->o->capture_ahead_ns, -r->o->capture_ahead_ns,
			r->o->frames[r->o->n_frames - 1].number);
}
