"""Helpers for cases with known answers: drive roads with trips, and read off flows and densities."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from twin.demand import Demand
from twin.network import Network
from twin.places import BAY_COLUMNS, no_places
from twin.scenario import Scenario
from twin.signals import Signals
from twin.simulate import simulate
from twin.vehicles import CLASSES


def drive(roads, *tables, until=None, stays=None, classes=CLASSES, **more):
    """Simulate these roads with these trips; who has no class drives a car."""
    table = pd.concat(tables, ignore_index=True).fillna({"vehicle_class": "car"})
    demand = Demand(table, stays=stays, classes=classes)
    return simulate(Scenario(roads, demand, name="theory", **more), until=until)


def on(result, link_id):
    """Return the passages of one link, in order of trip id."""
    passages = result.passages()
    return passages[passages["link_id"] == link_id].sort_values("trip_id").reset_index(drop=True)


def state(result, link_id, begin, end, length=1000.0):
    """Return flow q at the exit, density k and mean speed v = q / k of a link between two moments (Edie 1963)."""
    passages = on(result, link_id)
    left = passages["left"].fillna(np.inf)
    present = (left.clip(upper=end) - passages["entered"].clip(lower=begin)).clip(lower=0).sum()
    flow = left.between(begin, end, inclusive="left").sum() / (end - begin)
    density = present / ((end - begin) * length)
    return flow, density, flow / density


def entries(result, link_id, begin, end, trip_ids=None):
    """Return the flow into a link between two moments; of some trips alone if they are given."""
    passages = on(result, link_id)
    if trip_ids is not None:
        passages = passages[passages["trip_id"].isin(trip_ids)]
    return passages["entered"].between(begin, end, inclusive="left").sum() / (end - begin)


def fixed_time(*windows, cycle, offset=0.0, amber=0.0, loss=0.0, permitted=()):
    """Return signals of one plan each.

    Windows are (in_link, out_link, start, length) or with an own offset behind; permitted are some (in_link, out_link).
    """
    plans = [(str(n), cycle, window[4] if len(window) > 4 else offset) for n, window in enumerate(windows)]
    greens = [(str(n), *window[:4], window[:2] in permitted) for n, window in enumerate(windows)]
    return Signals(
        pd.DataFrame(plans, columns=["signal_id", "cycle", "offset"]).assign(amber=amber, startup_loss=loss),
        pd.DataFrame(greens, columns=["signal_id", "in_link", "out_link", "start", "length", "permitted"]),
    )


def giving_way(roads, *rows, gap=4.5, follow_up=2.5):
    """Return roads where turns yield: rows are (in_link, out_link, major_in, major_out)."""
    turns = roads.turns.assign(critical_gap=gap, follow_up=follow_up)
    yields = pd.DataFrame(rows, columns=["in_link", "out_link", "major_in", "major_out"])
    return Network(roads.nodes, roads.links, lane_groups=roads.lane_groups, turns=turns, yields=yields)


def poisson(rate, count, *, seed):
    """Return departures [s] with exponential headways."""
    return np.random.default_rng(seed).exponential(1 / rate, count).cumsum()


def places(*rows):
    """Return places with bays: rows are (place_id, node_id, bays, entry_storage)."""
    bays = pd.DataFrame([(name, "dock", *rest) for name, *rest in rows], columns=list(BAY_COLUMNS))
    return replace(no_places(), bays=bays)


def classes(**changed):
    """Return the classes of vehicles with other numbers: classes(truck={"speed": 0.8})."""
    table = CLASSES.set_index("vehicle_class")
    for name, values in changed.items():
        for column, value in values.items():
            table.loc[name, column] = value
    return table.reset_index()
