/*
 * The same processes and memory at a later time: a child whose CLOCK_MONOTONIC is ahead, in a time
 * namespace of its own. No other clock is touched.
 */
#ifndef WRIT_TESTS_LATER_H
#define WRIT_TESTS_LATER_H

/*
 * The result of run(context), 0 to 255, in a child that many seconds later; what it does to shared
 * memory stays. A host that has no time namespaces for us skips the test. Before any thread.
 */
int later(long seconds, int (*run)(void *context), void *context);

#endif
