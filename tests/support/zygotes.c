/*
 * See zygotes.h. /proc tells a thread's children in their order, the eldest first.
 */
#include "support/zygotes.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

struct writ_zygote *open_zygote(const struct writ_sandbox *sandbox, size_t n)
{
	struct writ_zygote *zygote = NULL;
	struct writ_error error = {.code = 0};

	cr_assert_eq(writ_zygote_open(sandbox, n, &zygote, &error), 0, "%s", error.text);
	return zygote;
}

size_t list_children(pid_t pids[ZYGOTES_MAX_CHILDREN])
{
	char path[64];
	size_t n = 0;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/self/task/%ld/children",
		       (long)syscall(SYS_gettid));
	file = fopen(path, "r");
	while (file && n < ZYGOTES_MAX_CHILDREN && fscanf(file, "%d", &pids[n]) == 1)
		n++;
	if (file)
		fclose(file);
	return n;
}

size_t count_children(void)
{
	pid_t pids[ZYGOTES_MAX_CHILDREN];

	return list_children(pids);
}
