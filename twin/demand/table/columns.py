"""Columns: what the columns of a table of demand mean, in English and Chinese, and the report on each of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from twin.errors import BadTable

NAMES = {
    "trip_id": ("trip_id", "id", "编号", "編號"),
    "origin": ("origin", "from", "o", "origin_zone", "from_zone", "from_node", "起点", "起點", "出发地", "出發地"),
    "destination": (
        "destination", "to", "d", "destination_zone", "to_zone", "to_node", "终点", "終點", "目的地",
    ),
    "origin_lon": ("origin_lon", "from_lon", "o_lon", "start_lon", "起点经度", "起點經度"),
    "origin_lat": ("origin_lat", "from_lat", "o_lat", "start_lat", "起点纬度", "起點緯度"),
    "destination_lon": ("destination_lon", "to_lon", "d_lon", "end_lon", "终点经度", "終點經度"),
    "destination_lat": ("destination_lat", "to_lat", "d_lat", "end_lat", "终点纬度", "終點緯度"),
    "departure": ("departure", "depart", "departure_time", "time", "出发时间", "出發時間"),
    "begin": ("begin", "start", "begin_time", "start_time", "开始时间", "開始時間"),
    "end": ("end", "end_time", "结束时间", "結束時間"),
    "trips": ("trips", "count", "volume", "vehicles", "出行量", "车次", "車次"),
    "vehicle_class": ("vehicle_class", "class", "车型", "車型"),
    "persons": ("persons", "人数", "人數"),
    "purpose": ("purpose", "出行目的", "目的"),
    "group": ("group", "人群"),
}  # fmt: skip
"""Names under which a column is known, by its meaning; capitals, spaces and hyphens do not count."""


def meanings(columns: Sequence[str], given: Mapping[str, str] | None) -> dict[str, str]:
    """Return the column of each meaning.

    Parameters
    ----------
    columns : sequence of str
        Names of the columns of the table.
    given : mapping of str to str, optional
        What columns mean whose names do not say it.

    Raises
    ------
    BadTable
        If a column is named that is not there, or a meaning that does not exist, or two columns mean the same.
    """
    for column, meaning in (given or {}).items():
        if column not in columns:
            raise BadTable(f"columns names {column!r}, which the table does not have: it has {', '.join(columns)}")
        if meaning not in NAMES:
            raise BadTable(f"columns gives {column!r} the meaning {meaning!r}: choose one of {', '.join(NAMES)}")
    known = {name: meaning for meaning, names in NAMES.items() for name in names}
    told = dict(given or {})
    found: dict[str, str] = {}
    for column in columns:
        meaning = told.get(column) or known.get(_plain(column), "")
        if not meaning or (column not in told and meaning in told.values()):
            continue  # what is said outweighs what a name suggests
        if meaning in found:
            raise BadTable(
                f"columns {found[meaning]!r} and {column!r} both mean {meaning}: say which one does, as in "
                f"columns={{{column!r}: {meaning!r}}}"
            )
        found[meaning] = column
    return found


def _plain(name: str) -> str:
    return name.strip().casefold().replace(" ", "_").replace("-", "_")


class Refusal(NamedTuple):
    """A cell or row that was not taken: its row in the cells, its column, what stood there, and why not."""

    row: int
    column: str
    value: object
    why: str


def column_report(
    cells: pd.DataFrame, found: Mapping[str, str], refusals: Sequence[Refusal], remarks: Mapping[str, str]
) -> pd.DataFrame:
    """Return column by column what was accepted and refused.

    Parameters
    ----------
    cells : DataFrame
    found : mapping of str to str
        The column of each meaning.
    refusals : sequence of Refusal
    remarks : mapping of str to str
        How a meaning was understood, or "not used: ..." where it was not.

    Returns
    -------
    DataFrame
        ``column``, ``meaning``, ``accepted``, ``refused`` (cells), ``example`` (the first cell that is not empty),
        ``why``.
    """
    meaning = {column: name for name, column in found.items()}
    rows = []
    for column in cells.columns:
        own = [one for one in refusals if one.column == column]
        refused = len({one.row for one in own})
        remark = remarks.get(meaning.get(column, ""), "") if column in meaning else "not known: say what it means"
        filled = cells[column].dropna()
        unused = column not in meaning or remark.startswith("not used")
        commonest = Counter(one.why for one in own).most_common(1)
        why = "; ".join(part for part in (remark, *(f"{count} x {text}" for text, count in commonest)) if part)
        rows.append(
            (
                column, meaning.get(column, ""), 0 if unused else len(filled) - refused,
                len(filled) if unused else refused, "" if filled.empty else str(filled.iloc[0])[:40], why,
            )
        )  # fmt: skip
    return pd.DataFrame(rows, columns=["column", "meaning", "accepted", "refused", "example", "why"])
