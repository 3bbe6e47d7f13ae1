/*
 * A file system of its own for a test, that can be full or read-only.
 */
#ifndef WRIT_TESTS_SMALL_DISK_H
#define WRIT_TESTS_SMALL_DISK_H

/*
 * Mounts it at a directory, with options of tmpfs(5), in a mount namespace of this process's; where
 * that can't be had the test is skipped.
 */
void small_disk_mount(const char *directory, const char *options);

/* flags as for mount(2). */
void small_disk_remount(const char *directory, unsigned long flags, const char *options);

#endif
