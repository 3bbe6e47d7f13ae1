/*
 * From JSON to the rules of a profile that apply.
 *
 * Everything is checked, also in rules that do not apply here: every key, type and word has to be
 * known, for what is not understood may change what is meant. Docker's conditions on a rule are
 * decided: all capabilities of "includes" are held and none of "excludes"; one of the architectures
 * of "includes" is the target and none of "excludes"; the kernel is new enough. What is null counts
 * as left out, as it does for Go programs.
 */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "import/oci_profile.h"

#define MAX_ERRNO 4095u
/* Sandboxes need Landlock, which came with 5.13: what is older need not be asked about. */
#define FLOOR_MAJOR 5u
#define FLOOR_MINOR 13u

struct reader {
	struct diag_list *diags;
	const struct oci_options *options;
	struct oci_profile *profile;
};

/* What a rule's includes and excludes say. */
struct applies {
	bool archs[ARCH__COUNT];
	bool always;           /* capabilities and kernel are as they have to be */
	struct span on_kernel; /* of a version that can't be decided, or SPAN_NONE */
};

__attribute__((format(printf, 3, 4))) static bool wrong(struct reader *reader, struct span span,
							const char *format, ...)
{
	va_list args;
	char text[256];

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	diag_report(reader->diags, DIAG_E0604, span, "%s", text);
	return false;
}

/* ---- keys and types ---- */

static const struct jtree *field(const struct jtree *object, const char *key)
{
	const struct jtree *member = jtree_member(object, key);

	return member && member->kind != JTREE_NULL ? member : NULL;
}

static void help_nearest(struct reader *reader, struct diag *diag, struct str name,
			 const char *nearest)
{
	if (nearest && str_distance(name, str_from(nearest), 2) <= 2)
		diag_help(reader->diags, diag, "did you mean '%s'?", nearest);
}

static bool check_keys(struct reader *reader, const struct jtree *object, const char *const *keys)
{
	bool good = true;

	for (const struct jtree *member = object->first; member; member = member->next) {
		const char *nearest = NULL;
		unsigned best = 3;
		size_t i = 0;

		for (; keys[i] && !str_eq_cstr(member->key, keys[i]); i++) {
			unsigned distance = str_distance(member->key, str_from(keys[i]), best);

			if (distance < best) {
				best = distance;
				nearest = keys[i];
			}
		}
		if (keys[i])
			continue;
		help_nearest(reader,
			     diag_report(reader->diags, DIAG_E0603, member->key_span,
					 "'%.*s' is no key that is known here",
					 STR_ARG(member->key)),
			     member->key, nearest);
		good = false;
	}
	return good;
}

static bool want(struct reader *reader, const struct jtree *node, enum jtree_kind kind)
{
	static const char *const kinds[] = {"null",     "true or false", "a number",
					    "a string", "a list",        "an object"};

	return node->kind == kind ||
	       wrong(reader, node->span, "%s belongs here, not %s", kinds[kind], kinds[node->kind]);
}

/* A number up to max. */
static bool want_number(struct reader *reader, const struct jtree *node, uint64_t max,
			uint64_t *out)
{
	if (jtree_u64(node, out) && *out <= max)
		return true;
	return wrong(reader, node->span, "a whole number from 0 to %llu belongs here",
		     (unsigned long long)max);
}

static const struct jtree *need(struct reader *reader, const struct jtree *object, const char *key)
{
	const struct jtree *member = field(object, key);

	if (!member)
		wrong(reader, object->span, "'%s' is missing", key);
	return member;
}

/* A word of a kind; -1, reported, when it is none. */
static int want_word(struct reader *reader, const struct jtree *node, enum oci_word_kind kind)
{
	static const char *const kinds[] = {
		[OCI_WORD_ACTION] = "action",        [OCI_WORD_OPERATOR] = "operator",
		[OCI_WORD_ARCH] = "architecture",    [OCI_WORD_GOARCH] = "architecture",
		[OCI_WORD_FLAG] = "flag of filters", [OCI_WORD_CAP] = "capability",
	};
	const char *nearest = NULL, *known;
	unsigned best = 3;
	int value;

	if (!want(reader, node, JTREE_STRING))
		return -1;
	value = oci_word(kind, node->text);
	if (value >= 0)
		return value;
	for (size_t i = 0; (known = oci_word_at(kind, i)); i++) {
		unsigned distance = str_distance(node->text, str_from(known), best);

		if (distance < best) {
			best = distance;
			nearest = known;
		}
	}
	help_nearest(reader,
		     diag_report(reader->diags, DIAG_E0605, node->span, "there is no %s '%.*s'",
				 kinds[kind], STR_ARG(node->text)),
		     node->text, nearest);
	return -1;
}

