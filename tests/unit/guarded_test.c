/*
 * Modes and times of files where there is no mount to keep them: a broker changes what may be
 * written, and nothing else. As in containers, whose seccomp profile refuses namespaces.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "support/box.h"
#include "support/refusals.h"

/* As the usual profile of containers. */
static void be_contained(void)
{
	static const struct refusal refusals[] = {
		{SYS_clone, EPERM, REFUSALS_NAMESPACES},
		{SYS_unshare, EPERM, 0},
		{SYS_mount, EPERM, 0},
	};

	refuse_calls(refusals, sizeof(refusals) / sizeof(refusals[0]));
}

static void sh(const char *command)
{
	char line[1024];

	(void)snprintf(line, sizeof(line), "cd %s && %s", box, command);
	cr_assert_eq(system(line), 0, "%s", line);
}

/* In the box: w may be written, r only read. */
static void make_trees(void)
{
	make_box();
	sh("mkdir w w/d r && echo x >w/d/f && echo x >w/f && echo x >r/f && ln -s ../r/f w/out && "
	   "ln -s f w/in && "
	   "chmod 644 w/f r/f && touch -d 2001-01-01 w/f r/f && chmod -R a+rwX .");
}

TestSuite(guarded, .init = make_trees, .fini = remove_box, .timeout = 60);

#define GUARDED BOX("read \"${box}/r\"; write \"${box}/w\"; ")
#define DENIES  BOX("read \"${box}/r\"; write \"${box}/w\"; deny \"${box}/w/d/**\"; ")

static void expect(const char *policy, const char *command, const char *want)
{
	be_contained();
	expect_in_box(policy, command, want);
}

#define SAYS(what) what " 2>&- && echo done || echo refused; "

Test(guarded, modes_are_changed_in_write_grants_only)
{
	struct stat in, out;
	char path[64];

	expect(GUARDED,
	       "cd $box; " SAYS("chmod 600 w/f") SAYS("chmod 600 r/f") SAYS("chmod 600 w/in")
		       SAYS("chmod 600 w/out") SAYS("chmod 700 w w/d") SAYS("chmod 700 . r")
			       SAYS("chmod 600 w/../r/f") SAYS("chmod 600 /dev/null"),
	       "done\nrefused\ndone\nrefused\ndone\nrefused\nrefused\nrefused\n");
	(void)snprintf(path, sizeof(path), "%s/w/f", box);
	cr_expect_eq(stat(path, &in), 0);
	(void)snprintf(path, sizeof(path), "%s/r/f", box);
	cr_expect_eq(stat(path, &out), 0);
	cr_expect_eq(in.st_mode & 0777, 0600u);
	cr_expect_neq(out.st_mode & 0777, 0600u);
}

Test(guarded, times_are_changed_in_write_grants_only)
{
	struct stat out;
	char path[64];

	expect(GUARDED,
	       "cd $box; " SAYS("touch -d 2002-02-02 w/f") SAYS("touch -d 2002-02-02 r/f")
		       SAYS("touch -h -d 2002-02-02 w/out") SAYS("touch -d 2002-02-02 w/out")
			       SAYS("touch w/new") "find w/f -newermt 2002-01-01 ! -newermt "
						   "2003-01-01",
	       "done\nrefused\ndone\nrefused\ndone\nw/f\n");
	(void)snprintf(path, sizeof(path), "%s/r/f", box);
	cr_expect_eq(stat(path, &out), 0);
	cr_expect_lt(out.st_mtime, 990000000);
}

/* What the tool holds is judged by what it is called, too. */
Test(guarded, descriptors_are_judged_like_names)
{
	expect(GUARDED,
	       "cd $box; " SAYS("chmod 640 /proc/self/fd/0 <w/f")
		       SAYS("chmod 640 /proc/self/fd/0 <r/f")
			       SAYS("cp --preserve=timestamps r/f w/copied") "find w/copied ! "
									     "-newermt 2002-01-01",
	       "done\nrefused\ndone\nw/copied\n");
}

Test(guarded, owners_and_attributes_stay)
{
	expect(BOX("write \"${box}/w\"; "
		   "} syscalls { allow @default, @file-owner; "),
	       "cd $box; " SAYS("chown $(id -u) w/f")
		       SAYS("chmod 600 w/f") "type setfattr >/dev/null 2>&1 || { echo refused; "
					     "exit; }; " SAYS("setfattr -n user.x -v 1 w/f"),
	       "refused\ndone\nrefused\n");
}

Test(guarded, a_broker_of_denied_files_does_it_too)
{
	expect(DENIES,
	       "cd $box; " SAYS("chmod 600 w/f") SAYS("chmod 600 r/f") SAYS("chmod 600 w/d/x")
		       SAYS("touch -d 2002-02-02 w/f") SAYS("touch -d 2002-02-02 r/f"),
	       "done\nrefused\nrefused\ndone\nrefused\n");
}

