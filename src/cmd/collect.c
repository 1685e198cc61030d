/* SPDX-License-Identifier: Apache-2.0 */
/* `whosent collect SYSTEM`: the commands that gather the evidence there, with what the system
 * ships. Nothing is run and nothing is sent. */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"

static const char usage[] =
	"Usage: whosent collect windows [--script]\n\n"
	"Prints the commands that gather a capture, a kernel trace and a list of processes "
	"together,\n"
	"with what the system ships.\n\n"
	"      --script   all of it as one file for cmd.exe, to standard output\n"
	"  -h, --help     this text\n";

/* One logger for the kernel is all that Windows has. What it logs of processes when it stops stays
 * in a circular file, and names what ran all along. */
static const char windows_text[] =
	"Three things belong together: the packets, the kernel's trace, and a list of processes.\n"
	"All of it is started from a command prompt with administrator's rights. The files hold "
	"what\n"
	"was sent and received: treat them as such. Each keeps the newest 512 MB and no more.\n"
	"`whosent collect windows --script` writes the same as one file for cmd.exe.\n"
	"\n"
	"1. Make a folder on a disk with 2 GB free, and go there\n"
	"\n"
	"  md C:\\evidence\n"
	"  cd /d C:\\evidence\n"
	"  tasklist /svc > tasklist-before.txt\n"
	"\n"
	"2. Start the kernel's trace (all versions, one line)\n"
	"\n"
	"  logman start \"NT Kernel Logger\" -p \"Windows Kernel Trace\" (process,thread,net) -ct "
	"perf "
	"-bs 1024 -nb 16 64 -f bincirc -max 512 -o C:\\evidence\\kernel.etl -ets\n"
	"\n"
	"  Where it says that the session exists, something else traces the kernel: there can be "
	"one\n"
	"  such session only. `logman query -ets` lists them. Windows XP does not know \"-ct "
	"perf\":\n"
	"  leave it out there, and times are exact to 16 ms.\n"
	"\n"
	"3. Start the capture\n"
	"\n"
	"  Windows Server 2003, Windows XP: there is none in the system. The support tools of its "
	"CD\n"
	"  have netcap, which captures until a key is pressed:\n"
	"\n"
	"  netcap /B:500 /C:C:\\evidence\\packets.cap\n"
	"\n"
	"  Network Monitor or Wireshark do as well, also on another machine at a mirrored port.\n"
	"  Windows Server 2008 and Vista have none either.\n"
	"\n"
	"  Windows Server 2008 R2 to 2016, Windows 7 to 10:\n"
	"\n"
	"  netsh trace start capture=yes report=no overwrite=yes maxSize=512 fileMode=circular "
	"traceFile=C:\\evidence\\packets.etl\n"
	"\n"
	"  Windows Server 2019 and newer: from build 20348 on (Server 2022, Windows 11; `ver` says "
	"the\n"
	"  build)\n"
	"\n"
	"  pktmon start --capture --pkt-size 0 --file-name C:\\evidence\\packets.etl --file-size "
	"512\n"
	"\n"
	"  Server 2019 and Windows 10 have pktmon with other options; the command for 2008 R2 to "
	"2016\n"
	"  works there too, and on all that is newer.\n"
	"\n"
	"4. Wait until it has happened\n"
	"\n"
	"5. Stop the capture, then the trace\n"
	"\n"
	"  netcap: any key\n"
	"  netsh trace stop\n"
	"  pktmon stop\n"
	"\n"
	"  logman stop \"NT Kernel Logger\" -ets\n"
	"  tasklist /svc > tasklist-after.txt\n"
	"\n"
	"  `netsh trace stop` may take minutes.\n"
	"\n"
	"6. Bring all files, and explain them\n"
	"\n"
	"  whosent explain packets.etl kernel.etl tasklist-before.txt tasklist-after.txt\n"
	"\n"
	"  A capture of netcap or Network Monitor is converted first, by a tool of Wireshark's:\n"
	"\n"
	"  editcap -F pcapng packets.cap packets.pcapng\n";

/* For cmd.exe of Windows 2003 and later. No labels, which cmd.exe does not find where a transfer
 * has changed the ends of lines, and no blocks: a bracket in a folder's name would end one. The
 * build comes from the registry, for what `ver` prints is translated. */
