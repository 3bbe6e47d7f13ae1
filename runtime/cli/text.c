/*
 * Text from outside on its way to a terminal: bytes of unknown quality come in; what goes out holds
 * no control byte and no character that reorders or hides others (runtime/printable.c).
 */
#include "runtime/cli/cli.h"
#include "runtime/printable.h"

void cli_print_safe(FILE *out, const char *text)
{
	while (*text) {
		uint32_t scalar = 0;
		size_t n = printable_decode(text, &scalar);

		if (n == 0)
			(void)fprintf(out, "<0x%02X>", (unsigned char)*text);
		else if (printable_deceives(scalar))
			(void)fprintf(out, "<U+%04X>", scalar);
		else
			(void)fwrite(text, 1, n, out);
		text += n ? n : 1;
	}
}
