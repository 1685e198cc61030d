/* SPDX-License-Identifier: Apache-2.0 */
/* Writes pcapng files: see pcapng.h. */
#include "write/pcapng.h"

static void put(struct str *out, bool big, uint64_t v, unsigned bytes)
{
	uint8_t b[8];
	for (unsigned i = 0; i < bytes; i++)
		b[i] = (uint8_t)(v >> 8 * (big ? bytes - 1 - i : i));
	str_add(out, span_of(b, bytes));
}

static void pad(struct str *out, size_t n)
{
	str_add(out, span_of("\0\0\0", -n & 3));
}

static void put_option(struct str *out, bool big, uint16_t code, struct span value)
{
	put(out, big, code, 2);
	put(out, big, value.n, 2);
	str_add(out, value);
	pad(out, value.n);
}

void pcapng_section(struct pcapng_writer *w, struct str *out, bool big)
{
	*w = (struct pcapng_writer){ .out = out, .big = big, .frames = w->frames };
	pcapng_begin(w, 0x0a0d0d0a);
	pcapng_u32(w, 0x1a2b3c4d);
	pcapng_u16(w, 1);
	pcapng_u16(w, 0);
	put(out, big, UINT64_MAX, 8); /* its length is not stated */
	pcapng_end(w);
}

void pcapng_begin(struct pcapng_writer *w, uint32_t type)
{
	w->block = w->out->n;
	w->options = false;
	pcapng_u32(w, type);
	pcapng_u32(w, 0);
}

void pcapng_u16(struct pcapng_writer *w, uint16_t v)
{
	put(w->out, w->big, v, 2);
}

void pcapng_u32(struct pcapng_writer *w, uint32_t v)
{
	put(w->out, w->big, v, 4);
}

void pcapng_time(struct pcapng_writer *w, uint64_t units)
{
	pcapng_u32(w, (uint32_t)(units >> 32));
	pcapng_u32(w, (uint32_t)units);
}

void pcapng_bytes(struct pcapng_writer *w, struct span s)
{
	str_add(w->out, s);
	pad(w->out, s.n);
}

void pcapng_end(struct pcapng_writer *w)
{
	if (w->options)
		pcapng_u32(w, 0);
	uint32_t length = (uint32_t)(w->out->n - w->block) + 4;
	pcapng_u32(w, length);
	for (unsigned i = 0; i < 4 && !w->out->failed; i++)
		w->out->p[w->block + 4 + i] = (char)(length >> 8 * (w->big ? 3 - i : i));
}

void pcapng_option(struct pcapng_writer *w, uint16_t code, struct span value)
{
	put_option(w->out, w->big, code, value);
	w->options = true;
}

void pcapng_option_u32(struct pcapng_writer *w, uint16_t code, uint32_t v)
{
	pcapng_u16(w, code);
	pcapng_u16(w, 4);
	pcapng_u32(w, v);
	w->options = true;
}

void pcapng_option_u64(struct pcapng_writer *w, uint16_t code, uint64_t v)
{
	pcapng_u16(w, code);
	pcapng_u16(w, 8);
	put(w->out, w->big, v, 8);
	w->options = true;
}

void pcapng_option_pid(struct pcapng_writer *w, uint32_t pid, uint32_t tid)
{
	pcapng_u16(w, 8);
	pcapng_u16(w, 8);
	pcapng_u32(w, pid);
	pcapng_u32(w, tid);
	w->options = true;
}

void pcapng_interface(struct pcapng_writer *w, uint16_t link_type, uint32_t snaplen)
{
	pcapng_begin(w, 1);
	pcapng_u16(w, link_type);
	pcapng_u16(w, 0);
	pcapng_u32(w, snaplen);
}

void pcapng_packet(struct pcapng_writer *w, uint32_t interface, uint64_t units, struct span frame)
{
	pcapng_begin(w, 6);
	pcapng_u32(w, interface);
	pcapng_time(w, units);
	pcapng_u32(w, (uint32_t)frame.n);
	pcapng_u32(w, (uint32_t)frame.n);
	pcapng_bytes(w, frame);
	w->frames++;
}

void pcapng_darwin_process(struct pcapng_writer *w, uint32_t pid)
{
	pcapng_begin(w, 0x80000001);
	pcapng_u32(w, pid);
}

void pcapng_hone_process(struct pcapng_writer *w, uint32_t pid, uint64_t units)
{
	pcapng_begin(w, 0x101);
	pcapng_u32(w, pid);
	pcapng_time(w, units);
}

void pcapng_hone_connection(struct pcapng_writer *w, uint32_t number, uint32_t pid, uint64_t units)
{
	pcapng_begin(w, 0x102);
	pcapng_u32(w, number);
	pcapng_u32(w, pid);
	pcapng_time(w, units);
}

/* The entry is little-endian in sections of either order. */
void pcapng_wireshark_process(struct pcapng_writer *w, const struct pcapng_process *p)
{
	struct str entry;
	str_init(&entry, 65536);
	put(&entry, false, p->pid, 4);
	if (p->name)
		put_option(&entry, false, 2, span_text(p->name));
	if (p->path)
		put_option(&entry, false, 3, span_text(p->path));
	if (p->parent) {
		put(&entry, false, 4 << 16 | 5, 4);
		put(&entry, false, p->parent, 4);
	}
	if (p->start_ns) {
		put(&entry, false, 8 << 16 | 9, 4);
		put(&entry, false, p->start_ns, 8);
	}
	put(&entry, false, 0, 4);
	pcapng_begin(w, 0x0bad);
	pcapng_u32(w, 32622);
	put(w->out, false, 3, 4);
	put(w->out, false, entry.n, 4);
	pcapng_bytes(w, span_of(entry.p, entry.n));
	pcapng_end(w);
	str_done(&entry);
}
