/* SPDX-License-Identifier: Apache-2.0 */
/* Hosts and their addresses: see hosts.h. */
#include "correlate/hosts.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

struct local_entry {
	struct addr addr;
	uint32_t owner;
};

/* Each packet and each event asks for its addresses several times, and a host talks to some at a
 * time: what was asked for last is kept, one address a slot. */
#define RECENT 4096u

struct host_slot {
	struct addr addr;
	bool filled;
	uint32_t host;
};

int hosts_init(struct hosts *h, size_t n_inputs, struct hash_key key, struct err *err)
{
	*h = (struct hosts){ .n_inputs = n_inputs };
	map_init(&h->locals, sizeof(struct local_entry), sizeof(struct addr), LIMIT_ADDRESSES, key);
	h->of_input = calloc(n_inputs + 1, sizeof *h->of_input);
	h->shown = calloc(n_inputs + 1, sizeof *h->shown);
	h->given = calloc(n_inputs + 1, sizeof *h->given);
	h->names = calloc(n_inputs + 1, sizeof *h->names);
	h->recent = calloc(RECENT, sizeof *h->recent);
	if (!h->of_input || !h->shown || !h->given || !h->names || !h->recent) {
		hosts_done(h);
		return err_nomem(err);
	}
	/* While learning, of_input is the forest of a union-find over inputs. */
	for (size_t i = 0; i < n_inputs; i++)
		h->of_input[i] = (uint32_t)i;
	return 0;
}

void hosts_done(struct hosts *h)
{
	if (!h)
		return;
	map_done(&h->locals);
	free(h->of_input);
	free(h->shown);
	free(h->given);
	free(h->names);
	free(h->recent);
	*h = (struct hosts){ 0 };
}

static uint32_t root(struct hosts *h, uint32_t i)
{
	while (h->of_input[i] != i)
		i = h->of_input[i] = h->of_input[h->of_input[i]];
	return i;
}

/* Inputs of different given names stay apart even where they share an address: two hosts behind
 * NATs may both be 192.168.1.2. */
static bool unite(struct hosts *h, uint32_t a, uint32_t b)
{
	a = root(h, a);
	b = root(h, b);
	if (a == b)
		return true;
	if (h->given[a] && h->given[b] && strcmp(h->given[a], h->given[b]) != 0)
		return false;
	uint32_t low = a < b ? a : b, high = a < b ? b : a;
	if (!h->given[low])
		h->given[low] = h->given[high];
	h->of_input[high] = low;
	return true;
}

void hosts_name_input(struct hosts *h, uint32_t input, const char *name)
{
	h->given[input] = name;
	for (uint32_t i = 0; i < h->n_inputs; i++)
		if (i != input && h->given[i] && strcmp(h->given[i], name) == 0)
			unite(h, i, input);
}

/* A wildcard is no address, a group is nobody's, and every host has the loopback. */
static bool tells_host(const struct addr *a)
{
	return !addr_is_wildcard(a) && !addr_is_group(a) && !addr_is_loopback(a);
}

static void forget_recent(struct hosts *h)
{
	memset(h->recent, 0, RECENT * sizeof *h->recent);
}

static int learn(struct hosts *h, uint32_t input, const struct addr *local, struct err *err)
{
	bool new;
	struct err full;
	h->shown[input].knows = true;
	if (h->settled && h->of_input[input] != HOST_NONE &&
		hosts_of_addr(h, local) == h->of_input[input])
		return 0;
	/* What is learned here changes this address's host, and no other's. */
	h->recent[addr_mix(local) % RECENT].filled = false;
	err_clear(&full);
	struct local_entry *l = map_put(&h->locals, local, &new, &full);
	if (!l)
		return full.kind == ERR_LIMIT ? 0 : err_nomem(err);
	if (new)
		l->owner = h->settled ? h->of_input[input] : input;
	else if (!h->settled ? l->owner != HOST_SHARED && !unite(h, l->owner, input)
			     : l->owner != h->of_input[input])
		l->owner = HOST_SHARED;
	return 0;
}

int hosts_see_event(struct hosts *h, uint32_t input, const struct event *e, struct err *err)
{
	h->shown[input].has_evidence = true;
	if (e->either_way || !tells_host(&e->local.addr))
		return 0;
	/* The local end of a UDP receive may be a subnet's broadcast address, which is not ours
	 * alone; what is sent from is. */
	if (e->transport == TRANSPORT_UDP && e->op == EVENT_RECV)
		return 0;
	return learn(h, input, &e->local.addr, err);
}

int hosts_see_address(struct hosts *h, uint32_t input, const struct addr *local, struct err *err)
{
	if (!tells_host(local))
		return 0;
	h->shown[input].told = true;
	return learn(h, input, local, err);
}

