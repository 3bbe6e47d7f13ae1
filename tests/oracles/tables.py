"""What the oracles know of system calls: read from the kernel's headers, and from the one table of
the compiler that they check or need, by other means than the compiler reads it."""
import re
import subprocess

LAST_CALL = 456  # futex_requeue: what is newer has no name in policies

# Calls that the headers of Debian 12 (Linux 6.1) do not have yet; the same number everywhere.
NEWER = {"cachestat": 451, "fchmodat2": 452, "map_shadow_stack": 453, "futex_wake": 454,
         "futex_wait": 455, "futex_requeue": 456}

# What <asm/unistd.h> of an architecture defines before it includes the generic list.
GENERIC = {
    "aarch64": ["RENAMEAT", "NEW_STAT", "SET_GET_RLIMIT", "TIME32_SYSCALLS", "MEMFD_SECRET"],
    "riscv64": ["NEW_STAT", "SET_GET_RLIMIT", "MEMFD_SECRET"],
}
OWN_CALLS = {"riscv64": {"riscv_flush_icache": 259}}


def macros(flags, header):
    out = subprocess.run(["cc", "-E", "-dM", *flags, "-"], input="#include <%s>\n" % header,
                         capture_output=True, text=True, check=True).stdout
    return dict(re.findall(r"^#define (__NR\w+) (\w+)$", out, re.M))


def resolve(table, value):
    while value in table:
        value = table[value]
    return int(value, 0) if value[:1].isdigit() else None


def call_numbers(arch):
    """The calls of an architecture, by name."""
    if arch == "x86_64":
        table = macros([], "asm/unistd_64.h")
    else:
        wants = ["-D__ARCH_WANT_" + name for name in GENERIC[arch]]
        table = macros(["-D__BITS_PER_LONG=64", "-D__ARCH_WANT_SYS_CLONE3", *wants],
                       "asm-generic/unistd.h")
    calls = {}
    for macro, value in table.items():
        name = re.fullmatch(r"__NR_([a-z0-9_]+)", macro)
        number = resolve(table, value)
        if name and number is not None and number <= LAST_CALL:
            calls[name[1]] = number
    for name in ("syscalls", "arch_specific_syscall"):
        calls.pop(name, None)
    calls.update(NEWER)
    calls.update(OWN_CALLS.get(arch, {}))
    return calls


def call_arguments(path="compiler/tables/syscall_args.def"):
    """For each call a list of its arguments: (type, [name, ...])."""
    with open(path, encoding="ascii") as file:
        text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
    calls = {}
    for name, body in re.findall(r"CALL\((\w+),((?:[^()]|\([^()]*\))*)\)", text):
        calls[name] = [(kind, re.findall(r'"(\w+)"', names)) for kind, names in
                       re.findall(r"(INT|UINT|LONG|ULONG|MODE|PTR)\(([^)]*)\)", body)]
    return calls
