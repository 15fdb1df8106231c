"""Runs the comparisons of Benchmarks/ and judges them.

    compare.py BIN [--quick] [--only PART]… [--node DIRECTORY] [--python PYTHON]

BIN is where the programs were built. Each case is run several times, the clients of a case in turn, and the median counts. Standard
output gets one line of JSON for each case and client, and at the end the table of ratios, each with the target it is to reach;
those without one are there to be looked at. The parts: network, memory, longpoll, compression, serializers.
"""

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys

parser = argparse.ArgumentParser()
parser.add_argument("bin")
parser.add_argument("--quick", action="store_true", help="a tenth of the messages, once each: shows that all of it runs")
parser.add_argument("--node", help="where the module ws is")
parser.add_argument("--python", help="a Python that has websockets")
parser.add_argument("--only", action="append", metavar="PART", help="runs this part alone; may be given several times")
options = parser.parse_args()
rounds, scale = (1, 10) if options.quick else (3, 1)
peers = os.path.join(os.path.dirname(__file__), "..", "..", "Benchmarks", "peers")
results = {}
rows = []
engines = {"urlsession": "URLSession", "asynchttp": "AsyncHTTPClient"}


def run(*command, environment=None):
    process = subprocess.run(
        command, stdout=subprocess.PIPE, text=True, timeout=240, env={**os.environ, **(environment or {})}
    )
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}: {process.stdout}")
    return json.loads(process.stdout)


def program(name):
    return os.path.join(options.bin, name)


