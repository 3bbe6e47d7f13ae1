/*
 * What a trust loads: bundles of the right signer, name and version, read once; versions that are
 * remembered, and directories of them that can't be.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "runtime/writ_sign.h"
#include "support/shell.h"
#include "support/signed.h"

static const char text[] = "tool a { class read; }\nrole r { allow a; }\n";
static const char wider[] = "tool a { class read; }\nrole r { allow *; }\n";

TestSuite(trust, .init = signed_begin, .fini = signed_end);

static struct writ_trust *open_trust(const struct writ_trust_options *options)
{
	struct writ_trust *trust = NULL;
	struct writ_error error;

	cr_assert_eq(writ_trust_open(options, &trust, &error), 0, "%s", error.text);
	return trust;
}

/* With key 1, a state directory of the test's own, or as the changes say. */
static struct writ_trust_options options_of(void)
{
	return (struct writ_trust_options){.keys.list = signed_public(1, "1.pub"),
					   .state = signed_path("state")};
}

static const char *put_bundle(const struct test_bundle *bundle)
{
	return signed_put("p.wrt", bundle->bytes, bundle->size);
}

static const char *put_version(uint64_t version, const char *source)
{
	struct test_bundle plain = signed_bundle(version, source), bundle = signed_with(1, &plain);

	return put_bundle(&bundle);
}

static void expect_loaded(struct writ_trust *trust, const char *path, uint64_t version)
{
	struct writ_policy *policy = NULL;
	struct writ_error error = {.text = ""};
	int rc = writ_trust_load(trust, path, NULL, &policy, &error);

	cr_assert_eq(rc, 0, "version %lu: %s", (unsigned long)version, error.text);
	cr_expect_eq(writ_policy_version(policy), version);
	writ_close(policy);
}

static void expect_refused(struct writ_trust *trust, const char *path, int code, const char *words)
{
	struct writ_policy *policy = NULL;
	struct writ_error error = {.text = ""};
	int rc = writ_trust_load(trust, path, NULL, &policy, &error);

	cr_expect_eq(rc, -code, "%s: %d, not %d: %s", words, -rc, code, error.text);
	cr_expect_null(policy);
	cr_expect_not_null(strstr(error.text, words), "'%s' is not in: %s", words, error.text);
}

static void expect_no_trust(const struct writ_trust_options *options, int code, const char *words)
{
	struct writ_trust *trust = NULL;
	struct writ_error error = {.text = ""};
	int rc = writ_trust_open(options, &trust, &error);

	cr_expect_eq(rc, -code, "%s: %d, not %d: %s", words, -rc, code, error.text);
	cr_expect_null(trust);
	cr_expect_not_null(strstr(error.text, words), "'%s' is not in: %s", words, error.text);
}

Test(trust, a_signed_bundle_is_loaded_and_its_key_known)
{
	struct writ_trust_options options = options_of();
	struct writ_trust *trust = open_trust(&options);

	cr_expect_null(writ_trust_key(trust));
	expect_loaded(trust, put_version(1, text), 1);
	cr_expect_str_eq(writ_trust_key(trust), signed_key(1).id);
	writ_trust_close(trust);
}

Test(trust, what_is_not_signed_is_not_opened)
{
	struct writ_trust_options options = options_of();
	struct writ_trust *trust = open_trust(&options);
	struct test_bundle plain = signed_bundle(1, text), other = signed_with(2, &plain);

	expect_refused(trust, put_bundle(&plain), WRIT_E_UNTRUSTED, "is not signed");
	expect_refused(trust, put_bundle(&other), WRIT_E_UNTRUSTED, "is signed with key");
	expect_refused(trust, signed_put("p.wrt", text, strlen(text)), WRIT_E_FORMAT,
		       "not a Writ bundle");
	expect_refused(trust, signed_put("p.wrt", "", 0), WRIT_E_FORMAT, "too short");
	expect_refused(trust, signed_path("none.wrt"), WRIT_E_OPEN, "No such file");
	expect_refused(trust, signed_path(""), WRIT_E_OPEN, "not a regular file");
	cr_expect_null(writ_trust_key(trust));
	writ_trust_close(trust);
}

