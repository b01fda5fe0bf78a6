"""Inferred: Webster's plan where nobody knows the real one."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from twin.network import DEGREE, Network, Rows
from twin.signals.plans import AMBER_USED, Signals, no_signals
from twin.units import HOUR

Floats = npt.NDArray[np.float64]

AMBER, ALL_RED, STARTUP_LOSS = 3.0, 1.0, 2.0
"""Seconds of amber and all-red behind each green of inferred plans, and seconds lost in starting up: usual values in
streets, and the Highway Capacity Manual 2010, ch. 18."""

LOST_TIME = AMBER + ALL_RED + STARTUP_LOSS - AMBER_USED
"""Seconds of each phase in which nobody drives. What is lost in starting up is won back in the amber, so that Webster's
effective greens are the greens that are shown."""

HEAVY = 50_000.0, 90_000.0, 110_000.0
"""Left turns with a lane of their own get a phase of their own if left turns an hour x opposite vehicles an hour are
more than this, with one, two, and more lanes opposite: Highway Capacity Manual 2000, ch. 10 and 16 (cross product)."""

SHORTEST_CYCLE, LONGEST_CYCLE, SHORTEST_GREEN = 20.0, 120.0, 7.0
"""Limits of inferred plans [s]. Seven seconds are the least in which people on foot see green and set out (Manual on
Uniform Traffic Control Devices, 4E.06)."""

WALKING, LANE_WIDTH = 1.07, 3.5
"""Speed [m/s] at which people clear a crossing (3.5 feet a second, the same manual), and the width [m] of a lane that
they cross: a usual one in streets."""

_PHASES = 4  # left turns of the main road, the main road, left turns of the others, the others
_LEAST_LOAD = 1e-6
_MOST_LOAD = 0.95  # Webster's formula has no answer at 1
_ROUNDING = 1e-9


def webster(loads: Floats, shortest: Floats | float = SHORTEST_GREEN) -> tuple[float, Floats]:
    """Return Webster's cycle and greens for the phases of a junction.

    Parameters
    ----------
    loads : array, shape (n_phase,)
        Flow / saturation flow of the busiest turn of each phase.
    shortest : array, shape (n_phase,), or float [s]
        The least green of each phase, in whole seconds.

    Returns
    -------
    cycle : float [s]
        (1.5 L + 5) / (1 - Y) with L the sum of lost times, in whole seconds between 20 and 120, or longer if the
        shortest greens need more.
    greens : array, shape (n_phase,) [s]
        Effective greens in proportion to the loads, whole seconds, at least the shortest; with the lost times they
        fill the cycle.

    References
    ----------
    .. [1] Webster, F. V. (1958). Traffic signal settings. Road Research Technical Paper 39.

    Examples
    --------
    >>> webster(np.array([0.4, 0.1]))
    (34.0, array([19.,  7.]))
    """
    lost = LOST_TIME * len(loads)
    shortest = np.broadcast_to(shortest, len(loads))
    best = (1.5 * lost + 5.0) / (1.0 - min(float(loads.sum()), _MOST_LOAD))
    least = lost + shortest.sum()
    cycle = float(np.rint(np.clip(best, max(SHORTEST_CYCLE, least), max(LONGEST_CYCLE, least))))
    shares = np.maximum(loads, _LEAST_LOAD)
    short = np.zeros(len(loads), bool)
    while True:  # who would get too little gets the shortest green, and the others share what is left
        rest = cycle - lost - shortest[short].sum()
        greens = np.where(short, shortest, np.floor(rest * shares / shares[~short].sum() + _ROUNDING))
        if (greens >= shortest).all():
            break
        short |= greens < shortest
    greens[np.argmax(greens)] += cycle - lost - greens.sum()
    return cycle, greens


def infer_plans(network: Network, signal_of_node: Mapping[str, str], flows: Floats) -> Signals:
    """Make fixed-time plans for junctions that have signals but no known plan.

    Parameters
    ----------
    network : Network
    signal_of_node : mapping of node_id to signal_id
        Nodes with the same signal_id are one junction; the short links between them are never held.
    flows : array, shape (n_turn,) [PCU/s]
        Expected flow of each turn.

    Returns
    -------
    Signals
        All marked as inferred. The main road (most capacity) and what lies within 45 degrees of its axis is one phase,
        all other approaches are another; where there are no others, that one is for people on foot. A turn is permitted
        only while one to which it yields is green too. Left turns with a lane of their own that are too many for that
        (see HEAVY) get a phase before their road's, and so do those that face them if they have a lane too. The green
        of a road is long enough to walk across the other one. Offsets are 0.
    """
    arms = _arms(network, signal_of_node)
    if arms.empty:
        return no_signals()
    turns = _held(network, arms, flows)
    phases = turns.pivot_table(index="signal_id", columns="phase", values="load", aggfunc="max")
    phases = phases.reindex(columns=range(_PHASES))
    main, rest = _PHASES // 2 - 1, _PHASES - 1
    on_foot = phases[rest].isna()
    phases[rest] = phases[rest].where(~on_foot, _load_on_foot(phases[main]))
    shortest = _shortest_greens(network, arms).reindex(phases.index)
    both = zip(phases.to_numpy(np.float64), shortest.to_numpy(np.float64), strict=True)
    plans = [_plan(loads, least) for loads, least in both]
    starts, lengths = (np.stack([plan[part] for plan in plans]) for part in (1, 2))
    row = phases.index.get_indexer(pd.Index(turns["signal_id"]))
    turns["start"], turns["length"] = starts[row, turns["phase"]], lengths[row, turns["phase"]]
    table = pd.DataFrame({"signal_id": phases.index, "cycle": [plan[0] for plan in plans]})
    return Signals(
        table.assign(offset=0.0, amber=AMBER, startup_loss=STARTUP_LOSS, inferred=True),
        turns[["signal_id", "in_link", "out_link", "start", "length", "permitted"]],
    )


def _plan(loads: Floats, shortest: Floats) -> tuple[float, Floats, Floats]:
    """Return the cycle, and the starts and lengths of the phases that there are (a load of nan: there is none) [s]."""
    there = ~np.isnan(loads)
    cycle, greens = webster(loads[there], shortest[there])
    starts, lengths = np.full((2, len(loads)), np.nan)
    starts[there] = np.cumsum(greens + LOST_TIME) - greens - LOST_TIME
    lengths[there] = greens
    return cycle, starts, lengths


def _held(network: Network, arms: pd.DataFrame, flows: Floats) -> pd.DataFrame:
    """Return the turns that signals hold, with signal, phase, load, and whether they are permitted only."""
    turns = network.turns[["in_link", "out_link", "kind"]].assign(group=network.group_of_turn)
    turns["load"] = network.turn_loads(flows)
    group_flows = np.bincount(turns["group"], flows, len(network.lane_groups)).astype(np.float64)
    axis = turns["in_link"].map(arms.set_index("in_link")["axis"])
    signal = turns["in_link"].map(arms.set_index("in_link")["signal_id"])
    minor, major = network.yielding_turns
    together = ((signal[minor].to_numpy() == signal[major]) & (axis[minor].to_numpy() == axis[major])).to_numpy()
    minor, major = minor[together], major[together]
    turns["permitted"] = np.isin(np.arange(len(turns)), minor)
    alone = (turns["permitted"] & (turns["kind"] != "through")).groupby(turns["group"]).transform("all").to_numpy()
    heavy = np.zeros(len(turns), np.bool_)
    heavy[alone] = _too_many(network, group_flows, minor, major)[alone]
    road = pd.MultiIndex.from_arrays([signal.fillna(""), axis.fillna(-1)])
    own_phase = alone & road.isin(road[heavy])
    turns["permitted"] &= ~own_phase
    turns["phase"] = (2 * axis + 1 - own_phase).fillna(-1).astype(int)
    return turns.assign(signal_id=signal)[signal.notna()]


def _too_many(network: Network, group_flows: Floats, minor: Rows, major: Rows) -> npt.NDArray[np.bool_]:
    """Return for each turn whether its lane group's flow x the flow to which it yields is more than HEAVY."""
    group = network.group_of_turn
    opposed = pd.DataFrame({"turn": minor, "group": group[major]}).drop_duplicates()
    opposed["flow"] = group_flows[opposed["group"]]
    opposed["lanes"] = network.lane_groups["lanes"].to_numpy()[opposed["group"]]
    against = opposed.groupby("turn")[["flow", "lanes"]].sum().reindex(range(len(group)), fill_value=0)
    limit = np.array(HEAVY)[np.clip(against["lanes"].to_numpy(np.int64), 1, len(HEAVY)) - 1]
    product = group_flows[group] * HOUR * against["flow"].to_numpy(np.float64) * HOUR
    many: npt.NDArray[np.bool_] = product > limit
    return many


