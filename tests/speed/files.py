"""Files: a scenario as plain CSV, the form in which every engine is given the same work.

A folder holds nodes.csv, links.csv, turns.csv, signals.csv, trips.csv and scenario.csv, as ../shared/judge writes them.
The standard library alone is used: other engines' environments read this too.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import NamedTuple

Rows = list[dict[str, str]]


class Files(NamedTuple):
    """One scenario as rows of text; a trip's route is link ids with blanks between."""

    name: str
    horizon: int  # seconds
    nodes: Rows
    links: Rows
    turns: Rows
    signals: Rows
    trips: Rows

    @property
    def routes(self) -> list[list[str]]:
        """The link ids of each trip."""
        return [trip["route"].split() for trip in self.trips]

    @property
    def greens(self) -> dict[str, Rows]:
        """The green phases of each signalised node, in order of their start."""
        phases: dict[str, Rows] = {}
        for row in sorted(self.signals, key=lambda row: float(row["green_start_s"])):
            phases.setdefault(row["node"], []).append(row)
        return phases


def read(folder: Path) -> Files:
    """Read a folder."""
    head = _rows(folder, "scenario")[0]
    tables = [_rows(folder, name) for name in ("nodes", "links", "turns", "signals", "trips")]
    return Files(head["name"], int(head["horizon_s"]), *tables)


def write_trip_times(path: Path, times: dict[str, float]) -> None:
    """Write the seconds from wished departure to arrival of each trip that arrived."""
    with path.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(times.items())


def read_trip_times(path: Path) -> dict[str, float]:
    """Read what ``write_trip_times`` wrote."""
    with path.open(newline="") as file:
        return {trip: float(seconds) for trip, seconds in csv.reader(file)}


def _rows(folder: Path, name: str) -> Rows:
    with (folder / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))
