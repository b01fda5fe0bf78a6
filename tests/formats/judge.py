"""Judge: one day's traffic in SUMO and in the twin, on the same routes, side by side."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from twin.formats.sumo.files import Xml, from_id, parse, run
from twin.formats.sumo.roads import read_roads
from twin.units import MS

if TYPE_CHECKING:
    from pathlib import Path

    from twin.result import Result

EVERY = 900.0
"""Flows are compared in intervals of this length [s]."""

BUSY = 100.0
"""Link-intervals with less flow in SUMO [veh/h] are left out of the comparison of flows."""

DRIVEN = 30
"""Links that fewer vehicles left are left out of the comparison of delays."""


@dataclass(frozen=True)
class Day:
    """What one engine made of a day.

    Parameters
    ----------
    travel_time : Series, by trip [s]
        From wished departure to arrival.
    left : DataFrame, a row an interval, a column a link [vehicles]
    delay : Series, by link [s]
        Mean delay of a vehicle that left it.
    unfinished, teleports, collisions : int
    """

    travel_time: pd.Series
    left: pd.DataFrame
    delay: pd.Series
    unfinished: int
    teleports: int = 0
    collisions: int = 0


class Verdict(NamedTuple):
    """How far two engines agree.

    Parameters
    ----------
    theirs, ours : float
        Mean delay (travel time less our free-flow time of the route) in mean free-flow times.
    within : float
        Share of busy link-intervals with GEH < 5.
    correlation : float
        Of the mean delays of links.
    """

    theirs: float
    ours: float
    within: float
    correlation: float

    @property
    def ratio(self) -> float:
        """Our mean delay in theirs."""
        return self.ours / self.theirs


def in_sumo(net: Path, routes: Path, folder: Path, *, additional: tuple[Path, ...] = (), end: float) -> Day:
    """Run SUMO's microscopic simulation without teleports until all have arrived or ``end`` [s]."""
    edges, trips, statistic = (folder / f"{name}.xml" for name in ("edges", "trips", "statistic"))
    with Xml(folder / "measure.add.xml", "additional") as file:
        file.add("edgeData", id="all", file=edges, period=EVERY, withInternal="true", excludeEmpty="true")
    run(
        "sumo", "-n", net, "-r", routes, "-a", ",".join(map(str, [*additional, folder / "measure.add.xml"])),
        "--tripinfo-output", trips, "--tripinfo-output.write-unfinished", "true", "--statistic-output", statistic,
        "--time-to-teleport", "-1", "--end", str(end), "--seed", "1", "--no-step-log", "true", "--no-warnings", "true",
    )  # fmt: skip
    infos = [trip.attrib for trip in parse(trips)]
    arrived = [info for info in infos if float(info["arrival"]) >= 0]
    time = pd.Series({info["id"]: float(info["duration"]) + float(info["departDelay"]) for info in arrived})
    root = parse(statistic)
    left, delay = _of_edges(net, edges)
    vehicles, teleports, safety = (root.find(name).attrib for name in ("vehicles", "teleports", "safety"))
    unfinished = int(vehicles["loaded"]) - len(arrived)
    return Day(time, left, delay, unfinished, int(teleports["total"]), int(safety["collisions"]))


def _of_edges(net: Path, edges: Path) -> tuple[pd.DataFrame, pd.Series]:
    """Return who left each link in each interval, and their mean delay (internal lanes: of the link before)."""
    before = {lane.rpartition("_")[0]: one.into for one in read_roads(net).connections for lane in one.inside}
    left: dict[float, dict[str, float]] = {}
    loss: dict[str, float] = defaultdict(float)
    for interval in parse(edges):
        count = left.setdefault(float(interval.attrib["begin"]), {})
        for edge in interval:
            name = edge.attrib["id"]
            link = before.get(name, "") if name.startswith(":") else from_id(name)
            loss[link] += float(edge.get("timeLoss", "0"))
            if not name.startswith(":"):
                count[link] = float(edge.attrib["left"]) + float(edge.attrib["arrived"])
    table = pd.DataFrame(left).T.fillna(0.0)
    table.index = table.index // EVERY * EVERY
    return table, pd.Series(loss).reindex(table.columns) / table.sum()


def in_twin(result: Result, vehicle_ids: pd.Series | None = None) -> Day:
    """Return the same of our own day; trips are called by their ids, or by those given."""
    trips = result.trips()
    names = trips["trip_id"].astype(str) if vehicle_ids is None else vehicle_ids
    intervals = result.intervals(EVERY, end=np.ceil(result.end / EVERY) * EVERY)
    link_ids = result.scenario.network.links["link_id"]
    left = pd.DataFrame(intervals.left, index=intervals.start, columns=link_ids)
    delay = result.links().set_index("link_id")["delay"]
    time = pd.Series(trips["travel_time"].to_numpy(), index=names).dropna()
    return Day(time, left, delay, len(trips) - len(time))


def free_times(result: Result) -> pd.Series:
    """Return the free-flow time of each trip's route [s], by trip id as text."""
    trips, free = result.scenario.demand.trips, result.scenario.network.free_time
    times = np.bincount(result.trip_of_step, free[result.link_of_step], len(trips)) / MS
    return pd.Series(times, index=trips["trip_id"].astype(str))


def compare(theirs: Day, ours: Day, free: pd.Series) -> Verdict:
    """Hold two days against each other; trips that either engine did not bring home are left out of mean delays."""
    both = theirs.travel_time.index.intersection(ours.travel_time.index)
    free_time = free[both].mean()
    delays = [float(day.travel_time[both].mean() / free_time - 1) for day in (theirs, ours)]
    return Verdict(*delays, within(theirs, ours), float(np.corrcoef(*link_delays(theirs, ours).to_numpy().T)[0, 1]))


def within(theirs: Day, ours: Day) -> float:
    """Return the share of busy link-intervals whose flows have a GEH below 5."""
    flows = flow_table(theirs, ours)
    return float((flows["geh"] < 5).mean())


def flow_table(theirs: Day, ours: Day) -> pd.DataFrame:
    """Return one row for each busy link-interval: flows [veh/h] of both, and their GEH."""
    links = theirs.left.columns.intersection(ours.left.columns)
    times = theirs.left.index.union(ours.left.index)
    whole = [day.left.reindex(index=times, columns=links).fillna(0.0).to_numpy() for day in (theirs, ours)]
    a, b = (counts.ravel() * 3600 / EVERY for counts in whole)
    table = pd.DataFrame({"link_id": np.tile(links, len(times)), "theirs": a, "ours": b})[a > BUSY]
    table["geh"] = np.sqrt(2 * (table["ours"] - table["theirs"]) ** 2 / (table["ours"] + table["theirs"]))
    return table


def link_delays(theirs: Day, ours: Day) -> pd.DataFrame:
    """Return the mean delays [s] of both on each link that enough vehicles drove."""
    table = pd.DataFrame({"theirs": theirs.delay, "ours": ours.delay})
    return table[theirs.left.sum().reindex(table.index) >= DRIVEN].dropna()
