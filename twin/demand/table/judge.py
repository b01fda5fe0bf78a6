"""Judge: what a table says of each row beside its places - how many, when, who - and every reason to refuse one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.demand.table.columns import Refusal
from twin.demand.table.places import NOWHERE, Choice, Place
from twin.demand.table.values import Clock, Read, numbers, texts
from twin.demand.trips import ID_LIMIT
from twin.errors import BadTable
from twin.vehicles import CLASSES

Floats = npt.NDArray[np.float64]

MOST_TRIPS = 10_000_000
MOST_PERSONS = 1000.0

_TIMES = ("departure", "begin", "end")


class Judge:
    """Collects what is taken and what is refused.

    Parameters
    ----------
    cells : DataFrame
        The table.
    found : dict of str to str
        The column of each meaning.
    decimal : str
    """

    def __init__(self, cells: pd.DataFrame, found: dict[str, str], *, decimal: str) -> None:
        self.cells, self.found, self.decimal = cells, found, decimal
        self.refusals: list[Refusal] = []
        self.remarks: dict[str, str] = {}
        self.notes: list[str] = []

    def good(self) -> npt.NDArray[np.bool_]:
        """Return which rows nothing speaks against : array, shape (n_row,)."""
        good = np.ones(len(self.cells), np.bool_)
        good[[one.row for one in self.refusals]] = False
        return good

    def place(self, places: tuple[Place, Place], choice: Choice) -> None:
        """Take note of where trips begin and end; who has no way to go is refused."""
        for one in places:
            self.refusals += one.refusals
            self.remarks |= one.remarks
        first, last = (choice.only(one) for one in places)
        same = (first == last) & (first != NOWHERE)
        column = self.found.get("destination") or self.found["destination_lon"]
        self._refuse(same, column, "leads to the junction where the trip begins")

    def uncomputed(self, empty: Sequence[tuple[int, str]]) -> None:
        """Refuse rows with formulas that no program has computed, where the column is used."""
        used = {column for name, column in self.found.items() if not self.remarks.get(name, "").startswith("not used")}
        why = "is a formula that was never computed: open and save the file in a spreadsheet program"
        self.refusals += [Refusal(row, column, "formula", why) for row, column in empty if column in used]

    def counts(self) -> Floats:
        """Return how many trips each row stands for : array, shape (n_row,)."""
        if "trips" not in self.found:
            return np.ones(len(self.cells))
        column = self.found["trips"]
        read = self._numbers("trips")
        self._refuse(self._missing("trips"), column, "is missing")
        self._refuse(read.amounts < 0, column, "is below 0")
        self._refuse(read.amounts > MOST_TRIPS, column, f"is more than {MOST_TRIPS} trips")
        if (read.amounts % 1 > 0).any():
            self.remarks["trips"] = "parts of a trip are drawn"
        return read.amounts

    def times(self, time_zone: str | None) -> tuple[Floats, Floats]:
        """Return from when on and until when each row departs [s]; NaN where the table does not say it."""
        there = [name for name in _TIMES if name in self.found]
        clock = Clock([self.cells[self.found[name]] for name in there], time_zone=time_zone, decimal=self.decimal)
        since = f"after midnight of {clock.midnight:%Y-%m-%d}" if clock.midnight is not None else "after midnight"
        self.remarks |= dict.fromkeys(there, f"seconds {since}")
        nobody = np.full(len(self.cells), np.nan)
        if "departure" in there:
            self.remarks |= {name: "not used: 'departure' says it" for name in there if name != "departure"}
            moment = self._timed(clock, "departure")
            many = self._numbers("trips").amounts > 1 if "trips" in self.found else np.zeros(len(moment), bool)
            why = "is one moment for several trips: give columns begin and end between which they depart"
            self._refuse(many & ~np.isnan(moment), self.found["departure"], why)
            return moment, moment
        if len(there) == 1:
            raise BadTable(f"the table has a column {there[0]!r} alone: it needs both begin and end, or departure")
        if not there:
            self.notes.append("no times: departures are drawn from the day's profile of each purpose")
            return nobody, nobody
        begin, end = (self._timed(clock, name) for name in ("begin", "end"))
        self._refuse(end <= begin, self.found["end"], "is not after begin")
        return begin, end

    def _timed(self, clock: Clock, name: str) -> Floats:
        read = clock.times(self.cells[self.found[name]])
        self._take(read, name)
        self._refuse(np.isnan(read.amounts) & ~self._refused(read), self.found[name], "is missing")
        return read.amounts

    def facts(self) -> dict[str, pd.Series]:
        """Return trip_id (NaN = to be given), vehicle_class, persons, purpose and group of each row."""
        n_row = len(self.cells)
        found = {name: self._text(name) for name in ("vehicle_class", "purpose", "group")}
        known = set(CLASSES["vehicle_class"])
        found["vehicle_class"] = found["vehicle_class"].where(found["vehicle_class"] != "", "car")
        strange = ~found["vehicle_class"].isin(known).to_numpy()
        self._refuse(strange, self.found.get("vehicle_class", ""), f"is none of {', '.join(sorted(known))}")
        persons = self._numbers("persons").amounts if "persons" in self.found else np.full(n_row, np.nan)
        wrong = ~((persons > 0) & (persons <= MOST_PERSONS)) & ~np.isnan(persons)
        self._refuse(
            wrong, self.found.get("persons", ""), f"is not above 0 and at most {MOST_PERSONS:.0f} in a vehicle"
        )
        found["persons"] = pd.Series(np.where(np.isnan(persons), 1.0, persons))
        found["trip_id"] = pd.Series(self._trip_ids())
        return found

    def _trip_ids(self) -> Floats:
        if "trip_id" not in self.found:
            return np.full(len(self.cells), np.nan)
        if "trips" in self.found:
            self.remarks["trip_id"] = "not used: a row stands for several trips"
            return np.full(len(self.cells), np.nan)
        column, ids = self.found["trip_id"], self._numbers("trip_id").amounts
        self._refuse(self._missing("trip_id"), column, "is missing")
        self._refuse(~np.isnan(ids) & ((ids % 1 != 0) | (ids < 0) | (ids >= ID_LIMIT)), column, "is no whole number")
        self._refuse(pd.Series(ids).duplicated().to_numpy() & ~np.isnan(ids), column, "occurs twice")
        return ids

    def _text(self, name: str) -> pd.Series:
        if name not in self.found:
            return pd.Series([""] * len(self.cells), dtype=object)
        return texts(self.cells[self.found[name]]).fillna("")

    def _numbers(self, name: str) -> Read:
        read = numbers(self.cells[self.found[name]], decimal=self.decimal)
        self._take(read, name)
        return read

    def _take(self, read: Read, name: str) -> None:
        column = self.found[name]
        told = {(one.row, one.column) for one in self.refusals}
        cells = self.cells[column]
        wrong = [(row, why) for row, why in read.wrong.items() if (row, column) not in told]
        self.refusals += [Refusal(row, column, cells.iloc[row], why) for row, why in wrong]

    def _missing(self, name: str) -> npt.NDArray[np.bool_]:
        read = numbers(self.cells[self.found[name]], decimal=self.decimal)
        return np.isnan(read.amounts) & ~self._refused(read)

    def _refused(self, read: Read) -> npt.NDArray[np.bool_]:
        refused = np.zeros(len(self.cells), np.bool_)
        refused[list(read.wrong)] = True
        return refused

    def _refuse(self, rows: npt.NDArray[np.bool_], column: str, why: str) -> None:
        cells = self.cells.get(column)
        for row in np.flatnonzero(rows).tolist():
            self.refusals.append(Refusal(row, column, None if cells is None else cells.iloc[row], why))
