/*
 * Writes a policy of a given size to standard output:
 *
 *	genpolicy ROLES TOOLS [USERS-PER-ROLE [conditions | rates]]
 *
 * Roles stand in groups of three: a0 is extended by a1, a1 by a2. Each has five exact grants and
 * one wildcard and one denial; with "conditions" the grants are for paths under the role's own
 * directory, with "rates" they are for so many calls that nobody makes more. The same arguments
 *give the same bytes.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define GRANTS     5
#define LEVELS     3
#define PER_FAMILY 20 /* tools that share the part of their name before the number */

static void print_tool(unsigned tool)
{
	printf("family%u_tool%u", tool / PER_FAMILY, tool);
}

/* What stands behind the grants of a role. */
static void print_terms(unsigned role, const char *terms)
{
	if (strcmp(terms, "conditions") == 0)
		printf(" where path under \"/srv/data/role%u\"", role);
	if (strcmp(terms, "rates") == 0)
		printf(" rate 100000/hour");
}

static void print_role(unsigned role, unsigned tools, const char *terms, uint64_t *state)
{
	unsigned first;

	printf("role role%u", role);
	if (role % LEVELS)
		printf(" extends role%u", role - 1);
	printf(" {\n  allow ");
	first = (unsigned)(bench_random(state) % tools);
	for (unsigned i = 0; i < GRANTS; i++) {
		print_tool((first + i * (tools / GRANTS)) % tools);
		printf(", ");
	}
	printf("family%u_*", (unsigned)(bench_random(state) % (tools / PER_FAMILY)));
	print_terms(role, terms);
	printf(";\n");
	printf("  deny ");
	print_tool((unsigned)(bench_random(state) % tools));
	printf(";\n}\n");
}

int main(int argc, char **argv)
{
	unsigned roles = argc > 2 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
	unsigned tools = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
	unsigned users = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 10;
	const char *terms = argc > 4 ? argv[4] : "";
	bool conditions = strcmp(terms, "conditions") == 0;
	uint64_t state = 0x9E3779B97F4A7C15u;

	if (!roles || tools < PER_FAMILY) {
		fprintf(stderr,
			"usage: genpolicy ROLES TOOLS [USERS-PER-ROLE [conditions | rates]], at "
			"least %d "
			"tools\n",
			PER_FAMILY);
		return 2;
	}
	printf("policy generated version 1;\n");
	for (unsigned tool = 0; tool < tools; tool++) {
		printf("tool ");
		print_tool(tool);
		printf(" { class read;%s }\n", conditions ? " arg path : path;" : "");
	}
	for (unsigned role = 0; role < roles; role++)
		print_role(role, tools, terms, &state);
	for (unsigned role = 0; role < roles; role++)
		for (unsigned user = 0; user < users; user++)
			printf("user \"user%u.%u\" : role%u;\n", role, user, role);
	return 0;
}
