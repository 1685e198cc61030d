/* SPDX-License-Identifier: Apache-2.0 */
/* Annotated captures: each packet as it was read, with its process. One section, in the host's byte
 * order, nanoseconds; whosent-convert(1) says what is written where, and why just so. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "output/output.h"
#include "output/pcapng_block.h"

enum {
	OPTION_COMMENT = 1,
	OPTION_NAME = 2, /* of an interface, and of a process block */
	OPTION_USER_APPLICATION = 4,
	OPTION_FLAGS = 2,
	OPTION_PROCESS_THREAD = 8,
	OPTION_RESOLUTION = 9,
	OPTION_OFFSET = 14,
	OPTION_DARWIN_PROCESS = 0x8001,
	OPTION_DARWIN_EFFECTIVE = 0x8003,
};

/* An interface of one input; `id` is its own there. */
struct out_interface {
	uint32_t input, id, link_type;
	bool described; /* the input describes it; else there is one for each link type */
};

struct pcapng {
	struct sink_context context;
	struct pcapng_block block;
	struct str comment;
	struct out_interface *interfaces;
	size_t n_interfaces, cap_interfaces;
	uint32_t *darwin; /* [n_darwin] by process: its block's number + 1, 0 while it has none */
	size_t n_darwin;
	uint32_t n_blocks;
	uint64_t written, without_bytes;
};

static void pcapng_close(void *self)
{
	struct pcapng *p = self;
	if (!p)
		return;
	pcapng_block_done(&p->block);
	str_done(&p->comment);
	free(p->interfaces);
	free(p->darwin);
	free(p);
}

static int pcapng_open(const struct sink_context *context, void **ret_self, struct err *err)
{
	struct pcapng *p = calloc(1, sizeof *p);
	if (!p)
		return err_nomem(err);
	p->context = *context;
	pcapng_block_init(&p->block);
	str_init(&p->comment, UINT16_MAX);
	p->n_darwin = context->n_processes;
	p->darwin = calloc(p->n_darwin + 1, sizeof *p->darwin);
	*ret_self = p;
	return p->darwin ? 0 : err_nomem(err);
}

static int pcapng_begin(void *self, const struct report *report, struct err *err)
{
	struct pcapng *p = self;
	static const uint32_t unknown[2] = { UINT32_MAX, UINT32_MAX };
	if (report->only_events)
		return err_set(err, ERR_UNSUPPORTED, "no input has packets");
	pcapng_block_begin(&p->block, PCAPNG_SECTION);
	pcapng_block_u32(&p->block, 0x1a2b3c4d);
	pcapng_block_u16(&p->block, 1);
	pcapng_block_u16(&p->block, 0);
	pcapng_block_padded(&p->block, span_of(unknown, sizeof unknown));
	pcapng_block_option(
		&p->block, OPTION_USER_APPLICATION, span_text("whosent " WHOSENT_VERSION));
	return pcapng_block_write(&p->block, p->context.out, err);
}

/* All options of the input's own description but for those that we state ourselves. */
static void describe(struct pcapng *p, const struct capture_interface *from)
{
	static const uint8_t nanoseconds = 9;
	if (from) {
		struct cursor c = cursor_of(from->options);
		struct pcapng_option o;
		if (from->options.n == 0 && from->name.n)
			pcapng_block_option(&p->block, OPTION_NAME, from->name);
		while (pcapng_option_next(&c, from->options_big, &o))
			if (o.code != OPTION_RESOLUTION && o.code != OPTION_OFFSET)
				pcapng_block_copy(&p->block, &o, from->options_big, true);
	}
	pcapng_block_option(&p->block, OPTION_RESOLUTION, span_of(&nanoseconds, 1));
}

/* The number of the packet's interface; it is described where it is new. */
static int interface_of(
	struct pcapng *p, const struct packet_line *line, uint32_t *ret, struct err *err)
{
	const struct packet *packet = line->packet;
	const struct capture_interface *from = packet->interface;
	struct out_interface want = { .input = line->input,
		.id = from ? from->id : 0,
		.link_type = packet->link_type,
		.described = from != NULL };
	for (size_t i = 0; i < p->n_interfaces; i++) {
		const struct out_interface *have = &p->interfaces[i];
		if (have->input == want.input && have->id == want.id &&
			have->link_type == want.link_type && have->described == want.described) {
			*ret = (uint32_t)i;
			return 0;
		}
	}
	if (p->n_interfaces == p->cap_interfaces) {
		size_t cap = p->cap_interfaces ? p->cap_interfaces * 2 : 8;
		struct out_interface *grown = realloc(p->interfaces, cap * sizeof *grown);
		if (!grown)
			return err_nomem(err);
		p->interfaces = grown;
		p->cap_interfaces = cap;
	}
	*ret = (uint32_t)p->n_interfaces;
	p->interfaces[p->n_interfaces++] = want;
	pcapng_block_begin(&p->block, PCAPNG_INTERFACE);
	pcapng_block_u16(&p->block, (uint16_t)packet->link_type);
	pcapng_block_u16(&p->block, 0);
	pcapng_block_u32(&p->block, from ? from->snaplen : 0);
	describe(p, from);
	return pcapng_block_write(&p->block, p->context.out, err);
}

