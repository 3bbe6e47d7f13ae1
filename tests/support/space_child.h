/*
 * Tests of what a keeper does in a network namespace of its own, each in a child that is the
 * keeper: Criterion's workers have threads, with which no such namespace can be made.
 */
#ifndef WRIT_TESTS_SUPPORT_SPACE_CHILD_H
#define WRIT_TESTS_SUPPORT_SPACE_CHILD_H

/* In a function that is one: it holds, or the function ends with the line. */
#define CHECK(cond)                                                                                \
	do {                                                                                       \
		if (!(cond))                                                                       \
			return __LINE__;                                                           \
	} while (0)

/* Runs it in a child: it returns 0, or the line of its file that does not hold. */
void space_child_run(int (*what)(void), const char *file);

/* The function of that name as a test. */
#define IN_A_CHILD(suite, name)                                                                    \
	Test(suite, name, .timeout = 30)                                                           \
	{                                                                                          \
		space_child_run(name, __FILE__);                                                   \
	}

#endif
