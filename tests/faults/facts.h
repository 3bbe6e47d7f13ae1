/*
 * What can be seen of a process's walls from outside, a line each: its credentials, limits,
 * signals, descriptors, session, environment, priorities, filters, namespaces and cgroups.
 */
#ifndef TESTS_FAULTS_FACTS_H
#define TESTS_FAULTS_FACTS_H

#include <stddef.h>
#include <sys/types.h>

/* Of a process that is stopped. Equal walls give equal text: numbers of processes are left out. */
void facts_read(pid_t pid, char *text, size_t size);

#endif
