"""Inferred: Webster's plan where nobody knows the real one."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from twin.network import MICRO, Network
from twin.signals.plans import Signals, no_signals

Floats = npt.NDArray[np.float64]

LOST_TIME = 4.0
"""Seconds of each phase in which nobody drives: amber, all-red and starting up."""

SHORTEST_CYCLE, LONGEST_CYCLE, SHORTEST_GREEN = 20.0, 120.0, 5.0
"""Limits of inferred plans [s]."""

_SAME_AXIS = 45.0  # degrees: approaches within this angle of the main road's axis share its phase
_LEAST_LOAD = 1e-6
_MOST_LOAD = 0.95  # Webster's formula has no answer at 1


def webster(loads: Floats) -> tuple[float, Floats]:
    """Return Webster's cycle and greens for the phases of a junction.

    Parameters
    ----------
    loads : array, shape (n_phase,)
        Flow / saturation flow of the busiest lane group of each phase.

    Returns
    -------
    cycle : float [s]
        (1.5 L + 5) / (1 - Y) with L the sum of lost times, in whole seconds between 20 and 120, or longer if the
        shortest greens need more.
    greens : array, shape (n_phase,) [s]
        Effective greens in proportion to the loads, whole seconds, at least 5 s; with the lost times they fill the
        cycle.

    References
    ----------
    .. [1] Webster, F. V. (1958). Traffic signal settings. Road Research Technical Paper 39.

    Examples
    --------
    >>> webster(np.array([0.4, 0.1]))
    (34.0, array([21.,  5.]))
    """
    lost = LOST_TIME * len(loads)
    best = (1.5 * lost + 5.0) / (1.0 - min(float(loads.sum()), _MOST_LOAD))
    least = lost + SHORTEST_GREEN * len(loads)
    cycle = float(np.rint(np.clip(best, max(SHORTEST_CYCLE, least), max(LONGEST_CYCLE, least))))
    shares = np.maximum(loads, _LEAST_LOAD)
    short = np.zeros(len(loads), bool)
    while True:  # who would get too little gets the shortest green, and the others share what is left
        rest = cycle - lost - SHORTEST_GREEN * short.sum()
        greens = np.where(short, SHORTEST_GREEN, np.floor(rest * shares / shares[~short].sum()))
        if (greens >= SHORTEST_GREEN).all():
            break
        short |= greens < SHORTEST_GREEN
    greens[np.argmax(greens)] += cycle - lost - greens.sum()
    return cycle, greens


def infer_plans(network: Network, signal_of_node: Mapping[str, str], group_flows: Floats) -> Signals:
    """Make fixed-time plans for junctions that have signals but no known plan.

    Parameters
    ----------
    network : Network
    signal_of_node : mapping of node_id to signal_id
        Nodes with the same signal_id are one junction; the short links between them are never held.
    group_flows : array, shape (n_lane_group,) [PCU/s]
        Expected flow out of each lane group.

    Returns
    -------
    Signals
        All marked as inferred. The main road (most capacity) and what lies on its axis is one phase, all other
        approaches are the second; where there are no others, the second is for people on foot. Offsets are 0.
    """
    arms = _arms(network, signal_of_node)
    if arms.empty:
        return no_signals()
    load = pd.Series(group_flows * MICRO / network.group_capacity).groupby(network.lane_groups["link_id"]).max()
    arms["load"] = load.loc[arms["in_link"]].to_numpy()
    loads = arms.pivot_table(index="signal_id", columns="phase", values="load", aggfunc="max").reindex(columns=[0, 1])
    on_foot = loads[1].isna()
    loads[1] = loads[1].where(~on_foot, _load_on_foot(loads[0]))
    plans = [webster(row) for row in loads.to_numpy(np.float64)]
    lengths = np.array([greens for _, greens in plans])
    starts = np.stack([np.zeros(len(plans)), lengths[:, 0] + LOST_TIME], axis=1)
    row = loads.index.get_indexer(pd.Index(arms["signal_id"]))
    arms["start"], arms["length"] = starts[row, arms["phase"]], lengths[row, arms["phase"]]
    cycles = pd.DataFrame({"signal_id": loads.index, "cycle": [cycle for cycle, _ in plans]})
    return Signals(
        cycles.assign(offset=0.0, inferred=True), arms.merge(network.turns[["in_link", "out_link"]], on="in_link")
    )


def _arms(network: Network, signal_of_node: Mapping[str, str]) -> pd.DataFrame:
    """Return the links that lead to signals, with the phase in which each is green.

    Phase 0 is the main road (most capacity) and what lies on its axis, phase 1 all other approaches.
    """
    links = network.links
    signal_to = links["to_node"].map(signal_of_node)
    outside = signal_to.notna() & (links["from_node"].map(signal_of_node) != signal_to)
    rows = links[outside]
    arms = pd.DataFrame({"in_link": rows["link_id"], "signal_id": signal_to[outside], "heading": _headings(rows)})
    arms["size"] = rows["capacity"] * rows["lanes"]
    arms = arms.sort_values(["signal_id", "size", "in_link"], ascending=[True, False, True])
    main = arms.groupby("signal_id")["heading"].transform("first")
    turned = ((arms["heading"] - main + 90.0) % 180.0 - 90.0).abs()
    arms["phase"] = (turned > _SAME_AXIS).astype(int)
    return arms.drop(columns=["heading", "size"])


def _load_on_foot(load: pd.Series) -> pd.Series:
    """Return the load that gives people on foot a quarter of the green, or more where the road is quiet."""
    return (load / 3).clip(lower=0.1)


def _headings(links: gpd.GeoDataFrame) -> Floats:
    """Return in which direction each link arrives : array, shape (n_link,) [degrees]."""
    end = shapely.get_coordinates(shapely.get_point(links.geometry.to_numpy(), -1))
    before = shapely.get_coordinates(shapely.get_point(links.geometry.to_numpy(), -2))
    east = (end[:, 0] - before[:, 0]) * np.cos(np.radians(end[:, 1]))
    headings: Floats = np.degrees(np.arctan2(end[:, 1] - before[:, 1], east))
    return headings
