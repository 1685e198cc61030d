/* SPDX-License-Identifier: Apache-2.0 */
/* The mail server of all sample cases: see mailserver.h. */
#include "mailserver.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "files.h"
#include "write/tasklist.h"

static const struct tasklist_process processes[] = {
	{ "System Idle Process", 0, NULL, 28 },
	{ "System", PID_SYSTEM, NULL, 304 },
	{ "smss.exe", 404, NULL, 520 },
	{ "csrss.exe", 452, NULL, 6812 },
	{ "winlogon.exe", 476, NULL, 10344 },
	{ "services.exe", 524, "Eventlog,PlugPlay", 8120 },
	{ "lsass.exe", PID_LSASS,
		"HTTPFilter,kdc,Netlogon,NtLmSsp,PolicyAgent,ProtectedStorage,SamSs", 41208 },
	{ "svchost.exe", 740, "DcomLaunch", 3512 },
	{ "svchost.exe", 812, "RpcSs", 5208 },
	{ "svchost.exe", PID_DNS_CLIENT, "Dhcp,Dnscache", 5876 },
	{ "svchost.exe", PID_TIME, "LmHosts,W32Time", 4420 },
	{ "svchost.exe", 916,
		"AeLookupSvc,Browser,CryptSvc,dmserver,EventSystem,helpsvc,lanmanserver,"
		"lanmanworkstation,Netman,Nla,Schedule,seclogon,SENS,ShellHWDetection,"
		"TrkWks,winmgmt,wuauserv",
		27964 },
	{ "spoolsv.exe", 1240, "Spooler", 6140 },
	{ "inetinfo.exe", 1584, "IISADMIN,RESvc,SMTPSVC,W3SVC", 31872 },
	{ "store.exe", PID_STORE, "MSExchangeIS", 1040592 },
	{ "wmiprvse.exe", 5176, NULL, 2168 },
	{ "mad.exe", PID_MAD, "MSExchangeSA", 45792 },
	{ "AntigenStore.exe", 10092, NULL, 200 },
	{ "emsmta.exe", 12020, "MSExchangeMTA", 29092 },
	{ "cmd.exe", 12360, NULL, 1744 },
	{ "tasklist.exe", 12416, NULL, 4180 },
};

void mail_init(struct stage *s, uint64_t seed)
{
	static const struct station us = { { 0x00, 0x1c, 0xc4, 0x11, 0x11, 0x11 },
		{ 10, 1, 1, 1 } };
	/* "All-HSRP-routers_15" in the article's capture. */
	static const struct station gateway = { { 0x00, 0x00, 0x0c, 0x07, 0xac, 0x15 },
		{ 10, 1, 1, 254 } };
	stage_init(s, seed);
	s->us = us;
	s->gateway = gateway;
	/* The article's figures: 4 h of zone and 0.31244 s of skew; a clock of 64 ticks a second,
	 * one of which fell on 129079416141424158 (100 ns since 1601). */
	s->behind_ns = 4 * 3600 * MAIL_S + 312440000;
	s->tick_ns = 15625000;
	s->tick_origin_ns = 1263468014142415800ll;
	s->ip_id = 0x51c0;
}

static size_t dns_name(const char *host, uint8_t *to)
{
	size_t at = 0;
	while (*host) {
		size_t n = strcspn(host, ".");
		to[at++] = (uint8_t)n;
		memcpy(to + at, host, n);
		at += n;
		host += n + (host[n] == '.');
	}
	to[at++] = 0;
	return at;
}

/* RFC 1035: a question of type A and its answer. */
void mail_dns(struct stage *s, int64_t ns, const char *host)
{
	static const uint8_t type_a[4] = { 0, 1, 0, 1 };
	static const uint8_t answer[12] = { 0xc0, 12, 0, 1, 0, 1, 0, 0, 0x0e, 0x10, 0, 4 };
	uint16_t id = (uint16_t)random_next(&s->random);
	uint8_t bytes[512] = { (uint8_t)(id >> 8), (uint8_t)id, 1, 0, 0, 1 };
	size_t n = 12 + dns_name(host, bytes + 12);
	memcpy(bytes + n, type_a, 4);
	n += 4;
	struct stage_datagram d = { .ns = ns,
		.pid = PID_DNS_CLIENT,
		.port = 1036,
		.peer_port = 53,
		.peer = stage_station(s, MAIL_DC),
		.payload = span_of(bytes, n) };
	stage_send(s, &d);
	bytes[2] = 0x85;
	bytes[3] = 0x80;
	bytes[7] = 1;
	memcpy(bytes + n, answer, sizeof answer);
	memcpy(bytes + n + sizeof answer, d.peer.ip, 4);
	d.payload.n += sizeof answer + 4;
	d.ns += random_between(&s->random, 200000, 3 * MAIL_MS);
	stage_receive(s, &d);
}

