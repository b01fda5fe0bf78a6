"""Write: a town and its traffic as files that SUMO runs."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from twin.errors import BadTable
from twin.formats.sumo.driver import LONGER, SUMO_CLASS, Driver
from twin.formats.sumo.files import Xml, as_id, run, text
from twin.formats.sumo.joints import joined
from twin.formats.sumo.lanes import ways
from twin.formats.sumo.plain import write_plain
from twin.formats.sumo.roads import read_roads
from twin.network import Network
from twin.ragged import is_first
from twin.result import Result
from twin.routing import fastest
from twin.routing import ways as ways_of
from twin.scenario import Scenario
from twin.units import MS

SHORTEST = 0.1
"""Metres that an edge keeps beside its junctions."""


class SumoFiles(NamedTuple):
    """The files that were written; ``config`` names the other two."""

    net: Path
    routes: Path
    config: Path


def write_sumo(town: Result | Scenario, folder: str | Path) -> SumoFiles:
    """Write a town for SUMO; needs its program netconvert (``pip install eclipse-sumo``).

    Parameters
    ----------
    town : Result or Scenario
        Trips of a Result keep the routes that they drove and the departures of that day; those of a Scenario take the
        fastest ways.
    folder : str or Path
        Made if it is not there. Plain XML (nod, edg, con, tll), the .net.xml, .rou.xml and .sumocfg are put there.

    Returns
    -------
    SumoFiles

    Raises
    ------
    BadSource
        If netconvert is not installed or fails.
    BadTable
        If ids differ only in characters that SUMO does not know.

    Notes
    -----
    *Junctions* that are drawn as several nodes become one (``joints.joined``): their inner links are not written.

    *Roads*. Metres in the local UTM zone. A link is entered at the stop line before it, so its edge is as long as the
    link less the mean way over the junction that leads into it (netconvert runs twice: once to find that way), but at
    least SHORTEST. Turns are as fast as lets SUMO's queues flow less in them by as much as ours do
    (``driver.turn_limit``), others as fast as the roads.

    *Drivers*. ``Driver.like``: SUMO's headway in a queue that discharges at the free speed is 1 / capacity, its spacing
    in a standing queue 1 / jam density, averaged over the network, because in SUMO they belong to the vehicle.

    *Who goes first*: rows of ``network.yields`` become prohibitions; beyond them netconvert decides by the classes of
    roads, and gives way to the right.

    *Signals*. Green windows are shown as green, with amber behind them; a permitted one as small g. A turn without a
    window at a junction with signals is not held.
    """
    scenario = town.scenario if isinstance(town, Result) else town
    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    stem = out / (as_id(scenario.name).replace("/", "_") or "town")
    network, signals = joined(scenario.network, scenario.signals)
    _check_ids(network)
    net, routes, config = (stem.with_name(f"{stem.name}.{kind}") for kind in ("net.xml", "rou.xml", "sumocfg"))
    made = ways(network)
    write_plain(network, signals, made, stem, lengths=None)
    _convert(stem, net)
    write_plain(network, signals, made, stem, lengths=_lengths(network, net))
    _convert(stem, net)
    _write_routes(town, network, routes)
    with Xml(config, "configuration") as file:
        file.add("input", text("net-file", value=net.name), text("route-files", value=routes.name))
    return SumoFiles(net, routes, config)


def _check_ids(network: Network) -> None:
    for table, column in ((network.links, "link_id"), (network.nodes, "node_id")):
        ids = table[column].map(as_id)
        if ids.duplicated().any():
            twice = table.loc[ids.duplicated(), column].iloc[0]
            raise BadTable(f"{column} {twice!r} cannot be told from another one in SUMO: rename it")


def _convert(stem: Path, net: Path) -> None:
    plain = {"n": "nod", "e": "edg", "x": "con", "i": "tll"}
    files = [part for letter, kind in plain.items() for part in (f"-{letter}", f"{stem}.{kind}.xml")]
    options = {
        "no-turnarounds": "true", "no-warnings": "true", "offset.disable-normalization": "true",
        "junctions.limit-turn-speed": "-1", "check-lane-foes.all": "true", "precision": "3",
    }  # fmt: skip
    run("netconvert", *files, "-o", net, *(part for name, value in options.items() for part in (f"--{name}", value)))


def _lengths(network: Network, net: Path) -> pd.Series:
    """Return how long each edge must be [m], by link_id, given the ways over junctions that netconvert made."""
    inside: dict[str, list[float]] = {}
    for one in read_roads(net).connections:
        inside.setdefault(one.out, []).append(sum(length for length, _ in one.path))
    links = network.links.set_index("link_id")
    before = {link: float(np.mean(lengths)) for link, lengths in inside.items()}
    own = [max(length - before.get(link, 0.0), SHORTEST) for link, length in links["length"].items()]
    return pd.Series(own, index=links.index)


def _write_routes(town: Result | Scenario, network: Network, path: Path) -> None:
    """Write who drives, sorted by departure; trips without a route are left out."""
    scenario = town.scenario if isinstance(town, Result) else town
    trips, driver = scenario.demand.trips, Driver.like(scenario.network)
    links = _links_of_trips(town, set(network.links["link_id"]))
    departure = town.departure / MS if isinstance(town, Result) else trips["departure"].to_numpy()
    with Xml(path, "routes") as file:
        for vehicle_class in sorted(trips["vehicle_class"].unique()):
            _write_type(file, vehicle_class, driver)
        for row in np.lexsort((trips["trip_id"], departure)):
            if len(links[row]):
                file.add(
                    "vehicle", text("route", edges=" ".join(links[row])), id=trips["trip_id"][row],
                    type=trips["vehicle_class"][row], depart=float(departure[row]), departLane="best",
                    departSpeed="max",
                )  # fmt: skip


def _write_type(file: Xml, vehicle_class: str, driver: Driver) -> None:
    spacing = driver.spacing * LONGER.get(vehicle_class, 1.0)
    file.add(
        "vType", id=vehicle_class, vClass=SUMO_CLASS.get(vehicle_class, "passenger"), tau=driver.tau,
        length=spacing - driver.min_gap, minGap=driver.min_gap, sigma=driver.sigma, accel=driver.accel, speedDev=0,
    )  # fmt: skip


def _links_of_trips(town: Result | Scenario, written: set[str]) -> list[list[str]]:
    """Return SUMO's ids of the links of each trip, as far as they were written."""
    if isinstance(town, Result):
        start, link = town.route_start, town.link_of_step
        network = town.scenario.network
    else:
        network = town.network
        routes, _ = fastest(ways_of(network, town.signals), town.trip_ends)
        start = routes.start
        onto = np.append(network.link_rows(network.turns["out_link"]), 0)
        first = is_first(start)
        link = np.where(first, routes.steps, onto[np.where(first, -1, routes.steps)]).astype(np.int32)
    ids = network.links["link_id"].map(lambda name: as_id(name) if name in written else "").to_numpy()[link]
    return [[name for name in ids[begin:end] if name] for begin, end in pairwise(start)]
