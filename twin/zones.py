"""Zones: parts of a town - hexagons or given polygons - with the junctions in them and the people at these."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from twin.datum import DATUMS, to_wgs84
from twin.errors import BadSource, BadTable
from twin.network import Network
from twin.places import PEOPLE, Places

Shapes = npt.NDArray[np.object_]

RESOLUTION = 9
"""Hexagons of this resolution of H3 have sides of about 200 m: a few blocks."""

MOST_OVERLAP = 0.01
"""Zones may share this part of the smaller one, since borders are drawn by hand; more is a mistake."""

_REMEDY = "give a GeoPackage or GeoJSON with polygons"
_SLIVER = 1e-6  # of the smaller zone: what rounding leaves


@dataclass(frozen=True, eq=False, repr=False)
class Zones:
    """Parts of a town.

    Parameters
    ----------
    table : GeoDataFrame
        ``zone_id`` (str), ``geometry`` (polygons, WGS-84).
    junctions : DataFrame
        ``zone_id``, ``node_id``, ``homes``, ``jobs``, ``pupils``, ``visitors``: each junction in a zone, and the people
        by whom trips of the zone are spread over its junctions.
    notes : DataFrame
        ``kind``, ``subject``, ``detail``: zones without junctions, junctions in no zone, slight overlaps.
    """

    table: gpd.GeoDataFrame
    junctions: pd.DataFrame
    notes: pd.DataFrame

    def __repr__(self) -> str:
        return f"Zones({len(self.table)} zones, {len(self.junctions)} junctions)"


def cells(points: Shapes, resolution: int) -> npt.NDArray[np.str_]:
    """Return the hexagon in which each point lies, by its number in H3 : array, shape (n_point,)."""
    import h3  # noqa: PLC0415 - few need it

    places = zip(shapely.get_y(points).tolist(), shapely.get_x(points).tolist(), strict=True)
    return np.array([h3.latlng_to_cell(lat, lon, resolution) for lat, lon in places], dtype=str)


def hexagons(network: Network, places: Places | None = None, *, resolution: int = RESOLUTION) -> Zones:
    """Divide a town into hexagons of H3, the grid in which many share their data.

    Parameters
    ----------
    network : Network
    places : Places, optional
        Who lives and works where; without, all junctions are alike.
    resolution : int
        0 (continents) to 15 (a square metre); 9 by default, sides of about 200 m. One more: a seventh of the area.

    Returns
    -------
    Zones
        The hexagons that have junctions in them; ``zone_id`` is the hexagon's number in H3.

    Raises
    ------
    BadTable
        If there is no such resolution.

    References
    ----------
    .. [1] Brodsky, I. (2018). H3: Uber's hexagonal hierarchical spatial index. https://h3geo.org
    """
    import h3  # noqa: PLC0415

    if not (isinstance(resolution, int) and 0 <= resolution <= 15):  # noqa: PLR2004 - those of H3
        raise BadTable(f"resolution = {resolution!r} must be a whole number from 0 to 15, such as {RESOLUTION}")
    junctions = people_at(network, places)
    junctions.insert(0, "zone_id", cells(network.nodes.geometry.to_numpy(), resolution))
    names = sorted(set(junctions["zone_id"]))
    shapes = [shapely.Polygon([(lon, lat) for lat, lon in h3.cell_to_boundary(name)]) for name in names]
    table = gpd.GeoDataFrame({"zone_id": names}, geometry=shapes, crs="EPSG:4326")
    return Zones(table, _sorted(junctions), _notes([]))


def read_zones(
    source: str | Path | gpd.GeoDataFrame,
    network: Network,
    places: Places | None = None,
    *,
    zone_id: str = "zone_id",
    datum: str = "WGS-84",
) -> Zones:
    """Divide a town into given polygons.

    Parameters
    ----------
    source : GeoDataFrame, str or Path
        Polygons, or a file of them: GeoPackage, GeoJSON, or what else GDAL reads.
    network : Network
    places : Places, optional
        Who lives and works where; without, all junctions are alike.
    zone_id : str
        The column that names each zone.
    datum : str
        "WGS-84", or "GCJ-02" or "BD-09" for polygons that were drawn on a Chinese map.

    Returns
    -------
    Zones

    Raises
    ------
    BadSource
        If the file cannot be read.
    BadTable
        If the column is missing, a zone has no id or no polygon, or two share their id or more than a hundredth of the
        smaller one.
    """
    table = _polygons(_file(source) if isinstance(source, str | Path) else source, zone_id, datum)
    shapes = table.geometry.to_numpy()
    notes = [("overlap", one, f"shares {share:.2%} with {other}") for one, other, share in _overlaps(table)]
    junctions = people_at(network, places)
    node, zone = shapely.STRtree(shapes).query(network.nodes.geometry.to_numpy(), predicate="intersects")
    first = pd.Series(zone).groupby(node).min()  # on the border between two: that whose id comes first
    outside = junctions.drop(index=first.index)
    lost = ", ".join(f"{outside[column].sum():.0f} {column}" for column in PEOPLE[:2])
    if len(outside):
        notes.append(("junctions in no zone", f"{len(outside)} junctions", f"with {lost}"))
    junctions = junctions.loc[first.index]
    junctions.insert(0, "zone_id", table["zone_id"].to_numpy()[first.to_numpy()])
    empty = sorted(set(table["zone_id"]) - set(junctions["zone_id"]))
    notes += [("zone without junctions", name, "no trip can begin or end there") for name in empty]
    return Zones(table, _sorted(junctions), _notes(notes))


def people_at(network: Network, places: Places | None) -> pd.DataFrame:
    """Return ``node_id`` and how many live, work, learn and shop at each junction; one each where nobody knows."""
    nodes = network.nodes["node_id"]
    people = pd.DataFrame({"node_id": nodes, **dict.fromkeys(PEOPLE, 1.0)})
    if places is not None:
        sums = places.sites.groupby("node_id")[list(PEOPLE)].sum()
        people[list(PEOPLE)] = sums.reindex(nodes, fill_value=0.0).to_numpy(np.float64)
    return people


def _sorted(junctions: pd.DataFrame) -> pd.DataFrame:
    return junctions.sort_values(["zone_id", "node_id"]).reset_index(drop=True)


def _notes(rows: list[tuple[str, str, str]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["kind", "subject", "detail"], dtype=object)


def _file(path: str | Path) -> gpd.GeoDataFrame:
    if not Path(path).is_file():
        raise BadSource(f"there is no file of zones {str(path)!r}: {_REMEDY}")
    try:
        table = gpd.read_file(path)
    except Exception as error:
        raise BadSource(f"the file {str(path)!r} cannot be read as zones ({error}): {_REMEDY}") from error
    if not isinstance(table, gpd.GeoDataFrame):
        raise BadSource(f"the file {str(path)!r} has no polygons: {_REMEDY}")
    return table


def _polygons(given: gpd.GeoDataFrame, zone_id: str, datum: str) -> gpd.GeoDataFrame:
    """Return the table of zones, sorted by id, in WGS-84."""
    if not isinstance(given, gpd.GeoDataFrame):
        raise BadTable(f"zones must be a GeoDataFrame or a file of polygons, not {type(given).__name__}")
    if zone_id not in given:
        there = ", ".join(str(column) for column in given.columns)
        raise BadTable(f'table zones lacks column {zone_id!r}: name that of the ids, as in zone_id="name" ({there})')
    if given.crs is None:
        raise BadTable("table zones does not say its coordinate system: give it one, as in zones.set_crs(4326)")
    shapes = shapely.force_2d(given.geometry.to_crs("EPSG:4326").to_numpy())
    ids = given[zone_id]
    for wrong, why in (
        (ids.isna(), "has no id: give each zone one"),
        (ids.astype(str).duplicated(), "occurs twice: give each zone an id of its own"),
        (~np.isin(shapely.get_type_id(shapes), (3, 6)), "is no polygon: leave it out or draw it"),
        (shapely.is_empty(shapes), "is empty: leave it out or draw it"),
    ):
        if np.any(wrong):
            row = int(np.argmax(np.asarray(wrong)))
            raise BadTable(f"table zones, {zone_id} {ids.iloc[row]!r} (row {row + 1}) {why}")
    if datum not in DATUMS:
        raise BadTable(f"datum = {datum!r} must be one of {', '.join(DATUMS)}")
    shapes = shapely.transform(shapely.make_valid(shapes), lambda points: to_wgs84(points, datum))
    table = gpd.GeoDataFrame({"zone_id": ids.astype(str).to_numpy()}, geometry=shapes, crs="EPSG:4326")
    return table.sort_values("zone_id").reset_index(drop=True)


def _overlaps(table: gpd.GeoDataFrame) -> list[tuple[str, str, float]]:
    """Return pairs of zones that overlap a little, and by which part of the smaller one.

    Raises
    ------
    BadTable
        If two overlap by more than that.
    """
    shapes, names = table.geometry.to_numpy(), table["zone_id"].to_numpy()
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pair = np.flatnonzero(first < second)
    first, second = first[pair], second[pair]
    smaller = np.minimum(shapely.area(shapes[first]), shapely.area(shapes[second]))
    share = shapely.area(shapely.intersection(shapes[first], shapes[second])) / smaller
    worst = int(share.argmax()) if len(share) else -1
    if worst >= 0 and share[worst] > MOST_OVERLAP:
        raise BadTable(
            f"table zones: {names[first[worst]]!r} and {names[second[worst]]!r} share {share[worst]:.0%} of the "
            "smaller one: draw their border so that a junction lies in one of them"
        )
    some = np.flatnonzero(share > _SLIVER)
    return [(names[first[row]], names[second[row]], float(share[row])) for row in some]
