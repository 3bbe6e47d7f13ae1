/*
 * The parts of the language server that can be tested without a client: frames, positions, places,
 * and the docs of keywords. The server as a whole is tested by tests/lsp.
 */
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "front/words.h"
#include "lsp/place.h"
#include "lsp/position.h"
#include "lsp/server.h"
#include "lsp/wire.h"
#include "lsp/words.h"

static const struct {
	const char *data;
	enum wire_status status;
	const char *body;
} frames[] = {
	{"", WIRE_MORE, NULL},
	{"Content-Length: 2\r\n\r\n{}", WIRE_MESSAGE, "{}"},
	{"content-length:2\r\nContent-Type: x\r\n\r\n{}more", WIRE_MESSAGE, "{}"},
	{"Content-Length: 0\r\n\r\n", WIRE_MESSAGE, ""},
	{"Content-Length: 3\r\n\r\n{}", WIRE_MORE, NULL},
	{"Content-Length: 3\r\n\r", WIRE_MORE, NULL},
	{"Content-Le", WIRE_MORE, NULL},
	{"\r\n", WIRE_BAD, NULL},
	{"Content-Length 3\r\n", WIRE_BAD, NULL},
	{"Content-Length: -1\r\n\r\n", WIRE_BAD, NULL},
	{"Content-Length: 0x3\r\n\r\n", WIRE_BAD, NULL},
	{"Content-Length: \r\n\r\n", WIRE_BAD, NULL},
	{"Content-Length: 201326593\r\n\r\n", WIRE_BAD, NULL},
	{"Content-Length: 18446744073709551618\r\n\r\n", WIRE_BAD, NULL},
	{"Content-Length: 1\r\nContent-Length: 1\r\n\r\n", WIRE_BAD, NULL},
};

Test(lsp, frames)
{
	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		struct str body = {0};
		size_t size = 0;
		const char *why = NULL;
		enum wire_status status = wire_parse(str_from(frames[i].data), &body, &size, &why);

		cr_expect_eq(status, frames[i].status, "%s: %d", frames[i].data, (int)status);
		if (status == WIRE_MESSAGE)
			cr_expect(str_eq_cstr(body, frames[i].body), "%s", frames[i].data);
		if (status == WIRE_BAD)
			cr_expect_not_null(why, "%s", frames[i].data);
	}
}

Test(lsp, header_has_a_limit)
{
	char data[WIRE_MAX_HEADER + 2];
	struct str body;
	const char *why;
	size_t size;

	memset(data, 'x', sizeof(data));
	cr_expect_eq(wire_parse((struct str){data, WIRE_MAX_HEADER}, &body, &size, &why),
		     WIRE_MORE);
	cr_expect_eq(wire_parse((struct str){data, sizeof(data)}, &body, &size, &why), WIRE_BAD);
}

#define TEXT "a\xc3\xa4\xf0\x9f\x94\x91z\r\nb\rc\n\nlast"

static const struct {
	uint32_t offset;
	struct position utf16, utf8;
} positions[] = {
	{0, {0, 0}, {0, 0}},  {1, {0, 1}, {0, 1}},  {3, {0, 2}, {0, 3}},  {7, {0, 4}, {0, 7}},
	{8, {0, 5}, {0, 8}},  {10, {1, 0}, {1, 0}}, {12, {2, 0}, {2, 0}}, {14, {3, 0}, {3, 0}},
	{15, {4, 0}, {4, 0}}, {19, {4, 4}, {4, 4}},
};

Test(lsp, positions_there_and_back)
{
	struct arena arena;
	struct lines lines;

	arena_init(&arena);
	lines_index(&arena, STR(TEXT), &lines);
	for (size_t i = 0; i < sizeof(positions) / sizeof(positions[0]); i++) {
		uint32_t offset = positions[i].offset;
		struct position at = lines_position(&lines, POSITION_UTF16, offset);
		struct position at8 = lines_position(&lines, POSITION_UTF8, offset);

		cr_expect(at.line == positions[i].utf16.line &&
				  at.character == positions[i].utf16.character,
			  "offset %u: %u:%u", offset, at.line, at.character);
		cr_expect(at8.line == positions[i].utf8.line &&
				  at8.character == positions[i].utf8.character,
			  "offset %u: %u:%u", offset, at8.line, at8.character);
		cr_expect_eq(position_offset(STR(TEXT), POSITION_UTF16, at), offset);
		cr_expect_eq(position_offset(STR(TEXT), POSITION_UTF8, at8), offset);
	}
	arena_fini(&arena);
}

