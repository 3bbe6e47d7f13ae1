#include <criterion/criterion.h>

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/landlock_probe.h"
#include "support/box.h"
#include "support/bundle_maker.h"

/* ---- kernels that are made up ---- */

static struct landlock_ruleset_abi6 known; /* what the kernel of a test takes */

static bool takes_known(const struct landlock_ruleset_abi6 *rights)
{
	return !(rights->handled_access_fs & ~known.handled_access_fs) &&
	       !(rights->handled_access_net & ~known.handled_access_net) &&
	       !(rights->scoped & ~known.scoped);
}

Test(landlock_probe, a_kernel_that_is_as_good_as_its_word_is_taken_at_it)
{
	static const struct landlock_ruleset_abi6 kernels[] = {
		{0x1fff, 0, 0}, {0x3fff, 0, 0}, {0x7fff, 0, 0}, {0x7fff, 3, 0},
		{0xffff, 3, 0}, {0xffff, 3, 3}, {0xffff, 3, 3}, {0x1ffff, 0xf, 7},
	};
	const char *refused = "";

	for (int abi = 1; abi <= 8; abi++) {
		known = kernels[abi - 1];
		cr_expect_eq(landlock_reach(abi, takes_known, &refused), abi, "%d", abi);
		cr_expect_null(refused);
	}
}

Test(landlock_probe, a_right_that_is_refused_takes_its_abi_with_it)
{
	static const struct {
		struct landlock_ruleset_abi6 kernel;
		int abi;
		const char *refused;
	} rows[] = {
		{{0xffff, 3, 1}, 5, "SIGNAL"},    {{0xffff, 3, 2}, 5, "ABSTRACT_UNIX_SOCKET"},
		{{0x7fff, 3, 3}, 4, "IOCTL_DEV"}, {{0xffff, 2, 3}, 3, "BIND_TCP"},
		{{0xffff, 0, 0}, 3, "BIND_TCP"},  {{0xbfff, 3, 3}, 2, "TRUNCATE"},
		{{0xdfff, 3, 3}, 1, "REFER"},     {{0xfffe, 3, 3}, 0, "EXECUTE"},
		{{0xefff, 3, 3}, 0, "MAKE_SYM"},  {{0, 0, 0}, 0, "EXECUTE"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *refused = NULL;

		known = rows[i].kernel;
		cr_expect_eq(landlock_reach(7, takes_known, &refused), rows[i].abi, "row %zu", i);
		cr_expect_str_eq(refused, rows[i].refused, "row %zu", i);
	}
}

/* ---- this kernel, lied about ---- */

/* What a kernel refuses although it has it. */
static struct landlock_ruleset_abi6 denied;

/* Answers for the kernel; the filtered thread is of this process, so its pointers are ours. */
static void answer(int listener, const struct seccomp_notif *call)
{
	struct seccomp_notif_resp reply = {.id = call->id};
	struct landlock_ruleset_abi6 rights = {0};
	const void *at = (const void *)(uintptr_t)call->data.args[0];

	if (at)
		memcpy(&rights, at, sizeof(rights));
	if (call->data.args[2] == LANDLOCK_VERSION_FLAG)
		reply.val = 7;
	else if ((rights.handled_access_fs & denied.handled_access_fs) ||
		 (rights.handled_access_net & denied.handled_access_net) ||
		 (rights.scoped & denied.scoped))
		reply.error = -EINVAL;
	else
		reply.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	(void)ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &reply);
}

static void *serve(void *data)
{
	struct seccomp_notif call;
	int listener;

	while ((listener = __atomic_load_n((int *)data, __ATOMIC_ACQUIRE)) < 0)
		;
	for (;;) {
		memset(&call, 0, sizeof(call));
		if (!ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call))
			answer(listener, &call);
	}
	return NULL;
}

/* From now on landlock_create_ruleset is answered by serve(), for this thread. */
static void lie_about_landlock(void)
{
	static struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, KERNEL_NR_LANDLOCK_CREATE_RULESET, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	static const struct sock_fprog filter = {.len = 4, .filter = insns};
	static int listener = -1;
	pthread_t server;
	long fd;

	if (landlock_abi() < 6)
		cr_skip_test("this kernel has no Landlock ABI 6 to lie about");
	cr_assert_eq(pthread_create(&server, NULL, serve, &listener), 0);
	cr_assert_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
		     &filter);
	cr_assert_geq(fd, 0);
	__atomic_store_n(&listener, (int)fd, __ATOMIC_RELEASE);
}

