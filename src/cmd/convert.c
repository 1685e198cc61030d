/* SPDX-License-Identifier: Apache-2.0 */
/* whosent convert: event traces and captures of any kind to an annotated pcapng file. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/run.h"

static const char usage[] =
	"Usage: whosent convert [OPTIONS] FILE... OUT.pcapng\n\n"
	"Writes the packets of the FILEs with the process of each: as a comment, and as Wireshark\n"
	"shows it. FILEs are as for `explain`; OUT may be `-`, standard output.\n\n"
	"  -f, --filter EXPR        only packets that match (pcap-filter(7))\n"
	"      --clock FILE=OFFSET  add this to FILE's clock: +4h, -7h30m, 0.312s\n"
	"      --host FILE=NAME     FILE is evidence of the computer NAME\n"
	"      --stopped NAME@TIME  NAME (image, service or PID) was stopped then; ..TIME adds "
	"when\n"
	"                           it was started again\n"
	"      --all-copies         a packet at each place where a trace saw it, not at one\n"
	"      --no-comments        processes as blocks and options alone\n"
	"      --no-sandbox         keep the right to open files, to connect and to run programs\n"
	"  -v, --verbose            more detail\n"
	"  -h, --help               this text\n";

static int file_stat(const char *name, int standard, struct stat *ret)
{
	return strcmp(name, "-") == 0 ? fstat(standard, ret) : stat(name, ret);
}

/* Writing over what is still to be read would lose it. */
static int check_inputs(const struct options *o, const char *name, struct err *err)
{
	struct stat out, in;
	if (file_stat(name, STDOUT_FILENO, &out) < 0 || !S_ISREG(out.st_mode))
		return 0;
	for (size_t i = 0; i < o->n_files; i++)
		if (file_stat(o->files[i], STDIN_FILENO, &in) == 0 && in.st_dev == out.st_dev &&
			in.st_ino == out.st_ino)
			return err_set(
				err, ERR_USAGE, "%s would be written while it is read", name);
	return 0;
}

/* Who forgets the last name would lose the last of the evidence. So what is there is only written
 * over where it is empty, or an earlier run wrote it: its own name is in front. */
static int check_there(const char *name, struct err *err)
{
	static const char ours[] = "whosent ";
	enum { NAME_AT = 28 }; /* fixed fields of a section header, code and length of the option */
	char front[NAME_AT + sizeof ours - 1];
	struct stat there;
	if (stat(name, &there) < 0 || !S_ISREG(there.st_mode))
		return 0;
	FILE *f = fopen(name, "rb");
	if (!f)
		return err_sys(err, errno, "%s", name);
	size_t n = fread(front, 1, sizeof front, f);
	fclose(f);
	if (n == 0 ||
		(n == sizeof front && memcmp(front, "\n\r\r\n", 4) == 0 &&
			memcmp(front + NAME_AT, ours, sizeof ours - 1) == 0))
		return 0;
	return err_set(err, ERR_USAGE,
		"%s is there already, and convert did not write it; the last name is the one to "
		"write",
		name);
}

static int open_out(struct options *o, const char *name, struct err *err)
{
	if (check_inputs(o, name, err) < 0)
		return -1;
	if (strcmp(name, "-") == 0) {
		if (isatty(STDOUT_FILENO))
			return err_set(err, ERR_USAGE,
				"a capture is not for a terminal; send it to a file");
		o->out = stdout;
		return 0;
	}
	if (check_there(name, err) < 0)
		return -1;
	o->out = fopen(name, "wb");
	return o->out ? 0 : err_sys(err, errno, "%s", name);
}

/* The last name is the output's. */
static int prepare(struct options *o, const char **ret_name, struct err *err)
{
	if (options_allow(o, OPTIONS_CONVERT, err) < 0)
		return -1;
	if (o->n_files < 2)
		return err_set(err, ERR_USAGE, "a file to read and one to write are needed");
	*ret_name = o->files[--o->n_files];
	o->output = "pcapng";
	o->packets = true;
	return open_out(o, *ret_name, err);
}

/* A disk that is full may show only now. */
static int close_out(const struct options *o, const char *name)
{
	bool failed = fflush(o->out) != 0;
	int sys = errno;
	failed |= o->out != stdout && fclose(o->out) != 0;
	if (!failed)
		return EXIT_DONE;
	struct err err = { 0 };
	err_sys(&err, sys, "cannot write the capture");
	say_err(name, &err);
	return EXIT_FAILED;
}

static int run(int argc, char **argv)
{
	struct options o;
	struct err err = { 0 };
	const char *name = NULL;
	int code = EXIT_DONE;
	if (options_parse(argc, argv, &o, &err) == 0 && o.help) {
		fputs(usage, stdout);
	} else if (err.kind != ERR_NONE || prepare(&o, &name, &err) < 0) {
		say_err(NULL, &err);
		code = err.kind == ERR_USAGE ? EXIT_USAGE : EXIT_FAILED;
	} else {
		code = run_session(&o);
		int closed = close_out(&o, name);
		code = closed != EXIT_DONE ? closed : code;
	}
	options_done(&o);
	return code;
}

const struct command command_convert = {
	.name = "convert",
	.summary = "write captures and event traces as an annotated pcapng file",
	.run = run,
};
