/*
 * Questions to a human, as slots in shared memory that need no lock.
 *
 * A slot is a state and a record. The state is a generation, a status and who answered, in one
 * word, which changes by exchange only: a slot that nobody needs is taken (WRITING), filled, and
 * shown (PENDING); the answer comes once; an approval is used once. The generation is one more each
 * time, so no exchange is made on a request other than the one that was looked at.
 *
 * The record is copied by who reads it and used only if its sum is right, a keyed hash over all of
 * it and the generation. So nobody acts on half of a record, or on two mixed. A process that is
 * killed while it writes leaves a slot that others take after STALE_NS; should it only have been
 * asleep, what it writes then spoils the sum, and the request it falls upon is none.
 *
 * One subject may hold WRIT_MAX_REQUESTS_OF_ONE slots, so that nobody takes them all.
 *
 * Who waits sleeps on the state (futex(2)), and looks by itself every POLL_MS in case whoever
 * answered was killed before waking others. Times are CLOCK_MONOTONIC's.
 */
#include "runtime/monitor/request.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "runtime/error.h"
#include "runtime/kernel_abi.h"
#include "runtime/monitor/request_text.h"
#include "runtime/monitor/siphash.h"
#include "runtime/raw.h"

#define N_SLOTS   WRIT_MAX_REQUESTS
#define ID_SIZE   16u
#define NS_PER_MS 1000000u
#define NS_PER_S  1000000000u
#define LIFE_NS   ((uint64_t)600 * NS_PER_S) /* of a request */
#define STALE_NS  ((uint64_t)60 * NS_PER_S)  /* no process takes so long to write a record */
#define POLL_MS   1000u

enum status { EMPTY, WRITING, PENDING, APPROVED, REJECTED, USED };

/* A state: who answered, the generation, the status. Waiters look at the lower half. */
#define STATUS_MASK    7u
#define GENERATION_ONE 8u
#define UID_AT         32

struct record {
	uint8_t id[ID_SIZE];
	uint8_t binding[SHA256_SIZE];
	uint64_t made_ns;
	uint64_t expires_ns;
	uint64_t generation;
	uint64_t asker; /* a keyed hash of who asks */
	char policy[256];
	char subject[256];
	char tool[256];
	char args[1024];
	uint64_t sum; /* last */
};
#define RECORD_WORDS (sizeof(struct record) / sizeof(uint64_t))
_Static_assert(sizeof(struct record) % sizeof(uint64_t) == 0, "it is copied in words");

struct slot {
	_Atomic uint64_t state;
	_Atomic uint64_t taken_ns; /* since when it is WRITING, or earlier */
	_Atomic uint64_t words[RECORD_WORDS];
};

static const struct state_part part = {
	.name = "requests",
	.version = 2,
	.size = (N_SLOTS * sizeof(struct slot) + 63) / 64 * 64,
};

struct requests {
	struct slot *slots;
	struct state_map map;
};

/* A request as it was found. */
struct found {
	struct slot *slot;
	uint64_t state;
	uint64_t now;
	struct record record;
};

void requests_close(struct requests *requests)
{
	if (!requests)
		return;
	state_unmap(&requests->map);
	free(requests);
}

int requests_open(const struct state *state, struct requests **out, struct writ_error *error)
{
	struct requests *requests = calloc(1, sizeof(*requests));
	int rc;

	if (!requests)
		return error_nomem(error);
	rc = state_map(state, &part, &requests->map, error);
	if (rc) {
		requests_close(requests);
		return rc;
	}
	requests->slots = requests->map.at;
	*out = requests;
	return 0;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static enum status status_of(uint64_t state)
{
	return (enum status)(state & STATUS_MASK);
}

static uint64_t generation_of(uint64_t state)
{
	return (uint32_t)state / GENERATION_ONE;
}

/* The same request, further on. */
static uint64_t with_status(uint64_t state, enum status status)
{
	return (state & ~(uint64_t)STATUS_MASK) | status;
}

static uint64_t sum_of(const struct requests *requests, const struct record *record)
{
	struct siphash hash;

	siphash_init(&hash, requests->map.key);
	siphash_update(&hash, record, offsetof(struct record, sum));
	return siphash_final(&hash);
}

/* The request in a slot. False: there is none. */
static bool read_slot(const struct requests *requests, struct slot *slot, struct found *found)
{
	uint64_t words[RECORD_WORDS];

	found->slot = slot;
	found->state = atomic_load(&slot->state);
	if (status_of(found->state) < PENDING || status_of(found->state) > USED)
		return false;
	for (size_t i = 0; i < RECORD_WORDS; i++)
		words[i] = atomic_load_explicit(&slot->words[i], memory_order_acquire);
	memcpy(&found->record, words, sizeof(words));
	if (found->record.generation != generation_of(found->state) ||
	    found->record.sum != sum_of(requests, &found->record))
		return false;
	/* Its state of after the copy was made: an answer may have come. */
	found->state = atomic_load(&slot->state);
	return found->record.generation == generation_of(found->state);
}

static void write_slot(const struct requests *requests, struct slot *slot, struct record *record)
{
	uint64_t words[RECORD_WORDS];

	record->sum = sum_of(requests, record);
	memcpy(words, record, sizeof(words));
	for (size_t i = 0; i < RECORD_WORDS; i++)
		atomic_store_explicit(&slot->words[i], words[i], memory_order_release);
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse_id(const char *text, uint8_t id[ID_SIZE])
{
	for (size_t i = 0; i < ID_SIZE; i++) {
		int high = digit(text[2 * i]);
		int low = high < 0 ? -1 : digit(text[2 * i + 1]);

		if (low < 0)
			return false;
		id[i] = (uint8_t)(high << 4 | low);
	}
	return text[2 * (size_t)ID_SIZE] == '\0';
}

static void print_id(const uint8_t id[ID_SIZE], char text[WRIT_REQUEST_ID_SIZE])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < ID_SIZE; i++) {
		text[2 * i] = digits[id[i] >> 4];
		text[2 * i + 1] = digits[id[i] & 0xf];
	}
	text[WRIT_REQUEST_ID_SIZE - 1] = '\0';
}

