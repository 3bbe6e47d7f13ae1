#include <criterion/criterion.h>

#include "support/policy.h"

/* Statements on system calls, and what is wrong with them. */
static const struct {
	const char *rules;
	size_t impossible; /* E0256 */
	size_t errnos;     /* E0257 */
} cases[] = {
	{"allow socket(domain == 1, domain == 2)", 1, 0},
	{"allow socket(domain == 1, domain != 1)", 1, 0},
	{"allow socket(domain in {1, 2}, domain in {3, 4})", 1, 0},
	{"allow socket(domain in {1, 2}, domain in {2, 3})", 0, 0},
	{"allow socket(domain > 5, domain < 3)", 1, 0},
	{"allow socket(domain < 5, domain > 3)", 0, 0},
	{"allow socket(domain < 5, domain > 3, domain != 4)", 1, 0},
	{"allow socket(domain >= 5, domain <= 5)", 0, 0},
	{"allow mmap(prot & 4 == 4, prot & 6 == 0)", 1, 0},
	{"allow mmap(prot & 4 == 4, prot & 2 == 0)", 0, 0},
	{"allow mmap(prot & 4 == 4, prot < 4)", 1, 0},
	{"allow socket(type & 4 == 4, type < 4)", 0, 0}, /* negative ones have the bit */
	{"allow mmap(prot & 4 == 4, prot == 3)", 1, 0},
	{"allow ftruncate(length > 0x140000000, length < 0)", 1, 0},
	{"deny socket(domain == 1, domain == 2)", 1, 0},
	{"deny ptrace errno ENOENT; deny ptrace errno EACCES", 0, 1},
	{"deny ptrace errno ENOENT; deny ptrace errno ENOENT", 0, 0},
	{"deny ptrace; deny ptrace errno EACCES", 0, 0},
	{"deny @debug errno ENOENT; deny ptrace errno EACCES", 0, 0},
	{"deny kcmp(type == 1) errno ENOENT; deny kcmp errno EACCES", 0, 0},
	{"allow ptrace; deny ptrace", 0, 0},
};

Test(contradictions, are_found_where_nothing_can_hold)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[256];
		const struct compilation *compilation;

		snprintf(text, sizeof(text), "sandbox s { syscalls { %s; } }", cases[i].rules);
		compilation = policy_check(text);
		cr_expect_eq(policy_count(compilation, DIAG_E0256), cases[i].impossible, "%s",
			     cases[i].rules);
		cr_expect_eq(policy_count(compilation, DIAG_E0257), cases[i].errnos, "%s",
			     cases[i].rules);
	}
}