static const struct process *process_of(const struct pcapng *p, const struct claim *claim)
{
	return claim->process < p->context.n_processes ? &p->context.processes[claim->process]
						       : NULL;
}

/* What is only inferred for a group of packets is said in the comment and nowhere else. Without the
 * comments nothing would say that a process is less than certain, so none is named that is. */
static bool is_evident(const struct pcapng *p, const struct claim *claim)
{
	return claim->grade >= (p->context.bare ? GRADE_EXACT : GRADE_PORTS);
}

/* Apple's block of the process, once and before its first packet: Wireshark shows a name only then.
 */
static int darwin_block(struct pcapng *p, const struct claim *claim, struct err *err)
{
	const struct process *process = process_of(p, claim);
	if (!process || !is_evident(p, claim) || p->darwin[claim->process])
		return 0;
	p->darwin[claim->process] = ++p->n_blocks;
	pcapng_block_begin(&p->block, PCAPNG_DARWIN_PROCESS);
	pcapng_block_u32(&p->block, process->pid);
	if (process->image)
		pcapng_block_option(&p->block, OPTION_NAME, span_text(process->image));
	return pcapng_block_write(&p->block, p->context.out, err);
}

/* One word of a comment: in quotes where a blank would end it. Control characters, quotes and
 * backslashes are escaped. */
static void add_word(struct str *s, const char *value)
{
	bool quoted = value[0] == '\0' || strpbrk(value, " \"\\=") != NULL;
	str_text(s, quoted ? "\"" : "");
	for (const char *c = value; *c; c++) {
		if (*c == '"' || *c == '\\')
			str_char(s, '\\');
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			str_printf(s, "\\x%02x", (unsigned char)*c);
		else
			str_char(s, *c);
	}
	str_text(s, quoted ? "\"" : "");
}

static void put_comment(struct pcapng *p)
{
	struct str *s = &p->comment;
	if (!p->context.bare && s->n && !s->failed)
		pcapng_block_option(&p->block, OPTION_COMMENT, span_of(s->p, s->n));
	str_reset(s);
}

static void comment_process(struct pcapng *p, const struct claim *claim, const char *more)
{
	struct str *s = &p->comment;
	const struct process *process = process_of(p, claim);
	if (!process)
		return;
	const char *services = process_services(process, claim->service);
	str_text(s, "process: ");
	add_word(s, process->image ? process->image : "-");
	str_printf(
		s, " pid=%" PRIu32 " grade=%s", process->pid, grade_name((enum grade)claim->grade));
	if (services && services[0]) {
		str_text(s, " services=");
		add_word(s, services);
	}
	str_text(s, more);
	put_comment(p);
}

/* Where nobody is named the reason is that of the end which may be ours. */
static void comment_reason(struct pcapng *p, const struct packet_line *line)
{
	const struct claim *sides = line->sides;
	bool receiver = sides[SIDE_SENDER].reason == REASON_OTHER_HOST;
	const struct claim *claim = &sides[receiver ? SIDE_RECEIVER : SIDE_SENDER];
	str_printf(&p->comment, "process: - reason=%s", reason_name((enum reason)claim->reason));
	put_comment(p);
}

/* Ours first, for readers that show one only; then the input's own. */
static void add_comments(struct pcapng *p, const struct packet_line *line)
{
	const struct packet *packet = line->packet;
	bool sender = line->sides[SIDE_SENDER].grade != GRADE_NONE;
	bool receiver = line->sides[SIDE_RECEIVER].grade != GRADE_NONE;
	if (sender)
		comment_process(p, &line->sides[SIDE_SENDER], "");
	if (receiver)
		comment_process(p, &line->sides[SIDE_RECEIVER], sender ? " side=receiver" : "");
	if (!sender && !receiver)
		comment_reason(p, line);
	if (packet->remark.n) {
		str_add(&p->comment, packet->remark);
		put_comment(p);
	}
	if (!line->has_time || line->when.ns < 0) {
		str_text(&p->comment, line->has_time ? "time: before 1970" : "time: not stated");
		put_comment(p);
	}
	struct cursor c = cursor_of(packet->options);
	struct pcapng_option o;
	while (!p->context.bare && pcapng_option_next(&c, packet->options_big, &o))
		if (o.code == OPTION_COMMENT)
			pcapng_block_option(&p->block, OPTION_COMMENT, o.value);
}

