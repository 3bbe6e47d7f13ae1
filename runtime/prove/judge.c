/*
 * Each case of a script against what its sandbox's records say.
 *
 * A case comes down to a chain of steps, of which each needs the one before. The first that the
 * filter must refuse decides: then exactly that refusal must be seen. When it refuses none, the
 * case's own expectation holds, by what happened without the sandbox: what failed there can't be
 * expected to work, and that it fails here, too, is no proof of a wall.
 */
#include "runtime/prove/judge.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "runtime/prove/launch.h"
#include "runtime/prove/rules.h"

#define AUDIT_ARCH_32_BIT 0x40000003u /* AUDIT_ARCH_I386: what "int $0x80" leads to */
#define X32_BIT           0x40000000u

struct judging {
	const struct prove_target *target;
	const struct prove_script *script;
	const int64_t *with;
	const int64_t *without;
	struct prove_report *report;
};

/* What one case came to, before it is a row. */
struct judgement {
	const char *expected;
	const char *seen;
	enum prove_state state;
};

const char *judge_answer(struct prove_report *report, int64_t answer)
{
	if (answer >= 0)
		return "works";
	if (ANSWER_IS_KILLED(answer))
		return prove_text(report, "killed: %s", strsignal(ANSWER_SIGNAL(answer)));
	if (answer == PROBE_NOT_DONE)
		return "what it needs failed";
	return prove_text(report, "%s", strerror((int)-answer));
}

static bool makes_call(const struct probe_step *step)
{
	switch ((enum probe_op)step->op) {
	case PROBE_ENV:
	case PROBE_LOAD:
	case PROBE_SPIN:
	case PROBE_WAIT:
	case PROBE__OPS:
		return false;
	case PROBE_CALL:
	case PROBE_OPEN:
	case PROBE_COMPAT:
	case PROBE_REPEAT:
	case PROBE_CHILD:
	case PROBE_CHILDREN:
	case PROBE_TOUCH:
	case PROBE_DESCRIPTORS:
	case PROBE_ARCH_FLAGGED:
		break;
	}
	return true;
}

static struct rules_call call_of(const struct judging *judging, const struct probe_step *step)
{
	struct rules_call call = {.arch = KERNEL_AUDIT_ARCH, .number = (uint32_t)step->number};
	uint64_t blob = launch_address(offsetof(struct probe_script, blob));

	if (step->op == PROBE_COMPAT)
		call.arch = AUDIT_ARCH_32_BIT;
	if (step->op == PROBE_ARCH_FLAGGED)
		call.number |= X32_BIT;
	for (unsigned i = 0; i < PROBE_ARGS; i++) {
		call.args[i] = (uint64_t)step->args[i];
		if (step->from_blob & 1u << i)
			call.args[i] += blob;
		if (step->from_results & 1u << i)
			call.args[i] = (uint64_t)judging->with[step->args[i]];
	}
	return call;
}

static uint32_t verdict_on(const struct judging *judging, const struct probe_step *step)
{
	const struct rules_call call = call_of(judging, step);

	if (!makes_call(step))
		return SECCOMP_ACTION_ALLOW;
	return rules_of_filter(judging->target->policy, judging->target->record, &call);
}

/* The first step that the filter refuses on the way to the subject; NONE: there is none. */
static uint32_t find_gate(const struct judging *judging, uint32_t subject, uint32_t *verdict)
{
	const struct probe_step *steps = judging->script->probe->steps;
	uint32_t gate = PROBE_NONE;

	for (uint32_t at = subject + 1; at; at = steps[at - 1].needs) {
		uint32_t action = verdict_on(judging, &steps[at - 1]);

		if (rules_allow(action))
			continue;
		gate = at - 1;
		*verdict = action;
	}
	return gate;
}

/* A filter that is wider than the rules it was made from is wrong whatever is seen. */
static bool is_wider(const struct judging *judging, const struct probe_step *step)
{
	const struct rules_call call = call_of(judging, step);
	uint32_t rules;

	return makes_call(step) &&
	       rules_of_records(judging->target->policy, judging->target->record, &call, &rules) &&
	       !rules_allow(rules) && rules_allow(verdict_on(judging, step));
}

