/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are not read, but known by sight: see strangers.h. */
#include "evidence/strangers.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Twice the name and the words around it must fit into a message. */
#define NAME_MAX_BYTES 60u

struct stranger {
	size_t n, most; /* length of the magic, and the last place where it may stand */
	const char *magic, *what;
};

/* What editcap reads. The magic numbers are those of the file in Wireshark's wiretap/ that is named
 * with each. ERF, CommView, Peek classic and PacketLogger have none. */
static const struct stranger captures[] = {
	{ 4, 0, "RTSS", "a Network Monitor 1 capture" },                /* netmon.c */
	{ 4, 0, "GMBU", "a Network Monitor capture" },                  /* netmon.c */
	{ 8, 0, "snoop\0\0\0", "a snoop capture" },                     /* snoop.c, RFC 1761 */
	{ 8, 0, "btsnoop\0", "a Bluetooth capture (btsnoop)" },         /* btsnoop.c */
	{ 17, 0, "TRSNIFF data    \x1a", "a Sniffer capture" },         /* ngsniffer.c */
	{ 4, 0, "XCP\0", "a NetXRay or Windows Sniffer capture" },      /* netxray.c */
	{ 4, 0, "VL\0\0", "a NetXRay 1 capture" },                      /* netxray.c */
	{ 4, 0, "\5VNF", "a Visual Networks capture" },                 /* visual.c */
	{ 4, 0, "\177ver", "a Peek capture (OmniPeek, AiroPeek)" },     /* peektagged.c */
	{ 17, 0, "ObserverPktBuffer", "an Observer capture" },          /* observer.c */
	{ 4, 0, "\xaa\xaa\xaa\xaa", "a 5View capture" },                /* 5views.c */
	{ 4, 0, "cpse", "a Capsa or PacketBuilder capture" },           /* capsa.c */
	{ 4, 0, "LOGG", "a Vector log (BLF)" },                         /* blf.c */
	{ 8, 0, "\x42\xd2\0\x34\x12\x66\x22\x88", "a RADCOM capture" }, /* radcom.c */
	/* lanalyzer.c: behind the type, length and version of the file's header record */
	{ 24, 6, "Trace Display Trace File", "a LANalyzer capture" },
};

/* The same, of formats that state a link type for each frame: editcap 4 refuses to write these as
 * pcapng unless it is told one for all. */
static const struct stranger mixed[] = {
	{ 11, 0, "iptrace 1.0", "an AIX iptrace capture" }, /* iptrace.c */
	{ 11, 0, "iptrace 2.0", "an AIX iptrace capture" },
	/* nettl.c: HP-UX 9, HP-UX 10 and 11 */
	{ 12, 0, "\0\0\0\1\0\0\0\0\0\7\xd0\0", "an HP-UX nettl trace" },
	{ 12, 0, "TR\0\x64\0\0\0\0\0\0\0\x80", "an HP-UX nettl trace" },
	/* k12.c; the rule above each record of its text form, as editcap writes it */
	{ 8, 0, "\0\0\2\0\x12\5\0\x10", "a Tektronix K12 capture (rf5)" },
	{ 38, 0, "+---------+---------------+----------+", "a Tektronix K12 text file" },
};

/* What editcap cannot make a pcapng file of, and what is no capture. */
static const struct stranger others[] = {
	/* netscaler.c: behind the header of the first record, whose length differs */
	{ 26, 16, "NetScaler Performance Data", "a NetScaler trace; it is not read" },
	{ 30, 16, "NetScaler V20 Performance Data", "a NetScaler trace; it is not read" },
	{ 30, 16, "Netscaler V30 Performance Data", "a NetScaler trace; it is not read" },
	{ 30, 16, "Netscaler V35 Performance Data", "a NetScaler trace; it is not read" },
	{ 6, 0, "EyeSDN", "an EyeSDN trace of ISDN lines; it is not read" }, /* eyesdn.c */
	{ 18, 0, "Session Transcript", "a DCT2000 trace; it is not read" }, /* catapult_dct2000.c */
	{ 8, 0, "ElfFile\0", "a Windows event log (EVTX); it is not read" },
	{ 4, 0, "PML_", "a log of Process Monitor; it is not read" },
	{ 4, 0, "MSCF", "a cabinet file, as netsh trace writes; unpack it first" },
	{ 6, 0, "7z\xbc\xaf\x27\x1c", "a 7-Zip archive; unpack it first" },
	{ 6, 0, "Rar!\x1a\7", "a RAR archive; unpack it first" },
	{ 16, 0, "SQLite format 3\0", "an SQLite database" },
	{ 5, 0, "%PDF-", "a PDF document" },
	{ 4, 0, "\177ELF", "a program (ELF)" },
	{ 4, 0, "MZ\x90\0", "a Windows program" },
	{ 5, 0, "<?xml", "XML text; of Wireshark's PDML give the capture itself" },
};

#define FIND(list, head) find(list, sizeof(list) / sizeof *(list), head)

static const struct stranger *find(const struct stranger *list, size_t n, struct span head)
{
	for (size_t i = 0; i < n; i++)
		for (size_t at = 0; at <= list[i].most && at + list[i].n <= head.n; at++)
			if (memcmp(head.p + at, list[i].magic, list[i].n) == 0)
				return &list[i];
	return NULL;
}

/* May the name stand in a shell's command as it is? Other names, members of archives among them,
 * are left for the reader of the message to fill in. */
static bool is_plain(const char *name)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				  "._-+=,:@%/";
	size_t n = strlen(name);
	return n && n <= NAME_MAX_BYTES && name[0] != '-' && strspn(name, set) == n;
}

int strangers_name(struct span head, const char *name, struct err *err)
{
	if (!is_plain(name))
		name = "FILE";
	const struct stranger *s = FIND(captures, head);
	if (s)
		return err_at(err, ERR_UNSUPPORTED, 0,
			"this is %s; convert it with: editcap -F pcapng %s %s.pcapng", s->what,
			name, name);
	s = FIND(mixed, head);
	if (s)
		return err_at(err, ERR_UNSUPPORTED, 0,
			"this is %s; if its frames are Ethernet, convert it with: "
			"editcap -F pcapng -T ether %s %s.pcapng",
			s->what, name, name);
	s = FIND(others, head);
	if (s)
		return err_at(err, ERR_UNSUPPORTED, 0, "this is %s", s->what);
	if (head.n && memchr(head.p, 0, head.n))
		return err_at(err, ERR_UNSUPPORTED, 0,
			"none of the kinds that are read (see whosent-formats(5)); if it is a "
			"capture, try: editcap -F pcapng %s %s.pcapng",
			name, name);
	return err_at(err, ERR_UNSUPPORTED, 0,
		"none of the kinds that are read (see whosent-formats(5))");
}
