#!/usr/bin/env python3
"""An independent reader of bundles, written from docs/format.md and from nothing else.

Usage: read_bundle.py BUNDLE [ROLE TOOL]...

Checks the frame of the bundle (header, digest, section table, gaps) and prints for each ROLE and TOOL
what `writ decide` prints first for a call without arguments: allow, deny or ask. A difference means that the document, the compiler
or the runtime is wrong. Any damage ends in an exception.
"""
import hashlib
import struct
import sys

SECTIONS = [  # name, record: docs/format.md, "Sections"
    ("STRINGS", "B"), ("POLICY", "IIQIIIIIIII"), ("PARAMS", "IIIIII"), ("PARTS", "IIII"),
    ("SANDBOXES", "28I"), ("PATHS", "IIIIQ"), ("PORTS", "IHHII"), ("LANDLOCK", "IIQQQ"),
    ("FILTERS", "IIII"), ("INSNS", "HBBI"), ("LIMITS", "IIQ"), ("ENV", "IIIIII"),
    ("RULES", "16I"), ("ROLES", "IIII"), ("USERS", "IIII"), ("COLUMNS", "IIII"),
    ("ROLE_INDEX", "II"), ("USER_INDEX", "II"), ("TOOL_INDEX", "II"), ("CELLS", "H"),
    ("CHAR_CLASSES", "B"), ("STATES", "H"), ("ACCEPTS", "I"), ("CHAINS", "II"), ("CHAIN_RULES", "H"),
    ("TESTS", "IIHHIIIII"), ("OPERANDS", "IIqII"), ("ENDPOINTS", "IIII16sIHHII"), ("DENIES", "IIQ"),
    ("SCRATCHES", "IIQ"), ("UNIX_SOCKETS", "IIQ"), ("CALLS", "IIHHIII"), ("CALL_CONDS", "IHHQQ"),
    ("TOOLS", "8I"), ("ARGS", "IIII"), ("ROLE_INFO", "IIII"), ("USER_INFO", "II"),
    ("CONFLICTS", "IIII"), ("REDACTS", "II"), ("INDICES", "I"), ("BLOCKS", "H"),
    ("CALL_LISTS", "H"),
]
SIGNATURE = [("SIGNATURE", "8sII8s64s")]  # at the end of a signed bundle
NONE = 0xFFFFFFFF
MATCH, FAIL = 0xFFFFFFFF, 0xFFFFFFFE
PRESENT = 1
MASK = (1 << 64) - 1


def read_sections(data):
    """The records of every section, by name."""
    magic, version, count, size = struct.unpack_from("<8sIIQ", data, 0)
    assert magic == b"\x7fWRT\r\n\x1a\n" and version == 5 and size == len(data)
    assert data[56:64] == bytes(8)
    assert hashlib.sha256(data[:24] + bytes(32) + data[56:]).digest() == data[24:56]
    signed = count == len(SECTIONS) + 1
    assert signed or count == len(SECTIONS)
    sections, end = {}, 64 + 24 * count
    for i, (name, record) in enumerate(SECTIONS + SIGNATURE * signed):
        ident, flags, offset, size = struct.unpack_from("<IIQQ", data, 64 + 24 * i)
        assert ident == (i + 1 if i < len(SECTIONS) else 1000) and flags in (0, 1) and offset % 8 == 0
        assert 0 <= offset - end < 8 and not any(data[end:offset])
        end = offset + size
        sections[name] = list(struct.iter_unpack("<" + record, data[offset:end]))
    assert 0 <= len(data) - end < 8 and not any(data[end:])
    return sections


def mix(x, y):
    return (x * y & MASK) ^ (x * y >> 64)


def name_hash(name):
    seed, multiplier = 0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93
    first = between = last = b""
    if len(name) >= 8:
        middle = min(8, len(name) - 8)
        first, between, last = name[:8], name[middle:middle + 8], name[-8:]
    elif len(name) >= 4:
        first, last = name[:4], name[-4:]
    elif name:
        first, between, last = name[:1], name[len(name) // 2:len(name) // 2 + 1], name[-1:]
    first, between, last = (int.from_bytes(word, "little") for word in (first, between, last))
    for i in range(16, len(name) - 8, 8):
        between = mix(between ^ int.from_bytes(name[i:i + 8], "little"), multiplier)
    h = mix(first ^ seed, last ^ len(name) * multiplier & MASK)
    h = mix(h ^ between, multiplier)
    return (h ^ h >> 32) & 0xFFFFFFFF


class Bundle:
    def __init__(self, path):
        with open(path, "rb") as file:
            self.sections = read_sections(file.read())
        self.strings = bytes(byte for (byte,) in self.sections["STRINGS"])
        policy = self.sections["POLICY"][0]
        self.n_deny, self.n_ask, _, _, self.n_classes, self.start, self.block_bits, _ = policy[3:]

    def find(self, index, records, name):
        """The number of the record that has this name, or None."""
        slots = self.sections[index]
        at = name_hash(name) & (len(slots) - 1)
        while slots[at][1] != NONE:
            offset, length = self.sections[records][slots[at][1]][:2]
            assert self.strings[offset + length] == 0
            if self.strings[offset:offset + length] == name:
                assert slots[at][0] == name_hash(name)
                return slots[at][1]
            at = (at + 1) & (len(slots) - 1)
        return None

    def column(self, tool):
        known = self.find("TOOL_INDEX", "COLUMNS", tool)
        if known is not None:
            return known
        state = self.start
        for byte in tool:
            column = self.sections["CHAR_CLASSES"][byte][0]
            state = self.sections["STATES"][state * self.n_classes + column][0]
        return self.sections["ACCEPTS"][state][0]

    def cell(self, row, column):
        size = 1 << self.block_bits
        n_blocks = (len(self.sections["COLUMNS"]) + size - 1) // size
        (block,) = self.sections["BLOCKS"][row * n_blocks + column // size]
        return self.sections["CELLS"][block * size + column % size][0]

    def rules_of(self, cell):
        """The rules that may decide a cell, strictest first."""
        n_rules = len(self.sections["RULES"])
        if cell <= n_rules:
            return [cell - 1] if cell else []
        first, count = self.sections["CHAINS"][cell - n_rules - 1]
        return [rule for (rule,) in self.sections["CHAIN_RULES"][first:first + count]]

    def matches(self, rule):
        """Does a rule's condition hold for a call without arguments?"""
        first, count = self.sections["RULES"][rule][8:10]
        at = 0 if count else MATCH
        while at not in (MATCH, FAIL):
            _, _, op, flags, yes, no = self.sections["TESTS"][first + at][:6]
            assert all(to in (MATCH, FAIL) or at < to < count for to in (yes, no))
            unknown = op != PRESENT
            holds = rule < self.n_deny if unknown else bool(flags & 1)
            at = yes if holds else no
        return at == MATCH

    def decide(self, role, tool):
        subject = self.find("ROLE_INDEX", "ROLES", role)
        column = self.column(tool)
        if subject is None or column == NONE:
            return "deny"
        cell = self.cell(self.sections["ROLES"][subject][2], column)
        rule = next((rule for rule in self.rules_of(cell) if self.matches(rule)), -1)
        if rule < self.n_deny:  # also -1, no rule
            return "deny"
        return "ask" if rule < self.n_deny + self.n_ask else "allow"


def main():
    bundle = Bundle(sys.argv[1])
    pairs = sys.argv[2:]
    for role, tool in zip(pairs[::2], pairs[1::2]):
        print(bundle.decide(role.encode(), tool.encode()))


if __name__ == "__main__":
    main()
