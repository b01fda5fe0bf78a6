"""Day: why people drive, and when - purposes with their shares of a working day, its 24 hours, and the way back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from twin.draws import below
from twin.errors import BadTable
from twin.units import DAY, HOUR, MINUTE, MS, clock, time_of_day

Longs = npt.NDArray[np.int64]

HOURS = 24
WHOLE = 1000
"""Profiles are kept in whole thousandths of a day's trips, so that every machine draws from the same integers."""


class Purpose(NamedTuple):
    """Why people drive: from where they live to where something is, and back.

    Parameters
    ----------
    name : str
    share : int
        Trips of this purpose in a thousand of those that begin or end in the town.
    decay : float [s]
        Travel time over which the wish to go falls to 1 / e.
    starts : tuple of int
        Of a thousand trips, those that depart in each hour, both ways together.
    outward : tuple of float
        Share of the trips of each hour that are on the way there; the others are on the way back.
    lures : mapping of str to float
        Columns of sites that draw people, and with which weight; each column counts as a whole.
    """

    name: str
    share: int
    decay: float
    starts: tuple[int, ...]
    outward: tuple[float, ...]
    lures: Mapping[str, float]


def thousandths(amounts: Sequence[float]) -> tuple[int, ...]:
    """Return amounts in thousandths of their sum, whole, and a thousand together (largest remainders).

    Examples
    --------
    >>> thousandths([1, 1, 1])
    (334, 333, 333)
    """
    exact = np.asarray(amounts, np.float64) * (WHOLE / np.sum(amounts))
    whole = np.floor(exact).astype(int)
    first = np.argsort(whole - exact, kind="stable")[: WHOLE - int(whole.sum())]
    whole[first] += 1
    return tuple(whole.tolist())


COMMUTING = (0, 0, 0, 0, 0, 3, 7, 16, 15, 4, 2, 2, 3, 3, 3, 4, 9, 15, 7, 2, 2, 1, 1, 1)
ESCORTING = (0, 0, 0, 0, 0, 0, 0, 3, 36, 7, 0, 2, 2, 1, 9, 33, 4, 2, 1, 0, 0, 0, 0, 0)
SHOPPING = (0, 0, 0, 0, 0, 0, 0, 1, 3, 8, 12, 13, 11, 9.5, 9.5, 8, 7, 6, 5, 4, 2, 1, 0, 0)
PERSONAL = (0, 0, 0, 0, 0, 0, 1, 4, 8, 8, 8, 8, 8, 7, 7, 8, 9, 8, 6, 4, 2, 2, 1, 1)
VISITING = (0, 0, 0, 0, 0, 0, 1, 1, 2, 4, 5, 6, 6, 6, 6, 8, 8, 9, 10, 10, 6, 5, 4, 3)
"""Percent of the trips of a purpose that depart in each hour from midnight on, Monday to Friday, in England: National
Travel Survey, trip start time by trip purpose (table NTS0502, NTS0503 in former years), of all means of transport and
rounded; taken from what others copied from the table, not from the file of the Department for Transport itself.
Escorting is taking children to school. The edition of 2025 is quoted with the same peaks: shopping 13.0 % from 11:00,
escorting 31.2 % from 15:00, commuting 13.6 % from 17:00."""

CARS = (4, 2, 2, 2, 5, 21, 54, 160, 273, 174, 146, 152, 151, 141, 155, 205, 213, 242, 188, 122, 74, 54, 37, 19)
"""Trips in progress by car drivers in each hour, Monday to Friday, 100 = the average of the week: the same survey."""

