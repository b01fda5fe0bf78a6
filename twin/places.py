"""Places: where people live, work and go, and the ground around the roads."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np

from twin.errors import BadTable

SITE_COLUMNS = ("place_id", "kind", "name", "node_id", "homes", "jobs", "geometry")
GROUND_COLUMNS = ("kind", "geometry")


@dataclass(frozen=True, eq=False)
class Places:
    """Buildings and other sites with people, and water and green for the background of maps.

    Parameters
    ----------
    sites : GeoDataFrame
        ``place_id`` (str), ``kind`` (home, work, shop, school, hospital, other), ``name``, ``node_id`` (the junction
        where its cars come and go; "" = none), ``homes`` and ``jobs`` (people, guessed from floor space), ``geometry``.
    grounds : GeoDataFrame
        ``kind`` (water, green), ``geometry`` (polygons).

    Raises
    ------
    BadTable
        If a column is missing or a number of people is negative.
    """

    sites: gpd.GeoDataFrame
    grounds: gpd.GeoDataFrame

    def __post_init__(self) -> None:
        for name, table, columns in (("sites", self.sites, SITE_COLUMNS), ("grounds", self.grounds, GROUND_COLUMNS)):
            missing = [column for column in columns if column not in table]
            if missing:
                raise BadTable(f"table {name} lacks column {missing[0]!r}: it needs {', '.join(columns)}")
        for column in ("homes", "jobs"):
            people = self.sites[column].to_numpy(np.float64)
            if (people < 0).any() or not np.isfinite(people).all():
                place = self.sites["place_id"].iloc[int(np.argmax(~(people >= 0)))]
                raise BadTable(f"table sites, place_id {place!r}: {column} must be a number of people, 0 or more")


def no_places() -> Places:
    """Return empty tables: a network without buildings or background."""
    sites = gpd.GeoDataFrame({column: [] for column in SITE_COLUMNS}, geometry="geometry", crs="EPSG:4326")
    grounds = gpd.GeoDataFrame({column: [] for column in GROUND_COLUMNS}, geometry="geometry", crs="EPSG:4326")
    return Places(sites, grounds)
