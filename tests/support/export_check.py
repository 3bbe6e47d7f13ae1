#!/usr/bin/env python3
"""Checks an export of an audit log against what its format's rules say.

usage: export_check.py ocsf|cef < EXPORT

In: lines, one event each. Out: what is wrong, a line each; the exit status is 1 then. The rules are
those of OCSF 1.3.0 (schema.ocsf.io) for the classes that Writ uses, and of ArcSight's "Common Event
Format", version 0. Nothing here knows how Writ makes an event.
"""
import json
import re
import sys

# Class: its name, activities, attributes that are required beyond those of every event.
OCSF_CLASSES = {
    6002: ("Application Lifecycle",
           {0: "Unknown", 1: "Install", 2: "Remove", 3: "Start", 4: "Stop", 5: "Restart",
            6: "Enable", 7: "Disable", 8: "Update", 99: None}, {"app"}),
    6003: ("API Activity",
           {0: "Unknown", 1: "Create", 2: "Read", 3: "Update", 4: "Delete", 99: None},
           {"actor", "api", "src_endpoint"}),
    1007: ("Process Activity",
           {0: "Unknown", 1: "Launch", 2: "Terminate", 3: "Open", 4: "Inject", 5: "Set User ID",
            99: None}, {"actor", "device", "process"}),
}
OCSF_CATEGORIES = {1: "System Activity", 6: "Application Activity"}
OCSF_BASE = {"activity_id", "category_uid", "class_uid", "metadata", "severity_id", "time",
             "type_uid"}
# Object: (required members, members of which one at least must be there).
OCSF_OBJECTS = {
    ("metadata",): ({"product", "version"}, set()),
    ("metadata", "product"): ({"vendor_name"}, {"name", "uid"}),
    ("actor",): (set(), {"process", "user", "invoked_by", "session", "app_name", "app_uid"}),
    ("actor", "user"): (set(), {"account", "name", "uid"}),
    ("api",): ({"operation"}, set()),
    ("api", "service"): (set(), {"name", "uid"}),
    ("src_endpoint",): (set(), {"ip", "uid", "name", "hostname", "svc_name", "instance_uid",
                                "interface_uid", "interface_name"}),
    ("device",): ({"type_id"}, {"ip", "uid", "name", "hostname", "instance_uid"}),
    ("process",): (set(), {"pid", "uid", "cpid"}),
    ("app",): ({"vendor_name"}, {"name", "uid"}),
}
OCSF_ENUMS = {"severity_id": {0, 1, 2, 3, 4, 5, 6, 99}, "status_id": {0, 1, 2, 99},
              "action_id": {0, 1, 2}, "disposition_id": set(range(28)) | {99}}
OCSF_SIBLINGS = {"activity_id": "activity_name", "status_id": "status", "action_id": "action",
                 "disposition_id": "disposition"}
# 2000 to 2200, in milliseconds: no other unit of a time of now is within.
OCSF_TIMES = range(946684800000, 7258118400000)

CEF_SPECIAL = re.compile(r"\\(.)", re.S)
# The dictionary of extensions, as far as it is used.
CEF_KEYS = {"act", "cat", "externalId", "msg", "out", "reason", "rt", "spriv", "suser"}
CEF_CUSTOM = re.compile(r"^(cs[1-6]|cn[1-3])(Label)?$")
CEF_NUMBERS = {"rt", "out", "cn1", "cn2", "cn3"}


