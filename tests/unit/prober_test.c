/*
 * `writ doctor --prove`: a sandbox that is as its bundle says has nothing wrong, and each kind of
 * probe can fail: a sandbox is opened, one of its walls is taken away, and the probes of that wall,
 * and those only, must say so.
 */
#include <criterion/criterion.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/lacking.h"
#include "runtime/prove/judge.h"
#include "runtime/prove/launch.h"
#include "runtime/prove/prove.h"
#include "runtime/prove/rules.h"
#include "runtime/prove/surroundings.h"
#include "support/bundle_maker.h"
#include "support/shell.h"

#define BOX                                                                                        \
	"sandbox s {\n"                                                                            \
	"  filesystem { read \"/usr\", \"/lib\", \"/lib64\", \"/etc/ld.so.cache\";\n"              \
	"    write \"/tmp/writ-prober-test\"; execute \"/usr/bin/true\"; }\n"                      \
	"  limits { wall 2s; memory 16MiB; processes 4; files 32; file_size 2MiB; output 2KiB; "   \
	"cpu 1s; }\n"                                                                              \
	"  env { set HOME = \"/\"; pass LANG; }\n"                                                 \
	"}\n"
#define GRANTED "/tmp/writ-prober-test"

struct proof {
	struct writ_policy *policy;
	struct writ_sandbox *sandbox;
	struct writ_fmt_sandbox record; /* a copy, to be changed */
	struct prove_report report;
};