static bool check_words(struct reader *reader, const struct jtree *list, enum oci_word_kind kind)
{
	bool good = true;

	if (!list)
		return true;
	if (!want(reader, list, JTREE_LIST))
		return false;
	for (const struct jtree *word = list->first; word; word = word->next)
		good &= want_word(reader, word, kind) >= 0;
	return good;
}

static bool check_strings(struct reader *reader, const struct jtree *object,
			  const char *const *keys)
{
	bool good = true;

	for (; *keys; keys++) {
		const struct jtree *node = field(object, *keys);

		good &= !node || want(reader, node, JTREE_STRING);
	}
	return good;
}

/* ---- verdicts ---- */

/* The error that goes with SCMP_ACT_ERRNO: by number, or by name as Podman has it. */
static bool read_error(struct reader *reader, const struct jtree *number, const struct jtree *name,
		       uint16_t *out)
{
	uint64_t value = EPERM;
	int named;

	if (number && !want_number(reader, number, MAX_ERRNO, &value))
		return false;
	if (name && !want(reader, name, JTREE_STRING))
		return false;
	named = name ? errno_value(name->text) : (int)value;
	if (named < 0) {
		diag_report(reader->diags, DIAG_E0605, name->span, "there is no errno '%.*s'",
			    STR_ARG(name->text));
		return false;
	}
	if (number && name && (int)value != named)
		return wrong(reader, name->span, "'%.*s' is %d, and the number says %d",
			     STR_ARG(name->text), named, (int)value);
	if (number && !errno_name(named)) {
		diag_report(reader->diags, DIAG_E0606, number->span,
			    named ? "no errno has this number, and Writ names errors"
				  : "a call that fails with 0 is said to have succeeded");
		return false;
	}
	*out = (uint16_t)named;
	return true;
}

struct stated { /* a verdict, as its object states it */
	const struct jtree *action;
	const struct jtree *number;
	const struct jtree *name;
	bool applies; /* else it only has to be well-formed */
};

static bool read_verdict(struct reader *reader, const struct stated *stated,
			 struct oci_verdict *out)
{
	static const enum oci_action actions[] = {
		[OCI_ACT_ALLOW] = OCI_ALLOW,       [OCI_ACT_LOG] = OCI_LOG,
		[OCI_ACT_NOTIFY] = OCI_NOTIFY,     [OCI_ACT_ERRNO] = OCI_ERRNO,
		[OCI_ACT_KILL_PROCESS] = OCI_KILL, [OCI_ACT_KILL_THREAD] = OCI_KILL,
		[OCI_ACT_TRAP] = OCI_KILL,         [OCI_ACT_TRACE] = OCI_KILL,
	};
	const struct jtree *error = stated->number ? stated->number : stated->name;
	int act = want_word(reader, stated->action, OCI_WORD_ACTION);

	if (act < 0)
		return false;
	if (error && act != OCI_ACT_ERRNO && act != OCI_ACT_TRACE)
		return wrong(reader, error->span, "an errno goes with SCMP_ACT_ERRNO only");
	if (stated->applies && (act == OCI_ACT_TRAP || act == OCI_ACT_TRACE)) {
		diag_report(reader->diags, DIAG_E0606, stated->action->span,
			    "'%.*s' is for a process that handles the signal or traces; Writ has "
			    "no such verdict",
			    STR_ARG(stated->action->text));
		return false;
	}
	*out = (struct oci_verdict){.action = actions[act]};
	reader->profile->kills_threads |= stated->applies && act == OCI_ACT_KILL_THREAD;
	return act != OCI_ACT_ERRNO ||
	       read_error(reader, stated->number, stated->name, &out->error);
}

/* ---- includes and excludes ---- */

/* Is the kernel, as far as it is known, at least this version? -1: not known. */
static int is_kernel(const struct oci_options *options, const uint32_t version[2])
{
	const uint32_t floor[2] = {FLOOR_MAJOR, FLOOR_MINOR};
	const uint32_t *have = options->has_kernel ? options->kernel : floor;
	bool older = have[0] != version[0] ? have[0] < version[0] : have[1] < version[1];

	if (!older)
		return 1;
	return options->has_kernel ? 0 : -1;
}

static bool read_kernel(struct reader *reader, const struct jtree *node, bool wanted,
			struct applies *out)
{
	uint32_t version[2];
	int is;

	if (!node)
		return true;
	if (!want(reader, node, JTREE_STRING))
		return false;
	if (!oci_parse_kernel(node->text, version))
		return wrong(reader, node->span, "a kernel's version is like \"4.8\"");
	is = is_kernel(reader->options, version);
	if (is < 0)
		out->on_kernel = node->span;
	else
		out->always &= is == wanted;
	return true;
}