def client(port, who, case, count, size, extra=()):
    """One run of a client; `who` is c, nio, node, python, an engine of long polling, bare or not, or ours."""
    arguments = [str(port), case, str(max(200, count // scale)), str(size)]
    if who == "c":
        return run(program("bare-c"), *arguments)
    if who == "nio":
        return run(program("bare-nio"), *arguments)
    if who == "node":
        return run("node", os.path.join(peers, "peer.js"), *arguments, environment={"NODE_PATH": options.node})
    if who in ("callbacks", "sequence"):
        return run(program("client"), "managed", str(port), who, *arguments[2:])
    if who == "python":
        return run(options.python, os.path.join(peers, "peer.py"), *arguments)
    if who in ("bare-urlsession", "bare-asynchttp"):
        return run(program(who), *arguments)
    engine = who.removeprefix("loop ")
    if engine in engines:
        return run(program("client"), "longpoll", str(port), engine, *arguments[1:], *extra)
    return run(program("client"), "net", *arguments, *extra)


def note(case, who, figures):
    results[case, who] = figures
    print(json.dumps({"benchmark": "compare", "case": case, "client": who, **figures}), flush=True)


def measure(port, case, counts, size=64, label=None, extra={}):
    """Runs `case` with everybody in `counts`, which says how many messages each gets."""
    gathered = {who: [] for who in counts}
    for _ in range(rounds):
        for who, count in counts.items():
            gathered[who].append(client(port, who, case, count, size, extra.get(who, ())))
    for who, runs in gathered.items():
        figures = {
            "cpu_ns": statistics.median(run["cpu"] / run["messages"] for run in runs),
            "wall_ns": statistics.median(run["wall"] / run["messages"] for run in runs),
        }
        for name in ("mean", "p50", "p99"):
            if runs[0].get(name):
                figures[f"{name}_us"] = statistics.median(run[name] for run in runs) / 1000
        if "allocations" in runs[0]:
            figures["allocations"] = statistics.median(run["allocations"] / run["messages"] for run in runs)
        note(label or case, who, {key: round(value, 4) for key, value in figures.items()})


def memory(label, *arguments, who="driver"):
    """A case without a network."""
    runs = [run(program("client"), "memory", *arguments) for _ in range(rounds)]
    figures = {
        "cpu_ns": round(statistics.median(run["cpu"] / run["messages"] for run in runs), 2),
        "allocations": round(statistics.median(run["allocations"] / run["messages"] for run in runs), 4),
    }
    note(label, who, figures)


@contextlib.contextmanager
def serving(name, *arguments):
    """A server and its port; it stops behind the block, and what it says then is in its standard output."""
    server = subprocess.Popen([program(name), *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield server, int(server.stdout.readline())
    finally:
        server.stdin.close()
        server.wait(timeout=10)


def cpu(case, who="ours"):
    return results[case, who]["cpu_ns"]


def judge(what, measured, target=None, unit=""):
    met = "" if target is None else "met" if measured <= target else "NOT MET"
    rows.append((what, f"{measured:.3g}{unit}", "" if target is None else f"≤ {target:g}{unit}", met))


def ratio(what, case, against, target=None, key="cpu_ns", who="ours", base=None):
    judge(what, results[case, who][key] / results[base or case, against][key], target, " ×")


def compare_network():
    """WebSocket against the server in C, with everybody."""
    with serving("blast-server") as (_, port):
        for size in (64, 1024):
            fast = 1_000_000 if size == 64 else 300_000
            for case in ("untouched", "integer"):
                counts = {"c": fast, "nio": fast // 4, "ours": fast, "loop": fast, "node": fast // 5, "python": fast // 50}
                measure(port, case, counts, size, f"{case} {size} B", {"loop": ["loop"]})
        measure(port, "integer", {"erased": 1_000_000}, label="integer 64 B", extra={"erased": ["erased"]})
        measure(port, "integer", {"v1": 1_000_000}, label="integer 64 B", extra={"v1": ["v1"]})
        measure(port, "decodable", {"ours": 500_000, "loop": 500_000}, label="decodable 64 B", extra={"loop": ["loop"]})
        measure(port, "integer", {"callbacks": 500_000, "sequence": 500_000}, label="integer 64 B")
        for case, count in (("echo", 10_000), ("pipelined", 50_000), ("send", 50_000)):
            counts = {"c": count, "ours": count, "loop": count, "node": count, "python": count // 5}
            if case == "echo":
                counts["nio"] = count
            measure(port, case, counts, extra={"loop": ["loop"]})
        for topics in (1, 10, 100, 1_000, 10_000):
            measure(port, "integer", {"ours": 1_000_000}, label=f"{topics} channels", extra={"ours": [f"topics={topics}"]})
        for connections in (1, 10, 100, 1_000):
            extra = {"ours": [f"connections={connections}"]}
            measure(port, "integer", {"ours": 1_000_000}, label=f"{connections} connections", extra=extra)
        for size in (64, 256, 1_024, 4_096, 15_000):
            measure(port, "integer", {"ours": 40_000_000 // (size + 64)}, size, f"payload {size} B")
        for label, connections, messages in (("idle", 1_000, 0), ("idle after 100,000", 100, 100_000)):
            count, burst = str(max(50, connections // scale)), str(messages // scale)
            note(label, "ours", {"bytes": run(program("client"), "idle", str(port), count, burst)["bytes"]})
            note(label, "nio", {"bytes": run(program("bare-nio"), str(port), "idle", count, burst)["bytes"]})

    ratio("integer, 64 B: CPU, of Node", "integer 64 B", "node", 0.12)
    ratio("integer, 64 B: CPU, of C", "integer 64 B", "c", 4)
    ratio("integer, 64 B, on the loop: CPU, of Node", "integer 64 B", "node", 0.12, who="loop")
    ratio("integer, 64 B, on the loop: CPU, of C", "integer 64 B", "c", 4, who="loop")
    ratio("untouched, 64 B: CPU, of C", "untouched 64 B", "c", 5)
    ratio("untouched, 64 B, on the loop: CPU, of C", "untouched 64 B", "c", 5, who="loop")
    ratio("Decodable, 64 B: CPU, of Node", "decodable 64 B", "node", 0.3, base="integer 64 B")
    ratio("integer, 1 kB: CPU, of Node", "integer 1024 B", "node", 0.13)
    ratio("integer, 1 kB: CPU, of C", "integer 1024 B", "c", 4)
    ratio("integer, 1 kB, on the loop: CPU, of Node", "integer 1024 B", "node", 0.13, who="loop")
    ratio("integer, 1 kB, on the loop: CPU, of C", "integer 1024 B", "c", 4, who="loop")
    ratio("send: CPU, of Node", "send", "node", 0.4)
    ratio("pipelined echo: CPU, of Node", "pipelined", "node", 0.4)
    ratio("echo: CPU, of Node", "echo", "node", 0.5)
    ratio("echo, on the loop: CPU, of Node", "echo", "node", 0.5, who="loop")
    ratio("echo: p50, of Node", "echo", "node", 0.8, "p50_us")
    ratio("echo, on the loop: p50, of Node", "echo", "node", 0.8, "p50_us", "loop")
    ratio("echo: p50, of a handler on the loop", "echo", "nio", 1.15, "p50_us")
    ratio("echo, on the loop: p50, of a handler there", "echo", "nio", 1.15, "p50_us", "loop")
    ratio("managed callbacks: CPU, of the callback client", "integer 64 B", "ours", 1.25, who="callbacks")
    ratio("async sequence: CPU, of the callback client", "integer 64 B", "ours", 2, who="sequence")
    judge("memory per idle connection over NIO's", (results["idle", "ours"]["bytes"] - results["idle", "nio"]["bytes"]) / 1000, 12, " kB")
    judge("memory per connection after 100,000 messages", results["idle after 100,000", "ours"]["bytes"] / 1000, 32, " kB")
    judge("10,000 channels, of 1", cpu("10000 channels") / cpu("1 channels"), 1.1, " ×")
    judge("1,000 connections, of 1", cpu("1000 connections") / cpu("1 connections"), 1.1, " ×")
    per_byte = (cpu("payload 15000 B") - cpu("payload 4096 B")) / (15_000 - 4_096)
    judge("growth with size: the last kB, of the first", per_byte / ((cpu("payload 4096 B") - cpu("payload 64 B")) / 4_032), 1.1, " ×")


# What fills whole batches of 512 in the warm-up, which is a tenth, and in the measured part.
whole = "1024000" if not options.quick else "102400"


def compare_memory():
    """The driver without a network, and the counter of allocations."""
    for case in ("untouched", "integer", "decodable"):
        memory(f"in memory, {case}", case, whole, "64")
        memory(f"in memory, {case}, erased", case, whole, "64", "erased")
    control = run(program("client"), "control", "100000")
    note("control", "driver", {"allocations": control["allocations"] / control["messages"]})

    judge("erased over concrete, in memory", cpu("in memory, integer, erased", "driver") - cpu("in memory, integer", "driver"), 10, " ns")
    judge("allocations per message, in memory", results["in memory, integer", "driver"]["allocations"], 0.01)
    if not 0.999 < results["control", "driver"]["allocations"] < 1.001:
        sys.exit(f"The control case must count 1 allocation a message, got {results['control', 'driver']}.")


def count_requests(who, name):
    """How many HTTP requests an echo takes, as the server's journal has it."""
    echoes = 1_000
    with serving("site-server", "journal") as (server, port):
        client(port, who, "echo", echoes * scale, 64)
        server.stdin.close()
        # Opening and joining take three, the warm-up is a tenth, and one poll may be under way at the end.
        requests = (json.loads(server.stdout.readline())["requests"] - 3) / (echoes * 1.1)
    note("long poll, requests", who, {"requests": round(requests, 3)})
    if requests < 1.9:
        sys.exit(f"An echo needs a POST and a poll, but the server counted {requests:.3f} requests.")
    judge(f"long-poll echo, {name}: requests", requests, 2.02)


def compare_longpoll():
    """Long polling against the test server: both engines, and the two requests of each library that an echo needs."""
    echo = "long poll, echo"
    loop = {who: ["loop"] for who in ("loop urlsession", "loop asynchttp")}
    with serving("site-server") as (_, port):
        counts = {"bare-urlsession": 3_000, "urlsession": 3_000, "loop urlsession": 3_000}
        counts |= {"bare-asynchttp": 10_000, "asynchttp": 10_000, "loop asynchttp": 10_000}
        measure(port, "echo", counts, label=echo, extra=loop)
        for case, count in (("integer", 90_000), ("pipelined", 20_000), ("send", 20_000)):
            measure(port, case, {who: count for who in engines}, label=f"long poll, {case}")
    for who, name in engines.items():
        count_requests(f"bare-{who}", f"bare {name}")
        count_requests(who, name)
    ratio("long-poll echo, AsyncHTTPClient: CPU, of URLSession", echo, "urlsession", 0.2, who="asynchttp")
    ratio("long-poll echo, AsyncHTTPClient on the loop: CPU, of URLSession", echo, "urlsession", 0.2, who="loop asynchttp")
    ratio("two bare requests of AsyncHTTPClient: CPU, of URLSession", echo, "urlsession", who="bare-asynchttp")
    for who, name in engines.items():
        for executor, where in (("", ""), ("loop ", " on the loop")):
            for key, what in (("cpu_ns", "CPU"), ("p50_us", "p50"), ("p99_us", "p99")):
                target = 1.2 if (who, key, executor) == ("urlsession", "cpu_ns", "") else None
                ratio(f"long-poll echo, {name}{where}: {what}, of two bare requests", echo, f"bare-{who}", target, key, executor + who)
    for case in ("integer", "pipelined", "send"):
        for who, name in engines.items():
            judge(f"long-poll {case}, {name}: CPU a message", cpu(f"long poll, {case}", who) / 1_000, unit=" µs")


def compare_compression():
    """Receiving with permessage-deflate, of the test server, whose words compress as a chat's do."""
    with serving("site-server") as (_, port):
        for size, count in ((64, 200_000), (1_024, 50_000)):
            label = f"site, integer {size} B"
            measure(port, "integer", {"ours": count, "deflate": count}, size, label, {"deflate": ["deflate"]})
            ratio(f"integer, {size} B, with permessage-deflate: CPU, of plain", label, "ours", who="deflate")


def compare_serializers():
    """MessagePack and JSON V1 against JSON V2, without a network."""
    for size in (64, 1_024):
        for case in ("untouched", "integer", "decodable"):
            label = f"in memory, {case} {size} B"
            for who in ("v2", "v1", "messagepack"):
                memory(label, case, whole, str(size), *(() if who == "v2" else (who,)), who=who)
            for who, name in (("v1", "JSON V1"), ("messagepack", "MessagePack")):
                ratio(f"{name}, {case} {size} B: CPU, of JSON V2", label, "v2", who=who)
            for who, name in (("v2", "JSON V2"), ("messagepack", "MessagePack")):
                judge(f"{name}, {case} {size} B: allocations", results[label, who]["allocations"])


parts = {
    "network": compare_network,
    "memory": compare_memory,
    "longpoll": compare_longpoll,
    "compression": compare_compression,
    "serializers": compare_serializers,
}
for part in options.only or parts:
    if part not in parts:
        sys.exit(f"Expected a part, which is one of {', '.join(parts)}, got {part}.")
    parts[part]()

print()
widths = [max(len(row[column]) for row in rows) for column in range(4)]
for row in rows:
    print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
