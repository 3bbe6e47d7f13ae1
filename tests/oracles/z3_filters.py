#!/usr/bin/env python3
"""z3 as an oracle: are the emitted filters equal to the rules they were made from, for every call?

usage: z3_filters.py WRITC BUNDLE...

Each filter of the bundles is translated into formulas over the number, the architecture and the six
arguments of a call, and so are the rules that `writc show --section calls` lists. z3 is then asked
for a call on which they differ; there must be none. Nothing here comes from the compiler but those
two listings: numbers are read from the kernel's headers, the widths and positions of arguments from
the table tables/syscall_args.def, and what the rules mean together is written down once more below.

As a control, constants of the filters are changed one by one, and z3 must find calls on which
these differ; each such call is put to the filter as it was and as it is now, which must disagree.
"""
import errno
import json
import re
import subprocess
import sys

from tables import call_arguments, call_numbers

ALLOW, LOG, NOTIFY, KILL, ERRNO = 0x7fff0000, 0x7ffc0000, 0x7fc00000, 0x80000000, 0x00050000
VERDICTS = {"allow": ALLOW, "log": LOG, "notify": NOTIFY, "errno": ERRNO, "kill": KILL}
AUDIT = {"x86_64": 0xc000003e, "aarch64": 0xc00000b7, "riscv64": 0xc00000f3}
X32 = 0x40000000
CONTROLS = 5

# What a broker makes on the tool's behalf: docs/plan.md, "Broker".
BROKERED = """open openat openat2 creat truncate mkdir mkdirat mknod mknodat rename renameat renameat2
    link linkat symlink symlinkat unlink unlinkat rmdir chmod fchmodat fchmodat2 utime utimes
    futimesat utimensat umask""".split()

# What a net gate makes: docs/plan.md, "Net gate".
GATED = ["connect", "bind", "listen"]
DATAGRAMS = "socket(arg1 & 0xf == 2)"  # beside a resolver


# ---- rules to formulas ----

COMPARE = {"==": "=", "<": "bvult", "<=": "bvule", ">": "bvugt", ">=": "bvuge"}


def bits(value, width):
    return "(_ bv%d %d)" % (value % (1 << width), width)


def argument(name, arguments):
    """The position and the width of the argument that a name means."""
    position = next((i for i, (_, names) in enumerate(arguments) if name in names), None)
    if position is None:
        position = int(name.removeprefix("arg"))
    return position, 32 if arguments[position][0] in ("INT", "UINT", "MODE") else 64


def condition(text, call, arguments):
    match = re.fullmatch(r"(\w+)(?: & (\w+))? (==|!=|<=?|>=?) (\w+)", text)
    position, width = argument(match[1], arguments[call])
    term = "a%d" % position if width == 64 else "((_ extract 31 0) a%d)" % position
    if match[2]:
        term = "(bvand %s %s)" % (term, bits(int(match[2], 0), width))
    value = bits(int(match[4], 0), width)
    if match[3] == "!=":
        return "(not (= %s %s))" % (term, value)
    return "(%s %s %s)" % (COMPARE[match[3]], term, value)


def rule_condition(rule, arguments):
    match = re.fullmatch(r"\w+\((.*)\)", rule["text"])
    if not match:
        return "true"
    return "(and true %s)" % " ".join(condition(text, rule["call"], arguments)
                                      for text in match[1].split(", "))


def error_number(text):
    return getattr(errno, text) if hasattr(errno, text) else int(text)


def call_formula(rules, call, arguments):
    """The strictest rule decides, of those that refuse the first; else EPERM, clone3 ENOSYS."""
    result = bits(ERRNO | (errno.ENOSYS if call == "clone3" else errno.EPERM), 32)
    for verdict, value in VERDICTS.items():  # from the mildest to the strictest
        for rule in reversed([rule for rule in rules if rule["verdict"] == verdict]):
            if verdict == "errno":
                value = ERRNO | error_number(rule["errno"])
            result = "(ite %s %s %s)" % (rule_condition(rule, arguments), bits(value, 32), result)
    return result


