"""Trips: one table of who wishes to go where, and when, checked once."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.errors import BadTable
from twin.fingerprint import fingerprint
from twin.units import MS
from twin.vehicles import CLASSES, checked_classes

Floats = npt.NDArray[np.float64]

ID_LIMIT = 2**53
"""Every whole number below it survives any table format."""

_DEFAULTS: dict[str, str | float] = {"vehicle_class": "car", "persons": 1.0, "purpose": "", "group": ""}


@dataclass(frozen=True, eq=False, init=False, repr=False)
class Demand:
    """Who wishes to go where, and when.

    Parameters
    ----------
    trips : DataFrame
        ``trip_id`` (int), ``origin``, ``destination`` (node_id), ``departure`` [s after midnight]; optional
        ``vehicle_class`` (car), ``persons``, ``purpose``, ``group``.
    stays : DataFrame, optional
        ``trip_id``, ``order`` (0, 1, ... along the trip), ``place_id`` (a place with bays, or a list of them: the
        first, and where to go if it is full), ``service`` [s]: stays between the trip's origin and its destination. A
        trip whose destination is missing ends with its last stay.
    classes : DataFrame, optional
        Classes of vehicles, as ``twin.vehicles.CLASSES``, which is the default.
    synthetic : bool
        True if the trips were made by a model and not counted: then every picture and file says so.

    Raises
    ------
    BadTable
        If a column is missing or a trip has an impossible value.
    """

    trips: pd.DataFrame
    stays: pd.DataFrame
    classes: pd.DataFrame
    synthetic: bool

    def __init__(
        self,
        trips: pd.DataFrame,
        *,
        stays: pd.DataFrame | None = None,
        classes: pd.DataFrame = CLASSES,
        synthetic: bool = False,
    ) -> None:
        missing = [column for column in ("trip_id", "origin", "destination", "departure") if column not in trips]
        if missing:
            raise BadTable(f"table trips lacks column {missing[0]!r}")
        table = pd.DataFrame(trips).copy()
        for column, value in _DEFAULTS.items():
            if column not in table:
                table[column] = value
        table["trip_id"] = _whole(table["trip_id"])
        table["departure"] = _departures(table)
        checked_stays = _stays(stays, table["trip_id"])
        ends_at_a_stay = table["trip_id"].isin(checked_stays["trip_id"])
        for column in ("origin", "destination"):
            missing_end = table[column].isna() & ~(ends_at_a_stay & (column == "destination"))
            if missing_end.any():
                trip = table[missing_end].iloc[0]
                raise BadTable(f"table trips, trip_id {trip['trip_id']}: {column} is missing")
            table[column] = table[column].astype(object).where(table[column].notna(), "").astype(str)
        checked = checked_classes(classes)
        unknown = table[~table["vehicle_class"].isin(checked["vehicle_class"])]
        if len(unknown):
            trip = unknown.iloc[0]
            known = ", ".join(checked["vehicle_class"])
            raise BadTable(
                f"table trips, trip_id {trip['trip_id']}: vehicle_class {trip['vehicle_class']!r} is not in table "
                f"classes ({known}): add it there"
            )
        twice = table[table["trip_id"].duplicated()]
        if len(twice):
            raise BadTable(
                f"table trips: trip_id {twice['trip_id'].iloc[0]} occurs twice; give each trip its own number"
            )
        columns = ["trip_id", "origin", "destination", "departure", *_DEFAULTS]
        object.__setattr__(self, "trips", table[columns].sort_values("trip_id").reset_index(drop=True))
        object.__setattr__(self, "stays", checked_stays)
        object.__setattr__(self, "classes", checked)
        object.__setattr__(self, "synthetic", synthetic)

    def __repr__(self) -> str:
        return f"Demand({len(self.trips)} trips{', synthetic' if self.synthetic else ''})"

    @cached_property
    def fingerprint(self) -> str:
        """Fingerprint of the trips: ids and integer milliseconds."""
        milliseconds = (self.trips["departure"] * MS).round().astype(np.int64)
        texts = [self.trips[column] for column in ("origin", "destination", "vehicle_class")]
        stays = self.stays
        numbers = [(self.classes[column] * MS).round().astype(np.int64) for column in ("length", "headway", "speed")]
        return fingerprint(
            [
                self.trips["trip_id"], milliseconds, *texts,
                stays["trip_id"], stays["order"], stays["place_id"].map(" ".join), in_steps_of_ms(stays["service"]),
                self.classes["vehicle_class"], *numbers, self.classes["passes"],
            ]
        )  # fmt: skip


def _whole(ids: pd.Series) -> npt.NDArray[np.int64]:
    """Return trip ids as integers, exactly: no detour by way of floating point."""
    try:
        exact = [operator.index(value) if not isinstance(value, str) else int(value) for value in ids]
    except (TypeError, ValueError):
        exact = [
            int(value) if float(value).is_integer() else -1 for value in pd.to_numeric(ids, errors="coerce").fillna(-1)
        ]
    wrong = [row for row, value in enumerate(exact) if not 0 <= value < ID_LIMIT]
    if wrong:
        raise BadTable(f"table trips: trip_id {ids.iloc[wrong[0]]!r} is not a whole number from 0 to {ID_LIMIT - 1}")
    return np.array(exact, np.int64)


def in_steps_of_ms(seconds: pd.Series) -> pd.Series:
    """Return seconds as whole milliseconds."""
    return (seconds * MS).round().astype(np.int64)


def _stays(table: pd.DataFrame | None, trip_ids: npt.NDArray[np.int64] | pd.Series) -> pd.DataFrame:
    columns = ["trip_id", "order", "place_id", "service"]
    if table is None:
        empty = pd.DataFrame({column: pd.Series(dtype=np.int64) for column in columns})
        return empty.astype({"place_id": object, "service": float})
    missing = [column for column in columns if column not in table]
    if missing:
        raise BadTable(f"table stays lacks column {missing[0]!r}: it needs {', '.join(columns)}")
    stays = table[columns].copy()
    stays["trip_id"] = _whole(stays["trip_id"])
    stays["order"] = _whole(stays["order"])
    stays["place_id"] = [(place,) if isinstance(place, str) else tuple(map(str, place)) for place in stays["place_id"]]
    stays["service"] = pd.to_numeric(stays["service"], errors="coerce").round(3)
    for wrong, why in (
        (~stays["trip_id"].isin(trip_ids), "is not in table trips"),
        (~stays["service"].between(1 / MS, 7 * 86400), "needs a service between a millisecond and a week [s]"),
        (stays["place_id"].map(len) == 0, "names no place"),
        (stays.duplicated(["trip_id", "order"]), "has two stays of the same order"),
    ):
        if wrong.any():
            raise BadTable(f"table stays: trip_id {stays[wrong].iloc[0]['trip_id']} {why}")
    choices = (stays["place_id"].map(len) > 1).groupby(stays["trip_id"]).sum()
    if (choices > 1).any():
        raise BadTable(
            f"table stays: trip_id {choices.idxmax()} has a choice of places at {choices.max()} stays; at most one can "
            "have more than one place"
        )
    return stays.sort_values(["trip_id", "order"]).reset_index(drop=True)


def _departures(table: pd.DataFrame) -> Floats:
    seconds = pd.to_numeric(table["departure"], errors="coerce")
    wrong = table[~seconds.between(0, 7 * 86400)]
    if len(wrong):
        first = wrong.iloc[0]
        raise BadTable(
            f"table trips, trip_id {first['trip_id']}: departure = {first['departure']} is not a time in seconds after "
            "midnight (0 to 604800)"
        )
    return (seconds.to_numpy(np.float64) * MS).round() / MS
