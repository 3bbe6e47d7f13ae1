/*
 * A launch on a host that is not as it should be: paths that vanish, file systems that are full or
 * read-only, names that are no text or too long, descriptors, signals and processes that are not
 * there to be had. Each has one outcome: the launch works as confined as ever, or nothing runs and
 * the exit status and the message say why.
 */
#include <criterion/criterion.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/kernel_abi.h"
#include "support/bundle_maker.h"
#include "support/shell.h"

#define FILES                                                                                      \
	"filesystem { read \"/usr\", \"/lib\", \"/lib64\", \"/bin\", \"/etc/ld.so.cache\"; "       \
	"write \"/dev/null\", \"${box}\"; execute \"/usr/bin\", \"/bin\"; } "
#define POLICY                                                                                     \
	"param box : path = \"/nonexistent\";\n"                                                   \
	"param links : path = \"/nonexistent\";\n"                                                 \
	"sandbox plain { " FILES "}\n"                                                             \
	"sandbox wordy { " FILES "limits { output 1KiB; wall 20s; } }\n"                           \
	"sandbox with_link { filesystem { read \"${links}/alias\"; deny "                          \
	"\"${links}/tree/secret\"; } "                                                             \
	"}\n"

static char world[] = "/tmp/writ-bad-input-XXXXXX";

/* In commands, $B is the directory, $P the bundle, and $L a name of 4,096 bytes. */
static void setup(void)
{
	struct test_bundle bundle = bundle_make(POLICY);
	char path[64], name[4097];
	int fd;

	cr_assert_not_null(mkdtemp(world));
	cr_assert_eq(chmod(world, 0755), 0);
	snprintf(path, sizeof(path), "%s/p.wrt", world);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	cr_assert(fd >= 0 && write(fd, bundle.bytes, bundle.size) == (ssize_t)bundle.size);
	close(fd);
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	setenv("B", world, 1);
	setenv("P", path, 1);
	setenv("L", name, 1);
}

static void teardown(void)
{
	(void)shell("rm -rf \"$B\" \"$B.l\"");
}

TestSuite(bad_input, .init = setup, .fini = teardown, .timeout = 60);

#define RUN         "$R run -p $P --sandbox plain "
#define IN_BOX(dir) RUN "--param box=" dir " -- "

/* ---- paths ---- */

static struct writ_sandbox *open_box(const char *directory)
{
	struct writ_sandbox *sandbox = NULL;
	struct writ_policy *policy;
	struct writ_error error = {.text = ""};
	char param[128];

	snprintf(param, sizeof(param), "box=%s", directory);
	policy = bundle_open(POLICY, param);
	cr_assert_eq(writ_sandbox_open(policy, 0, &sandbox, &error), 0, "%s", error.text);
	writ_close(policy);
	return sandbox;
}

static int status_in(const struct writ_sandbox *sandbox, const char *script)
{
	const char *const argv[] = {"sh", "-c", script, NULL};
	const struct writ_launch launch = {.argv = argv, .cwd = "/", .stdio = {-1, -1, -1}};
	struct writ_process *process = NULL;
	struct writ_result result = {0};
	struct writ_error error = {.text = ""};

	cr_assert_eq(writ_spawn(sandbox, &launch, &process, &error), 0, "%s", error.text);
	cr_assert_eq(writ_wait(&process, &result, &error), 0, "%s", error.text);
	cr_assert_eq(result.end, WRIT_EXITED);
	return result.status;
}

Test(bad_input, a_link_to_where_something_is_denied_is_no_way_around_the_denial)
{
	cr_assert_eq(shell("mkdir -p $B.l/tree; echo x >$B.l/tree/secret; ln -s tree $B.l/alias"),
		     0);
	cr_expect_eq(shell("$R run -p $P --sandbox with_link --param links=$B.l -- /bin/true"), 4);
	shell_expect_output("denies something inside '");
	/* Where it leads elsewhere nothing is denied. */
	cr_assert_eq(shell("mkdir $B.l/other; ln -sfn other $B.l/alias"), 0);
	cr_expect_eq(shell("$R run -p $P --sandbox with_link --param links=$B.l -- /bin/true"),
		     126);
}

