/*
 * Records: bound to an INSERT, read back from a SELECT, and hashed.
 *
 * The canonical bytes of a record are its columns in the table's order. Each is one byte of its
 * type, then nothing for NULL; the number in 8 bytes; or the text's length in 8 bytes and the text.
 * Numbers are little-endian. So no two records have the same bytes, whatever is in their texts.
 */
#include "runtime/audit/record.h"

#include <sodium.h>
#include <string.h>

#include "runtime/audit/db.h"

#define COMMA(id, name) #name ", "
const char record_select_list[] = RECORD_COLUMNS(COMMA) "hash";
#undef COMMA

void record_set_number(struct record *record, enum record_column column, int64_t number)
{
	record->values[column].type = RECORD_INTEGER;
	record->values[column].number = number;
}

void record_set_bytes(struct record *record, enum record_column column, const char *text,
		      size_t len)
{
	record->values[column].type = RECORD_TEXT;
	record->values[column].text = text;
	record->values[column].len = len;
}

void record_set_text(struct record *record, enum record_column column, const char *text)
{
	if (text)
		record_set_bytes(record, column, text, strlen(text));
}

/* ---- hashing ---- */

/* Bytes that are gathered, as handing the hash a few at a time costs more than hashing them. */
struct gathered {
	crypto_generichash_state state;
	unsigned char bytes[2048];
	size_t n;
};

static void hand_over(struct gathered *gathered)
{
	(void)crypto_generichash_update(&gathered->state, gathered->bytes, gathered->n);
	gathered->n = 0;
}

static void gather(struct gathered *gathered, const void *bytes, size_t len)
{
	if (len > sizeof(gathered->bytes) - gathered->n)
		hand_over(gathered);
	if (len > sizeof(gathered->bytes)) {
		(void)crypto_generichash_update(&gathered->state, bytes, len);
		return;
	}
	if (len)
		memcpy(gathered->bytes + gathered->n, bytes, len);
	gathered->n += len;
}

static void gather_number(struct gathered *gathered, uint64_t number)
{
	unsigned char bytes[8];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(number >> (8 * i));
	gather(gathered, bytes, sizeof(bytes));
}

void record_hash(const struct record *record, const unsigned char before[RECORD_HASH_SIZE],
		 unsigned char hash[RECORD_HASH_SIZE])
{
	struct gathered gathered;

	gathered.n = 0;
	(void)crypto_generichash_init(&gathered.state, NULL, 0, RECORD_HASH_SIZE);
	gather(&gathered, before, RECORD_HASH_SIZE);
	for (size_t i = 0; i < RECORD__COUNT; i++) {
		const struct record_value *value = &record->values[i];
		unsigned char type = (unsigned char)value->type;

		gather(&gathered, &type, 1);
		if (value->type == RECORD_INTEGER)
			gather_number(&gathered, (uint64_t)value->number);
		if (value->type != RECORD_TEXT)
			continue;
		gather_number(&gathered, value->len);
		gather(&gathered, value->text, value->len);
	}
	hand_over(&gathered);
	(void)crypto_generichash_final(&gathered.state, hash, RECORD_HASH_SIZE);
}

/* ---- rows ---- */

/*
 * What fails takes the whole transaction back, as who adds to a chain does anyhow: of many rows
 * SQLite would otherwise first copy each page that they change, to take back the statement only.
 */
static int prepare(sqlite3 *db, size_t n_rows, sqlite3_stmt **out, struct writ_error *error)
{
#define MARK(id, name) "?,"
	static const char row[] = "(" RECORD_COLUMNS(MARK) "?)";
#undef MARK
	char sql[48 + RECORD_ROWS * (sizeof(row) + 1)] = "INSERT OR ROLLBACK INTO records VALUES ";
	size_t len = strlen(sql);

	for (size_t i = 0; i < n_rows; i++) {
		if (i > 0)
			sql[len++] = ',';
		memcpy(sql + len, row, sizeof(row) - 1);
		len += sizeof(row) - 1;
	}
	if (sqlite3_prepare_v3(db, sql, (int)len, SQLITE_PREPARE_PERSISTENT, out, NULL) !=
	    SQLITE_OK)
		return db_error(db, "records can't be written", error);
	return 0;
}

