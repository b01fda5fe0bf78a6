"""Plans: fixed-time plans as green windows a turn, and which junctions a controller holds instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from twin.errors import BadTable
from twin.fingerprint import fingerprint
from twin.network import in_steps
from twin.signals.control import Controller, checked_controllers, controller_texts
from twin.signals.phases import checked_phases, no_phases, phases_of_greens
from twin.units import MS

AMBER_USED = 2.0
"""Seconds of amber in which vehicles still drive: extension of effective green, Highway Capacity Manual 2010 ch. 18."""

LONGEST_PLAN = 86_400.0
"""Seconds that a cycle, an offset or a window may have at the most: a day."""

_MOST_LOST = 60.0

GREEN_COLUMNS = ("signal_id", "in_link", "out_link", "start", "length")


@dataclass(frozen=True, eq=False, init=False, repr=False)
class Signals:
    """Fixed-time plans, and controllers that choose the greens of a junction while it runs.

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
    phases : DataFrame, optional
        ``signal_id``, ``phase`` (0, 1, ...), ``in_link``, ``out_link``: turns that a controller lets go together;
        optional ``permitted``. A turn of several phases stays green from one to the next; one of all phases is never
        held.
    controllers : mapping of signal_id to controller, optional
        See ``twin.signals.control``. The plan of such a junction rests: its greens are not used, of its row in plans
        the start-up loss alone.

    Raises
    ------
    BadTable
        If a plan has an impossible cycle, a green window does not fit its cycle or overlaps another, or a controller
        has no phases.
    """

    plans: pd.DataFrame
    greens: pd.DataFrame
    phases: pd.DataFrame
    controllers: Mapping[str, Controller]

    def __init__(
        self,
        plans: pd.DataFrame,
        greens: pd.DataFrame,
        *,
        phases: pd.DataFrame | None = None,
        controllers: Mapping[str, Controller] | None = None,
    ) -> None:
        object.__setattr__(self, "plans", _checked_plans(plans))
        object.__setattr__(self, "greens", _checked_greens(greens, self.plans))
        object.__setattr__(self, "phases", no_phases() if phases is None else checked_phases(phases))
        object.__setattr__(self, "controllers", checked_controllers(controllers, self.phases))
        _check_held_once(self)

    def __repr__(self) -> str:
        controlled = f", {len(self.controllers)} junctions controlled" if self.controllers else ""
        return f"Signals({len(self.plans)} plans, {int(self.plans['inferred'].sum())} of them inferred{controlled})"

    def controlled(self, controllers: Mapping[str, Controller], *, phases: pd.DataFrame | None = None) -> Signals:
        """Return these signals with junctions given to controllers.

        Parameters
        ----------
        controllers : mapping of signal_id to controller
            Those of other junctions stay as they are.
        phases : DataFrame, optional
            Of these junctions; default: what is green together in their plans.
        """
        new = set(map(str, controllers))
        own = phases_of_greens(self.greens[self.greens["signal_id"].isin(new)], self.plans)
        kept = self.phases[~self.phases["signal_id"].isin(new)]
        table = pd.concat([kept, own if phases is None else phases], ignore_index=True) if len(kept) else phases
        return Signals(
            self.plans, self.greens, phases=own if table is None else table,
            controllers={**self.controllers, **controllers},
        )  # fmt: skip

    @cached_property
    def fixed(self) -> Signals:
        """The plans of all junctions that no controller holds."""
        if not self.controllers:
            return self
        return Signals(self.plans, self.greens[~self.greens["signal_id"].isin(self.controllers)])

    @cached_property
    def fingerprint(self) -> str:
        """Fingerprint of the plans: ids and integer milliseconds."""
        times = [in_steps(self.plans[column], MS) for column in ("cycle", "offset")]
        windows = [in_steps(self.greens[column], MS) for column in ("start", "length")]
        texts = [self.greens[column] for column in ("signal_id", "in_link", "out_link")]
        lost = [in_steps(self.plans[column], MS) for column in ("amber", "startup_loss")]
        permitted = self.greens["permitted"].to_numpy(np.bool_)
        phases = [self.phases[column] for column in self.phases] if self.controllers else []
        controllers = controller_texts(self.controllers)
        return fingerprint([self.plans["signal_id"], *times, *lost, *texts, *windows, permitted, *phases, *controllers])


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
                f"table plans, signal_id {row['signal_id']!r}: {column} = {row[column]} must be 0 to {_MOST_LOST} s"
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
    cycle = cycles_of(table, plans)
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
    following = following_starts(table, cycles_of(table, plans))
    overlaps = table[table["start"] + table["length"] > following + 1e-9]
    if len(overlaps):
        row = overlaps.iloc[0]
        raise BadTable(
            f"table greens, signal_id {row['signal_id']!r}, turn {row['in_link']} to {row['out_link']}: the green from "
            f"{row['start']} s on runs into the next one; join them"
        )
    return table


def cycles_of(greens: pd.DataFrame, plans: pd.DataFrame) -> pd.Series:
    """Return the cycle of the plan that each green window belongs to [s]; missing where there is no such plan."""
    return greens["signal_id"].map(plans.set_index("signal_id")["cycle"]).astype(float)


def following_starts(greens: pd.DataFrame, cycle: pd.Series) -> pd.Series:
    """Return when the turn's next green window begins, after each window [s]; greens are sorted by turn and start."""
    starts = greens.groupby(["in_link", "out_link"])["start"]
    return starts.shift(-1).fillna(starts.transform("first") + cycle)


def _check_held_once(signals: Signals) -> None:
    """Refuse a turn that a controller and another junction's plan would both hold."""
    phases = signals.phases[signals.phases["signal_id"].isin(signals.controllers)]
    both = signals.greens.merge(phases, on=["in_link", "out_link"], suffixes=("", "_controlled"))
    wrong = both[both["signal_id"] != both["signal_id_controlled"]]
    if len(wrong):
        turn = wrong.iloc[0]
        raise BadTable(
            f"table phases, signal_id {turn['signal_id_controlled']!r}: the turn {turn['in_link']} to "
            f"{turn['out_link']} is in the plan of {turn['signal_id']!r} too; keep it in one"
        )
