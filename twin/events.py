"""Events: what changes on the roads at a moment of the day - closures, incidents, tidal lanes, pre-emption."""

from __future__ import annotations

import numpy as np
import pandas as pd

from twin.errors import BadTable
from twin.network import Network
from twin.units import MS

EVENT_COLUMNS = ("time", "kind", "link_id", "out_link", "value")

RED, GREEN, PLAN = 0, 1, 2
"""Values of a ``signal`` event: the turn is held, is free, or is as its plan says."""

_LIMITS = {
    "closed": (0, 1, "1 (nobody may enter) or 0 (open again)"),
    "capacity": (0.001, 10, "the share of its capacity that is left, above 0"),
    "speed": (0.1, 100, "its free speed [m/s]"),
    "lanes": (1, 100, "its number of lanes"),
    "signal": (RED, PLAN, "0 (red), 1 (green) or 2 (as its plan says)"),
}
_WHOLE = ("closed", "lanes", "signal")


def no_events() -> pd.DataFrame:
    """Return an empty table of events."""
    return pd.DataFrame({"time": [], "kind": [], "link_id": [], "out_link": [], "value": []})


def checked_events(table: pd.DataFrame, network: Network) -> pd.DataFrame:
    """Return a table of events, checked and sorted.

    Parameters
    ----------
    table : DataFrame
        ``time`` [s after midnight], ``kind``, ``link_id``, ``out_link`` (of kind signal alone: the turn from link_id to
        it; else ""), ``value``: from that time on the link is ``closed`` (1) or open (0), has this share of its
        ``capacity``, this free ``speed`` [m/s] or this number of ``lanes``; or the turn's ``signal`` is red (0), green
        (1) or as planned (2).
    network : Network

    Returns
    -------
    DataFrame

    Raises
    ------
    BadTable
        If a column is missing or a row cannot be; the text names it.
    """
    missing = [column for column in EVENT_COLUMNS if column not in table and column != "out_link"]
    if missing:
        raise BadTable(f"table events lacks column {missing[0]!r}: it needs {', '.join(EVENT_COLUMNS)}")
    events = table.assign(out_link=table["out_link"].fillna("") if "out_link" in table else "")[list(EVENT_COLUMNS)]
    for column in ("kind", "link_id", "out_link"):
        events[column] = events[column].astype(str)
    for column in ("time", "value"):
        events[column] = pd.to_numeric(events[column], errors="coerce").astype(float).round(3)
    _refuse(events[~events["kind"].isin(_LIMITS)], f"must be one of {', '.join(_LIMITS)}", "kind")
    _refuse(events[~events["time"].between(0, 7 * 86400)], "is not a time in seconds after midnight", "time")
    for kind, (least, most, what) in _LIMITS.items():
        rows = events[events["kind"] == kind]
        fits = rows["value"].between(least, most) & ((rows["value"] % 1 == 0) | (kind not in _WHOLE))
        _refuse(rows[~fits], f"must be {what}", "value")
    _refuse(events[network.link_rows(events["link_id"]) < 0], "is not a link of the network", "link_id")
    turns = events[events["kind"] == "signal"]
    known = pd.MultiIndex.from_frame(turns[["link_id", "out_link"]]).isin(network.turn_index)
    _refuse(turns[~known], "is not reached by a turn from link_id", "out_link")
    order = ["time", "kind", "link_id", "out_link"]
    twice = events[events.duplicated(order)]
    _refuse(twice, "is set twice at one time: keep one row", "value")
    return events.sort_values(order).reset_index(drop=True)


def event_numbers(events: pd.DataFrame) -> list[np.ndarray | pd.Series]:
    """Return what of events counts for a fingerprint."""
    numbers = [(events[column] * MS).round().astype(np.int64) for column in ("time", "value")]
    return [*numbers, *(events[column] for column in ("kind", "link_id", "out_link"))]


def _refuse(rows: pd.DataFrame, why: str, column: str) -> None:
    if len(rows):
        first = rows.iloc[0]
        raise BadTable(
            f"table events, {first['kind']} of link {first['link_id']!r} at {first['time']} s: "
            f"{column} = {first[column]} {why}"
        )
