/*
 * See record.h. Paths are many, so they are hashed; the rest are few. Endpoints and calls are
 * compared one by one. What is full stays as it is, and says so.
 */
#include "runtime/learn/record.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/learn/text.h"

#define FNV_OFFSET 2166136261u
#define FNV_PRIME  16777619u

void seen_by_add(struct seen_by *by, const char *program)
{
	for (unsigned int i = 0; i < by->n && i < RECORD_PROGRAMS; i++) {
		if (!strcmp(by->names[i], program))
			return;
	}
	if (by->n < RECORD_PROGRAMS)
		(void)snprintf(by->names[by->n], TRACEE_PROGRAM, "%s", program);
	by->n += by->n <= RECORD_PROGRAMS;
}

void seen_by_print(FILE *out, const struct seen_by *by)
{
	for (unsigned int i = 0; i < by->n && i < RECORD_PROGRAMS; i++) {
		(void)fputs(i ? ", " : "", out);
		text_put_plain(out, by->names[i]);
	}
	if (by->n > RECORD_PROGRAMS)
		(void)fputs(" and others", out);
}

static size_t bucket_of(const char *path)
{
	uint32_t hash = FNV_OFFSET;

	for (; *path; path++)
		hash = (hash ^ (unsigned char)*path) * FNV_PRIME;
	return hash % RECORD_BUCKETS;
}

/* One more than its place, or 0. */
static size_t place_of(const struct record *record, const char *path)
{
	size_t place = record->buckets[bucket_of(path)];

	while (place && strcmp(record->paths[place - 1].path, path) != 0)
		place = record->paths[place - 1].next;
	return place;
}

bool record_has(const struct record *record, const char *path)
{
	return place_of(record, path) != 0;
}

static bool has_room(struct record *record, size_t n)
{
	record->full = record->full || n >= RECORD_MAX_ITEMS;
	return n < RECORD_MAX_ITEMS;
}

static struct seen_path *find_path(struct record *record, const char *path)
{
	size_t *bucket = &record->buckets[bucket_of(path)];
	size_t place = place_of(record, path);
	struct seen_path *seen;

	if (place)
		return &record->paths[place - 1];
	if (!has_room(record, record->n_paths))
		return NULL;
	record->paths = learn_room(record->paths, record->n_paths, sizeof(*record->paths));
	seen = memset(&record->paths[record->n_paths++], 0, sizeof(*seen));
	seen->path = learn_copy(path);
	seen->next = *bucket;
	*bucket = record->n_paths;
	return seen;
}

void record_path(struct record *record, const struct tracee *tracee, const char *path,
		 unsigned int uses)
{
	struct seen_path *seen = find_path(record, path);

	if (!seen)
		return;
	seen->uses |= uses;
	seen->count++;
	seen_by_add(uses & USE_EXECUTE ? &seen->executed_by : &seen->by, tracee->program);
}

static struct seen_net *find_net(struct record *record, const struct net_use *use, int error)
{
	struct seen_net *seen;

	for (size_t i = 0; i < record->n_net; i++) {
		seen = &record->net[i];
		if (!memcmp(&seen->use, use, sizeof(*use)) && seen->error == error)
			return seen;
	}
	if (!has_room(record, record->n_net))
		return NULL;
	record->net = learn_room(record->net, record->n_net, sizeof(*record->net));
	seen = memset(&record->net[record->n_net++], 0, sizeof(*seen));
	seen->use = *use;
	seen->error = error;
	return seen;
}

void record_net(struct record *record, const struct tracee *tracee, const struct net_use *use,
		int error)
{
	struct seen_net *seen = find_net(record, use, error);

	if (!seen)
		return;
	seen->count++;
	seen_by_add(&seen->by, tracee->program);
}

static struct seen_call *find_call(struct record *record, const char *item, int error)
{
	struct seen_call *seen;

	for (size_t i = 0; i < record->n_calls; i++) {
		seen = &record->calls[i];
		if (!strcmp(seen->item, item) && seen->error == error)
			return seen;
	}
	if (!has_room(record, record->n_calls))
		return NULL;
	record->calls = learn_room(record->calls, record->n_calls, sizeof(*record->calls));
	seen = memset(&record->calls[record->n_calls++], 0, sizeof(*seen));
	(void)snprintf(seen->item, sizeof(seen->item), "%s", item);
	seen->error = error;
	return seen;
}

void record_call(struct record *record, const struct tracee *tracee, int error)
{
	const struct call *call = calls_find(tracee->number);
	char item[CALLS_MAX_ITEM];
	struct seen_call *seen;

	if (!call)
		return;
	record->is_used[call->number] = true;
	if (!calls_beside_default(call, tracee->args, item, sizeof(item))) {
		if (!error)
			return;
		(void)snprintf(item, sizeof(item), "%s", call->name);
	}
	seen = find_call(record, item, error);
	if (!seen)
		return;
	seen->call = call;
	seen->count++;
	seen_by_add(&seen->by, tracee->program);
}

static int compare_paths(const void *a, const void *b)
{
	const struct seen_path *x = a;
	const struct seen_path *y = b;

	return strcmp(x->path, y->path);
}

void record_sort(struct record *record)
{
	if (record->n_paths)
		qsort(record->paths, record->n_paths, sizeof(*record->paths), compare_paths);
}
