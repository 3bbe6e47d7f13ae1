/*
 * What a launch in namespaces becomes and may execute: the user of a sandbox, paths that have to be
 * there, strict execution.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/box.h"
#include "support/bundle_maker.h"

TestSuite(keeper_user, .init = make_box, .fini = remove_box, .timeout = 30);

/* ---- the user, and paths that have to be there ---- */

#define USER(name, more)                                                                           \
	"param box : path = \"/\";\nsandbox s { user \"" name "\"; filesystem { " FILES more       \
	" } env { set box = \"${box}\"; } }\n"

Test(keeper_user, root_becomes_the_user_of_a_sandbox)
{
	struct writ_error error = {.code = 0};
	struct writ_sandbox *sandbox = open_box(USER("nobody", "scratch \"${box}\" 1MiB; "),
						&error);
	char output[1024];

	if (geteuid() != 0)
		cr_skip_test("only root can become another user");
	cr_assert_not_null(sandbox, "%s", error.text);
	(void)run_in_box(
		sandbox,
		"id -u; id -g; id -G; grep -E '^Cap(Eff|Prm)' /proc/self/status | sort -u; "
		"cd $box && echo x >f && stat -c %u f",
		output);
	cr_expect_str_eq(
		output,
		"65534\n65534\n65534\nCapEff:\t0000000000000000\nCapPrm:\t0000000000000000\n"
		"65534\n",
		"%s", output);
	/* The caller is as it was. */
	cr_expect_eq(geteuid(), 0u);
	cr_expect_eq(prctl(PR_GET_DUMPABLE), 1);
	writ_sandbox_close(sandbox);
}

#define USER_DENY USER("nobody", "write \"${box}\"; deny \"${box}/**/.env\"; ")

Test(keeper_user, a_broker_becomes_the_user_as_well)
{
	if (geteuid() != 0)
		cr_skip_test("only root can become another user");
	expect_in_box(
		USER_DENY,
		"grep -E '^(Uid|Gid|Groups|CapPrm)' /proc/self/status; cd $box; echo x >f; "
		"stat -c %u f; { echo x >.env; } 2>/dev/null || echo denied",
		"Uid:\t65534\t65534\t65534\t65534\nGid:\t65534\t65534\t65534\t65534\nGroups:\t \n"
		"CapPrm:\t0000000000000000\n65534\ndenied\n");
}

static pid_t parent_of(pid_t pid)
{
	char path[32];
	char line[64];
	int parent = 0;
	FILE *in;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", pid);
	in = fopen(path, "re");
	cr_assert_not_null(in);
	while (!parent && fgets(line, sizeof(line), in))
		(void)sscanf(line, "PPid: %d", &parent);
	(void)fclose(in);
	return parent;
}

/* In the child: may another process of the sandbox's user read or trace one? */
static int reach_as_nobody(pid_t pid, const void *memory)
{
	char byte;
	struct iovec here = {&byte, 1};
	struct iovec there = {(void *)(uintptr_t)memory, 1};

	if (setgroups(0, NULL) || setgid(65534) || setuid(65534) || prctl(PR_SET_DUMPABLE, 1))
		return 1;
	if (process_vm_readv(pid, &here, 1, &there, 1, 0) >= 0 || errno != EPERM)
		return 2;
	return ptrace(PTRACE_SEIZE, pid, NULL, NULL) == 0 || errno != EPERM ? 3 : 0;
}

/* It shares root's memory, and is a process of the user's by its files and its name only. */
Test(keeper_user, nobody_reaches_root_through_the_broker)
{
	static const char secret = 's';
	struct writ_error error = {.code = 0};
	struct writ_sandbox *sandbox = open_box(USER_DENY, &error);
	struct writ_result result;
	struct writ_process *process;
	int status = -1;
	int reader;
	pid_t keeper, child;

	if (geteuid() != 0)
		cr_skip_test("only root can become another user");
	cr_assert_not_null(sandbox, "%s", error.text);
	process = start_in_box(sandbox, &reader);
	keeper = parent_of(writ_process_pid(process));
	child = fork();
	if (!child)
		_exit(reach_as_nobody(keeper, &secret));
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_expect_eq(status, 0, "reached: %d", WEXITSTATUS(status));
	cr_expect_eq(prctl(PR_GET_DUMPABLE), 1, "so that is not what keeps it out");
	writ_kill(process);
	cr_expect_eq(writ_wait(&process, &result, &error), 0);
	(void)close(reader);
	writ_sandbox_close(sandbox);
}

