/* SPDX-License-Identifier: Apache-2.0 */
/* Records of captured frames: see packet_record.h. */
#include "evidence/capture/packet_record.h"

void packet_record_tapped(struct record *ret, struct owner *owner)
{
	enum packet_way way;
	if (!pktap_read(ret->packet.bytes, ret->packet.link_type, &way, owner))
		return;
	if (ret->packet.way == WAY_UNKNOWN)
		ret->packet.way = way;
	/* Both come from the kernel; others are weaker. */
	bool better = !ret->packet.owner || ret->packet.owner->origin > OWNER_DARWIN;
	if (better && pktap_names(owner))
		ret->packet.owner = owner;
}
