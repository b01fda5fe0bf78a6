"""Plans: fixed-time plans as green windows a turn, and what follows from them for a turn."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.errors import BadTable
from twin.fingerprint import fingerprint
from twin.network import Network, in_steps
from twin.units import MS

Floats = npt.NDArray[np.float64]

AMBER_USED = 2.0
"""Seconds of amber in which vehicles still drive: extension of effective green, Highway Capacity Manual 2010, ch. 18."""

LONGEST_PLAN = 86_400.0
"""Seconds that a cycle, an offset or a window may have at the most: a day."""

_MOST_LOST = 60.0

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
