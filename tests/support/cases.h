/*
 * How many random cases a test tries whose own comparison judges, not a sanitizer: an eighth under
 * sanitizers, where each is slow and memory is what is looked at.
 */
#ifndef WRIT_TESTS_CASES_H
#define WRIT_TESTS_CASES_H

#if defined(__SANITIZE_ADDRESS__)
#define CASES_DIVISOR 8u
#else
#define CASES_DIVISOR 1u
#endif

#define CASES(n) (((n) + CASES_DIVISOR - 1) / CASES_DIVISOR)

#endif