/* The digest is inside of what the signature leaves out, and is compared all the same. */
Test(trust, a_signed_bundle_that_is_none_is_not_opened)
{
	struct writ_trust_options options = options_of();
	struct writ_trust *trust = open_trust(&options);
	struct test_bundle plain = signed_bundle(1, text), bundle;

	bundle = signed_with(1, &plain);
	bundle.bytes[offsetof(struct writ_fmt_header, digest)] ^= 1;
	expect_refused(trust, put_bundle(&bundle), WRIT_E_DIGEST, "do not match its digest");
	/* Signed by who should not have: the runtime's own check comes after, and stands. */
	plain.bytes[8] = 99;
	bundle = signed_with(1, &plain);
	expect_refused(trust, put_bundle(&bundle), WRIT_E_UNSUPPORTED, "format version 99");
	cr_expect_neq(shell("ls $D/state/versions/* 2>/dev/null"), 0, "nothing was recorded");
	writ_trust_close(trust);
}

Test(trust, without_keys_only_the_name_counts)
{
	struct writ_trust_options options = {.policy = "test"};
	struct writ_trust *trust = open_trust(&options);
	struct test_bundle plain = signed_bundle(2, text), older = signed_bundle(1, text);

	expect_loaded(trust, put_bundle(&plain), 2);
	expect_loaded(trust, put_bundle(&older), 1);
	cr_expect_null(writ_trust_key(trust));
	writ_trust_close(trust);
	options.policy = "prod";
	trust = open_trust(&options);
	expect_refused(trust, put_bundle(&plain), WRIT_E_UNTRUSTED,
		       "the bundle is policy 'test', where 'prod' is to be loaded");
	writ_trust_close(trust);
}

Test(trust, a_bundle_of_another_policy_is_not_loaded)
{
	struct writ_trust_options options = options_of();
	struct writ_trust *trust;

	options.policy = "tes";
	trust = open_trust(&options);
	expect_refused(trust, put_version(1, text), WRIT_E_UNTRUSTED, "where 'tes' is to be");
	writ_trust_close(trust);
	options.policy = "test";
	trust = open_trust(&options);
	expect_loaded(trust, put_version(1, text), 1);
	writ_trust_close(trust);
}

/* ---- versions ---- */

static void expect_monotonic(struct writ_trust *trust)
{
	expect_loaded(trust, put_version(5, text), 5);
	expect_loaded(trust, put_version(5, text), 5);
	expect_refused(trust, put_version(4, text), WRIT_E_UNTRUSTED,
		       "of version 4, and version 5 was in force already");
	expect_refused(trust, put_version(0, text), WRIT_E_UNTRUSTED, "of version 0, and version");
	expect_refused(trust, put_version(5, wider), WRIT_E_UNTRUSTED,
		       "another bundle of that version");
	expect_loaded(trust, put_version(UINT64_MAX, wider), UINT64_MAX);
	expect_refused(trust, put_version(5, text), WRIT_E_UNTRUSTED,
		       "version 18446744073709551615 was");
}

Test(trust, versions_only_rise)
{
	struct writ_trust_options options = options_of();
	struct writ_trust *trust = open_trust(&options);

	expect_monotonic(trust);
	writ_trust_close(trust);
	/* Another process is not fooled either. */
	trust = open_trust(&options);
	expect_refused(trust, put_version(6, text), WRIT_E_UNTRUSTED, "of version 6, and");
	writ_trust_close(trust);
}

Test(trust, versions_only_rise_in_memory)
{
	struct writ_trust_options options = options_of();
	struct writ_trust *trust;

	options.state = WRIT_STATE_PRIVATE;
	trust = open_trust(&options);
	expect_monotonic(trust);
	writ_trust_close(trust);
	trust = open_trust(&options);
	expect_loaded(trust, put_version(1, text), 1);
	writ_trust_close(trust);
}

