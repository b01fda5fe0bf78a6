"""Engine: traversals a second of the event loop alone, and bytes of memory, beside the cost of one random read."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from twin.bench.made import grid, strewn
from twin.build import read_osm
from twin.kernels import kernel
from twin.kernels.columns import NOT_YET, Columns
from twin.kernels.loading import advance
from twin.kernels.state import State, begin
from twin.result import Result
from twin.scenario import Scenario
from twin.simulate import columns_of, simulate
from twin.towns import town
from twin.units import HOUR, MS

ROUNDS, LARGE = 3, 2_000_000
"""Each case is driven so often and the least time counts; once only from so many traversals on."""

LATE = 2 * HOUR
"""Seconds after the last departure until which a case is driven."""

MOST_READ = 64 * 2**20
"""Bytes over which random reads are measured at the most: past every cache the cost of one grows no more."""

READS = 1_000_000

EXTRACTS = ("baltimore.osm.pbf", "monaco.osm.gz")
"""Extracts of the reference folder: one of many signals, one of few."""


class Memory(NamedTuple):
    """Bytes of columns and state together; links take their lane groups, turns, signals and storage with them."""

    links: int
    trips: int
    steps: int


def engine_cases(*, reference: Path | None = None) -> dict[str, dict[str, float]]:
    """Measure every case.

    Parameters
    ----------
    reference : Path, optional
        Folder in whose ``osm`` are OpenStreetMap extracts to measure too; default: the environment's TWIN_REFERENCE,
        else ../shared/reference.

    Returns
    -------
    dict of str to dict of str to float
        Of each case: links, trips, arrived, traversals (how often a vehicle left a link); cpu_s of the event loop and
        traversals_per_s (one thread, least of some rounds); first_call_s (compiling, or loading what was compiled, with
        it); read_ns (one random read whose place the read before it told, over as many bytes as the run works on);
        bytes_per_link, bytes_per_trip and bytes_per_traversal of columns and state: where memory grows in step with
        the work, they are the same in every case.
    """
    return {name: measured(make) for name, make in _cases(reference)}


def main(*, as_json: bool = False) -> int:
    """Measure and print: a table, or one JSON object; return the exit code."""
    cases = engine_cases()
    print(json.dumps(cases) if as_json else "\n".join(table(cases)))  # noqa: T201 - it talks to people
    return 0


def table(cases: dict[str, dict[str, float]]) -> Iterator[str]:
    """Return the lines of a table of cases."""
    heads = (
        "links",
        "trips",
        "arrived",
        "traversals",
        "CPU s",
        "M/s",
        "first s",
        "read ns",
        "B/link",
        "B/trip",
        "B/traversal",
    )
    yield f"{'case':22}" + "".join(f"{head:>12}" for head in heads)
    for name, case in cases.items():
        whole = "".join(f"{case[key]:12.0f}" for key in ("links", "trips", "arrived", "traversals"))
        times = f"{case['cpu_s']:12.3f}{case['traversals_per_s'] / 1e6:12.2f}{case['first_call_s']:12.2f}"
        per = "".join(f"{case[f'bytes_per_{one}']:12.0f}" for one in ("link", "trip", "traversal"))
        yield f"{name:22}{whole}{times}{case['read_ns']:12.1f}{per}"


def measured(make: Callable[[], Result]) -> dict[str, float]:
    """Drive a day's routes and return what it took."""
    day = make()
    columns = columns_of(day)
    called = time.perf_counter()
    state = begin(columns)
    advance(state, columns, 0)
    first_call = time.perf_counter() - called
    large = len(columns.route) > LARGE
    seconds = [_driven(columns, state), *(_driven(columns, begin(columns)) for _ in range(0 if large else ROUNDS - 1))]
    drives = np.diff(columns.vehicle_route) > 0
    links, trips = len(day.scenario.network.links), int(drives.sum())
    passed = traversals(columns, state)
    memory = _memory(columns, state)
    return {
        "links": links,
        "trips": trips,
        "arrived": int((state.log[columns.vehicle_route[1:][drives] - 1, 1] != NOT_YET).sum()),
        "traversals": passed,
        "cpu_s": round(min(seconds), 4),
        "traversals_per_s": round(passed / min(seconds)),
        "first_call_s": round(first_call, 3),
        "read_ns": round(random_read(sum(memory)), 1),
        "bytes_per_link": round(memory.links / links, 1),
        "bytes_per_trip": round(memory.trips / trips, 1),
        "bytes_per_traversal": round(memory.steps / len(columns.route), 1),
    }


def _driven(columns: Columns, state: State) -> float:
    """Drive to the end and return the CPU seconds of the event loop."""
    began = time.process_time()
    advance(state, columns, int(columns.vehicle_departure.max()) + round(LATE * MS))
    return time.process_time() - began


def traversals(columns: Columns, state: State) -> int:
    """Return how often a vehicle left a link: of all its steps made, one more than the links that it left."""
    made = state.log[:, 1] != NOT_YET
    entered = made[columns.vehicle_route[:-1][np.diff(columns.vehicle_route) > 0]]
    return int(made.sum() - entered.sum())


def _memory(columns: Columns, state: State) -> Memory:
    """Return what grows with links, trips and steps; the calendar is of one size for all towns."""
    sizes = {name: array.nbytes for part in (columns, state) for name, array in part._asdict().items()}
    steps = sizes.pop("route") + sizes.pop("log")
    trips = sum(sizes.pop(name) for name in list(sizes) if name.startswith("vehicle"))
    sizes.pop("calendar")
    return Memory(sum(sizes.values()), trips, steps)


def random_read(size: int) -> float:
    """Return the nanoseconds of one read whose place the read before it told, over this many bytes."""
    n = min(size, MOST_READ) // 4
    order = np.random.default_rng(0).permutation(n).astype(np.int32)
    following = np.empty(n, np.int32)
    following[order] = np.roll(order, -1)
    _chase(following, 10)
    began = time.process_time()
    _chase(following, READS)
    return (time.process_time() - began) / READS * 1e9


@kernel  # type: ignore[untyped-decorator]
def _chase(following: npt.NDArray[np.int32], steps: int) -> int:
    place = 0
    for _ in range(steps):
        place = following[place]
    return place


def _cases(reference: Path | None) -> Iterator[tuple[str, Callable[[], Result]]]:
    """Name every case and say how its routes are made."""
    for name, side, trips in (("grid 3k", 28, 20_000), ("grid 5k", 36, 40_000), ("grid 10k", 50, 100_000)):
        yield name, partial(grid, side, trips)
        yield f"{name} plain", partial(grid, side, trips, plain=True)
    yield "grid 100k", partial(grid, 159, 200_000, reach=25)
    for name, points, trips in (("strewn 3k", 750, 12_000), ("strewn 5k", 1250, 16_000), ("strewn 10k", 2500, 20_000)):
        yield name, partial(_morning, partial(strewn, points, trips))
    yield "helsinki", partial(_morning, partial(town, "helsinki"))
    for extract in _extracts(reference):
        yield extract.name.split(".")[0], partial(_morning, partial(read_osm, extract))


def _morning(make: Callable[[], Scenario]) -> Result:
    """Return a first morning: everyone takes the fastest way."""
    return simulate(make())


def _extracts(reference: Path | None) -> list[Path]:
    """Return the extracts of the reference folder that are there."""
    folder = reference or Path(os.environ.get("TWIN_REFERENCE", "../shared/reference"))
    return [folder / "osm" / name for name in EXTRACTS if (folder / "osm" / name).is_file()]
