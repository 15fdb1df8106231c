"""Writes the two functions that a new plug-in leaves open, from the walk-through of Plugins/README.md.

usage: fill_template.py README FILE ENCODE DECODE

ENCODE and DECODE are the numbers of the README's Swift blocks with their bodies, the first being 0.
"""
import pathlib
import re
import sys

readme, file, encode, decode = sys.argv[1:5]
blocks = re.findall(r"```swift\n(.*?)```", pathlib.Path(readme).read_text(), re.S)
path = pathlib.Path(file)
text = path.read_text()
for name, block in (("encode", encode), ("decode", decode)):
    pattern = re.compile(r"(func " + name + r"\(.*?\{\n) +throw PhoenixError\(.*?yet\.\"\)\n", re.S)
    text, count = pattern.subn(lambda match: match.group(1) + blocks[int(block)], text)
    if count != 1:
        sys.exit(f"Expected one function {name} that is left open in {file}, found {count}.")
path.write_text(text)
