/*
 * writ-audit version: what it is made of, for reports of faults.
 */
#include <jansson.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>

#include "runtime/audit/cli/audit_cli.h"
#include "runtime/cli/cli.h"

int audit_verb_version(char **argv)
{
	(void)argv;
	if (printf("writ-audit %s (SQLite %s, libsodium %s, jansson %s)\n", writ_version(),
		   sqlite3_libversion(), sodium_version_string(), JANSSON_VERSION) < 0)
		return EXIT_RUN_FAILED;
	return EXIT_ALLOWED;
}
