/* SPDX-License-Identifier: Apache-2.0 */
/* Writes classic pcap files: see pcap.h. */
#include "write/pcap.h"

static void put(struct pcap_writer *w, uint32_t v, unsigned bytes)
{
	uint8_t b[4];
	for (unsigned i = 0; i < bytes; i++)
		b[i] = (uint8_t)(v >> 8 * (w->form.big ? bytes - 1 - i : i));
	str_add(w->out, span_of(b, bytes));
}

void pcap_begin(struct pcap_writer *w, struct str *out, struct pcap_form form)
{
	if (form.snaplen == 0)
		form.snaplen = 65535;
	if (form.link_type == 0)
		form.link_type = 1;
	*w = (struct pcap_writer){ .out = out, .form = form };
	put(w, form.nano ? 0xa1b23c4d : 0xa1b2c3d4, 4);
	put(w, 2, 2);
	put(w, 4, 2);
	put(w, 0, 4); /* zone: never used, always 0 */
	put(w, 0, 4);
	put(w, form.snaplen, 4);
	put(w, form.link_type, 4);
}

void pcap_frame(struct pcap_writer *w, int64_t ns, struct span frame)
{
	uint32_t fraction = (uint32_t)(ns % 1000000000);
	size_t kept = frame.n < w->form.snaplen ? frame.n : w->form.snaplen;
	put(w, (uint32_t)(ns / 1000000000), 4);
	put(w, w->form.nano ? fraction : fraction / 1000, 4);
	put(w, (uint32_t)kept, 4);
	put(w, (uint32_t)frame.n, 4);
	str_add(w->out, span_of(frame.p, kept));
	w->frames++;
}
