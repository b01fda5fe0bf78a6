"""Fuzz: files of OpenStreetMap data, spoilt by chance, and a child process that reads them.

    python -m tests.osm.fuzz FOLDER FIRST LAST

reads the files of these numbers and prints a line of JSON for each: its number, how it was spoilt, what came of it.
"""

from __future__ import annotations

import bz2
import gzip
import json
import random
import re
import resource
import shutil
import sys
import time
import warnings
from pathlib import Path

import osmium

from twin.build import read_osm
from twin.errors import TownError
from twin.osm import read
from twin.simulate import simulate
from twin.simulate.warm import warm
from twin.towns import data_folder

BOX = (24.938, 60.166, 24.946, 60.171)
"""West, south, east, north: a few streets of Helsinki, so that a file is read in some hundredths of a second."""

WHOLE = 20
"""Of so many files one goes on to be a town that drives a morning."""

KEYS = (
    "lanes", "maxspeed", "oneway", "highway", "turn:lanes", "name", "junction", "access", "layer", "restriction",
    "building", "building:levels", "except", "type", "psv", "traffic_signals:direction", "lanes:forward",
)  # fmt: skip
VALUES = (
    "-3;two", "none", "1e999", "", "9" * 40, "NaN", "-1", "0", "|||", "left|||right;;", "yes" * 5000, "50 mph", "walk",
    "é漢字\u202e", "primary", "roundabout", "traffic_signals", "no_left_turn", "multipolygon", "@@=1", "{{x}}",
    "</script>", "=1+1", "inf", "0x10", "٣", "3,5", "1;2;3;4;5;6;7;8",
)  # fmt: skip
PLACES = ("91", "-91.5", "1e9", "NaN", "", "abc", "0", "60.1663")
REFS = ("0", "-1", "1", str(2**63 - 1), str(2**64), "x", "")

LOOP = """<relation id="1" version="1"><member type="relation" ref="2" role="outer"/>
<member type="relation" ref="1" role="inner"/><tag k="type" v="multipolygon"/><tag k="natural" v="water"/></relation>
<relation id="2" version="1"><member type="relation" ref="1" role="via"/><tag k="type" v="restriction"/>
<tag k="restriction" v="no_left_turn"/></relation>"""
PACKED = {".osm.gz": gzip.compress, ".osm.bz2": bz2.compress}
"""Endings of packed files, and what packs them."""

FOLDER = "folder"
FOREIGN = "towntwin-outside"
"""What a file says that no town may bring in."""


def bases(folder: Path) -> tuple[Path, Path]:
    """Write a few streets as .osm and .osm.pbf, and return both."""
    west, south, east, north = BOX
    found = tuple(folder / f"base{ending}" for ending in (".osm", ".osm.pbf"))
    if not all(path.exists() for path in found):
        for path in found:
            with osmium.SimpleWriter(str(path), overwrite=True) as writer:
                inside: set[int] = set()
                for thing in osmium.FileProcessor(str(data_folder() / "helsinki" / "helsinki.osm.pbf")):
                    if thing.is_node() and west < thing.lon < east and south < thing.lat < north:
                        inside.add(thing.id)
                        writer.add(thing)
                    elif thing.is_relation() or (thing.is_way() and len({one.ref for one in thing.nodes} & inside) > 1):
                        writer.add(thing)
    return found[0], found[1]


def _tag(chance: random.Random, line: str) -> str:
    key, value = chance.choice(KEYS), chance.choice(VALUES)
    text = value.replace("&", "&amp;").replace("<", "&lt;")
    return f'<tag k="{key}" v="{text}"/>' if "<tag" in line else line


def _place(chance: random.Random, line: str) -> str:
    return re.sub(r'(lat|lon)="[^"]*"', lambda found: f'{found[1]}="{chance.choice(PLACES)}"', line, count=1)


def _ref(chance: random.Random, line: str) -> str:
    return re.sub(r'ref="[^"]*"', f'ref="{chance.choice(REFS)}"', line)


LINES = {
    "tags": _tag,
    "coordinates": _place,
    "references": _ref,
    "lost lines": lambda *_: "",
    "lines twice": lambda _, line: f"{line}\n{line}",
}


def _lines(chance: random.Random, text: str, kind: str) -> str:
    lines = text.split("\n")
    for _ in range(chance.choice([1, 10, 100])):
        row = chance.randrange(2, len(lines) - 1)
        lines[row] = LINES[kind](chance, lines[row])
    return "\n".join(lines)


