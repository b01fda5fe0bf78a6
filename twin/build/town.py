"""Town: an extract of OpenStreetMap made to live."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from twin.build.ends import Ends, Flow, ends, flows, pairs
from twin.build.fitting import LOAD, signals_and_total
from twin.demand import Demand
from twin.demand.day import Timetable, Window, total_for, window
from twin.errors import BadSource
from twin.junctions import with_right_of_way
from twin.network import Network
from twin.osm import read
from twin.scenario import Scenario
from twin.simulate.drive import Progress
from twin.simulate.warm import warm_in_background
from twin.turning import with_turning
from twin.units import MS

JITTER = 300.0
"""How much earlier or later a trip may depart on any one day [s] (a guess)."""

MORNING = ("06:30", "09:30")
"""The hours that are driven where nobody asks for others: a planner's question is answered fast, and the peak is in
them."""

_MOST_TRIPS = 10_000_000
_READ, _MET, _SPREAD, _TIMED = 0.4, 0.6, 0.7, 0.95  # shares of the time when roads, right of way ... are known


def read_osm(
    source: str | Path,
    *,
    load: float = LOAD,
    total: int | None = None,
    hours: tuple[str, str] = MORNING,
    seed: int = 0,
    progress: Progress | None = None,
) -> Scenario:
    """Make a living town from an OpenStreetMap extract.

    Parameters
    ----------
    source : str or Path
        An .osm, .osm.gz, .osm.bz2 or .osm.pbf file.
    load : float
        How full the busiest 5 % of lane groups are in the busiest hour of the day (flow / capacity), unless one of them
        would be more than OUTLIER times as full: scales the synthetic demand.
    total : int, optional
        The number of trips within the hours, where it is known; then the load follows.
    hours : tuple of str
        The part of the day that is made: the morning, ``("06:30", "09:30")``, unless told otherwise, so that answers
        come fast; ``("00:00", "24:00")`` is the whole day. A morning is the part of the day with the same load and
        seed: the same trips under the same numbers, the same signals.
    seed : int
        Draws who goes where and when.
    progress : callable, optional
        Called between the steps of the work with the share that is done (0 to 1); whatever it raises stops it
        (``twin.errors.Cancelled`` by custom).

    Returns
    -------
    Scenario
        With synthetic demand of a working day (``twin.demand.day``: work, school, shopping, other, the ways back, and
        through traffic) and inferred signal plans, both marked so; every guess is a row of ``scenario.network.notes``.

    Raises
    ------
    BadSource
        If there is no such file or it holds no roads to drive on; the text says what to use instead.
    BadTable
        If the hours are no part of a day.
    """
    if not 0 < load < np.inf:
        raise BadSource(f"load = {load} must be above 0: how full the busiest lane groups are")
    if total is not None and not 1 <= total <= _MOST_TRIPS:
        raise BadSource(f"total = {total} must be a number of trips from 1 to {_MOST_TRIPS}")
    part = window(hours)
    warm_in_background()  # the engine is compiled while the extract is read
    tell = progress or (lambda _: None)
    extract = read(source, progress=lambda share: tell(share * _READ))
    tell(_READ)
    signal_of_node = dict(zip(extract.signal_hints["node_id"], extract.signal_hints["signal_id"], strict=True))
    signs = dict(zip(extract.signs["link_id"], extract.signs["sign"], strict=True))
    network = with_turning(extract.network, left_hand=extract.left_hand)
    network = with_right_of_way(network, signs, signal_of_node=signal_of_node, left_hand=extract.left_hand)
    tell(_MET)
    town = ends(network, extract.places, extract.edges)
    found = flows(town)
    tell(_SPREAD)
    table = np.stack([flow.rates for flow in found])
    signals, of_day = signals_and_total(
        network,
        signal_of_node,
        town=town,
        flows=found,
        load=load,
        total=None if total is None else total_for(table, total, part),
        seed=seed,
    )
    tell(_TIMED)
    made = Scenario(
        network,
        _demand(network, town, found, Timetable(table, of_day), part, seed=seed),
        signals,
        extract.places,
        name=Path(source).name.split(".")[0],
        departure_jitter=JITTER,
        provenance=dict(extract.source),
    )
    tell(1.0)
    return made


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
