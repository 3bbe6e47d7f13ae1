/*
 * Writes a whole policy of about LINES lines to standard output, as a large organisation's would
 * be:
 *
 *	gensource LINES
 *
 * Of 10,000 lines there are 1,000 roles, 2,000 tools, 1,000 users, 50 sandboxes and 200 sets; roles
 * have conditions, inherit and are held by users; the rest are tests. Everything grows with LINES,
 * but roles and tools only up to what one decision table holds (writ_format.h). The same argument
 * gives the same bytes, and lint has nothing to say about them.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"

#define LEVELS     3
#define PER_FAMILY 20 /* tools that share the part of their name before the number */

/* Their cells, which name a rule or a list of rules each, have 16 bits. */
#define MAX_ROLES 3000u

#define LINES_A_ROLE    7 /* with its user */
#define LINES_A_SANDBOX 12
#define LINES_A_TEST    5

struct sizes {
	unsigned roles, tools, sandboxes, sets, tests;
};

static void print_sets(const struct sizes *sizes)
{
	for (unsigned i = 0; i < sizes->sets; i++) {
		printf("set hosts%u : hosts { \"api%u.example.com:443\", "
		       "\"*.cdn%u.example.com:${api_port}\","
		       " \"10.%u.%u.0/24:8000-8010\" };\n",
		       i, i, i, i / 256 % 256, i % 256);
		printf("set trees%u : paths { \"${workspace}/tree%u\", \"/srv/shared/tree%u\" };\n",
		       i, i, i);
	}
}

static void print_tools(const struct sizes *sizes)
{
	static const char *const classes[] = {"read", "write", "execute"};

	for (unsigned i = 0; i < sizes->tools; i++)
		printf("tool family%u_tool%u { class %s; sandbox box%u; arg path : path; "
		       "arg url : url; arg n : int; }\n",
		       i / PER_FAMILY, i, classes[i % 3], i % sizes->sandboxes);
}

static void print_sandboxes(const struct sizes *sizes)
{
	for (unsigned i = 0; i < sizes->sandboxes; i++) {
		printf("# What the tools of group %u need.\nsandbox box%u", i, i);
		if (i % LEVELS)
			printf(" extends box%u", i - 1);
		printf(" {\n  filesystem {\n    read    \"/srv/data/box%u\";\n"
		       "    write   \"${workspace}/out%u\";\n"
		       "    execute \"/opt/tools/bin/tool%u\";\n  }\n",
		       i, i, i);
		printf("  network { connect \"api%u.example.com:443\"; }\n", i);
		printf("  syscalls { %s allow personality(persona == %u); }\n",
		       i % LEVELS ? "" : "allow @default;", i % 40);
		printf("  limits { wall %us; memory %uMiB; processes 64; }\n"
		       "  env { %s set BOX = \"%u\"; }\n}\n",
		       10 + i % 100, 100 + i % 100, i % LEVELS ? "" : "pass PATH, LANG;", i);
	}
}

static unsigned pick(uint64_t *state, unsigned n)
{
	return (unsigned)(bench_random(state) % n);
}

static void print_tool(unsigned tool)
{
	printf("family%u_tool%u", tool / PER_FAMILY, tool);
}

static void print_role(const struct sizes *sizes, unsigned role, uint64_t *state)
{
	printf("role role%u", role);
	if (role % LEVELS)
		printf(" extends role%u", role - 1);
	printf(" {\n  allow ");
	print_tool(pick(state, sizes->tools));
	printf(", ");
	print_tool(pick(state, sizes->tools));
	printf(" where path under \"${workspace}/role%u\" and not path matches \"/**/.git/**\";\n",
	       role);
	printf("  allow ");
	print_tool(pick(state, sizes->tools));
	printf(" where url in hosts%u or (n >= 1 and n < %u);\n", role % sizes->sets,
	       2 + role % 1000);
	printf("  allow family%u_*;\n", role % (sizes->tools / PER_FAMILY));
	printf("  deny  ");
	print_tool(pick(state, sizes->tools));
	printf(" where path in trees%u;\n}\n", role % sizes->sets);
}

static void print_tests(const struct sizes *sizes, uint64_t *state)
{
	for (unsigned i = 0; i < sizes->tests; i++) {
		unsigned box = pick(state, sizes->sandboxes);

		printf("# What must stay so, number %u.\n", i);
		printf("test \"case %u\" with workspace = \"/workspace\" {\n", i);
		printf("  deny role%u nothing_like_it(path = \"/etc/passwd\");\n",
		       pick(state, sizes->roles));
		printf("  sandbox box%u { deny write \"/etc/passwd\"; allow read "
		       "\"/srv/data/box%u/x\"; }\n}\n",
		       box, box);
	}
}

static unsigned at_most(unsigned value, unsigned most)
{
	return value < most ? value : most;
}

static struct sizes sizes_of(unsigned lines)
{
	struct sizes sizes = {.roles = at_most(lines / 10, MAX_ROLES),
			      .tools = at_most(lines / 5, 2 * MAX_ROLES),
			      .sandboxes = lines / 200,
			      .sets = lines / 100};
	unsigned used = sizes.roles * LINES_A_ROLE + sizes.tools +
			sizes.sandboxes * LINES_A_SANDBOX + sizes.sets * 2;

	sizes.tests = used < lines ? (lines - used) / LINES_A_TEST : 0;
	return sizes;
}

int main(int argc, char **argv)
{
	unsigned lines = argc == 2 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
	struct sizes sizes = sizes_of(lines);
	uint64_t state = 0x9E3779B97F4A7C15u;

	if (lines < 1000) {
		fprintf(stderr, "usage: gensource LINES, at least 1000\n");
		return 2;
	}
	printf("policy generated version 1;\nparam workspace : path;\nparam api_port : port = "
	       "443;\n");
	print_sets(&sizes);
	print_sandboxes(&sizes);
	print_tools(&sizes);
	for (unsigned role = 0; role < sizes.roles; role++)
		print_role(&sizes, role, &state);
	for (unsigned user = 0; user < sizes.roles; user++)
		printf("user \"user%u\" : role%u, role%u;\n", user, user, (user + 1) % sizes.roles);
	print_tests(&sizes, &state);
	return 0;
}
