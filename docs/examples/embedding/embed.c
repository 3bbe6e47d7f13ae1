#include <stdio.h>
#include <writ.h>

int main(int argc, char **argv)
{
	struct writ_policy *policy;
	struct writ_sandbox *sandbox;
	struct writ_process *process;
	struct writ_decision decision;
	struct writ_result result;
	struct writ_error error;

	if (argc < 5)
		return 2; /* usage: embed BUNDLE ROLE TOOL COMMAND [ARGUMENT...] */
	struct writ_request request = {.role = argv[2], .tool = argv[3]};
	struct writ_launch launch = {.argv = (const char *const *)argv + 4, .stdio = {-1, 1, 2}};
	int rc = writ_open(argv[1], NULL, &policy, &error);

	if (!rc && writ_check(policy, &request, &decision) != WRIT_ALLOW)
		return fprintf(stderr, "%s may not call %s\n", argv[2], argv[3]), 1;
	if (rc || writ_sandbox_open(policy, decision.sandbox, &sandbox, &error) ||
	    writ_spawn(sandbox, &launch, &process, &error) || writ_wait(&process, &result, &error))
		return fprintf(stderr, "embed: %s\n", error.text), writ_exit_status(error.code);
	return printf("end %d, status %d\n", (int)result.end, result.status) < 0;
}
