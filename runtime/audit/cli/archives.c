/*
 * writ audit backup, rotate and prune: records that go elsewhere, or away.
 *
 * Nothing is removed from a log that is not in a file beside it, brought to the disk and verified
 * with the log's key, or older than it was said to be kept.
 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/audit/archive.h"
#include "runtime/audit/cli/audit_cli.h"
#include "runtime/audit/cli/audit_options.h"
#include "runtime/audit/schema.h"
#include "runtime/audit/when.h"
#include "runtime/cli/cli.h"

#define MONTH_LEN   7 /* "2026-11" */
#define MAX_OF_NAME 999

static const char backup_help[] =
	"usage: writ audit backup [OPTION]... DB OUT\n"
	"\n"
	"Writes a copy of a log, as it is at one moment, to OUT, which must not exist, and "
	"verifies\n"
	"it. Others may write the log meanwhile. The key is not copied: keep it elsewhere.\n"
	"\n"
	"  --key FILE        the log's key (default DB-key)\n"
	"\n"
	"  writ audit backup audit.db /backup/audit-$(date +%F).db\n"
	"\n"
	"exit status: 0; 1 the copy does not verify; 2 wrong command line; 3 not a usable log\n";

static const char rotate_help[] =
	"usage: writ audit rotate [OPTION]... DB\n"
	"\n"
	"Moves the records of a log to a file beside it, DB-YYYY-MM, named after the month of its\n"
	"first record (DB-YYYY-MM.2 when there is one). The copy is verified before a record is\n"
	"removed, and the log goes on where it ends. Programs that write the log need not be "
	"told.\n"
	"\n"
	"  --size SIZE       only when its records take more (512M, 4G)\n"
	"  --monthly         only when its first record is of an earlier month\n"
	"  --key FILE        the log's key (default DB-key)\n"
	"\n"
	"  writ audit rotate --monthly --size 4G audit.db     # each night\n"
	"\n"
	"exit status: 0, also when there was nothing to do; 1 the copy does not verify; 2 wrong\n"
	"command line; 3 not a usable log\n";

static const char prune_help[] =
	"usage: writ audit prune --keep SPAN [OPTION]... DB\n"
	"\n"
	"Removes the records of a log that are older. A record says so, and who has not the log's\n"
	"key can't have it begin later.\n"
	"\n"
	"  --keep SPAN       how long records are kept: 90d, 26w\n"
	"  --archives        also remove files that writ audit rotate made of this log, whose\n"
	"                    records are all older\n"
	"  --key FILE        the log's key (default DB-key)\n"
	"\n"
	"  writ audit prune --keep 90d --archives audit.db\n"
	"\n"
	"exit status: 0, also when there was nothing to do; 2 wrong command line; 3 not a usable\n"
	"log\n";

/* ---- copies ---- */

static void default_key(const char *path, const char *given, char key[PATH_MAX])
{
	(void)snprintf(key, PATH_MAX, "%s%s", given ? given : path, given ? "" : "-key");
}

/* Is the copy what the log is, by the log's key? *last is its last record. */
static int verify_copy(const char *copy, const char *key, int64_t *last)
{
	const struct writ_audit_expect expect = {.key = key};
	struct writ_audit_verdict verdict = {.records = 0};
	struct writ_audit_finding finding = {.seq = 0};
	struct writ_error error;
	int rc = writ_audit_verify(copy, &expect, &verdict, &finding, &error);

	if (rc < 0)
		return audit_fail(NULL, &error);
	if (rc)
		return cli_fail(EXIT_DENIED, "%.300s: %s", copy, finding.text);
	*last = verdict.last;
	if (verdict.no_key)
		(void)cli_warn("there is no key: only the chain of the copy was checked");
	return 0;
}

static int copy_and_verify(const char *log, const char *to, const char *key, int64_t *last)
{
	char key_file[PATH_MAX];
	struct writ_error error;

	default_key(log, key, key_file);
	if (archive_copy(log, to, &error))
		return audit_fail(log, &error);
	return verify_copy(to, key_file, last);
}