def enforced(rules, plan):
    """The rules as the kernel is told them: what a broker or a gate is there for, it is asked about."""
    asked = ((BROKERED if "broker" in plan["mechanisms"] else [])
             + (GATED if "net gate" in plan["mechanisms"] else []))
    datagrams = {"call": "socket", "verdict": "notify", "text": DATAGRAMS}
    return ([dict(rule, verdict="notify") if rule["call"] in asked
             and rule["verdict"] in ("allow", "log") else rule for rule in rules]
            + ([datagrams] if "resolver" in plan["mechanisms"] else []))


def rules_formula(rules, arch, numbers, arguments):
    by_call = {}
    for rule in rules:
        by_call.setdefault(rule["call"], []).append(rule)
    lines, result = [], bits(ERRNO | errno.ENOSYS, 32)
    for call, number in sorted(numbers.items(), key=lambda item: item[1]):
        lines.append("(define-fun call%d () (_ BitVec 32) %s)"
                     % (number, call_formula(by_call.get(call, []), call, arguments)))
        result = "(ite (= nr %s) call%d %s)" % (bits(number, 32), number, result)
    if arch == "x86_64":
        result = "(ite (bvuge nr %s) %s %s)" % (bits(X32, 32), bits(KILL, 32), result)
    result = "(ite (= arch %s) %s %s)" % (bits(AUDIT[arch], 32), result, bits(KILL, 32))
    return "\n".join(lines + ["(define-fun rules () (_ BitVec 32) %s)" % result])


# ---- filters to formulas ----

LD, AND, JA, JEQ, JGT, JGE, JSET, RET = 0x20, 0x54, 0x05, 0x15, 0x25, 0x35, 0x45, 0x06
TESTS = {JEQ: "(= %s %s)", JGT: "(bvugt %s %s)", JGE: "(bvuge %s %s)",
         JSET: "(not (= (bvand %s %s) (_ bv0 32)))"}


