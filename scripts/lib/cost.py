"""Counts instructions and allocations per message: see scripts/check-cost.

    cost.py CLIENT FILE [--write]
"""

import json
import os
import re
import subprocess
import sys
import tempfile

client, file = sys.argv[1], sys.argv[2]
# Multiples of ten times the batches that the benchmark makes: 512 ticks, or 64 replies.
short, long = 10_240, 51_200
cases = ["untouched 64", "integer 64", "integer 1024", "decodable 64", "pipelined 64"]
tolerance = 1.10


def instructions(case, count):
    with tempfile.TemporaryDirectory() as directory:
        name, size = case.split()
        process = subprocess.run(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={os.path.join(directory, 'out')}"]
            + [client, "memory", name, str(count), size],
            capture_output=True, text=True, timeout=120,
        )
    found = re.search(r"Collected : (\d+)", process.stderr)
    if process.returncode != 0 or not found:
        sys.exit(f"valgrind failed at {case}:\n{process.stdout}{process.stderr}")
    return int(found.group(1))


def allocations(*arguments):
    process = subprocess.run([client, *arguments], capture_output=True, text=True, timeout=60, check=True)
    figures = json.loads(process.stdout)
    return figures["allocations"] / figures["messages"]


control = allocations("control", "100000")
if not 0.999 < control < 1.001:
    sys.exit(f"Expected the control case, which allocates once a message, to count 1, got {control}.")

measured = {}
for case in cases:
    # The warm-up is a tenth of each run.
    spent = (instructions(case, long) - instructions(case, short)) / ((long - short) * 1.1)
    name, size = case.split()
    measured[case] = (spent, allocations("memory", name, "102400", size))

if "--write" in sys.argv:
    with open(file, "w") as output:
        output.write("# What one message costs in memory: case, bytes of payload, instructions, allocations.\n")
        output.write("# Written by scripts/check-cost --write; a change of more than 10 % wants a reason in its commit.\n")
        for case, (spent, blocks) in measured.items():
            output.write(f"{case} {spent:.0f} {blocks:.2f}\n")

failures = 0
print("case             instructions  allowed  allocations  allowed")
with open(file) as lines:
    for line in lines:
        if line.startswith("#"):
            continue
        name, size, spent, blocks = line.split()
        case = f"{name} {size}"
        limits = (float(spent) * tolerance, float(blocks) * tolerance + 0.01)
        is_over = measured[case][0] > limits[0] or measured[case][1] > limits[1]
        failures += is_over
        print(
            f"{case:15} {measured[case][0]:13.0f} {limits[0]:8.0f} {measured[case][1]:12.3f} {limits[1]:8.2f}"
            + ("  TOO MUCH" if is_over else "")
        )
print(f"control: {control:.4f} allocations a message, as it must be")
if failures:
    sys.exit(f"{failures} of {len(measured)} cases cost over 10 % more than {file} says. Find out why, or write it anew with --write.")
