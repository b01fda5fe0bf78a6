"""Town: an extract of OpenStreetMap made to live."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from twin.build.buses import with_buses
from twin.build.ends import Ends, Flow, ends, flows, pairs
from twin.build.fitting import signals_and_total
from twin.demand import Demand
from twin.demand.day import Timetable, Window, total_for, window
from twin.junctions import with_right_of_way
from twin.network import Network
from twin.osm import Extract
from twin.scenario import Scenario
from twin.simulate.drive import Progress
from twin.turning import with_turning
from twin.units import MS

JITTER = 300.0
"""How much earlier or later a trip may depart on any one day [s] (a guess)."""

MORNING = ("06:30", "09:30")
"""The hours that are driven where nobody asks for others: a planner's question is answered fast, and the peak is in
them."""

_MET, _SPREAD, _TIMED = 0.3, 0.5, 0.9  # shares of the time when right of way, flows and signals are known


class Wishes(NamedTuple):
    """What one wishes of a town's traffic; see ``twin.read_osm``."""

    load: float
    total: int | None
    hours: tuple[str, str]
    buses: bool
    seed: int


def town_of_extract(
    extract: Extract, wishes: Wishes, *, name: str, about: Mapping[str, str], progress: Progress
) -> Scenario:
    """Make a town of what OpenStreetMap has.

    Parameters
    ----------
    extract : Extract
    wishes : Wishes
    name : str
    about : mapping of str to str
        What the provenance says beside the extract's own.
    progress : callable
        Called between the steps of the work with the share that is done (0 to 1); whatever it raises stops it.
    """
    part, seed = window(wishes.hours), wishes.seed
    signal_of_node = dict(zip(extract.signal_hints["node_id"], extract.signal_hints["signal_id"], strict=True))
    signs = dict(zip(extract.signs["link_id"], extract.signs["sign"], strict=True))
    network = with_turning(extract.network, left_hand=extract.left_hand)
    network = with_right_of_way(network, signs, signal_of_node=signal_of_node, left_hand=extract.left_hand)
    progress(_MET)
    town = ends(network, extract.places, extract.edges)
    found = flows(town)
    progress(_SPREAD)
    table = np.stack([flow.rates for flow in found])
    signals, of_day = signals_and_total(
        network,
        signal_of_node,
        town=town,
        flows=found,
        load=wishes.load,
        total=None if wishes.total is None else total_for(table, wishes.total, part),
        seed=seed,
    )
    progress(_TIMED)
    made = Scenario(
        network,
        _demand(network, town, found, Timetable(table, of_day), part, seed=seed),
        signals,
        extract.places,
        name=name,
        departure_jitter=JITTER,
        provenance={**extract.source, **about},
    )
    return with_buses(made, extract.bus_lines, part) if wishes.buses else made


def _demand(network: Network, town: Ends, found: list[Flow], day: Timetable, part: Window, *, seed: int) -> Demand:
    ids, departure, flow = day.trips(part, seed=seed)
    rows = pairs(town, found, ids, flow, seed=seed)
    node_id = network.nodes["node_id"].to_numpy()
    return Demand(
        pd.DataFrame(
            {
                "trip_id": ids,
                "origin": node_id[rows[:, 0]],
                "destination": node_id[rows[:, 1]],
                "departure": departure / MS,
                "purpose": np.array([one.purpose for one in found], dtype=object)[flow],
            }
        ),
        synthetic=True,
    )