Test(bad_input, a_grant_is_what_stood_there_when_the_sandbox_was_opened)
{
	struct writ_sandbox *sandbox;
	char script[256], box[64];

	snprintf(box, sizeof(box), "%s/box", world);
	snprintf(script, sizeof(script), "echo x >%s/file", box);
	cr_assert_eq(mkdir(box, 0755), 0);
	sandbox = open_box(box);
	cr_expect_eq(status_in(sandbox, script), 0);
	/* Gone: nothing is granted in its place, and the launch itself works. */
	cr_assert_eq(shell("rm -r $B/box"), 0);
	cr_expect_eq(status_in(sandbox, script), 2);
	/* Another one by its name is another one. */
	cr_assert_eq(mkdir(box, 0755), 0);
	cr_expect_eq(status_in(sandbox, script), 2);
	cr_expect_eq(shell("test ! -e $B/box/file"), 0);
	writ_sandbox_close(sandbox);
}

Test(bad_input, a_path_that_is_not_there_is_warned_of_and_grants_nothing)
{
	cr_expect_eq(shell(IN_BOX("$B/none") "sh -c 'mkdir '$B'/none'"), 1);
	shell_expect_output("warning: nothing is granted at '");
	cr_expect_eq(shell("test ! -e $B/none"), 0);
}

Test(bad_input, a_root_may_be_a_symbolic_link_or_lead_through_one)
{
	cr_assert_eq(shell("mkdir -p $B/real/deep; ln -s real $B/link; ln -s loop $B/loop"), 0);
	cr_expect_eq(shell(IN_BOX("$B/link") "sh -c 'echo x >'$B'/real/a'"), 0);
	cr_expect_eq(shell(IN_BOX("$B/link/deep") "sh -c 'echo x >'$B'/real/deep/a'"), 0);
	cr_expect_eq(shell(IN_BOX("$B/link/deep") "sh -c 'echo x >'$B'/real/b'"), 2);
	cr_expect_eq(shell(IN_BOX("$B/loop") "true"), 4);
	shell_expect_output("symbolic link");
}

/* A root that is a FIFO, a socket or a device must not hold up whoever opens it. */
Test(bad_input, a_root_may_be_no_directory_at_all)
{
	cr_assert_eq(shell("mkfifo $B/fifo; echo x >$B/file"), 0);
	cr_expect_eq(shell("timeout 10 " IN_BOX("$B/fifo") "sh -c 'exit 7'"), 7);
	cr_expect_eq(shell(IN_BOX("$B/file") "sh -c 'echo y >'$B'/file'"), 0);
	cr_expect_eq(shell(IN_BOX("$B/file") "sh -c 'echo y >'$B'/other'"), 2);
	cr_expect_eq(shell(IN_BOX("/dev/tty") "sh -c 'exit 7'"), 7);
}

Test(bad_input, names_that_are_no_text_are_names)
{
	cr_assert_eq(shell("mkdir $B/$(printf 'a\\377b')"), 0);
	cr_expect_eq(shell(IN_BOX("$B/$(printf 'a\\377b')") "sh -c 'cd $(printf '$B'/a\\\\377b) && "
							    "echo x >y && ls'"),
		     0, "%s", shell_output);
	cr_expect_eq(shell(RUN "-- $(printf '/x\\377')"), 127);
	shell_expect_output("'/x<0xFF>'");
}

Test(bad_input, names_that_are_too_long_are_refused)
{
	cr_expect_eq(shell(IN_BOX("/$L") "true"), 3);
	shell_expect_output("parameter 'box'");
	cr_expect_eq(shell(RUN "-- /$L"), 127);
	shell_expect_output("name too long");
	cr_expect_eq(shell(RUN "--cwd /$L -- true"), 125);
	shell_expect_output("name too long");
	cr_expect_eq(shell("$R run -p /$L --sandbox plain -- true"), 3);
	shell_expect_output("name too long");
}

