"""Command line: twin run, lab, warm, bench, doctor."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from twin import cache, doctor, lab
from twin.build import read_osm
from twin.errors import TownError
from twin.report import manifest, write_tables
from twin.scenario import Scenario
from twin.simulate import simulate
from twin.simulate.warm import warm
from twin.towns import names, town


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; errors of ours are one sentence on standard error."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if given[:1] == ["lab"]:  # everything behind it belongs to JupyterLab
            return lab.start(given[1:])
        options = _parser().parse_args(given)
        command: Callable[[argparse.Namespace], int] = options.command
        return command(options)
    except TownError as error:
        print(f"twin: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="twin", description="A digital twin of a town's traffic.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="drive one morning of a town and write what happened")
    run.add_argument("town", help=f"an embedded town ({', '.join(names())}) or an OpenStreetMap file")
    run.add_argument("--out", metavar="DIR", help="write links.gpkg, trips.parquet and manifest.json there")
    run.add_argument("--json", action="store_true", help="print one JSON object instead of sentences")
    run.add_argument("--seed", type=int, default=0, help="draws demand and the day (default 0)")
    run.set_defaults(command=_run)
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
    """Return an embedded town by its name; whatever else there is, or looks like a file or a place, is read."""
    a_word = name.isidentifier() and not Path(name).exists()
    return town(name, seed=seed) if a_word or name in names() else read_osm(name, seed=seed)


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


def _warm() -> int:
    seconds = warm()
    print(f"ready in {seconds:.1f} s; {cache.sentence()}")
    return 0


def _bench(options: argparse.Namespace) -> int:
    from twin import bench  # noqa: PLC0415 - nobody else needs it

    return bench.main(as_json=options.json)


def _progress() -> Callable[[float], None] | None:
    """Show a line that grows where somebody watches: not in a file or a pipe."""
    if not sys.stderr.isatty():
        return None

    def show(share: float) -> None:
        print(f"\r{share:4.0%}", end="\n" if share >= 1 else "", file=sys.stderr, flush=True)

    return show


if __name__ == "__main__":
    sys.exit(main())
