"""Network: tables of nodes, links, lane groups and turns, checked once when built and never changed after."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from shapely import set_precision

from twin.errors import BadTable
from twin.fingerprint import fingerprint
from twin.quality import Quality, quality
from twin.units import MS

Rows = npt.NDArray[np.intp]

DEGREE = 1e-7
"""Coordinates are kept to this part of a degree, so that they are integers in every fingerprint."""

MILLI, MICRO = 1_000, 1_000_000
"""Lengths and speeds are kept to 1/1000, capacities and densities to 1/1,000,000: integers in every fingerprint."""

LONGEST_DRIVE = 86_400.0
"""Seconds that one link may take at free speed: a day."""

_HUGE = 1e9  # beyond it no length, speed, capacity or density is true, and its steps no longer fit an integer

_STEPS = {"length": MILLI, "free_speed": MILLI, "capacity": MICRO, "jam_density": MICRO}

LINK_COLUMNS = (
    "link_id", "from_node", "to_node", "length", "lanes", "free_speed", "capacity", "jam_density",
    "road_class", "name", "osm_ways", "closed", "only", "geometry",
)  # fmt: skip

GAP, FOLLOW_UP = 4.5, 2.5
"""Critical gap and follow-up time of a turn that yields, where nothing else is said [s].

Permitted left turns at signals: Highway Capacity Manual 2010, ch. 31 (critical headway 4.5 s, follow-up 2.5 s)."""

LONGEST_TURN, LEAST_SATURATION = 30.0, 0.05
"""Seconds that a turn may cost, and the least share of a lane group's saturation flow."""

TURN_COLUMNS = (
    "in_link", "out_link", "lane_group", "kind", "weight", "critical_gap", "follow_up", "turn_time", "saturation"
)  # fmt: skip

YIELD_COLUMNS = ("in_link", "out_link", "major_in", "major_out")

NOTE_COLUMNS = ("kind", "subject", "detail")


