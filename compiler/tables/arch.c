/*
 * The architectures that filters are made for.
 *
 * A row is all there is to an architecture here; its system call numbers come from libseccomp
 * (syscalls.c). The audit number is what the kernel puts into seccomp_data.arch; on x86_64 it is
 * shared with the x32 ABI, whose calls carry a bit in their number instead. i386 is no row on
 * purpose: its calls come from int 0x80 in 64-bit programs, too, and with other numbers and
 * arguments in halves they would be a second policy to get right. Every filter kills them.
 */
#include "tables/syscalls.h"

#include <linux/audit.h>

static const struct arch_info archs[ARCH__COUNT] = {
	[ARCH_X86_64] = {.name = "x86_64",
			 .audit_arch = AUDIT_ARCH_X86_64,
			 .x32_bit = 0x40000000u,
			 .by_default = true,
			 .loaders = {"/lib64/ld-linux-x86-64.so.2", "/lib/ld-musl-x86_64.so.1"}},
	[ARCH_AARCH64] = {.name = "aarch64",
			  .audit_arch = AUDIT_ARCH_AARCH64,
			  .by_default = true,
			  .loaders = {"/lib/ld-linux-aarch64.so.1", "/lib/ld-musl-aarch64.so.1"}},
	[ARCH_RISCV64] = {.name = "riscv64",
			  .audit_arch = AUDIT_ARCH_RISCV64,
			  .loaders = {"/lib/ld-linux-riscv64-lp64d.so.1",
				      "/lib/ld-musl-riscv64.so.1"}},
};

const struct arch_info *arch_info(enum arch arch)
{
	return &archs[arch];
}

bool arch_find(struct str name, enum arch *arch)
{
	for (unsigned i = 0; i < ARCH__COUNT; i++) {
		if (!str_eq_cstr(name, archs[i].name))
			continue;
		*arch = (enum arch)i;
		return true;
	}
	return false;
}