/* Makes what all tests here share, one at a time: to the end of the test's process. */
static void take_granted(void)
{
	static int held = -1;

	if (held >= 0)
		return;
	(void)mkdir(GRANTED, 0777);
	(void)chmod(GRANTED, 0777);
	held = open(GRANTED, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cr_assert_geq(held, 0);
	cr_assert_eq(flock(held, LOCK_EX), 0);
}

static struct proof begin_at(const char *text, uint32_t id)
{
	struct proof proof = {.policy = bundle_open(text, NULL)};
	struct writ_error error;

	take_granted();
	if (writ_sandbox_open(proof.policy, id, &proof.sandbox, &error))
		cr_skip_test("%s", error.text);
	proof.record = *image_SANDBOXES(&proof.policy->image, id);
	return proof;
}
#define begin(text) begin_at(text, 0)

/* Proves sandbox, which is the proof's own or weaker, against the proof's record. */
static void prove(struct proof *proof, const struct writ_sandbox *sandbox)
{
	struct surroundings around;
	struct prove_target target = {.policy = proof->policy,
				      .record = &proof->record,
				      .sandbox = proof->sandbox};
	struct writ_error error = {.text = ""};
	int rc = surroundings_open(&around, &target, &proof->report, &error);

	target.sandbox = sandbox;
	if (!rc)
		rc = prove_sandbox(&target, &proof->report, &error);
	surroundings_close(&around);
	cr_assert_eq(rc, 0, "%s", error.text);
}

static void end(struct proof *proof)
{
	prove_report_free(&proof->report);
	writ_sandbox_close(proof->sandbox);
	writ_close(proof->policy);
}

static size_t count_wrong(const struct proof *proof, const char *group)
{
	size_t n = 0;

	for (const struct prove_row *row = proof->report.rows; row; row = row->next)
		n += row->state == PROVE_WRONG && (!group || strcmp(row->group, group) == 0);
	return n;
}

static bool is_wrong(const struct proof *proof, const char *what)
{
	for (const struct prove_row *row = proof->report.rows; row; row = row->next) {
		if (row->state == PROVE_WRONG && strstr(row->what, what))
			return true;
	}
	return false;
}

static enum prove_state state_of(const struct proof *proof, const char *what)
{
	for (const struct prove_row *row = proof->report.rows; row; row = row->next) {
		if (strstr(row->what, what))
			return row->state;
	}
	cr_assert_fail("nothing tried: %s", what);
	return PROVE_WRONG;
}

static void print_wrong(const struct proof *proof)
{
	for (const struct prove_row *row = proof->report.rows; row; row = row->next) {
		if (row->state == PROVE_WRONG)
			fprintf(stderr, "%s: %s: expected %s: seen %s\n", row->group, row->what,
				row->expected, row->seen);
	}
}

/* In the sandbox as its bundle has it, nothing is wrong. */
static void prove_right(struct proof *proof)
{
	prove(proof, proof->sandbox);
	print_wrong(proof);
	cr_expect_eq(proof->report.counts[PROVE_WRONG], 0);
}

/* The places of a launch's mounts, none of them read-only. */
static struct mount_place *writable_copy(const struct namespaces *namespaces)
{
	struct mount_place *copy = calloc(namespaces->n_places, sizeof(*copy));

	cr_assert_not_null(copy);
	for (size_t i = 0; i < namespaces->n_places; i++) {
		copy[i] = namespaces->places[i];
		copy[i].attributes &= ~(unsigned int)KERNEL_MOUNT_RDONLY;
	}
	return copy;
}

TestSuite(prober, .timeout = 40);

/* Behind another one, so that its records are not the first of their kinds. */
Test(prober, sandbox_as_it_is_has_nothing_wrong)
{
	struct proof proof =
		begin_at("sandbox r { syscalls { allow @default; deny uname kill; } }\n" BOX, 1);

	prove_right(&proof);
	cr_expect_gt(proof.report.counts[PROVE_OK], 700);
	cr_expect_eq(state_of(&proof, "make a file in " GRANTED), PROVE_OK);
	cr_expect_eq(state_of(&proof, "read /etc/passwd"), PROVE_OK);
	cr_expect_eq(state_of(&proof, "memory"), PROVE_OK);
	end(&proof);
}

Test(prober, without_landlock_files_are_wrong)
{
	struct proof proof = begin(BOX);
	struct writ_sandbox weak = *proof.sandbox;

	weak.ruleset = -1;
	weak.plan = 0;
	memset(&weak.namespaces, 0, sizeof(weak.namespaces));
	memset(&weak.recipe, 0, sizeof(weak.recipe));
	prove(&proof, &weak);
	cr_expect(is_wrong(&proof, "read /etc/passwd"));
	cr_expect(is_wrong(&proof, "list /etc"));
	if (geteuid() == 0)
		cr_expect(is_wrong(&proof, "make a file in /etc"));
	cr_expect(is_wrong(&proof, "make a file in /tmp"));
	cr_expect(is_wrong(&proof, "execute /usr/bin/env"));
	cr_expect(is_wrong(&proof, "send a signal to another process (kill)"));
	cr_expect(is_wrong(&proof, "change the mode of a file"));
	cr_expect(is_wrong(&proof, "change the times of a file"));
	cr_expect_eq(count_wrong(&proof, "system calls"), 0);
	cr_expect_eq(count_wrong(&proof, "limits"), 0);
	end(&proof);
}

Test(prober, without_its_filter_calls_are_wrong)
{
	static const struct writ_fmt_insn all[] = {
		{.code = BPF_OP_RET_K, .k = SECCOMP_ACTION_ALLOW}};
	struct proof proof = begin(BOX);
	struct writ_sandbox weak = *proof.sandbox;

	weak.filter = (struct bpf_program){.len = 1, .insns = all};
	prove(&proof, &weak);
	cr_expect(is_wrong(&proof, "io_uring"));
	cr_expect(is_wrong(&proof, "clone(CLONE_NEWUSER)"));
	cr_expect(is_wrong(&proof, "ioctl(TIOCSTI)"));
	cr_expect(is_wrong(&proof, "TCP over IPv4"));
	cr_expect(is_wrong(&proof, "netlink"));
	cr_expect(is_wrong(&proof, "prlimit64 of another process"));
	cr_expect_gt(count_wrong(&proof, "every system call by number"), 50);
	cr_expect_gt(count_wrong(&proof, "sockets of every family and type"), 10);
	if (state_of(&proof, "the filter in the kernel") != PROVE_NOT_TRIED)
		cr_expect(is_wrong(&proof, "the filter in the kernel"));
	cr_expect_eq(count_wrong(&proof, "files"), 0);
	end(&proof);
}

/* The filter of the process is the bundle's but for one verdict. */
Test(prober, filter_with_one_other_errno_is_wrong)
{
	struct proof proof = begin(BOX);
	struct writ_sandbox weak = *proof.sandbox;
	struct writ_fmt_insn *insns = calloc(weak.filter.len, sizeof(*insns));

	memcpy(insns, weak.filter.insns, weak.filter.len * sizeof(*insns));
	for (size_t i = 0; i < weak.filter.len; i++) {
		if (insns[i].code == BPF_OP_RET_K && insns[i].k == (SECCOMP_ACTION_ERRNO | 38u))
			insns[i].k = SECCOMP_ACTION_ERRNO | 22u;
	}
	weak.filter.insns = insns;
	prove(&proof, &weak);
	cr_expect(is_wrong(&proof, "clone3"));
	if (state_of(&proof, "the filter in the kernel") != PROVE_NOT_TRIED)
		cr_expect(is_wrong(&proof, "the filter in the kernel"));
	free(insns);
	end(&proof);
}

Test(prober, without_limits_each_is_wrong)
{
	struct proof proof = begin(BOX);
	struct writ_sandbox weak;

	weak = *proof.sandbox;
	memset(weak.has_limit, 0, sizeof(weak.has_limit));
	weak.limits[WRIT_LIMIT_WALL] = weak.limits[WRIT_LIMIT_CPU] = UINT64_MAX;
	weak.limits[WRIT_LIMIT_MEMORY] = weak.limits[WRIT_LIMIT_PROCESSES] = 0;
	weak.processes = PROCESSES_ANY;
	weak.cgroups.n = 0;
	prove(&proof, &weak);
	cr_expect(is_wrong(&proof, "wall 2000 ms"));
	cr_expect(is_wrong(&proof, "memory 16777216"));
	cr_expect(is_wrong(&proof, "processes 4"));
	cr_expect(is_wrong(&proof, "files 32"));
	cr_expect(is_wrong(&proof, "file_size 2097152"));
	cr_expect(is_wrong(&proof, "output 2048"));
	cr_expect_neq(state_of(&proof, "cpu 1000"), PROVE_OK);
	cr_expect(is_wrong(&proof, "RLIMIT_NOFILE"));
	cr_expect(is_wrong(&proof, "RLIMIT_DATA"));
	cr_expect_eq(count_wrong(&proof, "files"), 0);
	end(&proof);
}

Test(prober, environment_that_lacks_a_variable_is_wrong)
{
	struct proof proof = begin(BOX);
	struct writ_sandbox weak = *proof.sandbox;

	weak.n_env--;
	prove(&proof, &weak);
	cr_expect(is_wrong(&proof, "variables in its environment"));
	end(&proof);
}

#define DENYING                                                                                    \
	"sandbox s { filesystem { read \"/usr\"; write \"" GRANTED "\"; "                          \
	"deny \"" GRANTED "/secret\", \"" GRANTED "/**/.env\"; } }\n"

Test(prober, denied_paths_are_tried)
{
	struct proof proof = begin(DENYING);
	struct writ_sandbox weak = *proof.sandbox;

	cr_assert_eq(shell("echo x > " GRANTED "/secret"), 0);
	prove_right(&proof);
	cr_expect_eq(state_of(&proof, "open " GRANTED "/secret"), PROVE_OK);
	cr_expect_eq(state_of(&proof, "make " GRANTED "/.env"), PROVE_OK);
	cr_expect_eq(state_of(&proof, "a Landlock ruleset of its own"), PROVE_OK);
	prove_report_free(&proof.report);
	weak.denies.n = 0;
	prove(&proof, &weak);
	cr_expect(is_wrong(&proof, "open " GRANTED "/secret"));
	cr_expect(is_wrong(&proof, "make " GRANTED "/.env"));
	cr_expect_eq(shell("test -e " GRANTED "/.env"), 1);
	end(&proof);
}

Test(prober, without_its_filter_a_tool_has_landlock_beside_a_broker)
{
	struct proof proof = begin(DENYING);
	struct writ_sandbox weak;

	launch_control(proof.sandbox, &weak);
	prove(&proof, &weak);
	cr_expect(is_wrong(&proof, "a Landlock ruleset of its own"));
	end(&proof);
}

Test(prober, streams_that_can_be_mapped_are_wrong)
{
	struct proof proof = begin("sandbox s { strict exec; filesystem { read \"/usr\"; "
				   "execute \"/usr/bin\"; } }\n");
	struct writ_sandbox weak = *proof.sandbox;

	prove_right(&proof);
	cr_expect_eq(state_of(&proof, "map what is written"), PROVE_OK);
	prove_report_free(&proof.report);
	weak.plan &= ~(uint32_t)WRIT_PLAN_NOEXEC;
	prove(&proof, &weak);
	cr_expect(is_wrong(&proof, "map what is written"));
	end(&proof);
}

Test(prober, scratch_on_the_host_is_wrong)
{
	struct proof proof = begin("sandbox s { filesystem { read \"/usr\"; scratch \"" GRANTED
				   "\" 1MiB; } }\n");
	struct writ_sandbox weak = *proof.sandbox;

	prove_right(&proof);
	cr_expect_eq(state_of(&proof, "make a file in " GRANTED), PROVE_OK);
	cr_expect_eq(state_of(&proof, "what was made in it"), PROVE_OK);
	prove_report_free(&proof.report);
	weak.ruleset = -1;
	weak.plan = 0;
	memset(&weak.namespaces, 0, sizeof(weak.namespaces));
	memset(&weak.recipe, 0, sizeof(weak.recipe));
	prove(&proof, &weak);
	cr_expect(is_wrong(&proof, "what was made in it"));
	cr_expect(is_wrong(&proof, "has room for"));
	end(&proof);
}

Test(prober, what_is_only_read_below_a_scratch_is_tried)
{
	struct proof proof;
	struct writ_sandbox weak;

	take_granted();
	(void)shell("mkdir -p -m 0777 " GRANTED "/kept && echo >" GRANTED
		    "/kept/file && chmod 0666 " GRANTED "/kept/file");
	proof = begin("sandbox s { filesystem { read \"/usr\", \"" GRANTED
		      "/kept\"; scratch \"" GRANTED "\" 1MiB; } }\n");
	weak = *proof.sandbox;
	prove_right(&proof);
	cr_expect_eq(state_of(&proof, "list " GRANTED "/kept"), PROVE_OK);
	cr_expect_eq(state_of(&proof, "read " GRANTED "/kept/file"), PROVE_OK);
	cr_expect_eq(state_of(&proof, "make a file in " GRANTED "/kept"), PROVE_OK);
	cr_expect_eq(state_of(&proof, "open for writing " GRANTED "/kept/file"), PROVE_OK);
	prove_report_free(&proof.report);
	weak.namespaces.places = writable_copy(&weak.namespaces);
	prove(&proof, &weak);
	cr_expect(is_wrong(&proof, "open for writing " GRANTED "/kept/file"));
	cr_expect(is_wrong(&proof, "make a file in " GRANTED "/kept"));
	free(weak.namespaces.places);
	end(&proof);
	(void)shell("rm -rf " GRANTED "/kept");
}

/* The record says more than the sandbox grants: what should work does not. */
Test(prober, sandbox_that_grants_less_than_the_record_is_wrong)
{
	struct proof proof = begin(BOX "sandbox t { filesystem { read \"/usr\", \"/etc\"; "
				       "execute \"/usr/bin/env\"; } }\n");

	proof.record.paths = image_SANDBOXES(&proof.policy->image, 1)->paths;
	prove(&proof, proof.sandbox);
	cr_expect(is_wrong(&proof, "list /etc"));
	cr_expect(is_wrong(&proof, "execute /usr/bin/env"));
	cr_expect(is_wrong(&proof, "make a file in " GRANTED) ||
		  state_of(&proof, "make a file in /tmp") == PROVE_OK);
	end(&proof);
}

/* The filter lets through what the rules that it should have been made from refuse. */
Test(prober, filter_that_is_wider_than_the_rules_is_wrong)
{
	struct proof proof = begin(
		BOX "sandbox t { filesystem { read \"/usr\"; } syscalls { allow @default; "
		    "deny personality, vmsplice; } }\n");

	proof.record.calls = image_SANDBOXES(&proof.policy->image, 1)->calls;
	prove(&proof, proof.sandbox);
	cr_expect(is_wrong(&proof, "personality(0)"));
	cr_expect(is_wrong(&proof, "vmsplice"));
	end(&proof);
}

/* Where the filter lets nothing be written, the prober tells by its exit status. */
Test(prober, that_may_not_write_tells_by_its_exit_status)
{
	struct proof proof = begin(
		"sandbox s { filesystem { read \"/usr\"; } syscalls { allow execve, exit_group, "
		"openat, socket; } }\n");
	struct writ_sandbox weak = *proof.sandbox;

	prove_right(&proof);
	cr_expect_eq(state_of(&proof, "list /usr"), PROVE_OK);
	cr_expect_eq(state_of(&proof, "read /etc/passwd"), PROVE_OK);
	prove_report_free(&proof.report);
	weak.ruleset = -1;
	prove(&proof, &weak);
	cr_expect(is_wrong(&proof, "read /etc/passwd"));
	end(&proof);
}

/* A call that ends the prober ends its case and no other. */
Test(prober, that_is_killed_goes_on_behind_the_case)
{
	struct proof proof = begin(
		"sandbox s { filesystem { read \"/usr\"; } syscalls { allow @default; deny "
		"personality, keyctl, getpgid, bpf kill; } }\n");

	prove_right(&proof);
	cr_expect_eq(state_of(&proof, "keyctl"), PROVE_OK);
	cr_expect_gt(proof.report.counts[PROVE_OK], 700);
	end(&proof);
}

Test(prober, nothing_is_left_behind)
{
	struct proof proof = begin(BOX);

	prove(&proof, proof.sandbox);
	end(&proof);
	cr_expect_eq(shell("! test -e %s/.writ-prove-%d && ! test -e /tmp/.writ-prove-%d", GRANTED,
			   (int)getpid(), (int)getpid()),
		     0);
}

/* Records and answers that no kernel gave: each expectation has answers that it does not accept. */
Test(prober, judge_accepts_only_what_was_expected)
{
	static const struct {
		enum prove_expect expect;
		int64_t with;
		int64_t without;
		enum prove_state state;
	} rows[] = {
		{EXPECT_ZERO, 0, 0, PROVE_OK},
		{EXPECT_ZERO, 1, 0, PROVE_WRONG},
		{EXPECT_ZERO, -1, 0, PROVE_WRONG},
		{EXPECT_REFUSED, -13, 3, PROVE_OK},
		{EXPECT_REFUSED, 3, 3, PROVE_WRONG},
		{EXPECT_REFUSED, 0, -13, PROVE_WRONG},
		{EXPECT_WORKS, 3, 4, PROVE_OK},
		{EXPECT_WORKS, -13, 3, PROVE_WRONG},
		{EXPECT_WORKS, -13, -13, PROVE_NOT_TRIED},
		{EXPECT_WORKS, -101, -101, PROVE_OK},
		{EXPECT_WORKS, PROBE_NOT_DONE, 0, PROVE_WRONG},
		{EXPECT_RULES, -9, -9, PROVE_OK},
		{EXPECT_RULES, -1, -9, PROVE_WRONG},
		{EXPECT_RULES, 3, -9, PROVE_WRONG},
		{EXPECT_RULES, ANSWER_KILLED(31), -9, PROVE_WRONG},
	};
	struct proof proof = begin(BOX);
	struct prove_target target = {.policy = proof.policy,
				      .record = &proof.record,
				      .sandbox = proof.sandbox};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct prove_report report = {.rows = NULL};
		struct prove_script *script = script_new(&report);

		script_case(script, "test", rows[i].expect, "row");
		(void)script_step(script, (struct probe_step){.op = PROBE_LOAD});
		script_case_end(script);
		judge_cases(&target, script, &rows[i].with, &rows[i].without, &report);
		cr_expect_eq(report.counts[rows[i].state], 1, "row %zu", i);
		prove_report_free(&report);
	}
	end(&proof);
}