def _entities(chance: random.Random, text: str, folder: Path) -> str:
    """Return XML whose entities would grow to a gigabyte, or would bring in another file."""
    (folder / "outside.txt").write_text(FOREIGN)
    deep = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    outside = f'<!ENTITY outside SYSTEM "file://{folder}/outside.txt">'
    used = chance.choice(["&e9;", "&outside;"])
    body = text[text.index("<osm") :].replace('k="name" v="', f'k="name" v="{used}')
    return f'<!DOCTYPE osm [<!ENTITY e0 "aaaaaaaaaa">{deep}{outside}]>{body}'


def _bytes(chance: random.Random, content: bytes) -> tuple[str, bytes]:
    spoilt, at = bytearray(content), chance.randrange(len(content))
    kind = chance.choice(["cut short", "bits turned", "bits turned", "zeros", "bytes more"])
    if kind == "cut short":
        del spoilt[at:]
    elif kind == "bits turned":
        for _ in range(chance.choice([1, 3, 30])):
            spoilt[chance.randrange(len(spoilt))] ^= 1 << chance.randrange(8)
    elif kind == "zeros":
        spoilt[at : at + 100] = bytes(100)
    else:
        spoilt[at:at] = chance.randbytes(40)
    return kind, bytes(spoilt)


def spoilt(number: int, folder: Path) -> tuple[str, Path]:
    """Write the spoilt file of a number; return how it was spoilt, and the file."""
    chance = random.Random(number)  # noqa: S311 - the same files every time
    xml, pbf = bases(folder)
    kind = chance.choice([*LINES, *LINES, *["bytes"] * 4, "relation loop", "entities", "another file", FOLDER])
    ending = chance.choice([".osm", ".osm", *PACKED, ".osm.pbf", ".osm.pbf"] if kind == "bytes" else [".osm", *PACKED])
    path = folder / f"spoilt{number}{ending}"
    if kind == FOLDER:
        return kind, _folder(chance, path)
    if kind == "bytes":
        whole = pbf.read_bytes() if ending == ".osm.pbf" else PACKED.get(ending, bytes)(xml.read_bytes())
        kind, content = _bytes(chance, whole)
        path.write_bytes(content)
        return kind, path
    if kind in LINES:
        content = _lines(chance, xml.read_text(encoding="utf-8"), kind).encode()
    elif kind == "relation loop":
        content = xml.read_text(encoding="utf-8").replace("</osm>", f"{LOOP}</osm>").encode()
    elif kind == "entities":
        content = _entities(chance, xml.read_text(encoding="utf-8"), folder).encode()
    else:
        content = chance.choice(
            [b"<html><body>504 Gateway Timeout</body></html>", b"PK\x03\x04" + bytes(500), b"\0" * 9]
        )
    path.write_bytes(PACKED.get(ending, bytes)(content))
    return kind, path


def _folder(chance: random.Random, path: Path) -> Path:
    """Make a folder that is called like a file; some keep a town, or half of one."""
    path.mkdir()
    manifest = '{"format": "towntwin town", "version": 1, "tables": "tables-x"}'
    if chance.random() < 0.5:
        (path / "manifest.json").write_text(manifest[: chance.randrange(len(manifest))])
        (path / "tables-x").mkdir()
    return path


def read_one(number: int, path: Path) -> str:
    """Read a file; return "read", or what our error says."""
    try:
        town = read(path)
        if number % WHOLE == 0:
            simulate(read_osm(path, load=0.3))
    except TownError as error:
        return str(error)
    names = " ".join(town.network.links["name"]) + " ".join(town.places.sites["name"])
    return FOREIGN if FOREIGN in names else "read"


def tell(**facts: object) -> None:
    """Say something at once: the next file might be the last."""
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def main(folder: Path, first: int, last: int) -> None:
    """Read the files of these numbers, one after the other; each is announced before it is read."""
    warnings.simplefilter("error")
    warm()  # or the first town would count for the compiler's time
    for number in range(first, last):
        kind, path = spoilt(number, folder)
        tell(number=number, kind=kind, file=path.name)
        began = time.perf_counter()
        outcome = read_one(number, path)
        seconds = time.perf_counter() - began
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        tell(outcome=outcome, seconds=seconds, megabytes=most)
        shutil.rmtree(path) if path.is_dir() else path.unlink()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
