#!/usr/bin/env python3
"""The table of system call arguments against the kernel's own prototypes.

usage: syscall_widths.py [SYSCALLS_H]

Reads the prototypes of include/linux/syscalls.h, which the kernel's headers for modules have (not
the ones for programs), and compares the width and the sign of every argument with
compiler/tables/syscall_args.def. Where those headers are not installed it says so and checks
nothing. What differs on purpose is listed below with the reason; a row there that no prototype
needs any more is an error, too.
"""
import glob
import re
import sys

from tables import call_arguments

KINDS = {
    "INT": ["int", "pid_t", "key_t", "mqd_t", "clockid_t", "timer_t", "key_serial_t", "rwf_t",
            "__s32"],
    "UINT": ["unsigned", "unsigned int", "uid_t", "gid_t", "qid_t", "u32", "__u32", "uint32_t",
             "landlock_rule_type"],
    "LONG": ["long", "loff_t", "off_t"],
    "ULONG": ["unsigned long", "size_t", "u64", "__u64", "aio_context_t"],
    "MODE": ["umode_t"],
    "PTR": ["cap_user_header_t", "cap_user_data_t"],
}
KIND_OF = {name: kind for kind, names in KINDS.items() for name in names}

# The entry point's name where it is not the call's.
ENTRIES = {"stat": "newstat", "fstat": "newfstat", "lstat": "newlstat", "uname": "newuname",
           "sendfile": "sendfile64", "umount2": "umount"}

# Entry points of the architecture or of no kernel of today, which the header does not declare.
ELSEWHERE = {"_sysctl", "arch_prctl", "get_thread_area", "iopl", "mmap", "modify_ldt",
             "riscv_flush_icache", "rt_sigreturn", "set_thread_area"}

# Declared, but newer than the oldest headers that this is run with (Linux 6.1).
SINCE_6_2 = {"cachestat", "fchmodat2", "futex_requeue", "futex_wait", "futex_wake",
             "map_shadow_stack"}

FD = "an unsigned long that is cut to a descriptor: fs/read_write.c, fdget(unsigned int)"
OURS = {  # (call, position): (the prototype's kind, why ours is another)
    ("clone", 0): ("ULONG", "kernel/fork.c takes lower_32_bits(clone_flags)"),
    ("clone", 1): ("ULONG", "a stack is memory"),
    ("clone", 3): ("ULONG", "the TLS pointer; the last two change places by architecture"),
    ("mbind", 2): ("ULONG", "mm/mempolicy.c: int lmode = mode"),
    ("ptrace", 1): ("LONG", "kernel/ptrace.c: find_get_task_by_vpid(pid_t)"),
    ("readv", 0): ("ULONG", FD), ("writev", 0): ("ULONG", FD),
    ("preadv", 0): ("ULONG", FD), ("pwritev", 0): ("ULONG", FD),
    ("preadv2", 0): ("ULONG", FD), ("pwritev2", 0): ("ULONG", FD),
}


def kind_of(argument):
    if "*" in argument or "[" in argument:
        return "PTR"
    words = re.sub(r"\b(const|enum)\b", " ", argument).split()
    for n in (len(words), len(words) - 1):  # the name may be left out
        if " ".join(words[:n]) in KIND_OF:
            return KIND_OF[" ".join(words[:n])]
    sys.exit("syscall_widths: what is '%s'?" % argument.strip())


def prototypes(path):
    """For each entry point its arguments; some have several lists, by configuration."""
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
    entries = {}
    for name, arguments in re.findall(r"asmlinkage long sys_(\w+)\(([^;]*)\);", text):
        nothing = arguments.strip() in ("", "void")
        entries.setdefault(name, []).append([] if nothing else arguments.split(","))
    return entries


def differences(call, ours, theirs, used):
    """What is wrong, after what differs on purpose."""
    found = []
    if len(ours) != len(theirs):
        return ["%s has %d arguments, in the table %d" % (call, len(theirs), len(ours))]
    for i, ((kind, _), argument) in enumerate(zip(ours, theirs)):
        want = kind_of(argument)
        if kind == want:
            continue
        if (call, i) in OURS and OURS[call, i][0] == want:
            used.add((call, i))
            continue
        found.append("%s: argument %d is %s ('%s'), in the table %s"
                     % (call, i, want, " ".join(argument.split()), kind))
    return found


def main():
    paths = sys.argv[1:] or sorted(glob.glob("/usr/src/linux-headers-*/include/linux/syscalls.h") +
                                   glob.glob("/lib/modules/*/build/include/linux/syscalls.h"))
    if not paths:
        print("no include/linux/syscalls.h (Debian: linux-headers-*-common): "
              "the widths of arguments are not compared with the kernel's prototypes")
        return 0
    entries, table = prototypes(paths[-1]), call_arguments()
    bad, compared, used = [], 0, set()
    for call, ours in table.items():
        declared = entries.get(ENTRIES.get(call, call))
        if not declared:
            if call not in ELSEWHERE | SINCE_6_2:
                bad.append("%s: no prototype" % call)
            continue
        compared += 1
        ways = [differences(call, ours, theirs, used) for theirs in declared]
        bad += min(ways, key=len)
    bad += ["%s: argument %d is no exception any more" % row for row in OURS if row not in used]
    print("\n".join(bad + ["%s: %d calls compared, %d differences" % (paths[-1], compared,
                                                                     len(bad))]))
    return 1 if bad or not compared else 0


if __name__ == "__main__":
    sys.exit(main())