static bool find(const struct requests *requests, const char *text, struct found *found)
{
	uint8_t id[ID_SIZE];
	uint64_t first;

	if (!text || !parse_id(text, id))
		return false;
	memcpy(&first, id, sizeof(first));
	found->now = now_ns();
	for (uint32_t i = 0; i < N_SLOTS; i++) {
		struct slot *slot = &requests->slots[i];

		if (atomic_load(&slot->words[0]) == first && read_slot(requests, slot, found) &&
		    memcmp(found->record.id, id, ID_SIZE) == 0)
			return true;
	}
	return false;
}

static bool has_expired(const struct found *found)
{
	return found->now >= found->record.expires_ns;
}

/* ---- asking ---- */

/* The slot of a request that is pending for the same call. */
static bool find_pending(const struct requests *requests, const uint8_t binding[SHA256_SIZE],
			 struct found *found)
{
	uint64_t first;

	memcpy(&first, binding, sizeof(first));
	for (uint32_t i = 0; i < N_SLOTS; i++) {
		struct slot *slot = &requests->slots[i];

		if (atomic_load(&slot->words[ID_SIZE / sizeof(first)]) == first &&
		    read_slot(requests, slot, found) && status_of(found->state) == PENDING &&
		    !has_expired(found) && memcmp(found->record.binding, binding, SHA256_SIZE) == 0)
			return true;
	}
	return false;
}

/* May a new request take the slot? One that was used only when there is no other. */
static bool is_free(struct slot *slot, uint64_t state, uint64_t now, bool also_used)
{
	const size_t expires = offsetof(struct record, expires_ns) / sizeof(uint64_t);

	switch (status_of(state)) {
	case EMPTY:
		return true;
	case WRITING:
		return now > atomic_load(&slot->taken_ns) &&
		       now - atomic_load(&slot->taken_ns) > STALE_NS;
	case USED:
		return also_used || now >= atomic_load(&slot->words[expires]);
	case PENDING:
	case APPROVED:
	case REJECTED:
		break;
	}
	return now >= atomic_load(&slot->words[expires]);
}

/* A slot for a new request, WRITING, with its state; NULL: all are in use. */
static struct slot *take_slot(const struct requests *requests, uint64_t now, uint64_t *taken)
{
	for (uint32_t i = 0; i < 2 * N_SLOTS; i++) {
		struct slot *slot = &requests->slots[i % N_SLOTS];
		uint64_t state = atomic_load(&slot->state);
		uint64_t next = with_status((uint32_t)state + GENERATION_ONE, WRITING);

		if (!is_free(slot, state, now, i >= N_SLOTS))
			continue;
		next &= UINT32_MAX;
		/* Before, so that nobody takes it for a slot that was left. */
		atomic_store(&slot->taken_ns, now);
		if (!atomic_compare_exchange_strong(&slot->state, &state, next))
			continue;
		*taken = next;
		return slot;
	}
	return NULL;
}

static uint64_t asker_of(const struct requests *requests, const struct request_call *call)
{
	const uint32_t kind = call->kind;
	struct siphash hash;

	siphash_init(&hash, requests->map.key);
	siphash_update(&hash, &kind, sizeof(kind));
	siphash_text(&hash, writ_policy_name(call->policy));
	siphash_text(&hash, call->subject);
	return siphash_final(&hash);
}