/* RFC 1305: 48 bytes each way; version 3, client and server. */
void mail_ntp(struct stage *s, int64_t ns)
{
	uint8_t bytes[48] = { 0xdb, 0, 10, 0xe9 };
	struct stage_datagram d = { .ns = ns,
		.pid = PID_TIME,
		.port = 123,
		.peer_port = 123,
		.peer = stage_station(s, MAIL_DC),
		.payload = span_of(bytes, sizeof bytes) };
	stage_send(s, &d);
	bytes[0] = 0x1c;
	bytes[1] = 3;
	d.ns += random_between(&s->random, 200000, MAIL_MS);
	stage_receive(s, &d);
}

static void fill(struct stage *s, uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)random_next(&s->random);
}

void mail_kerberos(struct stage *s, int64_t ns, uint16_t port)
{
	uint8_t bytes[1300];
	fill(s, bytes, sizeof bytes);
	bytes[0] = 0x6c; /* TGS-REQ, RFC 4120 5.4.1 */
	struct stage_datagram d = { .ns = ns,
		.pid = PID_LSASS,
		.port = port,
		.peer_port = 88,
		.peer = stage_station(s, MAIL_DC),
		.payload = span_of(bytes, 1180 + random_below(&s->random, 60)) };
	stage_send(s, &d);
	bytes[0] = 0x6d; /* TGS-REP */
	d.ns += random_between(&s->random, 400000, 4 * MAIL_MS);
	d.payload.n = 1120 + random_below(&s->random, 90);
	stage_receive(s, &d);
}

void mail_ldap(struct stage *s, int64_t ns, uint32_t pid, uint16_t port)
{
	struct stage_tcp t = { .stage = s,
		.ns = ns,
		.pid = pid,
		.port = port,
		.peer_port = 389,
		.peer = stage_station(s, MAIL_DC) };
	stage_tcp_open(&t);
	for (unsigned i = 0; i < 3; i++) {
		stage_tcp_send(&t, 90 + random_below(&s->random, 250));
		stage_tcp_wait(&t, random_between(&s->random, MAIL_MS, 30 * MAIL_MS));
		stage_tcp_receive(&t, 400 + random_below(&s->random, 3200));
		stage_tcp_wait(&t, random_between(&s->random, 50 * MAIL_MS, 900 * MAIL_MS));
	}
	stage_tcp_send(&t, 7); /* unbindRequest, RFC 4511 4.3 */
	stage_tcp_close(&t);
}

void mail_smb(struct stage *s, int64_t ns, const char *client, uint16_t port)
{
	struct stage_tcp t = { .stage = s,
		.ns = ns,
		.pid = PID_SYSTEM,
		.port = 445,
		.peer_port = port,
		.peer = stage_station(s, client),
		.accepted = true };
	stage_tcp_open(&t);
	for (unsigned i = 0; i < 4; i++) {
		stage_tcp_receive(&t, 80 + random_below(&s->random, 180));
		stage_tcp_wait(&t, random_between(&s->random, MAIL_MS, 9 * MAIL_MS));
		stage_tcp_send(&t, 100 + random_below(&s->random, 4000));
		stage_tcp_wait(&t, random_between(&s->random, 20 * MAIL_MS, 600 * MAIL_MS));
	}
	stage_tcp_close(&t);
}

/* The computer's announcement to its network: NetBIOS datagram service, RFC 1002 4.4. */
void mail_browser(struct stage *s, int64_t ns)
{
	uint8_t bytes[201];
	fill(s, bytes, sizeof bytes);
	bytes[0] = 0x11;
	struct stage_datagram d = { .ns = ns,
		.pid = PID_SYSTEM,
		.port = 138,
		.peer_port = 138,
		.peer = stage_station(s, "10.1.1.255"),
		.payload = span_of(bytes, sizeof bytes) };
	stage_send(s, &d);
}

void mail_ask_arp(struct stage *s, int64_t ns, const char *ip, bool we_ask)
{
	struct station peer = stage_station(s, ip);
	stage_arp(s, ns, 1, we_ask ? &s->us : &peer, we_ask ? &peer : &s->us);
	stage_arp(s, ns + 300000, 2, we_ask ? &peer : &s->us, we_ask ? &s->us : &peer);
}

/* The log of Windows holds no ICMP: what we ask and what answers us is nobody's by it. An echo
 * reply is the kernel's, wherever it comes from. */