_NOON = tuple(1.0 if hour < HOURS // 2 else 0.0 for hour in range(HOURS))
_THERE_AND_BACK = (0.5,) * HOURS
_FALLING = tuple(min(max((22 - hour) / 16, 0.0), 1.0) for hour in range(HOURS))

PURPOSES = (
    Purpose("work", 240, 600.0, thousandths(COMMUTING), _NOON, {"jobs": 1.0}),
    Purpose("school", 70, 300.0, thousandths(ESCORTING), _THERE_AND_BACK, {"pupils": 1.0}),
    Purpose("shopping", 150, 400.0, thousandths(SHOPPING), _FALLING, {"visitors": 1.0}),
    Purpose(
        "other",
        540,
        500.0,
        thousandths([0.6 * a + 0.4 * b for a, b in zip(PERSONAL, VISITING, strict=True)]),
        _FALLING,
        {"homes": 1.0, "jobs": 1.0, "visitors": 1.0},
    ),
)
"""Guesses, all but the hours. *Shares*: so chosen that all purposes together depart as car drivers do (CARS) within 5 %
of the trips; Germans tell of 16 % of their trips that they lead to work, of 16 % to shops, on foot included (Mobilität
in Deutschland 2017). *Way there*: to work until noon and home after it, which puts 49 % of the commuting table on the
way there; whoever takes a child to school drives back at once; for the rest the share on the way there falls evenly
from all at 6:00 to none at 22:00. *Decay*: usual urban values are 5 to 15 minutes, school runs are short."""

BACK = "back from "
"""What the purpose of a way back begins with."""

NAMED = tuple(name for one in PURPOSES for name in (one.name, BACK + one.name))

THROUGH = 250
"""Trips through the town, from edge to edge, for each thousand that begin or end in it (a guess); they depart as CARS
do."""


def rates(purpose: Purpose) -> tuple[Longs, Longs]:
    """Return how many trips depart in each hour on the way there and back : two arrays, shape (24,), whole numbers."""
    starts, there = np.array(purpose.starts, np.int64), np.rint(np.array(purpose.outward) * WHOLE).astype(np.int64)
    return purpose.share * starts * there, purpose.share * starts * (WHOLE - there)


def through_rates() -> Longs:
    """Return how many trips through the town depart in each hour, in the same units : array, shape (24,)."""
    return THROUGH * np.array(thousandths(CARS), np.int64) * WHOLE


def rates_of(purpose: str) -> Longs:
    """Return how many trips of a purpose depart in each hour; of one that is not known here as cars do, all together.

    Parameters
    ----------
    purpose : str
        A purpose of a trip, as "work" or "back from work".
    """
    for one in PURPOSES:
        if purpose in {one.name, BACK + one.name}:
            return rates(one)[purpose != one.name]
    return through_rates()


def lures_of(purpose: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the columns of people by whom trips of a purpose spread where they begin, and where they end."""
    for one in PURPOSES:
        if purpose in {one.name, BACK + one.name}:
            there = ("homes",), tuple(one.lures)
            return there if purpose == one.name else there[::-1]
    return ("homes", "jobs"), ("homes", "jobs")


def drawn_departures(hourly: Longs, ids: Longs, *, seed: int) -> Longs:
    """Draw when trips depart in a day.

    Parameters
    ----------
    hourly : array, shape (24,)
        Departures in each hour.
    ids : array, shape (n_trip,)
    seed : int

    Returns
    -------
    array, shape (n_trip,) [ms after midnight]
    """
    ladder = np.cumsum(hourly)
    hour = np.searchsorted(ladder, below(seed, ids, purpose="hour", limit=int(ladder[-1])), side="right")
    departure: Longs = hour * round(HOUR * MS) + below(seed, ids, purpose="departure", limit=round(HOUR * MS))
    return departure


def peaks(table: Longs) -> tuple[int, int]:
    """Return the busiest hour of the morning and of the afternoon.

    Parameters
    ----------
    table : array, shape (n_flow, 24)
        Departures of each flow in each hour.
    """
    total, noon = table.sum(axis=0), HOURS // 2
    return int(total[:noon].argmax()), noon + int(total[noon:].argmax())


class Window(NamedTuple):
    """Part of a day, in whole minutes after midnight.

    Parameters
    ----------
    begin, end : int [min]
    """

    begin: int
    end: int

    def __str__(self) -> str:
        return f"{clock(self.begin * MINUTE)} to {clock(self.end * MINUTE)}"


def window(hours: tuple[str, str]) -> Window:
    """Return the part of a day between two clock times.

    Raises
    ------
    BadTable
        If they are no times of one day, or not one before the other, or not on the minute.

    Examples
    --------
    >>> window(("06:30", "09:30"))
    Window(begin=390, end=570)
    """
    try:
        begin, end = (time_of_day(text) for text in hours)
    except (TypeError, ValueError, AttributeError):
        begin, end = 1.0, 0.0
    if not (0 <= begin < end <= DAY and begin % MINUTE == end % MINUTE == 0):
        raise BadTable(
            f'hours = {hours!r} must be two times of a day, the earlier one first, such as ("06:30", "09:30"), or '
            '("00:00", "24:00") for all of it'
        )
    return Window(int(begin // MINUTE), int(end // MINUTE))


class Timetable:
    """When the trips of a day depart: so many in each minute, numbered from midnight on.

    Numbers and times of a part of the day are therefore those that it has in the whole day.

    Parameters
    ----------
    table : array, shape (n_flow, 24)
        Departures of each flow in each hour, in whole numbers of any unit.
    total : int
        Trips of the whole day.
    """

    def __init__(self, table: Longs, total: int) -> None:
        self.table = table
        self.first = [so_far * total // _whole(table) for so_far in _minutes(table)]

    def count(self, part: Window) -> int:
        """Return how many trips depart in a part of the day."""
        return self.first[part.end] - self.first[part.begin]

    def trips(self, part: Window, *, seed: int) -> tuple[Longs, Longs, Longs]:
        """Return the trips that depart in a part of the day.

        Returns
        -------
        ids : array, shape (n_trip,)
        departure : array, shape (n_trip,) [ms after midnight]
        flow : array, shape (n_trip,)
            Row of the table to which each trip belongs.
        """
        ids = np.arange(self.first[part.begin], self.first[part.end], dtype=np.int64)
        first = np.array(self.first[part.begin : part.end + 1], np.int64)
        minute = part.begin + np.searchsorted(first, ids, side="right") - 1
        within = below(seed, ids, purpose="departure", limit=round(MINUTE * MS))
        flow = drawn_flows(self.table, ids, minute * round(MINUTE) // round(HOUR), seed=seed)
        return ids, minute * round(MINUTE * MS) + within, flow


def drawn_flows(table: Longs, ids: Longs, hour: Longs, *, seed: int) -> Longs:
    """Draw to which flow trips that depart in given hours belong.

    Parameters
    ----------
    table : array, shape (n_flow, 24)
        Departures of each flow in each hour.
    ids, hour : array, shape (n_trip,)
    seed : int

    Returns
    -------
    array, shape (n_trip,)
        Rows of the table.
    """
    ladder = np.cumsum(table, axis=0)
    drawn = below(seed, ids, purpose="purpose", limit=2**63) % np.maximum(ladder[-1, hour], 1)
    flow: Longs = (ladder[:, hour] <= drawn).sum(axis=0)
    return flow


def total_for(table: Longs, trips: int, part: Window) -> int:
    """Return of how many trips a day has just so many in a part of it.

    Raises
    ------
    BadTable
        If nobody departs in that part.
    """
    so_far, whole = _minutes(table), _whole(table)
    begin, end = so_far[part.begin], so_far[part.end]
    if begin == end:
        raise BadTable(f"nobody departs from {part}: choose other hours")
    # One trip more a day is one more in the part, as many, or one less: going up, no number is left out.
    total = (trips - 1) * whole // (end - begin)
    while end * total // whole - begin * total // whole != trips:
        total += 1
    return total


def _minutes(table: Longs) -> list[int]:
    """Return how many trips have departed by each minute; Python's integers, which no day of any town overflows."""
    per_minute = np.repeat(table.sum(axis=0), round(HOUR / MINUTE))
    return [0, *np.cumsum(per_minute).tolist()]


def _whole(table: Longs) -> int:
    return int(table.sum()) * round(HOUR / MINUTE)