int record_prepare(sqlite3 *db, struct record_insert *insert, struct writ_error *error)
{
	return prepare(db, 1, &insert->one, error);
}

void record_finalize(struct record_insert *insert)
{
	(void)sqlite3_finalize(insert->one);
	(void)sqlite3_finalize(insert->many);
	*insert = (struct record_insert){.one = NULL};
}

static int bind(sqlite3_stmt *insert, int index, const struct record_value *value)
{
	switch (value->type) {
	case RECORD_NULL:
		return sqlite3_bind_null(insert, index);
	case RECORD_INTEGER:
		return sqlite3_bind_int64(insert, index, value->number);
	case RECORD_TEXT:
		return sqlite3_bind_text64(insert, index, value->text, value->len, SQLITE_STATIC,
					   SQLITE_UTF8);
	}
	return SQLITE_MISUSE;
}

/* Binds a row behind *place, which moves on. */
static int bind_row(sqlite3_stmt *insert, int *place, const struct record *record,
		    const unsigned char hash[RECORD_HASH_SIZE])
{
	int rc = SQLITE_OK;

	for (size_t i = 0; rc == SQLITE_OK && i < RECORD__COUNT; i++)
		rc = bind(insert, ++*place, &record->values[i]);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_blob(insert, ++*place, hash, RECORD_HASH_SIZE, SQLITE_STATIC);
	return rc;
}

static int insert_rows(sqlite3_stmt *insert, const struct record *records,
		       unsigned char (*hashes)[RECORD_HASH_SIZE], size_t n,
		       struct writ_error *error)
{
	int rc = SQLITE_OK;
	int place = 0;

	for (size_t i = 0; rc == SQLITE_OK && i < n; i++)
		rc = bind_row(insert, &place, &records[i], hashes[i]);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(insert);
	(void)sqlite3_reset(insert);
	return rc == SQLITE_DONE
		       ? 0
		       : db_error(sqlite3_db_handle(insert), "a record can't be written", error);
}

int record_insert(struct record_insert *insert, const struct record *records,
		  unsigned char (*hashes)[RECORD_HASH_SIZE], size_t n, struct writ_error *error)
{
	int rc = 0;

	if (n == RECORD_ROWS && !insert->many)
		rc = prepare(sqlite3_db_handle(insert->one), RECORD_ROWS, &insert->many, error);
	if (rc)
		return rc;
	if (n == RECORD_ROWS)
		return insert_rows(insert->many, records, hashes, n, error);
	for (size_t i = 0; !rc && i < n; i++)
		rc = insert_rows(insert->one, &records[i], &hashes[i], 1, error);
	return rc;
}

static bool read_value(sqlite3_stmt *row, int index, struct record_value *value)
{
	switch (sqlite3_column_type(row, index)) {
	case SQLITE_NULL:
		value->type = RECORD_NULL;
		return true;
	case SQLITE_INTEGER:
		value->type = RECORD_INTEGER;
		value->number = sqlite3_column_int64(row, index);
		return true;
	case SQLITE_TEXT:
		value->type = RECORD_TEXT;
		value->text = (const char *)sqlite3_column_text(row, index);
		value->len = (size_t)sqlite3_column_bytes(row, index);
		return value->text != NULL;
	default:
		return false;
	}
}

bool record_read(sqlite3_stmt *row, struct record *record, unsigned char hash[RECORD_HASH_SIZE])
{
	for (int i = 0; i < RECORD__COUNT; i++) {
		if (!read_value(row, i, &record->values[i]))
			return false;
	}
	if (sqlite3_column_type(row, RECORD__COUNT) != SQLITE_BLOB ||
	    sqlite3_column_bytes(row, RECORD__COUNT) != RECORD_HASH_SIZE)
		return false;
	memcpy(hash, sqlite3_column_blob(row, RECORD__COUNT), RECORD_HASH_SIZE);
	return true;
}
