/*
 * writc lsp: the language server, on standard input and output.
 */
#include "lsp/server.h"

#include <signal.h>
#include <unistd.h>

#include "cli/cli.h"

int verb_lsp(int argc, char **argv)
{
	bool stdio = false;
	const struct cli_option options[] = {
		{"--stdio", &stdio, NULL}, /* what many editors pass, and the only way there is */
		{NULL, NULL, NULL},
	};
	int n = cli_parse("lsp", options, argc, argv);
	struct server *server;
	int status;

	if (n < 0)
		return CLI_USAGE;
	if (n > 0)
		return cli_usage_error("lsp", "it takes no files: the editor sends them");
	/* An editor that went away is an error of write(2), and the end. */
	signal(SIGPIPE, SIG_IGN);
	server = server_new(STDIN_FILENO, stdout);
	status = server_run(server) ? CLI_FINDINGS : CLI_OK;
	server_free(server);
	return status;
}
