/* SPDX-License-Identifier: Apache-2.0 */
/* Annotated captures: each packet as it was read, with its process. One section, in the host's byte
 * order, nanoseconds; whosent-convert(1) says what is written where, and why just so. */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/map.h"
#include "output/output.h"
#include "output/pcapng_block.h"
#include "output/pcapng_comment.h"
#include "output/words.h"

enum {
	OPTION_COMMENT = 1,
	OPTION_NAME = 2, /* of an interface, and of a process block */
	OPTION_USER_APPLICATION = 4,
	OPTION_FLAGS = 2,
	OPTION_PROCESS_THREAD = 8,
	OPTION_RESOLUTION = 9,
	OPTION_OFFSET = 14,
	OPTION_HONE_CONNECTION = 257,
	OPTION_HONE_PID = 258,
	OPTION_DARWIN_PROCESS = 0x8001, /* of an interface: another one's number */
	OPTION_DARWIN_EFFECTIVE = 0x8003,
};

/* An interface of one input; `id` is its own there. */
struct interface_key {
	uint32_t input, id, link_type;
	uint32_t described; /* the input describes it; else there is one for each link type */
};

struct out_interface {
	struct interface_key key;
	uint32_t number;
};

/* What is only inferred for a group of packets is said in the comment and nowhere else. */
#define GRADE_EVIDENT GRADE_PORTS

/* The process blocks of one process, one for each grade: number + 1, or 0. */
struct process_blocks {
	uint32_t by_grade[GRADE_COUNT - GRADE_EVIDENT];
};

struct pcapng {
	struct sink_context context;
	struct pcapng_block block;
	struct str comment;
	bool begun; /* the section header is written */
	struct map interfaces;
	const struct capture_interface **listed; /* [n_inputs]: the last that is described */
	struct process_blocks *processes;        /* [n_processes] */
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
	map_done(&p->interfaces);
	free(p->listed);
	free(p->processes);
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
	map_init(&p->interfaces, sizeof(struct out_interface), sizeof(struct interface_key),
		LIMIT_WRITTEN_INTERFACES, hash_key_new());
	p->processes = calloc(context->n_processes + 1, sizeof *p->processes);
	p->listed = calloc(context->n_inputs + 1, sizeof *p->listed);
	*ret_self = p;
	return p->processes && p->listed ? 0 : err_nomem(err);
}

static int pcapng_begin(void *self, const struct report *report, struct err *err)
{
	(void)self;
	return report->only_events ? err_set(err, ERR_UNSUPPORTED, "no input has packets") : 0;
}

/* What a capture says of its machine and of itself holds for the whole of the output only where no
 * other capture goes into it. */
static bool is_only_capture(const struct pcapng *p)
{
	size_t captures = 0;
	for (size_t i = 0; i < p->context.n_inputs; i++)
		captures += p->context.inputs[i].packets > 0;
	return captures == 1;
}

/* The header is written with the first packet, for only then the capture that it came from is
 * known. Our own name comes first: by it convert(1) knows its files. */
static int section_begin(struct pcapng *p, const struct packet *first, struct err *err)
{
	static const uint32_t unknown[2] = { UINT32_MAX, UINT32_MAX };
	const struct capture_interface *from = first ? first->interface : NULL;
	if (p->begun)
		return 0;
	p->begun = true;
	pcapng_block_begin(&p->block, PCAPNG_SECTION);
	pcapng_block_u32(&p->block, 0x1a2b3c4d);
	pcapng_block_u16(&p->block, 1);
	pcapng_block_u16(&p->block, 0);
	pcapng_block_padded(&p->block, span_of(unknown, sizeof unknown));
	pcapng_block_option(
		&p->block, OPTION_USER_APPLICATION, span_text("whosent " WHOSENT_VERSION));
	if (from && from->file && is_only_capture(p)) {
		const struct capture_file *file = from->file;
		struct cursor c = cursor_of(file->options);
		struct pcapng_option o;
		while (pcapng_option_next(&c, file->options_big, &o))
			if (o.code != OPTION_USER_APPLICATION &&
				!(o.code == OPTION_COMMENT && p->context.bare))
				pcapng_block_copy(&p->block, &o, file->options_big, PCAPNG_SECTION);
	}
	return pcapng_block_write(&p->block, p->context.out, err);
}