static bool names_target(const struct jtree *archs, enum arch target)
{
	for (const struct jtree *arch = archs->first; arch; arch = arch->next) {
		if (oci_target_of(arch->text) == (int)target)
			return true;
	}
	return false;
}

/* wanted: it is the "includes" of a rule; else its "excludes". */
static bool read_filter(struct reader *reader, const struct jtree *filter, bool wanted,
			struct applies *out)
{
	static const char *const keys[] = {"arches", "caps", "minKernel", NULL};
	const struct jtree *archs, *caps;

	if (!filter)
		return true;
	if (!want(reader, filter, JTREE_OBJECT) || !check_keys(reader, filter, keys))
		return false;
	archs = field(filter, "arches");
	caps = field(filter, "caps");
	if (!check_words(reader, archs, OCI_WORD_GOARCH) ||
	    !check_words(reader, caps, OCI_WORD_CAP) ||
	    !read_kernel(reader, field(filter, "minKernel"), wanted, out))
		return false;
	for (int i = 0; archs && archs->first && i < ARCH__COUNT; i++)
		out->archs[i] &= names_target(archs, (enum arch)i) == wanted;
	for (const struct jtree *cap = caps ? caps->first : NULL; cap; cap = cap->next) {
		bool held = reader->options->caps >> oci_word(OCI_WORD_CAP, cap->text) & 1;

		out->always &= held == wanted;
	}
	return true;
}

/* ---- rules ---- */

static bool read_arg(struct reader *reader, const struct jtree *node, struct oci_arg *out)
{
	static const char *const keys[] = {"index", "op", "value", "valueTwo", NULL};
	const struct jtree *index, *value, *two, *op;
	uint64_t position = 0, second = 0;
	int word;

	if (!want(reader, node, JTREE_OBJECT) || !check_keys(reader, node, keys))
		return false;
	index = need(reader, node, "index");
	value = need(reader, node, "value");
	op = need(reader, node, "op");
	two = field(node, "valueTwo");
	if (!index || !value || !op || !want_number(reader, index, 5, &position) ||
	    !want_number(reader, value, UINT64_MAX, &out->value) ||
	    (two && !want_number(reader, two, UINT64_MAX, &second)))
		return false;
	word = want_word(reader, op, OCI_WORD_OPERATOR);
	if (word < 0)
		return false;
	out->index = (uint32_t)position;
	out->op = (enum cond_op)word;
	out->span = node->span;
	if (out->op == COND_MASKED_EQ) {
		out->mask = out->value;
		out->value = second;
	}
	return true;
}

static bool read_args(struct reader *reader, const struct jtree *args, struct oci_rule *out)
{
	bool good = true;

	if (!args)
		return true;
	if (!want(reader, args, JTREE_LIST))
		return false;
	for (const struct jtree *node = args->first; node; node = node->next) {
		struct oci_arg arg = {.index = 0};

		good &= read_arg(reader, node, &arg);
		vec_add(reader->diags->arena, &out->args, arg);
	}
	return good;
}

