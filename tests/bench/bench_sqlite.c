/*
 * The decisions of bench_check from a database: roles with the closure of their inheritance, and
 * each grant written out, in memory, with one prepared statement.
 *
 *	bench_sqlite POLICY ROLES TOOLS WRIT_NS WRIT_ALLOWED
 *
 * In: a policy of genpolicy.c and what bench_check --names measured with it. Out: one line as those
 * of peers.js. SQLite is looked for when the program runs, so that nothing needs it to be built:
 * where there is none, it says so and succeeds. All verdicts are counted and must be as many as
 * Writ's.
 */
#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>

#include "bench.h"

#define QUERIES       (1u << 16)
#define SLICE         (1u << 12) /* queries that are timed together, as in bench_check */
#define ROUNDS        5
#define NAME_SIZE     48
#define LINE_SIZE     4096
#define SQLITE_OK_ROW 100

struct sqlite;
struct statement;

static struct {
	int (*open)(const char *path, struct sqlite **out);
	int (*exec)(struct sqlite *db, const char *sql, void *callback, void *arg, char **error);
	int (*prepare)(struct sqlite *db, const char *sql, int len, struct statement **out,
		       const char **tail);
	int (*bind_text)(struct statement *statement, int at, const char *text, int len,
			 void (*destroy)(void *));
	int (*step)(struct statement *statement);
	int (*column_int)(struct statement *statement, int column);
	int (*reset)(struct statement *statement);
	const char *(*version)(void);
} sqlite;

static struct {
	char role[NAME_SIZE];
	char tool[NAME_SIZE];
} queries[QUERIES];

static bool find_sqlite(void)
{
	const struct {
		const char *name;
		void *function;
	} rows[] = {
		{"sqlite3_open", &sqlite.open},          {"sqlite3_exec", &sqlite.exec},
		{"sqlite3_prepare_v2", &sqlite.prepare}, {"sqlite3_bind_text", &sqlite.bind_text},
		{"sqlite3_step", &sqlite.step},          {"sqlite3_column_int", &sqlite.column_int},
		{"sqlite3_reset", &sqlite.reset},        {"sqlite3_libversion", &sqlite.version},
	};
	void *library = dlopen("libsqlite3.so.0", RTLD_NOW);

	for (size_t i = 0; library && i < sizeof(rows) / sizeof(rows[0]); i++) {
		void *symbol = dlsym(library, rows[i].name);

		if (!symbol)
			return false;
		memcpy(rows[i].function, &symbol, sizeof(symbol));
	}
	return library != NULL;
}

static void run(struct sqlite *db, const char *sql)
{
	char *error = NULL;

	if (sqlite.exec(db, sql, NULL, NULL, &error)) {
		fprintf(stderr, "bench_sqlite: %s: %s\n", sql, error ? error : "failed");
		exit(1);
	}
}

static struct statement *prepare(struct sqlite *db, const char *sql)
{
	struct statement *statement;

	if (sqlite.prepare(db, sql, -1, &statement, NULL)) {
		fprintf(stderr, "bench_sqlite: %s\n", sql);
		exit(1);
	}
	return statement;
}

/* Binds n texts, runs the statement and gives the first column of its row, or none. */
static int ask(struct statement *statement, const char *const *texts, int n, int none)
{
	int value = none;

	for (int i = 0; i < n; i++)
		(void)sqlite.bind_text(statement, i + 1, texts[i], -1, NULL);
	if (sqlite.step(statement) == SQLITE_OK_ROW)
		value = sqlite.column_int(statement, 0);
	(void)sqlite.reset(statement);
	return value;
}

/* "allow a, b_*;" or "deny c;" of a role: a grant for each tool that a pattern matches. */
static void add_rules(struct statement *statement, const char *role, char *line)
{
	char *at = NULL, *word = strtok_r(line, " ,;\n", &at);
	const char *verdict = strcmp(word, "allow") ? "0" : "2"; /* the least one decides */

	while ((word = strtok_r(NULL, " ,;\n", &at)))
		(void)ask(statement, (const char *const[]){role, verdict, word}, 3, 0);
}

