/*
 * The profile that is built in (profile.def), and reading others.
 *
 * A profile file is read line by line; each line that is wrong is reported where it is. Invariant:
 * samples are sorted by call, so that a call's are found by bisection, and the order within a call
 * is the file's: equal files give equal filters.
 */
#include "tables/profile.h"

#include <stdlib.h>
#include <string.h>

#include "tables/syscalls.h"

/* So that sums of counts, and their products with prices, can't overflow. */
#define MAX_COUNT 0xffffffffull

#define SAMPLE(count, call, ...) {{#call, sizeof(#call) - 1}, count, {__VA_ARGS__}},

static struct profile_sample samples[] = {
#include "tables/profile.def"
};

#undef SAMPLE

#define N_SAMPLES (sizeof(samples) / sizeof(samples[0]))

static uint64_t total_of(const struct profile_sample *list, size_t n)
{
	uint64_t total = 0;

	for (size_t i = 0; i < n; i++)
		total += list[i].count;
	return total;
}

const struct profile *profile_default(void)
{
	static struct profile profile = {.samples = {samples, N_SAMPLES, N_SAMPLES}};

	if (!profile.total)
		profile.total = total_of(samples, N_SAMPLES);
	return &profile;
}

size_t profile_find(const struct profile *profile, struct str call, size_t *n)
{
	size_t low = STR_LOWER_BOUND(&profile->samples, call, call);

	for (*n = 0; low + *n < profile->samples.n; (*n)++) {
		if (!str_eq(profile->samples.items[low + *n].call, call))
			break;
	}
	return low;
}

/* ---- reading ---- */

struct reader {
	struct diag_list *diags;
	struct profile *out;
	uint32_t file;
	uint32_t at;  /* offset of what is read next */
	uint32_t end; /* of the line, without its comment */
};

static struct str reader_text(const struct reader *reader, struct span span)
{
	const char *text = reader->diags->sources->files.items[reader->file].text.ptr;

	return (struct str){text + span.begin, span.end - span.begin};
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The next word of the line; an empty span at its end. */
static struct span next_word(struct reader *reader)
{
	const char *text = reader->diags->sources->files.items[reader->file].text.ptr;
	struct span span = {reader->file, reader->at, reader->at};

