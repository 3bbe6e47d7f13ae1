/*
 * How many instructions a function takes, counted one by one: the same at every run, however busy
 * the machine is.
 */
#ifndef WRIT_TESTS_STEPS_H
#define WRIT_TESTS_STEPS_H

/*
 * Those of run(context) and of a little around it, which is the same for each. It is called once
 * before, so that the dynamic linker has nothing left to do. -1: this machine can't count.
 */
long steps_of(void (*run)(const void *context), const void *context);

/*
 * Does what took so many steps for n, 2n and 4n grow no faster than n? A square would quadruple
 * from one difference to the next.
 */
int steps_are_linear(const long steps[3]);

#endif
