"""Values: cells of a table of demand as numbers, times and texts, or the reason why not."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.units import DAY, since_midnight, time_of_day

Floats = npt.NDArray[np.float64]

WEEK = 7 * DAY

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_COMMA = re.compile(r"[+-]?[0-9.' ]*[0-9],[0-9]+")
_CLOCK = re.compile(r"[0-9]{1,3}:[0-9]{2}(?::[0-9]{2})?")


class Read(NamedTuple):
    """What the cells of a column hold.

    Parameters
    ----------
    amounts : array, shape (n_row,)
        NaN where a cell is empty or refused.
    wrong : dict of int to str
        Why the cell of a row was refused.
    """

    amounts: Floats
    wrong: dict[int, str]


def numbers(cells: pd.Series, *, decimal: str) -> Read:
    """Return cells as finite numbers."""
    if cells.dtype.kind in "iuf":
        values = cells.to_numpy(np.float64, na_value=np.nan)
        wrong = {int(row): "is not a finite number" for row in np.flatnonzero(np.isinf(values))}
        return Read(np.where(np.isinf(values), np.nan, values), wrong)
    return _each(cells, lambda cell: _number(cell, decimal))


def _number(cell: object, decimal: str) -> float | str:
    """Return a number, or why a cell is none."""
    if isinstance(cell, int | float | np.number) and not isinstance(cell, bool):
        return float(cell) if np.isfinite(float(cell)) else "is not a finite number"
    text = str(cell).strip()
    if decimal == ",":
        text = text.replace(",", ".", 1) if "." not in text else "."
    elif _COMMA.fullmatch(text):
        return "has a comma: say decimal=',' if it stands for a point, or leave out what parts thousands"
    if not _NUMBER.fullmatch(text):
        return "is not a number"
    value = float(text)
    return value if np.isfinite(value) else "is not a finite number"


class Clock:
    """Reads times of day: seconds, clock times, and moments counted from midnight of the first day in the table.

    Parameters
    ----------
    columns : list of Series
        All columns of times.
    time_zone : str, optional
        Where the town's clocks stand; needed where moments carry a time zone of their own.
    decimal : str
    """

    def __init__(self, columns: list[pd.Series], *, time_zone: str | None, decimal: str) -> None:
        self.time_zone, self.decimal = time_zone, decimal
        moments = [_moment(cell, time_zone) for cells in columns for cell in cells if _looks_like_moment(cell)]
        days = [moment.normalize() for moment in moments if isinstance(moment, pd.Timestamp)]
        self.midnight = min(days) if days else None

    def times(self, cells: pd.Series) -> Read:
        """Return cells as seconds after midnight."""
        if cells.dtype.kind in "iuf":
            cells = cells.astype(object)
        return _each(cells, self._time)

    def _time(self, cell: object) -> float | str:
        seconds = self._seconds(cell)
        if isinstance(seconds, str):
            return seconds
        if 0 < seconds < 1 and not isinstance(cell, str):
            return "is below a second: is it a part of a day? Write seconds, or a time such as 07:30"
        return seconds if 0 <= seconds <= WEEK else "is not within a week from midnight (0 to 604800 s)"

    def _seconds(self, cell: object) -> float | str:
        if _looks_like_moment(cell):
            moment = _moment(cell, self.time_zone)
            return moment if isinstance(moment, str) else since_midnight(moment, self.midnight or moment.normalize())
        if isinstance(cell, dt.time):
            return time_of_day(cell.strftime("%H:%M:%S"))
        if isinstance(cell, dt.timedelta):
            return cell.total_seconds()
        if isinstance(cell, str) and _CLOCK.fullmatch(cell.strip()):
            try:
                return time_of_day(cell.strip())
            except ValueError as error:
                return str(error)
        number = _number(cell, self.decimal)
        return number if number != "is not a number" else "is no time: write seconds, 07:30 or 2026-05-13 07:30"


def _looks_like_moment(cell: object) -> bool:
    if isinstance(cell, str):
        return bool(re.match(r"\s*[0-9]{4}[-/年.][0-9]{1,2}[-/月.][0-9]{1,2}", cell))
    return isinstance(cell, dt.datetime | np.datetime64)


def _moment(cell: object, time_zone: str | None) -> pd.Timestamp | str:
    """Return a moment by the town's clocks, or why a cell is none."""
    try:
        text = re.sub("[年月]", "-", cell).replace("日", "") if isinstance(cell, str) else cell
        moment = pd.Timestamp(text)  # type: ignore[arg-type]
        if moment.tzinfo is None:
            return moment
        if time_zone is None:
            return "names a time zone: say that of the town, as in time_zone='Asia/Shanghai'"
        return moment.tz_convert(time_zone).tz_localize(None)
    except (ValueError, TypeError, OverflowError):
        return "is no time: write seconds, 07:30 or 2026-05-13 07:30"


def _each(cells: pd.Series, judge: Callable[[object], float | str]) -> Read:
    values, wrong = np.full(len(cells), np.nan), {}
    known: dict[object, float | str] = {}
    for row, cell in enumerate(cells.tolist()):
        if cell is None or cell is pd.NaT or cell is pd.NA or (isinstance(cell, float) and np.isnan(cell)):
            continue
        key = (type(cell), cell) if cell.__hash__ else id(cell)
        if key not in known:
            known[key] = judge(cell)
        answer = known[key]
        if isinstance(answer, str):
            wrong[row] = answer
        else:
            values[row] = answer
    return Read(values, wrong)


def texts(cells: pd.Series) -> pd.Series:
    """Return cells as texts, trimmed, whole numbers without a point; None where a cell is empty."""
    return pd.Series([_text(cell) for cell in cells.tolist()], dtype=object)


def _text(cell: object) -> str | None:
    if cell is None or cell is pd.NaT or cell is pd.NA or (isinstance(cell, float) and np.isnan(cell)):
        return None
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip() or None
