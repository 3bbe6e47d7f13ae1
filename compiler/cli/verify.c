/*
 * writc verify: does a bundle do what it lists, or what a source says?
 *
 * The runtime's own check comes first: what it refuses is no bundle. Then what the bundle lists is
 * held against the source, and what it enforces against both. A difference is a finding, told with
 * an example of what goes another way; what was proven is told a line each.
 */
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "cli/cli.h"
#include "cli/diff.h"
#include "cli/input.h"
#include "cli/json_out.h"
#include "cli/report.h"
#include "link/bundle_ir.h"
#include "link/bundle_proof.h"
#include "runtime/writ.h"
#include "runtime/writ_sign.h"

enum format { FORMAT_TEXT, FORMAT_JSON };
static const char *const format_names[] = {"text", "json", NULL};

enum places { PLACES_SAME, PLACES_DIFFER, PLACES_NONE };
static const char *const place_names[] = {"same", "differ", "none"};

struct verification {
	const char *path;
	const char *source;             /* or NULL: the bundle is held against itself */
	const char *key;                /* or NULL: no signature is asked for */
	char signer[WRIT_KEY_ID_SIZE];  /* the key that has signed it, of those */
	int format;                     /* enum format */
	struct compilation compilation; /* of the source; without one only its arena is used */
	struct bundle_image image;
	const struct ir_policy *listed; /* what the bundle says about itself */
	const struct ir_policy *policy; /* what it is to mean */
	bool differs;                   /* from the source: what it lists already does */
	struct ir_diff diff;            /* then, in effect; from source to bundle */
	struct bundle_proof proof;
	enum places places;
};

/* How a claim is told, and what is counted. */
static const struct {
	const char *name;
	const char *counts[BUNDLE_CLAIM_COUNTS];
} claims[] = {
	[BUNDLE_CLAIM_NAMES] = {"names", {"roles", "users", "tools"}},
	[BUNDLE_CLAIM_RULES] = {"rules", {"rules", "tests"}},
	[BUNDLE_CLAIM_TABLE] = {"table", {"rows", "columns", "states"}},
	[BUNDLE_CLAIM_LANDLOCK] = {"landlock", {"paths", "ports", "variants"}},
	[BUNDLE_CLAIM_FILTER] = {"filter", {"instructions"}},
};

static bool is_proven(const struct verification *in)
{
	return !in->differs && in->proof.wrong.len == 0;
}

/* ---- text ---- */

static void put_claim(const struct bundle_claim *claim)
{
	const char *const *names = claims[claim->kind].counts;

	printf("  %s", claims[claim->kind].name);
	if (claim->sandbox.len) {
		fputs(" of sandbox ", stdout);
		utf8_print(stdout, claim->sandbox);
	}
	if (claim->arch)
		printf(" for %s", claim->arch);
	for (size_t i = 0; i < BUNDLE_CLAIM_COUNTS && names[i]; i++)
		printf("%s %s %zu", i ? "," : ":", names[i], claim->counts[i]);
	putchar('\n');
}

/* "BUNDLE means what SOURCE says" */
static void put_verdict(const struct verification *in)
{
	utf8_print(stdout, str_from(in->path));
	fputs(is_proven(in) ? ": means what " : ": does not mean what ", stdout);
	utf8_print(stdout, str_from(in->source ? in->source : "it"));
	fputs(in->source ? " says" : " lists", stdout);
	if (in->proof.wrong.len) {
		fputs(": ", stdout);
		utf8_print(stdout, in->proof.wrong);
	}
	putchar('\n');
}

static bool has_conditions(const struct ir_policy *policy)
{
	for (size_t i = 0; i < policy->rules.n; i++) {
		if (policy->rules.items[i].where)
			return true;
	}
	return false;
}

static void print_text(const struct verification *in)
{
	put_verdict(in);
	if (in->key)
		printf("  signature: of key %s\n", in->signer);
	if (in->differs)
		diff_text(&(struct diff_report){in->source, in->path, &in->diff});
	for (size_t i = 0; i < in->proof.claims.n; i++)
		put_claim(&in->proof.claims.items[i]);
	if (is_proven(in) && in->places == PLACES_DIFFER)
		puts("note: it says of rules that they are on other lines than in the source");
	if (is_proven(in) && !in->source && has_conditions(in->listed))
		puts("note: the text of conditions is the bundle's word; 'writc explain' tells "
		     "their tests, and a source proves both");
}

/* ---- JSON ---- */

static json_t *claim_json(const struct bundle_claim *claim)
{
	json_t *out = json_out_must(json_object());
	const char *const *names = claims[claim->kind].counts;

	json_out_add(out, "claim", json_string(claims[claim->kind].name));
	if (claim->sandbox.len)
		json_out_add(out, "sandbox", json_out_text(claim->sandbox));
	if (claim->arch)
		json_out_add(out, "arch", json_string(claim->arch));
	for (size_t i = 0; i < BUNDLE_CLAIM_COUNTS && names[i]; i++)
		json_out_add(out, names[i], json_integer((json_int_t)claim->counts[i]));
	return out;
}

static json_t *summary_json(const struct ir_diff *diff)
{
	json_t *out = json_out_must(json_object());

	for (int effect = 0; effect < IR_DIFF_EFFECT__COUNT; effect++)
		json_out_add(out, diff_effect_name((enum ir_diff_effect)effect),
			     json_integer((json_int_t)diff->counts[effect]));
	return out;
}

