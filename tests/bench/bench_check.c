/*
 * How long a decision takes, and how large the table is.
 *
 *	bench_check [--brief | --conditions | --names] BUNDLE ROLES TOOLS ...
 *
 * For each bundle of genpolicy.c: its size; the time to load it, verify all of it and answer the
 * first question; the mean of random queries over all roles and tools, by ids and by names; of a
 * tool that the policy does not name, which runs through the automaton of wildcards; and the median
 * and 99th percentile of single queries by names after the caches were evicted. Each hot figure is
 * the best of several rounds, taken for a slice of the queries at a time, and that of opening the
 * best of several times, since whatever else the machine does only adds. --conditions asks about
 * calls that a rule with a condition on a path decides, with a path of 40 bytes. --brief prints one
 * line, for the demo, and takes the names from any policy: BUNDLE WORKSPACE ROLE TOOL. --names
 *prints what run.sh hands to the other engines.
 */
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "bench.h"
#include "runtime/writ.h"

#define QUERIES     (1u << 16)
#define SLICE       (1u << 12) /* queries that are timed together */
#define ROUNDS      15
#define OPENS       41
#define COLD        2000
#define EVICT_BYTES (64u << 20)
#define NAME_SIZE   48
#define PATH_BYTES  40
#define PATH_SIZE   128

struct query {
	char role[NAME_SIZE];
	char tool[NAME_SIZE];
	uint32_t role_id;
	uint32_t tool_id;
	size_t role_len;
	size_t tool_len;
};

/*
 * Of the queries about conditions: PATH_BYTES long, in the role's directory; and the same with "."
 * and ".." in it. Not in struct query, whose size is part of what the other figures measure.
 */
static char *paths[QUERIES];
static char *detours[QUERIES];

static volatile unsigned sink; /* what keeps the compiler from leaving the work out */

static void make_query(const struct writ_policy *policy, unsigned role, unsigned tool,
		       struct query *query)
{
	query->role_len = (size_t)snprintf(query->role, NAME_SIZE, "role%u", role);
	query->tool_len = (size_t)snprintf(query->tool, NAME_SIZE, "family%u_tool%u", tool / 20,
					   tool);
	query->role_id = writ_subject_open(policy, WRIT_ROLE, query->role, query->role_len);
	query->tool_id = writ_tool_id(policy, query->tool, query->tool_len);
	if (query->role_id == WRIT_NO_ID || query->tool_id == WRIT_NO_ID) {
		fprintf(stderr, "bench_check: the bundle has no %s or no %s\n", query->role,
			query->tool);
		exit(1);
	}
}

static char *make_path(const char *top, const struct query *query)
{
	char *path = malloc(PATH_SIZE);

	if (!path)
		exit(1);
	snprintf(path, PATH_SIZE, "%s/data/%s/%040d", top, query->role, 0);
	path[PATH_BYTES] = '\0';
	return path;
}

/* Does a rule with a condition decide it? */
static bool has_condition(const struct writ_policy *policy, const struct query *query)
{
	struct writ_decision decision;

	(void)!writ_check_id(policy, query->role_id, query->tool_id, &decision);
	return decision.reason == WRIT_NO_CONDITION;
}

static struct query *make_queries(const struct writ_policy *policy, unsigned roles, unsigned tools,
				  bool conditions)
{
	struct query *queries = calloc(QUERIES, sizeof(*queries));
	uint64_t state = 0xD6E8FEB86659FD93u;

	if (!queries)
		exit(1);
	for (unsigned i = 0; i < QUERIES; i++) {
		do {
			unsigned tool = (unsigned)(bench_random(&state) % tools);

			make_query(policy, (unsigned)(bench_random(&state) % roles), tool,
				   &queries[i]);
		} while (conditions && !has_condition(policy, &queries[i]));
		if (conditions) {
			paths[i] = make_path("/srv", &queries[i]);
			detours[i] = make_path("/srv/./x/..", &queries[i]);
		}
	}
	return queries;
}

static enum writ_verdict check_names(const struct writ_policy *policy, const struct query *query)
{
	return writ_check(policy,
			  &(struct writ_request){.role = query->role,
						 .role_len = query->role_len,
						 .tool = query->tool,
						 .tool_len = query->tool_len},
			  NULL);
}

static unsigned round_ids(const struct writ_policy *policy, const struct query *queries,
			  unsigned first)
{
	unsigned sum = 0;

	for (unsigned i = first; i < first + SLICE; i++)
		sum += writ_check_id(policy, queries[i].role_id, queries[i].tool_id, NULL);
	return sum;
}

