/* SPDX-License-Identifier: Apache-2.0 */
/* Every limit on what an input can make us do, each with the reason for its size. */
#ifndef WHOSENT_BASE_LIMITS_H
#define WHOSENT_BASE_LIMITS_H

/* libpcap's MAXIMUM_SNAPLEN for the widest link types is 128 MiB (USB); 262144 is what tcpdump
 * and dumpcap capture at most on networks. Frames above it are damage. */
#define LIMIT_FRAME_BYTES (256u * 1024u)

/* A pcapng block holds one frame and its options; 16 MiB is Wireshark's own bound. */
#define LIMIT_BLOCK_BYTES (16u * 1024u * 1024u)

/* dumpcap allows a few dozen interfaces; 64 k per section still costs only a few MiB. */
#define LIMIT_INTERFACES 65536u

/* What is kept of descriptions of interfaces until a capture is closed, for whoever writes it
 * again. A description has some 200 bytes. */
#define LIMIT_CAPTURE_INTERFACES_BYTES (16u * 1024u * 1024u)

/* Interfaces of an annotated capture: those of a few captures at their own limit. */
#define LIMIT_WRITTEN_INTERFACES (1024u * 1024u)

/* Processes that one section of a pcapng file describes, of each form. macOS and Linux run some
 * thousand at a time; a section that forks faster loses names, never swaps them. */
#define LIMIT_CAPTURE_PROCESSES 65536u
#define LIMIT_CAPTURE_NAMES_BYTES (4u * 1024u * 1024u)

/* Hone's open connections: as many as endpoints above. */
#define LIMIT_CAPTURE_CONNECTIONS 262144u

/* Process blocks of one PID. Each packet of the PID looks at all of them. */
#define LIMIT_PID_BLOCKS 64u

/* No system allows more than 255 characters in a file name; these are their UTF-8 bytes. */
#define LIMIT_IMAGE_BYTES 1020u

/* A line of text: tracerpt rows with long command lines stay under 64 KiB. */
#define LIMIT_LINE_BYTES (64u * 1024u)

/* One event of a dump in XML: a record holds at most 64 KiB, and each byte of it may be printed as
 * an entity of six characters. */
#define LIMIT_XML_EVENT_BYTES (1024u * 1024u)

/* Kinds of events of the network and of processes in the header of a dump of xperf. It has some
 * 40. */
#define LIMIT_DUMP_KINDS 128u

/* Link layers of one frame (tags, labels, headers of capturing systems), and tunnels around one
 * packet. Networks stack three or four; each level costs some 500 bytes of stack. */
#define LIMIT_LAYERS 32u
#define LIMIT_TUNNELS 8u

/* Files on one command line: sides of a claim name them with 16 bits. */
#define LIMIT_INPUTS 1024u

/* What a pipe may bring: it is spooled to an unlinked file that must fit on a disk. */
#define LIMIT_SPOOL_BYTES (64ull * 1024 * 1024 * 1024)

/* What one packed input may become, on the same disk. */
#define LIMIT_UNPACKED_BYTES LIMIT_SPOOL_BYTES

/* A bomb is told by its ratio. That of gzip is 1032 at most, and captures of a flood come near it;
 * zstd, xz and bzip2 can go far above. 64 MiB may come of anything: they are written in no time. */
#define LIMIT_UNPACK_RATIO 1100u
#define LIMIT_UNPACK_FREE_BYTES (64ull * 1024 * 1024)

/* Archives and compressions inside each other: a capture.pcap.gz in a zip in a support bundle's
 * tar.gz are four. */
#define LIMIT_NESTING 4u

/* What a decoder may keep of what it gave: xz -9 needs 64 MiB, zstd --long 128. A power of 2. */
#define LIMIT_WINDOW_BYTES (128u * 1024u * 1024u)

/* An archive's index is read before its first member: 16 MiB list some 200,000 files, and cost a
 * few times as much memory. */
#define LIMIT_INDEX_BYTES (16u * 1024u * 1024u)

/* "ARCHIVE!MEMBER". Linux has no longer paths. */
#define LIMIT_NAME_BYTES 4096u