Test(trust, a_policy_without_versions_may_change)
{
	struct writ_trust_options options = options_of();
	struct writ_trust *trust = open_trust(&options);

	expect_loaded(trust, put_version(0, text), 0);
	expect_loaded(trust, put_version(0, wider), 0);
	expect_loaded(trust, put_version(1, text), 1);
	expect_refused(trust, put_version(0, wider), WRIT_E_UNTRUSTED, "of version 0");
	writ_trust_close(trust);
}

Test(trust, another_key_may_sign_the_same)
{
	struct writ_trust_options options = options_of();
	struct test_bundle plain = signed_bundle(3, text), bundle = signed_with(2, &plain);
	struct writ_trust *trust = open_trust(&options);
	char list[512];

	expect_loaded(trust, put_version(3, text), 3);
	writ_trust_close(trust);
	snprintf(list, sizeof(list), "%s:%s", signed_public(1, "1.pub"), signed_public(2, "2.pub"));
	options.keys.list = list;
	trust = open_trust(&options);
	expect_loaded(trust, put_bundle(&bundle), 3);
	cr_expect_str_eq(writ_trust_key(trust), signed_key(2).id);
	writ_trust_close(trust);
}

Test(trust, going_back_on_purpose_is_remembered)
{
	struct writ_trust_options options = options_of();
	struct writ_trust *trust = open_trust(&options);

	expect_loaded(trust, put_version(5, text), 5);
	writ_trust_close(trust);
	options.allow_rollback = 1;
	trust = open_trust(&options);
	expect_loaded(trust, put_version(4, text), 4);
	writ_trust_close(trust);
	options.allow_rollback = 0;
	trust = open_trust(&options);
	expect_loaded(trust, put_version(4, text), 4);
	expect_refused(trust, put_version(3, text), WRIT_E_UNTRUSTED, "version 4 was in force");
	writ_trust_close(trust);
}

/* As a monitor opens them, which then refuses it. */
Test(trust, what_cant_be_enforced_is_not_remembered)
{
	static const char refused[] =
		"sandbox s { syscalls { allow @default; deny ptrace notify; } }\n"
		"tool a { class read; sandbox s; }\nrole r { allow a; }\n";
	static const struct writ_options examine = {.examine = 1};
	struct writ_trust_options options = options_of();
	struct writ_trust *trust = open_trust(&options);
	struct writ_policy *policy = NULL;

	expect_loaded(trust, put_version(1, text), 1);
	cr_assert_eq(writ_trust_load(trust, put_version(2, refused), &examine, &policy, NULL), 0);
	cr_expect_not_null(writ_unsupported(policy, 0));
	writ_close(policy);
	expect_loaded(trust, put_version(1, text), 1);
	writ_trust_close(trust);
}

Test(trust, what_demands_a_log_is_not_remembered_without)
{
	static const char recorded[] = "audit { required; }\n"
				       "tool a { class read; }\nrole r { allow a; }\n";
	static const struct writ_options examine = {.examine = 1};
	struct writ_trust_options options = options_of();
	struct writ_policy *policy = NULL;
	struct writ_error error = {.text = ""};
	struct writ_trust *trust;

	options.no_log = 1;
	trust = open_trust(&options);
	expect_loaded(trust, put_version(1, text), 1);
	cr_expect_eq(writ_trust_load(trust, put_version(2, recorded), &examine, &policy, &error),
		     -WRIT_E_MONITOR);
	cr_expect_not_null(strstr(error.text, "there is no audit log"), "%s", error.text);
	expect_loaded(trust, put_version(1, text), 1);
	writ_trust_close(trust);
	options.no_log = 0;
	trust = open_trust(&options);
	cr_assert_eq(writ_trust_load(trust, put_version(2, recorded), &examine, &policy, NULL), 0);
	writ_close(policy);
	expect_refused(trust, put_version(1, text), WRIT_E_UNTRUSTED, "of version 1, and");
	writ_trust_close(trust);
}

