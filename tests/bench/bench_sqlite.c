/*
 * The decisions of bench_check from a database: roles with the closure of their inheritance, and
 * each grant written out, in memory, with one prepared statement.
 *
 *	bench_sqlite POLICY ROLES TOOLS WRIT_NS WRIT_ALLOWED WRIT_WHOLE_NS DIRECTORY
 *
 * In: a policy of genpolicy.c, what bench_check --names measured with it, and bench_whole --mean.
 * Out: one line as those of peers.js; for a decision with a rate and a record a row of a table is
 * updated, and one inserted into a database in a file, a thousand in a transaction. SQLite is
 *looked for when the program runs, so that nothing needs it to be built: where there is none, it
 *says so and succeeds. All verdicts are counted and must be as many as Writ's.
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

/* A call that is taken out of a rate, and recorded. */
struct whole {
	struct sqlite *db;
	struct statement *decide;
	struct statement *take;
	struct statement *record;
};

static void open_whole(struct whole *whole, const char *directory, char *path, size_t size)
{
	char sql[2 * LINE_SIZE];

	snprintf(path, size, "%s/bench-sqlite.db", directory);
	(void)remove(path);
	snprintf(sql, sizeof(sql),
		 "ATTACH '%s' AS log; PRAGMA log.journal_mode = WAL; PRAGMA log.synchronous = "
		 "NORMAL;"
		 "CREATE TABLE log.records (seq INTEGER PRIMARY KEY, time REAL, role TEXT, tool "
		 "TEXT, "
		 "verdict TEXT); CREATE TABLE rates (role TEXT, tool TEXT, full REAL, "
		 "PRIMARY KEY (role, tool)) WITHOUT ROWID",
		 path);
	run(whole->db, sql);
	whole->take =
		prepare(whole->db,
			"INSERT INTO rates VALUES (?1, ?2, julianday()) ON CONFLICT DO UPDATE "
			"SET full = max(full, julianday()) + 1e-14 WHERE full < julianday() + 1");
	whole->record = prepare(whole->db, "INSERT INTO log.records (time, role, tool, verdict) "
					   "VALUES (julianday(), ?1, ?2, 'allow')");
}

static void close_whole(struct whole *whole, const char *path)
{
	char file[2 * LINE_SIZE];

	(void)whole;
	(void)remove(path);
	snprintf(file, sizeof(file), "%s-wal", path);
	(void)remove(file);
	snprintf(file, sizeof(file), "%s-shm", path);
	(void)remove(file);
}

/* The mean of n calls that are allowed, of the best of some rounds. */
static double time_whole(struct whole *whole, const unsigned *calls, unsigned n)
{
	uint64_t best = UINT64_MAX;

	for (int round = 0; round < ROUNDS; round++) {
		uint64_t start = bench_now_ns();

		for (unsigned i = 0; i < n; i++) {
			const char *const names[] = {queries[calls[i]].role,
						     queries[calls[i]].tool};

			if (i % 1000 == 0)
				run(whole->db, i ? "COMMIT; BEGIN" : "BEGIN");
			if (ask(whole->decide, names, 2, 0) != 2)
				exit(1);
			(void)ask(whole->take, names, 2, 0);
			(void)ask(whole->record, names, 2, 0);
		}
		run(whole->db, "COMMIT");
		if (bench_now_ns() - start < best)
			best = bench_now_ns() - start;
	}
	return (double)best / n;
}

/* Those of the queries that are allowed. */
static unsigned find_allowed(struct statement *decide, unsigned *calls)
{
	unsigned n = 0;

	for (unsigned i = 0; i < QUERIES; i++) {
		if (ask(decide, (const char *const[]){queries[i].role, queries[i].tool}, 2, 0) == 2)
			calls[n++] = i;
	}
	return n;
}

static double measure_whole(struct sqlite *db, struct statement *decide, const char *directory)
{
	static unsigned calls[QUERIES];
	struct whole whole = {.db = db, .decide = decide};
	char path[LINE_SIZE];
	double ns;

	open_whole(&whole, directory, path, sizeof(path));
	ns = time_whole(&whole, calls, find_allowed(decide, calls));
	close_whole(&whole, path);
	return ns;
}

/* The mean of a decision, of the best of some rounds for each slice. */
static double measure(struct statement *decide, const char *writ_allowed)
{
	uint64_t best[QUERIES / SLICE], sum = 0;

	memset(best, 0xff, sizeof(best));
	for (int i = 0; i < ROUNDS; i++) {
		unsigned allowed = ask_all(decide, best);

		if (allowed != strtoul(writ_allowed, NULL, 10)) {
			fprintf(stderr, "bench_sqlite: allows %u, Writ %s\n", allowed,
				writ_allowed);
			exit(1);
		}
	}
	for (unsigned i = 0; i < QUERIES / SLICE; i++)
		sum += best[i];
	return (double)sum / QUERIES;
}

int main(int argc, char **argv)
{
	uint64_t start = bench_now_ns(), loaded;
	struct statement *statement;
	struct sqlite *db;
	char name[NAME_SIZE];
	double ns, whole;

	if (argc != 8 || !find_sqlite()) {
		puts(argc == 8 ? "SQLite: not on this machine" : "usage: see the source");
		return argc == 8 ? 0 : 2;
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
	ns = measure(statement, argv[5]);
	whole = measure_whole(db, statement, argv[7]);
	snprintf(name, sizeof(name), "SQLite %s, closure table", sqlite.version());
	printf("%-34s %9.1f %12.0f %9.0f %12.0f %9.0f\n", name, (double)loaded / 1e6, ns,
	       ns / strtod(argv[4], NULL), whole, whole / strtod(argv[6], NULL));
	return 0;
}