@dataclass(frozen=True, eq=False, init=False, repr=False)
class Network:
    """A road network that the twin can drive on.

    Rows are sorted by their ids when the network is built, so that the order in which they were given never matters.

    Parameters
    ----------
    nodes : GeoDataFrame
        ``node_id`` (str), ``geometry`` (point), ``capacity`` [PCU/s] (optional; missing = no limit).
    links : GeoDataFrame
        ``link_id``, ``from_node``, ``to_node`` (str), ``length`` [m], ``lanes``, ``free_speed`` [m/s], ``capacity``
        [PCU/s a lane], ``jam_density`` [PCU/m a lane], ``geometry`` (line); optional ``road_class``, ``name``,
        ``osm_ways`` (tuple of ids), ``closed`` (bool), ``only`` (tuple of the vehicle classes that may use it; empty =
        all).
    lane_groups : DataFrame, optional
        ``link_id``, ``lane_group`` (number within the link, 0 = leftmost), ``lanes``, ``exit_capacity`` [PCU/s a
        group] (missing = lanes x the link's capacity), ``pocket`` [m] (how long the lanes are; missing = as long as the
        link). A full pocket holds up all behind it. Default: one group a link.
    turns : DataFrame, optional
        ``in_link``, ``out_link``, ``lane_group``, ``kind`` (left, through, right, uturn), ``weight`` (share at a
        merge; missing = capacity of the approach), ``critical_gap`` and ``follow_up`` [s] (of turns that yield;
        missing = GAP and FOLLOW_UP), ``turn_time`` [s] (what turning costs beside driving on at free speed; missing =
        0), ``saturation`` (flow in a queue of those who make it, as a share of that of the lane group; missing = 1).
        Default: every turn but back where one came from.
    yields : DataFrame, optional
        ``in_link``, ``out_link``, ``major_in``, ``major_out``: the first turn gives way to the second, always or, where
        it has a signal, while it is only permitted. Default: nobody gives way.
    notes : DataFrame, optional
        ``kind``, ``subject``, ``detail``: every guess and repair that was made on import.

    Raises
    ------
    BadTable
        If a table lacks a column or a row has an impossible value: the text names table, column, id, value, remedy.

    Notes
    -----
    The wave speed is derived, w = capacity / (jam_density - capacity / free_speed), so that no two stored numbers can
    disagree [1]_.

    References
    ----------
    .. [1] Newell, G. F. (1993). A simplified theory of kinematic waves in highway traffic, parts I-III.
       Transportation Research B 27(4), 281-313.
    """

    nodes: gpd.GeoDataFrame
    links: gpd.GeoDataFrame
    lane_groups: pd.DataFrame
    turns: pd.DataFrame
    yields: pd.DataFrame
    notes: pd.DataFrame

    def __init__(
        self,
        nodes: gpd.GeoDataFrame,
        links: gpd.GeoDataFrame,
        *,
        lane_groups: pd.DataFrame | None = None,
        turns: pd.DataFrame | None = None,
        yields: pd.DataFrame | None = None,
        notes: pd.DataFrame | None = None,
    ) -> None:
        checked_nodes = _nodes(nodes)
        checked_links = _links(links, checked_nodes)
        checked_groups = _lane_groups(lane_groups, checked_links)
        checked_turns = _turns(turns, checked_links, checked_groups)
        object.__setattr__(self, "nodes", checked_nodes)
        object.__setattr__(self, "links", checked_links)
        object.__setattr__(self, "lane_groups", checked_groups)
        object.__setattr__(self, "turns", checked_turns)
        object.__setattr__(self, "yields", _yields(yields, checked_turns))
        object.__setattr__(self, "notes", notes_table([]) if notes is None else notes.reset_index(drop=True))

    def __repr__(self) -> str:
        return f"Network({len(self.links)} links, {len(self.nodes)} nodes, {len(self.turns)} turns)"

    @cached_property
    def _link_index(self) -> pd.Index[str]:
        index: pd.Index[str] = pd.Index(self.links["link_id"])
        return index

    @cached_property
    def _node_index(self) -> pd.Index[str]:
        index: pd.Index[str] = pd.Index(self.nodes["node_id"])
        return index

    def link_rows(self, link_ids: pd.Series) -> Rows:
        """Return the rows of links by their ids : array, shape (n,); -1 = unknown."""
        return _rows(self._link_index, link_ids)

    def node_rows(self, node_ids: pd.Series) -> Rows:
        """Return the rows of nodes by their ids : array, shape (n,); -1 = unknown."""
        return _rows(self._node_index, node_ids)

    @cached_property
    def turn_index(self) -> pd.MultiIndex:
        """The turns as pairs (in_link, out_link), to find rows by."""
        return pd.MultiIndex.from_frame(self.turns[["in_link", "out_link"]])

    @cached_property
    def yielding_turns(self) -> tuple[Rows, Rows]:
        """Rows of the turns that give way, and of those to which they do : arrays, shape (n_yield,)."""
        sides = (self.yields[list(pair)] for pair in (YIELD_COLUMNS[:2], YIELD_COLUMNS[2:]))
        minor, major = (self.turn_index.get_indexer(pd.MultiIndex.from_frame(side)) for side in sides)
        return minor, major

    @cached_property
    def group_of_turn(self) -> Rows:
        """Row of the lane group of each turn : array, shape (n_turn,)."""
        groups = pd.MultiIndex.from_frame(self.lane_groups[["link_id", "lane_group"]])
        return groups.get_indexer(pd.MultiIndex.from_frame(self.turns[["in_link", "lane_group"]]))

    @cached_property
    def group_capacity(self) -> npt.NDArray[np.int64]:
        """Most that can leave each lane group : array, shape (n_lane_group,) [1/1,000,000 PCU/s]."""
        groups = self.lane_groups
        lane = in_steps(self.links["capacity"], MICRO).to_numpy(np.int64)[self.link_rows(groups["link_id"])]
        own = in_steps(groups["exit_capacity"], MICRO).to_numpy(np.int64)
        return np.where(groups["exit_capacity"].isna(), lane * groups["lanes"].to_numpy(np.int64), own)

    @cached_property
    def link_capacity(self) -> npt.NDArray[np.int64]:
        """What each link carries, all lanes : array, shape (n_link,) [1/1,000,000 PCU/s]."""
        lane = in_steps(self.links["capacity"], MICRO).to_numpy(np.int64)
        whole: npt.NDArray[np.int64] = lane * self.links["lanes"].to_numpy(np.int64)
        return whole

    def turn_loads(
        self, flows: npt.NDArray[np.float64], shares: npt.NDArray[np.float64] | float = 1.0
    ) -> npt.NDArray[np.float64]:
        """Return how full turns are: flow / capacity of the lane group, or of the link onto which they lead if more.

        Parameters
        ----------
        flows : array, shape (n_turn,) [PCU/s]
        shares : array, shape (n_turn,), or float
            What those who yield can use of their lane group's flow.

        Returns
        -------
        array, shape (n_turn,)
            Two lanes from which all drive onto one are as full as that one.
        """
        group = self.group_of_turn
        used = np.minimum(self.turns["saturation"].to_numpy(np.float64), shares)
        own = np.bincount(group, flows / used, len(self.lane_groups))
        onto = self.link_capacity[self.link_rows(self.turns["out_link"])]
        loads: npt.NDArray[np.float64] = MICRO * np.maximum((own / self.group_capacity)[group], flows / onto)
        return loads

    @cached_property
    def wave_speed(self) -> npt.NDArray[np.float64]:
        """Speed at which a queue grows backwards : array, shape (n_link,) [m/s]."""
        links = self.links
        critical = links["capacity"] / links["free_speed"]
        wave: npt.NDArray[np.float64] = (links["capacity"] / (links["jam_density"] - critical)).to_numpy(np.float64)
        return wave

    @cached_property
    def free_time(self) -> npt.NDArray[np.int32]:
        """Time to drive each link when nobody is in the way : array, shape (n_link,) [ms], at least 1."""
        length, speed = in_steps(self.links["length"], MILLI), in_steps(self.links["free_speed"], MILLI)
        return ((length * MS + speed // 2) // speed).clip(lower=1).to_numpy(np.int32)

    @cached_property
    def shape_fingerprint(self) -> str:
        """Fingerprint of which links there are and what they join, whatever their lanes or speeds."""
        return fingerprint([self.links["link_id"], self.links["from_node"], self.links["to_node"]])

    @cached_property
    def fingerprint(self) -> str:
        """Fingerprint of everything that a run depends on: integers and ids alone, the same on every machine."""
        links, groups, turns = self.links, self.lane_groups, self.turns
        steps = [in_steps(links[column], _STEPS[column]) for column in _STEPS]
        return fingerprint(
            [
                self.nodes["node_id"],
                in_steps(self.nodes["capacity"], MICRO),
                links["link_id"], links["from_node"], links["to_node"], links["lanes"], links["closed"], *steps,
                groups["link_id"], groups["lane_group"], groups["lanes"], in_steps(groups["exit_capacity"], MICRO),
                turns["in_link"], turns["out_link"], turns["lane_group"], in_steps(turns["weight"], MICRO),
                *(in_steps(turns[column], MS) for column in ("critical_gap", "follow_up", "turn_time")),
                in_steps(turns["saturation"], MICRO),
                in_steps(groups["pocket"], MILLI), links["only"].map(" ".join),
                *(self.yields[column] for column in YIELD_COLUMNS),
            ]
        )  # fmt: skip

    def quality(self) -> Quality:
        """Return how much of the network is known and how much guessed, and which places deserve a look."""
        return quality(self.nodes, self.links, self.turns, self.notes)

    def with_links(self, links: gpd.GeoDataFrame, turns: pd.DataFrame | None = None) -> Network:
        """Return this network with other values in its table of links, and of turns if given, checked again."""
        turns = self.turns if turns is None else turns
        return Network(
            self.nodes, links, lane_groups=self.lane_groups, turns=turns, yields=self.yields, notes=self.notes
        )

    def with_notes(self, notes: pd.DataFrame) -> Network:
        """Return this network with other notes on its guesses and repairs."""
        return Network(
            self.nodes, self.links, lane_groups=self.lane_groups, turns=self.turns, yields=self.yields, notes=notes
        )


def _rows(index: pd.Index[str], ids: pd.Series) -> Rows:
    rows: Rows = index.get_indexer(pd.Index(ids))
    return rows


def notes_table(rows: list[tuple[str, str, str]]) -> pd.DataFrame:
    """Return a table of notes from rows of (kind, subject, detail)."""
    return pd.DataFrame(rows, columns=list(NOTE_COLUMNS), dtype=str)


def _nodes(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    nodes = _with_ids(_drawn(table, "nodes"), "nodes", ("node_id",))
    nodes["capacity"] = _numbers(nodes, "nodes", "node_id", "capacity", step=MICRO, missing=np.nan)
    _positive(nodes, "nodes", "node_id", ("capacity",))
    return _settled(nodes[["node_id", "capacity", "geometry"]], "nodes", ["node_id"])


def _links(table: gpd.GeoDataFrame, nodes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    _need(table, "links", ("link_id", "from_node", "to_node", "lanes", *_STEPS))
    links = _with_ids(_drawn(table, "links"), "links", ("link_id", "from_node", "to_node"))
    if not len(links):
        raise BadTable("table links has no rows: a network needs at least one link")
    for column, step in _STEPS.items():
        links[column] = _numbers(links, "links", "link_id", column, step=step)
    links["lanes"] = _whole(links, "links", "link_id", "lanes")
    _positive(links, "links", "link_id", ("lanes", *_STEPS))
    for column in ("road_class", "name"):
        links[column] = links[column].fillna("").astype(str) if column in links else ""
    links["closed"] = _truth(links, "closed") if "closed" in links else False
    links["only"] = _classes(links) if "only" in links else [() for _ in range(len(links))]
    links["osm_ways"] = _ways(links) if "osm_ways" in links else [() for _ in range(len(links))]
    for column in ("from_node", "to_node"):
        _known(links, "links", "link_id", column, known=nodes["node_id"], where="nodes")
    too_thin = links["jam_density"] * links["free_speed"] <= links["capacity"]
    why = "must be below jam_density x free_speed: lower the capacity, or raise the jam density or the speed"
    _refuse(links[too_thin], "links", "link_id", "capacity", why)
    too_long = links["length"] / links["free_speed"] > LONGEST_DRIVE
    _refuse(
        links[too_long], "links", "link_id", "length", "takes more than a day to drive: shorten it or raise the speed"
    )
    return _settled(links[list(LINK_COLUMNS)], "links", ["link_id"])


def _lane_groups(table: pd.DataFrame | None, links: gpd.GeoDataFrame) -> pd.DataFrame:
    if table is None:
        table = links[["link_id", "lanes"]].assign(lane_group=0)
    _need(table, "lane_groups", ("link_id", "lane_group", "lanes"))
    groups = _with_ids(pd.DataFrame(table), "lane_groups", ("link_id",))
    groups["exit_capacity"] = _numbers(groups, "lane_groups", "link_id", "exit_capacity", step=MICRO, missing=np.nan)
    groups["pocket"] = _numbers(groups, "lane_groups", "link_id", "pocket", step=MILLI, missing=np.nan)
    for column in ("lane_group", "lanes"):
        groups[column] = _whole(groups, "lane_groups", "link_id", column)
    _positive(groups, "lane_groups", "link_id", ("lanes", "exit_capacity", "pocket"))
    _known(groups, "lane_groups", "link_id", "link_id", known=links["link_id"], where="links")
    too_long = groups["pocket"] >= groups["link_id"].map(links.set_index("link_id")["length"])
    _refuse(groups[too_long], "lane_groups", "link_id", "pocket", "is as long as the link: leave it missing")
    bare = links[~links["link_id"].isin(groups["link_id"])]
    _refuse(bare, "links", "link_id", "link_id", "has no lane group: give it one in lane_groups")
    order = ["link_id", "lane_group"]
    return _settled(groups[[*order, "lanes", "exit_capacity", "pocket"]], "lane_groups", order)


def _turns(table: pd.DataFrame | None, links: gpd.GeoDataFrame, groups: pd.DataFrame) -> pd.DataFrame:
    if table is None:
        table = all_turns(links)
    _need(table, "turns", ("in_link", "out_link"))
    turns = _with_ids(table, "turns", ("in_link", "out_link"))
    turns["lane_group"] = _whole(turns, "turns", "in_link", "lane_group") if "lane_group" in turns else 0
    turns["kind"] = turns["kind"].astype(str) if "kind" in turns else "through"
    turns["weight"] = _numbers(turns, "turns", "in_link", "weight", step=MICRO, missing=np.nan)
    for column in ("critical_gap", "follow_up", "turn_time"):
        turns[column] = _numbers(turns, "turns", "in_link", column, step=MS, missing=np.nan)
    turns["turn_time"] = turns["turn_time"].fillna(0.0)
    turns["saturation"] = _numbers(turns, "turns", "in_link", "saturation", step=MICRO, missing=np.nan)
    turns["saturation"] = turns["saturation"].fillna(1.0)
    _positive(turns, "turns", "in_link", ("weight", "critical_gap", "follow_up", "saturation"))
    out_of_range = ~turns["turn_time"].between(0.0, LONGEST_TURN)
    _refuse(turns[out_of_range], "turns", "in_link", "turn_time", f"must be from 0 to {LONGEST_TURN:g} s")
    why = f"must be from {LEAST_SATURATION:g} to 1: it is a share of the lane group's saturation flow"
    out_of_range = ~turns["saturation"].between(LEAST_SATURATION, 1.0)
    _refuse(turns[out_of_range], "turns", "in_link", "saturation", why)
    for column in ("in_link", "out_link"):
        _known(turns, "turns", "in_link", column, known=links["link_id"], where="links")
    ends = links.set_index("link_id")
    apart = ends["to_node"].loc[turns["in_link"]].to_numpy() != ends["from_node"].loc[turns["out_link"]].to_numpy()
    _refuse(turns[apart], "turns", "in_link", "out_link", "does not begin where in_link ends")
    found = pd.MultiIndex.from_frame(turns[["in_link", "lane_group"]]).isin(
        pd.MultiIndex.from_frame(groups[["link_id", "lane_group"]])
    )
    _refuse(turns[~found], "turns", "in_link", "lane_group", "is not a lane group of in_link")
    order = ["in_link", "out_link"]
    return _settled(turns[list(TURN_COLUMNS)], "turns", order)


def _yields(table: pd.DataFrame | None, turns: pd.DataFrame) -> pd.DataFrame:
    if table is None:
        table = pd.DataFrame({column: pd.Series(dtype=str) for column in YIELD_COLUMNS})
    _need(table, "yields", YIELD_COLUMNS)
    yields = _with_ids(table[list(YIELD_COLUMNS)], "yields", YIELD_COLUMNS)
    index = pd.MultiIndex.from_frame(turns[["in_link", "out_link"]])
    rows = [
        index.get_indexer(pd.MultiIndex.from_frame(yields[[a, b]])) for a, b in (YIELD_COLUMNS[:2], YIELD_COLUMNS[2:])
    ]
    for row, column in zip(rows, ("out_link", "major_out"), strict=True):
        _refuse(yields[row < 0], "yields", "in_link", column, "is not reached by a turn that table turns has")
    same = (yields["in_link"] == yields["major_in"]).to_numpy() & (
        turns["lane_group"].to_numpy()[rows[0]] == turns["lane_group"].to_numpy()[rows[1]]
    )
    _refuse(yields[same], "yields", "in_link", "major_in", "yields to its own lane group: leave the row out")
    graph = coo_array((np.ones(len(yields), np.int8), (rows[0], rows[1])), shape=(len(turns), len(turns)))
    part = connected_components(graph, connection="strong")[1] if len(yields) else np.zeros(len(turns), np.int64)
    circle = part[rows[0]] == part[rows[1]]
    why = "waits, by way of others, for a turn that waits for it: leave out one row of the circle"
    _refuse(yields[circle], "yields", "in_link", "major_in", why)
    return _settled(yields, "yields", list(YIELD_COLUMNS))


def all_turns(links: pd.DataFrame) -> pd.DataFrame:
    """Return every turn that the links allow by their ends, but for turning back (kept at dead ends only)."""
    ends = links[["link_id", "from_node", "to_node"]]
    pairs = ends.merge(ends, left_on="to_node", right_on="from_node", suffixes=("_in", "_out"))
    back = pairs["from_node_in"] == pairs["to_node_out"]
    ways_on = (~back).groupby(pairs["link_id_in"]).transform("sum")
    keep = pairs[~back | (ways_on == 0)]
    kind = np.where(back[keep.index], "uturn", "through")
    return pd.DataFrame({"in_link": keep["link_id_in"], "out_link": keep["link_id_out"], "kind": kind})


def _need(table: pd.DataFrame, name: str, columns: tuple[str, ...]) -> None:
    missing = [column for column in columns if column not in table]
    if missing:
        raise BadTable(f"table {name} lacks column {missing[0]!r}: it needs {', '.join(columns)}")


def _drawn(table: gpd.GeoDataFrame, name: str) -> gpd.GeoDataFrame:
    """Return a copy whose geometry is there, in WGS-84 if it is on the globe at all."""
    if not isinstance(table, gpd.GeoDataFrame) or "geometry" not in table:
        raise BadTable(f"table {name} has no geometry: give a GeoDataFrame with a column 'geometry'")
    missing = table[table.geometry.isna() | table.geometry.is_empty]
    _refuse(missing, name, table.columns[0], "geometry", "is missing: draw it or leave the row out")
    return table.copy() if table.crs is None else table.to_crs("EPSG:4326")


def _with_ids(table: pd.DataFrame, name: str, columns: tuple[str, ...]) -> Any:  # noqa: ANN401 - the type that it got
    """Return a copy whose ids are texts, none of them missing."""
    _need(table, name, columns)
    table = table.copy()
    for column in columns:
        _refuse(table[table[column].isna()], name, columns[0], column, "is missing: give every row its id")
        table[column] = table[column].astype(str)
    return table


def _numbers(
    table: pd.DataFrame, name: str, key: str, column: str, *, step: int, missing: float | None = None
) -> npt.NDArray[np.float64]:
    """Return a column as numbers in whole steps, so that what is checked is what is driven on."""
    if column not in table and missing is not None:
        return np.full(len(table), missing)
    numbers = pd.to_numeric(table[column], errors="coerce").to_numpy(np.float64)
    wrong = ~np.isfinite(numbers) & (table[column].notna().to_numpy() | (missing is None))
    _refuse(table[wrong], name, key, column, "is not a finite number: correct it or leave the row out")
    _refuse(table[np.abs(numbers) > _HUGE], name, key, column, "is too large to be true")
    return np.round(numbers * step) / step


def _whole(table: pd.DataFrame, name: str, key: str, column: str) -> npt.NDArray[np.int64]:
    numbers = _numbers(table, name, key, column, step=MICRO)
    _refuse(table[numbers % 1 != 0], name, key, column, "is not a whole number")
    return numbers.astype(np.int64)


def _truth(links: gpd.GeoDataFrame, column: str) -> npt.NDArray[np.bool_]:
    wrong = [not isinstance(value, bool | np.bool_) for value in links[column]]
    _refuse(links[wrong], "links", "link_id", column, "is neither True nor False")
    truth: npt.NDArray[np.bool_] = links[column].to_numpy(np.bool_)
    return truth


def _ways(links: gpd.GeoDataFrame) -> list[tuple[int, ...]]:
    wrong = [isinstance(ways, str) or not hasattr(ways, "__iter__") for ways in links["osm_ways"]]
    _refuse(links[wrong], "links", "link_id", "osm_ways", "is not a list of way numbers")
    return [tuple(int(way) for way in ways) for ways in links["osm_ways"]]


def _classes(links: gpd.GeoDataFrame) -> list[tuple[str, ...]]:
    wrong = [isinstance(classes, str) or not hasattr(classes, "__iter__") for classes in links["only"]]
    _refuse(links[wrong], "links", "link_id", "only", "is not a list of vehicle classes")
    return [tuple(sorted({str(name) for name in classes})) for classes in links["only"]]


def _positive(table: pd.DataFrame, name: str, key: str, columns: tuple[str, ...]) -> None:
    for column in columns:
        _refuse(table[table[column] <= 0], name, key, column, "must be above 0")


def _known(table: pd.DataFrame, name: str, key: str, column: str, *, known: pd.Series, where: str) -> None:
    there = pd.Index(known.unique()).get_indexer(pd.Index(table[column])) >= 0  # isin of texts takes ten times as long
    _refuse(table[~there], name, key, column, f"is not in table {where}: add it there")


def _refuse(rows: pd.DataFrame, name: str, key: str, column: str, why: str) -> None:
    if len(rows):
        first = rows.iloc[0]
        more = f" (and {len(rows) - 1} more rows)" if len(rows) > 1 else ""
        raise BadTable(f"table {name}, {key} {first[key]!r}: {column} = {first[column]} {why}{more}")


def _settled(table: pd.DataFrame, name: str, order: list[str]) -> pd.DataFrame:
    """Sort by ids and refuse a second row of one id; geometry is kept to 1e-7 of a degree."""
    _refuse(table[table.duplicated(order)], name, order[0], order[-1], "occurs twice: keep one row")
    table = table.sort_values(order).reset_index(drop=True)
    if (
        "geometry" in table
        and isinstance(table, gpd.GeoDataFrame)
        and table.crs is not None
        and table.crs.is_geographic
    ):
        table["geometry"] = set_precision(table.geometry.to_numpy(), DEGREE, mode="pointwise")
    return table


def in_steps(values: pd.Series, step: int) -> pd.Series:
    """Return numbers as whole steps (1/1000, 1/1,000,000); -1 where there is none."""
    return (values * step).round().fillna(-1).astype(np.int64)
