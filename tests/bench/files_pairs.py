"""Runs the program files_work.py without a sandbox and in those of files.writ, in turn.

files_pairs.py ROUNDS BUILD BUNDLE BIN BOX. BOX, which is empty, gets a copy of Python's library and
a thousand JSON files. Each round runs the program once in each place, beginning with another one;
what is printed are the medians of the rounds, those of their ratios to the run without a sandbox in
the same round, and the ratios of the shortest runs, which a busy machine disturbs least. "cpu" is the processor's time of all processes, the broker's included. A first round, which
leaves compiled modules behind, is not counted.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import sysconfig
import time

PYTHON = "/usr/bin/python3"
PLACES = ("no sandbox", "no deny", "deny")
LEFT_OUT = ("__pycache__", "test", "tests", "site-packages", "dist-packages", "lib-dynload", "idlelib",
            "lib2to3", "ensurepip", "pydoc_data", "config-*")
DIRECTORIES, FILES_EACH, ITEMS_EACH = 20, 50, 40


def fill(box):
    shutil.copytree(sysconfig.get_path("stdlib"), os.path.join(box, "lib"),
                    ignore=shutil.ignore_patterns(*LEFT_OUT))
    items = [{"id": i, "name": f"item {i}", "tags": ["a", "b"]} for i in range(ITEMS_EACH)]
    for d in range(DIRECTORIES):
        top = os.path.join(box, "data", str(d))
        os.makedirs(top)
        for i in range(FILES_EACH):
            with open(os.path.join(top, f"{i}.json"), "w", encoding="utf-8") as file:
                json.dump({"items": items}, file)


def command(place, build, bundle, programs, box):
    work = [PYTHON, "-I", os.path.join(programs, "files_work.py"), box]
    if place == PLACES[0]:
        return work
    sandbox = "plain" if place == PLACES[1] else "guarded"
    return [os.path.join(build, "writ"), "run", "-p", bundle, "--param", f"box={box}", "--param",
            f"bin={programs}", "--sandbox", sandbox, "--cwd", box, "--", *work]


def run(args):
    """The times of one run, by name, in milliseconds."""
    begin = time.monotonic()
    with subprocess.Popen(args, stdout=subprocess.PIPE) as process:
        out = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"files_pairs.py: {args[0]} ended with {process.returncode}")
    times = {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, **json.loads(out)}
    return {name: seconds * 1000 for name, seconds in times.items()}


def main():
    rounds = int(sys.argv[1])
    fill(sys.argv[5])
    run(command(PLACES[0], *sys.argv[2:6]))
    taken = {place: [] for place in PLACES}
    for i in range(rounds):
        for k in range(len(PLACES)):
            place = PLACES[(i + k) % len(PLACES)]
            taken[place].append(run(command(place, *sys.argv[2:6])))
    places = "".join(f"{place:>12}" for place in PLACES)
    ratios = "".join(f"{place:>9}" for place in PLACES[1:] * 2)
    print(f"{'':24}{'median ms':>36}{'ratio':>18}{'of shortest':>18}")
    print(f"{f'Python, {rounds} rounds':24}{places}{ratios}")
    for name in taken[PLACES[0]][0]:
        row = [[times[name] for times in taken[place]] for place in PLACES]
        values = "".join(f"{statistics.median(times):12.1f}" for times in row)
        values += "".join(f"{statistics.median(a / b for a, b in zip(times, row[0])):9.3f}"
                          for times in row[1:])
        values += "".join(f"{min(times) / min(row[0]):9.3f}" for times in row[1:])
        print(f"{name:24}{values}")


main()
