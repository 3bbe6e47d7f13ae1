/*
 * Fuzzes the reader of files of alerts. In: a file.
 *
 * The laws: reading ends; every mistake is told once, at a place within the file; a file without
 * mistakes has alerts, each of which is whole: named once, within all limits, to targets that are
 * declared; what it points to lies in the text that was read; and reading it again gives the same.
 */
#include <stdlib.h>
#include <string.h>

#include "runtime/audit/alert_rules.h"
#include "runtime/audit/record.h"

#define MAX_NAME 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct told {
	int errors;
	int warnings;
	int lines; /* of the file */
	int size;
};

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void tell(void *context, int line, int column, bool is_error, const char *text)
{
	struct told *told = context;

	check(line >= 0 && line <= told->lines && column >= 0 && column <= told->size + 1);
	check((line == 0) == (column == 0));
	check(*text);
	if (is_error)
		told->errors++;
	else
		told->warnings++;
}

static struct alert_rules *read_file(const uint8_t *data, size_t size, struct told *told)
{
	struct alert_rules *rules = malloc(sizeof(*rules));
	struct alert_findings findings = {.tell = tell, .context = told};

	*told = (struct told){.lines = 1, .size = (int)size};
	for (size_t i = 0; i < size; i++)
		told->lines += data[i] == '\n';
	check(rules);
	alert_rules_read((const char *)data, size, rules, &findings);
	check(findings.errors == told->errors && findings.warnings == told->warnings);
	return rules;
}

static void check_text(const struct alert_rules *rules, const char *text)
{
	check(text >= rules->text && text < rules->text + sizeof(rules->text));
	check(memchr(text, '\0', (size_t)(rules->text + sizeof(rules->text) - text)));
}

static void check_target(const struct alert_rules *rules, const struct alert_target *target)
{
	check_text(rules, target->name);
	check(*target->name && strlen(target->name) <= MAX_NAME);
	check(target->timeout_us > 0 && target->timeout_us <= ALERT_MAX_TIMEOUT);
	check(target->retries >= 0 && target->retries <= ALERT_MAX_RETRIES);
	check((target->url != NULL) == (target->kind == ALERT_WEBHOOK));
	check((target->argv[0] != NULL) == (target->kind == ALERT_COMMAND));
	if (target->url)
		check_text(rules, target->url);
	if (target->ca)
		check_text(rules, target->ca);
	for (size_t i = 0; target->argv[i]; i++) {
		check(i + 1 < ALERT_MAX_WORDS);
		check_text(rules, target->argv[i]);
	}
}

static void check_rule(const struct alert_rules *rules, const struct alert_rule *rule)
{
	check_text(rules, rule->name);
	check(*rule->name && strlen(rule->name) <= MAX_NAME);
	check(rule->count >= 1 && rule->count <= ALERT_MAX_COUNT);
	check(rule->window_us > 0 || (rule->window_us == 0 && rule->count == 1));
	check(rule->every_us > 0 && rule->limit >= 0);
	check(rule->by >= ALERT_BY_NOTHING && rule->by < RECORD__COUNT);
	check(rule->n_targets >= 1 && rule->n_targets <= ALERT_MAX_TARGETS);
	for (size_t i = 0; i < rule->n_targets; i++)
		check(rule->targets[i] < rules->n_targets && rules->targets[rule->targets[i]].used);
}

static void check_names(const struct alert_rules *rules)
{
	for (size_t i = 0; i < rules->n_rules; i++) {
		for (size_t k = 0; k < i; k++)
			check(strcmp(rules->rules[i].name, rules->rules[k].name) != 0);
	}
	for (size_t i = 0; i < rules->n_targets; i++) {
		for (size_t k = 0; k < i; k++)
			check(strcmp(rules->targets[i].name, rules->targets[k].name) != 0);
	}
}

static void check_good(const struct alert_rules *rules)
{
	check(rules->n_rules >= 1 && rules->n_rules <= ALERT_MAX_RULES);
	check(rules->n_targets >= 1 && rules->n_targets <= ALERT_MAX_TARGETS);
	for (size_t i = 0; i < rules->n_targets; i++)
		check_target(rules, &rules->targets[i]);
	for (size_t i = 0; i < rules->n_rules; i++)
		check_rule(rules, &rules->rules[i]);
	check_names(rules);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct told told;
	struct told again;
	struct alert_rules *rules = read_file(data, size, &told);
	struct alert_rules *second = read_file(data, size, &again);

	check(told.errors == again.errors && told.warnings == again.warnings);
	check(rules->n_rules == second->n_rules && rules->n_targets == second->n_targets);
	check(memcmp(rules->text, second->text, sizeof(rules->text)) == 0);
	if (told.errors == 0)
		check_good(rules);
	free(rules);
	free(second);
	return 0;
}