/* /proc is granted, and shows the launch's own processes. */
Test(prober, processes_outside_are_refused_where_proc_is_granted)
{
	struct proof proof = begin("sandbox s { filesystem { read \"/usr\", \"/proc\"; } }\n");
	struct writ_sandbox weak = *proof.sandbox;
	atomic_uint lacking = lacking_whole(weak.plan, WRIT_PLAN_PID_NS | WRIT_PLAN_MOUNT_NS);

	if (!weak.namespaces.has_proc)
		cr_skip_test("no procfs of a launch's own here");
	prove_right(&proof);
	cr_expect_eq(state_of(&proof, "read /proc/1/cmdline"), PROVE_OK);
	prove_report_free(&proof.report);
	weak.lacking = &lacking;
	prove(&proof, &weak);
	cr_expect(is_wrong(&proof, "read /proc/1/cmdline"));
	end(&proof);
}

/* What a plan has is listed with what stands in for it; what it has not is not. */
Test(prober, mechanisms_are_those_of_the_plan)
{
	struct proof proof = begin(DENYING);
	struct writ_sandbox weak = *proof.sandbox;
	struct writ_mechanism mechanism;
	atomic_uint lacking = lacking_whole(weak.plan, WRIT_PLAN_PID_NS | WRIT_PLAN_MOUNT_NS);
	size_t n = 0;

	weak.lacking = &lacking;
	for (; !writ_sandbox_mechanism(&weak, n, &mechanism); n++) {
		bool is_namespaces = strcmp(mechanism.name, "keeper") != 0 &&
				     strcmp(mechanism.name, "broker") != 0;

		cr_expect_eq(mechanism.is_there, !is_namespaces, "%s", mechanism.name);
		cr_expect_eq(mechanism.instead != NULL, is_namespaces, "%s", mechanism.name);
	}
	cr_expect_eq(n, (size_t)__builtin_popcount(proof.record.plan));
	cr_expect_eq(writ_sandbox_mechanism(&weak, n, &mechanism), -WRIT_E_INVALID);
	cr_expect_eq(writ_sandbox_mechanism(NULL, 0, &mechanism), -WRIT_E_INVALID);
	weak.plan = 0;
	cr_expect_eq(writ_sandbox_mechanism(&weak, 0, &mechanism), -WRIT_E_INVALID);
	end(&proof);
}