/* Another policy in between is no way back. */
static void expect_own_versions(const char *state)
{
	struct writ_trust_options options = options_of();
	struct test_bundle plain = signed_bundle(1, text), bundle;
	const struct writ_fmt_policy *policy = bundle_section(&plain, WRIT_SECTION_POLICY,
							      sizeof(*policy), NULL);
	char *strings = bundle_section(&plain, WRIT_SECTION_STRINGS, 1, NULL);
	struct writ_trust *trust;

	options.state = state;
	trust = open_trust(&options);
	expect_loaded(trust, put_version(5, text), 5);
	cr_assert_arr_eq(strings + policy->name.offset, "test", 4);
	strings[policy->name.offset] = 'b';
	bundle_seal(&plain);
	bundle = signed_with(1, &plain);
	expect_loaded(trust, put_bundle(&bundle), 1);
	expect_refused(trust, put_version(1, text), WRIT_E_UNTRUSTED, "'test' of version 1");
	writ_trust_close(trust);
}

Test(trust, policies_have_versions_of_their_own)
{
	expect_own_versions(signed_path("state"));
	expect_own_versions(WRIT_STATE_PRIVATE);
}

/* ---- the state directory ---- */

static void damage(const char *command)
{
	struct writ_trust_options options = options_of();
	struct writ_trust *trust = open_trust(&options);

	shell("rm -rf $D/state/versions/*");
	expect_loaded(trust, put_version(5, text), 5);
	cr_assert_eq(shell("cd $D/state/versions && for f in *; do %s; done", command), 0, "%s",
		     shell_output);
	expect_refused(trust, put_version(9, text), WRIT_E_UNTRUSTED, "is damaged");
	writ_trust_close(trust);
	options.allow_rollback = 1;
	trust = open_trust(&options);
	expect_loaded(trust, put_version(9, text), 9);
	writ_trust_close(trust);
}

Test(trust, a_damaged_record_is_no_way_back)
{
	static const char *const commands[] = {
		": >$f",
		"echo >$f",
		"head -c 30 $f >x && mv x $f",
		"head -c -1 $f >x && mv x $f",
		"sed -i 's/^writ-version/writ-versions/' $f",
		"sed -i 's/ 5 / -5 /' $f",
		"sed -i 's/ 5 / 99999999999999999999 /' $f",
		"sed -i 's/ 5 / /' $f",
		"sed -i 's/ 5 \\(.\\)/ 5 x/' $f",
		"head -c 2000 /dev/zero >$f",
	};

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		damage(commands[i]);
}

Test(trust, a_record_says_for_people_what_it_is)
{
	struct writ_trust_options options = options_of();
	struct writ_trust *trust = open_trust(&options);

	expect_loaded(trust, put_version(5, text), 5);
	writ_trust_close(trust);
	cr_expect_eq(shell("cat $D/state/versions/*"), 0);
	shell_expect_output("writ-version 5 ");
	shell_expect_output(signed_key(1).id);
	shell_expect_output(" test\n");
	cr_expect_eq(shell("ls $D/state/versions | wc -l | grep -qx 1"), 0);
}

Test(trust, a_state_directory_of_others_is_refused)
{
	struct writ_trust_options options = options_of();

	cr_assert_eq(mkdir(signed_path("state"), 0700), 0);
	cr_assert_eq(chmod(signed_path("state"), 01777), 0);
	expect_no_trust(&options, WRIT_E_UNTRUSTED, "may be written by others");
	cr_assert_eq(chmod(signed_path("state"), 0700), 0);
	cr_assert_eq(mkdir(signed_path("state/versions"), 0700), 0);
	cr_assert_eq(chmod(signed_path("state/versions"), 0770), 0);
	expect_no_trust(&options, WRIT_E_UNTRUSTED, "versions' may be written by others");
	cr_assert_eq(rmdir(signed_path("state/versions")), 0);
	cr_assert_eq(symlink("/tmp", signed_path("state/versions")), 0);
	expect_no_trust(&options, WRIT_E_OPEN, "can't use");
	options.state = signed_put("file", "", 0);
	expect_no_trust(&options, WRIT_E_OPEN, "can't use the state directory");
	options = options_of();
	options.keys.list = signed_path("none.pub");
	expect_no_trust(&options, WRIT_E_OPEN, "No such file");
}

