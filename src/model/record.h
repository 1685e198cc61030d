/* SPDX-License-Identifier: Apache-2.0 */
/* The one stream that every source yields: records of several kinds, interleaved. */
#ifndef WHOSENT_MODEL_RECORD_H
#define WHOSENT_MODEL_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"
#include "base/stamp.h"
#include "model/digest.h"
#include "model/owner.h"

enum record_kind {
	RECORD_PACKET = 1,
	RECORD_EVENT,
	RECORD_PROCESS,
	RECORD_LOSS,
	RECORD_ADDRESS,
	RECORD_TRANSLATION,
};

/* Which way a packet ran, seen from the host that captured it. */
enum packet_way {
	WAY_UNKNOWN = 0,
	WAY_IN,
	WAY_OUT,
};

struct capture_interface;

/* What a capture says of itself. It grows while the file is read; good until the source is closed.
 */
struct capture_file {
	const struct capture_interface *first; /* of its interfaces, in their order */
	bool options_big;                      /* byte order of: */
	struct span options; /* pcapng: those of the first section's header, or empty */
};

/* An interface of a capture, as its file describes it. */
struct capture_interface {
	const struct capture_file *file;      /* or NULL: no others are listed */
	const struct capture_interface *next; /* or NULL */
	uint32_t id;                          /* place in the file, from 0; sections count on */
	uint32_t section; /* from 0: what one says of addresses does not hold for the others */
	uint32_t link_type;
	uint32_t snaplen; /* 0: none */
	struct span name; /* or empty */
	bool options_big; /* byte order of: */
	struct span
		options; /* pcapng: all options of its block as they stand in the file, or empty */
};

/* A captured frame. Text captures have no bytes: their reader fills `digest` itself. */
struct packet {
	struct span bytes;   /* captured bytes, link layer first; empty where `digested` */
	uint32_t link_type;  /* LINKTYPE_* number of tcpdump.org/linktypes.html */
	uint32_t wire_bytes; /* length on the wire */
	enum packet_way way; /* as the file states it beside the frame */
	bool digested;       /* `digest` is filled and `bytes` is empty */
	/* pcapng: the options of the packet's block as they stand in the file, in the byte order of
	 * its section, for whoever writes the packet again; else empty. Borrowed like `bytes`. */
	bool options_big;
	struct span options;
	const struct owner *owner;                 /* or NULL; borrowed like `bytes` */
	const struct capture_interface *interface; /* NULL: the file has one, and says nothing of
						    * it; good until the source is closed */
	struct span remark; /* what the source says of it in words ("dropped: ..."), or empty */
	bool copy; /* the source gave this packet before, as another place in the system saw it */
	struct digest digest;
};

enum event_op {
	EVENT_SEND = 1,
	EVENT_RECV,
	EVENT_CONNECT,
	EVENT_ACCEPT,
	EVENT_RECONNECT,
	EVENT_DISCONNECT,
	EVENT_RETRANSMIT,
	EVENT_HOLD, /* the process holds this flow, or this local endpoint where the remote one is a
		     * wildcard with port 0, and no packet of its own goes with it */
	EVENT_RELEASE, /* it holds this local endpoint no more */
};

/* Has it bytes that were sent or received? */
static inline bool event_moves_data(enum event_op op)
{
	return op == EVENT_SEND || op == EVENT_RECV;
}

/* Is it the opening of a connection? */
static inline bool event_opens(enum event_op op)
{
	return op == EVENT_CONNECT || op == EVENT_ACCEPT;
}

/* Did it leave this host, or is it its own doing? Else it came in. */
static inline bool event_from_here(enum event_op op)
{
	return op == EVENT_SEND || op == EVENT_CONNECT || op == EVENT_RECONNECT ||
		op == EVENT_RETRANSMIT || op == EVENT_DISCONNECT || op == EVENT_HOLD ||
		op == EVENT_RELEASE;
}

/* One network record of a kernel event log. `pid` is the payload's, never the log header's. */
struct event {
	enum event_op op;
	uint8_t transport;
	bool either_way; /* the format does not say which of a UDP receive's ends is local */
	struct endpoint local, remote;
	uint32_t pid;
	uint32_t bytes; /* payload of a datagram; bytes of one call for TCP */
	/* TRACES_* (source.h): the protocols whose events the provider that wrote this one logs; 0:
	 * as the format says. */
	uint8_t traces;
	uint32_t tag; /* Windows: which service of the process the thread ran for, or 0 */
};

/* Something seen of a process: a row of a process table, or a start or end in a log. Spans are
 * borrowed until the next call of the source. Absent strings are empty. */
struct process_note {
	enum { NOTE_RUNNING, NOTE_START, NOTE_END } what;
	uint32_t pid, parent; /* parent is good where has_parent */
	bool has_parent;
	bool image_cut;     /* the table cuts names at its column width: this one may go on */
	bool service_table; /* the table has a services column: no services means none */
	bool service; /* one service that the process hosts, in `services`, beside others; `tag`
		       * is what its threads bear, or 0 */
	uint32_t tag;
	bool kernel; /* a thread of Linux's kernel, which has a PID of its own */
	bool has_start;
	struct source_time start; /* when the process began, where that is stated */
	struct span image;        /* file name as the table prints it, "store.exe" */
	struct span services;     /* service names, separated by ", " */
};

/* An address of the host that captured. */
struct local_address {
	struct addr addr;
};

/* A connection that a router has translated, or let through as it is: both as the one who opened it
 * sends. The addresses and ports before and behind the router; equal where nothing changed. */
struct translation {
	uint8_t transport; /* TCP or UDP */
	struct flow before, behind;
	/* What is said of it, and when by the router's clock; listed: that it was there, some time.
	 */
	enum { TRANSLATION_LISTED, TRANSLATION_OPENED, TRANSLATION_SEEN, TRANSLATION_CLOSED } what;
	struct source_time when;
};

/* The source says that it lacks something from `when` on. */
struct loss {
	enum { LOSS_EVENTS, LOSS_PACKETS } what;
	uint64_t count;   /* records lost; at least 1 */
	int64_t lasts_ns; /* how long from `when` on; 0: a moment; INT64_MAX: nothing says when it
			     ended */
};

struct record {
	enum record_kind kind;
	uint32_t input;  /* place of the input on the command line, from 0; set by the merger */
	uint64_t number; /* frame number, physical line (text) or record (binary), from 1 */
	bool has_time;
	struct source_time when;
	union {
		struct packet packet;
		struct event event;
		struct process_note process;
		struct loss loss;
		struct local_address address;
		struct translation translation;
	};
};

#endif
