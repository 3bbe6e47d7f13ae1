/*
 * System call filters, disassembled.
 *
 * Jumps only go forward, so one pass knows what the accumulator holds at every instruction (unless
 * two ways to it disagree); a compare with a system call number is then shown with the call's name,
 * one with an argument with the argument's.
 */
#include "cli/show.h"

#include <inttypes.h>
#include <linux/bpf_common.h>
#include <linux/seccomp.h>
#include <string.h>

/* What the accumulator holds: an offset in struct seccomp_data, or one of these. */
#define HOLDS_UNREACHED UINT32_MAX
#define HOLDS_UNKNOWN   (UINT32_MAX - 1)

#define AT_NR   ((uint32_t)offsetof(struct seccomp_data, nr))
#define AT_ARCH ((uint32_t)offsetof(struct seccomp_data, arch))
#define AT_ARGS ((uint32_t)offsetof(struct seccomp_data, args))

struct listing {
	const struct show *show;
	const struct writ_fmt_insn *insns;
	uint32_t n;
	enum arch arch;
	bool arch_known;
	uint32_t *holds;
};

static const struct {
	uint16_t code;
	const char *name;
} opcodes[] = {
	{BPF_LD | BPF_W | BPF_ABS, "ld"},   {BPF_ALU | BPF_AND | BPF_K, "and"},
	{BPF_JMP | BPF_JEQ | BPF_K, "jeq"}, {BPF_JMP | BPF_JGT | BPF_K, "jgt"},
	{BPF_JMP | BPF_JGE | BPF_K, "jge"}, {BPF_JMP | BPF_JSET | BPF_K, "jset"},
	{BPF_JMP | BPF_JA, "ja"},           {BPF_RET | BPF_K, "ret"},
};

static const char *opcode_name(uint16_t code)
{
	for (size_t i = 0; i < sizeof(opcodes) / sizeof(opcodes[0]); i++) {
		if (opcodes[i].code == code)
			return opcodes[i].name;
	}
	return "?";
}

static bool is_branch(const struct writ_fmt_insn *insn)
{
	return BPF_CLASS(insn->code) == BPF_JMP && BPF_OP(insn->code) != BPF_JA;
}

static void flow(struct listing *listing, uint32_t to, uint32_t holds)
{
	uint32_t *at = &listing->holds[to];

	if (*at == HOLDS_UNREACHED)
		*at = holds;
	else if (*at != holds)
		*at = HOLDS_UNKNOWN;
}

static void flow_from(struct listing *listing, uint32_t i)
{
	const struct writ_fmt_insn *insn = &listing->insns[i];
	uint32_t holds = listing->holds[i];

	if (BPF_CLASS(insn->code) == BPF_RET)
		return;
	if (insn->code == (BPF_JMP | BPF_JA)) {
		flow(listing, i + 1 + insn->k, holds);
	} else if (is_branch(insn)) {
		flow(listing, i + 1 + insn->jt, holds);
		flow(listing, i + 1 + insn->jf, holds);
	} else {
		/* An AND keeps what it came from; the mask stands right above the compare. */
		flow(listing, i + 1, BPF_CLASS(insn->code) == BPF_LD ? insn->k : holds);
	}
}

static struct str word_name(struct arena *arena, uint32_t offset)
{
	if (offset == AT_NR)
		return STR("number");
	if (offset == AT_ARCH)
		return STR("arch");
	if (offset >= AT_ARGS && offset < sizeof(struct seccomp_data))
		return str_printf(arena, "arg%u.%s", (offset - AT_ARGS) / 8,
				  (offset - AT_ARGS) % 8 ? "high" : "low");
	return str_printf(arena, "data[%u]", offset);
}

static struct str action_name(struct arena *arena, uint32_t action)
{
	const char *name = errno_name((int)(action & SECCOMP_RET_DATA));

	switch (action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
		return STR("allow");
	case SECCOMP_RET_LOG:
		return STR("allow and log");
	case SECCOMP_RET_USER_NOTIF:
		return STR("notify");
	case SECCOMP_RET_KILL_PROCESS:
		return STR("kill");
	case SECCOMP_RET_ERRNO:
		return name ? str_printf(arena, "errno %s", name)
			    : str_printf(arena, "errno %u", action & SECCOMP_RET_DATA);
	default:
		return str_printf(arena, "%#x", action);
	}
}

/* What a compare tests, for people. */
static struct str branch_comment(const struct listing *listing, uint32_t i)
{
	struct arena *arena = listing->show->arena;
	const struct writ_fmt_insn *insn = &listing->insns[i];
	uint32_t holds = listing->holds[i];
	struct str name;

	if (holds >= HOLDS_UNKNOWN)
		return STR("");
	if (holds != AT_NR || !listing->arch_known)
		return word_name(arena, holds);
	name = syscall_name(listing->arch, insn->k);
	if (name.ptr)
		return name;
	return insn->k < syscall_limit(listing->arch) ? STR("a number without a call")
						      : STR("past the last call");
}