/* Reads a policy as genpolicy writes it: a tool a line; a role's head, and a rule a line. */
static void load(struct sqlite *db, const char *path)
{
	struct statement *tool = prepare(db, "INSERT INTO tools VALUES (?1)");
	struct statement *own = prepare(db, "INSERT INTO closure VALUES (?1, ?1)");
	struct statement *inherit =
		prepare(db, "INSERT INTO closure SELECT ?1, ancestor FROM closure WHERE role = ?2");
	struct statement *grant =
		prepare(db, "INSERT INTO grants SELECT ?1, name, CAST(?2 AS INTEGER) FROM tools "
			    "WHERE name GLOB ?3 ON CONFLICT DO UPDATE SET "
			    "verdict = min(verdict, excluded.verdict)");
	FILE *file = fopen(path, "r");
	static char line[LINE_SIZE];
	char role[NAME_SIZE], parent[NAME_SIZE];

	if (!file) {
		perror(path);
		exit(1);
	}
	while (fgets(line, sizeof(line), file)) {
		int n = sscanf(line, "role %47s extends %47s", role, parent);

		if (n >= 1)
			(void)ask(own, (const char *const[]){role}, 1, 0);
		if (n == 2)
			(void)ask(inherit, (const char *const[]){role, parent}, 2, 0);
		if (!strncmp(line, "  ", 2))
			add_rules(grant, role, line);
		if (sscanf(line, "tool %47s", parent) == 1)
			(void)ask(tool, (const char *const[]){parent}, 1, 0);
	}
	fclose(file);
}

static void make_queries(unsigned roles, unsigned tools)
{
	uint64_t state = 0xD6E8FEB86659FD93u;

	for (unsigned i = 0; i < QUERIES; i++) {
		unsigned tool = (unsigned)(bench_random(&state) % tools);

		snprintf(queries[i].role, NAME_SIZE, "role%u",
			 (unsigned)(bench_random(&state) % roles));
		snprintf(queries[i].tool, NAME_SIZE, "family%u_tool%u", tool / 20, tool);
	}
}

/* Asks all queries, and keeps for each slice of them the least time it has taken. */
static unsigned ask_all(struct statement *statement, uint64_t *best)
{
	unsigned allowed = 0;
	uint64_t start = 0;

	for (unsigned i = 0; i < QUERIES; i++) {
		if (i % SLICE == 0)
			start = bench_now_ns();
		allowed += ask(statement, (const char *const[]){queries[i].role, queries[i].tool},
			       2, 0) == 2;
		if (i % SLICE == SLICE - 1 && bench_now_ns() - start < best[i / SLICE])
			best[i / SLICE] = bench_now_ns() - start;
	}
	return allowed;
}

int main(int argc, char **argv)
{
	uint64_t start = bench_now_ns(), best[QUERIES / SLICE], sum = 0, loaded;
	struct statement *statement;
	struct sqlite *db;
	char name[NAME_SIZE];

	if (argc != 6 || !find_sqlite()) {
		puts(argc == 6 ? "SQLite: not on this machine" : "usage: see the source");
		return argc == 6 ? 0 : 2;
	}
	if (sqlite.open(":memory:", &db))
		return 1;
	run(db, "CREATE TABLE tools (name TEXT PRIMARY KEY) WITHOUT ROWID;"
		"CREATE TABLE closure (role TEXT, ancestor TEXT, PRIMARY KEY (role, ancestor)) "
		"WITHOUT ROWID;"
		"CREATE TABLE grants (role TEXT, tool TEXT, verdict INTEGER, "
		"PRIMARY KEY (role, tool)) WITHOUT ROWID;"
		"BEGIN");
	load(db, argv[1]);
	run(db, "COMMIT");
	statement = prepare(db, "SELECT min(verdict) FROM closure JOIN grants "
				"ON grants.role = closure.ancestor AND grants.tool = ?2 "
				"WHERE closure.role = ?1");
	loaded = bench_now_ns() - start;
	make_queries((unsigned)strtoul(argv[2], NULL, 10), (unsigned)strtoul(argv[3], NULL, 10));
	memset(best, 0xff, sizeof(best));
	for (int i = 0; i < ROUNDS; i++) {
		unsigned allowed = ask_all(statement, best);

		if (allowed != strtoul(argv[5], NULL, 10)) {
			fprintf(stderr, "bench_sqlite: allows %u, Writ %s\n", allowed, argv[5]);
			return 1;
		}
	}
	for (unsigned i = 0; i < QUERIES / SLICE; i++)
		sum += best[i];
	snprintf(name, sizeof(name), "SQLite %s, closure table", sqlite.version());
	printf("%-34s %9.1f %12.0f %9.0f\n", name, (double)loaded / 1e6, (double)sum / QUERIES,
	       (double)sum / QUERIES / strtod(argv[4], NULL));
	return 0;
}
