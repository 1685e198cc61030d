/* SPDX-License-Identifier: Apache-2.0 */
/* lab-exchange OUTDIR: writes the sample cases, always the same bytes.
 *
 * exchange: a server sends 8 bytes to random ports of many clients (new-mail notification).
 * dsaccess: a server pings its domain controllers with one byte, 0x3F.
 * stopped: the same for an hour, in which one service is stopped and started again. */
#include <stdio.h>

#include "files.h"
#include "mailserver.h"

struct client {
	const char *ip;
	uint16_t port; /* that Outlook has registered */
};

/* The first fifteen are those of the article's packet list, in its order, then the two that only
 * its kernel trace shows. Ports are those of the IANA names in the article (mxomss is 1141). */
static const struct client clients[] = {
	{ "172.1.10.14", 1141 },
	{ "172.18.10.27", 1142 },
	{ "172.17.17.95", 1193 },
	{ "172.17.11.51", 1127 },
	{ "172.23.98.97", 2762 },
	{ "172.24.12.8", 1177 },
	{ "172.28.2.52", 2642 },
	{ "172.31.5.14", 2130 },
	{ "172.2.10.63", 4642 },
	{ "172.2.35.68", 2242 },
	{ "172.18.12.55", 1128 },
	{ "172.48.199.45", 1225 },
	{ "172.27.133.42", 1159 },
	{ "172.27.121.40", 2303 },
	{ "172.24.7.11", 2344 },
	{ "172.27.153.50", 6004 },
	{ "172.27.102.56", 1116 },
	{ "172.20.8.31", 3017 },
	{ "172.19.4.77", 1894 },
	{ "172.26.14.9", 1533 },
};

enum { CLIENTS = sizeof clients / sizeof *clients, GONE = 19 };

