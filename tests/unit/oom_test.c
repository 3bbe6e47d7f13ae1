#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "runtime/sandbox.h"
#include "support/box.h"

#define ADJ     "/proc/self/oom_score_adj"
#define SCRIPT  "read adj <" ADJ "; echo $adj; (read adj <" ADJ "; echo $adj)"
#define SINGLE  "syscalls { allow @default; deny fork, vfork, clone, clone3; }"
#define SPARED  -500
#define PARAM   "param box : path = \"/\";\n"
#define RIGHTS  "filesystem { " FILES
#define WITHOUT PARAM "sandbox s { " RIGHTS "} " SINGLE " }\n"
#define GUARDED PARAM "sandbox s { " RIGHTS "write \"${box}\"; deny \"${box}/**/.env\"; } }\n"

static int own_adj(void)
{
	FILE *file = fopen(ADJ, "r");
	int adj = 1001;

	cr_assert_not_null(file);
	cr_assert_eq(fscanf(file, "%d", &adj), 1);
	(void)fclose(file);
	return adj;
}

static void set_own_adj(int adj)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%d", adj);
	int fd = open(ADJ, O_WRONLY);

	if (fd < 0 || write(fd, text, (size_t)n) != n)
		cr_skip_test("oom_score_adj can't be set: %s", strerror(errno));
	(void)close(fd);
}

static void become_nobody(void)
{
	cr_assert_eq(chown(box, 65534, 65534), 0);
	cr_assert_eq(setresgid(65534, 65534, 65534), 0);
	cr_assert_eq(setresuid(65534, 65534, 65534), 0);
	cr_assert_eq(prctl(PR_SET_DUMPABLE, 1), 0);
}

/*
 * Few may make themselves spared, and everybody may do the contrary. So it is taken for that, where
 * a test wants it.
 */
static bool takes_any_for_spared;

static struct writ_sandbox as_wanted(const struct writ_sandbox *sandbox)
{
	struct writ_sandbox copy = *sandbox;

	if (takes_any_for_spared)
		copy.oom_proc = open("/proc", O_PATH | O_CLOEXEC);
	return copy;
}

static void expect_adj(const char *text, const char *command, int before, const char *want)
{
	struct writ_error error = {.code = 0};
	struct writ_sandbox *sandbox = open_box(text, &error);
	struct writ_sandbox wanted;
	char output[1024];

	if (!sandbox)
		cr_skip_test("%s", error.text);
	wanted = as_wanted(sandbox);
	for (int i = 0; i < 3; i++) {
		(void)run_in_box(&wanted, command, output);
		cr_expect_str_eq(output, want, "%s", output);
		cr_expect_eq(own_adj(), before);
	}
	writ_sandbox_close(sandbox);
}

static void expect_reset(int before, const char *want)
{
	static const char *const texts[] = {BOX(""), BOX("write \"${box}\"; "),
					    BOX("scratch \"${box}\" 1MiB; "),
					    PARAM "sandbox s { " RIGHTS
						  "} limits { processes 20; } }\n"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		expect_adj(texts[i], SCRIPT, before, want);
	expect_adj(WITHOUT, "read adj <" ADJ "; echo $adj", before, *want == '0' ? "0\n" : "300\n");
	/* It may have to wait for its caller. */
	expect_adj(GUARDED, "sleep 0.3; " SCRIPT, before, want);
}

Test(oom, what_is_set_for_a_tool_is_not_set_for_its_caller)
{
	takes_any_for_spared = true;
	make_box();
	set_own_adj(300);
	expect_reset(300, "0\n0\n");
	remove_box();
}

Test(oom, nor_for_an_ordinary_user)
{
	takes_any_for_spared = true;
	make_box();
	set_own_adj(300);
	if (geteuid() == 0)
		become_nobody();
	expect_reset(300, "0\n0\n");
	remove_box();
}

Test(oom, a_tool_is_not_spared_with_its_caller)
{
	set_own_adj(SPARED);
	make_box();
	expect_reset(SPARED, "0\n0\n");
	remove_box();
}

Test(oom, nor_is_an_ordinary_users)
{
	set_own_adj(SPARED);
	make_box();
	become_nobody();
	expect_reset(SPARED, "0\n0\n");
	remove_box();
}

Test(oom, what_ends_first_still_does)
{
	make_box();
	set_own_adj(300);
	expect_reset(300, "300\n300\n");
	remove_box();
}

Test(oom, a_zygotes_launches_are_not_spared_either)
{
	const char *const argv[] = {"sh", "-c", "read adj <" ADJ "; test $adj = 0", NULL};
	const struct writ_launch launch = {.argv = argv, .cwd = "/", .stdio = {-1, -1, -1}};
	struct writ_error error = {.code = 0};
	struct writ_zygote *zygote = NULL;
	struct writ_process *process = NULL;
	struct writ_sandbox *sandbox;
	struct writ_sandbox wanted;
	struct writ_result result;

	takes_any_for_spared = true;
	make_box();
	set_own_adj(300);
	sandbox = open_box(BOX(""), &error);
	if (!sandbox)
		cr_skip_test("%s", error.text);
	wanted = as_wanted(sandbox);
	cr_assert_eq(writ_zygote_open(&wanted, 2, &zygote, &error), 0, "%s", error.text);
	cr_assert_eq(writ_zygote_spawn(zygote, &launch, &process, &error), 0, "%s", error.text);
	cr_assert_eq(writ_wait(&process, &result, &error), 0, "%s", error.text);
	cr_expect_eq(result.end, WRIT_EXITED);
	cr_expect_eq(result.status, 0);
	cr_expect_eq(own_adj(), 300);
	writ_zygote_close(zygote);
	writ_sandbox_close(sandbox);
	remove_box();
}