Test(lsp, positions_beyond_the_end_are_the_end)
{
	struct position far = {0, 99}, below = {99, 0}, within = {0, 3};

	cr_expect_eq(position_offset(STR(TEXT), POSITION_UTF16, far), 8);
	cr_expect_eq(position_offset(STR(TEXT), POSITION_UTF16, below), strlen(TEXT));
	/* The second half of a surrogate pair is no place. */
	cr_expect_eq(position_offset(STR(TEXT), POSITION_UTF16, within), 3);
}

static const struct {
	const char *text;
	enum place_inside inside;
	enum block block;
	const char *lead, *marker, *prev;
} places[] = {
	{"", PLACE_CODE, BLOCK_TOP, "", "", ""},
	{"role a extends b, ", PLACE_CODE, BLOCK_TOP, "role", "extends", ","},
	{"role a { allow b; de", PLACE_CODE, BLOCK_ROLE, "", "", ""},
	{"role a { allow b where c in {1, 2} and ", PLACE_CODE, BLOCK_ROLE, "allow", "where",
	 "and"},
	{"role a { allow b where c in {1, ", PLACE_CODE, BLOCK_LIST, "1", "", ","},
	{"sandbox a { network { } ", PLACE_CODE, BLOCK_SANDBOX, "", "", ""},
	{"sandbox a { network { }\n}\n", PLACE_CODE, BLOCK_TOP, "", "", ""},
	{"sandbox a { network {\nrole r { ", PLACE_CODE, BLOCK_ROLE, "", "", ""},
	{"}}}} tool t { class ", PLACE_CODE, BLOCK_TOOL, "class", "", "class"},
	{"# {{{ \"\ntool t { ", PLACE_CODE, BLOCK_TOOL, "", "", ""},
	{"# role", PLACE_COMMENT, BLOCK_TOP, "", "", ""},
	{"import \"a\\\" {", PLACE_STRING, BLOCK_TOP, "import", "", "import"},
	{"redact \"${w", PLACE_PARAM, BLOCK_TOP, "redact", "", "redact"},
	{"redact \"${w}", PLACE_STRING, BLOCK_TOP, "redact", "", "redact"},
};

Test(lsp, place_of_the_cursor)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		const char *text = places[i].text;
		struct place place = place_at(str_from(text), strlen(text));

		cr_expect_eq(place.inside, places[i].inside, "%s", text);
		cr_expect_eq(place.block, places[i].block, "%s: %d", text, (int)place.block);
		cr_expect(str_eq_cstr(place.lead, places[i].lead), "%s: %.*s", text,
			  STR_ARG(place.lead));
		cr_expect(str_eq_cstr(place.marker, places[i].marker), "%s: %.*s", text,
			  STR_ARG(place.marker));
		cr_expect(str_eq_cstr(place.prev, places[i].prev), "%s: %.*s", text,
			  STR_ARG(place.prev));
	}
}

Test(lsp, blocks_beyond_what_is_remembered)
{
	char text[512];

	memset(text, '{', sizeof(text));
	cr_expect_eq(place_at((struct str){text, sizeof(text)}, sizeof(text)).block, BLOCK_UNKNOWN);
	memset(text + 256, '}', 256);
	cr_expect_eq(place_at((struct str){text, sizeof(text)}, sizeof(text)).block, BLOCK_TOP);
}

Test(lsp, each_keyword_has_a_doc)
{
#define KEYWORD(token, text, place) cr_expect_not_null(words_keyword_doc(STR(text)), "%s", text);
#include "grammar/keywords.def"
#undef KEYWORD
	for (size_t i = 0; words_keyword(i); i++)
		cr_expect_geq(keyword_find(str_from(words_keyword(i))), 0, "%s", words_keyword(i));
}

Test(lsp, session_in_one_piece)
{
	char *said = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&said, &size);
	struct server *server = server_new(STDIN_FILENO, out);

	server_handle(server, STR("{\"id\":1,\"method\":\"initialize\",\"params\":{}}"));
	server_handle(server, STR("{\"id\":\"x\",\"method\":\"shutdown\"}"));
	server_handle(server, STR("{\"method\":\"exit\"}"));
	cr_expect_eq(server_run(server), 0);
	server_free(server);
	fclose(out);
	cr_expect_not_null(strstr(said, "\"positionEncoding\":\"utf-16\""), "%s", said);
	cr_expect_not_null(strstr(said, "\"id\":\"x\""), "%s", said);
}