int hosts_see_owned(
	struct hosts *h, uint32_t input, const struct digest *d, bool looked_up, struct err *err)
{
	const struct addr *local = NULL;
	h->shown[input].states = true;
	/* A direction at an interface is not yet that of the process which was looked up; where the
	 * file lists its addresses, those are better. */
	if (looked_up && h->shown[input].told)
		return 0;
	if (!digest_has(d, DIGEST_ADDRS) || (d->known & (DIGEST_ARP | DIGEST_OUTER)))
		return 0;
	/* What was received by UDP may have gone to a subnet's broadcast address. */
	if (digest_has(d, DIGEST_SENT))
		local = &d->flow.src.addr;
	else if (digest_has(d, DIGEST_RECEIVED) && d->transport == TRANSPORT_TCP)
		local = &d->flow.dst.addr;
	if (!local || !tells_host(local))
		return 0;
	h->shown[input].has_evidence = true;
	return learn(h, input, local, err);
}

int hosts_settle(struct hosts *h, struct err *err)
{
	uint32_t *number = malloc((h->n_inputs + 1) * sizeof *number);
	if (!number)
		return err_nomem(err);
	for (uint32_t i = 0; i < h->n_inputs; i++)
		number[i] = HOST_NONE;
	h->n = 0;
	for (uint32_t i = 0; i < h->n_inputs; i++) {
		uint32_t r = root(h, i);
		if (number[r] == HOST_NONE && (h->shown[i].has_evidence || h->given[r])) {
			h->names[h->n] = h->given[r];
			number[r] = (uint32_t)h->n++;
		}
	}
	bool any = h->n > 0;
	if (!any)
		h->n = 1;
	for (struct local_entry *l = map_first(&h->locals); l; l = map_after(&h->locals, l)) {
		if (l->owner == HOST_SHARED)
			continue;
		uint32_t own = number[root(h, l->owner)];
		l->owner = own != HOST_NONE ? own : h->n == 1 ? 0 : HOST_NONE;
	}
	/* Roots sit before their members, so a member's root is still whole when it is asked. */
	for (uint32_t i = (uint32_t)h->n_inputs; i-- > 0;) {
		uint32_t own = number[root(h, i)];
		/* What names processes of a machine that it shows nothing of may be of any, where
		 * another file shows one. */
		bool strange = any && h->shown[i].states;
		number[i] = own != HOST_NONE ? own : h->n == 1 && !strange ? 0 : HOST_NONE;
	}
	memcpy(h->of_input, number, h->n_inputs * sizeof *number);
	free(number);
	forget_recent(h);
	h->settled = true;
	return 0;
}

static uint32_t look_up(const struct hosts *h, const struct addr *a)
{
	if (addr_is_loopback(a))
		return h->n == 1 ? 0 : HOST_NONE;
	const struct local_entry *l = map_find(&h->locals, a);
	return l && l->owner != HOST_SHARED ? l->owner : HOST_NONE;
}

uint32_t hosts_of_addr(const struct hosts *h, const struct addr *a)
{
	struct host_slot *s = &h->recent[addr_mix(a) % RECENT];
	if (!s->filled || !addr_equal(&s->addr, a))
		*s = (struct host_slot){ .addr = *a, .filled = true, .host = look_up(h, a) };
	return s->host;
}

bool hosts_may_be_at(const struct hosts *h, uint32_t host, const struct addr *a)
{
	if (addr_is_loopback(a))
		return h->n == 1;
	const struct local_entry *l = map_find(&h->locals, a);
	return !l || l->owner == host;
}

bool hosts_owns(const struct hosts *h, uint32_t input, const struct addr *a)
{
	uint32_t host = hosts_of_addr(h, a);
	return host != HOST_NONE && host == h->of_input[input] && h->shown[input].knows;
}

bool hosts_any_local(const struct hosts *h)
{
	return h->locals.count > 0;
}

struct event hosts_orient(const struct hosts *h, const struct event *e)
{
	struct event turned = *e;
	if (!e->either_way)
		return turned;
	/* A datagram may come to a group, and never comes from one; and a socket that is bound to
	 * no address is on this side. */
	bool near = addr_is_group(&e->local.addr) || addr_is_wildcard(&e->local.addr);
	bool far = addr_is_group(&e->remote.addr) || addr_is_wildcard(&e->remote.addr);
	bool far_is_ours = hosts_of_addr(h, &e->local.addr) == HOST_NONE &&
		hosts_of_addr(h, &e->remote.addr) != HOST_NONE;
	if (!near && (far_is_ours || far)) {
		turned.local = e->remote;
		turned.remote = e->local;
	}
	return turned;
}
