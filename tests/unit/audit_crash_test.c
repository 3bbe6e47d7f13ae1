/*
 * Processes that are killed while they write: the log is whole, and what was lost is told to the
 * number. WRIT_CRASHES is how often (default 50).
 */
#include <criterion/criterion.h>

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "runtime/audit/roll.h"
#include "support/audit.h"

/* What the child tells: calls of record() that began, and those that answered 0. */
struct told {
	_Atomic uint64_t begun;
	_Atomic uint64_t answered;
};

static const char *path;
static struct told *told;

static void setup(void)
{
	path = audit_setup();
	writ_audit_close(audit_open(NULL));
	told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	cr_assert_neq(told, MAP_FAILED);
}

TestSuite(audit_crash, .init = setup, .fini = audit_teardown, .timeout = 600);

/* Some ten thousand records a second, until it is killed. */
static _Noreturn void write_until_killed(const struct writ_audit_options *options)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	struct writ_audit *audit = audit_open(options);

	for (;;) {
		for (int i = 0; i < 10; i++) {
			atomic_fetch_add(&told->begun, 1);
			if (audit_record(audit, "t", WRIT_ALLOW))
				_exit(1);
			atomic_fetch_add(&told->answered, 1);
		}
		(void)nanosleep(&pause, NULL);
	}
}

/* After some time, and not before it has recorded so much. */
static void kill_one(const struct writ_audit_options *options, unsigned int after_us,
		     uint64_t least)
{
	const struct timespec pause = {.tv_nsec = (long)after_us * 1000};
	uint64_t before = told->answered;
	pid_t child = fork();
	int status;

	if (child == 0)
		write_until_killed(options);
	do
		(void)nanosleep(&pause, NULL);
	while (told->answered - before < least);
	(void)nanosleep(&pause, NULL);
	cr_assert_eq(kill(child, SIGKILL), 0);
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(WIFSIGNALED(status), "it ended by itself: %d", WEXITSTATUS(status));
}

static int crashes(void)
{
	const char *text = getenv("WRIT_CRASHES");

	return text ? (int)strtol(text, NULL, 10) : 50;
}

Test(audit_crash, log_of_killed_writers_is_whole_and_counts_what_was_lost)
{
	struct writ_audit_verdict verdict;
	unsigned int seed = 1;

	for (int i = 0; i < crashes(); i++) {
		uint64_t begun = told->begun;
		uint64_t taken;

		kill_one(NULL, (unsigned int)rand_r(&seed) % 40000, i % 4 ? 1 : 0);
		/* Before anybody records it, verifying tells the same. */
		cr_assert_str_empty(audit_verify_with(NULL, &verdict), "crash %d", i);
		taken = (uint64_t)audit_number("SELECT count(*) FROM records WHERE tool = 't'") +
			verdict.lost + verdict.unsaid;
		cr_assert_geq(taken, told->answered, "crash %d", i);
		cr_assert_leq(taken, told->answered + (uint64_t)(i + 1), "crash %d: %d", i,
			      (int)(told->begun - begun));
	}
	writ_audit_close(audit_open(NULL));
	cr_assert_str_empty(audit_verify_with(NULL, &verdict));
	cr_expect_eq(verdict.unsaid, 0u);
	cr_expect_gt(verdict.gaps, 0u);
	cr_expect_eq(audit_number("SELECT count(*) FROM writers WHERE lost IS NULL"), 0);
	cr_expect_eq(audit_number("SELECT sum(lost) FROM writers"), (int64_t)verdict.lost);
	cr_expect_eq(audit_number("SELECT sum(json_extract(detail, '$.lost')) FROM records WHERE "
				  "kind = 'gap'"),
		     (int64_t)verdict.lost);
}

Test(audit_crash, required_records_are_never_lost)
{
	const struct writ_audit_options options = {.required = 1, .block_ms = 10000};
	unsigned int seed = 2;

	for (int i = 0; i < crashes() / 5; i++) {
		kill_one(&options, 20000 + (unsigned int)rand_r(&seed) % 60000, 0);
		cr_assert_str_empty(audit_verify());
		cr_assert_geq(audit_number("SELECT count(*) FROM records WHERE tool = 't'"),
			      (int64_t)told->answered, "crash %d", i);
	}
}

Test(audit_crash, count_that_is_gone_is_told_as_unknown)
{
	char file[128];

	kill_one(NULL, 10000, 100);
	(void)snprintf(file, sizeof(file), "%s-writers", path);
	cr_assert_eq(unlink(file), 0);
	writ_audit_close(audit_open(NULL));
	cr_expect_str_eq(audit_text("SELECT json_extract(detail, '$.why') FROM records WHERE kind "
				    "= 'gap'"),
			 "count_gone");
	cr_expect_str_empty(audit_verify());
}

/* A machine that stops takes all of its processes at once: the log is not closed for good by that.
 */
Test(audit_crash, as_many_dead_as_there_are_slots_make_room)
{
	struct writers writers;

	cr_assert_eq(writers_open(path, true, &writers, NULL), 0);
	for (int i = 0; i < WRITERS_MAX; i++) {
		cr_assert_eq(writers_claim(&writers, NULL), 0);
		writers.slots[writers.own].taken = 3;
		writers.own = -1;
	}
	cr_expect_lt(writers_claim(&writers, NULL), 0);
	writers_close(&writers);
	audit_fill(5);
	cr_expect_eq(audit_number("SELECT count(*) FROM records WHERE tool = 't'"), 5);
	cr_expect_str_empty(audit_verify());
}

