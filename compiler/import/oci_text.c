/*
 * From system calls to the text of a policy.
 *
 * Writ refuses with EPERM what no rule is for (clone3 with ENOSYS). Where the profile's default is
 * another verdict, it is written out for every call of the table: without conditions where all that
 * the profile says of the call is stricter, for the strictest rule decides, else for the complement
 * of what is not.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "import/oci_profile.h"
#include "tables/syscall_args.h"

#define N_VERDICTS (OCI_KILL + 1)

struct writer {
	struct diag_list *diags;
	struct arena *arena;
	const struct oci_options *options;
	const struct oci_profile *profile;
	const struct oci_calls *calls;
	struct oci_notes *notes;
	VEC(struct oci_call) written; /* what the policy states, by name */
	VEC(struct str) confined;     /* what it would have to allow and can't */
	bool failed;
};

/* ---- what is stated ---- */

static bool is_permissive(struct oci_verdict verdict)
{
	return verdict.action <= OCI_NOTIFY;
}

/* What becomes of a call that the policy does not mention. */
static struct oci_verdict unmentioned(struct str name)
{
	bool is_clone3 = str_eq(name, STR("clone3"));

	return (struct oci_verdict){OCI_ERRNO, is_clone3 ? ENOSYS : EPERM};
}

static bool is_whole(const struct oci_cases *cases)
{
	for (size_t i = 0; i < cases->n; i++) {
		if (!cases->items[i].n)
			return true;
	}
	return false;
}

/* The profile's default for a call whose cases are these, added to out. */
static bool add_default(struct writer *writer, const struct oci_cases *cases, struct oci_cases *out)
{
	struct oci_verdict verdict = writer->profile->fallback;
	struct oci_cases laxer = {0};

	if (is_whole(cases))
		return true;
	for (size_t i = 0; i < cases->n; i++) {
		enum oci_action action = cases->items[i].verdict.action;

		if (action < verdict.action || (action == OCI_ERRNO && verdict.action == OCI_ERRNO))
			vec_add(writer->arena, &laxer, cases->items[i]);
	}
	return oci_complement(writer->arena, &laxer, verdict, out);
}

static void state_call(struct writer *writer, const struct oci_call *call)
{
	struct oci_verdict fallback = writer->profile->fallback;
	bool confined = call_confined(call->name) != NULL, given_up = false;
	struct oci_call written = {.name = call->name, .span = call->span};
	struct oci_cases all = {0};

	for (size_t i = 0; i < call->cases.n; i++) {
		if (!oci_same_verdict(call->cases.items[i].verdict, fallback))
			vec_add(writer->arena, &all, call->cases.items[i]);
	}
	if (!oci_same_verdict(fallback, unmentioned(call->name)) &&
	    !add_default(writer, &all, &all)) {
		diag_report(writer->diags, DIAG_E0483, call->span,
			    "the default for the calls of '%.*s' that no rule is for takes too "
			    "many rules",
			    STR_ARG(call->name));
		writer->failed = true;
		return;
	}
	for (size_t i = 0; i < all.n; i++) {
		if (confined && is_permissive(all.items[i].verdict))
			given_up = true;
		else
			vec_add(writer->arena, &written.cases, all.items[i]);
	}
	if (given_up)
		vec_add(writer->arena, &writer->confined, call->name);
	vec_add(writer->arena, &writer->written, written);
}

static int str_order(const void *left, const void *right)
{
	const struct str *a = left, *b = right;

	return str_cmp(*a, *b);
}

/* Every call that a target has, in order; of doubles the later ones are empty. */
static size_t list_calls(struct writer *writer, struct str **out)
{
	VEC(struct str) names = {0};

	for (int arch = 0; arch < ARCH__COUNT; arch++) {
		uint32_t limit = writer->options->archs[arch] ? syscall_limit((enum arch)arch) : 0;

		for (uint32_t number = 0; number < limit; number++) {
			struct str name = syscall_name((enum arch)arch, number);

			if (name.ptr)
				vec_add(writer->arena, &names, name);
		}
	}
	if (names.n)
		qsort(names.items, names.n, sizeof(*names.items), str_order);
	*out = names.items;
	return names.n;
}

