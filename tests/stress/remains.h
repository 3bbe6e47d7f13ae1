/*
 * What launches can leave behind, counted.
 */
#ifndef TESTS_STRESS_REMAINS_H
#define TESTS_STRESS_REMAINS_H

#include <stdbool.h>
#include <sys/types.h>

/* Our descriptors, what of our memory is resident, and in how many pieces it is mapped. */
long remains_fds(void);
long remains_resident_kib(void);
long remains_mappings(void);

/* Cgroups that this process has made. */
long remains_own_cgroups(void);

/* And those of a process that it has noted here, and that is gone. */
void remains_note_maker(pid_t pid);
long remains_orphaned_cgroups(void);

long remains_mounts(void);

/* Files in /tmp, /dev/shm and /run with a name of Writ's. */
long remains_files(void);

/*
 * Reaps until there is no child (true), or for so long. Who is to see the launches' orphans, too,
 * must adopt them (PR_SET_CHILD_SUBREAPER).
 */
bool remains_no_children(int ms);

/* Kills what children there are, until there are none. */
void remains_end_children(void);

#endif
