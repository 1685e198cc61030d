/* SPDX-License-Identifier: Apache-2.0 */
/* Names of grades and reasons: see claim.h. */
#include "model/claim.h"

#include <stddef.h>

const char *grade_name(enum grade g)
{
	static const char *const names[GRADE_COUNT] = {
		[GRADE_NONE] = "none",
		[GRADE_LIFETIME] = "lifetime",
		[GRADE_PATTERN] = "pattern",
		[GRADE_PORTS] = "ports",
		[GRADE_ENDPOINT] = "endpoint",
		[GRADE_FLOW] = "flow",
		[GRADE_EXACT] = "exact",
	};
	return names[g];
}

static const struct {
	const char *name, *text;
} reasons[REASON_COUNT] = {
	[REASON_NONE] = { "none", "" },
	[REASON_UNDECODABLE] = { "undecodable", "the frame could not be decoded" },
	[REASON_KERNEL_ICMP_ERROR] = { "kernel-icmp-error",
		"a kernel reports an error of another packet" },
	[REASON_KERNEL_ECHO_REPLY] = { "kernel-echo-reply", "a kernel answers a ping" },
	[REASON_KERNEL_TCP_RESET] = { "kernel-tcp-reset",
		"a kernel refuses a segment that no socket takes" },
	[REASON_KERNEL_TCP_AFTER_EXIT] = { "kernel-tcp-after-exit",
		"a kernel ends a connection whose process is gone" },
	[REASON_KERNEL_ARP] = { "kernel-arp", "a kernel resolves an address" },
	[REASON_KERNEL_NDP] = { "kernel-ndp", "a kernel discovers its IPv6 neighbours" },
	[REASON_KERNEL_IGMP] = { "kernel-igmp", "a kernel reports its multicast groups" },
	[REASON_KERNEL_TUNNEL] = { "kernel-tunnel", "the outer packet of a tunnel" },
	[REASON_KERNEL_SERVICE] = { "kernel-service", "a service inside the kernel" },
	[REASON_FORWARDED] = { "forwarded", "passed on, not sent here" },
	[REASON_OTHER_HOST] = { "other-host", "that end is none of the hosts with evidence" },
	[REASON_NOT_TRACED] = { "not-traced", "the log cannot hold this protocol" },
	[REASON_OUTSIDE_EVIDENCE] = { "outside-evidence", "before or after the log" },
	[REASON_LOST_EVENTS] = { "lost-events", "the log states a loss at that time" },
	[REASON_AMBIGUOUS] = { "ambiguous", "more than one process fits" },
	[REASON_NOT_IN_LOG] = { "not-in-log",
		"the log covers it and has no such event: injected, spoofed, or an excerpt" },
	[REASON_NO_EVIDENCE] = { "no-evidence", "nothing was given that could tell" },
};

const char *reason_name(enum reason r)
{
	return reasons[r].name;
}

const char *reason_text(enum reason r)
{
	return reasons[r].text;
}

const char *detail_text(enum detail d)
{
	static const char *const texts[DETAIL_COUNT] = {
		[DETAIL_LIMIT] = "limit",
		[DETAIL_NO_CLOCK] = "the log's clock could not be aligned",
		[DETAIL_NO_TIME] = "the frame states no time",
		[DETAIL_LATE] = "its time is before that of frames read earlier",
		[DETAIL_CLOCK_SET] = "the log's clock may have been set",
		[DETAIL_NO_LOCAL] = "no record shows which addresses are local",
		[DETAIL_FRAGMENT] = "a later fragment",
		[DETAIL_NO_TRANSPORT] = "the transport protocol is not known",
		[DETAIL_NFS] = "NFS",
		[DETAIL_CIFS] = "CIFS",
		[DETAIL_WIREGUARD] = "WireGuard",
		[DETAIL_ISCSI] = "iSCSI",
		[DETAIL_DRBD] = "DRBD",
	};
	return texts[d];
}

const char *direction_name(enum direction d)
{
	static const char *const names[] = {
		[DIRECTION_NONE] = NULL,
		[DIRECTION_OUT] = "out",
		[DIRECTION_IN] = "in",
		[DIRECTION_LOCAL] = "local",
	};
	return names[d];
}

const char *because_text(enum because b)
{
	static const char *const texts[BECAUSE_COUNT] = {
		[BECAUSE_EVENT] = "its event fits as well",
		[BECAUSE_THREAD] = "its thread ran when the packet passed, which is no proof",
		[BECAUSE_UNSTATED] = "the capture states its PID, and not how it was found",
		[BECAUSE_SIDE] = "the capture names it, and not for which end of the packet",
	};
	return b < BECAUSE_COUNT ? texts[b] : texts[BECAUSE_EVENT];
}

struct claim claim_named(enum grade g, process_handle process, struct evidence evidence)
{
	struct claim c = claim_reason(REASON_NONE, DETAIL_NONE);
	c.grade = (uint8_t)g;
	c.process = process;
	c.evidence[c.n_evidence++] = evidence;
	return c;
}

void claim_candidate(struct claim *c, process_handle process)
{
	for (unsigned i = 0; i < c->n_candidates; i++)
		if (c->candidates[i] == process)
			return;
	if (c->n_candidates == CLAIM_CANDIDATES)
		c->more_candidates = true;
	else
		c->candidates[c->n_candidates++] = process;
}

struct claim claim_rivals(
	process_handle a, struct evidence of_a, process_handle b, struct evidence of_b)
{
	struct claim c = claim_reason(REASON_AMBIGUOUS, DETAIL_NONE);
	claim_candidate(&c, a);
	claim_candidate(&c, b);
	c.evidence[c.n_evidence++] = of_a;
	c.evidence[c.n_evidence++] = of_b;
	return c;
}