static unsigned round_names(const struct writ_policy *policy, const struct query *queries,
			    unsigned first)
{
	unsigned sum = 0;

	for (unsigned i = first; i < first + SLICE; i++)
		sum += check_names(policy, &queries[i]);
	return sum;
}

static unsigned check_path(const struct writ_policy *policy, const struct query *query,
			   const char *path)
{
	const struct writ_arg arg = {.name = "path",
				     .name_len = 4,
				     .text = path,
				     .text_len = PATH_BYTES};

	return writ_check(policy,
			  &(struct writ_request){.role = query->role,
						 .role_len = query->role_len,
						 .tool = query->tool,
						 .tool_len = query->tool_len,
						 .args = &arg,
						 .n_args = 1},
			  NULL);
}

static unsigned round_path(const struct writ_policy *policy, const struct query *queries,
			   unsigned first)
{
	unsigned sum = 0;

	for (unsigned i = first; i < first + SLICE; i++)
		sum += check_path(policy, &queries[i], paths[i]);
	return sum;
}

static unsigned round_detour(const struct writ_policy *policy, const struct query *queries,
			     unsigned first)
{
	unsigned sum = 0;

	for (unsigned i = first; i < first + SLICE; i++)
		sum += check_path(policy, &queries[i], detours[i]);
	return sum;
}

/* A random tool of a family that the policy has, with a number that it has not. */
static unsigned round_unknown(const struct writ_policy *policy, const struct query *queries,
			      unsigned first)
{
	unsigned sum = 0;

	for (unsigned i = first; i < first + SLICE; i++) {
		struct query query = queries[i];

		query.tool[query.tool_len++] = 'x';
		sum += check_names(policy, &query);
	}
	return sum;
}

/* The queries of the slice that begins at first. */
typedef unsigned round_fn(const struct writ_policy *policy, const struct query *queries,
			  unsigned first);

/* Nanoseconds of one query, the mean of the best of each slice. */
static double hot(round_fn *round, const struct writ_policy *policy, const struct query *queries)
{
	uint64_t best[QUERIES / SLICE];
	uint64_t sum = 0;

	memset(best, 0xff, sizeof(best));
	for (unsigned i = 0; i < ROUNDS * QUERIES; i += SLICE) {
		unsigned first = i % QUERIES;
		uint64_t start = bench_now_ns();

		sink += round(policy, queries, first);
		uint64_t took = bench_now_ns() - start;

		if (took < best[first / SLICE])
			best[first / SLICE] = took;
	}
	for (unsigned i = 0; i < QUERIES / SLICE; i++)
		sum += best[i];
	return (double)sum / QUERIES;
}

/* Fills samples with single queries by names, each after the caches held something else. */
static void cold(const struct writ_policy *policy, const struct query *queries, uint64_t *samples)
{
	unsigned char *other = malloc(EVICT_BYTES);

	if (!other)
		exit(1);
	for (unsigned i = 0; i < COLD; i++) {
		/* One pass in sixteen over everything, between them a part: enough to evict L1 and
		 * L2. */
		size_t size = i % 16 ? EVICT_BYTES / 16 : EVICT_BYTES;

		for (size_t at = 0; at < size; at += 64)
			other[at]++;
		uint64_t start = bench_now_ns();

		sink += check_names(policy, &queries[i]);
		samples[i] = bench_now_ns() - start;
	}
	free(other);
	bench_sort(samples, COLD);
}

static struct writ_policy *load(const char *path, const struct writ_options *options)
{
	struct writ_policy *policy;
	struct writ_error error;

	if (writ_open(path, options, &policy, &error)) {
		fprintf(stderr, "bench_check: %s: %s\n", path, error.text);
		exit(1);
	}
	return policy;
}

/* Milliseconds until the first question is answered, the best of OPENS times. */
static double open_ms(const char *path, unsigned tools)
{
	uint64_t best = UINT64_MAX;

	for (int i = 0; i < OPENS; i++) {
		uint64_t start = bench_now_ns();
		struct writ_policy *policy = load(path, NULL);
		struct query query;

		make_query(policy, 0, tools - 1, &query);
		sink += check_names(policy, &query);
		uint64_t took = bench_now_ns() - start;

		if (took < best)
			best = took;
		writ_close(policy);
	}
	return (double)best / 1e6;
}