/* All options of the input's own description but for those that we state ourselves, and numbers of
 * other interfaces, which are others here. */
static void add_description(struct pcapng *p, const struct capture_interface *from)
{
	struct cursor c = cursor_of(from->options);
	struct pcapng_option o;
	if (from->options.n == 0 && from->name.n)
		pcapng_block_option(&p->block, OPTION_NAME, from->name);
	while (pcapng_option_next(&c, from->options_big, &o)) {
		bool ours = o.code == OPTION_RESOLUTION || o.code == OPTION_OFFSET ||
			o.code == OPTION_DARWIN_PROCESS ||
			(o.code == OPTION_COMMENT && p->context.bare);
		if (!ours)
			pcapng_block_copy(&p->block, &o, from->options_big, PCAPNG_INTERFACE);
	}
}

/* Finds the interface, or describes it. */
static int interface_put(struct pcapng *p, uint32_t input, uint32_t link_type,
	const struct capture_interface *from, uint32_t *ret, struct err *err)
{
	static const uint8_t nanoseconds = 9;
	struct interface_key key = { .input = input,
		.id = from ? from->id : 0,
		.link_type = link_type,
		.described = from != NULL };
	bool new;
	uint32_t number = (uint32_t)p->interfaces.count;
	struct out_interface *i = map_put(&p->interfaces, &key, &new, err);
	if (!i)
		return -1;
	if (new)
		i->number = number;
	*ret = i->number;
	if (!new)
		return 0;
	pcapng_block_begin(&p->block, PCAPNG_INTERFACE);
	pcapng_block_u16(&p->block, (uint16_t)link_type);
	pcapng_block_u16(&p->block, 0);
	pcapng_block_u32(&p->block, from ? from->snaplen : 0);
	if (from)
		add_description(p, from);
	pcapng_block_option(&p->block, OPTION_RESOLUTION, span_of(&nanoseconds, 1));
	return pcapng_block_write(&p->block, p->context.out, err);
}

/* The number of the packet's interface. All that its file has described so far are put first, so
 * that they keep their order, and those without packets are not lost. */
static int interface_of(
	struct pcapng *p, const struct packet_line *line, uint32_t *ret, struct err *err)
{
	const struct capture_interface *from = line->packet->interface;
	const struct capture_file *file = from ? from->file : NULL;
	const struct capture_interface **listed =
		line->input < p->context.n_inputs ? &p->listed[line->input] : NULL;
	while (file && listed) {
		const struct capture_interface *next = *listed ? (*listed)->next : file->first;
		if (!next)
			break;
		if (interface_put(p, line->input, next->link_type, next, ret, err) < 0)
			return -1;
		*listed = next;
	}
	return interface_put(p, line->input, line->packet->link_type, from, ret, err);
}

static uint32_t *darwin_number(const struct pcapng *p, const struct claim *claim)
{
	return &p->processes[claim->process].by_grade[claim->grade - GRADE_EVIDENT];
}

/* The process that stands in the packet's options, or NULL. Without the comments people would not
 * see that it is less than certain, so none is named that is. */
static const struct process *evident_process(const struct pcapng *p, const struct claim *claim)
{
	enum grade least = p->context.bare ? GRADE_EXACT : GRADE_EVIDENT;
	return claim && claim->grade >= least ? context_process(&p->context, claim->process) : NULL;
}

/* Apple's block of the process, before its first packet: Wireshark shows a name only then. Readers
 * that know no grades take it for what a kernel saw; so each grade has a block of its own, with the
 * grade in it, and ours do not take it for more than it was. The name must come first. */
