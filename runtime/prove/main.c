/*
 * writ-doctor: the program behind `writ doctor`. With --prove it opens the bundle, proves each
 * sandbox and prints what came of it; doctor.c does the rest.
 */
#include <stdlib.h>
#include <string.h>

#include "runtime/cli/cli.h"
#include "runtime/prove/doctor.h"
#include "runtime/prove/report.h"
#include "runtime/prove/surroundings.h"

static const char help[] =
	"usage: writ doctor --prove -p BUNDLE [--param NAME=VALUE]... [--sandbox S]\n"
	"                   [--format text|json]\n"
	"\n"
	"Launches a prober inside each sandbox, which tries what must fail and what must work,\n"
	"and prints what was expected and what was seen. Nothing that is there is changed.\n"
	"\n"
	"exit status: 0 all is as the bundle says; 1 something is not; 2 wrong command line;\n"
	"3 unusable bundle; 4 a sandbox can't be enforced on this host\n";

/* What the proof of a bundle goes along with. */
struct proof {
	const struct writ_policy *policy;
	const struct report_format *format;
	struct report_total total;
	bool is_first;
};

static void prove_one(struct proof *proof, uint32_t id, const char *name)
{
	struct writ_sandbox *sandbox = NULL;
	struct writ_error error = {.code = 0};
	struct prove_report report = {.rows = NULL};
	struct surroundings around = {.sockets = {-1, -1}, .descriptors = {-1, -1}};
	struct prove_target target = {
		.policy = proof->policy,
		.record = image_SANDBOXES(&proof->policy->image, id),
	};
	int rc = writ_sandbox_open(proof->policy, id, &sandbox, &error);

	if (!rc) {
		target.sandbox = sandbox;
		rc = surroundings_open(&around, &target, &report, &error);
		if (!rc)
			rc = prove_sandbox(&target, &report, &error);
		surroundings_close(&around);
	}
	proof->format->sandbox(stdout,
			       &(struct report_sandbox){name, rc ? error.text : NULL, sandbox,
							&report},
			       proof->is_first);
	proof->is_first = false;
	proof->total.n_unproven += rc != 0;
	for (size_t i = 0; i < sizeof(report.counts) / sizeof(report.counts[0]); i++)
		proof->total.counts[i] += report.counts[i];
	prove_report_free(&report);
	writ_sandbox_close(sandbox);
}

static const struct report_format *find_format(const char *name)
{
	if (!name || strcmp(name, report_text.name) == 0)
		return &report_text;
	return strcmp(name, report_json.name) == 0 ? &report_json : NULL;
}

static int status_of(const struct report_total *total)
{
	if (total->counts[PROVE_WRONG])
		return EXIT_DENIED;
	return total->n_unproven ? EXIT_HOST : 0;
}

static int prove_bundle(const struct cli_options *options, const struct writ_policy *policy,
			const struct report_format *format)
{
	struct proof proof = {.policy = policy, .format = format, .is_first = true};
	struct writ_host host;
	struct report_head head = {
		.bundle = options->bundle,
		.policy = writ_policy_name(policy),
		.version = writ_policy_version(policy),
		.digest = ((const struct writ_fmt_header *)policy->image.bytes)->digest,
	};
	const char *name;

	writ_host_probe(&host);
	head.landlock_abi = host.landlock_abi;
	format->begin(stdout, &head);
	for (uint32_t id = 0; (name = writ_sandbox_name(policy, id)); id++) {
		if (!options->sandbox || strcmp(options->sandbox, name) == 0)
			prove_one(&proof, id, name);
	}
	format->end(stdout, &head, &proof.total);
	return status_of(&proof.total);
}

static int check(const struct cli_options *options)
{
	if (!options->bundle)
		return cli_fail(EXIT_USAGE, "doctor: --prove without -p BUNDLE");
	if (!find_format(options->format))
		return cli_fail(EXIT_USAGE, "doctor: --format takes text or json, not '%s'",
				options->format);
	return 0;
}

static int prove_bundle_of(struct cli_options *options)
{
	struct writ_policy *policy = NULL;
	int rc;

	options->stand_ins = true;
	options->examine = true;
	rc = cli_open(options, &policy);
	if (rc)
		return rc;
	if (options->sandbox &&
	    writ_sandbox_id(policy, options->sandbox, strlen(options->sandbox)) == WRIT_NO_ID)
		rc = cli_fail(EXIT_BAD_INPUT, "%s has no sandbox '%s'", options->bundle,
			      options->sandbox);
	else
		rc = prove_bundle(options, policy, find_format(options->format));
	writ_close(policy);
	return rc;
}

static int prove(char **argv)
{
	static struct cli_options options;
	int status;

	status = cli_parse(argv, CLI_PROVE | CLI_BUNDLE | CLI_PARAM | CLI_SANDBOX | CLI_FORMAT,
			   &options);
	if (!status && options.help)
		status = fputs(help, stdout) < 0 ? EXIT_RUN_FAILED : 0;
	else if (!status)
		status = check(&options);
	if (!status && !options.help)
		status = prove_bundle_of(&options);
	return status;
}

static bool asks_for_proof(char **argv)
{
	while (*argv && strcmp(*argv, "--prove") != 0)
		argv++;
	return *argv;
}

int main(int argc, char **argv)
{
	int status;

	(void)argc;
	status = asks_for_proof(argv) ? prove(argv) : doctor_tell(argv);
	return fflush(stdout) ? EXIT_RUN_FAILED : status;
}
