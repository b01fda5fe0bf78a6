"""Command line: twin run, import, lab, warm, bench, doctor."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from twin import cache, doctor, lab
from twin.build import LOAD, MORNING, read_osm
from twin.errors import TownError
from twin.folder import is_town, read_town, write_town
from twin.osm import DEADLINE, Step, is_box
from twin.picture.words import word
from twin.report import manifest, write_tables
from twin.scenario import Scenario
from twin.simulate import simulate
from twin.simulate.warm import warm
from twin.towns import names, town

WIDTH = 79
"""Columns of the line that says how far the work is."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; errors of ours are one sentence on standard error."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    given = [
        f" {text}" if text[:1] == "-" and is_box(text) else text for text in given
    ]  # or a box in the west would count as an option
    try:
        if given[:1] == ["lab"]:  # everything behind it belongs to JupyterLab
            return lab.start(given[1:])
        options = _parser().parse_args(given)
        command: Callable[[argparse.Namespace], int] = options.command
        return command(options)
    except TownError as error:
        _complain(str(error))
        return 2
    except KeyboardInterrupt:
        _complain("stopped")
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="twin", description="A digital twin of a town's traffic.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="drive one morning of a town and write what happened")
    run.add_argument("town", help=f"an embedded town ({', '.join(names())}), a town folder, or any SOURCE of import")
    run.add_argument("--out", metavar="DIR", help="write links.gpkg, trips.parquet and manifest.json there")
    run.add_argument("--json", action="store_true", help="print one JSON object instead of sentences")
    run.add_argument("--seed", type=int, default=0, help="draws demand and the day (default 0)")
    run.set_defaults(command=_run)
    take = commands.add_parser(
        "import", help="make a town of an OpenStreetMap file, an osmnx graph or a place and keep it in a folder"
    )
    take.add_argument("source", metavar="SOURCE", help="an .osm, .osm.gz, .osm.bz2, .osm.pbf or .graphml file, the "
                      "name of a place, or a box: west,south,east,north in degrees")  # fmt: skip
    take.add_argument("--out", metavar="DIR", required=True, help="the town folder: tables (GeoParquet) and a manifest")
    take.add_argument("--json", action="store_true", help="print the manifest as one JSON object")
    take.add_argument("--load", type=float, default=LOAD, help=f"how full the busiest roads are (default {LOAD})")
    take.add_argument("--trips", type=int, help="the number of trips within the hours (default: as the load says)")
    take.add_argument("--hours", nargs=2, default=MORNING, metavar=("BEGIN", "END"),
                      help=f"the part of the day (default {' '.join(MORNING)}; 00:00 24:00 = all)")  # fmt: skip
    take.add_argument("--buses", action="store_true", help="drive bus lines too; headways are guessed if not tagged")
    take.add_argument("--seed", type=int, default=0, help="draws demand (default 0)")
    take.add_argument("--deadline", type=float, default=DEADLINE, metavar="SECONDS",
                      help=f"how long fetching a place may take (default {DEADLINE:.0f})")  # fmt: skip
    take.set_defaults(command=_import)
    check = commands.add_parser("doctor", help="say what is installed, what is missing and how to get it")
    check.set_defaults(command=lambda _: doctor.report())
    ready = commands.add_parser("warm", help="compile everything now, so that nobody waits later")
    ready.set_defaults(command=lambda _: _warm())
    bench = commands.add_parser("bench", help="measure the speed of the engine on this machine")
    bench.add_argument("what", choices=["engine"])
    bench.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    bench.set_defaults(command=_bench)
    commands.add_parser("lab", help="open JupyterLab on the first notebook; options are passed on to it")
    return parser


def _scenario(name: str, seed: int) -> Scenario:
    """Return an embedded town by its name, or what a folder keeps; what looks like a file or a place is read."""
    if name not in names() and is_town(name):
        return read_town(name)
    a_word = name.isidentifier() and not Path(name).exists()
    return town(name, seed=seed) if a_word or name in names() else read_osm(name, seed=seed, progress=_progress())


def _run(options: argparse.Namespace) -> int:
    began = time.perf_counter()
    if not cache.is_kept():
        print(f"twin: {cache.sentence()}", file=sys.stderr)
    scenario = _scenario(options.town, options.seed)
    result = simulate(scenario, seed=options.seed, progress=_progress())
    facts = manifest(result)
    if options.out:
        write_tables(result, options.out)
    facts["wall_s"] = round(time.perf_counter() - began, 3)
    if options.json:
        print(json.dumps(facts, ensure_ascii=False))
    else:
        for key, value in facts.items():
            print(f"{key:22} {value}")
    return 0


def _import(options: argparse.Namespace) -> int:
    scenario = read_osm(
        options.source, load=options.load, total=options.trips, hours=tuple(options.hours), buses=options.buses,
        seed=options.seed, deadline=options.deadline, progress=_progress(),
    )  # fmt: skip
    kept = write_town(scenario, options.out)
    if options.json:
        print(json.dumps(kept, ensure_ascii=False))
        return 0
    rows = {name: kept["files"][name]["rows"] for name in ("links", "nodes", "plans", "trips")}
    print(f"{kept['name']}: " + ", ".join(f"{count} {name}" for name, count in rows.items()))
    of = kept["provenance"]
    print(", ".join(of[key] for key in ("attribution", "licence", "found", "timestamp", "server") if of.get(key)))
    for label in kept["labels"]:
        print(word(label))
    print("known: " + ", ".join(f"{what} {share:.0%}" for what, share in kept["known"].items()))
    for kind, count in kept["guesses"].items():
        print(f"{count:6} x {kind}")
    for place in kept["places_to_look_at"]:
        print(f"look at: {place['kind']}, {place['detail']} ({place['osm'] or place['node_id']})")
    print(f"kept in {options.out}: twin run {options.out}")
    return 0


def _warm() -> int:
    seconds = warm()
    print(f"ready in {seconds:.1f} s; {cache.sentence()}")
    return 0


def _bench(options: argparse.Namespace) -> int:
    from twin import bench  # noqa: PLC0415 - nobody else needs it

    return bench.main(as_json=options.json)


def _complain(text: str) -> None:
    """Say what went wrong, in place of the line that says how far the work is."""
    print(f"\r{'':{WIDTH}}\r" if sys.stderr.isatty() else "", f"twin: {text}", sep="", file=sys.stderr)


def _progress() -> Callable[[float], None] | None:
    """Show a line that grows where somebody watches: not in a file or a pipe."""
    if not sys.stderr.isatty():
        return None

    def show(share: float) -> None:
        text = f"{share:4.0%} {share if isinstance(share, Step) else ''}"
        print(f"\r{text:<{WIDTH}.{WIDTH}}", end="\n" if share >= 1 else "", file=sys.stderr, flush=True)

    return show


if __name__ == "__main__":
    sys.exit(main())
