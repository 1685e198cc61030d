/* SPDX-License-Identifier: Apache-2.0 */
/* Process information in captures: see owner.h. */
#include "model/owner.h"

enum grade owner_grade(enum owner_origin origin)
{
	switch (origin) {
	case OWNER_DARWIN:
	case OWNER_NOTED_EXACT:
		return GRADE_EXACT;
	/* Hone names the socket's process, and says itself that a socket shared over fork() stays
	 * with the first; so it is no proof for one packet. */
	case OWNER_HONE:
	case OWNER_PTCPDUMP:
	case OWNER_RUSTNET:
	case OWNER_NOTED_FLOW:
		return GRADE_FLOW;
	case OWNER_WIRESHARK:
	case OWNER_NOTED_ENDPOINT:
		return GRADE_ENDPOINT;
	case OWNER_NOTED_PORTS:
		return GRADE_PORTS;
	case OWNER_THREAD:
	case OWNER_UNSTATED:
	case OWNER_COUNT:
	default:
		return GRADE_NONE;
	}
}

enum because owner_because(enum owner_origin origin)
{
	if (origin == OWNER_THREAD)
		return BECAUSE_THREAD;
	return owner_grade(origin) == GRADE_NONE ? BECAUSE_UNSTATED : BECAUSE_SIDE;
}

const char *origin_text(enum owner_origin origin)
{
	static const char *const texts[OWNER_COUNT] = {
		[OWNER_DARWIN] = "Apple's kernel",
		[OWNER_HONE] = "a block of Hone",
		[OWNER_WIRESHARK] = "a process block of Wireshark",
		[OWNER_PTCPDUMP] = "a comment of ptcpdump",
		[OWNER_RUSTNET] = "a comment of rustnet",
		[OWNER_THREAD] = "a thread's PID",
		[OWNER_UNSTATED] = "a packet option",
		[OWNER_NOTED_EXACT] = "an annotation of whosent",
		[OWNER_NOTED_FLOW] = "an annotation of whosent",
		[OWNER_NOTED_ENDPOINT] = "an annotation of whosent",
		[OWNER_NOTED_PORTS] = "an annotation of whosent",
	};
	return origin < OWNER_COUNT && texts[origin] ? texts[origin] : "the capture";
}
