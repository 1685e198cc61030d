/* SPDX-License-Identifier: Apache-2.0 */
/* The mail server of all sample cases: an Exchange 2003 on Windows 2003, with the addresses, PIDs
 * and clock of the article that whosent began with. */
#ifndef WHOSENT_LAB_MAILSERVER_H
#define WHOSENT_LAB_MAILSERVER_H

#include "stage.h"

enum {
	PID_SYSTEM = 4,
	PID_LSASS = 536,
	PID_DNS_CLIENT = 880,
	PID_TIME = 900,
	PID_STORE = 2136,
	PID_MAD = 7176,
	PID_MAD_AGAIN = 12588, /* when its service was started again */
};

#define MAIL_DC "10.1.1.10"
#define MAIL_DC2 "10.1.1.11"
#define MAIL_DC3 "10.1.2.10"

/* 2010-01-14 15:20:14.454856, the moment of the article's capture, in its local time. */
#define MAIL_MOMENT 1263482414454856000ll
#define MAIL_MS 1000000ll
#define MAIL_S 1000000000ll

void mail_init(struct stage *s, uint64_t seed);

/* Ordinary traffic. Each begins at `ns`. */
void mail_dns(struct stage *s, int64_t ns, const char *host);
void mail_ntp(struct stage *s, int64_t ns);
void mail_kerberos(struct stage *s, int64_t ns, uint16_t port);
void mail_ldap(struct stage *s, int64_t ns, uint32_t pid, uint16_t port);
void mail_smb(struct stage *s, int64_t ns, const char *client, uint16_t port);
void mail_browser(struct stage *s, int64_t ns);
void mail_ask_arp(struct stage *s, int64_t ns, const char *ip, bool we_ask);
/* An echo request of `bytes` and its reply; `we_ask` says whose it is. */
void mail_ping(struct stage *s, int64_t ns, const char *peer, bool we_ask, struct span bytes);
/* A ping whose process the log cannot know, and the times at which it comes can. */
void mail_ping_of(struct stage *s, int64_t ns, const char *peer, uint32_t pid, struct span bytes);
/* Two other computers on the same span port. */
void mail_others(struct stage *s, int64_t ns, const char *a, const char *b);

/* Sorts the stage and writes server.pcap, kernel-trace.csv and tasklist.txt to OUT/NAME, and what
 * is true to OUT/truth/NAME.tsv. */
void mail_write(struct stage *s, const char *out, const char *name);

/* A second table for that folder, tasklist-after.txt, with mad.exe started again. */
void mail_write_after(const char *out, const char *name);

#endif