/* ---- the program ---- */

static char root[] = "/tmp/writ-prober-XXXXXX";

/* Programs and bundles where anybody may execute and read them. */
static void install(const char *policy)
{
	cr_assert_not_null(mkdtemp(root));
	cr_assert_eq(shell("chmod 755 %s && cp $R \"$(dirname $R)/writ-doctor\" %s && $W compile "
			   "%s -o %s/p.wrt",
			   root, root, policy, root),
		     0, "%s", shell_output);
}

static void uninstall(void)
{
	(void)shell("rm -rf %s", root);
}

Test(prober, command_line)
{
	install("policies/dev-agent/policy.writ");
	cr_expect_eq(shell("$R doctor --prove"), 2);
	shell_expect_output("--prove without -p BUNDLE");
	cr_expect_eq(shell("$R doctor --prove -p %s/p.wrt --format xml", root), 2);
	cr_expect_eq(shell("$R doctor --prove -p %s/p.wrt --role x", root), 2);
	cr_expect_eq(shell("$R doctor --prove -p %s/p.wrt --sandbox none", root), 3);
	cr_expect_eq(shell("$R doctor --prove -p %s/nothing", root), 3);
	cr_expect_eq(shell("$R doctor --prove -p %s/writ", root), 3);
	cr_expect_eq(shell("$R doctor --prove -p %s/p.wrt --param none=1", root), 3);
	cr_expect_eq(shell("$R doctor --prove --help"), 0);
	shell_expect_output("usage: writ doctor --prove");
	uninstall();
}

