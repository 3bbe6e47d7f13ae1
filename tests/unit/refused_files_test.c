/*
 * What a launch was refused of files, in the log of `writ run --audit`, and in a log of a program's
 * own.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/file_log.h"
#include "runtime/writ_files.h"
#include "support/audit.h"
#include "support/bundle_maker.h"
#include "support/refusals.h"
#include "support/shell.h"

static const char policy[] =
	"param box : path;\n"
	"tool t { sandbox guarded; }\ntool free { sandbox open; }\nrole dev { allow t, free; }\n"
	"sandbox open { filesystem { read \"/usr\", \"/lib\", \"/lib64\", \"/etc/ld.so.cache\";\n"
	"  write \"${box}\", \"/dev/null\"; execute \"/usr/bin\"; } }\n"
	"sandbox guarded extends open { filesystem { deny \"${box}/**/.env\", \"${box}/keys\";\n"
	"  deny \"${box}/way/x\", \"${box}/new/x\", \"${box}/up/x\", \"${box}/many/**/x\"; } }\n";

static char box[256]; /* what the tool may write, beside the log */
static const char *database;

static void put(const char *name, const char *text)
{
	char path[300];
	FILE *out;

	(void)snprintf(path, sizeof(path), "%s/%s", box, name);
	out = fopen(path, "w");
	cr_assert(out && fputs(text, out) >= 0 && fclose(out) == 0, "%s", path);
}

static void setup(void)
{
	char path[300];

	database = audit_setup();
	(void)snprintf(box, sizeof(box), "%.*s/box", (int)(strrchr(database, '/') - database),
		       database);
	cr_assert_eq(shell("mkdir -p %s/sub %s/keys", box, box), 0);
	(void)snprintf(path, sizeof(path), "%s.wrt", box);
	bundle_write(path, policy);
	put(".env", "x");
	put("sub/.env", "x");
	put("keys/a", "x");
	put("ok", "x");
}

TestSuite(refused_files, .init = setup, .fini = audit_teardown, .timeout = 60);

/* A script of the shell's as a tool; its status is not asked for. */
static void run(const char *tool, const char *script)
{
	put("job", script);
	(void)shell("cd %s && $R run -p %s.wrt --param box=%s --role dev --tool %s --audit %s "
		    "-- /usr/bin/sh job",
		    box, box, box, tool, database);
	cr_assert_eq(audit_number("SELECT count(*) FROM records WHERE kind = 'end' AND "
				  "detail = 'exited'"),
		     1, "%s", shell_output);
}

static void expect(int64_t n, const char *format, ...)
{
	char where[512];
	char sql[700];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(where, sizeof(where), format, args);
	va_end(args);
	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM records WHERE kind = 'file' AND %s",
		       where);
	cr_expect_eq(audit_number(sql), n, "%s: %lld\n%s", where, (long long)audit_number(sql),
		     shell_output);
}

#define SAYS(what) "json_extract(detail, '$." what "')"

Test(refused_files, each_is_a_record_with_what_it_was)
{
	run("t", "cat .env\necho > sub/.env\nmkdir keys\nmv ok .env\nln -s x keys\ncat ok\n");
	expect(6, "verdict = 'deny' AND reason IS NULL AND tool = 't' AND sandbox = 'guarded' AND "
		  "role = 'dev'");
	expect(6, SAYS("errno") " = 'EACCES'");
	expect(1,
	       SAYS("call") " = 'openat' AND " SAYS("path") " = '%s/.env' AND " SAYS(
		       "deny") " = '%s/**/.env' AND " SAYS("times") " = 1",
	       box, box);
	expect(1, SAYS("path") " = '%s/sub/.env' AND " SAYS("call") " = 'openat'", box);
	expect(1, SAYS("path") " = '%s/keys' AND " SAYS("call") " LIKE 'mkdir%%'", box);
	/* mv tries another call when the first is refused. */
	expect(2, SAYS("path") " = '%s/.env' AND " SAYS("call") " LIKE 'rename%%'", box);
	cr_expect_str_eq(audit_verify(), "");
}

