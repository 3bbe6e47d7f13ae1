/*
 * A file of alerts, line by line. Each line begins with what it declares; behind that, a table says
 * what reads the rest. Nothing is guessed: an unknown word, a name that is declared twice or not at
 * all, a number out of its range is an error with its place, and the other lines are read all the
 * same, so that all mistakes are told at once. What is valid but probably not meant is a warning.
 */
#include "runtime/audit/alert_rules.h"

#include <string.h>
#include <unistd.h>

#include "runtime/audit/alert_words.h"
#include "runtime/audit/record.h"
#include "runtime/audit/when.h"

#define US_PER_S      INT64_C(1000000)
#define DEFAULT_EVERY (300 * US_PER_S)
#define MAX_NAME      64

/* Letters, digits, "-" and "_". */
static bool need_name(struct alert_words *words, const char *what, char **name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-_";

	*name = alert_words_need(words, what);
	if (!*name)
		return false;
	if (!**name || strlen(*name) > MAX_NAME || strspn(*name, allowed) != strlen(*name))
		return alert_words_fail(words, "'%s' is no name: letters, digits, - and _", *name);
	return true;
}

/* ---- targets ---- */

static bool is_loopback(const char *host)
{
	static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t len = strlen(names[i]);

		if (strncmp(host, names[i], len) == 0 && strchr(":/", host[len]))
			return true;
	}
	return false;
}

static bool read_url(struct alert_words *words, struct alert_target *target)
{
	char *url;

	url = alert_words_need(words, "the URL of the webhook");
	if (!url)
		return false;
	target->url = url;
	for (const char *p = url; *p; p++) {
		if (*p <= ' ' || *p > '~')
			return alert_words_fail(words, "a URL has printable ASCII only");
	}
	if (strncmp(url, "https://", 8) == 0 && url[8])
		return true;
	if (strncmp(url, "http://", 7) != 0 || !url[7])
		return alert_words_fail(words, "a webhook is https://... or http://...");
	if (!is_loopback(url + 7))
		alert_words_warn(words, "who is on the way can read and forge what goes over http");
	return true;
}

static bool read_webhook(struct alert_words *words, struct alert_target *target)
{
	char *word;

	if (!read_url(words, target))
		return false;
	while ((word = alert_words_take(words))) {
		bool good = false;

		if (strcmp(word, "timeout") == 0)
			good = alert_words_span(words, &target->timeout_us);
		else if (strcmp(word, "retries") == 0)
			good = alert_words_number(words, "how often it is tried again", 0,
						  ALERT_MAX_RETRIES, &target->retries);
		else if (strcmp(word, "ca") == 0)
			good = (target->ca = alert_words_need(words, "a file of certificates"));
		else
			return alert_words_fail(words,
						"a webhook has timeout, retries and ca, "
						"not '%s'",
						word);
		if (!good)
			return false;
	}
	if (target->timeout_us > ALERT_MAX_TIMEOUT)
		return alert_words_fail(words, "a timeout is at most 60s");
	return true;
}

static bool read_command(struct alert_words *words, struct alert_target *target)
{
	char *word;
	size_t n = 0;

	word = alert_words_need(words, "the command");
	if (!word)
		return false;
	if (*word != '/')
		return alert_words_fail(words, "a command is a path from the root, not '%s'", word);
	if (access(word, X_OK))
		alert_words_warn(words, "%s can't be executed as things are", word);
	for (; word; word = alert_words_take(words))
		target->argv[n++] = word;
	target->timeout_us = 30 * US_PER_S;
	return true;
}

static bool read_syslog(struct alert_words *words, struct alert_target *target)
{
	char *word = alert_words_take(words);

	(void)target;
	return !word || alert_words_fail(words, "syslog takes nothing, not '%s'", word);
}

static const struct target_row {
	const char *name;
	enum alert_target_kind kind;
	bool (*read)(struct alert_words *words, struct alert_target *target);
} target_rows[] = {
	{"webhook", ALERT_WEBHOOK, read_webhook},
	{"command", ALERT_COMMAND, read_command},
	{"syslog", ALERT_SYSLOG, read_syslog},
};
#define N_TARGET_ROWS (sizeof(target_rows) / sizeof(target_rows[0]))

static struct alert_target *find_target(struct alert_rules *rules, const char *name)
{
	for (size_t i = 0; i < rules->n_targets; i++) {
		if (strcmp(rules->targets[i].name, name) == 0)
			return &rules->targets[i];
	}
	return NULL;
}