int audit_sub_backup(char **argv)
{
	static const struct audit_usage usage = {
		.verb = "backup",
		.help = backup_help,
		.accepted = AUDIT_KEY,
		.min_operands = 2,
		.max_operands = 2,
		.operands = "DB and OUT",
	};
	struct audit_options options;
	int64_t last = 0;
	int status;

	if (!audit_begin(argv, &usage, &options, &status))
		return status;
	status = copy_and_verify(options.operands[0], options.operands[1], options.key, &last);
	if (status)
		return status;
	(void)printf("%s: records up to %" PRId64 "\n", options.operands[1], last);
	return audit_end_output();
}

/* ---- rotation ---- */

static void month_of(int64_t wall_us, char month[WHEN_SIZE])
{
	when_print(wall_us, month);
	/* What is no date is a number: a name all the same. */
	if (strlen(month) > MONTH_LEN)
		month[MONTH_LEN] = '\0';
}

static bool is_due(sqlite3 *db, const struct audit_options *options, int64_t first_us)
{
	char first[WHEN_SIZE];
	char now[WHEN_SIZE];

	month_of(first_us, first);
	month_of(when_now(), now);
	if (!options->size && !options->monthly)
		return true;
	return (options->monthly && strcmp(first, now) < 0) ||
	       (options->size && archive_used_bytes(db) > options->size);
}

/* The first name that is free. */
static int name_archive(const char *log, int64_t first_us, char name[PATH_MAX])
{
	char month[WHEN_SIZE];

	month_of(first_us, month);
	for (int i = 1; i <= MAX_OF_NAME; i++) {
		int n = i == 1 ? snprintf(name, PATH_MAX, "%s-%s", log, month)
			       : snprintf(name, PATH_MAX, "%s-%s.%d", log, month, i);

		if (n < 0 || n >= PATH_MAX)
			return cli_fail(EXIT_BAD_INPUT, "%.300s: the path is too long", log);
		if (access(name, F_OK) && errno == ENOENT)
			return 0;
	}
	return cli_fail(EXIT_BAD_INPUT, "%.300s has %d archives of %s", log, MAX_OF_NAME, month);
}

/* 0 and *due with the archive's name, or an exit status. */
static int plan(const struct audit_options *options, bool *due, char name[PATH_MAX])
{
	const char *log = options->operands[0];
	int64_t first_us;
	sqlite3 *db = NULL;
	int rc = audit_open(log, &db);

	*due = false;
	if (rc)
		return rc;
	if (db_number(db, "SELECT count(*) FROM (SELECT 1 FROM records LIMIT 1)", 0) == 1) {
		first_us = db_number(db, "SELECT wall_us FROM records ORDER BY seq LIMIT 1", 0);
		*due = is_due(db, options, first_us);
		if (*due)
			rc = name_archive(log, first_us, name);
	}
	db_close(db);
	return rc;
}

static int trim(const struct audit_options *options, int64_t through, const char *kind,
		const char *detail, int64_t *removed)
{
	struct chain chain;
	struct writ_error error;
	int rc = chain_open(&chain, options->operands[0], options->key, true, &error);

	if (rc) {
		rc = audit_fail(NULL, &error);
	} else {
		rc = archive_trim(&chain, through, kind, detail, removed, &error);
		rc = rc ? audit_fail(options->operands[0], &error) : 0;
	}
	chain_close(&chain);
	return rc;
}

static char *rotate_detail(const char *archive, int64_t last)
{
	const char *slash = strrchr(archive, '/');
	char *detail = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&detail, &size);

	if (!memory)
		return NULL;
	(void)fprintf(memory, "{\"through\":%" PRId64, last);
	cli_json_text(memory, "archive", slash ? slash + 1 : archive);
	(void)putc('}', memory);
	if (fclose(memory)) {
		free(detail);
		return NULL;
	}
	return detail;
}

static int rotate(const struct audit_options *options, const char *archive)
{
	int64_t removed = 0;
	int64_t last = 0;
	char *detail;
	int rc = copy_and_verify(options->operands[0], archive, options->key, &last);

	if (rc)
		return rc;
	detail = rotate_detail(archive, last);
	if (!detail)
		return cli_fail(EXIT_RUN_FAILED, "out of memory");
	rc = trim(options, last, "rotate", detail, &removed);
	free(detail);
	if (rc)
		return rc;
	(void)printf("%s: %" PRId64 " records, up to %" PRId64 "\n", archive, removed, last);
	return audit_end_output();
}

