/*
 * See small_disk.h. It goes away with the process.
 */
#include "support/small_disk.h"

#include <criterion/criterion.h>

#include <sched.h>
#include <sys/mount.h>

void small_disk_mount(const char *directory, const char *options)
{
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("tmpfs", directory, "tmpfs", 0, options))
		cr_skip_test("nothing can be mounted here");
}

void small_disk_remount(const char *directory, unsigned long flags, const char *options)
{
	cr_assert_eq(mount("tmpfs", directory, "tmpfs", MS_REMOUNT | flags, options), 0);
}