static void read_target(struct alert_words *words, struct alert_rules *rules)
{
	struct alert_target target = {.timeout_us = 10 * US_PER_S, .retries = 3};
	char *name;
	char *kind;

	if (!need_name(words, "the target's name", &name))
		return;
	if (find_target(rules, name)) {
		(void)alert_words_fail(words, "the target '%s' is declared twice", name);
		return;
	}
	if (rules->n_targets == ALERT_MAX_TARGETS) {
		(void)alert_words_fail(words, "more than %d targets", ALERT_MAX_TARGETS);
		return;
	}
	kind = alert_words_need(words, "webhook, command or syslog");
	if (!kind)
		return;
	target.name = name;
	target.line = words->line;
	for (size_t i = 0; i < N_TARGET_ROWS; i++) {
		if (strcmp(target_rows[i].name, kind) != 0)
			continue;
		target.kind = target_rows[i].kind;
		/* Also after an error: so that alerts that name it are not told to be wrong. */
		(void)target_rows[i].read(words, &target);
		rules->targets[rules->n_targets++] = target;
		return;
	}
	(void)alert_words_fail(words, "a target is a webhook, command or syslog, not '%s'", kind);
}

/* ---- alerts ---- */

static bool read_by(struct alert_words *words, struct alert_rule *rule)
{
	static const struct {
		const char *name;
		enum record_column column;
	} rows[] = {{"user", RECORD_USER}, {"role", RECORD_ROLE}, {"tool", RECORD_TOOL}};
	char *word;

	if (!alert_words_accept(words, "by"))
		return true;
	word = alert_words_need(words, "user, role or tool");
	if (!word)
		return false;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(rows[i].name, word) == 0) {
			rule->by = (int)rows[i].column;
			return true;
		}
	}
	return alert_words_fail(words, "it is counted by user, role or tool, not '%s'", word);
}

static bool read_counted(struct alert_words *words, struct alert_rule *rule)
{
	char *in;

	if (!alert_words_number(words, "how many", 1, ALERT_MAX_COUNT, &rule->count))
		return false;
	in = alert_words_need(words, "in");
	if (!in)
		return false;
	if (strcmp(in, "in") != 0)
		return alert_words_fail(words, "the number is followed by 'in SPAN', not by '%s'",
					in);
	return alert_words_span(words, &rule->window_us) && read_by(words, rule);
}

/* Each of them, or so many in a time. */
static bool read_escapes(struct alert_words *words, struct alert_rule *rule)
{
	const char *next = words->at < words->n ? words->words[words->at] : "";

	return *next >= '0' && *next <= '9' ? read_counted(words, rule) : true;
}

static bool read_bytes(struct alert_words *words, int64_t *bytes)
{
	static const char units[] = "KMG";
	char *word;
	char *unit;
	size_t len;
	int64_t shift = 0;

	if (words->at < words->n && (len = strlen(words->words[words->at])) > 1) {
		word = words->words[words->at];
		unit = strchr(units, word[len - 1]);
		shift = unit ? (unit - units + 1) * 10 : 0;
		if (unit)
			word[len - 1] = '\0';
	}
	if (!alert_words_number(words, "a size (512M)", 1, INT64_C(1) << 30, bytes))
		return false;
	*bytes <<= shift;
	return true;
}

/* "duration 80% of 60s", "memory 80% of 512M" */
static bool read_limit(struct alert_words *words, struct alert_rule *rule)
{
	int64_t percent;
	int64_t whole;
	char *word;
	bool is_memory;
	size_t len;

	word = alert_words_need(words, "duration or memory");
	if (!word)
		return false;
	is_memory = strcmp(word, "memory") == 0;
	if (!is_memory && strcmp(word, "duration") != 0)
		return alert_words_fail(words, "a limit is of duration or memory, not '%s'", word);
	len = words->at < words->n ? strlen(words->words[words->at]) : 0;
	if (len < 2 || words->words[words->at][len - 1] != '%') {
		(void)alert_words_take(words);
		return alert_words_fail(words, "how much of the limit is missing: 80%%");
	}
	words->words[words->at][len - 1] = '\0';
	if (!alert_words_number(words, "a percentage", 1, 100, &percent))
		return false;
	if (!alert_words_accept(words, "of"))
		return alert_words_fail(words, "after the percentage comes of and the limit");
	if (is_memory ? !read_bytes(words, &whole) : !alert_words_span(words, &whole))
		return false;
	rule->kind = is_memory ? ALERT_MEMORY : ALERT_DURATION;
	/* Below 2^60 bytes and a hundred years. */
	rule->limit = whole / 100 * percent + whole % 100 * percent / 100;
	return true;
}

static const struct rule_row {
	const char *name;
	enum alert_kind kind;
	bool (*read)(struct alert_words *words, struct alert_rule *rule); /* NULL: nothing */
} rule_rows[] = {
	{"denials", ALERT_DENIALS, read_counted}, {"escapes", ALERT_ESCAPES, read_escapes},
	{"limit", ALERT_DURATION, read_limit},    {"gaps", ALERT_GAPS, NULL},
	{"reload-failures", ALERT_RELOADS, NULL},
};
#define N_RULE_ROWS (sizeof(rule_rows) / sizeof(rule_rows[0]))

