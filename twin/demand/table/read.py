"""Read: demand from a table - each row judged, each refusal told, nothing dropped in silence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.demand.day import NAMED, drawn_departures, rates_of
from twin.demand.table.columns import Refusal, column_report, meanings
from twin.demand.table.files import Raw, raw
from twin.demand.table.judge import MOST_TRIPS, Judge
from twin.demand.table.places import Choice, place
from twin.demand.trips import Demand
from twin.draws import below
from twin.errors import BadTable
from twin.network import Network
from twin.units import MS
from twin.zones import Zones

Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

FARTHEST = 500.0
"""Coordinates farther [m] than this from every junction are refused, if nothing else is said: some blocks."""

_PART = 2**32  # parts of a trip in which counts are drawn that are no whole numbers


class TableDemand(NamedTuple):
    """Demand as it was read, and what became of each column and row.

    Parameters
    ----------
    demand : Demand
    columns : DataFrame
        ``column``, ``meaning``, ``accepted``, ``refused`` (cells), ``example``, ``why``: how each was understood.
    refused : DataFrame
        ``row`` (as a spreadsheet shows it: the line of names is row 1; of frames and Parquet counted from 1),
        ``column``, ``value``, ``why``: every reason for which a row was not taken.
    notes : tuple of str
        How the table was read, and what was drawn because it does not say it.
    """

    demand: Demand
    columns: pd.DataFrame
    refused: pd.DataFrame
    notes: tuple[str, ...]


def read_demand(
    source: str | Path | pd.DataFrame,
    network: Network,
    *,
    zones: Zones | None = None,
    columns: Mapping[str, str] | None = None,
    datum: str | None = None,
    farthest: float = FARTHEST,
    time_zone: str | None = None,
    separator: str | None = None,
    decimal: str = ".",
    encoding: str | None = None,
    sheet: str | None = None,
    most_refused: float = 1.0,
    synthetic: bool = False,
    seed: int = 0,
) -> TableDemand:
    """Read who wishes to go where from a table of trips, or of counts by pair of zones.

    Parameters
    ----------
    source : str, Path or DataFrame
        A .csv, .parquet or .xlsx file, or the table itself. Columns (names in Chinese are known too): ``origin`` and
        ``destination``, or ``origin_lon``, ``origin_lat``, ``destination_lon``, ``destination_lat``; optional
        ``trips`` (how many a row stands for; one if there is no such column), ``departure``, or ``begin`` and ``end``
        between which they depart evenly; ``vehicle_class``, ``purpose``, ``persons``, ``group``, ``trip_id``.
    network : Network
    zones : Zones, optional
        Then origins and destinations are zone ids, and trips spread over the junctions of a zone by the people there:
        of a purpose that ``twin.demand.day`` knows from homes to where it leads, else by homes and jobs. Without, they
        are node ids.
    columns : mapping of str to str, optional
        What columns mean whose names do not say it, as in ``{"von": "origin"}``.
    datum : str, optional
        Of coordinates: "WGS-84", "GCJ-02" (AMap, Tencent) or "BD-09" (Baidu). It must be said, for a wrong one is half
        a kilometre away and looks right.
    farthest : float [m]
        How far coordinates may be from the nearest junction, where the trip then begins or ends.
    time_zone : str, optional
        Where the town's clocks stand, as in "Asia/Shanghai", for times that name a time zone. Times are seconds after
        midnight, clock times ("07:30"), or dates with times, counted from midnight of the first day in the table.
    separator, encoding : str, optional
        Of a .csv file; default: what its first line suggests; UTF-8, or GB18030 where it is plainly Chinese.
    decimal : str
        "." or ",".
    sheet : str, optional
        Of an .xlsx file; default: the first.
    most_refused : float
        Share of rows that may be refused before it is an error: 0 = none.
    synthetic : bool
        True if the table comes from a model and not from counts.
    seed : int
        Draws what the table does not say: the junction in a zone, the moment in an interval (without one, in the day's
        profile of the purpose), whole trips from counts such as 2.5.

    Returns
    -------
    TableDemand
        The demand, the report on each column, the rows refused and why.

    Raises
    ------
    BadSource
        If the file cannot be read as what its ending says.
    BadTable
        If columns are missing or mean two things, a datum is needed, or too many rows are refused, or all.
    """
    if decimal not in {".", ","} or not 0 <= most_refused <= 1 or not farthest >= 0:
        raise BadTable(
            f"decimal = {decimal!r}, most_refused = {most_refused}, farthest = {farthest}: give '.' or ',', a share "
            "from 0 to 1, and a distance in metres"
        )
    table = raw(source, separator=separator, encoding=encoding, sheet=sheet)
    found = meanings(list(table.cells.columns), columns)
    judge = Judge(table.cells, found, decimal=decimal)
    origin, destination = (
        place(
            end, table.cells, found,
            network=network, zones=zones, datum=datum, farthest=farthest, decimal=decimal,
        )
        for end in ("origin", "destination")
    )  # fmt: skip
    places, choice = (origin, destination), Choice(network, zones)
    judge.place(places, choice)
    counts, times, facts = judge.counts(), judge.times(time_zone), judge.facts()
    judge.uncomputed(table.uncomputed)
    good = judge.good()
    refused = _refused(table, judge.refusals)
    _refuse_all(refused, int((~good).sum()) + len(table.lost), len(good) + len(table.lost), most_refused)
    row, trip_id = _whole_trips(counts, facts["trip_id"], good, seed=seed)
    purposes = facts["purpose"].to_numpy()[row]
    known = np.where(np.isin(purposes, NAMED), purposes, "")
    node_id = network.nodes["node_id"].to_numpy()
    nodes = choice.drawn(places, row, trip_id, known, seed=seed)
    demand = Demand(
        pd.DataFrame(
            {
                "trip_id": trip_id,
                "origin": node_id[nodes[0]],
                "destination": node_id[nodes[1]],
                "departure": _departures(times, row, trip_id, known, seed=seed) / MS,
                **{name: facts[name].to_numpy()[row] for name in ("vehicle_class", "persons", "purpose", "group")},
            }
        ),
        synthetic=synthetic,
    )
    told = f"{int(good.sum())} of {len(good) + len(table.lost)} rows accepted: {len(trip_id)} trips"
    report = column_report(table.cells, found, judge.refusals, judge.remarks)
    return TableDemand(demand, report, refused, (*table.remarks, *judge.notes, told))


def _refused(table: Raw, refusals: Sequence[Refusal]) -> pd.DataFrame:
    rows: list[tuple[int, str, object, str]] = [(row, "", "", why) for row, why in table.lost]
    rows += [(int(table.row[one.row]), one.column, one.value, one.why) for one in refusals]
    found = pd.DataFrame(rows, columns=["row", "column", "value", "why"])
    return found.drop_duplicates(["row", "column", "why"]).sort_values("row", kind="stable").reset_index(drop=True)


def _refuse_all(refused: pd.DataFrame, lost: int, rows: int, most: float) -> None:
    if lost > most * rows or lost == rows:
        first = refused.iloc[0]
        what = f", column {first['column']!r}: {first['value']!r}" if first["column"] else ""
        limit = "none is left" if lost == rows else f"at most {most:.0%} may be"
        raise BadTable(
            f"{lost} of {rows} rows of the table of demand are refused ({limit}); the first is row "
            f"{first['row']}{what} {first['why']}. Correct them, or allow more by most_refused"
        )


def _whole_trips(counts: Floats, trip_ids: pd.Series, good: npt.NDArray[np.bool_], *, seed: int) -> tuple[Longs, Longs]:
    """Return the row of each trip, and its id: its own, else numbered from 0 in the order of rows."""
    rows = np.flatnonzero(good)
    count = np.floor(counts[rows])
    part = np.rint((counts[rows] - count) * _PART)
    count += below(seed, rows, purpose="part of a trip", limit=_PART) < part
    if count.sum() > MOST_TRIPS:
        raise BadTable(f"the table of demand has {count.sum():.0f} trips: give at most {MOST_TRIPS}")
    row = np.repeat(rows, count.astype(np.int64))
    own = trip_ids.to_numpy(np.float64)[row]
    return row, np.arange(len(row)) if np.isnan(own).any() else own.astype(np.int64)


def _departures(
    times: tuple[Floats, Floats], row: Longs, trip_id: Longs, purposes: npt.NDArray[np.object_], *, seed: int
) -> Longs:
    """Return when each trip departs [ms]: evenly between two times, or as the profile of its purpose has it."""
    begin, end = (np.rint(time[row] * MS) for time in times)
    departure = np.zeros(len(row), np.int64)
    timed = ~np.isnan(begin)
    span = np.maximum((end - begin)[timed].astype(np.int64), 1)
    drawn = below(seed, trip_id[timed], purpose="departure", limit=2**63) % span
    departure[timed] = begin[timed].astype(np.int64) + drawn
    for purpose in sorted(set(purposes[~timed])):
        own = np.flatnonzero(~timed & (purposes == purpose))
        departure[own] = drawn_departures(rates_of(purpose), trip_id[own], seed=seed)
    return departure