/*
 * What would lead around a rule: links on its way, and directories that would get another name. Who
 * is told that these are two file systems copies, which is no refusal.
 */
Test(refused_files, what_would_lead_around_a_rule_is_told)
{
	cr_assert_eq(shell("cd %s && ln -s sub way && mkdir -p up many/d", box), 0);
	run("t", "rm -f way\nln -s sub new\nmv way other\nmv up down\nmv many/d d\n");
	expect(1, SAYS("path") " = '%s/way' AND " SAYS("call") " LIKE 'unlink%%'", box);
	expect(1, SAYS("path") " = '%s/new' AND " SAYS("call") " LIKE 'symlink%%'", box);
	expect(1, SAYS("path") " = '%s/way' AND " SAYS("call") " LIKE 'rename%%'", box);
	expect(1, SAYS("path") " = '%s/up' AND " SAYS("call") " LIKE 'rename%%'", box);
	expect(0, SAYS("path") " LIKE '%s/many/%%'", box);
	cr_expect_eq(shell("test -d %s/d -a -L %s/way", box, box), 0);
}

/* In a container, where no mount keeps them. */
Test(refused_files, metadata_that_may_not_be_changed_is_told)
{
	static const struct refusal refusals[] = {
		{SYS_clone, EPERM, REFUSALS_NAMESPACES},
		{SYS_unshare, EPERM, 0},
		{SYS_mount, EPERM, 0},
	};

	cr_assert_eq(shell("touch %s.free && chmod 640 %s.free", box, box), 0);
	refuse_calls(refusals, sizeof(refusals) / sizeof(refusals[0]));
	run("t", "chmod 600 ../box.free\nchmod 600 ok\n");
	expect(1, "1");
	expect(1,
	       SAYS("path") " = '%s.free' AND " SAYS("errno") " = 'EPERM' AND " SAYS(
		       "call") " LIKE 'fchmodat%%' AND " SAYS("deny") " IS NULL",
	       box);
}

Test(refused_files, it_comes_between_the_launch_and_its_end)
{
	run("t", "cat .env\n");
	cr_expect_str_eq(audit_text("SELECT group_concat(kind, ' ') FROM (SELECT kind FROM records "
				    "ORDER BY seq)"),
			 "decision launch file end");
}

/* The same tool with nothing denied, and what Landlock alone refuses. */
Test(refused_files, what_the_broker_did_not_refuse_is_none)
{
	run("free", "cat .env sub/.env\nmkdir new\ncat /etc/passwd\n");
	expect(0, "1");
	audit_teardown();
	setup();
	run("t", "cat ok missing /etc/passwd\necho > new\nmv new newer\nmkdir sub\n");
	expect(0, "1");
}

Test(refused_files, the_same_once_more_is_counted)
{
	run("t", "for i in 1 2 3 4 5; do cat .env; done\ncat sub/../.env\n");
	expect(1, "1");
	expect(1, SAYS("times") " = 6 AND " SAYS("path") " = '%s/.env'", box);
}

Test(refused_files, a_flood_has_its_bound_and_the_rest_is_a_number)
{
	run("t", "i=0\nwhile [ $i -lt 100 ]; do mkdir $i; echo x > $i/.env; i=$((i + 1)); done\n");
	expect(WRIT_FILE_LOG_REFUSALS, SAYS("times") " = 1");
	expect(1, SAYS("left_out") " = %d", 100 - WRIT_FILE_LOG_REFUSALS);
	expect(WRIT_FILE_LOG_REFUSALS + 1, "1");
}