static void print_json(const struct verification *in)
{
	json_t *root = json_out_must(json_object()), *proven = json_out_must(json_array());

	for (size_t i = 0; i < in->proof.claims.n; i++)
		json_out_append(proven, claim_json(&in->proof.claims.items[i]));
	json_out_add(root, "bundle", json_out_text(str_from(in->path)));
	json_out_add(root, "source",
		     in->source ? json_out_text(str_from(in->source)) : json_null());
	json_out_add(root, "signed_with", in->key ? json_string(in->signer) : json_null());
	json_out_add(root, "proven", json_boolean(is_proven(in)));
	json_out_add(root, "claims", proven);
	if (in->proof.wrong.len)
		json_out_add(root, "counterexample", json_out_text(in->proof.wrong));
	if (in->differs)
		json_out_add(root, "changes", summary_json(&in->diff));
	if (in->source)
		json_out_add(root, "places", json_string(place_names[in->places]));
	json_out_dump(root);
}

/* ---- the work ---- */

/* On bytes that nothing else has looked at. */
static int check_signature(struct verification *in, struct bytes bytes)
{
	struct writ_key_sources sources = {.files = &in->key, .n_files = 1};
	struct writ_keys *keys = NULL;
	struct writ_error error;
	size_t signer;
	int rc;

	if (writ_keys_open(&sources, &keys, &error))
		return cli_file_error(in->key, "can't use the key: %s", error.text);
	rc = writ_keys_check(keys, bytes.ptr, bytes.len, &signer, &error);
	if (!rc)
		memcpy(in->signer, writ_keys_id(keys, signer), sizeof(in->signer));
	writ_keys_close(keys);
	return rc ? cli_file_error(in->path, "%s", error.text) : CLI_OK;
}

static int load_bundle(struct verification *in)
{
	struct bytes bytes;
	struct writ_error error;
	int rc = bundle_load(&in->compilation.arena, in->path, &bytes);

	if (rc)
		return cli_file_error(in->path, "can't read the bundle: %s", report_reason(-rc));
	if (in->key && check_signature(in, bytes) != CLI_OK)
		return CLI_INPUT;
	if (writ_verify(bytes.ptr, bytes.len, &error))
		return cli_file_error(in->path, "can't use the bundle: %s", error.text);
	bundle_read(bytes, &in->image);
	in->listed = bundle_ir(&in->compilation.arena, &in->image);
	if (!in->listed)
		return cli_file_error(in->path, "it has a condition that writc does not write so");
	in->policy = in->listed;
	return CLI_OK;
}

static int load_source(struct verification *in)
{
	struct report_file file = {.path = in->source, .diags = &in->compilation.diags};

	if (!in->source)
		return CLI_OK;
	file.error = -compile_check(&in->compilation, str_from(in->source));
	in->policy = in->compilation.ir;
	if (!file.error && in->policy)
		return CLI_OK;
	report_text(&file, 1);
	return CLI_INPUT;
}

/* Of rules that are the same otherwise; the file's name depends on where it was compiled. */
static enum places compare_places(const struct ir_policy *have, const struct ir_policy *want)
{
	enum places places = PLACES_NONE;

	for (size_t i = 0; i < have->rules.n; i++) {
		const struct ir_origin *a = &have->rules.items[i].origin;
		const struct ir_origin *b = &want->rules.items[i].origin;

		if (a->file.len == 0)
			continue;
		if (a->line != b->line || a->col != b->col)
			return PLACES_DIFFER;
		places = PLACES_SAME;
	}
	return places;
}

/* Is what the bundle lists what the source says? Else nothing has to be proven any more. */
static void compare(struct verification *in)
{
	struct arena *arena = &in->compilation.arena;
	struct str difference = bundle_difference(arena, in->listed, in->policy);

	if (difference.len == 0) {
		in->places = compare_places(in->listed, in->policy);
		return;
	}
	in->differs = true;
	in->proof.wrong = str_printf(arena, "it lists %.*s", STR_ARG(difference));
	ir_diff(arena, in->policy, in->listed, &in->diff);
}

static int verify(struct verification *in)
{
	int rc = load_bundle(in);

	if (rc == CLI_OK)
		rc = load_source(in);
	if (rc != CLI_OK)
		return rc;
	if (in->source)
		compare(in);
	if (!in->differs)
		bundle_prove(&in->compilation.arena, &in->image, in->policy, BUNDLE_PROVE_ALL,
			     &in->proof);
	if (in->format == FORMAT_JSON)
		print_json(in);
	else
		print_text(in);
	return is_proven(in) ? CLI_OK : CLI_FINDINGS;
}

int verb_verify(int argc, char **argv)
{
	struct verification in = {.format = FORMAT_TEXT};
	const char *format = NULL;
	const struct cli_option options[] = {
		{"--format", NULL, &format},
		{"--key", NULL, &in.key},
		{NULL, NULL, NULL},
	};
	int n = cli_parse("verify", options, argc, argv);
	int rc;

	if (n < 0)
		return CLI_USAGE;
	if (n != 1 && n != 2)
		return cli_usage_error("verify",
				       n ? "one bundle, and one source" : "which bundle?");
	in.format = format ? cli_choice("verify", "--format", format, format_names) : FORMAT_TEXT;
	if (in.format < 0)
		return CLI_USAGE;
	in.path = argv[0];
	in.source = n == 2 ? argv[1] : NULL;
	if (in.source && input_is_bundle(in.source))
		return cli_usage_error("verify", "SOURCE is a bundle, which proves nothing; 'writc "
						 "diff' compares two");
	compilation_init(&in.compilation);
	rc = verify(&in);
	compilation_fini(&in.compilation);
	return rc;
}
