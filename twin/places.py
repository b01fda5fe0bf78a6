"""Places: where people live, work and go, and the ground around the roads."""

from __future__ import annotations

from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd

from twin.errors import BadTable
from twin.fingerprint import fingerprint

PEOPLE = ("homes", "jobs", "pupils", "visitors")
"""Columns of sites that count people."""

SITE_COLUMNS = ("place_id", "kind", "name", "node_id", *PEOPLE, "geometry")
GROUND_COLUMNS = ("kind", "geometry")
BAY_COLUMNS = ("place_id", "kind", "node_id", "bays", "entry_storage")

MOST_BAYS = 100_000


@dataclass(frozen=True, eq=False)
class Places:
    """Buildings and other sites with people, and water and green for the background of maps.

    Parameters
    ----------
    sites : GeoDataFrame
        ``place_id`` (str), ``kind`` (home, work, shop, school, hospital, other), ``name``, ``node_id`` (the junction
        where its cars come and go; "" = none), ``homes`` and ``jobs``, ``pupils`` and ``visitors`` a day (people,
        guessed from floor space), ``geometry``.
    grounds : GeoDataFrame
        ``kind`` (water, green), ``geometry`` (polygons).

    bays : DataFrame, optional
        Where vehicles stay: ``place_id`` (str), ``kind`` (dock, bus_stop, parking, gate), ``node_id`` (it is reached
        from any link that ends there, and left onto any that begins there), ``bays`` (vehicles served at the same
        time), ``entry_storage`` (vehicles that wait off the road; those behind wait on the lane).

    Raises
    ------
    BadTable
        If a column is missing, or a number of people or bays cannot be.
    """

    sites: gpd.GeoDataFrame
    grounds: gpd.GeoDataFrame
    bays: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({column: [] for column in BAY_COLUMNS}))

    def __post_init__(self) -> None:
        tables = (
            ("sites", self.sites, SITE_COLUMNS),
            ("grounds", self.grounds, GROUND_COLUMNS),
            ("bays", self.bays, BAY_COLUMNS),
        )
        for name, table, columns in tables:
            missing = [column for column in columns if column not in table]
            if missing:
                raise BadTable(f"table {name} lacks column {missing[0]!r}: it needs {', '.join(columns)}")
        for column in PEOPLE:
            people = self.sites[column].to_numpy(np.float64)
            if (people < 0).any() or not np.isfinite(people).all():
                place = self.sites["place_id"].iloc[int(np.argmax(~(people >= 0)))]
                raise BadTable(f"table sites, place_id {place!r}: {column} must be a number of people, 0 or more")
        object.__setattr__(self, "bays", _checked_bays(self.bays))

    @property
    def fingerprint(self) -> str:
        """Fingerprint of what a run depends on: the bays."""
        return fingerprint([self.bays[column] for column in ("place_id", "node_id", "bays", "entry_storage")])


def _checked_bays(table: pd.DataFrame) -> pd.DataFrame:
    bays = table[list(BAY_COLUMNS)].copy()
    for column in ("place_id", "kind", "node_id"):
        bays[column] = bays[column].astype(str)
    for column, least in (("bays", 1), ("entry_storage", 0)):
        numbers = pd.to_numeric(bays[column], errors="coerce")
        wrong = bays[~(numbers.between(least, MOST_BAYS) & (numbers % 1 == 0))]
        if len(wrong):
            row = wrong.iloc[0]
            raise BadTable(
                f"table bays, place_id {row['place_id']!r}: {column} = {row[column]} must be a whole number from "
                f"{least} to {MOST_BAYS}"
            )
        bays[column] = numbers.astype(np.int64)
    twice = bays[bays["place_id"].duplicated()]
    if len(twice):
        raise BadTable(f"table bays: place_id {twice['place_id'].iloc[0]!r} occurs twice; keep one row")
    return bays.sort_values("place_id").reset_index(drop=True)


def no_places() -> Places:
    """Return empty tables: a network without buildings or background."""
    sites = gpd.GeoDataFrame({column: [] for column in SITE_COLUMNS}, geometry="geometry", crs="EPSG:4326")
    grounds = gpd.GeoDataFrame({column: [] for column in GROUND_COLUMNS}, geometry="geometry", crs="EPSG:4326")
    return Places(sites, grounds)