static int darwin_block(struct pcapng *p, const struct claim *claim, struct err *err)
{
	const struct process *process = evident_process(p, claim);
	struct str *s = &p->comment;
	if (!process || *darwin_number(p, claim))
		return 0;
	*darwin_number(p, claim) = ++p->n_blocks;
	pcapng_block_begin(&p->block, PCAPNG_DARWIN_PROCESS);
	pcapng_block_u32(&p->block, process->pid);
	if (process->image)
		pcapng_block_option(&p->block, OPTION_NAME, span_text(process->image));
	pcapng_comment_process(s, process, (enum grade)claim->grade);
	if (!s->failed)
		pcapng_block_option(&p->block, OPTION_COMMENT, span_of(s->p, s->n));
	str_reset(s);
	return pcapng_block_write(&p->block, p->context.out, err);
}

static void put_comment(struct pcapng *p)
{
	struct str *s = &p->comment;
	if (!p->context.bare && s->n && !s->failed)
		pcapng_block_option(&p->block, OPTION_COMMENT, span_of(s->p, s->n));
	str_reset(s);
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

static enum side meant_side(const struct packet_line *line)
{
	return direction_of(line) == 1 ? SIDE_RECEIVER : SIDE_SENDER;
}

/* The input's own. What an earlier run wrote is replaced by what we say, unless that is less: it
 * may have had more to go by. */
static void keep_comments(struct pcapng *p, const struct packet *packet, bool named)
{
	struct cursor c = cursor_of(packet->options);
	struct pcapng_option o;
	bool names;
	while (!p->context.bare && pcapng_option_next(&c, packet->options_big, &o))
		if (o.code == OPTION_COMMENT &&
			!(pcapng_comment_is_ours(o.value, &names) && (named || !names)))
			pcapng_block_option(&p->block, OPTION_COMMENT, o.value);
}

/* Ours first, for readers that show one only. */
static void add_comments(struct pcapng *p, const struct packet_line *line)
{
	const struct packet *packet = line->packet;
	bool named = false;
	for (int side = 0; side < SIDES; side++) {
		if (line->sides[side].grade == GRADE_NONE)
			continue;
		pcapng_comment_side(
			&p->comment, &p->context, line, (enum side)side, meant_side(line));
		put_comment(p);
		named = true;
	}
	if (!named)
		pcapng_comment_reason(&p->comment, line);
	put_comment(p);
	str_add(&p->comment, packet->remark);
	put_comment(p);
	if (!line->has_time || line->when.ns < 0)
		str_text(&p->comment, line->has_time ? "time: before 1970" : "time: not stated");
	put_comment(p);
	keep_comments(p, packet, named);
}

/* Processes are ours to state, and we state other things again. */
static bool is_replaced(uint16_t code)
{
	return code == OPTION_COMMENT || code == OPTION_FLAGS || code == OPTION_PROCESS_THREAD ||
		code == OPTION_HONE_CONNECTION || code == OPTION_HONE_PID ||
		code == OPTION_DARWIN_PROCESS || code == OPTION_DARWIN_EFFECTIVE;
}

/* Flags in our order, and what else the input says. */
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
	while (pcapng_option_next(&c, packet->options_big, &o))
		if (!is_replaced(o.code))
			pcapng_block_copy(&p->block, &o, packet->options_big, PCAPNG_PACKET);
}

/* The end whose process stands in the packet's options: where both are named, the end that the
 * direction means. */
static const struct claim *stated_claim(const struct packet_line *line)
{
	const struct claim *claim = &line->sides[meant_side(line)];
	return claim->grade != GRADE_NONE ? claim : NULL;
}

static void add_process(struct pcapng *p, const struct claim *claim)
{
	const struct process *process = evident_process(p, claim);
	if (!process)
		return;
	uint32_t ids[2] = { process->pid, 0 };
	pcapng_block_option(&p->block, OPTION_PROCESS_THREAD, span_of(ids, sizeof ids));
	pcapng_block_option_u32(&p->block, OPTION_DARWIN_PROCESS, *darwin_number(p, claim) - 1);
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
	if (section_begin(p, packet, err) < 0 || interface_of(p, line, &interface, err) < 0 ||
		darwin_block(p, stated, err) < 0)
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
	return section_begin(p, NULL, err);
}

const struct sink_ops output_pcapng = {
	.name = "pcapng",
	.open = pcapng_open,
	.begin = pcapng_begin,
	.packet = pcapng_packet,
	.end = pcapng_end,
	.close = pcapng_close,
};