/* What a slot says of itself when a transaction is about to be committed. */
static int look_at_slot(void *context)
{
	const struct writers_slot *slot = context;

	cr_expect_eq(slot->taken, 3u);
	cr_expect_eq(slot->ending, 1u);
	/* The first one fails, as on a disk that is full. */
	return atomic_fetch_add(&told->begun, 1) == 0;
}

/* Who is killed between the two would have the next tell of the same records again. */
Test(audit_crash, slot_says_that_it_was_told_of_before_its_row_does)
{
	struct writers writers;
	struct chain chain;

	cr_assert_eq(writers_open(path, true, &writers, NULL), 0);
	cr_assert_eq(writers_claim(&writers, NULL), 0);
	writers.slots[0].taken = 3;
	writers.own = -1;
	writers_close(&writers);
	cr_assert_eq(writers_open(path, true, &writers, NULL), 0);
	cr_assert_eq(chain_open(&chain, path, NULL, false, NULL), 0);
	(void)sqlite3_commit_hook(chain.db, look_at_slot, &writers.slots[0]);
	cr_assert_lt(roll_begin(&chain, &writers, NULL), 0);
	cr_expect_eq(writers.slots[0].ending, 0u, "nobody was told");
	cr_expect_eq(writers.slots[0].taken, 3u);
	writers_close(&writers);
	cr_assert_eq(writers_open(path, true, &writers, NULL), 0);
	(void)sqlite3_commit_hook(chain.db, look_at_slot, &writers.slots[0]);
	cr_assert_eq(roll_begin(&chain, &writers, NULL), 0);
	cr_expect_eq(told->begun, 2u);
	cr_expect_eq(audit_number("SELECT json_extract(detail, '$.lost') FROM records WHERE kind = "
				  "'gap'"),
		     3);
	chain_close(&chain);
	writers_close(&writers);
}

/* A slot of a process that is gone, having recorded 3. */
static void make_dead_slot(struct writers *writers, uint64_t ending)
{
	cr_assert_eq(writers_open(path, true, writers, NULL), 0);
	cr_assert_eq(writers_claim(writers, NULL), 0);
	writers->slots[0].taken = 3;
	writers->slots[0].ending = ending;
	writers->own = -1;
	writers_close(writers);
	cr_assert_eq(writers_open(path, true, writers, NULL), 0);
}

/* It had written all when it was killed, between its last transaction and its slot. */
Test(audit_crash, slot_of_who_had_ended_has_lost_nothing)
{
	struct writ_audit_verdict verdict;
	struct writers writers;
	struct chain chain;

	make_dead_slot(&writers, 1);
	cr_expect_str_empty(audit_verify_with(NULL, &verdict));
	cr_expect_eq(verdict.unsaid, 0u);
	cr_assert_eq(chain_open(&chain, path, NULL, false, NULL), 0);
	(void)sqlite3_commit_hook(chain.db, look_at_slot, &writers.slots[0]);
	cr_assert_lt(roll_begin(&chain, &writers, NULL), 0);
	cr_expect_eq(writers.slots[0].ending, 1u, "and says so also after a failure");
	chain_close(&chain);
	writers_close(&writers);
	writ_audit_close(audit_open(NULL));
	cr_expect_eq(audit_number("SELECT count(*) FROM records WHERE kind = 'gap'"), 0);
}

static _Atomic uint64_t *ending; /* of the slot that is looked at; NULL: none is */
static uint64_t ending_seen;

static int look_at_end(void *context)
{
	(void)context;
	if (!ending)
		return 0;
	ending_seen = *ending;
	return 1;
}

static int look_at_commits(sqlite3 *db, char **failure, const sqlite3_api_routines *api)
{
	(void)failure;
	(void)api;
	(void)sqlite3_commit_hook(db, look_at_end, NULL);
	return SQLITE_OK;
}

/* Before its row is gone, and no longer when that comes to nothing. */
Test(audit_crash, who_ends_says_so_in_its_slot)
{
	struct writ_audit_verdict verdict;
	struct writ_audit *audit;
	struct writers writers;

	cr_assert_eq(sqlite3_auto_extension((void (*)(void))look_at_commits), SQLITE_OK);
	audit = audit_open(NULL);
	for (int i = 0; i < 3; i++)
		cr_assert_eq(audit_record(audit, "t", WRIT_ALLOW), 0);
	cr_assert_eq(writ_audit_flush(audit, NULL), 0);
	cr_assert_eq(writers_open(path, false, &writers, NULL), 0);
	cr_expect_eq(writers.slots[0].ending, 0u);
	ending = &writers.slots[0].ending;
	writ_audit_close(audit);
	cr_expect_eq(ending_seen, 1u);
	cr_expect_eq(*ending, 0u);
	ending = NULL;
	writers_close(&writers);
	cr_expect_str_empty(audit_verify_with(NULL, &verdict));
	cr_expect_eq(verdict.unsaid, 0u);
}

/* Who takes the counts away does not make what was lost unlost. */
Test(audit_crash, counts_that_are_gone_are_missed_before_the_next_opens)
{
	struct writ_audit_verdict verdict;
	char command[160];

	kill_one(NULL, 20000, 20);
	cr_expect_str_empty(audit_verify_with(NULL, &verdict));
	cr_expect_eq(verdict.uncounted, 0);
	(void)snprintf(command, sizeof(command), "rm %s-writers", path);
	cr_assert_eq(system(command), 0);
	cr_expect_str_empty(audit_verify_with(NULL, &verdict));
	cr_expect_neq(verdict.uncounted, 0);
	writ_audit_close(audit_open(NULL));
	cr_expect_str_empty(audit_verify_with(NULL, &verdict));
	cr_expect_eq(verdict.uncounted, 0);
	cr_expect_eq(verdict.gaps, 1u);
}
