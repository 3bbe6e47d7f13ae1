/*
 * A launcher with Landlock and nothing else, as the kernel's sample is
 *(samples/landlock/sandboxer.c): it opens the paths, makes a ruleset, enters it and executes the
 *command.
 *
 *	sandboxer READ-EXECUTE[:PATH]... WRITE[:PATH]... COMMAND [ARGUMENT]...
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/kernel_abi.h"

/* All that ABI 1 knows, and what of it reading and executing are; <linux/landlock.h>. */
#define ALL_FS       UINT64_C(0x1fff)
#define READ_EXECUTE (LANDLOCK_FS_EXECUTE | LANDLOCK_FS_READ_FILE | LANDLOCK_FS_READ_DIR)

static int add_paths(int ruleset, char *list, uint64_t access)
{
	for (char *path = strtok(list, ":"); path; path = strtok(NULL, ":")) {
		struct landlock_path_beneath rule = {.allowed_access = access};
		struct stat st;

		rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
		if (rule.parent_fd < 0)
			continue;
		if (fstat(rule.parent_fd, &st))
			return -1;
		if (!S_ISDIR(st.st_mode))
			rule.allowed_access &= LANDLOCK_FS_OF_FILE;
		if (syscall(KERNEL_NR_LANDLOCK_ADD_RULE, ruleset, LANDLOCK_PATH_BENEATH, &rule, 0))
			return -1;
		close(rule.parent_fd);
	}
	return 0;
}

int main(int argc, char **argv)
{
	const struct landlock_ruleset_abi6 attr = {.handled_access_fs = ALL_FS};
	int ruleset;

	if (argc < 4)
		return 2;
	ruleset = (int)syscall(KERNEL_NR_LANDLOCK_CREATE_RULESET, &attr,
			       sizeof(attr.handled_access_fs), 0);
	if (ruleset < 0 || add_paths(ruleset, argv[1], READ_EXECUTE) ||
	    add_paths(ruleset, argv[2], ALL_FS) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    syscall(KERNEL_NR_LANDLOCK_RESTRICT_SELF, ruleset, 0)) {
		perror("sandboxer");
		return 1;
	}
	(void)execv(argv[3], argv + 3);
	perror(argv[3]);
	return 1;
}
