/*
 * How long an editor waits for diagnostics after a key.
 *
 *	bench_lsp WRITC FILE [--rounds N]
 *
 * Starts `writc lsp`, opens the file in it, then puts one character into the last line and takes it
 * out again, over and over, and measures from the first byte of each didChange to the last byte of
 * the publishDiagnostics that answers it: the diagnostics of the version that was sent.
 */
#include <errno.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define MAX_ROUNDS     1000
#define DEFAULT_ROUNDS 21
#define URI            "file:///bench/policy.writ"

extern char **environ;

struct editor {
	FILE *to, *from;
	pid_t pid;
	size_t lines;
	unsigned version;
};

static void fail(const char *what, const char *why)
{
	fprintf(stderr, "bench_lsp: %s: %s\n", what, why);
	exit(1);
}

static void start(struct editor *editor, char *writc)
{
	char *argv[] = {writc, "lsp", NULL};
	posix_spawn_file_actions_t actions;
	int in[2], out[2], error;

	if (pipe(in) || pipe(out))
		fail("pipe", strerror(errno));
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in[0], 0);
	posix_spawn_file_actions_adddup2(&actions, out[1], 1);
	posix_spawn_file_actions_addclose(&actions, in[1]);
	posix_spawn_file_actions_addclose(&actions, out[0]);
	error = posix_spawn(&editor->pid, writc, &actions, NULL, argv, environ);
	if (error)
		fail(writc, strerror(error));
	close(in[0]);
	close(out[1]);
	editor->to = fdopen(in[1], "w");
	editor->from = fdopen(out[0], "r");
	if (!editor->to || !editor->from)
		fail("fdopen", strerror(errno));
}

static void send(struct editor *editor, const char *body, size_t len)
{
	fprintf(editor->to, "Content-Length: %zu\r\n\r\n", len);
	fwrite(body, 1, len, editor->to);
	if (fflush(editor->to))
		fail("writc lsp", "does not read");
}

/* The next message, NUL-terminated, to be freed. */
static char *receive(struct editor *editor)
{
	size_t len = 0;
	char line[256];
	char *body;

	do {
		if (!fgets(line, sizeof(line), editor->from))
			fail("writc lsp", "does not answer");
		sscanf(line, "Content-Length: %zu", &len);
	} while (strcmp(line, "\r\n") != 0);
	body = calloc(1, len + 1);
	if (!body || fread(body, 1, len, editor->from) != len)
		fail("writc lsp", "half an answer");
	return body;
}

static void await(struct editor *editor, const char *mark, const char *other)
{
	bool found = false;

	while (!found) {
		char *body = receive(editor);

		found = strstr(body, mark) && strstr(body, other);
		free(body);
	}
}

static void await_diagnostics(struct editor *editor)
{
	char version[32];

	snprintf(version, sizeof(version), "\"version\":%u,", editor->version);
	await(editor, "textDocument/publishDiagnostics", version);
}

/* JSON's spelling of a file; the policy is ASCII. */
static void put_file(struct editor *editor, FILE *out, const char *path)
{
	FILE *in = fopen(path, "r");

	if (!in)
		fail(path, strerror(errno));
	for (int c = getc(in); c != EOF; c = getc(in)) {
		editor->lines += c == '\n';
		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < ' ')
			fprintf(out, "\\u%04x", (unsigned)c);
		else
			putc(c, out);
	}
	fclose(in);
}

static void open_file(struct editor *editor, const char *path)
{
	static const char initialize[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\","
					 "\"params\":{\"capabilities\":{}}}";
	static const char initialized[] =
		"{\"jsonrpc\":\"2.0\",\"method\":\"initialized\",\"params\":{}}";
	char *body = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&body, &len);

	send(editor, initialize, strlen(initialize));
	await(editor, "\"id\":1", "\"result\"");
	send(editor, initialized, strlen(initialized));
	editor->version = 1;
	fprintf(out, "{\"jsonrpc\":\"2.0\",\"method\":\"textDocument/didOpen\",\"params\":"
		     "{\"textDocument\":{\"uri\":\"" URI "\",\"languageId\":\"writ\","
		     "\"version\":1,\"text\":\"");
	put_file(editor, out, path);
	fprintf(out, "\"}}}");
	fclose(out);
	send(editor, body, len);
	free(body);
	await_diagnostics(editor);
}

/* Puts a character to the end of the text, or takes it out; nanoseconds. */
static uint64_t press(struct editor *editor, bool put)
{
	char body[512];
	uint64_t begin;

	editor->version++;
	snprintf(body, sizeof(body),
		 "{\"jsonrpc\":\"2.0\",\"method\":\"textDocument/didChange\",\"params\":"
		 "{\"textDocument\":{\"uri\":\"" URI "\",\"version\":%u},\"contentChanges\":"
		 "[{\"range\":{\"start\":{\"line\":%zu,\"character\":0},"
		 "\"end\":{\"line\":%zu,\"character\":%d}},\"text\":\"%s\"}]}}",
		 editor->version, editor->lines, editor->lines, put ? 0 : 1, put ? "#" : "");
	begin = bench_now_ns();
	send(editor, body, strlen(body));
	await_diagnostics(editor);
	return bench_now_ns() - begin;
}

int main(int argc, char **argv)
{
	static uint64_t samples[MAX_ROUNDS];
	struct editor editor = {0};
	unsigned rounds = DEFAULT_ROUNDS;

	if (argc == 5 && !strcmp(argv[3], "--rounds"))
		rounds = (unsigned)strtoul(argv[4], NULL, 10);
	if ((argc != 3 && argc != 5) || rounds == 0 || rounds > MAX_ROUNDS) {
		fprintf(stderr, "usage: bench_lsp WRITC FILE [--rounds N]\n");
		return 2;
	}
	start(&editor, argv[1]);
	open_file(&editor, argv[2]);
	for (unsigned i = 0; i < rounds; i++)
		samples[i] = press(&editor, i % 2 == 0);
	bench_sort(samples, rounds);
	printf("writc lsp, from a key to its diagnostics, %zu lines, %u keys: median %.1f ms, p99 "
	       "%.1f ms\n",
	       editor.lines, rounds, (double)bench_percentile(samples, rounds, 50) / 1e6,
	       (double)bench_percentile(samples, rounds, 99) / 1e6);
	fclose(editor.to);
	waitpid(editor.pid, NULL, 0);
	return 0;
}
