/*
 * writc sign: a bundle that was compiled elsewhere, signed.
 *
 * For where the key is not where policies are compiled. What is signed is what the runtime accepts
 * and what enforces what it lists; a signature that is there is replaced.
 */
#include <errno.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/input.h"
#include "cli/key_file.h"
#include "cli/write_file.h"

struct request {
	const char *path;
	const char *key;
	const char *output;
};

static int write_signed(const struct request *request, struct input *input,
			const struct secret_key *key)
{
	struct bytes bundle;
	int rc;

	if (bundle_sign(&input->compilation.arena, input->bundle, key, &bundle))
		return cli_file_error(request->path,
				      "signed, it would be larger than a bundle can be");
	rc = write_file(request->output, bundle.ptr, bundle.len);
	if (!rc)
		return CLI_OK;
	return cli_file_error(request->output, "can't write the bundle: %s",
			      rc == -EEXIST ? "it exists and is not a regular file"
					    : strerror(-rc));
}

static int sign(const struct request *request, const struct secret_key *key)
{
	struct input input;
	int rc = input_load(request->path, &input);

	if (rc == CLI_OK)
		rc = write_signed(request, &input, key);
	input_fini(&input);
	return rc;
}

int verb_sign(int argc, char **argv)
{
	struct request request = {.path = NULL};
	const struct cli_option options[] = {
		{"--key", NULL, &request.key},
		{"-o", NULL, &request.output},
		{NULL, NULL, NULL},
	};
	int n = cli_parse("sign", options, argc, argv);
	struct secret_key key;
	int rc;

	if (n < 0)
		return CLI_USAGE;
	if (n != 1)
		return cli_usage_error("sign", n ? "one bundle at a time" : "which bundle?");
	if (!request.key)
		return cli_usage_error("sign", "with which key? Give --key NAME.key");
	if (!request.output)
		return cli_usage_error("sign", "where to? Give -o OUT.wrt");
	request.path = argv[0];
	if (!input_is_bundle(request.path))
		return cli_file_error(request.path, "it is no bundle; 'writc compile --sign' makes "
						    "one of a policy");
	rc = key_file_load(request.key, &key);
	if (rc == CLI_OK)
		rc = sign(&request, &key);
	key_file_wipe(&key);
	return rc;
}
