/*
 * Which bytes of a text belong to any match of any pattern.
 *
 * In: a text. Out: runs of bytes. The text is read from its end to its beginning by the backward
 * automaton, which tells at each byte which steps lead from it to the end of a match. Where no
 * match begins anywhere, as in nearly all texts, that is all. Else it is read again, forward, by
 * the other automaton, whose state tells which steps lead there from the beginning of a match: a
 * step of both makes the byte part of one (states.h). For that the backward states of a block of
 * the text are found again, from the one that was noted at its end.
 *
 * So each byte costs three looks into tables at most, and one making of a state for each of them
 * where the tables have nothing yet. A search that backtracks would need more than any limit on
 * some patterns, and one automaton made in advance more memory than there is on others; Debian's
 * RE2 is C++, and what it finds are matches that do not overlap, so that a secret which begins
 * inside another match would show. There is a limit even so: a text that makes new states all the
 * time is given up, and then is masked as a whole.
 */
#include "runtime/audit/redact.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/audit/fail.h"
#include "runtime/audit/states.h"

#define BLOCK       1024u
#define PAIRS       4096u
#define EFFORT_BASE (UINT64_C(1) << 21)
#define EFFORT_BYTE 8u /* more for each byte of the text */

/* A set of steps that was met at the end of a block. */
struct mark {
	size_t first; /* of kept */
	uint32_t n;
};

/* Have a forward and a backward state a step in common? As known of late. */
struct pair {
	uint16_t forward; /* 0: none */
	uint16_t backward;
	bool covered;
};

struct redact {
	struct program program;
	struct states forward;
	struct states backward;
	struct effort effort;
	struct pair pairs[PAIRS];
	struct mark *marks; /* by block */
	size_t cap_marks;
	uint16_t *kept;
	size_t n_kept;
	size_t cap_kept;
	uint16_t at[BLOCK]; /* backward states of one block */
};

/* What is being searched, and the run that is open. */
struct search {
	struct redact *redact;
	const unsigned char *text;
	size_t len;
	size_t first; /* where the first match begins */
	bool (*found)(void *context, size_t from, size_t to);
	void *context;
	bool enough; /* found has said so */
	bool open;
	size_t from;
};

/* ---- states that are kept ---- */

static bool keep(struct redact *redact, size_t block, uint16_t id)
{
	const struct state *state = &redact->backward.states[id];

	if (redact->cap_kept - redact->n_kept < state->n) {
		size_t cap = 2 * redact->cap_kept + state->n + 4096;
		uint16_t *kept = realloc(redact->kept, cap * sizeof(*kept));

		if (!kept)
			return false;
		redact->kept = kept;
		redact->cap_kept = cap;
	}
	if (state->n)
		memcpy(redact->kept + redact->n_kept, states_members(&redact->backward, id),
		       state->n * sizeof(*redact->kept));
	redact->marks[block] = (struct mark){redact->n_kept, state->n};
	redact->n_kept += state->n;
	return true;
}

static bool room_for_marks(struct redact *redact, size_t n)
{
	struct mark *marks;

	if (n <= redact->cap_marks)
		return true;
	marks = realloc(redact->marks, n * sizeof(*marks));
	if (!marks)
		return false;
	redact->marks = marks;
	redact->cap_marks = n;
	return true;
}

/* Pairs are of numbers that mean nothing once states are forgotten. */
static void forget(struct redact *redact, struct states *states)
{
	states_clear(states);
	memset(redact->pairs, 0, sizeof(redact->pairs));
}

/* The state that was kept at the end of a block. */
static uint16_t recall(struct redact *redact, size_t block)
{
	const struct mark *mark = &redact->marks[block];

	return states_of(&redact->backward, redact->kept + mark->first, mark->n);
}

/* ---- backward ---- */

static size_t block_end(const struct search *search, size_t block)
{
	size_t from = block * BLOCK;

	return search->len - from > BLOCK ? from + BLOCK : search->len;
}

/*
 * The state at each byte of a block into redact->at, from that behind it, and the first at which a
 * match begins into *first.
 */
static bool read_block(struct search *search, size_t block, uint16_t id, size_t *first)
{
	struct redact *redact = search->redact;
	size_t from = block * BLOCK;
	size_t at = block_end(search, block);

	while (at > from && id) {
		id = states_next(&redact->backward, id,
				 redact->program.class_of[search->text[--at]]);
		redact->at[at - from] = id;
		if (redact->backward.begins[id])
			*first = at;
	}
	return id != STATES_NONE;
}

/* The state behind a block, with room for all that the block may make. id: that, or STATES_NONE. */
static uint16_t state_behind(struct search *search, size_t block, uint16_t id)
{
	struct redact *redact = search->redact;

	if (!states_have_room(&redact->backward, BLOCK + 1)) {
		forget(redact, &redact->backward);
		id = STATES_NONE;
	}
	if (block_end(search, block) == search->len)
		return STATES_END;
	return id ? id : recall(redact, block);
}