/* Both lists are in order. */
static void state_calls(struct writer *writer)
{
	const struct oci_call *calls = writer->calls->items.items;
	size_t n_calls = writer->calls->items.n, at = 0;
	struct str *names;
	size_t n = list_calls(writer, &names);

	for (size_t i = 0; i < n; i++) {
		struct oci_call plain = {.name = names[i], .span = SPAN_NONE};

		if (i && str_eq(names[i], names[i - 1]))
			continue;
		while (at < n_calls && str_cmp(calls[at].name, names[i]) < 0)
			at++;
		if (at < n_calls && str_eq(calls[at].name, names[i]))
			state_call(writer, &calls[at]);
		else
			state_call(writer, &plain);
	}
}

/* ---- statements ---- */

static void put_action(FILE *out, struct oci_verdict verdict)
{
	static const char *const texts[N_VERDICTS] = {[OCI_ALLOW] = "",
						      [OCI_LOG] = " log",
						      [OCI_NOTIFY] = " notify",
						      [OCI_KILL] = " kill"};

	if (verdict.action == OCI_ERRNO)
		fprintf(out, " errno %s", errno_name(verdict.error));
	else
		fputs(texts[verdict.action], out);
	fputs(";\n", out);
}

static const char *verb_of(struct oci_verdict verdict)
{
	return is_permissive(verdict) ? "allow" : "deny";
}

static bool is_single_value(const struct oci_case *one, uint8_t arg)
{
	return one->n == 1 && one->conds[0].op == COND_EQ && one->conds[0].arg == arg;
}

/* "f(arg in {1, 2})" of cases that each are one value of one argument, or .len 0. */
static struct str join_values(struct writer *writer, struct str name, const struct oci_case *cases,
			      size_t n)
{
	uint8_t arg = cases[0].n ? cases[0].conds[0].arg : 0;
	struct arena *arena = writer->arena;
	struct str text;

	for (size_t i = 0; i < n; i++) {
		if (n < 2 || !is_single_value(&cases[i], arg))
			return STR("");
	}
	text = str_printf(arena, "%.*s(%s in {", STR_ARG(name),
			  call_args_find(name)->args[arg].names[0]);
	for (size_t i = 0; i < n; i++)
		text = str_printf(arena, "%.*s%s%.*s", STR_ARG(text), i ? ", " : "",
				  STR_ARG(oci_number(arena, cases[i].conds[0].value)));
	return str_printf(arena, "%.*s})", STR_ARG(text));
}

VEC_TYPE(texts, struct str);

/* "f(x == 1, y & 2 == 0)", unless these ways exclude each other. */
static void add_ways(struct writer *writer, struct str name, const struct oci_way *const *ways,
		     uint32_t n, struct texts *out)
{
	struct str text = str_printf(writer->arena, "%.*s(", STR_ARG(name));
	struct call_cond all[2 * CALL_MAX_CONDS];
	uint32_t n_all = 0;

	for (uint32_t i = 0; i < n; i++) {
		text = str_printf(writer->arena, "%.*s%s%.*s", STR_ARG(text), i ? ", " : "",
				  STR_ARG(ways[i]->text));
		for (uint32_t c = 0; c < ways[i]->n; c++)
			all[n_all++] = ways[i]->conds[c];
	}
	if (call_conds_possible(all, n_all))
		vec_add(writer->arena, out, str_printf(writer->arena, "%.*s)", STR_ARG(text)));
}

/* A call for every choice of ways: digit i of the number chooses of condition i. */
static void add_case(struct writer *writer, const struct oci_call *call, const struct oci_case *one,
		     struct texts *out)
{
	struct oci_ways conds[CALL_MAX_CONDS];
	const struct oci_way *ways[CALL_MAX_CONDS];
	size_t choices = 1;

