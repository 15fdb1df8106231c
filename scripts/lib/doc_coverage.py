"""Counts the public symbols of this package that have no documentation, from symbol graphs.

A symbol that fulfils the requirement of a protocol inherits that one's documentation and needs none.

    doc_coverage.py FOLDER MODULE...
"""
import json
import pathlib
import sys


def undocumented(folder, module):
    total, missing = 0, []
    for path in sorted(folder.glob(f"{module}.symbols.json")) + sorted(folder.glob(f"{module}@*.symbols.json")):
        graph = json.loads(path.read_text())
        inherits = {
            edge["source"]
            for edge in graph["relationships"]
            if edge["kind"] in ("defaultImplementationOf", "overrides")
            or (edge["kind"] == "memberOf" and "sourceOrigin" in edge)
        }
        for symbol in graph["symbols"]:
            if symbol["identifier"]["precise"] in inherits or symbol["kind"]["identifier"] == "swift.extension":
                continue
            total += 1
            if not symbol.get("docComment", {}).get("lines"):
                place = symbol.get("location", {})
                file = place.get("uri", "").rsplit("/", 1)[-1]
                line = place.get("position", {}).get("line", -1) + 1
                missing.append(f"{module}: {'.'.join(symbol['pathComponents'])} ({file}:{line})")
    return total, missing


def main():
    folder, modules = pathlib.Path(sys.argv[1]), sys.argv[2:]
    totals, missing = 0, []
    for module in modules:
        total, lacking = undocumented(folder, module)
        if total == 0:
            sys.exit(f"Expected symbols of {module} in {folder}, found none.")
        print(f"{module}: {total - len(lacking)} of {total} public symbols documented")
        totals += total
        missing += lacking
    for line in missing:
        print(f"  not documented: {line}")
    print(f"{totals - len(missing)} of {totals} public symbols documented, {100 * (totals - len(missing)) / totals:.1f} %")
    sys.exit(1 if missing else 0)


main()