/* Buffers of an event trace log: each costs 16 bytes in the index. 4 Mi of the smallest that
 * Windows makes (4 KiB) are 16 GiB, of those that netsh and WPR ask for (64 KiB to 1 MiB) far
 * more. */
#define LIMIT_ETL_BUFFERS (4u * 1024u * 1024u)

/* One buffer of it, also once it is expanded: Windows allows 16 MiB. */
#define LIMIT_ETL_BUFFER_BYTES (16u * 1024u * 1024u)

/* Buffers that are open at a time, about one for each processor: 64 of 1 MiB. */
#define LIMIT_ETL_WINDOW_BYTES (64u * 1024u * 1024u)

/* Threads of such a log: a busy server has some 100,000 at a time. */
#define LIMIT_ETL_THREADS 1048576u

/* The correlator's window, DESIGN section 4.3: packets and events that wait for each other. */
#define LIMIT_HOLD_PACKETS 262144u
#define LIMIT_HOLD_EVENTS 262144u
#define LIMIT_HOLD_NS 2000000000ll

/* Flows and endpoints whose owner is remembered. 1 M is a busy server for two hours. */
#define LIMIT_FLOWS 1048576u
#define LIMIT_ENDPOINTS 262144u
#define LIMIT_UDP_IDLE_NS 120000000000ll
#define LIMIT_TCP_CLOSED_NS 120000000000ll
#define LIMIT_TCP_IDLE_NS 7200000000000ll

/* Records that peek reads of each source to align the clocks. */
#define LIMIT_PEEK_RECORDS 65536u

/* Pairs of packets and events that vote on a clock: four for each record that was peeked at. */
#define LIMIT_VOTES 262144u

/* Details of single frames (packet-detail text) that wait for their frame in a list. */
#define LIMIT_DETAILS 65536u

/* Processes of all hosts; a fork bomb in a trace may not eat the memory. */
#define LIMIT_PROCESSES 1048576u
#define LIMIT_STRINGS_BYTES (256u * 1024u * 1024u)

/* Groups of the describer. Above it packets fall into one overflow group per transport. */
#define LIMIT_FAMILIES 16384u
#define LIMIT_CELLS 65536u

/* Cells whose times are kept, some 3 KiB each: a host has a few dozen groups that no log can hold.
 * Above it none gets the grade `lifetime`. */
#define LIMIT_TRAILS 2048u

/* Addresses that such groups send to, whose own times are kept, some 3 KiB each. The silence of a
 * group whose peers are all above it proves nothing. */
#define LIMIT_TRAIL_PEERS 1024u

/* Times of --stopped: whoever stops a service by hand does so a few times. */
#define LIMIT_STOPPED 8u

/* Times at which cells without evidence end: those of --stopped, and ends of processes as they
 * come. Each may double the cells of some dozen groups. */
#define LIMIT_ERAS 48u

/* Processes that stopped and may be behind a group: each is tried with each group, and where there
 * are so many chance finds one that fits. */
#define LIMIT_ENDED 4096u

/* Local addresses of all hosts, and addresses seen in captures. */
#define LIMIT_ADDRESSES 262144u

/* Addresses of traces and what captures show in their place, learned from single datagrams. A busy
 * server speaks UDP with some thousand; 16 k each way cost 6 MiB. */
#define LIMIT_MAPPINGS 16384u

/* Flows that a router states to have translated, each as it is seen on either side: two for a
 * connection, and as many uses of them. Its own table has 65,536 connections on a machine of 1 GiB,
 * 262,144 at most by default; 131,072 flows cost 30 MiB. */
#define LIMIT_TRANSLATIONS 131072u

/* Sockets that a trace names by their place in memory. Windows has 65,536 ports each for UDP over
 * IPv4 and over IPv6; raw sockets are few. */
#define LIMIT_ETL_SOCKETS 131072u

/* A knowledge rule is a page of text. */
#define LIMIT_RULE_BYTES (256u * 1024u)
#define LIMIT_RULES 4096u

/* Errors printed for one input; the rest is counted. */
#define LIMIT_ERRORS_SHOWN 3u

#endif
