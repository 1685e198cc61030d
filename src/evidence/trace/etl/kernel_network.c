/* SPDX-License-Identifier: Apache-2.0 */
/* Network records of the NT Kernel Logger (TcpIp, UdpIp) and of Microsoft-Windows-Kernel-Network,
 * which bear the same payloads: doc/etl-providers.md, "TCP and UDP". */
#include "evidence/trace/etl/payload.h"
#include "evidence/trace/etl/provider.h"
#include "model/digest.h"
#include "model/source.h"

/* From version 1 on, with addresses of 4 (IPv4) or 16 bytes (IPv6):
 *
 *   0 PID u32, 4 size u32, 8 daddr, saddr, dport, sport; then what is not used.
 *
 * Version 0, Windows 2000:
 *
 *   TCP  0 daddr, 4 saddr, 8 dport, 10 sport, 12 size u32, 16 PID
 *   UDP  0 PID (a pointer's size), saddr, sport, size u16, daddr, dport, dsize u16 */
enum {
	FIRST_V4 = 10,
	FIRST_V6 = 26,
	UDP_ABOVE_TCP = 32, /* ids of Kernel-Network */
	BYTES_TCP_V0 = 20,
	BYTES_UDP_V0 = 14, /* behind the PID, without dsize */
};

/* By opcode, from FIRST_V4 and from FIRST_V6. UDP has the first two. What follows is either said
 * already (TCPCopy repeats the bytes of Recv) or names no ends (Fail) or no process's doing (ACKs,
 * ARPCopy). */
static const uint8_t ops[] = { EVENT_SEND, EVENT_RECV, EVENT_CONNECT, EVENT_DISCONNECT,
	EVENT_RETRANSMIT, EVENT_ACCEPT, EVENT_RECONNECT };

/* All of one width: bytes of a struct that are written singly and read together are slow. */
struct network {
	unsigned transport, version;
	unsigned code;   /* opcode of the kernel's classes */
	unsigned seen;   /* ETL_SEEN_* of this kind */
	unsigned rivals; /* of kinds that tell the same, and better */
};

struct parts {
	enum event_op op;
	bool v6;
	uint32_t pid, size;
	const uint8_t *daddr, *saddr, *dport, *sport;
};

static int too_short(const struct etl_record *rec, size_t needed, struct err *err)
{
	payload_short(rec, "a network event", needed, err);
	return -1;
}

/* An address of IPv4 in one of IPv6 (dual-stack sockets) is the same here: see struct addr. */
static inline void set_endpoint(
	struct endpoint *to, bool v6, const uint8_t *addr, const uint8_t *port)
{
	if (v6)
		memcpy(to->addr.b, addr, sizeof to->addr.b);
	else
		to->addr = addr_v4(addr);
	to->port = payload_port(port);
}

/* Which service sent: the one whose thread logged. Only the sending of a datagram runs in the
 * sender's own thread. All other records are logged by whichever thread was interrupted, and that
 * may be one of another service in the same process. Wrong where a service lets another's thread
 * send for it; then it is that thread's service which is named, and the process is right. */
static uint32_t find_tag(
	const struct etl_shared *shared, const struct etl_record *rec, uint32_t pid)
{
	uint32_t owner, tag;
	if (!rec->has_thread || rec->pid != pid || !etl_thread(shared, rec->tid, &owner, &tag))
		return 0;
	return owner == pid ? tag : 0;
}

/* TCP records name the ends as the connection has them: d is remote. UDP records name them as the
 * packet has them: for a receive d is ours. Only version 2 is known to do so. */
static inline void set_event(struct network n, struct parts p, struct event *e)
{
	bool ours = n.transport == TRANSPORT_UDP && p.op == EVENT_RECV;
	e->op = p.op;
	e->transport = (uint8_t)n.transport;
	e->either_way = ours && n.version < 2;
	set_endpoint(ours ? &e->local : &e->remote, p.v6, p.daddr, p.dport);
	set_endpoint(ours ? &e->remote : &e->local, p.v6, p.saddr, p.sport);
	e->pid = p.pid;
	e->bytes = p.size;
	/* One flag turns both on. */
	e->traces = TRACES_TCP | TRACES_UDP;
	e->tag = 0;
}

static inline int give(struct network n, struct parts p, struct etl_shared *shared,
	const struct etl_record *rec, struct record *ret)
{
	unsigned seen = etl_seen(shared, n.seen);
	if (!traced_pid(p.pid))
		return ETL_NOTHING;
	ret->kind = RECORD_EVENT;
	set_event(n, p, &ret->event);
	if (n.transport == TRANSPORT_UDP && p.op == EVENT_SEND && rec->has_thread)
		ret->event.tag = find_tag(shared, rec, p.pid);
	if (seen & n.rivals)
		ret->event.op = EVENT_HOLD;
	return ETL_GIVEN;
}

