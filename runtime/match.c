/*
 * Matching without recursion: when a star has been passed and what follows does not fit, the star
 * takes one more. Only the last star seen can be worth stretching, since an earlier one took the
 * least it could; so a match needs two positions to go back to and at most pattern times text
 * steps. Paths do the same twice: components against components for "**", bytes within one.
 */
#include "runtime/match.h"

#include <string.h>

typedef bool same_fn(char pattern, char text);

static inline bool same_byte(char pattern, char text)
{
	return pattern == '?' || pattern == text;
}

static inline bool same_host_byte(char pattern, char text)
{
	return (unsigned char)pattern == match_lower(text);
}

static inline bool match(struct slice pattern, struct slice text, same_fn *same)
{
	const char *p = pattern.ptr, *p_end = p + pattern.len;
	const char *t = text.ptr, *t_end = t + text.len;
	const char *star = NULL, *resume = NULL;

	while (t < t_end) {
		if (p < p_end && *p == '*') {
			star = ++p;
			resume = t;
		} else if (p < p_end && same(*p, *t)) {
			p++;
			t++;
		} else if (star) {
			p = star;
			t = ++resume;
		} else {
			return false;
		}
	}
	while (p < p_end && *p == '*')
		p++;
	return p == p_end;
}

bool match_bytes(struct slice pattern, struct slice text)
{
	return match(pattern, text, same_byte);
}

bool match_host(struct slice pattern, struct slice text)
{
	return match(pattern, text, same_host_byte);
}

/* The component that *rest, which begins with its slash, begins with; false at the end. */
static bool first_component(const struct slice *rest, struct slice *out)
{
	const char *slash;

	if (rest->len < 2) /* nothing, or the root's slash */
		return false;
	out->ptr = rest->ptr + 1;
	slash = memchr(out->ptr, '/', rest->len - 1);
	out->len = slash ? (size_t)(slash - out->ptr) : rest->len - 1;
	return true;
}

static void skip_component(struct slice *rest, struct slice component)
{
	rest->ptr += component.len + 1;
	rest->len -= component.len + 1;
}

static bool is_any_components(struct slice component)
{
	return component.len == 2 && component.ptr[0] == '*' && component.ptr[1] == '*';
}

bool match_path(struct slice pattern, struct slice path)
{
	struct slice after_star = {NULL, 0}, resume = {NULL, 0};
	struct slice want, got;

	while (first_component(&path, &got)) {
		bool more = first_component(&pattern, &want);

		if (more && is_any_components(want)) {
			skip_component(&pattern, want);
			after_star = pattern;
			resume = path;
		} else if (more && match_bytes(want, got)) {
			skip_component(&pattern, want);
			skip_component(&path, got);
		} else if (after_star.ptr) {
			(void)first_component(&resume, &got);
			skip_component(&resume, got);
			pattern = after_star;
			path = resume;
		} else {
			return false;
		}
	}
	while (first_component(&pattern, &want) && is_any_components(want))
		skip_component(&pattern, want);
	return !first_component(&pattern, &want);
}
