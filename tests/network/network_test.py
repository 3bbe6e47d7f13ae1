#!/usr/bin/python3
"""Clients and servers beside a sandbox's network section. Arguments: the build directory, and parts of the
names of tests to run (all). `skip` is what this machine can't do. With NETWORK_ALL=1 a program that is
not installed is a failure."""

import concurrent.futures
import os
import subprocess
import sys
import traceback

import clients
import keeper
import names
import places
import semantics
import tls
import udp
from world import Missing, Skip, World

AT_ONCE = 4


class Report:
    def __init__(self):
        self.counts = {"ok": 0, "FAIL": 0, "skip": 0}
        self.strict = os.environ.get("NETWORK_ALL") == "1"

    def add(self, verdict, name, text=""):
        self.counts[verdict] += 1
        if verdict != "ok":
            print(f"{verdict:5} {name}: {text}", flush=True)

    def close(self):
        print(f"{self.counts['ok']} passed, {self.counts['FAIL']} failed, {self.counts['skip']} skipped")
        return 1 if self.counts["FAIL"] or not self.counts["ok"] else 0


def client_tests(world, tools):
    """(name, function that returns (case, None or what is wrong) for each case)."""
    def run(client, user):
        clients.check(client, tools)
        row = clients.Row(world, tools, client, user)
        try:
            return [(f"{where}, {address}", row.try_case(where, sandbox, address, works))
                    for where, sandbox, address, works in clients.CASES]
        finally:
            row.server.close()

    return [(f"{client.name} ({user})", lambda client=client, user=user: run(client, user))
            for client in clients.CLIENTS for user in world.users]


def run_all(tests, report):
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        futures = [(name, pool.submit(test)) for name, test in tests]
        for name, future in futures:
            try:
                results = future.result()
            except Skip as skip:
                demanded = report.strict and isinstance(skip, Missing)
                report.add("FAIL" if demanded else "skip", name, str(skip))
                continue
            except subprocess.TimeoutExpired as slow:
                report.add("FAIL", name, f"it does not end: {' '.join(slow.cmd)}")
                continue
            except Exception:
                report.add("FAIL", name, traceback.format_exc())
                continue
            wrong = [(case, text) for case, text in results if text]
            for case, text in results:
                report.add("FAIL" if text else "ok", f"{name}: {case}", text)
            if not wrong:
                print(f"ok    {name}: {len(results)} cases", flush=True)


def main():
    wanted = sys.argv[2:]
    report = Report()
    world = World(sys.argv[1])
    try:
        world.make_certificates()
        world.make_repository()
        world.make_ssh_keys()
        for name in ("ca.pem", "known_hosts"):
            os.rename(world.path(name), world.path("programs", name))
        sockets = semantics.Semantics(world)
        keepers = keeper.Keeper(world, sockets)
        tools = clients.Tools(world)
        by_name = names.Names(world, tools)
        tests = (client_tests(world, tools) + sockets.tests() + keepers.tests() + places.Places(world).tests()
                 + by_name.tests() + tls.Tls(by_name).tests() + udp.Udp(world).tests())
        run_all([test for test in tests if not wanted or any(part in test[0] for part in wanted)], report)
        for line in keepers.figures:
            print("      " + line)
    finally:
        world.close()
    return report.close()


sys.exit(main())