Test(refused_files, a_path_is_masked_and_forges_nothing)
{
	run("t", "d=\"a\n\\\",\\\"deny\\\":\\\"x\"\nmkdir \"$d\"\necho > \"$d/.env\"\n"
		 "mkdir -p AKIAIOSFODNN7EXAMPLE/keys\necho > AKIAIOSFODNN7EXAMPLE/.env\n");
	expect(2, "json_valid(detail)");
	expect(2, SAYS("deny") " = '%s/**/.env'", box);
	expect(0, "detail LIKE '%%AKIAIOSF%%'");
	expect(1, SAYS("path") " LIKE '%%[masked:%%'");
	expect(0, "detail LIKE '%%' || char(10) || '%%'");
}

/* Bytes that are no text hide nothing of the rest, nor do those that JSON has escapes for. */
Test(refused_files, a_path_of_any_bytes_is_told)
{
	run("t", "for b in 377 300 360 001 134 042 177; do d=$(printf \"a\\\\$b\")\n"
		 "mkdir \"$d\"\necho > \"$d/.env\"; done\n");
	expect(7, SAYS("call") " = 'openat' AND " SAYS("deny") " = '%s/**/.env'", box);
	expect(7, SAYS("path") " LIKE '%s/a%%/.env'", box);
	expect(7, "1");
}

/* Whatever it takes to write the path down, the rest of what is known is there. */
Test(refused_files, a_path_that_is_too_long_is_cut_where_a_name_ends)
{
	run("t", "w=$(printf %0200d 0)\np=.\nfor i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14; do\n"
		 "p=$p/$w; done\nmkdir -p $p \"n\n/$p\"\necho > $p/.env\necho > \"n\n/$p/.env\"\n"
		 "e=$(printf '\\001%.0s' $(/usr/bin/seq 200))\n"
		 "mkdir -p $e/$e/$e/$e\necho > $e/$e/$e/$e/.env\n");
	expect(3, SAYS("call") " = 'openat' AND " SAYS("deny") " = '%s/**/.env'", box);
	expect(3, SAYS("path") " LIKE '%s/%%/...[%% bytes]'", box);
	expect(3, "1");
	cr_expect_str_eq(audit_verify(), "");
}

/* ---- a log of one's own ---- */

static struct broker *make_broker(void)
{
	struct broker *broker = calloc(1, sizeof(*broker));

	cr_assert_not_null(broker);
	broker->notif.nr = 1u << 20; /* no call's */
	return broker;
}

static struct writ_file_log *open_log(void)
{
	struct writ_file_log *log = NULL;
	struct writ_error error;

	cr_assert_eq(writ_file_log_open(&log, &error), 0, "%s", error.text);
	return log;
}

static void add(struct writ_file_log *log, struct broker *broker, const char *path, long result)
{
	struct file_log *base = (struct file_log *)log;

	broker->refused = path;
	base->add(base, broker, result);
}

Test(refused_files, a_log_tells_each_once_and_has_an_end)
{
	struct writ_file_log *log = open_log();
	struct broker *broker = make_broker();
	struct writ_refusal refusal;
	uint64_t next = 0;

	cr_expect_eq(writ_file_log_next(log, &next, &refusal), 0);
	add(log, broker, "/a", -EACCES);
	add(log, broker, "/a", -EPERM);
	add(log, broker, "/a", -EACCES);
	cr_expect_eq(writ_file_log_next(log, &next, &refusal), 1);
	cr_expect(refusal.times == 2 && refusal.sys_errno == EACCES && !refusal.pattern);
	cr_expect_str_eq(refusal.path, "/a");
	cr_expect_str_eq(refusal.call, "another call");
	cr_expect_eq(writ_file_log_next(log, &next, &refusal), 1);
	cr_expect(refusal.times == 1 && refusal.sys_errno == EPERM);
	cr_expect_eq(writ_file_log_next(log, &next, &refusal), 0);
	add(log, broker, "/b", -EACCES);
	cr_expect_eq(writ_file_log_next(log, &next, &refusal), 1);
	cr_expect_str_eq(refusal.path, "/b");
	free(broker);
	writ_file_log_close(log);
	writ_file_log_close(NULL);
}