#undef BOX
#define BOX(more)                                                                                  \
	"sandbox s { " more " filesystem { read \"/usr\"; } syscalls { allow @default; } }"

static int try_box(const char *policy, struct writ_error *error)
{
	struct writ_policy *loaded = bundle_open(policy, NULL);
	struct writ_sandbox *sandbox = NULL;
	int rc = writ_sandbox_open(loaded, 0, &sandbox, error);

	writ_sandbox_close(sandbox);
	writ_close(loaded);
	return rc;
}

Test(landlock_probe, a_kernel_that_claims_what_it_refuses_is_refused, .timeout = 20)
{
	struct writ_error error = {.text = ""};
	struct writ_host host;

	lie_about_landlock();
	cr_expect_eq(try_box(BOX(""), &error), 0, "%s", error.text);
	denied.scoped = 2;
	writ_host_probe(&host);
	cr_expect_eq(host.landlock_abi, 5);
	cr_expect_eq(host.landlock_claimed, 7);
	cr_expect_str_eq(host.landlock_refused, "SIGNAL");
	cr_expect_eq(try_box(BOX("limits { processes 1; }"), &error), -WRIT_E_HOST);
	cr_expect_not_null(strstr(error.text, "signals kept inside the sandbox"), "%s", error.text);
	/* Who asks for less gets the next variant, with all that the kernel does take. */
	cr_expect_eq(try_box(BOX("best_effort;"), &error), 0, "%s", error.text);
}

Test(landlock_probe, without_a_right_of_the_first_abi_there_is_no_landlock, .timeout = 20)
{
	struct writ_error error = {.text = ""};

	lie_about_landlock();
	denied.handled_access_fs = 1;
	cr_expect_eq(try_box(BOX(""), &error), -WRIT_E_HOST);
	cr_expect_not_null(strstr(error.text, "no Landlock"), "%s", error.text);
}

/* What became of a signal to us. */
static int signal_from(const struct writ_sandbox *sandbox)
{
	char command[64];
	const char *const argv[] = {"sh", "-c", command, NULL};
	const struct writ_launch launch = {.argv = argv, .cwd = "/", .stdio = {-1, -1, -1}};
	struct writ_error error = {.text = ""};
	struct writ_result result = {.status = -1};
	struct writ_process *process = NULL;

	(void)snprintf(command, sizeof(command), "kill -0 $$ && ! kill -0 %d", (int)getpid());
	cr_assert_eq(writ_spawn(sandbox, &launch, &process, &error), 0, "%s", error.text);
	cr_assert_eq(writ_wait(&process, &result, &error), 0, "%s", error.text);
	return result.status;
}

Test(landlock_probe, in_a_pid_namespace_signals_stay_inside_without_landlock, .timeout = 20)
{
	struct writ_policy *loaded;
	struct writ_sandbox *sandbox = NULL;
	struct writ_error error = {.text = ""};

	if (no_namespaces())
		cr_skip_test("this host has no user namespaces");
	lie_about_landlock();
	denied.scoped = 2;
	loaded = bundle_open("sandbox s { filesystem { execute \"/usr\", \"/bin\", \"/lib\", "
			     "\"/lib64\"; read \"/usr\", \"/lib\", \"/lib64\"; } }",
			     NULL);
	cr_assert_eq(writ_sandbox_open(loaded, 0, &sandbox, &error), 0, "%s", error.text);
	cr_expect_null(writ_sandbox_warning(sandbox, 0));
	cr_expect_eq(signal_from(sandbox), 0);
	/* Who goes on in the process that it is has none. */
	cr_expect_eq(writ_enforce(sandbox, &error), -WRIT_E_HOST);
	cr_expect_not_null(strstr(error.text, "namespaces"), "%s", error.text);
	writ_sandbox_close(sandbox);
	writ_close(loaded);
}