/* 0 when an ordinary user is refused. */
static int open_as_other(const struct writ_policy *policy)
{
	struct writ_error error = {.code = 0};
	struct writ_sandbox *sandbox = NULL;

	if (geteuid() == 0 && (setresgid(4321, 4321, 4321) || setresuid(4321, 4321, 4321)))
		return 1;
	if (writ_sandbox_open(policy, 0, &sandbox, &error) != -WRIT_E_HOST)
		return 2;
	return strstr(error.text, "is for user 'root'") ? 0 : 3;
}

Test(keeper_user, nobody_else_can_become_another_user)
{
	struct writ_policy *policy = bundle_open(USER("root", ""), "box=/");
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(open_as_other(policy));
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_expect_eq(status, 0, "%d", WEXITSTATUS(status));
	writ_close(policy);
}

/* 0 when root without a capability is refused, and told which. */
static int open_without(unsigned capability, const char *name, const struct writ_policy *policy)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];
	struct writ_error error = {.code = 0};
	struct writ_sandbox *sandbox = NULL;

	if (syscall(SYS_capget, &header, data))
		return 1;
	data[0].effective &= ~(1u << capability);
	if (syscall(SYS_capset, &header, data))
		return 2;
	if (writ_sandbox_open(policy, 0, &sandbox, &error) != -WRIT_E_HOST)
		return 3;
	return strstr(error.text, name) ? 0 : 4;
}

Test(keeper_user, root_becomes_nobody_without_the_capabilities_for_it)
{
	static const struct {
		unsigned capability;
		const char *name;
	} rows[] = {{CAP_SETUID, "CAP_SETUID"},
		    {CAP_SETGID, "CAP_SETGID"},
		    {CAP_SYS_ADMIN, "CAP_SYS_ADMIN"}};
	struct writ_policy *policy = bundle_open(USER("nobody", ""), "box=/");

	if (geteuid() != 0)
		cr_skip_test("only root can become another user");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int status = 0;
		pid_t pid = fork();

		if (pid == 0)
			_exit(open_without(rows[i].capability, rows[i].name, policy));
		cr_assert_eq(waitpid(pid, &status, 0), pid);
		cr_expect_eq(status, 0, "%s: %d", rows[i].name, WEXITSTATUS(status));
	}
	writ_close(policy);
}

Test(keeper_user, a_user_has_to_exist)
{
	struct writ_error error = {.code = 0};

	cr_expect_null(open_box(USER("no_such_user", ""), &error));
	cr_expect_eq(error.code, WRIT_E_HOST);
	cr_expect_not_null(strstr(error.text, "no user 'no_such_user'"), "%s", error.text);
}

Test(keeper_user, a_required_path_has_to_be_there)
{
	struct writ_error error = {.code = 0};

	cr_expect_null(open_box(BOX("read required \"/no/such/file\"; "), &error));
	cr_expect_eq(error.code, WRIT_E_HOST);
	cr_expect_not_null(strstr(error.text, "requires '/no/such/file'"), "%s", error.text);
}

/* ---- strict exec ---- */

#define STRICT(more)                                                                               \
	"param box : path = \"/\";\nsandbox s { strict exec; filesystem { " FILES                  \
	"execute \"/usr/lib\", \"/lib\", \"/lib64\"; " more " } "                                  \
	"env { set box = \"${box}\"; } }\n"

Test(keeper_user, nothing_is_executed_but_what_may_be)
{
	char command[128];

	if (no_namespaces())
		cr_skip_test("this host has no user namespaces");
	(void)snprintf(command, sizeof(command), "cp /bin/true %s/t && chmod 755 %s/t", box, box);
	cr_assert_eq(system(command), 0);
	/* The interpreter maps what it is told to: a program that may be read only. */
	expect_in_box(
		STRICT("write \"${box}\"; "),
		"/bin/true && echo runs; $box/t 2>&- || echo no; "
		"$(ls /lib64/ld-linux-x86-64.so.2 /lib/ld-linux-aarch64.so.1 2>&-) $box/t 2>&- || "
		"echo no; "
		"$(ls /lib64/ld-linux-x86-64.so.2 /lib/ld-linux-aarch64.so.1 2>&-) /bin/true && "
		"echo runs",
		"runs\nno\nno\nruns\n");
	expect_in_box(
		BOX("write \"${box}\"; "),
		"$(ls /lib64/ld-linux-x86-64.so.2 /lib/ld-linux-aarch64.so.1 2>&-) /bin/true && "
		"echo the control",
		"the control\n");
}