Test(refused_files, a_log_that_is_full_counts)
{
	struct writ_file_log *log = open_log();
	struct broker *broker = make_broker();
	struct writ_refusal refusal;
	uint64_t next = UINT64_MAX;
	char path[16];

	for (int i = 0; i < WRIT_FILE_LOG_REFUSALS + 7; i++) {
		(void)snprintf(path, sizeof(path), "/%d", i);
		add(log, broker, path, -EACCES);
	}
	add(log, broker, "/0", -EACCES);
	cr_expect_eq(writ_file_log_left_out(log), 7);
	cr_expect_eq(writ_file_log_next(log, &next, &refusal), 0);
	next = 0;
	for (int i = 0; i < WRIT_FILE_LOG_REFUSALS; i++)
		cr_expect_eq(writ_file_log_next(log, &next, &refusal), 1);
	cr_expect_eq(writ_file_log_next(log, &next, &refusal), 0);
	free(broker);
	writ_file_log_close(log);
}

struct filling {
	struct writ_file_log *log;
	_Atomic bool is_full;
};

static void *fill(void *context)
{
	struct filling *filling = context;
	struct broker *broker = make_broker();
	char path[16];

	for (int i = 0; i < WRIT_FILE_LOG_REFUSALS; i++) {
		(void)snprintf(path, sizeof(path), "/%d", i);
		add(filling->log, broker, path, -EACCES);
	}
	free(broker);
	filling->is_full = true;
	return NULL;
}

/* Who asks while one is written is told that there is none yet, and has it later. */
static uint64_t count_beside(struct filling *filling)
{
	struct writ_refusal refusal;
	uint64_t next = 0, n = 0;
	bool is_full, is_there;

	do {
		is_full = filling->is_full; /* before it is asked for the last time */
		is_there = writ_file_log_next(filling->log, &next, &refusal);
		n += is_there;
	} while (is_there || !is_full);
	return n;
}

Test(refused_files, a_log_tells_each_also_to_who_reads_beside)
{
	for (int round = 0; round < 200; round++) {
		struct filling filling = {.log = open_log()};
		pthread_t thread;

		cr_assert_eq(pthread_create(&thread, NULL, fill, &filling), 0);
		cr_assert_eq(count_beside(&filling), WRIT_FILE_LOG_REFUSALS, "round %d", round);
		cr_assert_eq(pthread_join(thread, NULL), 0);
		writ_file_log_close(filling.log);
	}
}

static sigjmp_buf killed;

static void be_killed(int number)
{
	(void)number;
	siglongjmp(killed, 1);
}

/* Who adds it is killed in the middle. */
static void add_half(struct writ_file_log *log, struct broker *broker)
{
	void *nothing = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	cr_assert_neq(nothing, MAP_FAILED);
	(void)signal(SIGSEGV, be_killed);
	broker->rules = (struct broker_rules){nothing, 1};
	if (sigsetjmp(killed, 1) == 0) {
		add(log, broker, "/half", -EACCES);
		cr_assert_fail("it was not killed");
	}
	broker->rules.n = 0;
	(void)signal(SIGSEGV, SIG_DFL);
}

Test(refused_files, a_log_passes_over_what_was_never_finished)
{
	struct writ_file_log *log = open_log();
	struct broker *broker = make_broker();
	struct writ_refusal refusal;
	uint64_t next = 0;

	add_half(log, broker);
	cr_expect_eq(writ_file_log_next(log, &next, &refusal), 0, "it may be about to be there");
	add(log, broker, "/a", -EACCES);
	cr_expect_eq(writ_file_log_next(log, &next, &refusal), 1);
	cr_expect_str_eq(refusal.path, "/a");
	cr_expect_eq(writ_file_log_next(log, &next, &refusal), 0);
	free(broker);
	writ_file_log_close(log);
}

Test(refused_files, a_log_needs_a_place)
{
	struct writ_error error;

	cr_expect_eq(writ_file_log_open(NULL, &error), -WRIT_E_INVALID);
}
