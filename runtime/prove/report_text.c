/*
 * The table for people: what holds in few words, what does not in full, and at the end what it is
 * good for: this bundle, this kernel, this user, this moment.
 */
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "runtime/cli/cli.h"
#include "runtime/prove/report.h"

static const char *const marks[] = {
	[PROVE_OK] = "ok", [PROVE_WRONG] = "WRONG", [PROVE_NOT_TRIED] = "not tried"};

void report_date(char text[REPORT_DATE_BYTES])
{
	time_t now = time(NULL);
	struct tm parts;

	text[0] = '\0';
	if (gmtime_r(&now, &parts))
		(void)strftime(text, REPORT_DATE_BYTES, "%Y-%m-%dT%H:%M:%SZ", &parts);
}

void report_digest(const uint8_t *digest, char text[REPORT_DIGEST_BYTES])
{
	for (size_t i = 0; i < WRIT_DIGEST_SIZE; i++)
		(void)snprintf(text + 2 * i, 3, "%02x", digest[i]);
}

static void print_row(FILE *out, const struct prove_row *row)
{
	(void)fprintf(out, "  %-9s  ", marks[row->state]);
	cli_print_safe(out, row->group);
	(void)fputs(": ", out);
	cli_print_safe(out, row->what);
	if (*row->expected)
		(void)fputs(": expected ", out);
	cli_print_safe(out, row->expected);
	(void)fputs(": seen ", out);
	cli_print_safe(out, row->seen);
	(void)putc('\n', out);
}

static void begin(FILE *out, const struct report_head *head)
{
	(void)fputs("policy ", out);
	cli_print_safe(out, head->policy);
	(void)fprintf(out, " version %llu\n", (unsigned long long)head->version);
}

static void print_warnings(FILE *out, const struct writ_sandbox *sandbox)
{
	const char *warning;

	for (size_t i = 0; sandbox && (warning = writ_sandbox_warning(sandbox, i)); i++) {
		(void)fputs("  warning: ", out);
		cli_print_safe(out, warning);
		(void)putc('\n', out);
	}
}

static void print_sandbox(FILE *out, const struct report_sandbox *one, bool is_first)
{
	(void)is_first;
	(void)fputs("\nsandbox ", out);
	cli_print_safe(out, one->name);
	if (one->error) {
		(void)fputs(": not proven: ", out);
		cli_print_safe(out, one->error);
	}
	(void)putc('\n', out);
	print_warnings(out, one->sandbox);
	for (const struct prove_row *row = one->report->rows; row; row = row->next)
		print_row(out, row);
	if (!one->error)
		(void)fprintf(out, "  %zu ok, %zu wrong, %zu not tried\n",
			      one->report->counts[PROVE_OK], one->report->counts[PROVE_WRONG],
			      one->report->counts[PROVE_NOT_TRIED]);
}

static const char *verdict(const struct report_total *total)
{
	if (total->counts[PROVE_WRONG])
		return "NOT as the bundle says";
	return total->n_unproven ? "as the bundle says, where it could be tried"
				 : "as the bundle says";
}

static void end(FILE *out, const struct report_head *head, const struct report_total *total)
{
	char date[REPORT_DATE_BYTES];
	char digest[REPORT_DIGEST_BYTES];
	struct utsname name;

	report_date(date);
	report_digest(head->digest, digest);
	(void)fprintf(out, "\n%s: %zu ok, %zu wrong, %zu not tried, %zu sandboxes not proven\n",
		      verdict(total), total->counts[PROVE_OK], total->counts[PROVE_WRONG],
		      total->counts[PROVE_NOT_TRIED], total->n_unproven);
	(void)fprintf(out, "bundle    sha256 %s\n", digest);
	if (uname(&name) == 0)
		(void)fprintf(out, "kernel    %s %s %s\n", name.sysname, name.release,
			      name.machine);
	(void)fprintf(out, "landlock  ABI %d\nuser      %ld\ndate      %s\nwrit      %s\n",
		      head->landlock_abi, (long)geteuid(), date, writ_version());
}

const struct report_format report_text = {"text", begin, print_sandbox, end};
