/*
 * Values of tool arguments as their types: the reference reading, of what docs/language.md says
 * under "Conditions". Each returns false for text that is not of the type.
 */
#ifndef WRIT_IR_VALUE_H
#define WRIT_IR_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "base/vec.h"

#define IR_MAX_VALUE          (1u << 20)  /* bytes of a value that a condition looks at */
#define IR_MAX_COMBINATIONS   1024u       /* ways of taking an element of each list */
#define IR_MAX_COMBINED_BYTES (64u << 20) /* read in all of them together */

/* The names on the way from the root, without "", "." and "..". */
VEC_TYPE(ir_names, struct str);

struct ir_host {
	bool is_address;
	uint8_t address[16]; /* IPv4 as ::ffff:a.b.c.d */
	struct str text;     /* a name in lower case without a dot at the end; IPv4 dotted */
};

struct ir_url {
	struct ir_host host;
	bool has_port; /* written, or the scheme's */
	uint16_t port;
	bool is_plain; /* no other spelling means the same host and port */
};

/* An absolute path of at most 4095 bytes that does not climb above the root. */
bool ir_value_path(struct arena *arena, struct str text, struct ir_names *names);
bool ir_value_host(struct arena *arena, struct str text, struct ir_host *host);
bool ir_value_url(struct arena *arena, struct str text, struct ir_url *url);
bool ir_value_int(struct str text, int64_t *number);
bool ir_value_bool(struct str text, int64_t *number);

/* "*" is any bytes, also none, and "?" any one byte. */
bool ir_glob(struct arena *arena, struct str pattern, struct str text);

/* The same with names for bytes: "**" is any names, and within a name the wildcards are ir_glob's.
 */
bool ir_glob_path(struct arena *arena, const struct ir_names *pattern,
		  const struct ir_names *names);

#endif
