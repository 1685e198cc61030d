/* SPDX-License-Identifier: Apache-2.0 */
/* Builds Ethernet frames with IPv4, IPv6 and ARP from their fields, checksums included. */
#ifndef WHOSENT_LAB_FRAME_H
#define WHOSENT_LAB_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cursor.h"

#define FRAME_BYTES 1514   /* the largest Ethernet frame, without its checksum */
#define FRAME_PAYLOAD 1460 /* what is left of it behind IPv4 and TCP */

struct station {
	uint8_t mac[6];
	uint8_t ip[4];
};

/* A station's other address: 2001:db8:: (RFC 3849) with its IPv4 address as the last bytes. */
void frame_ipv6(const uint8_t ip[static 4], uint8_t ret[static 16]);

struct frame {
	struct station src, dst;
	bool v6;          /* between their IPv6 addresses; not for ICMP */
	uint8_t protocol; /* 1 ICMP, 6 TCP, 17 UDP */
	uint8_t ttl;
	uint16_t ip_id;
	uint16_t fragment;     /* IP: the flags and offset; with an offset there is no UDP header */
	uint16_t whole;        /* UDP of a first fragment: payload of the whole datagram */
	uint16_t sport, dport; /* TCP, UDP */
	uint32_t seq, ack;     /* TCP */
	uint8_t flags;         /* TCP */
	uint8_t type, code;    /* ICMP */
	uint32_t rest;         /* ICMP: the second four bytes, id << 16 | seq of an echo */
	struct span payload;
	bool pad; /* to the 60 bytes that go over the wire at least (IEEE 802.3) */
};

/* Returns the frame's length; 0 where the payload does not fit. */
size_t frame_build(const struct frame *frame, uint8_t buf[static FRAME_BYTES]);

/* The same with room for FRAME_LARGE bytes, as a capture shows TCP before a network card cuts it
 * into segments. */
#define FRAME_LARGE (14 + 65535)
size_t frame_build_large(const struct frame *frame, uint8_t buf[static FRAME_LARGE]);

/* ARP (RFC 826): operation 1 asks for dst.ip, 2 answers. */
size_t frame_arp(uint16_t operation, const struct station *src, const struct station *dst,
	uint8_t buf[static FRAME_BYTES]);

#endif
