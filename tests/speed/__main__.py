"""Print every speed budget beside its measure: ``make bench``, or parts of it: ``make bench ARGS="engine peers"``."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.browser.driver import free_port
from tests.speed import peers
from tests.speed.first_map import first_map
from twin.bench import engine_cases, table

TRAVERSALS = 5.0
"""Millions of traversals a second that the engine is to reach at 5,000 links and 40,000 trips."""

FIRST_START, SECOND_START = 60.0, 10.0
"""Seconds from the start of JupyterLab to the first map: with nothing compiled, and after that."""


def engine() -> None:
    """Measure the engine alone."""
    for line in table(engine_cases()):
        print(line)
    print(f"budget: {TRAVERSALS:g} M/s at 5,000 links\n")


def compare() -> None:
    """Measure other engines beside ours."""
    scenarios = peers.judge()
    if scenarios is None:
        print("other engines: there is no scenario to compare them on (../shared/judge, or the folder TWIN_JUDGE)\n")
        return
    if not peers.PEERS.is_dir():
        print("other engines: they are not installed (make bench does it)\n")
        return
    rows, targets = peers.compare(scenarios)
    heads = ("arrived", "exits", "cpu_s", "process_cpu_s", "wall_s", "rss_mb", "mean_trip_s", "teleports")
    print(f"{'scenario':9}{'engine':18}" + "".join(f"{head:>14}" for head in heads))
    for row in rows:
        numbers = (f"{row[head]:14.6g}" if head in row else f"{'':14}" for head in heads)
        print(f"{row['scenario']:9}{row['engine']:18}" + "".join(numbers))
    for target in targets:
        print(f"{'yes' if target.reached else 'NO':4}{target.measured:8.3f}  {target.wanted:15} {target.what}")
    print()


def first_maps() -> None:
    """Measure how long the first map takes."""
    print(f"{'first map':16}{'server s':>9}{'kernel s':>9}{'map s':>9}   budget s")
    port = free_port()
    with tempfile.TemporaryDirectory() as home:
        for name, budget in (("first start", FIRST_START), ("second start", SECOND_START)):
            seconds = first_map(Path(home), port=port)
            if seconds is None:
                print(f"{name:16} no Chromium on this machine")
            else:
                print(f"{name:16}{seconds.server:9.1f}{seconds.kernel:9.1f}{seconds.drawn:9.1f}   {budget:g}")


PARTS: dict[str, Callable[[], None]] = {"engine": engine, "peers": compare, "map": first_maps}


def main(parts: list[str]) -> None:
    """Measure and print the parts that are asked for; default: all."""
    for name in parts or PARTS:
        PARTS[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