/* What this client's Outlook has given the server to send back: 8 bytes, always the same. */
static void opaque(unsigned client, uint8_t bytes[static 8])
{
	struct random r = { 0x6e65776d61696c00u + client };
	uint64_t v = random_next(&r);
	for (unsigned i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(v >> 8 * i);
}

/* Where nobody listens any more, the client's kernel sends the datagram back (RFC 792). It is our
 * kernel that takes it in: a message between kernels, about a process. */
static void unreachable(struct stage *s, int64_t ns, unsigned client)
{
	const struct truth_side sides[SIDES] = { truth_reason(REASON_KERNEL_ICMP_ERROR),
		truth_reason(REASON_KERNEL_ICMP_ERROR) };
	const struct stage_frame *sent = &s->frames[s->n_frames - 1];
	uint8_t quote[20 + 8 + 8];
	memcpy(quote, s->bytes.p + sent->at + 14, sizeof quote);
	struct frame f = { .src = stage_station(s, clients[client].ip),
		.dst = s->us,
		.protocol = 1,
		.type = 3,
		.code = 3,
		.payload = span_of(quote, sizeof quote) };
	stage_frame(s, ns, f, sides);
}

static void newmail(struct stage *s, int64_t ns, unsigned client, uint16_t port)
{
	uint8_t bytes[8];
	opaque(client, bytes);
	struct stage_datagram d = { .ns = ns,
		.pid = PID_STORE,
		.port = port,
		.peer = stage_station(s, clients[client].ip),
		.peer_port = clients[client].port,
		.payload = span_of(bytes, sizeof bytes) };
	stage_send(s, &d);
	if (client == GONE)
		unreachable(s, ns + random_between(&s->random, 2 * MAIL_MS, 6 * MAIL_MS), client);
}

/* The article's moment: seventeen datagrams with one time, and their events with one stamp. */
static void burst(struct stage *s)
{
	static const uint16_t ports[] = { 35996, 35997, 35998, 36000, 36003, 36004, 36005, 36006,
		36007, 36008, 36010, 36011, 36012, 36013, 36016 };
	int64_t lag = s->lag_ns;
	s->lag_ns = 0;
	for (unsigned i = 0; i < sizeof ports / sizeof *ports; i++) {
		if (ports[i] == 36010)
			newmail(s, MAIL_MOMENT, 15, 36009);
		newmail(s, MAIL_MOMENT, i, ports[i]);
	}
	newmail(s, MAIL_MOMENT, 16, 36022);
	s->lag_ns = lag;
}

/* A datagram now and then, a few at once; ports rise, and others take some of them. */
static uint16_t notifications(struct stage *s, int64_t from, int64_t to, uint16_t port)
{
	int64_t ns = from;
	while (ns < to) {
		unsigned n = 1 + random_below(&s->random, 4);
		for (unsigned i = 0; i < n; i++) {
			newmail(s, ns, random_below(&s->random, CLIENTS), port);
			port = (uint16_t)(port + 1 + random_below(&s->random, 2));
			ns += random_between(&s->random, 90000, 2 * MAIL_MS);
		}
		ns += random_between(&s->random, MAIL_S, 4 * MAIL_S);
	}
	return port;
}

static void ordinary(struct stage *s, int64_t start)
{
	static const char *const names[] = { "dc1.corp.example", "gc.corp.example",
		"mail2.corp.example", "dc2.corp.example", "wpad.corp.example" };
	for (unsigned i = 0; i < 24; i++)
		mail_dns(s, start + i * 2500 * MAIL_MS + random_between(&s->random, 0, 2 * MAIL_S),
			names[random_below(&s->random, 5)]);
	mail_ntp(s, start + 7 * MAIL_S);
	mail_ntp(s, start + 39 * MAIL_S);
	for (unsigned i = 0; i < 5; i++)
		mail_kerberos(s, start + (3 + 11 * i) * MAIL_S, (uint16_t)(36101 + 3 * i));
	mail_ldap(s, start + 4 * MAIL_S, PID_STORE, 36120);
	mail_ldap(s, start + 16 * MAIL_S, PID_MAD, 36121);
	mail_ldap(s, start + 45 * MAIL_S, PID_STORE, 36128);
	mail_smb(s, start + 12 * MAIL_S, "10.1.1.50", 1093);
	mail_smb(s, start + 41 * MAIL_S, "172.20.8.31", 3120);
	mail_browser(s, start + 20 * MAIL_S);
	mail_ask_arp(s, start + MAIL_S, MAIL_DC, true);
	mail_ask_arp(s, start + 12 * MAIL_S - 2 * MAIL_MS, "10.1.1.50", false);
	mail_ask_arp(s, start + 50 * MAIL_S, "10.1.1.254", true);
	mail_ping(s, start + 26 * MAIL_S, "10.1.1.50", false,
		span_text("abcdefghijklmnopqrstuvwabcdefghi"));
	mail_ping(s, start + 27 * MAIL_S, "10.1.1.50", false,
		span_text("abcdefghijklmnopqrstuvwabcdefghi"));
	for (unsigned i = 0; i < 20; i++)
		mail_others(s, start + random_between(&s->random, 0, 59 * MAIL_S),
			i % 2 ? "10.1.1.60" : "10.1.1.61", i % 3 ? "10.1.1.62" : "10.1.1.20");
}

static void exchange(const char *out)
{
	struct stage s;
	mail_init(&s, 105540);
	int64_t start = MAIL_MOMENT - 30 * MAIL_S;
	ordinary(&s, start);
	notifications(&s, start + 500 * MAIL_MS, MAIL_MOMENT - 1500 * MAIL_MS, 35941);
	burst(&s);
	newmail(&s, MAIL_MOMENT + 900 * MAIL_MS, GONE, 36023);
	notifications(&s, MAIL_MOMENT + 1500 * MAIL_MS, start + 59 * MAIL_S, 36024);
	mail_write(&s, out, "exchange");
}

/* DSAccess looks for its controllers at every rediscovery: a quarter of an hour, told here in 20
 * seconds each. */
static void dsaccess(const char *out)
{
	static const char *const dcs[] = { MAIL_DC, MAIL_DC2, MAIL_DC3 };
	struct stage s;
	mail_init(&s, 270836);
	int64_t start = MAIL_MOMENT + 3600 * MAIL_S;
	for (unsigned round = 0; round < 8; round++) {
		int64_t ns = start + round * 20 * MAIL_S;
		for (unsigned i = 0; i < 3; i++)
			mail_ping(&s, ns + i * 15 * MAIL_MS, dcs[i], true, span_of("\x3f", 1));
		mail_dns(&s, ns + 2 * MAIL_S, "gc.corp.example");
		mail_dns(&s, ns + 9 * MAIL_S, "dc2.corp.example");
		if (round % 3 == 0)
			mail_ldap(&s, ns + 5 * MAIL_S, round % 2 ? PID_MAD : PID_STORE,
				(uint16_t)(3201 + round));
		if (round % 4 == 1)
			mail_kerberos(&s, ns + 12 * MAIL_S, (uint16_t)(3301 + round));
		mail_others(&s, ns + 14 * MAIL_S, "10.1.1.60", "10.1.1.62");
	}
	mail_ask_arp(&s, start - 5 * MAIL_MS, MAIL_DC, true);
	mail_write(&s, out, "dsaccess");
}

/* The experiment: the service is stopped for a quarter of an hour, and the pings cease. What else
 * the server does goes on, and so do its controllers. */
static void stopped(const char *out)
{
	static const char *const dcs[] = { MAIL_DC, MAIL_DC2, MAIL_DC3 };
	struct stage s;
	mail_init(&s, 270837);
	int64_t start = MAIL_MOMENT + 7200 * MAIL_S, end = start + 3600 * MAIL_S;
	int64_t off = start + 1500 * MAIL_S, on = start + 2400 * MAIL_S;
	unsigned n = 0;
	for (int64_t ns = start; ns < end; n++) {
		uint32_t pid = ns < off ? PID_MAD : PID_MAD_AGAIN;
		if (ns < off || ns > on)
			mail_ping_of(&s, ns, dcs[n % 3], pid, span_text("?"));
		ns += random_between(&s.random, 7 * MAIL_S, 17 * MAIL_S);
	}
	for (unsigned i = 0; i < 6; i++)
		mail_ldap(&s, (i < 3 ? start : on) + (100 + 400 * (i % 3)) * MAIL_S,
			i < 3 ? PID_MAD : PID_MAD_AGAIN, (uint16_t)(3401 + i));
	for (unsigned i = 0; i < 110; i++)
		mail_dns(&s, start + i * 32 * MAIL_S + random_between(&s.random, 0, 9 * MAIL_S),
			i % 2 ? "gc.corp.example" : "dc2.corp.example");
	for (unsigned i = 0; i < 18; i++)
		mail_kerberos(&s, start + (60 + 200 * i) * MAIL_S, (uint16_t)(3501 + i));
	mail_write(&s, out, "stopped");
	mail_write_after(out, "stopped");
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fputs("usage: lab-exchange OUTDIR\n", stderr);
		return 2;
	}
	files_folder(argv[1]);
	exchange(argv[1]);
	dsaccess(argv[1]);
	stopped(argv[1]);
	return 0;
}