Test(trust, a_state_directory_that_is_another_users_is_refused)
{
	struct writ_trust_options options = options_of();

	if (geteuid() != 0)
		cr_skip_test("only root can give a directory to somebody else");
	cr_assert_eq(mkdir(signed_path("state"), 0700), 0);
	cr_assert_eq(chown(signed_path("state"), 1000, 1000), 0);
	expect_no_trust(&options, WRIT_E_UNTRUSTED, "may be written by others");
	cr_assert_eq(chmod(signed_path(""), 0755), 0);
	cr_assert_eq(seteuid(1000), 0);
	writ_trust_close(open_trust(&options));
	cr_assert_eq(seteuid(0), 0);
}

/* A mark elsewhere, of an older version, is not one that this directory's owner has put there. */
Test(trust, a_link_in_the_place_of_a_record_is_not_followed)
{
	struct writ_trust_options options = options_of();
	struct writ_trust *trust = open_trust(&options);

	expect_loaded(trust, put_version(5, text), 5);
	cr_assert_eq(shell("cd $D/state/versions && f=$(ls) && sed 's/ 5 / 1 /' $f >../old && "
			   "ln -sf ../old $f"),
		     0, "%s", shell_output);
	expect_refused(trust, put_version(4, text), WRIT_E_SYSTEM, "can't read ");
	writ_trust_close(trust);
}

/* Is a process of this test waiting for a lock of a file? */
static bool is_waiting(pid_t pid)
{
	char line[256], waits[32];
	FILE *locks = fopen("/proc/locks", "re");
	bool found = false;

	cr_assert_not_null(locks);
	(void)snprintf(waits, sizeof(waits), " %d ", (int)pid);
	while (fgets(line, sizeof(line), locks))
		found |= strstr(line, "-> FLOCK") && strstr(line, waits);
	(void)fclose(locks);
	return found;
}

