"""Read: a Scenario, and the routes as habits, from SUMO's network, route and additional files."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from twin.demand import Demand
from twin.formats.routes import habits_from_links
from twin.formats.sumo.ahead import driven_ways
from twin.formats.sumo.files import parse
from twin.formats.sumo.groups import controls, groups_of_turns, lane_groups
from twin.formats.sumo.lights import programs, signals, turn_windows
from twin.formats.sumo.priority import yields
from twin.formats.sumo.roads import Roads, read_roads
from twin.formats.sumo.tables import network
from twin.formats.sumo.vehicles import Traffic, read_traffic
from twin.result import Result
from twin.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twin.formats.sumo.lights import Turn


class SumoTown(NamedTuple):
    """What SUMO's files hold.

    Parameters
    ----------
    scenario : Scenario
    habits : Result
        The routes as given, for ``simulate(scenario, habits=habits)``; trips without a route have none.
    vehicle_ids : list of str
        SUMO's id of each trip; trip_id is the row.
    """

    scenario: Scenario
    habits: Result
    vehicle_ids: list[str]


def read_sumo(
    net_file: str | Path,
    route_files: Sequence[str | Path] = (),
    additional_files: Sequence[str | Path] = (),
) -> SumoTown:
    """Read a town from the files of SUMO.

    Parameters
    ----------
    net_file : str or Path
        A .net.xml (or .net.xml.gz).
    route_files, additional_files : sequence of str or Path
        In the order of the .sumocfg: of several programmes of a signal the last one loaded runs, as in SUMO.

    Returns
    -------
    SumoTown

    Raises
    ------
    BadSource
        If a file is missing or holds something else.
    BadTable
        If the roads do not make a network.

    Notes
    -----
    *Links* are edges. A link is entered at the stop line before it, so its length is the mean length of its lanes and
    of the ways over the junction that lead into it. Free speed, capacity and jam density are those of the mean car of
    the route files (``Driver``). What turning costs follows from the speed limits of the ways over the junction.

    *Lanes*: see ``groups.lane_groups`` and ``ahead.driven_ways``. Bus lanes beside others are no lanes of the link;
    turns that are made from them alone have a lane group of their own. A link has ``only`` where no lane of it is for
    all.

    *Signals* are driven at their set durations; *yields* come from the requests of the junctions. What could not be
    carried over is in ``scenario.network.notes``.
    """
    roads = read_roads(net_file)
    additional = [parse(path) for path in additional_files]
    traffic = read_traffic([*additional, *(parse(path) for path in route_files)])
    running = programs([roads.root, *additional])
    held = turn_windows(roads.connections, running)
    dark = {turn for turn, windows in held.items() if not windows}
    lit = [one for one in roads.connections if (one.into, one.out) not in dark]
    made = {(one.into, one.out) for one in lit}
    trips, routes = _trips(roads, traffic, made)
    connections = driven_ways(lit, roads.edges, routes.values())
    plans, of_signals = signals(roads, connections, running, held, traffic.driver())
    groups = lane_groups(roads, connections, controls(connections, held))
    rows, of_yields = yields(roads, connections, held, running, groups_of_turns(groups))
    of_dark = [("turn left out", f"turn:{into}>{out}", "its light is never green") for into, out in sorted(dark)]
    notes = [*of_dark, *of_signals, *of_yields, *traffic.notes()]
    town = Scenario(
        network(roads, connections, traffic.driver(), groups=groups, yields=rows, notes=notes),
        Demand(trips),
        plans,
        name=Path(net_file).name.split(".")[0],
        provenance={"source": f"SUMO network {Path(net_file).name}"},
    )
    return SumoTown(town, habits_from_links(town, routes), trips["vehicle_id"].tolist())


def _trips(roads: Roads, traffic: Traffic, made: set[Turn]) -> tuple[pd.DataFrame, dict[int, tuple[str, ...]]]:
    """Return the table of trips, and the links of those whose route is given and possible."""
    rows: list[tuple[int, str, str, float, str, str]] = []
    routes: dict[int, tuple[str, ...]] = {}
    left_out: Counter[str] = Counter()
    for trip in traffic.trips:
        if any(edge not in roads.edges for edge in (trip.edges[0], trip.edges[-1])):
            left_out["vehicle that begins or ends on an edge that is not there"] += 1
            continue
        origin, destination = roads.edges[trip.edges[0]].from_node, roads.edges[trip.edges[-1]].to_node
        if trip.routed and made.issuperset(zip(trip.edges, trip.edges[1:], strict=False)):
            routes[len(rows)] = trip.edges
        else:
            left_out["route left to us"] += 1
        vehicle_class = traffic.types[trip.type_id].vehicle_class
        rows.append((len(rows), origin, destination, trip.departure, vehicle_class, trip.vehicle_id))
    traffic.left_out.update(left_out)
    columns = ["trip_id", "origin", "destination", "departure", "vehicle_class", "vehicle_id"]
    return pd.DataFrame(rows, columns=columns), routes
