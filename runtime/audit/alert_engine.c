/*
 * Records come in, alerts go out. Time is that of the records, so that a log gives the same alerts
 * whenever it is read.
 *
 * A rule that counts keeps, for each subject, the times of its last N records: it is met when the
 * oldest of these is within the window. Memory is bounded by N and the number of subjects. What
 * "every" withholds is counted and told with the next alert, or when the time is over. A clock that
 * is set back makes a record count as new, never an alert silent.
 */
#include "runtime/audit/alert_engine.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/audit/record_meaning.h"

struct subject {
	char name[128];
	int64_t *times; /* the last of them, a ring */
	int64_t n;      /* how many came */
	int64_t last_us;
};

struct rule_state {
	struct subject subjects[ALERT_MAX_SUBJECTS];
	size_t n_subjects;
	bool told; /* last_us is of an alert */
	int64_t last_us;
	int64_t withheld;
};

struct alert_engine {
	const struct alert_rules *rules;
	alert_emit *emit;
	void *context;
	struct rule_state states[ALERT_MAX_RULES];
};

struct alert_engine *alert_engine_new(const struct alert_rules *rules, alert_emit *emit,
				      void *context)
{
	struct alert_engine *engine = calloc(1, sizeof(*engine));

	if (!engine)
		return NULL;
	engine->rules = rules;
	engine->emit = emit;
	engine->context = context;
	return engine;
}

void alert_engine_free(struct alert_engine *engine)
{
	for (size_t i = 0; engine && i < ALERT_MAX_RULES; i++) {
		for (size_t j = 0; j < engine->states[i].n_subjects; j++)
			free(engine->states[i].subjects[j].times);
	}
	free(engine);
}

/* ---- what fits ---- */

static bool fits_duration(const struct alert_rule *rule, const struct record *record)
{
	return record_says(record, RECORD_KIND, "end") &&
	       record->values[RECORD_DURATION].number > rule->limit;
}

static bool fits_memory(const struct alert_rule *rule, const struct record *record)
{
	return record_says(record, RECORD_KIND, "end") &&
	       record->values[RECORD_PEAK].number > rule->limit;
}

static bool fits_denial(const struct alert_rule *rule, const struct record *record)
{
	(void)rule;
	return record_is_denial(record);
}

static bool fits_escape(const struct alert_rule *rule, const struct record *record)
{
	(void)rule;
	return record_is_escape(record);
}

static bool fits_gap(const struct alert_rule *rule, const struct record *record)
{
	(void)rule;
	return record_says(record, RECORD_KIND, "gap");
}

static bool fits_reload(const struct alert_rule *rule, const struct record *record)
{
	(void)rule;
	return record_says(record, RECORD_KIND, "reload") &&
	       record->values[RECORD_ERROR].type == RECORD_TEXT;
}

static const struct kind_row {
	bool (*fits)(const struct alert_rule *rule, const struct record *record);
	const char *phrase;
} kind_rows[] = {
	[ALERT_DENIALS] = {fits_denial, "calls were denied"},
	[ALERT_ESCAPES] = {fits_escape, "a sandbox refused what a tool tried"},
	[ALERT_DURATION] = {fits_duration, "a launch took nearly as long as it may"},
	[ALERT_MEMORY] = {fits_memory, "a launch used nearly as much memory as it may"},
	[ALERT_GAPS] = {fits_gap, "the log has lost records"},
	[ALERT_RELOADS] = {fits_reload, "a policy could not be replaced"},
};

/* ---- counting ---- */

static struct subject *oldest(struct rule_state *state)
{
	struct subject *found = &state->subjects[0];

	for (size_t i = 1; i < state->n_subjects; i++) {
		if (state->subjects[i].last_us < found->last_us)
			found = &state->subjects[i];
	}
	return found;
}

/* The subject of this name, or a new one in the place of who has been quiet for longest. */
static struct subject *find_subject(struct rule_state *state, const char *name, int64_t count)
{
	struct subject *subject;

	for (size_t i = 0; i < state->n_subjects; i++) {
		if (strcmp(state->subjects[i].name, name) == 0)
			return &state->subjects[i];
	}
	if (state->n_subjects < ALERT_MAX_SUBJECTS) {
		subject = &state->subjects[state->n_subjects];
		subject->times = calloc((size_t)count, sizeof(*subject->times));
		if (!subject->times)
			return NULL;
		state->n_subjects++;
	} else {
		subject = oldest(state);
	}
	(void)snprintf(subject->name, sizeof(subject->name), "%s", name);
	subject->n = 0;
	return subject;
}

/* Have so many come within the window, this one included? Then they are counted from anew. */
static bool count(const struct alert_rule *rule, struct subject *subject, int64_t now_us)
{
	int64_t *slot = &subject->times[subject->n % rule->count];
	int64_t before;

	*slot = now_us;
	subject->n++;
	subject->last_us = now_us;
	if (subject->n < rule->count)
		return false;
	before = subject->times[subject->n % rule->count];
	if (rule->window_us && now_us > before && now_us - before > rule->window_us)
		return false;
	subject->n = 0;
	return true;
}

