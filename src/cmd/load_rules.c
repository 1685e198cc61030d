/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the knowledge base: the built-in rules and a directory of the user's. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "cmd/cmd.h"
#include "know/rules.h"

static int is_rule_file(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);
	return n > 5 && strcmp(entry->d_name + n - 5, ".yaml") == 0;
}

static int add_file(struct rules *r, const char *path, struct err *err)
{
	char *text = malloc(LIMIT_RULE_BYTES + 1);
	FILE *file = fopen(path, "re");
	int rc = 0;
	if (!text)
		rc = err_nomem(err);
	else if (!file)
		rc = err_sys(err, errno, "%s: cannot open", path);
	if (rc == 0) {
		size_t n = fread(text, 1, LIMIT_RULE_BYTES + 1, file);
		if (ferror(file))
			rc = err_sys(err, EIO, "%s: cannot read", path);
		else
			rc = rules_add(r, path, span_of(text, n), err);
	}
	if (file)
		fclose(file);
	free(text);
	return rc;
}

static int add_directory(struct rules *r, const char *dir, struct err *err)
{
	struct dirent **names;
	int n = scandir(dir, &names, is_rule_file, alphasort);
	if (n < 0)
		return err_sys(err, errno, "cannot read the rules in %s", dir);
	int rc = 0;
	for (int i = 0; i < n; i++) {
		char path[4096];
		snprintf(path, sizeof path, "%s/%s", dir, names[i]->d_name);
		if (rc == 0)
			rc = add_file(r, path, err);
		free(names[i]);
	}
	free(names);
	return rc;
}

/* A rule that fails its own examples is still used, for its author may want to see what it does;
 * but it is said. */
static void warn(void *context, const char *rule, const char *example, const char *wrong)
{
	(void)context;
	if (wrong)
		say("rule %s, example \"%s\": %s", rule, example, wrong);
}

int load_rules(const char *dir, struct rules **ret, struct err *err)
{
	struct rules *r;
	if (rules_new(&r, err) < 0)
		return -1;
	if (rules_add_builtin(r, err) < 0 || (dir && add_directory(r, dir, err) < 0)) {
		rules_free(r);
		return -1;
	}
	if (dir)
		rules_check(r, warn, NULL);
	*ret = r;
	return 0;
}