/* Else two that load at once could write the older one's version last. */
Test(trust, who_loads_waits_for_who_is_loading, .timeout = 60)
{
	struct writ_trust_options options = options_of();
	struct writ_trust *trust = open_trust(&options);
	const char *path = put_version(5, text);
	int dir = open(signed_path("state/versions"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int status = 0;
	pid_t child;

	cr_assert_geq(dir, 0);
	cr_assert_eq(flock(dir, LOCK_EX), 0);
	child = fork();
	if (child == 0) {
		(void)close(dir);
		expect_loaded(trust, path, 5);
		_exit(0);
	}
	while (!is_waiting(child))
		cr_assert_eq(waitpid(child, &status, WNOHANG), 0, "it did not wait");
	cr_assert_eq(flock(dir, LOCK_UN), 0);
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_expect_eq(status, 0);
	(void)close(dir);
	writ_trust_close(trust);
}

Test(trust, a_version_that_cant_be_kept_is_not_loaded)
{
	struct writ_trust_options options = options_of();
	struct writ_trust *trust = open_trust(&options);

	cr_assert_eq(shell("rmdir $D/state/versions"), 0);
	expect_refused(trust, put_version(5, text), WRIT_E_SYSTEM, "can't keep the policy's");
	writ_trust_close(trust);
}

Test(trust, the_default_state_is_the_users)
{
	struct writ_trust_options options = options_of();
	struct writ_trust *trust;

	options.state = NULL;
	cr_assert_eq(chmod(signed_path(""), 0755), 0);
	if (geteuid() == 0)
		cr_assert_eq(seteuid(1000), 0);
	unsetenv("HOME");
	unsetenv("XDG_STATE_HOME");
	expect_no_trust(&options, WRIT_E_OPEN, "neither XDG_STATE_HOME nor HOME");
	setenv("HOME", signed_path("home"), 1);
	expect_no_trust(&options, WRIT_E_OPEN, "home/.local/state/writ");
	if (getuid() == 0) {
		cr_assert_eq(seteuid(0), 0);
		cr_assert_eq(chmod(signed_path(""), 01777), 0);
		cr_assert_eq(seteuid(1000), 0);
	}
	trust = open_trust(&options);
	writ_trust_close(trust);
	cr_expect_eq(access(signed_path("home/.local/state/writ/versions"), F_OK), 0);
}

/* ---- a monitor's ---- */

static void expect_kept(struct writ_monitor *monitor, const char *words)
{
	uint32_t generation = writ_monitor_generation(monitor);
	struct writ_error error = {.text = ""};

	cr_expect_eq(writ_reload(monitor, &error), -WRIT_E_UNTRUSTED, "%s: %s", words, error.text);
	cr_expect_not_null(strstr(error.text, words), "'%s' is not in: %s", words, error.text);
	cr_expect_eq(writ_monitor_generation(monitor), generation);
}

Test(trust, a_reload_takes_no_other_bundles)
{
	struct writ_trust_options options = options_of();
	struct writ_trust *trust = open_trust(&options);
	struct writ_monitor_options monitored = {.load = writ_trust_load,
						 .load_context = trust,
						 .state = WRIT_STATE_PRIVATE};
	struct test_bundle plain = signed_bundle(9, wider), other = signed_with(2, &plain);
	struct writ_monitor *monitor = NULL;
	const char *path = put_version(2, text);
	struct writ_error error;

	cr_assert_eq(writ_monitor_open(path, &monitored, &monitor, &error), 0, "%s", error.text);
	put_bundle(&plain);
	expect_kept(monitor, "is not signed");
	put_bundle(&other);
	expect_kept(monitor, "the one that is trusted is");
	put_version(1, wider);
	expect_kept(monitor, "of version 1, and version 2 was in force");
	put_version(3, wider);
	cr_expect_eq(writ_reload(monitor, &error), 0, "%s", error.text);
	cr_expect_eq(writ_monitor_generation(monitor), 2u);
	writ_monitor_close(monitor);
	writ_trust_close(trust);
}

/* ---- a file that changes meanwhile ---- */

struct writer {
	struct test_bundle old, new;
	_Atomic int stop;
};

/* As an editor or a copy would: in place, so that at times half of each is there. */
static void *write_over(void *context)
{
	struct writer *writer = context;

	while (!atomic_load(&writer->stop)) {
		signed_put("p.wrt", writer->new.bytes, writer->new.size);
		signed_put("p.wrt", writer->old.bytes, writer->old.size);
	}
	return NULL;
}

/* Who has the processor alone sees the same again and again: the writer is let go on. */
Test(trust, half_written_files_are_never_loaded)
{
	struct test_bundle old = signed_bundle(0, text), new = signed_bundle(0, wider);
	struct writer writer = {.old = signed_with(1, &old), .new = signed_with(1, &new)};
	struct writ_trust_options options = options_of();
	struct writ_trust *trust = open_trust(&options);
	const char *path = put_bundle(&writer.old);
	const time_t end = time(NULL) + 30;
	unsigned loaded = 0, refused = 0;
	pthread_t thread;
	char name[256];

	snprintf(name, sizeof(name), "%s", path);
	cr_assert_eq(pthread_create(&thread, NULL, write_over, &writer), 0);
	while ((loaded < 200 || !refused) && time(NULL) < end) {
		struct writ_policy *policy = NULL;
		struct writ_error error;

		if (!writ_trust_load(trust, name, NULL, &policy, &error)) {
			loaded++;
			writ_close(policy);
			continue;
		}
		cr_assert(error.code == WRIT_E_UNTRUSTED || error.code == WRIT_E_FORMAT, "%s",
			  error.text);
		refused++;
		sched_yield();
	}
	atomic_store(&writer.stop, 1);
	pthread_join(thread, NULL);
	cr_expect_gt(loaded, 0);
	cr_expect_gt(refused, 0);
	writ_trust_close(trust);
}