Test(prober, json_has_what_the_text_has)
{
	install("policies/dev-agent/policy.writ");
	cr_assert_eq(shell("$R doctor --prove -p %s/p.wrt --sandbox viewer --format json > %s/j",
			   root, root),
		     0);
	cr_expect_eq(shell("python3 -c \"import json; j = json.load(open('%s/j')); "
			   "b = j['sandboxes'][0]; "
			   "assert b['name'] == 'viewer' and b['error'] is None and b['rows']; "
			   "assert len(j['sha256']) == 64 and j['wrong'] == 0; "
			   "assert j['ok'] == b['ok'] > 700\"",
			   root),
		     0, "%s", shell_output);
	cr_expect_eq(shell("$W show %s/p.wrt | grep -q $(python3 -c \"import json; "
			   "print(json.load(open('%s/j'))['sha256'])\")",
			   root, root),
		     0);
	uninstall();
}

/* Every sandbox of an example, as we are and, when we are root, as nobody. */
static void prove_example(const char *policy)
{
	install(policy);
	cr_expect_eq(shell("cd / && %s/writ doctor --prove -p %s/p.wrt --param workspace=/srv",
			   root, root),
		     0, "%s", shell_output);
	shell_expect_output("\nas the bundle says: ");
	if (geteuid() == 0) {
		cr_expect_eq(shell("cd / && setpriv --reuid=65534 --regid=65534 --clear-groups "
				   "%s/writ doctor --prove -p %s/p.wrt --param workspace=/srv",
				   root, root),
			     0, "%s", shell_output);
		shell_expect_output("user      65534\n");
	}
	uninstall();
}

Test(prober, example_is_held_as_its_bundle_says, .timeout = 60)
{
	prove_example("policies/dev-agent/policy.writ");
}
