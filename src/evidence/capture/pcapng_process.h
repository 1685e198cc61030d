/* SPDX-License-Identifier: Apache-2.0 */
/* The processes that a section of a pcapng file describes, and whose a packet is by them. Forms and
 * sources: doc/capture-processes.md. */
#ifndef WHOSENT_EVIDENCE_PCAPNG_PROCESS_H
#define WHOSENT_EVIDENCE_PCAPNG_PROCESS_H

#include "base/arena.h"
#include "base/map.h"
#include "evidence/capture/pcapng_packet.h"

#define PROCESS_ABSENT UINT32_MAX

struct known_process {
	uint32_t pid, parent;
	bool has_parent, has_start, has_end;
	bool unreadable; /* its block holds no PID, but its place counts */
	bool image_cut;
	bool kernel;             /* of Hone: a thread of the kernel */
	enum owner_origin noted; /* whosent wrote the block, and this stands for its grade; or 0 */
	struct source_time start, end;
	struct span image;
	uint32_t earlier; /* another one of that PID, or PROCESS_ABSENT */
	uint32_t threads; /* of Hone: how many run; 0 where that is not known */
};

/* Processes of one form, in the order of the file. */
struct process_list {
	struct known_process *all;
	size_t n, cap;
	struct arena names;
};

void process_list_init(struct process_list *l);
void process_list_done(struct process_list *l);
/* Copies the image. -1 with ERR_LIMIT or ERR_NOMEM where it was not added (*ret is PROCESS_ABSENT),
 * or where its name did not fit (then it has none). */
int process_list_add(
	struct process_list *l, const struct known_process *p, uint32_t *ret, struct err *err);
/* Gives a listed process another image; it has none where that fails. */
int process_list_name(struct process_list *l, uint32_t at, struct span image, struct err *err);

/* Behind a map that took no entry: says which table is full, and what is lost. Returns -1. */
int process_table_full(struct err *err, unsigned most, const char *of);

/* What a PID stands for, in a map of either form. */
struct process_of_pid {
	uint32_t pid;
	uint32_t latest; /* in the list, or PROCESS_ABSENT */
	uint32_t blocks; /* how many are chained; more than LIMIT_PID_BLOCKS: none is looked at */
};

/* Hone's processes and connections: pcapng_hone.h. */
struct hone {
	struct process_list processes;
	struct map pids, connections;
	bool live; /* what was running before is listed: events are news now */
};

struct process_tables {
	struct process_list darwin; /* their place is their index */
	struct process_list wireshark;
	struct map wireshark_pids;
	struct hone hone;
	struct owner owner; /* of the packet last asked for */
};

void process_tables_init(struct process_tables *t, struct hash_key key);
void process_tables_done(struct process_tables *t);
/* A new section: another machine, perhaps. Numbers and names of the last one are forgotten. */
void process_tables_reset(struct process_tables *t);

/* Apple's process information block. Its place counts even where -1 is returned, but for ERR_LIMIT
 * (then no later one has a place either) and ERR_NOMEM. */
int darwin_block_read(
	struct process_tables *t, const struct section *s, struct cursor body, struct err *err);

/* A custom block. *ret_used: it was Wireshark's and described a process. */
int custom_block_read(struct process_tables *t, const struct section *s, struct cursor body,
	bool *ret_used, struct err *err);

/* Whose packet is it by its options? NULL: they do not say. Good until the next call of any of
 * these. `when` is NULL where the packet has no time. */
const struct owner *process_owner(
	struct process_tables *t, const struct packet_options *o, const struct source_time *when);

#endif