/* It goes into the policy, and into comments: it may hold nothing but what names are made of. */
static bool is_name(struct str text)
{
	static const char bytes[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

	for (size_t i = 0; i < text.len; i++) {
		if (!memchr(bytes, text.ptr[i], sizeof(bytes) - 1))
			return false;
	}
	return text.len > 0 && text.len < 64;
}

static bool add_name(struct reader *reader, const struct jtree *node, struct oci_rule *out)
{
	if (!want(reader, node, JTREE_STRING))
		return false;
	if (!is_name(node->text))
		return wrong(reader, node->span, "this is no name of a system call");
	if (reader->profile->n_names++ == OCI_MAX_NAMES) {
		diag_report(reader->diags, DIAG_E0482, node->span,
			    "this profile names more than %u system calls", OCI_MAX_NAMES);
		return false;
	}
	vec_add(reader->diags->arena, &out->names, ((struct oci_name){node->text, node->span}));
	return true;
}

/* "names", or the "name" of old profiles. */
static bool read_names(struct reader *reader, const struct jtree *rule, struct oci_rule *out)
{
	const struct jtree *name = field(rule, "name"), *names = field(rule, "names");
	bool good = true;

	if (name && name->kind == JTREE_STRING && !name->text.len)
		name = NULL;
	if (names && !want(reader, names, JTREE_LIST))
		return false;
	if (names && !names->first)
		names = NULL;
	if (!name == !names)
		return wrong(reader, name ? name->span : rule->span,
			     "a rule has 'names', or 'name', and not both");
	if (name)
		return add_name(reader, name, out);
	for (const struct jtree *node = names->first; node && good; node = node->next)
		good = add_name(reader, node, out);
	return good;
}

static bool applies_anywhere(const struct applies *applies)
{
	bool anywhere = false;

	for (int i = 0; i < ARCH__COUNT; i++)
		anywhere |= applies->archs[i];
	return anywhere && applies->always;
}

static bool read_rule(struct reader *reader, const struct jtree *node)
{
	static const char *const keys[] = {"name", "names",   "action",   "errnoRet", "errno",
					   "args", "comment", "includes", "excludes", NULL};
	static const char *const comments[] = {"comment", NULL};
	struct applies applies = {.always = true, .on_kernel = SPAN_NONE};
	struct oci_rule rule = {.span = node->span};
	struct stated stated;

	for (int i = 0; i < ARCH__COUNT; i++)
		applies.archs[i] = reader->options->archs[i];
	if (!want(reader, node, JTREE_OBJECT) || !check_keys(reader, node, keys) ||
	    !check_strings(reader, node, comments) ||
	    !read_filter(reader, field(node, "includes"), true, &applies) ||
	    !read_filter(reader, field(node, "excludes"), false, &applies))
		return false;
	stated = (struct stated){need(reader, node, "action"), field(node, "errnoRet"),
				 field(node, "errno"), applies_anywhere(&applies)};
	if (!stated.action || !read_verdict(reader, &stated, &rule.verdict) ||
	    !read_names(reader, node, &rule) || !read_args(reader, field(node, "args"), &rule))
		return false;
	if (!stated.applies)
		return true;
	if (applies.on_kernel.file != SPAN_NO_FILE) {
		diag_help(reader->diags,
			  diag_report(reader->diags, DIAG_E0610, applies.on_kernel,
				      "whether this rule applies depends on the kernel"),
			  "say for which it is to be read: --kernel 6.1");
		return false;
	}
	for (int i = 0; i < ARCH__COUNT; i++)
		rule.archs[i] = applies.archs[i];
	vec_add(reader->diags->arena, &reader->profile->rules, rule);
	return true;
}

/* ---- the profile ---- */

static bool read_arch_map(struct reader *reader, const struct jtree *map)
{
	static const char *const keys[] = {"architecture", "subArchitectures", NULL};
	bool good = true;

	if (!map)
		return true;
	if (!want(reader, map, JTREE_LIST))
		return false;
	for (const struct jtree *node = map->first; node; node = node->next) {
		const struct jtree *arch;

		if (!want(reader, node, JTREE_OBJECT) || !check_keys(reader, node, keys))
			return false;
		arch = need(reader, node, "architecture");
		good &= arch && want_word(reader, arch, OCI_WORD_ARCH) >= 0;
		good &= check_words(reader, field(node, "subArchitectures"), OCI_WORD_ARCH);
	}
	return good;
}

static bool read_rules(struct reader *reader, const struct jtree *rules)
{
	bool good = true;

	if (!rules)
		return true;
	if (!want(reader, rules, JTREE_LIST))
		return false;
	for (const struct jtree *rule = rules->first; rule; rule = rule->next)
		good &= read_rule(reader, rule);
	return good;
}

bool oci_read(struct diag_list *diags, const struct jtree *root, const struct oci_options *options,
	      struct oci_profile *out)
{
	static const char *const keys[] = {"defaultAction",
					   "defaultErrnoRet",
					   "defaultErrno",
					   "archMap",
					   "architectures",
					   "flags",
					   "listenerPath",
					   "listenerMetadata",
					   "comment",
					   "syscalls",
					   NULL};
	static const char *const strings[] = {"listenerPath", "listenerMetadata", "comment", NULL};
	struct reader reader = {.diags = diags, .options = options, .profile = out};
	const struct jtree *archs, *map, *flags;
	struct stated stated;
	bool good;

	if (!want(&reader, root, JTREE_OBJECT) || !check_keys(&reader, root, keys))
		return false;
	archs = field(root, "architectures");
	map = field(root, "archMap");
	flags = field(root, "flags");
	stated = (struct stated){need(&reader, root, "defaultAction"),
				 field(root, "defaultErrnoRet"), field(root, "defaultErrno"), true};
	good = stated.action && read_verdict(&reader, &stated, &out->fallback);
	if (archs && map && archs->first && map->first)
		good = wrong(&reader, archs->key_span,
			     "'architectures' and 'archMap' exclude each "
			     "other");
	good &= check_words(&reader, archs, OCI_WORD_ARCH);
	good &= read_arch_map(&reader, map);
	good &= check_words(&reader, flags, OCI_WORD_FLAG);
	good &= check_strings(&reader, root, strings);
	out->has_flags = flags && flags->first;
	good &= read_rules(&reader, field(root, "syscalls"));
	return good;
}
