/*
 * Fuzzes how the broker judges and follows paths. In: a pattern, two names and what is below them,
 * each up to the next 0xff, then bytes that pick the names of a path in a small tree with links.
 *
 * The laws: what a pattern denies is what the matcher of conditions says of the name or a directory
 * above it; what a move is allowed for is denied under both names or neither; what is denied is
 * denied in any case; a path that is followed name by name leads to what the kernel says it does,
 * or fails as it does.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/broker_walk.h"
#include "runtime/match.h"

#define END        0xff
#define TEXTS      4
#define TEXT_BYTES 200
#define PATH_NAMES 24

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An absolute path of what is in data, without empty names. */
static size_t take_text(const uint8_t *data, size_t size, char *out)
{
	size_t n = 0, used = 0;

	out[n++] = '/';
	for (; used < size && data[used] != END; used++) {
		char c = data[used] ? (char)data[used] : '/';

		if (n + 1 < TEXT_BYTES && !(c == '/' && out[n - 1] == '/'))
			out[n++] = c;
	}
	while (n > 1 && out[n - 1] == '/')
		n--;
	out[n] = '\0';
	return used < size ? used + 1 : used;
}

static bool matches_above(const char *pattern, const char *name)
{
	const struct slice want = {pattern, strlen(pattern)};

	if (match_path(want, (struct slice){"/", 1}))
		return true;
	for (size_t end = 1; name[end - 1]; end++) {
		if ((name[end] == '/' || !name[end]) && end > 1 &&
		    match_path(want, (struct slice){name, end}))
			return true;
	}
	return false;
}

static void join(char *out, const char *above, const char *below)
{
	(void)snprintf(out, 2 * TEXT_BYTES, "%s%s", above[1] ? above : "", below);
}

static void judge(char texts[TEXTS][TEXT_BYTES])
{
	static struct broker_deny item;
	struct broker_rules rules = {.items = &item};
	struct pool pool = {.head = NULL};
	char from[2 * TEXT_BYTES], to[2 * TEXT_BYTES];
	bool denied;

	if (broker_rules_add(&rules, &pool, texts[0])) {
		pool_free(&pool);
		return;
	}
	denied = broker_rules_deny(&rules, texts[1]);
	if (denied != matches_above(texts[0], texts[1]))
		abort();
	if (denied && !broker_rules_deny_folded(&rules, texts[1]))
		abort();
	join(from, texts[1], texts[3]);
	join(to, texts[2], texts[3]);
	if (broker_rules_move(&rules, texts[1], texts[2]) == 0 &&
	    broker_rules_deny(&rules, from) != broker_rules_deny(&rules, to))
		abort();
	pool_free(&pool);
}

/* Of the tree that paths are followed in. */
static int make_tree(void)
{
	char dir[] = "/tmp/writ-fuzz-XXXXXX";
	int root = mkdtemp(dir) ? open(dir, O_PATH | O_DIRECTORY) : -1;

	if (root < 0 || mkdirat(root, "a", 0755) || mkdirat(root, "a/b", 0755) ||
	    mkdirat(root, "c", 0755) || symlinkat("../c", root, "a/l") ||
	    symlinkat("../a/l/d", root, "c/e") || symlinkat("..", root, "c/d") ||
	    symlinkat(dir, root, "a/abs") || symlinkat("loop", root, "loop") ||
	    symlinkat("nowhere/x", root, "a/gone") || symlinkat("b/", root, "a/slash") ||
	    mknodat(root, "a/file", S_IFREG | 0644, 0))
		abort();
	return root;
}

static void follow(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"a",    "b",     "c",    "d",   "e",    "l",
					    "..",   ".",     "",     "abs", "loop", "x",
					    "gone", "slash", "file", "a/l", "c//e", "abs/"};
	static struct broker broker;
	static int root = -1;
	char path[512] = "";
	struct broker_at at = {.path = path};
	struct stat want, got;
	int wanted, walked;

	if (root < 0)
		root = make_tree();
	at.base = root;
	at.no_follow = size && data[0] & 1;
	for (size_t i = 1; i < size && i < PATH_NAMES; i++) {
		(void)strcat(path, i > 1 ? "/" : "");
		(void)strcat(path, names[data[i] % (sizeof(names) / sizeof(names[0]))]);
	}
	if (!path[0] || path[0] == '/')
		return;
	wanted = openat(root, path, O_PATH | (at.no_follow ? O_NOFOLLOW : 0));
	wanted = wanted < 0 ? -errno : wanted;
	walked = broker_walk(&broker, &at);
	if ((wanted < 0 || walked < 0) && wanted != walked)
		abort();
	if (wanted < 0)
		return;
	if (fstat(wanted, &want) || fstat(walked, &got) || want.st_ino != got.st_ino ||
	    want.st_dev != got.st_dev)
		abort();
	(void)close(wanted);
	(void)close(walked);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char texts[TEXTS][TEXT_BYTES];
	size_t at = 0;

	for (size_t i = 0; i < TEXTS; i++)
		at += take_text(data + at, size - at, texts[i]);
	judge(texts);
	follow(data + at, size - at);
	return 0;
}