static bool read_what(struct alert_words *words, struct alert_rule *rule)
{
	char *word;

	word = alert_words_need(words, "what it is about");
	if (!word)
		return false;
	for (size_t i = 0; i < N_RULE_ROWS; i++) {
		if (strcmp(rule_rows[i].name, word) != 0)
			continue;
		rule->kind = rule_rows[i].kind;
		return !rule_rows[i].read || rule_rows[i].read(words, rule);
	}
	return alert_words_fail(words,
				"an alert is about denials, escapes, limit, gaps or "
				"reload-failures, not '%s'",
				word);
}

/* "to ops page": until the end of the line, or "every". */
static bool read_targets(struct alert_words *words, struct alert_rules *rules,
			 struct alert_rule *rule)
{
	char *name;

	if (!alert_words_accept(words, "to")) {
		(void)alert_words_take(words);
		return alert_words_fail(words, "here comes to and whom to tell");
	}
	do {
		struct alert_target *target;

		name = alert_words_need(words, "whom to tell");
		if (!name)
			return false;
		target = find_target(rules, name);
		if (!target)
			return alert_words_fail(words, "no target '%s' is declared above", name);
		if (rule->n_targets == ALERT_MAX_TARGETS)
			return alert_words_fail(words, "more than %d targets", ALERT_MAX_TARGETS);
		target->used = true;
		rule->targets[rule->n_targets++] = (size_t)(target - rules->targets);
	} while (words->at < words->n && strcmp(words->words[words->at], "every") != 0);
	return !alert_words_accept(words, "every") || alert_words_span(words, &rule->every_us);
}

static bool is_new(struct alert_words *words, const struct alert_rules *rules, const char *name)
{
	for (size_t i = 0; i < rules->n_rules; i++) {
		if (strcmp(rules->rules[i].name, name) == 0)
			return alert_words_fail(words, "the alert '%s' is declared twice", name);
	}
	return rules->n_rules < ALERT_MAX_RULES ||
	       alert_words_fail(words, "more than %d alerts", ALERT_MAX_RULES);
}

static void read_rule(struct alert_words *words, struct alert_rules *rules)
{
	struct alert_rule rule = {.count = 1, .every_us = DEFAULT_EVERY, .by = ALERT_BY_NOTHING};
	char *name;

	if (!need_name(words, "the alert's name", &name) || !is_new(words, rules, name))
		return;
	rule.name = name;
	if (!read_what(words, &rule) || !read_targets(words, rules, &rule))
		return;
	if (alert_words_take(words))
		(void)alert_words_fail(words, "nothing comes behind every and its span");
	else
		rules->rules[rules->n_rules++] = rule;
}

/* ---- the file ---- */

static void read_line(char *line, int number, struct alert_rules *rules,
		      struct alert_findings *findings)
{
	struct alert_words words = {.line = number, .findings = findings};
	const char *word;

	if (!alert_words_cut(&words, line) || words.n == 0)
		return;
	word = alert_words_take(&words);
	if (strcmp(word, "to") == 0)
		read_target(&words, rules);
	else if (strcmp(word, "alert") == 0)
		read_rule(&words, rules);
	else
		(void)alert_words_fail(&words, "a line begins with to or alert, not '%s'", word);
}

static void warn_of_unused(const struct alert_rules *rules, struct alert_findings *findings)
{
	for (size_t i = 0; i < rules->n_targets; i++) {
		const struct alert_words words = {.line = rules->targets[i].line,
						  .end = 1,
						  .findings = findings};

		if (!rules->targets[i].used)
			alert_words_warn(&words, "no alert goes to '%s'", rules->targets[i].name);
	}
}

void alert_rules_read(const char *text, size_t len, struct alert_rules *rules,
		      struct alert_findings *findings)
{
	const struct alert_words nowhere = {.end = 0, .findings = findings};
	int number = 0;
	char *line;
	char *next;

	memset(rules, 0, sizeof(*rules));
	if (len > ALERT_MAX_FILE) {
		(void)alert_words_fail(&nowhere, "it is larger than %d bytes", ALERT_MAX_FILE);
		return;
	}
	if (memchr(text, '\0', len)) {
		(void)alert_words_fail(&nowhere, "it has a NUL in it");
		return;
	}
	memcpy(rules->text, text, len);
	for (line = rules->text; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		read_line(line, ++number, rules, findings);
	}
	warn_of_unused(rules, findings);
	if (rules->n_rules == 0 && findings->errors == 0)
		(void)alert_words_fail(&nowhere, "it declares no alert");
}
