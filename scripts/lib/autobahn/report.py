"""Prints what an Autobahn fuzzing server found, by section. Python 2.7 or 3.

    report.py OUTDIR AGENT EXPECTED     EXPECTED cases must have been run

The status is 0 when all cases were run and each is OK, NON-STRICT or INFORMATIONAL, in its behaviour and in its close.
"""

from __future__ import print_function

import collections
import io
import json
import os
import sys

SECTIONS = collections.OrderedDict([
    (1, "Framing"), (2, "Pings and pongs"), (3, "Reserved bits"), (4, "Opcodes"), (5, "Fragmentation"),
    (6, "UTF-8"), (7, "Closing"), (9, "Limits and speed"), (10, "Auto-fragmentation"),
    (12, "Compression, by contents"), (13, "Compression, by parameters"),
])
COLUMNS = ["OK", "NON-STRICT", "INFORMATIONAL", "FAILED"]


def read(path):
    with io.open(path, encoding="utf-8") as file:
        return json.load(file)


def verdict(result):
    """The worse of what the client did and how it closed; whatever is not known counts as failed."""
    found = [result["behavior"], result["behaviorClose"]]
    for column in ("NON-STRICT", "INFORMATIONAL"):
        if column in found and all(item in COLUMNS[:3] for item in found):
            return column
    return "OK" if found == ["OK", "OK"] else "FAILED"


def main(outdir, agent, expected):
    results = read(os.path.join(outdir, "index.json")).get(agent, {})
    cases = sorted(results, key=lambda case: [int(part) for part in case.split(".")])
    counts = collections.defaultdict(collections.Counter)
    notes = []
    for case in cases:
        result = results[case]
        found = verdict(result)
        section = int(case.split(".")[0])
        counts[section][found] += 1
        counts["all"][found] += 1
        if found == "OK":
            continue
        details = read(os.path.join(outdir, result["reportfile"]))
        notes.append("%-8s %-14s %s" % (case, found, " ".join(details["description"].split("<")[0].split())))
        notes.append("%24s%s / %s (close: %s)" % ("", details["result"], details["resultClose"], result["behaviorClose"]))
    layout = "%-32s %5s %5s %11s %14s %7s"
    print(layout % tuple(["section", "cases"] + COLUMNS))
    for section in list(SECTIONS) + ["all"]:
        if counts[section]:
            name = "all" if section == "all" else "%d %s" % (section, SECTIONS[section])
            row = [counts[section][column] for column in COLUMNS]
            print(layout % tuple([name, sum(row)] + row))
    if notes:
        print("\nNot simply OK:")
        print("\n".join(notes))
    missing = int(expected) - len(cases)
    if missing:
        print("\nExpected %s cases to be run, %d were." % (expected, len(cases)))
    failed = counts["all"]["FAILED"] + max(0, missing)
    print("\n%d passed, %d failed of %s" % (len(cases) - counts["all"]["FAILED"], failed, expected))
    return 1 if failed or missing else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