/* How many places one who asks holds: those that a new request may not take. */
static uint32_t count_places(const struct requests *requests, uint64_t asker, uint64_t now)
{
	const size_t word = offsetof(struct record, asker) / sizeof(uint64_t);
	uint32_t n = 0;

	for (uint32_t i = 0; i < N_SLOTS; i++) {
		struct slot *slot = &requests->slots[i];
		uint64_t state = atomic_load(&slot->state);

		if (status_of(state) != EMPTY && status_of(state) != WRITING &&
		    atomic_load(&slot->words[word]) == asker && !is_free(slot, state, now, true))
			n++;
	}
	return n;
}

static void fill_record(struct record *record, const struct request_call *call)
{
	struct writ_request_info info;

	request_show(call, &info);
	memcpy(record->policy, info.policy, sizeof(record->policy));
	memcpy(record->subject, info.subject, sizeof(record->subject));
	memcpy(record->tool, info.tool, sizeof(record->tool));
	memcpy(record->args, info.args, sizeof(record->args));
}

static int fail_crowded(struct writ_error *error)
{
	return error_set(error, WRIT_E_NOMEM,
			 "%u requests of this subject are open, as many as one may have",
			 WRIT_MAX_REQUESTS_OF_ONE);
}

/*
 * Shows a request. Of several that come at once each may have found room for one; so whoever is
 * one too many then takes its own back.
 */
static int put_record(struct requests *requests, struct record *record, struct writ_error *error)
{
	uint64_t state, shown;
	struct slot *slot = take_slot(requests, record->made_ns, &state);

	if (!slot)
		return error_set(error, WRIT_E_NOMEM,
				 "%u requests are open, as many as there may be", N_SLOTS);
	record->generation = generation_of(state);
	write_slot(requests, slot, record);
	shown = with_status(state, PENDING);
	if (!atomic_compare_exchange_strong(&slot->state, &state, shown))
		return error_set(error, WRIT_E_SYSTEM, "the request took too long to write");
	if (count_places(requests, record->asker, record->made_ns) <= WRIT_MAX_REQUESTS_OF_ONE)
		return 0;
	/* Should it have been answered already, nobody has its id: it is good for nothing. */
	(void)atomic_compare_exchange_strong(&slot->state, &shown, with_status(shown, USED));
	return fail_crowded(error);
}

int request_make(struct requests *requests, const struct request_call *call,
		 char id[WRIT_REQUEST_ID_SIZE], struct writ_error *error)
{
	struct found found = {.now = now_ns()};
	struct record record = {.made_ns = found.now, .expires_ns = found.now + LIFE_NS};
	int rc = request_bind(call, record.binding, error);

	if (!rc && find_pending(requests, record.binding, &found)) {
		print_id(found.record.id, id);
		return 0;
	}
	if (!rc)
		rc = state_random(record.id, sizeof(record.id), error);
	if (rc)
		return rc;
	fill_record(&record, call);
	record.asker = asker_of(requests, call);
	if (count_places(requests, record.asker, found.now) >= WRIT_MAX_REQUESTS_OF_ONE)
		return fail_crowded(error);
	rc = put_record(requests, &record, error);
	if (!rc)
		print_id(record.id, id);
	return rc;
}

/* ---- using an answer ---- */

enum request_fault request_use(struct requests *requests, const char *id,
			       const struct request_call *call)
{
	static const enum request_fault faults[] = {
		[EMPTY] = REQUEST_UNKNOWN,      [WRITING] = REQUEST_UNKNOWN,
		[PENDING] = REQUEST_UNANSWERED, [APPROVED] = REQUEST_GOOD,
		[REJECTED] = REQUEST_REJECTED,  [USED] = REQUEST_USED,
	};
	uint8_t binding[SHA256_SIZE];
	enum request_fault fault;
	struct found found;

	if (!find(requests, id, &found))
		return REQUEST_UNKNOWN;
	if (request_bind(call, binding, NULL) ||
	    memcmp(binding, found.record.binding, sizeof(binding)) != 0)
		return REQUEST_OTHER;
	fault = faults[status_of(found.state)];
	if (fault == REQUEST_REJECTED || fault == REQUEST_USED)
		return fault;
	if (has_expired(&found))
		return REQUEST_EXPIRED;
	if (fault)
		return fault;
	if (!atomic_compare_exchange_strong(&found.slot->state, &found.state,
					    with_status(found.state, USED)))
		return REQUEST_USED;
	return REQUEST_GOOD;
}

const char *request_fault_text(enum request_fault fault)
{
	static const char *const texts[] = {
		[REQUEST_GOOD] = "it is approved",
		[REQUEST_UNKNOWN] = "there is no such request",
		[REQUEST_OTHER] = "it is of another call",
		[REQUEST_EXPIRED] = "it has expired",
		[REQUEST_UNANSWERED] = "nobody has answered it yet",
		[REQUEST_REJECTED] = "it was rejected",
		[REQUEST_USED] = "it has been used",
	};

	return texts[fault];
}