Test(guarded, git_works)
{
	if (access("/usr/bin/git", X_OK))
		cr_skip_test("no git");
	expect(BOX("write \"${box}/w\"; execute \"/usr/lib/git-core\"; read \"/dev/urandom\"; "),
	       "cd $box/w; export HOME=$box/w GIT_CONFIG_NOSYSTEM=1; git init -q . 2>&1 && git add "
	       "f "
	       "&& git -c user.name=a -c user.email=a@b commit -qm x 2>&1 && git log --format=%s",
	       "x\n");
}

/* The directory that was granted is another one now: the kernel lets nothing be written there. */
Test(guarded, a_tree_that_was_replaced_is_not_the_one_that_was_granted)
{
	struct writ_error error = {.code = 0};
	struct writ_sandbox *sandbox;
	char output[1024];

	be_contained();
	sandbox = open_box(GUARDED, &error);
	cr_assert_not_null(sandbox, "%s", error.text);
	sh("mv w old && mkdir w && echo x >w/f && chmod 644 w/f");
	(void)run_in_box(sandbox, "cd $box; " SAYS("chmod 600 w/f") SAYS("cp r/f w/f"), output);
	cr_expect_str_eq(output, "refused\nrefused\n");
	writ_sandbox_close(sandbox);
}

/* Where the broker can't look into the tool, or be asked, all is refused as ever. */
Test(guarded, without_a_broker_nothing_is_changed)
{
	static const struct refusal no_readv = {SYS_process_vm_readv, EPERM, 0};

	be_contained();
	refuse_calls(&no_readv, 1);
	expect_in_box(GUARDED, "cd $box; " SAYS("chmod 600 w/f") SAYS("touch w/f"),
		      "refused\nrefused\n");
}

/* Somebody around us listens already, and there is one listener for a process (seccomp(2)). */
static void be_listened_to(void)
{
	struct sock_filter allow[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
	struct sock_fprog program = {.len = 1, .filter = allow};

	cr_assert_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	cr_assert_geq(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			      SECCOMP_FILTER_FLAG_NEW_LISTENER, &program),
		      0);
}

Test(guarded, inside_another_listener_what_needs_one_is_refused)
{
	static const char *const argv[] = {"/bin/true", NULL};
	static const char *const policies[] = {
		DENIES,
		"param box : path = \"/\";\nsandbox s { filesystem { " FILES
		"} network { connect \"127.0.0.1:99\"; } }\n",
	};

	be_listened_to();
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		const struct writ_launch launch = {.argv = argv, .stdio = {-1, -1, -1}};
		struct writ_error error = {.text = ""};
		struct writ_process *process = NULL;
		struct writ_sandbox *sandbox = open_box(policies[i], &error);

		cr_assert_not_null(sandbox, "%s", error.text);
		cr_expect_eq(writ_spawn(sandbox, &launch, &process, &error), -WRIT_E_HOST, "%s",
			     error.text);
		cr_expect_not_null(strstr(error.text, "seccomp"), "%s", error.text);
		writ_sandbox_close(sandbox);
	}
}

Test(guarded, inside_another_listener_nothing_is_changed)
{
	be_contained();
	be_listened_to();
	expect_in_box(GUARDED, "cd $box; " SAYS("chmod 600 w/f") "echo x >w/f && cat w/f",
		      "refused\nx\n");
}

/* Names that change their meaning while they are judged, and trees that change places. */
Test(guarded, races_change_nothing_outside)
{
	struct stat in, out;
	char path[64];

	expect(GUARDED,
	       "cd $box; (while :; do ln -sfn ../r/f w/l; ln -sfn f w/l; done) & "
	       "(while :; do mv -T w/d w/e; ln -s ../r w/d; rm w/d; mv -T w/e w/d; done) 2>&- & "
	       "i=0; while [ $i -lt 150 ]; do i=$((i+1)); chmod 611 w/l; "
	       "chmod 611 w/d/f; touch -d 2002-02-02 w/l w/d/f; done 2>&-; echo over",
	       "over\n");
	(void)snprintf(path, sizeof(path), "%s/w/f", box);
	cr_expect_eq(stat(path, &in), 0);
	(void)snprintf(path, sizeof(path), "%s/r/f", box);
	cr_expect_eq(stat(path, &out), 0);
	cr_expect_eq(in.st_mode & 0777, 0611u, "it never worked");
	cr_expect_neq(out.st_mode & 0777, 0611u);
	cr_expect_lt(out.st_mtime, 990000000);
}