	for (uint32_t i = 0; i < one->n; i++) {
		conds[i] = oci_spell(writer->arena, call->name, &one->conds[i]);
		choices = choices > OCI_MAX_RULES ? choices : choices * conds[i].n;
	}
	/* At most two conditions a way: Writ takes so many. */
	if (out->n + choices > OCI_MAX_RULES || 2 * one->n > CALL_MAX_CONDS) {
		diag_report(writer->diags, DIAG_E0483, call->span,
			    "what the profile says of '%.*s' takes too many conditions",
			    STR_ARG(call->name));
		writer->failed = true;
		return;
	}
	for (size_t choice = 0; choice < choices; choice++) {
		size_t rest = choice;

		for (uint32_t i = 0; i < one->n; i++) {
			ways[i] = &conds[i].items[rest % conds[i].n];
			rest /= conds[i].n;
		}
		add_ways(writer, call->name, ways, one->n, out);
	}
}

/* Cases of one verdict. */
static void put_cases(FILE *out, struct writer *writer, const struct oci_call *call,
		      const struct oci_case *cases, size_t n)
{
	struct str joined = join_values(writer, call->name, cases, n);
	struct texts texts = {0};

	if (joined.len)
		vec_add(writer->arena, &texts, joined);
	for (size_t i = 0; i < n && !joined.len && !writer->failed; i++)
		add_case(writer, call, &cases[i], &texts);
	for (size_t i = 0; i < texts.n; i++)
		fprintf(out, "%s %.*s", i ? "," : verb_of(cases[0].verdict),
			STR_ARG(texts.items[i]));
	if (texts.n)
		put_action(out, cases[0].verdict);
}

/* The cases with conditions of a call, a statement for each verdict. */
static void put_conditional(FILE *out, struct writer *writer, const struct oci_call *call)
{
	const struct oci_case *cases = call->cases.items;
	size_t n = call->cases.n, same;

	for (size_t from = 0; from < n; from += same) {
		same = 1;
		while (from + same < n &&
		       oci_same_verdict(cases[from + same].verdict, cases[from].verdict))
			same++;
		/* In order: one without conditions comes first, and says it all. */
		if (cases[from].n)
			put_cases(out, writer, call, &cases[from], same);
	}
}

/* All calls with this verdict whatever their arguments are, in one statement. */
static void put_whole(FILE *out, const struct writer *writer, struct oci_verdict verdict)
{
	bool any = false;

	for (size_t i = 0; i < writer->written.n; i++) {
		const struct oci_call *call = &writer->written.items[i];

		for (size_t c = 0; c < call->cases.n; c++) {
			if (call->cases.items[c].n ||
			    !oci_same_verdict(call->cases.items[c].verdict, verdict))
				continue;
			fprintf(out, "%s %.*s", any ? "," : verb_of(verdict), STR_ARG(call->name));
			any = true;
		}
	}
	if (any)
		put_action(out, verdict);
}

static void put_statements(FILE *out, struct writer *writer)
{
	static const enum oci_action plain[] = {OCI_ALLOW, OCI_LOG, OCI_NOTIFY};
	const struct oci_verdict kill = {.action = OCI_KILL};
	struct oci_verdict verdict = {.action = OCI_ERRNO};

	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		put_whole(out, writer, (struct oci_verdict){.action = plain[i]});
	for (int error = 1; error < 4096; error++) {
		verdict.error = (uint16_t)error;
		if (errno_name(error))
			put_whole(out, writer, verdict);
	}
	put_whole(out, writer, kill);
	for (size_t i = 0; i < writer->written.n; i++) {
		struct oci_call *call = &writer->written.items[i];

		if (call->cases.n)
			qsort(call->cases.items, call->cases.n, sizeof(*call->cases.items),
			      oci_case_cmp);
		put_conditional(out, writer, call);
	}
}

/* ---- notes ---- */

static struct str list_names(struct arena *arena, const struct str *names, size_t n)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct str list;

	if (!out)
		arena_die();
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%s%.*s", i ? ", " : "", STR_ARG(names[i]));
	if (fclose(out))
		arena_die();
	list = str_copy(arena, text, len);
	free(text);
	return list;
}

/* Is there a rule that lets a call pass which "network" refuses without a grant? */
static bool needs_network(const struct writer *writer)
{
	static const char *const names[] = {"socket", "connect", "bind",
					    "listen", "accept",  "accept4"};

	for (size_t i = 0; i < writer->written.n; i++) {
		const struct oci_call *call = &writer->written.items[i];
		bool permissive = false, named = false;

		for (size_t c = 0; c < call->cases.n; c++)
			permissive |= is_permissive(call->cases.items[c].verdict);
		for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++)
			named |= str_eq_cstr(call->name, names[n]);
		if (permissive && named)
			return true;
	}
	return false;
}