int request_answered_by(struct requests *requests, const char *id, uint32_t *uid)
{
	struct found found;

	if (!find(requests, id, &found) || status_of(found.state) == PENDING)
		return -WRIT_E_UNKNOWN;
	*uid = (uint32_t)(found.state >> UID_AT);
	return 0;
}

static enum writ_answer answer_of(const struct found *found)
{
	switch (status_of(found->state)) {
	case APPROVED:
	case USED:
		return WRIT_APPROVED;
	case REJECTED:
		return WRIT_REJECTED;
	case PENDING:
	case EMPTY:
	case WRITING:
		break;
	}
	return has_expired(found) ? WRIT_EXPIRED : WRIT_PENDING;
}

/* Sleeps until the state changes, but no longer than until end or for POLL_MS. */
static void sleep_on(const struct found *found, uint64_t end)
{
	const uint64_t most = (uint64_t)POLL_MS * NS_PER_MS;
	const uint64_t left = end - found->now < most ? end - found->now : most;
	const struct timespec timeout = {
		.tv_sec = (time_t)(left / NS_PER_S),
		.tv_nsec = (long)(left % NS_PER_S),
	};

	/* The lower half comes first, as all the machines that Writ runs on are little-endian. */
	(void)RAW(SYS_futex, &found->slot->state, KERNEL_FUTEX_WAIT, (uint32_t)found->state,
		  &timeout);
}

enum writ_answer request_wait(struct requests *requests, const char *id, int timeout_ms)
{
	uint64_t end = timeout_ms < 0 ? UINT64_MAX : now_ns() + (uint64_t)timeout_ms * NS_PER_MS;
	enum writ_answer answer = WRIT_EXPIRED;
	struct found found;

	while (find(requests, id, &found)) {
		answer = answer_of(&found);
		if (answer != WRIT_PENDING || found.now >= end)
			return answer;
		sleep_on(&found, end < found.record.expires_ns ? end : found.record.expires_ns);
	}
	return WRIT_EXPIRED;
}

/* ---- answering ---- */

static void tell(const struct found *found, struct writ_request_info *out)
{
	*out = (struct writ_request_info){
		.age_ms = (found->now - found->record.made_ns) / NS_PER_MS,
		.left_ms = (found->record.expires_ns - found->now) / NS_PER_MS,
	};
	print_id(found->record.id, out->id);
	memcpy(out->policy, found->record.policy, sizeof(out->policy));
	memcpy(out->subject, found->record.subject, sizeof(out->subject));
	memcpy(out->tool, found->record.tool, sizeof(out->tool));
	memcpy(out->args, found->record.args, sizeof(out->args));
}

int request_get(struct requests *requests, size_t index, struct writ_request_info *out)
{
	struct found found = {.now = now_ns()};

	for (uint32_t i = 0; i < N_SLOTS; i++) {
		if (!read_slot(requests, &requests->slots[i], &found) ||
		    status_of(found.state) != PENDING || has_expired(&found) || index--)
			continue;
		tell(&found, out);
		return 0;
	}
	return -WRIT_E_INVALID;
}

/* The request of an id, if it can still be answered. */
static int find_open(const struct requests *requests, const char *id, struct found *found,
		     struct writ_error *error)
{
	if (!find(requests, id, found))
		return error_set(error, WRIT_E_UNKNOWN, "there is no such request");
	if (status_of(found->state) != PENDING)
		return error_set(error, WRIT_E_UNKNOWN, "the request has been answered already");
	if (has_expired(found))
		return error_set(error, WRIT_E_UNKNOWN, "the request has expired");
	return 0;
}

int request_find(struct requests *requests, const char *id, struct writ_request_info *out,
		 struct writ_error *error)
{
	struct found found;
	int rc = find_open(requests, id, &found, error);

	if (!rc)
		tell(&found, out);
	return rc;
}

int request_answer(struct requests *requests, const char *id, int approve, struct writ_error *error)
{
	const uint64_t who = (uint64_t)getuid() << UID_AT;
	struct found found;
	uint64_t next;
	int rc = find_open(requests, id, &found, error);

	if (rc)
		return rc;
	next = with_status(found.state, approve ? APPROVED : REJECTED) | who;
	if (!atomic_compare_exchange_strong(&found.slot->state, &found.state, next))
		return error_set(error, WRIT_E_UNKNOWN, "the request has been answered already");
	(void)RAW(SYS_futex, &found.slot->state, KERNEL_FUTEX_WAKE, INT32_MAX);
	return 0;
}