def _arms(network: Network, signal_of_node: Mapping[str, str]) -> pd.DataFrame:
    """Return the links that lead to signals, with the axis in which each comes.

    Axis 0 is the main road (most capacity) and what lies within 45 degrees of it, axis 1 all other approaches.
    """
    links = network.links
    signal_to = links["to_node"].map(signal_of_node)
    outside = signal_to.notna() & (links["from_node"].map(signal_of_node) != signal_to)
    rows = links[outside]
    arms = pd.DataFrame({"in_link": rows["link_id"], "signal_id": signal_to[outside]})
    arms[["east", "north"]] = _headings(rows)
    arms["size"] = rows["capacity"] * rows["lanes"]
    arms = arms.sort_values(["signal_id", "size", "in_link"], ascending=[True, False, True])
    main = arms.groupby("signal_id")[["east", "north"]].transform("first")
    cross = main["east"] * arms["north"] - main["north"] * arms["east"]
    dot = main["east"] * arms["east"] + main["north"] * arms["north"]
    arms["axis"] = (cross.abs() > dot.abs()).astype(int)
    return arms[["in_link", "signal_id", "axis"]]


def _shortest_greens(network: Network, arms: pd.DataFrame) -> pd.DataFrame:
    """Return the least green [s] of each phase of each signal: people walk across a road while the other one is green.

    They set out while they see green and may clear the crossing in amber and all-red too. Where the directions of a
    road are drawn apart, they cross one at a time.
    """
    links = network.links.set_index("link_id")
    ends = links.loc[arms["in_link"], ["to_node", "from_node"]]
    back = links.groupby(["from_node", "to_node"])["lanes"].max().reindex(pd.MultiIndex.from_frame(ends), fill_value=0)
    towards = network.lane_groups.groupby("link_id")["lanes"].sum().loc[arms["in_link"]]
    lanes = arms.assign(lanes=towards.to_numpy() + back.to_numpy()).pivot_table("lanes", "signal_id", "axis", "max")
    across = lanes.reindex(columns=range(_PHASES // 2)) * LANE_WIDTH
    on_foot = (SHORTEST_GREEN + across / WALKING - AMBER - ALL_RED).clip(lower=SHORTEST_GREEN)
    greens = pd.DataFrame(SHORTEST_GREEN, index=lanes.index, columns=range(_PHASES))
    for axis, phase in enumerate(range(1, _PHASES, 2)):
        greens[phase] = np.ceil(on_foot[1 - axis].fillna(SHORTEST_GREEN))
    return greens


def _load_on_foot(load: pd.Series) -> pd.Series:
    """Return the load that gives people on foot a quarter of the green, or more where the road is quiet."""
    return (load / 3).clip(lower=0.1)


def _headings(links: gpd.GeoDataFrame) -> npt.NDArray[np.int64]:
    """Return in which direction, east and north, each link arrives : array, shape (n_link, 2); whole numbers."""
    if links.empty:
        return np.zeros((0, 2), np.int64)
    end, before = (shapely.get_coordinates(shapely.get_point(links.geometry.to_numpy(), at)) for at in (-1, -2))
    whole = np.rint(end / DEGREE).astype(np.int64) - np.rint(before / DEGREE).astype(np.int64)
    squeeze = round(100 * np.cos(np.radians(np.rint(end[:, 1].mean()))))  # degrees of longitude are shorter
    headings: npt.NDArray[np.int64] = whole * np.array([squeeze, 100])
    return headings