/* The direction, so that whoever reads the file knows whose end the process is: as the input states
 * it, else as the claims show it. Of two named ends the sender's is meant. */
static uint32_t direction_of(const struct packet_line *line)
{
	if (line->packet->way != WAY_UNKNOWN)
		return line->packet->way == WAY_IN ? 1 : 2;
	if (line->sides[SIDE_SENDER].grade != GRADE_NONE)
		return 2;
	if (line->sides[SIDE_RECEIVER].grade != GRADE_NONE)
		return 1;
	return line->direction == DIRECTION_IN ? 1 : line->direction == DIRECTION_OUT ? 2 : 0;
}

/* Flags in our order, and what else the input says, but for processes: those are ours to state. */
static void add_kept_options(struct pcapng *p, const struct packet_line *line)
{
	const struct packet *packet = line->packet;
	struct cursor c = cursor_of(packet->options);
	struct pcapng_option o;
	uint32_t flags = 0;
	while (pcapng_option_next(&c, packet->options_big, &o)) {
		struct cursor value = cursor_of(o.value);
		if (o.code == OPTION_FLAGS && o.value.n == 4)
			flags = cursor_u32(&value, packet->options_big) & ~3u;
	}
	flags |= direction_of(line);
	if (flags)
		pcapng_block_option_u32(&p->block, OPTION_FLAGS, flags);
	c = cursor_of(packet->options);
	while (pcapng_option_next(&c, packet->options_big, &o)) {
		bool ours = o.code == OPTION_COMMENT || o.code == OPTION_FLAGS ||
			o.code == OPTION_PROCESS_THREAD || o.code == OPTION_DARWIN_PROCESS ||
			o.code == OPTION_DARWIN_EFFECTIVE;
		if (!ours)
			pcapng_block_copy(&p->block, &o, packet->options_big, false);
	}
}

/* The end whose process stands in the packet's options: where both are named, the end that the
 * direction means. */
static const struct claim *stated_claim(const struct packet_line *line)
{
	enum side first = direction_of(line) == 1 ? SIDE_RECEIVER : SIDE_SENDER;
	const struct claim *claim = &line->sides[first];
	return claim->grade != GRADE_NONE ? claim : NULL;
}

static void add_process(struct pcapng *p, const struct claim *claim)
{
	const struct process *process = claim ? process_of(p, claim) : NULL;
	if (!process || !is_evident(p, claim))
		return;
	uint32_t ids[2] = { process->pid, 0 };
	pcapng_block_option(&p->block, OPTION_PROCESS_THREAD, span_of(ids, sizeof ids));
	pcapng_block_option_u32(&p->block, OPTION_DARWIN_PROCESS, p->darwin[claim->process] - 1);
}

static int pcapng_packet(void *self, const struct packet_line *line, struct err *err)
{
	struct pcapng *p = self;
	const struct packet *packet = line->packet;
	uint32_t interface = 0;
	if (!packet || packet->digested) {
		p->without_bytes++;
		return 0;
	}
	const struct claim *stated = stated_claim(line);
	if (interface_of(p, line, &interface, err) < 0 ||
		(stated && darwin_block(p, stated, err) < 0))
		return -1;
	uint64_t ns = line->has_time && line->when.ns > 0 ? (uint64_t)line->when.ns : 0;
	pcapng_block_begin(&p->block, PCAPNG_PACKET);
	pcapng_block_u32(&p->block, interface);
	pcapng_block_u32(&p->block, (uint32_t)(ns >> 32));
	pcapng_block_u32(&p->block, (uint32_t)ns);
	pcapng_block_u32(&p->block, (uint32_t)packet->bytes.n);
	pcapng_block_u32(&p->block, packet->wire_bytes);
	pcapng_block_padded(&p->block, packet->bytes);
	add_comments(p, line);
	add_kept_options(p, line);
	add_process(p, stated);
	p->written++;
	return pcapng_block_write(&p->block, p->context.out, err);
}

static int pcapng_end(void *self, struct err *err)
{
	struct pcapng *p = self;
	if (p->without_bytes && p->written == 0)
		return err_set(
			err, ERR_UNSUPPORTED, "frames of text have no bytes that could be written");
	return 0;
}

const struct sink_ops output_pcapng = {
	.name = "pcapng",
	.open = pcapng_open,
	.begin = pcapng_begin,
	.packet = pcapng_packet,
	.end = pcapng_end,
	.close = pcapng_close,
};