static void add_note(struct writer *writer, struct str text)
{
	vec_add(writer->arena, writer->notes, text);
}

static void find_notes(struct writer *writer)
{
	struct arena *arena = writer->arena;
	const struct oci_calls *calls = writer->calls;

	if (calls->unknown.n)
		add_note(writer, str_printf(arena,
					    "not in this compiler's table, so these fail with "
					    "ENOSYS: %.*s",
					    STR_ARG(list_names(arena, calls->unknown.items,
							       calls->unknown.n))));
	if (writer->confined.n)
		add_note(writer,
			 str_printf(arena,
				    "allowed by the profile and by no sandbox of Writ's, so these "
				    "fail: %.*s",
				    STR_ARG(list_names(arena, writer->confined.items,
						       writer->confined.n))));
	if (needs_network(writer))
		add_note(writer, STR("sockets need a grant too: without a 'network' section, "
				     "socket, connect, bind, listen and accept fail with EPERM"));
	if (writer->profile->kills_threads)
		add_note(writer,
			 STR("the profile kills the thread; 'kill' ends the whole process"));
	if (calls->has_alternatives)
		add_note(writer, STR("several conditions of a rule on one argument are "
				     "alternatives, as container runtimes take them"));
	if (writer->profile->has_flags)
		add_note(writer, STR("'flags' are about how a filter is installed, and are not "
				     "part of a policy"));
}

/* A comment, in lines of at most 100 columns. */
static void put_comment(FILE *out, struct str text)
{
	size_t column = 0;

	for (size_t at = 0; at < text.len;) {
		size_t len = 0;

		while (at + len < text.len && text.ptr[at + len] != ' ')
			len++;
		if (column && column + 1 + len > 100) {
			fputc('\n', out);
			column = 0;
		}
		fprintf(out, "%s%.*s", column ? " " : "# ", (int)len, text.ptr + at);
		column += len + (column ? 1 : 2);
		at += len + 1;
	}
	fputs("\n", out);
}

static void put_head(FILE *out, const struct writer *writer)
{
	static const char *const all[] = {
		"The filter of a container's seccomp profile, without the container's namespaces "
		"and capabilities. What no call of the compiler's table has fails with ENOSYS; "
		"calls of other architectures and ABIs kill.",
		"Conditions are on what the kernel looks at: of an int the lower half of its "
		"register.",
	};

	fputs("policy imported;\n\n", out);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		put_comment(out, str_from(all[i]));
	for (size_t i = 0; i < writer->notes->n; i++)
		put_comment(out,
			    str_printf(writer->arena, "- %.*s", STR_ARG(writer->notes->items[i])));
}

bool oci_to_writ(struct diag_list *diags, uint32_t file, const struct oci_options *options,
		 struct str *out, struct oci_notes *notes)
{
	const struct jtree *root = jtree_parse(diags, file);
	struct oci_profile profile = {0};
	struct oci_calls calls = {0};
	struct writer writer = {.diags = diags,
				.arena = diags->arena,
				.options = options,
				.profile = &profile,
				.calls = &calls,
				.notes = notes};
	char *text;
	size_t len;
	FILE *stream;

	if (!root || !oci_read(diags, root, options, &profile) ||
	    !oci_sort(diags, &profile, options, &calls))
		return false;
	state_calls(&writer);
	find_notes(&writer);
	stream = open_memstream(&text, &len);
	if (!stream)
		arena_die();
	put_head(stream, &writer);
	fputs("sandbox imported {\nsyscalls {\n", stream);
	put_statements(stream, &writer);
	fputs("}\n}\n", stream);
	if (fclose(stream))
		arena_die();
	*out = str_copy(diags->arena, text, len);
	free(text);
	if (len > SOURCE_MAX_BYTES)
		diag_report(diags, DIAG_E0482, root->span,
			    "as a policy this would be larger than a file may be");
	return !writer.failed && len <= SOURCE_MAX_BYTES;
}