static bool read_backward(struct search *search)
{
	struct redact *redact = search->redact;
	size_t n_blocks = (search->len + BLOCK - 1) / BLOCK;
	uint16_t id = STATES_NONE;

	redact->n_kept = 0;
	if (!room_for_marks(redact, n_blocks))
		return false;
	for (size_t block = n_blocks; block > 0; block--) {
		id = state_behind(search, block - 1, id);
		if (!id || !read_block(search, block - 1, id, &search->first))
			return false;
		id = redact->at[0];
		if (block > 1 && !keep(redact, block - 2, id))
			return false;
	}
	redact->effort.done += search->len;
	return true;
}

/* ---- forward ---- */

static bool have_common(struct redact *redact, uint16_t forward, uint16_t backward)
{
	const uint16_t *a = states_members(&redact->forward, forward);
	const uint16_t *b = states_members(&redact->backward, backward);
	const uint16_t *a_end = a + redact->forward.states[forward].n;
	const uint16_t *b_end = b + redact->backward.states[backward].n;

	redact->effort.done += (uint64_t)(a_end - a) + (uint64_t)(b_end - b);
	while (a < a_end && b < b_end) {
		if (*a == *b && redact->program.steps[*a].hidden)
			return true;
		if (*a <= *b)
			a++;
		else
			b++;
	}
	return false;
}

static bool is_covered(struct redact *redact, uint16_t forward, uint16_t backward)
{
	struct pair *pair = &redact->pairs[(forward * 31u + backward) % PAIRS];

	if (pair->forward != forward || pair->backward != backward)
		*pair = (struct pair){forward, backward, have_common(redact, forward, backward)};
	return pair->covered;
}

static void tell(struct search *search, size_t at, bool covered)
{
	if (covered)
		search->from = at;
	else if (!search->found(search->context, search->from, at))
		search->enough = true;
	search->open = covered;
}

/* The state behind a block, from that before it. */
static uint16_t read_forward(struct search *search, size_t block, uint16_t id)
{
	struct redact *redact = search->redact;
	size_t from = block * BLOCK;
	size_t to = block_end(search, block);

	for (size_t at = from < search->first ? search->first : from; at < to && id; at++) {
		bool covered = is_covered(redact, id, redact->at[at - from]);

		if (covered != search->open)
			tell(search, at, covered);
		id = states_next(&redact->forward, id, redact->program.class_of[search->text[at]]);
	}
	redact->effort.done += to - from;
	return id;
}

/* Room for all that a block may make; id goes with what is forgotten, and comes back. */
static uint16_t make_room(struct redact *redact, uint16_t id)
{
	uint16_t *members;
	uint32_t n = redact->forward.states[id].n;

	if (states_have_room(&redact->forward, BLOCK + 1))
		return id;
	members = malloc((n + 1u) * sizeof(*members));
	if (!members)
		return STATES_NONE;
	memcpy(members, states_members(&redact->forward, id), n * sizeof(*members));
	forget(redact, &redact->forward);
	id = states_of(&redact->forward, members, n);
	free(members);
	return id;
}

static bool tell_runs(struct search *search)
{
	struct redact *redact = search->redact;
	uint16_t id = states_start(&redact->forward, search->first == 0);

	for (size_t block = search->first / BLOCK; block * BLOCK < search->len && id; block++) {
		size_t first;
		uint16_t behind = state_behind(search, block, STATES_NONE);

		id = make_room(redact, id);
		if (!id || !behind || !read_block(search, block, behind, &first))
			return false;
		id = read_forward(search, block, id);
		if (search->enough)
			return true;
	}
	if (search->open)
		tell(search, search->len, false);
	return id != STATES_NONE;
}

int redact_find(struct redact *redact, const char *text, size_t len,
		bool (*found)(void *context, size_t from, size_t to), void *context)
{
	struct search search = {
		.redact = redact,
		.text = (const unsigned char *)text,
		.len = len,
		.first = len,
		.found = found,
		.context = context,
	};

	redact->effort = (struct effort){0, EFFORT_BASE + EFFORT_BYTE * (uint64_t)len};
	if (!len)
		return 0;
	if (!read_backward(&search))
		return -WRIT_E_NOMEM;
	if (search.first == len)
		return 0;
	return tell_runs(&search) ? 0 : -WRIT_E_NOMEM;
}

uint64_t redact_effort(const struct redact *redact)
{
	return redact->effort.done;
}

int redact_new(const struct pattern *patterns, size_t n, struct redact **out,
	       struct writ_error *error)
{
	struct redact *redact = calloc(1, sizeof(*redact));
	int rc = 0;

	if (!redact)
		return fail_set(error, WRIT_E_NOMEM, "out of memory");
	program_init(&redact->program);
	for (size_t i = 0; i < n && !rc; i++)
		rc = program_add(&redact->program, &patterns[i], error);
	if (!rc) {
		program_finish(&redact->program);
		rc = states_init(&redact->forward, &redact->program, NULL, &redact->effort, error);
	}
	if (!rc)
		rc = states_init(&redact->backward, &redact->program, &redact->forward,
				 &redact->effort, error);
	if (rc) {
		redact_free(redact);
		return rc;
	}
	*out = redact;
	return 0;
}

void redact_free(struct redact *redact)
{
	if (!redact)
		return;
	states_fini(&redact->forward);
	states_fini(&redact->backward);
	program_fini(&redact->program);
	free(redact->marks);
	free(redact->kept);
	free(redact);
}