def without_repeats(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member twice")
    return members


def check_objects(event):
    for path, (required, one_of) in OCSF_OBJECTS.items():
        found = event
        for name in path:
            found = found.get(name) if isinstance(found, dict) else None
        if found is None:
            continue
        for name in required - set(found):
            yield f"{'.'.join(path)} has no {name}"
        if one_of and not one_of & set(found):
            yield f"{'.'.join(path)} has none of {sorted(one_of)}"


def check_numbers(event):
    uid, activity = event["class_uid"], event["activity_id"]
    name, activities, _ = OCSF_CLASSES[uid]
    if activity not in activities:
        yield f"activity {activity} is none of class {uid}"
    elif activities[activity] not in (None, event.get("activity_name", activities[activity])):
        yield f"activity {activity} is not called {event['activity_name']}"
    if event["type_uid"] != uid * 100 + activity:
        yield f"type_uid {event['type_uid']} is not {uid} * 100 + {activity}"
    if event["category_uid"] != uid // 1000:
        yield f"category {event['category_uid']} is not that of class {uid}"
    if event.get("class_name") != name:
        yield f"class {uid} is not called {event.get('class_name')}"
    if event.get("category_name") != OCSF_CATEGORIES[uid // 1000]:
        yield f"the category is not called {event.get('category_name')}"
    if type(event["time"]) is not int or event["time"] not in OCSF_TIMES:
        yield f"time {event['time']} is not in milliseconds"


def check_enums(event):
    for name, values in OCSF_ENUMS.items():
        if name in event and event[name] not in values:
            yield f"{name} has no value {event[name]}"
    for number, text in OCSF_SIBLINGS.items():
        if event.get(number) == 99 and not event.get(text):
            yield f"{number} is 99 (Other), and {text} does not say what"
    control = {"action_id", "disposition_id"} & set(event)
    if control and "security_control" not in event["metadata"].get("profiles", []):
        yield f"{sorted(control)} are of a profile that metadata.profiles does not name"


def check_ocsf(line):
    event = json.loads(line, object_pairs_hook=without_repeats)
    missing = OCSF_BASE - set(event)
    if missing:
        return [f"no {', '.join(sorted(missing))}"]
    if event["class_uid"] not in OCSF_CLASSES:
        return [f"class {event['class_uid']} is none of those"]
    wrong = [f"no {name}" for name in OCSF_CLASSES[event["class_uid"]][2] - set(event)]
    if event["metadata"].get("version") != "1.3.0":
        wrong.append("metadata.version is not 1.3.0")
    return [*wrong, *check_objects(event), *check_numbers(event), *check_enums(event)]


def split_header(line):
    """Seven fields that end in "|", unless a backslash stands before it; then the extension."""
    fields, field, at = [], "", 0
    while at < len(line) and len(fields) < 7:
        if line[at] == "\\":
            if line[at + 1:at + 2] not in ("|", "\\"):
                raise ValueError("a backslash in the header before something else than | or \\")
            field += line[at + 1]
            at += 2
            continue
        if line[at] == "|":
            fields.append(field)
            field = ""
        else:
            field += line[at]
        at += 1
    return fields, line[at:]


def split_extension(text):
    """Pairs. A key stands at the beginning or behind a space, and before an unescaped "="."""
    starts = [match for match in re.finditer(r"(?:^|(?<= ))([A-Za-z0-9_.]+)=", text)]
    if not starts or starts[0].start() != 0:
        raise ValueError("the extension does not begin with a key")
    for match, following in zip(starts, [*starts[1:], None]):
        value = text[match.end():following.start() - 1 if following else len(text)]
        bare = CEF_SPECIAL.sub("", value)
        if "=" in bare or "\\" in bare:
            raise ValueError(f"{match[1]} has an = or a backslash without one before it")
        for escape in CEF_SPECIAL.findall(value):
            if escape not in "=\\nr":
                raise ValueError(f"{match[1]} has \\{escape}, which is no escape")
        yield match[1], value


def check_cef(line):
    if re.search(r"[\x00-\x1f\x7f]", line):
        return ["a control character"]
    fields, extension = split_header(line)
    if len(fields) != 7 or fields[0] != "CEF:0":
        return [f"no header of version 0 with seven fields, but {fields}"]
    wrong = []
    if not all(fields[1:6]):
        wrong.append("an empty field of the header")
    if not re.fullmatch(r"10|[0-9]", fields[6]):
        wrong.append(f"severity {fields[6]}")
    pairs = dict(split_extension(extension))
    for key, value in pairs.items():
        custom = CEF_CUSTOM.match(key)
        if not custom and key not in CEF_KEYS:
            wrong.append(f"{key} is not in the dictionary")
        if custom and not custom[2] and f"{key}Label" not in pairs:
            wrong.append(f"{key} has no label")
        if key in CEF_NUMBERS and not re.fullmatch(r"-?[0-9]+", value):
            wrong.append(f"{key} is no number: {value}")
    if int(pairs.get("rt", 0)) not in OCSF_TIMES:
        wrong.append("rt is not in milliseconds")
    return wrong


def main():
    check = {"ocsf": check_ocsf, "cef": check_cef}[sys.argv[1]]
    text = sys.stdin.buffer.read().decode()
    lines = text.split("\n")
    wrong = [] if lines.pop() == "" else ["the last line has no end"]
    for number, line in enumerate(lines, 1):
        try:
            wrong += [f"line {number}: {what}" for what in check(line)]
        except ValueError as error:
            wrong.append(f"line {number}: {error}")
    print(f"{len(lines)} events")
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