def word(offset):
    if offset < 16:
        return {0: "nr", 4: "arch"}[offset]  # no filter of ours loads the instruction pointer
    low = 32 * (offset // 4 % 2)
    return "((_ extract %d %d) a%d)" % (low + 31, low, (offset - 16) // 8)


def filter_formula(insns, name):
    """Forwards through the program: when an instruction is reached, and what it finds loaded."""
    ways = [[] for _ in insns]  # (condition, accumulator) of every way to an instruction
    ways[0].append(("true", bits(0, 32)))
    lines, results = [], []
    for i, insn in enumerate(insns):
        here, held = "%s_r%d" % (name, i), "%s_a%d" % (name, i)
        value = ways[i][0][1]
        for reached, other in ways[i][1:]:
            if other != value:
                value = "(ite %s %s %s)" % (reached, other, value)
        lines.append("(define-fun %s () Bool (or false %s))"
                     % (here, " ".join(reached for reached, _ in ways[i])))
        lines.append("(define-fun %s () (_ BitVec 32) %s)" % (held, value))
        code, k = insn["code"], insn["k"]
        if code == RET:
            results.append((here, bits(k, 32)))
        elif code == JA:
            ways[i + 1 + k].append((here, held))
        elif code in TESTS:
            test = TESTS[code] % (held, bits(k, 32))
            ways[i + 1 + insn["jt"]].append(("(and %s %s)" % (here, test), held))
            ways[i + 1 + insn["jf"]].append(("(and %s (not %s))" % (here, test), held))
        else:
            after = {LD: lambda: word(k), AND: lambda: "(bvand %s %s)" % (held, bits(k, 32))}
            ways[i + 1].append((here, after[code]()))
    result = bits(0, 32)
    for reached, value in results:
        result = "(ite %s %s %s)" % (reached, value, result)
    return "\n".join(lines + ["(define-fun %s () (_ BitVec 32) %s)" % (name, result)])


def run_filter(insns, call):
    """The filter's verdict on one call, to check what z3 says of it."""
    pc, a = 0, 0
    while insns[pc]["code"] != RET:
        insn, k = insns[pc], insns[pc]["k"]
        pc += 1
        if insn["code"] == LD:
            a = ({0: call["nr"], 4: call["arch"]}[k] if k < 16
                 else call["a%d" % ((k - 16) // 8)] >> 32 * (k // 4 % 2) & 0xffffffff)
        elif insn["code"] == AND:
            a &= k
        elif insn["code"] == JA:
            pc += k
        else:
            holds = {JEQ: a == k, JGT: a > k, JGE: a >= k, JSET: a & k != 0}[insn["code"]]
            pc += insn["jt"] if holds else insn["jf"]
    return insns[pc]["k"]


# ---- z3 ----

CALL = ["nr", "arch"] + ["a%d" % i for i in range(6)]
DECLARATIONS = "(set-logic QF_BV)\n" + "\n".join(
    "(declare-const %s (_ BitVec %d))" % (name, 64 if name[0] == "a" and name != "arch" else 32)
    for name in CALL) + "\n"


def differ(definitions, left, right):
    """None when no call tells them apart, else such a call."""
    question = "%s\n%s\n(assert (not (= %s %s)))\n(check-sat)\n(get-value (%s))\n" % (
        DECLARATIONS, definitions, left, right, " ".join(CALL))
    out = subprocess.run(["z3", "-in", "-T:60"], input=question, capture_output=True,
                         text=True, check=False).stdout
    if out.startswith("unsat"):
        return None
    if not out.startswith("sat"):
        sys.exit("z3_filters: z3 has no answer: %s" % out[:300])
    return {name: int(value, 16) for name, value in re.findall(r"\((\w+) #x([0-9a-f]+)\)", out)}


def show(writc, bundle, section):
    out = subprocess.run([writc, "show", bundle, "--section", section, "--format", "json"],
                         capture_output=True, text=True, check=True).stdout
    return json.loads(out)["sandboxes"]


def controls(insns):
    """The program with one constant changed, of some tests all over it."""
    tests = [i for i, insn in enumerate(insns) if insn["code"] in TESTS]
    for i in tests[::max(1, len(tests) // CONTROLS)]:
        changed = [dict(insn) for insn in insns]
        changed[i]["k"] ^= 1
        yield changed


def try_controls(insns, definitions):
    """How many changed programs z3 tells from the rules, and how many there are."""
    found = tried = 0
    for changed in controls(insns):
        call = differ("%s\n%s" % (definitions, filter_formula(changed, "changed")), "rules",
                      "changed")
        tried += 1
        if call is None:
            continue
        if run_filter(insns, call) == run_filter(changed, call):
            sys.exit("z3_filters: a control's call %s does not tell the filters apart" % call)
        found += 1
    return found, tried


def main():
    writc, bundles = sys.argv[1], sys.argv[2:]
    arguments = call_arguments()
    numbers = {}
    seen, total, bad = set(), 0, 0
    found = tried = 0
    for bundle in bundles:
        for calls, plan, filters in zip(*(show(writc, bundle, section)
                                          for section in ("calls", "plan", "seccomp"))):
            rules = enforced(calls["calls"], plan["plan"])
            for emitted in filters["seccomp"]:
                arch, insns = emitted["arch"], emitted["instructions"]
                total += 1
                key = json.dumps([arch, insns, rules])
                if key in seen:
                    continue
                seen.add(key)
                numbers.setdefault(arch, call_numbers(arch))
                definitions = rules_formula(rules, arch, numbers[arch], arguments)
                call = differ("%s\n%s" % (definitions, filter_formula(insns, "filter")), "rules",
                              "filter")
                if call:
                    bad += 1
                    print("%s: sandbox %s, %s: the filter gives %#x on %s" % (
                        bundle, calls["sandbox"], arch, run_filter(insns, call), call))
                elif len(seen) <= 2:
                    more = try_controls(insns, definitions)
                    found, tried = found + more[0], tried + more[1]
    print("z3: %d filters, %d of them different: %d not equal to their rules; "
          "%d of %d changed ones told apart, by calls that do" % (total, len(seen), bad, found,
                                                                  tried))
    # A changed constant can be one that no call gets to: not all have to be told apart.
    sys.exit(bad > 0 or total == 0 or found * 2 < tried or found == 0)


if __name__ == "__main__":
    main()
