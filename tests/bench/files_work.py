"""A file-heavy program for tests/bench/files.sh: files_work.py BOX.

BOX/lib is a copy of Python's library, BOX/data a tree of JSON files; BOX/made is made here and is
gone afterwards. Prints the seconds of each part as one JSON object.
"""

import compileall
import importlib
import json
import os
import shutil
import sys
import time

MODULES = """argparse ast asyncio bdb calendar cmd codeop concurrent.futures configparser csv ctypes
decimal difflib doctest email.mime.multipart email.parser fileinput fractions ftplib getopt gettext
glob html.parser http.client http.cookiejar http.server imaplib inspect logging.config mailbox
mimetypes multiprocessing.pool netrc optparse pdb pickletools platform plistlib poplib pprint profile
pydoc queue random sched secrets shelve shlex smtplib socketserver sqlite3 ssl statistics string
subprocess symtable tarfile telnetlib tempfile textwrap timeit tokenize trace tracemalloc turtledemo
unittest.mock urllib.request uuid venv wave webbrowser wsgiref.simple_server xml.dom.minidom
xml.etree.ElementTree xml.sax xmlrpc.client zipapp zipfile zoneinfo""".split()
SMALL_FILES = 300


def import_modules(box):
    sys.path.insert(0, os.path.join(box, "lib"))
    for name in MODULES:
        try:
            importlib.import_module(name)
        except ImportError:
            pass


def compile_library(box):
    compileall.compile_dir(os.path.join(box, "lib"), quiet=2, force=True)


def read_tree(box):
    lines = 0
    for top, _, names in os.walk(os.path.join(box, "lib")):
        for name in names:
            if name.endswith(".py"):
                with open(os.path.join(top, name), encoding="utf-8", errors="replace") as file:
                    lines += sum(1 for _ in file)
    return lines


def read_json(box):
    total = 0
    for top, _, names in os.walk(os.path.join(box, "data")):
        for name in names:
            with open(os.path.join(top, name), encoding="utf-8") as file:
                total += len(json.load(file)["items"])
    return total


def write_small(box):
    made = os.path.join(box, "made")
    os.mkdir(made)
    for i in range(SMALL_FILES):
        path = os.path.join(made, f"{i}.json")
        with open(path + ".new", "w", encoding="utf-8") as file:
            json.dump({"number": i, "items": list(range(100))}, file)
        os.replace(path + ".new", path)
    shutil.rmtree(made)


def main():
    times = {}
    for part in (import_modules, compile_library, read_tree, read_json, write_small):
        begin = time.monotonic()
        part(sys.argv[1])
        times[part.__name__] = time.monotonic() - begin
    print(json.dumps(times))


main()
