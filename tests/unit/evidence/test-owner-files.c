/* SPDX-License-Identifier: Apache-2.0 */
/* Real captures with process information against what their own programs print of them. */
#include "owner_case.h"

#include "base/text.h"
#include "evidence/capture/capture.h"

struct expected {
	size_t n;
	uint32_t pids[SEEN]; /* 0: nobody */
	char names[SEEN][64];
};

/* $WHOSENT_DATA/pcapng/NAME; the test is skipped, loudly, where there is none. */
static void path_of(char path[static 4096], const char *name)
{
	const char *data = getenv("WHOSENT_DATA");
	if (!data)
		cr_skip_test("WHOSENT_DATA is not set: no real captures are read");
	snprintf(path, 4096, "%s/pcapng/%s", data, name);
}

static void see_file(const struct source_format *f, const char *name, struct sight *ret)
{
	char path[4096];
	struct input *in;
	struct err err = { 0 };
	path_of(path, name);
	cr_assert_eq(input_open(path, &in, &err), 0, "%s", err.msg);
	read_sight(f, in, ret);
	input_close(in);
	cr_assert_eq(ret->errors, 0, "%s: %s", name, ret->errs[0].msg);
}

static bool is_stamp(struct span line)
{
	return line.n > 15 && line.p[2] == ':' && line.p[5] == ':' && line.p[8] == '.';
}

/* "Process (pid 7, cmd /usr/bin/curl, args ...", on a line of its own below the packet's. */
static void take_process(struct span line, struct expected *ret)
{
	static const char head[] = "Process (pid ";
	line = text_trim(line);
	if (!text_starts(line, head))
		return;
	struct span rest = span_of(line.p + sizeof head - 1, line.n - sizeof head + 1);
	cr_assert(text_u32(text_split(&rest, ','), UINT32_MAX, &ret->pids[ret->n - 1]));
	struct span cmd = text_trim(text_split(&rest, ','));
	for (struct span part; cmd.n; keep_text(ret->names[ret->n - 1], part))
		part = text_split(&cmd, '/');
}

/* "03:47:06.356509 ens33 dig.380281 Out IP ...": NAME.PID where it is known. */
static void take_packet(struct span line, struct expected *ret)
{
	cr_assert_lt(ret->n, SEEN);
	ret->n++;
	text_word(&line);
	text_word(&line);
	struct span word = text_word(&line), name = text_split(&word, '.');
	if (text_u32(word, UINT32_MAX, &ret->pids[ret->n - 1]))
		keep_text(ret->names[ret->n - 1], name);
}

static void read_expected(const char *name, struct expected *ret)
{
	char path[4096], line[4096];
	path_of(path, name);
	FILE *file = fopen(path, "r");
	cr_assert_not_null(file, "%s", path);
	memset(ret, 0, sizeof *ret);
	while (fgets(line, sizeof line, file)) {
		struct span s = span_text(line);
		if (is_stamp(s))
			take_packet(s, ret);
		else if (ret->n)
			take_process(s, ret);
	}
	fclose(file);
}

static void assert_all(
	const struct sight *s, const struct expected *e, enum owner_origin origin, const char *name)
{
	cr_assert_eq(s->n, e->n, "%s: %zu packets, and %zu are printed", name, s->n, e->n);
	for (size_t i = 0; i < s->n; i++) {
		if (e->pids[i])
			assert_owner(&s->all[i], origin, e->pids[i], e->names[i]);
		else
			assert_no_owner(&s->all[i]);
	}
}

Test(owner_files, ptcpdump)
{
	static const char *const files[][2] = {
		{ "ptcpdump_dns.pcapng", "ptcpdump_dns.pcapng.out.txt" },
		{ "ptcpdump_icmp.pcapng", "ptcpdump_icmp.pcapng.out.txt" },
		{ "ptcpdump_tcp.pcapng", "ptcpdump_tcp.pcapng.-v.-S.out.txt" },
		{ "ptcpdump_curl-user.pcapng", "ptcpdump_curl-user.pcapng.-v.-S.out.txt" },
		{ "ptcpdump_curl-thread.pcapng", "ptcpdump_curl-thread.pcapng.-v.-S.out.txt" },
	};
	static const size_t packets[] = { 2, 4, 24, 5, 10 };
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		static struct sight s;
		static struct expected e;
		see_file(&format_pcapng, files[i][0], &s);
		read_expected(files[i][1], &e);
		cr_assert_eq(e.n, packets[i], "%s", files[i][1]);
		assert_all(&s, &e, OWNER_PTCPDUMP, files[i][0]);
	}
}

Test(owner_files, ptcpdump_without_process)
{
	static struct sight s;
	see_file(&format_pcapng, "ptcpdump_arp.pcapng", &s);
	assert_all(&s, &(struct expected){ .n = 2 }, OWNER_PTCPDUMP, "arp");
}

/* iperf talks to itself: the client's packets go out as its own and come in as the server's. */
Test(owner_files, apple)
{
	static struct sight s;
	static struct expected e;
	see_file(&format_pcapng, "apple_radar-101007576-iperf.pcapng", &s);
	e.n = 24;
	for (size_t i = 0; i < e.n; i++) {
		bool client = i < 22, out = i % 2 == 0;
		e.pids[i] = client == out ? 53245 : 53147;
		keep_text(e.names[i], span_text("iperf"));
		cr_assert_eq(s.all[i].record.packet.way, out ? WAY_OUT : WAY_IN);
	}
	assert_all(&s, &e, OWNER_DARWIN, "iperf");
}

Test(owner_files, darwin_blocks)
{
	static struct sight s;
	static const struct expected e = { 2, { 501, 1 }, { "mDNSResponder", "launchd" } };
	see_file(&format_pcapng, "wireshark_gen_process_info_darwin_dpib.pcapng", &s);
	assert_all(&s, &e, OWNER_DARWIN, "darwin blocks");
}

/* The process of the first packet started months after it, says the file: its name cannot be that
 * of the sender, and only the PID is kept. */
Test(owner_files, wireshark_blocks)
{
	static struct sight s;
	static const struct expected e = { 3, { 1234, 4321, 77 }, { "", "", "sshd" } };
	see_file(&format_pcapng, "wireshark_gen_process_info_wireshark_cb.pcapng", &s);
	assert_all(&s, &e, OWNER_WIRESHARK, "custom blocks");
	cr_assert_eq(s.tally.skipped, 1, "an entry of another kind");
}

/* The header names a PID, and its text is empty. */
Test(owner_files, pktap)
{
	static struct sight s;
	static const struct expected e = { 1, { 512 }, { "" } };
	see_file(&format_pcap, "tcpdump_LINKTYPE_PKTAP.pcap", &s);
	assert_all(&s, &e, OWNER_DARWIN, "pktap");
	cr_assert_eq(s.all[0].record.packet.way, WAY_OUT);
}
