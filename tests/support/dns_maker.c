/*
 * See dns_maker.h.
 */
#include "support/dns_maker.h"

#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <resolv.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void dns_maker_poke(struct dns_maker *maker, size_t at, uint16_t value)
{
	maker->bytes[at] = (uint8_t)(value >> 8);
	maker->bytes[at + 1] = (uint8_t)value;
}

static void put(struct dns_maker *maker, uint16_t value)
{
	dns_maker_poke(maker, maker->len, value);
	maker->len += 2;
}

static void put_name(struct dns_maker *maker, const char *name)
{
	unsigned char packed[NS_MAXCDNAME];
	int n;

	cr_assert_geq(ns_name_pton(name, packed, sizeof(packed)), 0, "%s", name);
	n = ns_name_pack(packed, maker->bytes + maker->len,
			 (int)(sizeof(maker->bytes) - maker->len), maker->names, maker->names + 64);
	cr_assert_gt(n, 0, "%s", name);
	maker->len += (size_t)n;
}

void dns_maker_begin(struct dns_maker *maker, uint16_t id, uint16_t flags, const char *name,
		     uint16_t type)
{
	memset(maker->bytes, 0, NS_HFIXEDSZ);
	memset(maker->names, 0, sizeof(maker->names));
	maker->names[0] = maker->bytes;
	maker->len = 0;
	put(maker, id);
	put(maker, flags);
	put(maker, name != NULL);
	maker->len = NS_HFIXEDSZ;
	if (!name)
		return;
	put_name(maker, name);
	put(maker, type);
	put(maker, ns_c_in);
}

static void count_one(struct dns_maker *maker, size_t at)
{
	maker->bytes[at + 1]++;
	if (maker->bytes[at + 1] == 0)
		maker->bytes[at]++;
}

void dns_maker_record(struct dns_maker *maker, const char *owner, const char *type, uint32_t ttl_s,
		      const char *data)
{
	uint8_t address[16];
	bool is_a = strcmp(type, "A") == 0, is_cname = strcmp(type, "CNAME") == 0;
	size_t size_at, size = is_a ? 4 : 16;

	put_name(maker, owner);
	put(maker, is_a ? ns_t_a : is_cname ? ns_t_cname : ns_t_aaaa);
	put(maker, ns_c_in);
	put(maker, (uint16_t)(ttl_s >> 16));
	put(maker, (uint16_t)ttl_s);
	size_at = maker->len;
	maker->len += 2;
	if (is_cname) {
		put_name(maker, data);
	} else {
		cr_assert_eq(inet_pton(is_a ? AF_INET : AF_INET6, data, address), 1, "%s", data);
		memcpy(maker->bytes + maker->len, address, size);
		maker->len += size;
	}
	dns_maker_poke(maker, size_at, (uint16_t)(maker->len - size_at - 2));
	count_one(maker, 6);
}

void dns_maker_opt(struct dns_maker *maker, uint16_t size, uint32_t ttl)
{
	maker->bytes[maker->len++] = 0;
	put(maker, ns_t_opt);
	put(maker, size);
	put(maker, (uint16_t)(ttl >> 16));
	put(maker, (uint16_t)ttl);
	put(maker, 0);
	count_one(maker, 10);
}

/* ---- reading ---- */

struct text {
	char bytes[8192];
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void say(struct text *text, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text->len += (size_t)vsnprintf(text->bytes + text->len, sizeof(text->bytes) - text->len,
				       format, args);
	va_end(args);
}

static void say_record(struct text *text, ns_msg *message, int i, char owner[NS_MAXDNAME])
{
	char data[NS_MAXDNAME] = "?";
	const char *name = "?";
	ns_rr record;

	cr_assert_eq(ns_parserr(message, ns_s_an, i, &record), 0);
	if (strcasecmp(ns_rr_name(record), owner) != 0)
		say(text, "%s ", ns_rr_name(record));
	if (ns_rr_type(record) == ns_t_cname) {
		name = "CNAME";
		cr_assert_geq(ns_name_uncompress(ns_msg_base(*message), ns_msg_end(*message),
						 ns_rr_rdata(record), data, sizeof(data)),
			      0);
		(void)strcpy(owner, data);
	} else if (ns_rr_type(record) == ns_t_a && ns_rr_rdlen(record) == 4) {
		name = "A";
		(void)inet_ntop(AF_INET, ns_rr_rdata(record), data, sizeof(data));
	} else if (ns_rr_type(record) == ns_t_aaaa && ns_rr_rdlen(record) == 16) {
		name = "AAAA";
		(void)inet_ntop(AF_INET6, ns_rr_rdata(record), data, sizeof(data));
	}
	say(text, "%s %s %u", name, data, ns_rr_ttl(record));
}

static void say_opt(struct text *text, ns_msg *message)
{
	ns_rr record;

	if (ns_msg_count(*message, ns_s_ar) == 0)
		return;
	cr_assert_eq(ns_parserr(message, ns_s_ar, 0, &record), 0);
	cr_assert_eq(ns_rr_type(record), ns_t_opt);
	say(text, "; opt %d", ns_rr_class(record));
	if (ns_rr_ttl(record))
		say(text, " ttl %x", ns_rr_ttl(record));
	if (ns_rr_rdlen(record)) {
		cr_assert_eq(ns_rr_rdlen(record), 6);
		cr_assert_eq(ns_get16(ns_rr_rdata(record)), 15);
		say(text, " ede %u", ns_get16(ns_rr_rdata(record) + 4));
	}
}

const char *dns_maker_text(const uint8_t *bytes, size_t len)
{
	static const char *const rcodes[] = {"NOERROR",  "FORMERR", "SERVFAIL",
					     "NXDOMAIN", "NOTIMP",  "REFUSED"};
	static struct text text;
	char owner[NS_MAXDNAME] = "";
	ns_msg message;
	ns_rr question;

	text.len = 0;
	cr_assert_eq(ns_initparse(bytes, (int)len, &message), 0);
	say(&text, "id %u %s%s%s%s", ns_msg_id(message),
	    rcodes[ns_msg_getflag(message, ns_f_rcode)],
	    ns_msg_getflag(message, ns_f_qr) ? "" : " query",
	    ns_msg_getflag(message, ns_f_rd) ? " rd" : "",
	    ns_msg_getflag(message, ns_f_tc) ? " tc" : "");
	if (ns_msg_count(message, ns_s_qd)) {
		cr_assert_eq(ns_parserr(&message, ns_s_qd, 0, &question), 0);
		(void)snprintf(owner, sizeof(owner), "%s", ns_rr_name(question));
		say(&text, " q %s/%d", owner, ns_rr_type(question));
	}
	for (int i = 0; i < ns_msg_count(message, ns_s_an); i++) {
		say(&text, "%s ", i ? "," : ":");
		say_record(&text, &message, i, owner);
	}
	say_opt(&text, &message);
	return text.bytes;
}