static struct judgement judge_gate(const struct judging *judging, const struct prove_case *one,
				   uint32_t gate, uint32_t verdict)
{
	int64_t with = judging->with[gate];
	struct judgement out = {.expected = "killed", .state = PROVE_WRONG};
	int64_t error = -(int64_t)(verdict & ~SECCOMP_ACTION_MASK);

	/* Not told: then that the subject was not reached has to do. */
	if (with == ANSWER_NONE)
		with = judging->with[one->subject] == PROBE_NOT_DONE ? error : 0;

	out.seen = judge_answer(judging->report, with);
	if ((verdict & SECCOMP_ACTION_MASK) == SECCOMP_ACTION_ERRNO) {
		out.expected = prove_text(judging->report, "refused: %s", strerror((int)-error));
		out.state = with == error ? PROVE_OK : PROVE_WRONG;
	} else if (ANSWER_IS_KILLED(with)) {
		out.state = PROVE_OK;
	}
	return out;
}

static struct judgement judge_works(const struct judging *judging, const struct prove_case *one)
{
	int64_t with = judging->with[one->subject];
	int64_t without = judging->without[one->control];
	struct judgement out = {.expected = "works", .state = PROVE_OK};
	bool is_same = with == without && with != -EACCES && with != -EPERM;

	out.seen = judge_answer(judging->report, with);
	if (with >= 0)
		return out;
	if (without >= 0) {
		out.state = PROVE_WRONG;
		return out;
	}
	out.seen = prove_text(judging->report, "%s; without the sandbox: %s", out.seen,
			      judge_answer(judging->report, without));
	if (!is_same)
		out.state = PROVE_NOT_TRIED;
	return out;
}

static struct judgement judge_refused(const struct judging *judging, const struct prove_case *one)
{
	int64_t with = judging->with[one->subject];
	int64_t without = judging->without[one->control];
	struct judgement out = {.expected = "refused"};

	out.seen = judge_answer(judging->report, with);
	out.state = with < 0 ? PROVE_OK : PROVE_WRONG;
	if (with < 0 && without < 0)
		out.seen = prove_text(judging->report, "%s; without the sandbox: %s", out.seen,
				      judge_answer(judging->report, without));
	return out;
}

/* A process outside is not there for one in a PID namespace. */
static bool is_hidden(const struct judging *judging, const struct prove_case *one, int64_t with)
{
	const struct probe_step *subject = &judging->script->probe->steps[one->subject];
	bool is_about_it = false;

	for (unsigned i = 0; i < PROBE_ARGS; i++)
		is_about_it |= subject->args[i] == judging->target->bystander;
	return is_about_it && with == -ESRCH && judging->target->record->plan & WRIT_PLAN_PID_NS;
}

/* What the broker is asked for: it may look at what is wrong with a call in another order. */
static bool is_mediated(const struct judging *judging, const struct prove_case *one)
{
	const struct probe_step *subject = &judging->script->probe->steps[one->subject];

	return (verdict_on(judging, subject) & SECCOMP_ACTION_MASK) == SECCOMP_ACTION_USER_NOTIF;
}

/* The filter lets it through: what comes of it is what comes of it anywhere. */
static struct judgement judge_rules(const struct judging *judging, const struct prove_case *one)
{
	int64_t with = judging->with[one->subject];
	int64_t without = judging->without[one->control];
	struct judgement out = {.state = PROVE_OK};

	out.expected = prove_text(judging->report, "as without the sandbox: %s",
				  judge_answer(judging->report, without));
	out.seen = judge_answer(judging->report, with);
	if (is_hidden(judging, one, with))
		out.seen = "no such process in its PID namespace";
	else if (with != without && !(with >= 0 && without >= 0) &&
		 !(with < 0 && without < 0 && is_mediated(judging, one)))
		out.state = PROVE_WRONG;
	return out;
}

static struct judgement judge_zero(const struct judging *judging, const struct prove_case *one)
{
	int64_t with = judging->with[one->subject];
	struct judgement out = {.expected = "none"};