static double size_kib(const char *path)
{
	struct stat st;

	if (stat(path, &st)) {
		perror(path);
		exit(1);
	}
	return (double)st.st_size / 1024;
}

static void bench(const char *path, unsigned roles, unsigned tools)
{
	static uint64_t samples[COLD];
	struct writ_policy *policy = load(path, NULL);
	struct query *queries = make_queries(policy, roles, tools, false);

	printf("%6u %6u %9.0f %9.2f %9.1f %9.1f %9.1f", roles, tools, size_kib(path),
	       open_ms(path, tools), hot(round_ids, policy, queries),
	       hot(round_names, policy, queries), hot(round_unknown, policy, queries));
	cold(policy, queries, samples);
	printf(" %9llu %9llu\n", (unsigned long long)bench_percentile(samples, COLD, 50),
	       (unsigned long long)bench_percentile(samples, COLD, 99));
	free(queries);
	writ_close(policy);
}

static void bench_conditions(const char *path, unsigned roles, unsigned tools)
{
	struct writ_policy *policy = load(path, NULL);
	struct query *queries = make_queries(policy, roles, tools, true);

	printf("%6u %6u %9.0f %9.2f %9.1f %9.1f %9.1f\n", roles, tools, size_kib(path),
	       open_ms(path, tools), hot(round_names, policy, queries),
	       hot(round_path, policy, queries), hot(round_detour, policy, queries));
	for (unsigned i = 0; i < QUERIES; i++) {
		free(paths[i]);
		free(detours[i]);
	}
	free(queries);
	writ_close(policy);
}

/* BUNDLE WORKSPACE ROLE TOOL: one decision, over and over. */
static void brief(char **args)
{
	const struct writ_param param = {.name = "workspace", .value = args[1]};
	struct writ_policy *policy = load(args[0],
					  &(struct writ_options){.params = &param, .n_params = 1});
	struct query *queries = calloc(QUERIES, sizeof(*queries));

	if (!queries)
		exit(1);
	for (unsigned i = 0; i < QUERIES; i++) {
		queries[i].role_len = (size_t)snprintf(queries[i].role, NAME_SIZE, "%s", args[2]);
		queries[i].tool_len = (size_t)snprintf(queries[i].tool, NAME_SIZE, "%s", args[3]);
	}
	printf("%.0f\n", hot(round_names, policy, queries));
	free(queries);
	writ_close(policy);
}

/* BUNDLE ROLES TOOLS ... */
static int table(char **args, void (*row)(const char *path, unsigned roles, unsigned tools))
{
	for (; args[0] && args[1] && args[2]; args += 3)
		row(args[0], (unsigned)strtoul(args[1], NULL, 10),
		    (unsigned)strtoul(args[2], NULL, 10));
	return 0;
}

/* For the engines beside Writ: the mean by names, and how many of the calls are allowed. */
static void names(const char *path, unsigned roles, unsigned tools)
{
	struct writ_policy *policy = load(path, NULL);
	struct query *queries = make_queries(policy, roles, tools, false);
	unsigned allowed = 0;

	for (unsigned i = 0; i < QUERIES; i++)
		allowed += check_names(policy, &queries[i]) == WRIT_ALLOW;
	printf("%.1f %u\n", hot(round_names, policy, queries), allowed);
	free(queries);
	writ_close(policy);
}

int main(int argc, char **argv)
{
	if (argc == 5 && !strcmp(argv[1], "--names"))
		return table(argv + 2, names);
	if (argc == 6 && !strcmp(argv[1], "--brief")) {
		brief(argv + 2);
		return 0;
	}
	if (argc >= 5 && !strcmp(argv[1], "--conditions")) {
		printf("writ_check by names, conditions on a path, ns a decision (open: ms)\n");
		printf("%6s %6s %9s %9s %9s %9s %9s\n", "roles", "tools", "KiB", "open", "missing",
		       "path", "with ..");
		return table(argv + 2, bench_conditions);
	}
	if (argc < 4 || (argc - 1) % 3) {
		fprintf(stderr, "usage: bench_check [--conditions] BUNDLE ROLES TOOLS ...\n"
				"       bench_check --brief BUNDLE WORKSPACE ROLE TOOL\n");
		return 2;
	}
	printf("writ_check, ns a decision (open: ms)\n");
	printf("%6s %6s %9s %9s %9s %9s %9s %9s %9s\n", "roles", "tools", "KiB", "open", "ids",
	       "names", "wildcard", "cold p50", "cold p99");
	return table(argv + 1, bench);
}