/* All of it from documents; no file of Windows 2000 is public. Its records have IPv4 only. */
static __attribute__((noinline)) int read_v0(struct network n, struct etl_shared *shared,
	const struct etl_record *rec, struct record *ret, struct err *err)
{
	enum event_op op = ops[n.code - FIRST_V4];
	bool tcp = n.transport == TRANSPORT_TCP;
	struct cursor c = cursor_of(rec->payload);
	uint32_t pid = tcp ? 0 : (uint32_t)payload_pointer(&c, rec->pointer);
	const uint8_t *p = cursor_take(&c, tcp ? BYTES_TCP_V0 : BYTES_UDP_V0).p;
	if (!p)
		return too_short(
			rec, tcp ? BYTES_TCP_V0 : (size_t)BYTES_UDP_V0 + rec->pointer, err);
	struct parts parts = tcp
		? (struct parts){ op, false, load_le32(p + 16), load_le32(p + 12), p, p + 4, p + 8,
			  p + 10 }
		: (struct parts){ op, false, pid, load_le16(p + 6), p + 8, p, p + 12, p + 4 };
	return give(n, parts, shared, rec, ret);
}

/* The kernel of version 1 fills 16 bits of a datagram's size and leaves the others as they were.
 * Wrong for a jumbogram of IPv6, which version 1 cannot log. */
static inline uint32_t size_of(struct network n, uint32_t size)
{
	return n.version == 1 && n.transport == TRANSPORT_UDP ? size & UINT16_MAX : size;
}

/* Millions of records come this way. Inline, so that each caller's constants stay such. */
static inline __attribute__((always_inline)) int read_network(struct network n,
	struct etl_shared *shared, const struct etl_record *rec, struct record *ret,
	struct err *err)
{
	bool v6 = n.code >= FIRST_V6;
	unsigned i = n.code - (unsigned)(v6 ? FIRST_V6 : FIRST_V4);
	if (i >= (n.transport == TRANSPORT_UDP ? 2u : sizeof ops) || (v6 && n.version < 2))
		return ETL_NOTHING;
	if (n.version == 0)
		return read_v0(n, shared, rec, ret, err);
	size_t addr = v6 ? 16 : 4, needed = 12 + 2 * addr;
	struct cursor c = cursor_of(rec->payload);
	const uint8_t *p = cursor_take(&c, needed).p;
	if (!p)
		return too_short(rec, needed, err);
	const uint8_t *ports = p + 8 + 2 * addr;
	struct parts parts = { ops[i], v6, load_le32(p), size_of(n, load_le32(p + 4)), p + 8,
		p + 8 + addr, ports, ports + 2 };
	return give(n, parts, shared, rec, ret);
}

static int read_kernel_tcp(void *state, struct etl_shared *shared, const struct etl_record *rec,
	struct record *ret, struct err *err)
{
	struct network n = { TRANSPORT_TCP, rec->version, rec->opcode, ETL_SEEN_KERNEL_TCP, 0 };
	(void)state;
	return read_network(n, shared, rec, ret, err);
}

static int read_kernel_udp(void *state, struct etl_shared *shared, const struct etl_record *rec,
	struct record *ret, struct err *err)
{
	struct network n = { TRANSPORT_UDP, rec->version, rec->opcode, ETL_SEEN_KERNEL_UDP, 0 };
	(void)state;
	return read_network(n, shared, rec, ret, err);
}

/* Its version is always 0, and its payload always the kernel's of version 2. */
static int read_manifest(void *state, struct etl_shared *shared, const struct etl_record *rec,
	struct record *ret, struct err *err)
{
	struct network n = { TRANSPORT_TCP, 2, rec->id, ETL_SEEN_NETWORK_TCP, ETL_SEEN_KERNEL_TCP };
	(void)state;
	if (rec->id >= FIRST_V4 + UDP_ABOVE_TCP)
		n = (struct network){ TRANSPORT_UDP, 2, rec->id - (unsigned)UDP_ABOVE_TCP,
			ETL_SEEN_NETWORK_UDP, ETL_SEEN_KERNEL_UDP };
	return read_network(n, shared, rec, ret, err);
}

const struct etl_provider etl_kernel_tcpip = {
	.name = "TcpIp",
	.group = ETL_GROUP_TCPIP,
	.read = read_kernel_tcp,
};

const struct etl_provider etl_kernel_udpip = {
	.name = "UdpIp",
	.group = ETL_GROUP_UDPIP,
	.read = read_kernel_udp,
};

/* {7DD42A49-5329-4832-8DFD-43D979153A88} */
const struct etl_provider etl_kernel_network = {
	.name = "Microsoft-Windows-Kernel-Network",
	.guid = { { 0x49, 0x2a, 0xd4, 0x7d, 0x29, 0x53, 0x32, 0x48, 0x8d, 0xfd, 0x43, 0xd9, 0x79,
		0x15, 0x3a, 0x88 } },
	.read = read_manifest,
};
