"""Build: a town from its sources - streets and houses from OpenStreetMap, signals inferred, demand synthesised."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.demand import Demand, departures, gravity, whole_trips
from twin.errors import BadSource
from twin.junctions import gap_shares, with_right_of_way
from twin.network import Network, Rows
from twin.osm import Box, Extract, read
from twin.ragged import is_first
from twin.routing import FAR, fastest, times_between, ways
from twin.scenario import Scenario
from twin.signals import Signals, green_shares, infer_plans
from twin.simulate.drive import Progress
from twin.simulate.warm import warm_in_background
from twin.turning import with_turning
from twin.units import MS, time_of_day

Floats = npt.NDArray[np.float64]

LOAD = 0.7
"""Mean flow / capacity of the busiest 5 % of lane groups in the busiest hour, greens and gaps included: this one guess
decides every jam of a town whose traffic nobody counted. With nobody looking for a way around a queue, mean delay
indices of central Helsinki over six seeds are 1.31 at 0.4, 1.37 at 0.7, 1.41 at 0.8 and 3.3 at 0.9; those of Krems over
three are 1.29 at 0.7, and at 0.8 from 1.9 to 7.6; all arrive."""

OUTLIER = 2.0
"""No lane group may be fuller than this many times the load, or one side street that finds no gap would jam a town."""

OUTSIDE_ORIGINS, OUTSIDE_DESTINATIONS = 0.6, 0.4
"""Shares of morning trips that begin and end beyond the edge of the map (a guess; none where no road is cut)."""

DECAY = 600.0
"""Travel time over which the wish to go falls to 1 / e [s] (a guess; usual urban values are 5 to 15 minutes)."""

JITTER = 300.0
"""How much earlier or later a trip may depart on any one day [s] (a guess)."""

MORNING = [("06:30", 0.3), ("07:00", 0.7), ("07:30", 1.0), ("08:30", 0.7), ("09:00", 0.4)]
"""Relative rate of departures from each time on (a guess, after usual urban morning peaks)."""

MORNING_END = "09:30"

_SAMPLE = 20_000  # trips from which the loads of lane groups are estimated
_BUSIEST = 0.05
_MOST_TENS = 1_000_000
_FULLEST = 1e6
_READ, _MET, _TIMED = 0.4, 0.6, 0.95  # shares of the time when roads, right of way and signals are known


class Zones(NamedTuple):
    """Where trips begin and end.

    Parameters
    ----------
    node : array, shape (n_zone,)
        Rows of nodes.
    origins, destinations : array, shape (n_zone,)
        Relative numbers of trips.
    outside : array of bool, shape (n_zone,)
        True where a road leads off the map.
    """

    node: Rows
    origins: Floats
    destinations: Floats
    outside: npt.NDArray[np.bool_]


def read_osm(
    source: str | Path | Box,
    *,
    load: float = LOAD,
    total: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Scenario:
    """Make a living town from an OpenStreetMap extract.

    Parameters
    ----------
    source : str or Path
        An .osm, .osm.gz, .osm.bz2 or .osm.pbf file.
    load : float
        How full the busiest 5 % of lane groups are in the busiest hour (flow / capacity), unless one of them would be
        more than OUTLIER times as full: scales the synthetic demand.
    total : int, optional
        The number of trips of the morning, where it is known; then the load follows.
    seed : int
        Draws who goes where and when.
    progress : callable, optional
        Called between the steps of the work with the share that is done (0 to 1); whatever it raises stops it
        (``twin.errors.Cancelled`` by custom).

    Returns
    -------
    Scenario
        With synthetic demand of one morning and inferred signal plans, both marked so; every guess is a row of
        ``scenario.network.notes``.

    Raises
    ------
    BadSource
        If there is no such file or it holds no roads to drive on; the text says what to use instead.
    """
    if not 0 < load < np.inf:
        raise BadSource(f"load = {load} must be above 0: how full the busiest lane groups are")
    if total is not None and not 1 <= total <= _MOST_TENS * 10:
        raise BadSource(f"total = {total} must be a number of trips from 1 to {_MOST_TENS * 10}")
    warm_in_background()  # the engine is compiled while the extract is read
    tell = progress or (lambda _: None)
    extract = read(source, progress=lambda share: tell(share * _READ))
    tell(_READ)
    signal_of_node = dict(zip(extract.signal_hints["node_id"], extract.signal_hints["signal_id"], strict=True))
    signs = dict(zip(extract.signs["link_id"], extract.signs["sign"], strict=True))
    network = with_turning(extract.network, left_hand=extract.left_hand)
    network = with_right_of_way(network, signs, signal_of_node=signal_of_node, left_hand=extract.left_hand)
    tell(_MET)
    zones = _zones(extract)
    between = times_between(ways(network), zones.node)
    expected = gravity(
        zones.origins, zones.destinations, times=np.where(between == FAR, np.inf, between / MS), decay=DECAY
    )
    signals, total = _signals_and_total(
        network, signal_of_node, zones=zones, expected=expected, load=load, total=total, seed=seed
    )
    tell(_TIMED)
    made = Scenario(
        network,
        _demand(network, zones, expected, total, seed),
        signals,
        extract.places,
        name=extract.source["file"].split(".")[0],
        departure_jitter=JITTER,
        provenance=dict(extract.source),
    )
    tell(1.0)
    return made


def _zones(extract: Extract) -> Zones:
    """Weigh junctions by homes and jobs at them, and those at the edge by the roads that lead off the map."""
    network, sites, edges = extract.network, extract.places.sites, extract.edges
    row = network.node_rows(sites["node_id"])
    inside = row >= 0
    homes = _summed(row[inside], sites["homes"][inside], network.nodes)
    jobs = _summed(row[inside], sites["jobs"][inside], network.nodes)
    if not (homes.any() and jobs.any()):  # an extract without buildings: every junction is alike
        homes = jobs = np.ones(len(network.nodes))
    at_edge = network.node_rows(edges["node_id"])
    edge_in = _summed(at_edge, edges["lanes_in"], network.nodes)
    edge_out = _summed(at_edge, edges["lanes_out"], network.nodes)
    origins = _mixed(homes, edge_in, OUTSIDE_ORIGINS)
    destinations = _mixed(jobs, edge_out, OUTSIDE_DESTINATIONS)
    node = np.flatnonzero((origins > 0) | (destinations > 0))
    return Zones(node, origins[node], destinations[node], (edge_in + edge_out)[node] > 0)


def _summed(rows: Rows, values: pd.Series | Floats, table: pd.DataFrame) -> Floats:
    """Return the sum of values for each row of a table : array, shape (n_row,)."""
    sums: Floats = np.bincount(rows, np.asarray(values, np.float64), len(table)).astype(np.float64)
    return sums


def _mixed(inside: Floats, outside: Floats, share: float) -> Floats:
    """Return weights of which the given share lies outside, if there is an outside."""
    if not outside.any():
        share = 0.0
    mixed: Floats = inside / inside.sum() * (1 - share) + outside / max(outside.sum(), 1.0) * share
    return mixed


def _signals_and_total(
    network: Network,
    signal_of_node: dict[str, str],
    *,
    zones: Zones,
    expected: Floats,
    load: float,
    total: int | None,
    seed: int,
) -> tuple[Signals, int]:
    """Find plans that fit the flows, and how many trips fill the busiest lane groups to the load, if nobody says.

    Plans change the ways and the ways change the plans: three rounds, each from the plans of the last.
    """
    pairs = zones.node[whole_trips(expected, _SAMPLE, seed=seed)]
    signals = infer_plans(network, signal_of_node, np.zeros(len(network.turns)))
    found = 0
    for _ in range(3):
        flows = _turn_shares(network, signals, pairs) * _peak_rate()
        found = total or _total(network, signals, flows, load)
        signals = infer_plans(network, signal_of_node, flows * found)
    return signals, found


def _turn_shares(network: Network, signals: Signals, pairs: Rows) -> Floats:
    """Return how often an average trip makes each turn : array, shape (n_turn,)."""
    routes, _ = fastest(ways(network, signals), pairs)
    turns = routes.steps[~is_first(routes.start)]
    return np.bincount(turns, minlength=len(network.turns)) / len(pairs)


def _total(network: Network, signals: Signals, flows: Floats, load: float) -> int:
    """Return the number of trips at which the busiest lane groups are as full as wanted, in whole tens."""
    if not flows.any():
        return 10
    supply = Supply(network, signals)
    least, most = 0, _MOST_TENS
    while most - least > 1:  # gaps close as flows grow, so that loads grow faster than trips
        tens = (least + most) // 2
        full = supply.fullness(flows * tens * 10)
        busiest = np.sort(full)[-max(1, int(len(full) * _BUSIEST)) :]
        fits = busiest.mean() <= load and busiest[-1] <= OUTLIER * load
        least, most = (tens, most) if fits else (least, tens)
    return max(10, least * 10)


@dataclass(frozen=True)
class Supply:
    """What junctions can serve: lanes, greens, and who has to wait for a gap.

    Parameters
    ----------
    network : Network
    signals : Signals
    """

    network: Network
    signals: Signals

    def fullness(self, flows: Floats) -> Floats:
        """Return flow / capacity of each lane group : array, shape (n_lane_group,).

        Parameters
        ----------
        flows : array, shape (n_turn,) [PCU/s]
            Greens, the gaps that these flows leave to those who give way, and the lanes behind the junction are part of
            the capacity.
        """
        network, greens = self.network, self._greens
        minor, major, held = self._meeting
        against = _summed(minor, np.where(held, flows[major] / greens[major], flows[major]), network.turns)
        full = np.zeros(len(network.lane_groups))
        np.maximum.at(full, network.group_of_turn, network.turn_loads(flows / greens, gap_shares(network, against)))
        return np.minimum(full, _FULLEST)

    @cached_property
    def _greens(self) -> Floats:
        return green_shares(self.signals, self.network)

    @cached_property
    def _meeting(self) -> tuple[Rows, Rows, npt.NDArray[np.bool_]]:
        """The turns that yield, to which they do, and which of the former wait at a signal.

        At a signal only while it is permitted, and to those alone that are green at the same time.
        """
        minor, major = self.network.yielding_turns
        own = self.signals.greens.drop_duplicates(["in_link", "out_link"]).set_index(["in_link", "out_link"])
        own = own[["signal_id", "start", "length", "permitted"]].reindex(self.network.turn_index)
        start, end = own["start"].to_numpy(), (own["start"] + own["length"]).to_numpy()
        signal = own["signal_id"].to_numpy()
        held = own["signal_id"].notna().to_numpy()[minor]
        apart = (start[minor] >= end[major]) | (start[major] >= end[minor])
        waits = own["permitted"].eq(other=True).to_numpy()[minor] & ~(apart & (signal[minor] == signal[major]))
        meets = ~held | waits
        return minor[meets], major[meets], held[meets]


def _peak_rate() -> float:
    """Return the share of a morning's trips that depart in a second of its busiest hour [1/s]."""
    begins = [time_of_day(text) for text, _ in MORNING] + [time_of_day(MORNING_END)]
    amounts = np.diff(begins) * [rate for _, rate in MORNING]
    return float(max(rate for _, rate in MORNING) / amounts.sum())


def _demand(network: Network, zones: Zones, expected: Floats, total: int, seed: int) -> Demand:
    pairs = whole_trips(expected, total, seed=seed)
    profile = [(time_of_day(text), rate) for text, rate in MORNING]
    node_id = network.nodes["node_id"].to_numpy()
    through = zones.outside[pairs].all(axis=1)
    return Demand(
        pd.DataFrame(
            {
                "trip_id": np.arange(total),
                "origin": node_id[zones.node[pairs[:, 0]]],
                "destination": node_id[zones.node[pairs[:, 1]]],
                "departure": departures(total, profile, until=time_of_day(MORNING_END), seed=seed),
                "purpose": np.where(through, "through", "work"),
            }
        ),
        synthetic=True,
    )
