/*
 * Finding out what this process may do by letting a child try.
 */
#ifndef WRIT_RUNTIME_TRIAL_H
#define WRIT_RUNTIME_TRIAL_H

#include <stdbool.h>

/*
 * Runs what(arg) in a child made with these clone flags, and returns whether both worked. The child
 * shares our memory and we wait for it: what() may use raw system calls only, and returns 0 or not.
 */
bool trial_works(int flags, int (*what)(void *), void *arg);

#endif
