"""Phases: which turns of a controlled junction are green together, in which order."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.errors import BadTable

PHASE_COLUMNS = ("signal_id", "phase", "in_link", "out_link")

_TURN = ["in_link", "out_link"]


def no_phases() -> pd.DataFrame:
    """Return an empty table of phases."""
    return checked_phases(pd.DataFrame({column: pd.Series(dtype=object) for column in PHASE_COLUMNS}))


def checked_phases(given: pd.DataFrame) -> pd.DataFrame:
    """Return a table of phases with ids as texts, sorted.

    Parameters
    ----------
    given : DataFrame
        See ``twin.signals.Signals``.

    Raises
    ------
    BadTable
        If a column is missing, phases of a signal are not numbered 0, 1, ..., a turn is in more than one signal, or a
        row occurs twice.
    """
    missing = [column for column in PHASE_COLUMNS if column not in given or given[column].isna().any()]
    if missing:
        raise BadTable(f"table phases lacks {missing[0]!r}: every row needs {', '.join(PHASE_COLUMNS)}")
    phases = pd.DataFrame({column: given[column].astype(str) for column in ("signal_id", *_TURN)})
    phases["phase"] = _whole(given)
    phases["permitted"] = given["permitted"].astype(bool) if "permitted" in given else False
    phases = phases[[*PHASE_COLUMNS, "permitted"]].sort_values(list(PHASE_COLUMNS)).reset_index(drop=True)
    twice = phases[phases.duplicated(list(PHASE_COLUMNS))]
    shared = phases[phases.groupby(_TURN)["signal_id"].transform("nunique") > 1]
    for wrong, why in ((twice, "is there twice: keep one row"), (shared, "is in more than one signal: keep it in one")):
        if len(wrong):
            turn = wrong.iloc[0]
            raise BadTable(
                f"table phases, signal_id {turn['signal_id']!r}, phase {turn['phase']}: the turn {turn['in_link']} to "
                f"{turn['out_link']} {why}"
            )
    for signal, numbers in phases.groupby("signal_id")["phase"]:
        if sorted(set(numbers)) != list(range(numbers.nunique())):
            raise BadTable(f"table phases, signal_id {signal!r}: phases must be numbered 0, 1, ... without a gap")
    return phases


def _whole(given: pd.DataFrame) -> npt.NDArray[np.int64]:
    numbers = pd.to_numeric(given["phase"], errors="coerce").to_numpy(np.float64)
    wrong = np.flatnonzero(~(numbers % 1 == 0))
    if len(wrong):
        raise BadTable(f"table phases: phase = {given['phase'].iloc[wrong[0]]!r} is not a whole number")
    return numbers.astype(np.int64)


def phases_of_greens(greens: pd.DataFrame, plans: pd.DataFrame) -> pd.DataFrame:
    """Return the phases of fixed-time plans: the sets of turns that are green together, in order of the cycle.

    Where greens begin or end one after another only the largest sets count: one that is a part of the set before or
    behind it is no phase.

    Parameters
    ----------
    greens, plans : DataFrame
        As in ``twin.signals.Signals``.
    """
    cycle = plans.set_index("signal_id")["cycle"]
    rows: list[tuple[str, int, str, str, bool]] = []
    for signal, own in greens.groupby("signal_id"):
        sets = _distinct([_lit(own, moment, cycle[signal]) for moment in sorted(set(own["start"]))])
        rows += [(str(signal), phase, *turn) for phase, turns in enumerate(sets) for turn in sorted(turns)]
    return pd.DataFrame(rows, columns=[*PHASE_COLUMNS, "permitted"])


_Lit = frozenset[tuple[str, str, bool]]


def _lit(greens: pd.DataFrame, moment: float, cycle: float) -> _Lit:
    """Return the turns that are green at a moment of the cycle, and whether they are permitted only."""
    lit = greens[(moment - greens["start"]) % cycle < greens["length"]]
    return frozenset(zip(lit["in_link"], lit["out_link"], lit["permitted"].tolist(), strict=True))


def _distinct(sets: list[_Lit]) -> list[_Lit]:
    """Leave out sets that are a part of the one before or behind (the first follows the last)."""
    kept = [one for number, one in enumerate(sets) if one and one != sets[number - 1]] or sets[:1]
    return [
        one
        for number, one in enumerate(kept)
        if not (len(kept) > 1 and (one < kept[number - 1] or one < kept[(number + 1) % len(kept)]))
    ]