static const char windows_script[] =
	"@echo off\n"
	"rem Gathers what `whosent explain` needs: packets, the kernel's trace, and processes.\n"
	"rem Run it as administrator. It waits for a key, and sends nothing anywhere.\n"
	"setlocal\n"
	"set \"OUT=%~dp0evidence-%COMPUTERNAME%\"\n"
	"set BUILD=0\n"
	"for /f \"tokens=3\" %%B in ('reg query \"HKLM\\SOFTWARE\\Microsoft\\Windows "
	"NT\\CurrentVersion\" /v CurrentBuildNumber ^| find \"REG_SZ\"') do set BUILD=%%B\n"
	"if %BUILD% LSS 2600 echo This version of Windows is not known.& exit /b 1\n"
	"if exist \"%OUT%\" echo \"%OUT%\" is there already: move it away first.& exit /b 1\n"
	"md \"%OUT%\"\n"
	"if not exist \"%OUT%\" echo No folder can be made here.& exit /b 1\n"
	"\n"
	"rem Which capture: 1 none is in the system, 2 netsh, 3 pktmon\n"
	"set HOW=1\n"
	"if %BUILD% GEQ 7600 set HOW=2\n"
	"if %BUILD% GEQ 20348 set HOW=3\n"
	"set NETCAP=\n"
	"if %HOW%==1 for %%P in (netcap.exe) do set \"NETCAP=%%~$PATH:P\"\n"
	"\n"
	"tasklist /svc > \"%OUT%\\tasklist-before.txt\"\n"
	"\n"
	"rem Windows XP knows no clock but its own, which stands still for 16 ms.\n"
	"set CLOCK=-ct perf\n"
	"if %BUILD%==2600 set CLOCK=\n"
	"logman start \"NT Kernel Logger\" -p \"Windows Kernel Trace\" (process,thread,net) "
	"%CLOCK% "
	"-bs 1024 -nb 16 64 -f bincirc -max 512 -o \"%OUT%\\kernel.etl\" -ets\n"
	"set FAILED=%ERRORLEVEL%\n"
	"if not %FAILED%==0 echo The kernel's trace cannot be started. Are you administrator, or "
	"does "
	"something else trace it?\n"
	"if not %FAILED%==0 exit /b 1\n"
	"\n"
	"set FAILED=0\n"
	"if %HOW%==2 netsh trace start capture=yes report=no overwrite=yes maxSize=512 "
	"fileMode=circular traceFile=\"%OUT%\\packets.etl\"\n"
	"if %HOW%==2 if errorlevel 1 set FAILED=1\n"
	"if %HOW%==3 pktmon start --capture --pkt-size 0 --file-name \"%OUT%\\packets.etl\" "
	"--file-size 512\n"
	"if %HOW%==3 if errorlevel 1 set FAILED=1\n"
	"if %HOW%==1 if not \"%NETCAP%\"==\"\" start \"netcap\" \"%NETCAP%\" /B:500 "
	"\"/C:%OUT%\\packets.cap\"\n"
	"if %HOW%==1 if \"%NETCAP%\"==\"\" echo This system has no capture: start one of your own "
	"now, "
	"for instance Network Monitor.\n"
	"if %FAILED%==1 echo The capture cannot be started; the kernel's trace goes on without "
	"it.\n"
	"\n"
	"echo.\n"
	"echo All of it runs. When it has happened, press a key here.\n"
	"pause > nul\n"
	"\n"
	"if %HOW%==2 if %FAILED%==0 netsh trace stop\n"
	"if %HOW%==3 if %FAILED%==0 pktmon stop\n"
	"if not \"%NETCAP%\"==\"\" echo Press a key in the window of netcap, then one here.\n"
	"if not \"%NETCAP%\"==\"\" pause > nul\n"
	"logman stop \"NT Kernel Logger\" -ets\n"
	"tasklist /svc > \"%OUT%\\tasklist-after.txt\"\n"
	"\n"
	"echo.\n"
	"echo Bring this folder: \"%OUT%\"\n"
	"endlocal\n";

/* Lines end as cmd.exe wants them. */
static void put_script(const char *text)
{
	for (; *text; text++) {
		if (*text == '\n')
			putchar('\r');
		putchar(*text);
	}
}

static int finish(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return EXIT_DONE;
	say("standard output cannot be written");
	return EXIT_FAILED;
}

static int run(int argc, char **argv)
{
	static const struct option names[] = { { "script", no_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' }, { 0 } };
	bool script = false;
	int c;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "h", names, NULL)) != -1) {
		if (c == 'h') {
			fputs(usage, stdout);
			return finish();
		}
		if (c != 's') {
			say("an unknown option; `whosent collect --help` lists them");
			return EXIT_USAGE;
		}
		script = true;
	}
	if (optind + 1 != argc) {
		say("name one system: windows");
		return EXIT_USAGE;
	}
	if (strcmp(argv[optind], "windows") != 0) {
		say("\"%s\" is not known here; windows is", argv[optind]);
		return EXIT_USAGE;
	}
	if (script)
		put_script(windows_script);
	else
		fputs(windows_text, stdout);
	return finish();
}

const struct command command_collect = {
	.name = "collect",
	.summary = "print the commands that gather the evidence on a system",
	.run = run,
};
