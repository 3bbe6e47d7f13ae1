/*
 * A source or a bundle, whichever the file turns out to be.
 *
 * A bundle is believed when writ_verify has checked it whole, and when what it enforces is what its
 * rules make; what is said about a policy is then the same from its source and from its bundle.
 */
#include "cli/input.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/report.h"
#include "link/bundle_ir.h"
#include "link/bundle_proof.h"
#include "runtime/writ.h"

/* What can't be read is left for the one who reads it all to complain about. */
bool input_is_bundle(const char *path)
{
	char magic[WRIT_MAGIC_SIZE];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	bool is_bundle = fd >= 0 && read(fd, magic, sizeof(magic)) == (ssize_t)sizeof(magic) &&
			 memcmp(magic, WRIT_MAGIC, sizeof(magic)) == 0;

	if (fd >= 0)
		close(fd);
	return is_bundle;
}

static int fail(const char *path, const char *why)
{
	return cli_file_error(path, "can't use the bundle: %s", why);
}

static int load_bundle(const char *path, struct input *out)
{
	struct arena *arena = &out->compilation.arena;
	int rc = bundle_load(arena, path, &out->bundle);
	struct bundle_image image;
	struct bundle_proof proof;
	struct writ_error error;

	if (rc)
		return fail(path, report_reason(-rc));
	if (writ_verify(out->bundle.ptr, out->bundle.len, &error))
		return fail(path, error.text);
	bundle_read(out->bundle, &image);
	out->ir = bundle_ir(arena, &image);
	if (!out->ir)
		return fail(path, "it has a condition that writc does not write so");
	bundle_prove(arena, &image, out->ir, BUNDLE_PROVE_ALL, &proof);
	if (proof.wrong.len)
		return cli_file_error(path,
				      "can't use the bundle: it does not enforce what it lists: "
				      "%.*s",
				      STR_ARG(proof.wrong));
	return CLI_OK;
}

static int load_source(const char *path, struct input *out)
{
	struct compilation *compilation = &out->compilation;
	struct bundle_options options = {0};
	struct report_file file = {.path = path, .diags = &compilation->diags};

	for (int arch = 0; arch < ARCH__COUNT; arch++)
		options.archs[arch] = arch_info((enum arch)arch)->by_default;
	file.error = -compile_check(compilation, str_from(path));
	if (!file.error && !compile_bundle(compilation, &options, &out->bundle)) {
		out->ir = compilation->ir;
		return CLI_OK;
	}
	report_text(&file, 1);
	return CLI_INPUT;
}

int input_load(const char *path, struct input *out)
{
	*out = (struct input){.is_bundle = input_is_bundle(path)};
	compilation_init(&out->compilation);
	return out->is_bundle ? load_bundle(path, out) : load_source(path, out);
}

void input_fini(struct input *input)
{
	compilation_fini(&input->compilation);
}