Test(bad_input, a_command_that_is_a_directory_is_not_run)
{
	cr_expect_eq(shell(RUN "-- /usr"), 126);
	shell_expect_output("can't run '/usr': Permission denied");
	cr_expect_eq(shell(RUN "-- /usr/bin/"), 126);
	cr_expect_eq(shell(RUN "-- ''"), 2, "%s", shell_output);
}

/* ---- file systems ---- */

/* The status of a script in a mount namespace of its own. */
static int with_mounts(const char *script)
{
	const char *how = geteuid() == 0 ? "unshare -m" : "unshare -rm";

	if (shell("%s mount -t tmpfs none $B 2>/dev/null", how))
		cr_skip_test("this host lets nobody mount");
	setenv("SCRIPT", script, 1);
	return shell("%s sh -c \"$SCRIPT\"", how);
}

Test(bad_input, a_read_only_file_system_stays_read_only)
{
	cr_expect_eq(with_mounts("mkdir $B/ro; mount -t tmpfs -o ro none $B/ro;" IN_BOX(
			     "$B/ro") "sh -c 'echo x >'$B'/ro/file'"),
		     2);
	shell_expect_output("Read-only file system");
}

Test(bad_input, a_full_file_system_is_the_tools_trouble)
{
	cr_expect_eq(with_mounts(
			     "mkdir $B/full; mount -t tmpfs -o size=64k none $B/full;"
			     "head -c 65536 /dev/zero >$B/full/rest;" IN_BOX(
				     "$B/full") "sh -c 'head -c 9 /usr/bin/env >'$B'/full/file'"),
		     1);
	shell_expect_output("No space left on device");
}

/* What is mounted below a root is part of it; a directory has the rights of all its names. */
Test(bad_input, bind_mounts_are_what_they_show)
{
	cr_expect_eq(with_mounts(
			     "mkdir $B/box $B/box/in $B/out; mount --bind $B/out $B/box/in;" IN_BOX(
				     "$B/box") "sh -c 'echo x >'$B'/box/in/file'; cat $B/out/file"),
		     0);
	shell_expect_output("x");
	/* By its other name it is not below the root. */
	cr_expect_eq(with_mounts(
			     "mkdir $B/box $B/box/in $B/out; mount --bind $B/out $B/box/in;" IN_BOX(
				     "$B/box") "sh -c 'echo x >'$B'/out/file'"),
		     2);
}

Test(bad_input, output_that_can_not_be_written_ends_nothing_but_the_tool)
{
	cr_expect_eq(shell(RUN "-- echo x >/dev/full"), 1);
	cr_expect_eq(shell("$R run -p $P --sandbox wordy -- sh -c 'echo x; exit 7' >/dev/full"), 7,
		     "%s", shell_output);
}

/* ---- descriptors, signals, processes ---- */

Test(bad_input, closed_standard_descriptors_become_null)
{
	cr_expect_eq(shell(RUN "-- sh -c 'cat; echo x; echo y >&2; exit 7' <&- >&- 2>&-"), 7);
	cr_expect_eq(shell(RUN "-- cat <&-"), 0);
	cr_expect_eq(shell("$R run -p $P --sandbox wordy -- sh -c 'echo x; exit 7' >&- 2>&-"), 7);
}

Test(bad_input, blocked_and_ignored_signals_of_the_caller_change_nothing)
{
	cr_expect_eq(shell("env --ignore-signal=CHLD " RUN "-- sh -c 'exit 7'"), 7);
	cr_expect_eq(shell("env --block-signal " RUN "-- sh -c 'exit 7'"), 7);
	cr_expect_eq(shell("env --ignore-signal " RUN "-- sh -c 'kill -TERM $$'"), 143);
}

