"""Signals: fixed-time plans as green windows a turn, and Webster's plan where nobody knows the real one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from twin.errors import BadTable
from twin.fingerprint import fingerprint
from twin.network import MICRO, Network, in_steps
from twin.units import MS

Floats = npt.NDArray[np.float64]

LOST_TIME = 4.0
"""Seconds of each phase in which nobody drives: amber, all-red and starting up."""

SHORTEST_CYCLE, LONGEST_CYCLE, SHORTEST_GREEN = 20.0, 120.0, 5.0
"""Limits of inferred plans [s]."""

AMBER_USED = 2.0
"""Seconds of amber in which vehicles still drive: extension of effective green, Highway Capacity Manual 2010, ch. 18."""

LONGEST_PLAN = 86_400.0
"""Seconds that a cycle, an offset or a window may have at the most: a day."""

_SAME_AXIS = 45.0  # degrees: approaches within this angle of the main road's axis share its phase
_MOST_LOST = 60.0
_LEAST_LOAD = 1e-6
_MOST_LOAD = 0.95  # Webster's formula has no answer at 1

GREEN_COLUMNS = ("signal_id", "in_link", "out_link", "start", "length")


@dataclass(frozen=True, eq=False, init=False, repr=False)
class Signals:
    """Fixed-time plans.

    Parameters
    ----------
    plans : DataFrame
        ``signal_id`` (str), ``cycle``, ``offset`` [s]; optional ``amber`` [s] (behind each green; 0), ``startup_loss``
        [s] (lost by those who stand when it turns green; 0), ``inferred`` (bool).
    greens : DataFrame
        ``signal_id``, ``in_link``, ``out_link``, ``start``, ``length`` [s]: the turn is green while
        (t - offset) mod cycle is in [start, start + length); several rows a turn are allowed. Optional ``permitted``
        (bool): the turn gives way as the network's table yields says (false: it is protected). Of the amber behind a
        green the first AMBER_USED seconds are driven in; of a permitted green those who still wait then clear the
        junction, protected. A turn without a row is never held.

    Raises
    ------
    BadTable
        If a plan has an impossible cycle, or a green window does not fit its cycle or overlaps another.
    """

    plans: pd.DataFrame
    greens: pd.DataFrame

    def __init__(self, plans: pd.DataFrame, greens: pd.DataFrame) -> None:
        object.__setattr__(self, "plans", _checked_plans(plans))
        object.__setattr__(self, "greens", _checked_greens(greens, self.plans))

    def __repr__(self) -> str:
        return f"Signals({len(self.plans)} plans, {int(self.plans['inferred'].sum())} of them inferred)"

    @cached_property
    def fingerprint(self) -> str:
        """Fingerprint of the plans: ids and integer milliseconds."""
        times = [in_steps(self.plans[column], MS) for column in ("cycle", "offset")]
        windows = [in_steps(self.greens[column], MS) for column in ("start", "length")]
        texts = [self.greens[column] for column in ("signal_id", "in_link", "out_link")]
        lost = [in_steps(self.plans[column], MS) for column in ("amber", "startup_loss")]
        return fingerprint(
            [self.plans["signal_id"], *times, *lost, *texts, *windows, self.greens["permitted"].to_numpy(np.bool_)]
        )


def no_signals() -> Signals:
    """Return an empty set of plans: every turn is free."""
    return Signals(
        pd.DataFrame({"signal_id": [], "cycle": [], "offset": []}),
        pd.DataFrame({column: [] for column in GREEN_COLUMNS}),
    )


def _checked_plans(table: pd.DataFrame) -> pd.DataFrame:
    plans = _copied(table, "plans", ("signal_id",), ("cycle", "offset"))
    wrong = plans[~plans["cycle"].between(1 / MS, LONGEST_PLAN)]
    if len(wrong):
        row = wrong.iloc[0]
        raise BadTable(
            f"table plans, signal_id {row['signal_id']!r}: a cycle of {row['cycle']} s is not possible: "
            "it must be between a millisecond and a day"
        )
    twice = plans[plans["signal_id"].duplicated()]
    if len(twice):
        raise BadTable(f"table plans: signal_id {twice['signal_id'].iloc[0]!r} occurs twice; keep one row")
    for column in ("amber", "startup_loss"):
        plans[column] = pd.to_numeric(table[column], errors="coerce").round(3) if column in table else 0.0
        wrong = plans[~plans[column].between(0, _MOST_LOST)]
        if len(wrong):
            row = wrong.iloc[0]
            raise BadTable(
                f"table plans, signal_id {row['signal_id']!r}: {column} = {row[column]} must be from 0 to {_MOST_LOST} s"
            )
    plans["offset"] = (in_steps(plans["offset"], MS) % in_steps(plans["cycle"], MS)) / MS
    plans["inferred"] = table["inferred"].astype(bool) if "inferred" in table else False
    return (
        plans[["signal_id", "cycle", "offset", "amber", "startup_loss", "inferred"]]
        .sort_values("signal_id")
        .reset_index(drop=True)
    )


def _copied(table: pd.DataFrame, name: str, texts: tuple[str, ...], times: tuple[str, ...]) -> pd.DataFrame:
    """Return a copy with ids as texts and times in whole milliseconds."""
    missing = [column for column in (*texts, *times) if column not in table]
    if missing:
        raise BadTable(f"table {name} lacks column {missing[0]!r}")
    copied = table.copy()
    for column in times:
        copied[column] = pd.to_numeric(table[column], errors="coerce").astype(float)
        wrong = table[~(copied[column].abs() <= LONGEST_PLAN)]
        if len(wrong):
            row = wrong.iloc[0]
            raise BadTable(
                f"table {name}, signal_id {row['signal_id']!r}: {column} = {row[column]} is not a time in seconds"
            )
        copied[column] = (copied[column] * MS).round() / MS
    for column in texts:
        if table[column].isna().any():
            raise BadTable(f"table {name}: a row has no {column}; give every row its id")
        copied[column] = table[column].astype(str)
    return copied


def _checked_greens(given: pd.DataFrame, plans: pd.DataFrame) -> pd.DataFrame:
    table = _copied(given, "greens", ("signal_id", "in_link", "out_link"), ("start", "length"))
    cycle = _cycles(table, plans)
    fits = cycle.notna() & table["start"].between(0, cycle, inclusive="left") & (table["length"] >= 1 / MS)
    wrong = table[~(fits & (table["length"] <= cycle))]
    if len(wrong):
        row = wrong.iloc[0]
        raise BadTable(
            f"table greens, signal_id {row['signal_id']!r}, turn {row['in_link']} to {row['out_link']}: a green of "
            f"{row['length']} s from {row['start']} s on does not fit the plan's cycle (is the plan in table plans?)"
        )
    plans_of_turn = table.groupby(["in_link", "out_link"])["signal_id"].nunique()
    if (plans_of_turn > 1).any():
        into, out = plans_of_turn.index[int(np.argmax(plans_of_turn > 1))]
        raise BadTable(f"table greens: the turn {into} to {out} is in more than one plan; keep it in one")
    table["permitted"] = given["permitted"].astype(bool) if "permitted" in given else False
    table = table[[*GREEN_COLUMNS, "permitted"]].sort_values(["in_link", "out_link", "start"]).reset_index(drop=True)
    following = _following(table, _cycles(table, plans))
    overlaps = table[table["start"] + table["length"] > following + 1e-9]
    if len(overlaps):
        row = overlaps.iloc[0]
        raise BadTable(
            f"table greens, signal_id {row['signal_id']!r}, turn {row['in_link']} to {row['out_link']}: the green from "
            f"{row['start']} s on runs into the next one; join them"
        )
    return table


def _cycles(greens: pd.DataFrame, plans: pd.DataFrame) -> pd.Series:
    """Return the cycle of the plan that each green window belongs to [s]; missing where there is no such plan."""
    return greens["signal_id"].map(plans.set_index("signal_id")["cycle"]).astype(float)


def green_shares(signals: Signals, network: Network) -> Floats:
    """Return the share of time that each turn is green : array, shape (n_turn,); 1 where nothing holds it."""
    cycle = _cycles(signals.greens, signals.plans)
    share = (signals.greens["length"] / cycle).groupby([signals.greens["in_link"], signals.greens["out_link"]]).sum()
    return _of_turns(share, network, otherwise=1.0)


def mean_waits(signals: Signals, network: Network) -> Floats:
    """Return the mean wait for green at each turn with nobody else there : array, shape (n_turn,) [s].

    A vehicle that comes at any moment of the cycle C with the same chance waits Σ r² / (2 C), r being the reds.
    """
    greens = signals.greens
    cycle = _cycles(greens, signals.plans)
    turn = [greens["in_link"], greens["out_link"]]
    following = _following(greens, cycle)
    red = following - greens["start"] - greens["length"]
    return _of_turns((red**2 / (2 * cycle)).groupby(turn).sum(), network, otherwise=0.0)


def _following(greens: pd.DataFrame, cycle: pd.Series) -> pd.Series:
    """Return when the turn's next green window begins, after each window [s]; greens are sorted by turn and start."""
    starts = greens.groupby(["in_link", "out_link"])["start"]
    return starts.shift(-1).fillna(starts.transform("first") + cycle)


def _of_turns(values: pd.Series, network: Network, *, otherwise: float) -> Floats:
    if not len(values):
        return np.full(len(network.turns), otherwise)
    return values.reindex(network.turn_index).fillna(otherwise).to_numpy(np.float64)


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