void mail_ping(struct stage *s, int64_t ns, const char *peer, bool we_ask, struct span bytes)
{
	const struct truth_side other = truth_reason(REASON_OTHER_HOST);
	const struct truth_side untraced = truth_reason(REASON_NOT_TRACED);
	struct truth_side sides[SIDES] = { we_ask ? untraced : other, we_ask ? other : untraced };
	struct frame f = { .src = s->us,
		.dst = stage_station(s, peer),
		.protocol = 1,
		.type = 8,
		.rest = 512u << 16 | (s->ip_id & 0xffu) << 8,
		.payload = bytes };
	if (!we_ask) {
		f.src = f.dst;
		f.dst = s->us;
	}
	stage_frame(s, ns, f, sides);
	struct station asker = f.src;
	f.src = f.dst;
	f.dst = asker;
	f.type = 0;
	sides[SIDE_SENDER] = truth_reason(REASON_KERNEL_ECHO_REPLY);
	sides[SIDE_RECEIVER] = we_ask ? untraced : other;
	stage_frame(s, ns + random_between(&s->random, 150000, 2 * MAIL_MS), f, sides);
}

void mail_ping_of(struct stage *s, int64_t ns, const char *peer, uint32_t pid, struct span bytes)
{
	mail_ping(s, ns, peer, true, bytes);
	s->frames[s->n_frames - 2].sides[SIDE_SENDER] = truth_process(GRADE_LIFETIME, pid);
}

void mail_others(struct stage *s, int64_t ns, const char *a, const char *b)
{
	const struct truth_side sides[SIDES] = { truth_reason(REASON_OTHER_HOST),
		truth_reason(REASON_OTHER_HOST) };
	uint8_t bytes[600];
	fill(s, bytes, sizeof bytes);
	uint16_t port = (uint16_t)(1050 + random_below(&s->random, 3000));
	uint32_t seq = (uint32_t)random_next(&s->random), ack = (uint32_t)random_next(&s->random);
	bool tcp = random_below(&s->random, 2) == 0;
	struct frame f = { .src = stage_station(s, a),
		.dst = stage_station(s, b),
		.protocol = tcp ? 6 : 17,
		.sport = port,
		.dport = tcp ? 139 : 161,
		.seq = seq,
		.ack = ack,
		.flags = TCP_PSH | TCP_ACK,
		.payload = span_of(bytes, 40 + random_below(&s->random, 200)) };
	stage_frame(s, ns, f, sides);
	struct station asker = f.src;
	f.src = f.dst;
	f.dst = asker;
	f.dport = f.sport;
	f.sport = tcp ? 139 : 161;
	f.ack = seq + (uint32_t)f.payload.n;
	f.seq = ack;
	f.payload.n = 60 + random_below(&s->random, 500);
	stage_frame(s, ns + random_between(&s->random, 200000, 5 * MAIL_MS), f, sides);
}

#define FILE_MAX ((size_t)64 << 20)

static const struct tasklist_style table = { .form = TASKLIST_SERVICES, .xp = true, .crlf = true };

void mail_write_after(const char *out, const char *name)
{
	struct tasklist_process after[sizeof processes / sizeof *processes];
	char dir[PATH_MAX];
	struct str text;
	memcpy(after, processes, sizeof after);
	for (size_t i = 0; i < sizeof after / sizeof *after; i++)
		if (after[i].pid == PID_MAD)
			after[i].pid = PID_MAD_AGAIN;
	str_init(&text, FILE_MAX);
	snprintf(dir, sizeof dir, "%s/%s", out, name);
	files_folder(dir);
	tasklist_write(&text, table, after, sizeof after / sizeof *after);
	files_write(dir, "tasklist-after.txt", &text);
	str_done(&text);
}

void mail_write(struct stage *s, const char *out, const char *name)
{
	static const struct tracerpt_style trace = { .titles = true, .crlf = true };
	char dir[PATH_MAX], file[128];
	struct str text;
	str_init(&text, FILE_MAX);
	stage_sort(s);
	snprintf(dir, sizeof dir, "%s/%s", out, name);
	files_folder(dir);
	stage_write_pcap(s, &text);
	files_write(dir, "server.pcap", &text);
	str_reset(&text);
	stage_write_trace(s, trace, &text);
	files_write(dir, "kernel-trace.csv", &text);
	str_reset(&text);
	tasklist_write(&text, table, processes, sizeof processes / sizeof *processes);
	files_write(dir, "tasklist.txt", &text);
	str_reset(&text);
	stage_write_truth(s, &text);
	snprintf(dir, sizeof dir, "%s/truth", out);
	files_folder(dir);
	snprintf(file, sizeof file, "%s.tsv", name);
	files_write(dir, file, &text);
	str_done(&text);
	stage_done(s);
}