/* However many there are, the outcome is the command's own or writ's refusal, and never a hang. */
Test(bad_input, too_few_descriptors_are_a_refusal)
{
	bool refused = false, ran = false;

	for (int n = 0; n <= 16; n++) {
		int status = shell("timeout 10 sh -c 'ulimit -n %d; exec " RUN
				   "-- sh -c \"exit 7\"'",
				   n);

		cr_expect(status == 7 || status == 125 || status == 3, "%d: %d\n%s", n, status,
			  shell_output);
		cr_expect(!ran || status == 7, "%d: %d after it had run with fewer", n, status);
		ran |= status == 7;
		if (status == 125)
			shell_expect_output("o file descriptors available");
		refused |= status == 125;
	}
	cr_expect(refused && ran);
}

Test(bad_input, too_few_processes_are_a_refusal)
{
	const char *who = geteuid() == 0 ? "setpriv --reuid=61235 --regid=61235 --clear-groups --"
					 : "env";
	int status = shell("prlimit --nproc=0 -- %s " RUN "-- sh -c 'exit 7'", who);

	cr_expect_eq(status, 125, "%d\n%s", status, shell_output);
	shell_expect_output("Resource temporarily unavailable");
}

Test(bad_input, an_argument_list_that_is_too_long_is_a_refusal)
{
	cr_expect_eq(shell("env X=$(head -c 131000 /dev/zero | tr '\\0' a) " RUN
			   "-- sh -c 'exit 7'"),
		     7);
	cr_expect_eq(shell("ulimit -s 256; " RUN "-- true $(seq 1 20000)"), 126, "%s",
		     shell_output);
}

#define MAX_LAYERS 16 /* landlock(7) */

/* A launch would be one domain too deep: it does not happen without. */
static int launch_under_all_layers(void)
{
	const struct landlock_ruleset_abi6 rights = {.handled_access_fs = LANDLOCK_FS_MAKE_CHAR};
	struct writ_sandbox *sandbox = bundle_sandbox("sandbox s { filesystem { read \"/\"; } }");
	const char *const argv[] = {"/bin/true", NULL};
	const struct writ_launch launch = {.argv = argv, .cwd = "/", .stdio = {-1, -1, -1}};
	struct writ_process *process = NULL;
	struct writ_error error = {.text = ""};
	long ruleset = syscall(KERNEL_NR_LANDLOCK_CREATE_RULESET, &rights, sizeof(rights), 0);

	if (ruleset < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return 1;
	for (int i = 0; i < MAX_LAYERS; i++) {
		if (syscall(KERNEL_NR_LANDLOCK_RESTRICT_SELF, ruleset, 0))
			return 2;
	}
	if (writ_spawn(sandbox, &launch, &process, &error) != -WRIT_E_SYSTEM)
		return 3;
	return strstr(error.text, "Landlock") && strstr(error.text, "rgument list too long") ? 42
											     : 4;
}

Test(bad_input, too_many_layers_of_landlock_are_a_refusal)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0)
		_exit(launch_under_all_layers());
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_expect_eq(WEXITSTATUS(status), 42);
}

/* ---- limits of nothing ---- */

Test(bad_input, a_wall_limit_of_zero_is_no_policy)
{
	cr_expect_eq(
		shell("echo 'policy p version 1; sandbox s { limits { wall 0s; } }' >$B/z.writ;"
		      "$W compile $B/z.writ -o $B/z.wrt"),
		3);
	shell_expect_output("[E0210]");
}

Test(bad_input, a_bundle_with_a_wall_limit_of_zero_is_refused)
{
	struct test_bundle bundle = bundle_make("sandbox s { limits { wall 1s; } }");
	struct writ_fmt_limit *limit;
	struct writ_error error = {.text = ""};
	uint32_t n;

	limit = bundle_section(&bundle, WRIT_SECTION_LIMITS, sizeof(*limit), &n);
	cr_assert_eq(n, 1u);
	limit->value = 0;
	bundle_seal(&bundle);
	cr_expect_eq(writ_verify(bundle.bytes, bundle.size, &error), -WRIT_E_FORMAT, "%s",
		     error.text);
}
