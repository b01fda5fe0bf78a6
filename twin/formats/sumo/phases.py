"""Phases: green windows of turns as SUMO's programmes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.units import MS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    import pandas as pd

AMBER = 3.0
"""Seconds of amber behind a green where the plan does not say."""

RED, YELLOW, MINOR, MAJOR = "r", "y", "g", "G"


def program(cycle: float, amber: float, lights: Sequence[pd.DataFrame | None]) -> list[tuple[float, str]]:
    """Return the phases of a programme.

    Parameters
    ----------
    cycle, amber : float [s]
    lights : sequence of DataFrame
        For each light the green windows of its turn: ``start``, ``length`` [s], and ``permitted``.

    Returns
    -------
    list of (float [s], str)
        How long each phase lasts, and the letter of each light.
    """
    period = round(cycle * MS)
    cuts = {0, period}
    painted = []
    for windows in lights:
        spans = _spans(windows, period, round(amber * MS))
        cuts |= {time for begin, end, _ in spans for time in (begin, end)}
        painted.append(spans)
    times = sorted(cuts)
    states = ["".join(_at(spans, time) for spans in painted) for time in times[:-1]]
    return _joined(list(np.diff(times) / MS), states)


def _joined(seconds: list[float], states: list[str]) -> list[tuple[float, str]]:
    phases: list[tuple[float, str]] = []
    for length, state in zip(seconds, states, strict=True):
        if phases and phases[-1][1] == state:
            phases[-1] = (phases[-1][0] + float(length), state)
        else:
            phases.append((float(length), state))
    return phases


def _spans(windows: pd.DataFrame | None, period: int, amber: int) -> list[tuple[int, int, str]]:
    """Return what a light shows, as (from, to [ms], letter) within the cycle; later ones lie over earlier ones."""
    if windows is None:
        return [(0, period, MINOR)]
    starts = _ms(windows["start"])
    ends = starts + _ms(windows["length"])
    permitted = windows["permitted"].to_numpy(bool)
    spans = []
    for end in ends:
        spans += _wrapped(int(end), int(end) + amber, period, YELLOW)
    for begin, end, minor in zip(starts, ends, permitted, strict=True):
        spans += _wrapped(int(begin), int(end), period, MINOR if minor else MAJOR)
    return spans


def _ms(seconds: pd.Series) -> npt.NDArray[np.int64]:
    return (seconds.to_numpy(np.float64) * MS).round().astype(np.int64)


def _wrapped(begin: int, end: int, period: int, letter: str) -> list[tuple[int, int, str]]:
    """Return a span cut at the end of the cycle."""
    begin, end = begin % period, begin % period + min(end - begin, period)
    if end <= period:
        return [(begin, end, letter)]
    return [(begin, period, letter), (0, end - period, letter)]


def _at(spans: Sequence[tuple[int, int, str]], time: int) -> str:
    return next((letter for begin, end, letter in reversed(spans) if begin <= time < end), RED)
