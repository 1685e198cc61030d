/* SPDX-License-Identifier: Apache-2.0 */
/* Turns functions that have hurt C programs for decades into compile errors. Included by every
 * source file through the compiler's -include option, after the system headers that declare them.
 */
#ifndef WHOSENT_BASE_BANNED_H
#define WHOSENT_BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__GNUC__)
#undef alloca
#pragma GCC poison strcpy strcat strncpy sprintf vsprintf strtok atoi atol strtol strtoul
#pragma GCC poison gmtime localtime ctime asctime alloca
#endif

#endif