	out.seen = with > 0 ? prove_text(judging->report, "%lld", (long long)with)
			    : (with == 0 ? "none" : judge_answer(judging->report, with));
	out.state = with == 0 ? PROVE_OK : PROVE_WRONG;
	return out;
}

static struct judgement judge_most(const struct judging *judging, const struct prove_case *one)
{
	int64_t with = judging->with[one->subject];
	struct judgement out = {.state = PROVE_WRONG};

	out.expected = prove_text(judging->report, "%lld or less", (long long)one->most);
	out.seen = with < 0 ? judge_answer(judging->report, with)
			    : prove_text(judging->report, "%lld", (long long)with);
	if (with > 0 && with <= one->most)
		out.state = PROVE_OK;
	return out;
}

static struct judgement judge_case(const struct judging *judging, const struct prove_case *one)
{
	static struct judgement (*const by_expectation[])(const struct judging *,
							  const struct prove_case *) = {
		[EXPECT_RULES] = judge_rules,     [EXPECT_WORKS] = judge_works,
		[EXPECT_REFUSED] = judge_refused, [EXPECT_ZERO] = judge_zero,
		[EXPECT_AT_MOST] = judge_most,
	};
	const struct probe_step *subject = &judging->script->probe->steps[one->subject];
	uint32_t verdict = 0;
	uint32_t gate = find_gate(judging, one->subject, &verdict);

	if (is_wider(judging, subject))
		return (struct judgement){"refused by the rules, and so by the filter",
					  "the bundle's filter lets it through", PROVE_WRONG};
	if (judging->with[one->subject] == ANSWER_NONE)
		return (struct judgement){"", "the prober can't tell: the filter has no write",
					  PROVE_NOT_TRIED};
	if (gate != PROBE_NONE && subject->op == PROBE_DESCRIPTORS)
		return (struct judgement){"none", "the filter has no close to try it with",
					  PROVE_NOT_TRIED};
	if (gate == PROBE_NONE)
		return by_expectation[one->expect](judging, one);
	return judge_gate(judging, one, gate, verdict);
}

/* Cases that share a row. */
struct fold {
	const char *group;
	size_t n;
	size_t n_refused;
	size_t n_apart; /* refused otherwise than without the sandbox */
};

static void count_folded(struct fold *fold, const struct judging *judging,
			 const struct prove_case *one)
{
	fold->group = one->group;
	fold->n++;
	if (judging->with[one->subject] < 0) {
		fold->n_refused++;
		fold->n_apart += judging->with[one->subject] != judging->without[one->control];
	}
}

static void add_fold(struct prove_report *report, const struct fold *fold)
{
	if (!fold->n)
		return;
	prove_row_add(
		report,
		&(struct prove_row){.group = fold->group,
				    .what = prove_text(report, "%zu tried", fold->n),
				    .expected = "what the filter says of each",
				    .seen = prove_text(report,
						       "that; %zu fail, %zu of them otherwise than "
						       "without the sandbox",
						       fold->n_refused, fold->n_apart),
				    .state = PROVE_OK});
	report->counts[PROVE_OK] += fold->n - 1;
}

void judge_cases(const struct prove_target *target, const struct prove_script *script,
		 const int64_t *with, const int64_t *without, struct prove_report *report)
{
	const struct judging judging = {target, script, with, without, report};
	struct fold fold = {.n = 0};

	for (uint32_t i = 0; i < script->n_cases; i++) {
		const struct prove_case *one = &script->cases[i];
		struct judgement judged = judge_case(&judging, one);

		if (one->folded && fold.n && fold.group != one->group) {
			add_fold(report, &fold);
			fold = (struct fold){.n = 0};
		}
		if (one->folded && judged.state == PROVE_NOT_TRIED) {
			report->counts[PROVE_NOT_TRIED]++;
			continue;
		}
		if (one->folded && judged.state == PROVE_OK) {
			count_folded(&fold, &judging, one);
			continue;
		}
		prove_row_add(report, &(struct prove_row){.group = one->group,
							  .what = one->what,
							  .expected = judged.expected,
							  .seen = judged.seen,
							  .state = judged.state});
	}
	add_fold(report, &fold);
}