/* ---- telling ---- */

/* "key=value" of what the record says, behind what is there. */
static void add_detail(struct alert *alert, const struct record *record, enum record_column column,
		       const char *key)
{
	const struct record_value *value = &record->values[column];
	size_t len = strlen(alert->text);

	if (value->type == RECORD_TEXT)
		(void)snprintf(alert->text + len, sizeof(alert->text) - len, ", %s %.100s", key,
			       value->text);
	else if (value->type == RECORD_INTEGER)
		(void)snprintf(alert->text + len, sizeof(alert->text) - len, ", %s %lld", key,
			       (long long)value->number);
}

static void describe(struct alert *alert, const struct record *record)
{
	static const struct {
		enum record_column column;
		const char *key;
	} details[] = {
		{RECORD_USER, "user"},       {RECORD_TOOL, "tool"},     {RECORD_REASON, "reason"},
		{RECORD_SANDBOX, "sandbox"}, {RECORD_SIGNAL, "signal"}, {RECORD_DETAIL, "detail"},
		{RECORD_ERROR, "error"},
	};
	const struct alert_rule *rule = alert->rule;
	size_t len;

	if (rule->count > 1)
		(void)snprintf(alert->text, sizeof(alert->text), "%lld %s within %llds",
			       (long long)rule->count, kind_rows[rule->kind].phrase,
			       (long long)(rule->window_us / 1000000));
	else
		(void)snprintf(alert->text, sizeof(alert->text), "%s",
			       kind_rows[rule->kind].phrase);
	len = strlen(alert->text);
	(void)snprintf(alert->text + len, sizeof(alert->text) - len, "; record %lld",
		       (long long)alert->seq);
	for (size_t i = 0; i < sizeof(details) / sizeof(details[0]); i++)
		add_detail(alert, record, details[i].column, details[i].key);
}

/* May the rule speak at this time? */
static bool is_due(const struct rule_state *state, const struct alert_rule *rule, int64_t now_us)
{
	return !state->told || now_us < state->last_us || now_us - state->last_us >= rule->every_us;
}

static void tell(struct alert_engine *engine, struct rule_state *state, struct alert *alert)
{
	alert->withheld = state->withheld;
	state->withheld = 0;
	state->told = true;
	state->last_us = alert->wall_us;
	engine->emit(engine->context, alert);
}

static void feed_rule(struct alert_engine *engine, size_t index, const struct record *record)
{
	const struct alert_rule *rule = &engine->rules->rules[index];
	struct rule_state *state = &engine->states[index];
	struct alert alert = {.rule = rule,
			      .wall_us = record->values[RECORD_WALL].number,
			      .seq = record->values[RECORD_SEQ].number,
			      .count = rule->count};
	struct subject *subject;

	if (!kind_rows[rule->kind].fits(rule, record))
		return;
	if (rule->by != ALERT_BY_NOTHING && record->values[rule->by].text)
		(void)snprintf(alert.subject, sizeof(alert.subject), "%s",
			       record->values[rule->by].text);
	subject = find_subject(state, alert.subject, rule->count);
	/* Without memory to count, each is told. */
	if (subject && !count(rule, subject, alert.wall_us))
		return;
	if (!is_due(state, rule, alert.wall_us)) {
		state->withheld++;
		return;
	}
	describe(&alert, record);
	tell(engine, state, &alert);
}

void alert_engine_feed(struct alert_engine *engine, const struct record *record)
{
	for (size_t i = 0; i < engine->rules->n_rules; i++)
		feed_rule(engine, i, record);
}

void alert_engine_tick(struct alert_engine *engine, int64_t now_us)
{
	for (size_t i = 0; i < engine->rules->n_rules; i++) {
		struct rule_state *state = &engine->states[i];
		struct alert alert = {.rule = &engine->rules->rules[i], .wall_us = now_us};

		if (!state->withheld || !is_due(state, alert.rule, now_us))
			continue;
		alert.count = state->withheld;
		(void)snprintf(alert.text, sizeof(alert.text), "%s again",
			       kind_rows[alert.rule->kind].phrase);
		tell(engine, state, &alert);
	}
}

void alert_engine_lost(struct alert_engine *engine, int64_t now_us, int64_t seq)
{
	for (size_t i = 0; i < engine->rules->n_rules; i++) {
		struct alert alert = {.rule = &engine->rules->rules[i],
				      .wall_us = now_us,
				      .seq = seq,
				      .count = 1};

		if (alert.rule->kind != ALERT_GAPS)
			continue;
		(void)snprintf(alert.text, sizeof(alert.text),
			       "the log was cut off or replaced; the last record read was %lld",
			       (long long)seq);
		tell(engine, &engine->states[i], &alert);
	}
}
