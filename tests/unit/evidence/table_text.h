/* SPDX-License-Identifier: Apache-2.0 */
/* Process tables of each shape, for the tests of their reader. */
#ifndef WHOSENT_TEST_TABLE_TEXT_H
#define WHOSENT_TEST_TABLE_TEXT_H

/* Windows 2003: the PID's column has 6 characters. */
#define SVC_2003                                                                             \
	"\r\nImage Name                   PID Services\r\n"                                  \
	"========================= ====== =============================================\r\n" \
	"System Idle Process            0 N/A\r\n"                                           \
	"System                         4 N/A\r\n"                                           \
	"svchost.exe                  804 DcomLaunch, PlugPlay,\r\n"                         \
	"                                 Power, SystemEventsBroker\r\n"                     \
	"store.exe                   2136 MSExchangeIS\r\n"

#define PLAIN_10                                                                           \
	"\nImage Name                     PID Session Name        Session#    Mem Usage\n" \
	"========================= ======== ================ =========== ============\n"   \
	"System Idle Process              0 Services                   0          8 K\n"   \
	"AVeryLongNameOfAProcess12     2136 RDP-Tcp#0                  1  1,040,592 K\n"   \
	"Memory Compression            1580                            0     12,345 K\n"

#define WORDS                                                                                    \
	"...\n\nwmiprvse.exe 5176 Console 0 2,168 K\n\nSystem Idle Process 0 Console 0 28 K\n\n" \
	"store.exe 2136 Console 0 1,040,592 K\n\n...\n"

#endif