int audit_sub_rotate(char **argv)
{
	static const struct audit_usage usage = {
		.verb = "rotate",
		.help = rotate_help,
		.accepted = AUDIT_KEY | AUDIT_ROTATE,
		.min_operands = 1,
		.max_operands = 1,
		.operands = "DB",
	};
	char archive[PATH_MAX];
	struct audit_options options;
	bool due;
	int status;

	if (!audit_begin(argv, &usage, &options, &status))
		return status;
	status = plan(&options, &due, archive);
	if (status)
		return status;
	if (due)
		return rotate(&options, archive);
	(void)puts("nothing to rotate");
	return audit_end_output();
}

/* ---- retention ---- */

/* Is name LOG-YYYY-MM, or LOG-YYYY-MM.N? */
static bool is_archive_name(const char *name, const char *log)
{
	static const char shape[] = "-0000-00";
	size_t len = strlen(log);

	if (strncmp(name, log, len) != 0)
		return false;
	name += len;
	for (size_t i = 0; shape[i]; i++, name++) {
		if (shape[i] == '0' ? *name < '0' || *name > '9' : *name != shape[i])
			return false;
	}
	if (*name == '\0')
		return true;
	return *name == '.' && name[1] && strspn(name + 1, "0123456789") == strlen(name + 1);
}

/* Is it of the same log, and everything in it older? */
static bool may_go(const char *path, const char *log_id, int64_t before_us)
{
	struct writ_error error;
	struct head head;
	sqlite3 *db = NULL;
	bool good;

	if (schema_open(path, DB_READ, &db, &error))
		return false;
	good = !head_read(db, &head, &error) && strcmp(head.log, log_id) == 0 &&
	       db_number(db, "SELECT max(wall_us) FROM records", INT64_MAX) < before_us;
	db_close(db);
	return good;
}

static int remove_archive(const char *path)
{
	if (unlink(path))
		return cli_fail(EXIT_RUN_FAILED, "%.300s can't be removed: %s", path,
				strerror(errno));
	(void)printf("%s: removed\n", path);
	return 0;
}

static int prune_archives(const char *log, const char *log_id, int64_t before_us)
{
	const char *slash = strrchr(log, '/');
	const char *name = slash ? slash + 1 : log;
	char directory[PATH_MAX];
	const struct dirent *entry;
	int rc = 0;
	DIR *dir;

	(void)snprintf(directory, sizeof(directory), "%.*s", slash ? (int)(slash + 1 - log) : 2,
		       slash ? log : "./");
	dir = opendir(directory);
	if (!dir)
		return cli_fail(EXIT_RUN_FAILED, "%.300s can't be listed: %s", directory,
				strerror(errno));
	while (!rc && (entry = readdir(dir))) {
		char path[2 * PATH_MAX];

		(void)snprintf(path, sizeof(path), "%s%s", directory, entry->d_name);
		if (is_archive_name(entry->d_name, name) && may_go(path, log_id, before_us))
			rc = remove_archive(path);
	}
	(void)closedir(dir);
	return rc;
}

static int prune(const struct audit_options *options)
{
	const char *log = options->operands[0];
	int64_t before_us = when_now() - options->keep_us;
	int64_t removed = 0;
	int64_t through = 0;
	struct writ_error error;
	struct head head;
	char detail[64];
	sqlite3 *db = NULL;
	int rc = audit_open(log, &db);

	if (rc)
		return rc;
	if (head_read(db, &head, &error))
		rc = audit_fail(log, &error);
	else
		through = archive_last_before(db, before_us);
	db_close(db);
	if (!rc && through > head.base_seq) {
		(void)snprintf(detail, sizeof(detail), "{\"through\":%" PRId64 "}", through);
		rc = trim(options, through, "prune", detail, &removed);
	}
	if (!rc)
		(void)printf("%s: %" PRId64 " records removed\n", log, removed);
	if (!rc && options->archives)
		rc = prune_archives(log, head.log, before_us);
	return rc ? rc : audit_end_output();
}

int audit_sub_prune(char **argv)
{
	static const struct audit_usage usage = {
		.verb = "prune",
		.help = prune_help,
		.accepted = AUDIT_KEY | AUDIT_KEEP,
		.min_operands = 1,
		.max_operands = 1,
		.operands = "DB",
	};
	struct audit_options options;
	int status;

	if (!audit_begin(argv, &usage, &options, &status))
		return status;
	if (!options.keep_us)
		return cli_fail(EXIT_USAGE, "audit prune: --keep SPAN is missing");
	return prune(&options);
}
