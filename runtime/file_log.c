/*
 * See writ_files.h. The broker, in a keeper that shares our memory, adds; whoever reads waits for
 * nobody. An entry is taken by its number, written, and then counted for the first time: from there
 * on only its count changes. So several may add at once, and a keeper that is killed leaves an
 * entry that nobody sees. Who reads waits at the last one, as it may be about to be there, and
 * passes over it when there is another behind it: with one launch to a log none is missed. Nothing
 * is ever replaced: a flood finds no room and is counted.
 */
#include "runtime/file_log.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>

#include "runtime/broker_path.h"
#include "runtime/error.h"
#include "runtime/pool.h"

struct entry {
	_Atomic uint64_t times; /* 0: there is none yet */
	int sys_errno;
	const char *call;
	bool has_pattern;
	char path[BROKER_PATH];
	char pattern[BROKER_PATH];
};

struct writ_file_log {
	struct file_log base; /* first: what the broker has */
	struct pool pool;     /* what it is in */
	_Atomic uint64_t n_taken;
	_Atomic uint64_t left_out;
	struct entry entries[WRIT_FILE_LOG_REFUSALS];
};

static const char *call_name(long number)
{
	static const struct {
		long number;
		const char *name;
	} rows[] = {
#define ROW(name) {SYS_##name, #name}
#ifdef SYS_open
		ROW(open),
		ROW(creat),
		ROW(mkdir),
		ROW(mknod),
		ROW(rename),
		ROW(link),
		ROW(symlink),
		ROW(unlink),
		ROW(rmdir),
		ROW(chmod),
		ROW(utime),
		ROW(utimes),
		ROW(futimesat),
#endif
#ifdef SYS_renameat
		ROW(renameat),
#endif
		ROW(openat),
		ROW(truncate),
		ROW(mkdirat),
		ROW(mknodat),
		ROW(unlinkat),
		ROW(symlinkat),
		ROW(linkat),
		ROW(renameat2),
		ROW(fchmodat),
		ROW(fchmod),
		ROW(utimensat),
		{KERNEL_NR_OPENAT2, "openat2"},
		{KERNEL_NR_FCHMODAT2, "fchmodat2"},
#undef ROW
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].number == number)
			return rows[i].name;
	}
	return "another call";
}

/* The pattern that covers a name, or NULL. */
static const char *find_pattern(const struct broker *broker, const char *name)
{
	for (size_t i = 0; i < broker->rules.n; i++) {
		const struct broker_rules one = {&broker->rules.items[i], 1};

		if (broker_rules_deny(&one, name))
			return broker->rules.items[i].text;
	}
	return NULL;
}

static void copy(char out[BROKER_PATH], const char *text)
{
	size_t len = strnlen(text, BROKER_PATH - 1);

	memcpy(out, text, len);
	out[len] = '\0';
}

static void add(struct file_log *base, const struct broker *broker, long result)
{
	struct writ_file_log *log = (struct writ_file_log *)base;
	const char *call = call_name(broker->notif.nr);
	const char *pattern;
	uint64_t n;

	for (size_t i = 0; i < WRIT_FILE_LOG_REFUSALS; i++) {
		struct entry *entry = &log->entries[i];

		if (!atomic_load_explicit(&entry->times, memory_order_acquire) ||
		    entry->call != call || entry->sys_errno != -result ||
		    strcmp(entry->path, broker->refused) != 0)
			continue;
		(void)atomic_fetch_add(&entry->times, 1);
		return;
	}
	n = atomic_fetch_add(&log->n_taken, 1);
	if (n >= WRIT_FILE_LOG_REFUSALS) {
		(void)atomic_fetch_add(&log->left_out, 1);
		return;
	}
	pattern = find_pattern(broker, broker->refused);
	log->entries[n].sys_errno = (int)-result;
	log->entries[n].call = call;
	log->entries[n].has_pattern = pattern != NULL;
	copy(log->entries[n].path, broker->refused);
	copy(log->entries[n].pattern, pattern ? pattern : "");
	atomic_store_explicit(&log->entries[n].times, 1, memory_order_release);
}

int writ_file_log_open(struct writ_file_log **out, struct writ_error *error)
{
	struct pool pool = {.is_brief = false};
	struct writ_file_log *log;

	if (!out)
		return error_set(error, WRIT_E_INVALID, "writ_file_log_open: no place for the log");
	log = pool_alloc(&pool, sizeof(*log));
	if (!log)
		return error_nomem(error);
	log->pool = pool;
	log->base.add = add;
	*out = log;
	return 0;
}

void writ_file_log_close(struct writ_file_log *log)
{
	if (log)
		pool_free(&log->pool);
}

int writ_file_log_next(const struct writ_file_log *log, uint64_t *next, struct writ_refusal *out)
{
	for (; *next < WRIT_FILE_LOG_REFUSALS; ++*next) {
		const struct entry *entry = &log->entries[*next];
		/* Before times: who takes the entry behind has written this one. */
		uint64_t n_taken = atomic_load(&log->n_taken);
		uint64_t times = atomic_load_explicit(&entry->times, memory_order_acquire);

		if (!times && *next + 1 >= n_taken)
			return 0;
		if (!times)
			continue;
		*out = (struct writ_refusal){
			.times = times,
			.sys_errno = entry->sys_errno,
			.call = entry->call,
			.path = entry->path,
			.pattern = entry->has_pattern ? entry->pattern : NULL,
		};
		++*next;
		return 1;
	}
	return 0;
}

uint64_t writ_file_log_left_out(const struct writ_file_log *log)
{
	return atomic_load(&log->left_out);
}