static struct str insn_comment(const struct listing *listing, uint32_t i)
{
	struct arena *arena = listing->show->arena;
	const struct writ_fmt_insn *insn = &listing->insns[i];

	if (BPF_CLASS(insn->code) == BPF_LD)
		return word_name(arena, insn->k);
	if (BPF_CLASS(insn->code) == BPF_RET)
		return action_name(arena, insn->k);
	return is_branch(insn) ? branch_comment(listing, i) : STR("");
}

static struct str insn_operands(const struct listing *listing, uint32_t i)
{
	struct arena *arena = listing->show->arena;
	const struct writ_fmt_insn *insn = &listing->insns[i];

	if (is_branch(insn))
		return str_printf(arena, "%#x, %u, %u", insn->k, i + 1 + insn->jt,
				  i + 1 + insn->jf);
	if (insn->code == (BPF_JMP | BPF_JA))
		return str_printf(arena, "%u", i + 1 + insn->k);
	return str_printf(arena, BPF_CLASS(insn->code) == BPF_LD ? "[%u]" : "%#x", insn->k);
}

static struct listing make_listing(const struct show *show, const struct writ_fmt_filter *filter)
{
	struct listing listing = {
		.show = show,
		.insns = BUNDLE_AT(show->image, INSNS, insn, filter->insns.first),
		.n = filter->insns.count,
	};

	listing.arch_known = show_arch(filter->audit_arch, &listing.arch);
	listing.holds = arena_alloc(show->arena, listing.n * sizeof(*listing.holds));
	memset(listing.holds, 0xff, listing.n * sizeof(*listing.holds));
	listing.holds[0] = HOLDS_UNKNOWN;
	for (uint32_t i = 0; i < listing.n; i++)
		flow_from(&listing, i);
	return listing;
}

static struct str arch_label(const struct show *show, const struct listing *listing,
			     uint32_t audit_arch)
{
	return listing->arch_known ? str_from(arch_info(listing->arch)->name)
				   : str_printf(show->arena, "architecture %#x", audit_arch);
}

static void print_filter(const struct show *show, const struct writ_fmt_filter *filter)
{
	struct listing listing = make_listing(show, filter);

	fprintf(show->out, "  seccomp, %.*s, %u instructions:\n",
		STR_ARG(arch_label(show, &listing, filter->audit_arch)), listing.n);
	for (uint32_t i = 0; i < listing.n; i++) {
		struct str operands = insn_operands(&listing, i);
		struct str comment = insn_comment(&listing, i);

		fprintf(show->out, "    %4u  %-4s %.*s", i, opcode_name(listing.insns[i].code),
			STR_ARG(operands));
		if (comment.len > 0)
			fprintf(show->out, "%*s; %.*s",
				operands.len < 24 ? 24 - (int)operands.len : 1, "",
				STR_ARG(comment));
		fputc('\n', show->out);
	}
}

static bool is_selected(const struct show *show, const struct writ_fmt_filter *filter)
{
	return show->audit_arch == 0 || show->audit_arch == filter->audit_arch;
}

void show_seccomp_text(const struct show *show, const struct writ_fmt_sandbox *sandbox)
{
	for (uint32_t i = 0; i < sandbox->filters.count; i++) {
		const struct writ_fmt_filter *filter = BUNDLE_AT(show->image, FILTERS, filter,
								 sandbox->filters.first + i);

		if (is_selected(show, filter))
			print_filter(show, filter);
	}
}

static json_t *filter_json(const struct show *show, const struct writ_fmt_filter *filter)
{
	struct listing listing = make_listing(show, filter);
	struct str arch = arch_label(show, &listing, filter->audit_arch);
	json_t *insns = json_array();

	for (uint32_t i = 0; i < listing.n; i++) {
		const struct writ_fmt_insn *insn = &listing.insns[i];
		struct str comment = insn_comment(&listing, i);

		json_array_append_new(insns, json_pack("{s:i,s:i,s:i,s:I,s:s,s:s%}", "code",
						       insn->code, "jt", insn->jt, "jf", insn->jf,
						       "k", (json_int_t)insn->k, "name",
						       opcode_name(insn->code), "comment",
						       comment.ptr, comment.len));
	}
	return json_pack("{s:s%,s:o}", "arch", arch.ptr, arch.len, "instructions", insns);
}

json_t *show_seccomp_json(const struct show *show, const struct writ_fmt_sandbox *sandbox)
{
	json_t *array = json_array();

	for (uint32_t i = 0; i < sandbox->filters.count; i++) {
		const struct writ_fmt_filter *filter = BUNDLE_AT(show->image, FILTERS, filter,
								 sandbox->filters.first + i);

		if (is_selected(show, filter))
			json_array_append_new(array, filter_json(show, filter));
	}
	return array;
}
