/* SPDX-License-Identifier: Apache-2.0 */
/* The spill file: see spill.h. */
#include "cmd/spill.h"

#include <errno.h>

int spill_open(struct spill *s, struct err *err)
{
	s->file = tmpfile();
	return s->file ? 0 : err_sys(err, errno, "cannot make a temporary file for the claims");
}

void spill_close(struct spill *s)
{
	if (s->file)
		fclose(s->file);
	s->file = NULL;
}

int spill_write(struct spill *s, const struct spilled *record, struct err *err)
{
	if (!s->file || fwrite(record, sizeof *record, 1, s->file) == 1)
		return 0;
	return err_sys(err, errno, "cannot keep the claims in a temporary file");
}

int spill_rewind(struct spill *s, struct err *err)
{
	if (fflush(s->file) == 0 && fseek(s->file, 0, SEEK_SET) == 0)
		return 0;
	return err_sys(err, errno, "cannot read the claims again");
}

int spill_read(struct spill *s, struct spilled *ret, struct err *err)
{
	if (fread(ret, sizeof *ret, 1, s->file) == 1)
		return 0;
	return err_set(err, ERR_SYSTEM,
		"the second reading of the inputs met more packets than the "
		"first; did a file grow meanwhile?");
}