	while (span.begin < reader->end && is_blank(text[span.begin]))
		span.begin++;
	span.end = span.begin;
	while (span.end < reader->end && !is_blank(text[span.end]))
		span.end++;
	reader->at = span.end;
	return span;
}

static bool fail(struct reader *reader, struct span span, const char *what)
{
	struct diag *diag = diag_report(reader->diags, DIAG_E0480, span, "%s", what);

	diag_help(reader->diags, diag,
		  "a line is COUNT CALL [ARG]..., as in '120 openat 0 0 0x80000'");
	return false;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 16;
}

static bool parse_number(struct str text, uint64_t max, uint64_t *out)
{
	bool hex = text.len > 2 && text.ptr[0] == '0' && text.ptr[1] == 'x';
	uint64_t base = hex ? 16 : 10, value = 0;

	for (size_t i = hex ? 2 : 0; i < text.len; i++) {
		uint64_t digit = (uint64_t)digit_value(text.ptr[i]);

		if (digit >= base || __builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(value, digit, &value))
			return false;
	}
	*out = value;
	return text.len > 0 && value <= max;
}

static bool parse_call(struct reader *reader, struct span span, struct str *out)
{
	struct str text = reader_text(reader, span), near;
	struct diag *diag;
	uint64_t number;

	if (parse_number(text, UINT32_MAX, &number))
		text = syscall_name(ARCH_X86_64, (uint32_t)number);
	if (text.len && syscall_exists(text)) {
		*out = text;
		return true;
	}
	text = reader_text(reader, span);
	if (!text.len)
		return fail(reader, span, "which system call is meant is missing");
	diag = diag_report(reader->diags, DIAG_E0105, span, "there is no system call '%.*s'",
			   STR_ARG(text));
	near = syscall_suggest(text);
	if (near.ptr)
		diag_help(reader->diags, diag, "did you mean '%.*s'?", STR_ARG(near));
	return false;
}

static bool parse_args(struct reader *reader, uint64_t args[6])
{
	for (unsigned i = 0;; i++) {
		struct span word = next_word(reader);

		if (word.begin == word.end)
			return true;
		if (i == 6)
			return fail(reader, word, "a system call has at most six arguments");
		if (!parse_number(reader_text(reader, word), UINT64_MAX, &args[i]))
			return fail(reader, word, "this is no number of 64 bits");
	}
}

static bool parse_line(struct reader *reader)
{
	struct span word = next_word(reader);
	struct profile_sample sample = {.count = 0};

	if (word.begin == word.end)
		return true;
	if (!parse_number(reader_text(reader, word), MAX_COUNT, &sample.count) || !sample.count)
		return fail(reader, word, "a line begins with a count, from 1 to 4294967295");
	if (!parse_call(reader, next_word(reader), &sample.call) ||
	    !parse_args(reader, sample.args))
		return false;
	if (reader->out->samples.n == PROFILE_MAX_SAMPLES) {
		diag_report(reader->diags, DIAG_E0481, word, "a profile has at most %u samples",
			    PROFILE_MAX_SAMPLES);
		return false;
	}
	vec_add(reader->diags->arena, &reader->out->samples, sample);
	return true;
}

struct sorted_sample {
	const struct profile_sample *sample;
};

/* Stays in the file's order where calls are equal: the addresses say which was first. */
static int sample_cmp(const void *left, const void *right)
{
	const struct profile_sample *a = ((const struct sorted_sample *)left)->sample;
	const struct profile_sample *b = ((const struct sorted_sample *)right)->sample;
	int order = str_cmp(a->call, b->call);

	return order ? order : (a > b) - (a < b);
}

static void sort_samples(struct arena *arena, struct profile *profile)
{
	size_t n = profile->samples.n;
	struct sorted_sample *order = arena_alloc(arena, n * sizeof(*order));
	struct profile_sample *sorted = arena_alloc(arena, n * sizeof(*sorted));

	for (size_t i = 0; i < n; i++)
		order[i].sample = &profile->samples.items[i];
	if (n)
		qsort(order, n, sizeof(*order), sample_cmp);
	for (size_t i = 0; i < n; i++)
		sorted[i] = *order[i].sample;
	profile->samples.items = sorted;
	profile->samples.cap = n;
}

static void read_lines(struct reader *reader)
{
	struct str text = reader->diags->sources->files.items[reader->file].text;
	uint32_t begin = 0;

	while (begin < text.len && reader->out->samples.n <= PROFILE_MAX_SAMPLES) {
		const char *newline = memchr(text.ptr + begin, '\n', text.len - begin);
		uint32_t end = newline ? (uint32_t)(newline - text.ptr) : (uint32_t)text.len;
		const char *comment = memchr(text.ptr + begin, '#', end - begin);

		reader->at = begin;
		reader->end = comment ? (uint32_t)(comment - text.ptr) : end;
		if (!parse_line(reader) && reader->out->samples.n == PROFILE_MAX_SAMPLES)
			return;
		begin = end + 1;
	}
}

int profile_load(struct diag_list *diags, struct str path, struct profile *out)
{
	struct reader reader = {.diags = diags, .out = out};
	struct span bad;
	const char *why;
	int rc = source_load(diags->sources, path, &reader.file);

	*out = (struct profile){.total = 0};
	if (rc)
		return rc;
	if (source_check(diags->sources, reader.file, &bad, &why)) {
		fail(&reader, bad, why);
		return 0;
	}
	read_lines(&reader);
	if (!out->samples.n && !diags->errors)
		fail(&reader, (struct span){reader.file, 0, 0}, "a profile has a sample at least");
	sort_samples(diags->arena, out);
	out->total = total_of(out->samples.items, out->samples.n);
	return 0;
}
