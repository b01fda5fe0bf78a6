"""Buses: bus lines as vehicles that keep a timetable and stop on their way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from twin.demand import Demand
from twin.demand.day import Window
from twin.draws import below
from twin.network import Network, notes_table
from twin.scenario import Scenario
from twin.units import MINUTE, time_of_day

HEADWAY = 10 * MINUTE
"""Seconds between two buses of a line where none are tagged: a guess."""

SERVICE = time_of_day("05:30"), time_of_day("23:00")
"""When the first bus of a line sets out, and when none does any more: a guess."""

DWELL = 15.0
"""Seconds at a stop: what the Transit Capacity and Quality of Service Manual (TCRP Report 165, 2013) takes for a usual
stop outside a centre where nothing is known; 30 s at major ones, 60 s in a centre."""

RIDERS = 20.0
"""People in a bus: a guess."""

BAYS = 2
"""Buses that a stop serves at the same time: a guess. Those behind wait on the lane."""

FIRST_ID = 2**40
"""Numbers of buses begin here; those of other trips are below."""

_MOST = 1000  # buses of a line in a day


def with_buses(scenario: Scenario, lines: pd.DataFrame, part: Window) -> Scenario:
    """Return a town whose bus lines are driven.

    Parameters
    ----------
    scenario : Scenario
    lines : DataFrame
        ``line_id``, ``name``, ``nodes`` (junctions at which it stops, in order), ``headway`` [s] (missing = guessed).
    part : Window
        The part of the day that is made.

    Returns
    -------
    Scenario
        Each bus is a trip of class bus from the first stop of its line to the last, with a stay at those between, its
        ``group`` the line's name and its ``purpose`` bus line. Between stops it takes the fastest way. The first bus of
        each line sets out at a moment of its own within the first headway. What was guessed is a row of the network's
        notes.
    """
    buses = _timetable(lines, part)
    if buses.empty:
        return scenario
    old, places = scenario.demand, scenario.places
    stops = zip(buses["trip_id"].tolist(), buses["nodes"].tolist(), strict=True)
    halts = [(trip, order, _stop(node), DWELL) for trip, nodes in stops for order, node in enumerate(nodes[1:-1])]
    stays = pd.DataFrame(halts, columns=["trip_id", "order", "place_id", "service"])
    demand = Demand(
        pd.concat([old.trips, buses.drop(columns="nodes")], ignore_index=True),
        stays=pd.concat([old.stays, stays], ignore_index=True),
        classes=old.classes, synthetic=old.synthetic,
    )  # fmt: skip
    bays = pd.concat([places.bays, _stops(lines)], ignore_index=True)
    return replace(scenario, network=_noted(scenario.network, lines), demand=demand, places=replace(places, bays=bays))


def _timetable(lines: pd.DataFrame, part: Window) -> pd.DataFrame:
    """Return the buses that set out within a part of the day, as trips, with the junctions at which each stops."""
    rows = []
    told = lines.sort_values("line_id").fillna({"headway": HEADWAY})
    columns = (told[column].tolist() for column in ("name", "nodes", "headway"))
    for number, (name, nodes, headway) in enumerate(zip(*columns, strict=True)):
        own = np.array([number], np.int64)
        first = SERVICE[0] + float(below(0, own, purpose="first bus", limit=round(headway))[0])
        times = np.arange(first, SERVICE[1], headway)
        for bus in np.flatnonzero((times >= part.begin * MINUTE) & (times < part.end * MINUTE)).tolist():
            trip = FIRST_ID + number * _MOST + bus
            rows.append((trip, nodes[0], nodes[-1], times[bus], name, nodes))
    table = pd.DataFrame(rows, columns=["trip_id", "origin", "destination", "departure", "group", "nodes"])
    return table.assign(vehicle_class="bus", persons=RIDERS, purpose="bus line")


def _stops(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the places where buses stop."""
    nodes = sorted({node for nodes in lines["nodes"] for node in nodes[1:-1]})
    table = pd.DataFrame({"place_id": [_stop(node) for node in nodes], "node_id": nodes})
    return table.assign(kind="bus_stop", bays=BAYS, entry_storage=0)


def _stop(node: str) -> str:
    return f"bus stop {node}"


def _noted(network: Network, lines: pd.DataFrame) -> Network:
    """Return a network with notes on what was guessed of its bus lines."""
    untold = lines.loc[lines["headway"].isna(), "line_id"]
    guesses = [("guessed headway", line, f"a bus each {HEADWAY / MINUTE:.0f} minutes") for line in untold]
    guesses.append(
        ("guessed bus service", "network", f"{len(lines)} lines: {RIDERS:.0f} riders, {DWELL:.0f} s at each stop")
    )
    return network.with_notes(pd.concat([network.notes, notes_table(guesses)], ignore_index=True))
