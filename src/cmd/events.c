/* SPDX-License-Identifier: Apache-2.0 */
/* Events in the place of packets, where no input has packets. See run.h. */
#include "cmd/run.h"

bool run_told(const struct run *r, const struct merged *m, struct digest *ret, enum side *ret_side)
{
	struct event e = m->record.event;
	bool data = event_moves_data(e.op);
	if (!m->has_ref || r->hosts.of_input[m->record.input] == HOST_NONE ||
		(!data && e.op != EVENT_CONNECT && e.op != EVENT_ACCEPT))
		return false;
	e = hosts_orient(&r->hosts, &e);
	*ret = (struct digest){ .known = DIGEST_DECODED | DIGEST_ADDRS,
		.ip_version = addr_is_v4(&e.local.addr) ? 4 : 6,
		.transport = e.transport };
	bool out = event_from_here(e.op);
	*ret_side = out ? SIDE_SENDER : SIDE_RECEIVER;
	ret->flow = out ? (struct flow){ e.local, e.remote } : (struct flow){ e.remote, e.local };
	if (e.transport == TRANSPORT_TCP || e.transport == TRANSPORT_UDP)
		ret->known |= DIGEST_PORTS;
	if (data) {
		ret->known |= DIGEST_PAYLOAD;
		ret->payload_bytes = e.bytes;
	}
	return true;
}
