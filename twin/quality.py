"""Quality: how much of a road network is known and how much guessed, and which places deserve a look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.units import to_kmh

MAIN = ("motorway", "trunk", "primary", "secondary")
"""Road classes (and their ramps) that should not end in nothing."""

FAST, QUIET = ("motorway", "trunk"), ("residential", "living_street", "service")
"""Road classes of which the first should not meet the second on one level."""

EDGE = "edge of the map"
"""Kind of the notes that name junctions (node:...) where roads were cut because the map ends."""

SIGNAL = "guessed signal"
"""Kind of the notes that name junctions (node:...) that are taken to have traffic signals."""

KINDS = DEAD_END, NO_TURN, ONE_LEVEL, LANES_VANISH, SPEED_JUMPS = (
    "dead end of a main road", "missing turn", "classes meet on one level", "lanes vanish", "speed jumps",
)  # fmt: skip
"""Kinds of places that look wrong."""

LANES_APART, SPEEDS_APART = 2, 2.0
"""Lanes that may not vanish, and the factor by which no speed changes, from one link straight on to the next."""

_COVERED = {
    "lanes": ("guessed lanes", "way"),
    "speeds": ("guessed speed", "way"),
    "lanes by turns": ("guessed lane groups", "link"),
    "signals at the end": (SIGNAL, "node"),
}
_PLACE_COLUMNS = ("kind", "node_id", "link_id", "name", "numbers", "detail", "capacity", "lon", "lat", "osm")

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Quality:
    """What is known of a road network, and what is not.

    Parameters
    ----------
    coverage : DataFrame
        ``what`` (names, lanes, speeds, lanes by turns, signals at the end), ``km`` (of all links), ``known`` (share of
        these km).
    guesses : DataFrame
        ``kind``, ``count``: guesses and repairs that were made on import, the most frequent first.
    places : DataFrame
        ``kind`` (one of KINDS), ``node_id``, ``link_id``, ``name`` (of the street), ``numbers`` (lanes or km/h before
        and after, where they are what is odd; else empty), ``detail``, ``capacity`` [PCU/s] (of the road, all lanes:
        how much traffic a mistake would touch), ``lon``, ``lat`` [degrees], ``osm`` (where to look at it): places that
        look wrong, on the largest roads first. Many are as they should be: they deserve a look, not a correction.
    """

    coverage: pd.DataFrame
    guesses: pd.DataFrame
    places: pd.DataFrame

    def __repr__(self) -> str:
        known = ", ".join(f"{what} {share:.0%}" for what, share in self.coverage[["what", "known"]].to_numpy())
        return f"Quality({known} known; {int(self.guesses['count'].sum())} notes; {len(self.places)} places to look at)"


def quality(nodes: gpd.GeoDataFrame, links: gpd.GeoDataFrame, turns: pd.DataFrame, notes: pd.DataFrame) -> Quality:
    """Judge a network by its tables; see ``twin.Network``."""
    counts = notes["kind"].value_counts()
    guesses = pd.DataFrame({"kind": counts.index, "count": counts.to_numpy(np.int64)})
    guesses = guesses[guesses["kind"] != EDGE].sort_values(["count", "kind"], ascending=[False, True])
    return Quality(_coverage(links, notes), guesses.reset_index(drop=True), _places(nodes, links, turns, notes))


def _coverage(links: gpd.GeoDataFrame, notes: pd.DataFrame) -> pd.DataFrame:
    length = links["length"].to_numpy(np.float64)
    subjects = {
        "way": [[f"way:{way}" for way in ways] for ways in links["osm_ways"]],
        "link": [[f"link:{link_id}"] for link_id in links["link_id"]],
        "node": [[f"node:{node}"] for node in links["to_node"]],
    }
    known = {"names": (links["name"] != "").to_numpy()}
    for what, (kind, subject) in _COVERED.items():
        guessed = set(notes.loc[notes["kind"] == kind, "subject"])
        known[what] = np.array([guessed.isdisjoint(own) for own in subjects[subject]])
    shares = [float(length[mask].sum() / length.sum()) for mask in known.values()]
    return pd.DataFrame({"what": list(known), "km": length.sum() / 1000, "known": shares})


def _places(nodes: gpd.GeoDataFrame, links: gpd.GeoDataFrame, turns: pd.DataFrame, notes: pd.DataFrame) -> pd.DataFrame:
    """Return the places that look wrong, the largest roads first."""
    found = pd.concat(
        [
            _dead_ends(links, turns, notes),
            _streets_cut_off(links, turns),
            _level_crossings(links),
            _steps(links, turns),
        ],
        ignore_index=True,
    )
    link = links.set_index("link_id").loc[found["link_id"]]
    at = nodes.set_index("node_id").geometry.loc[found["node_id"]]
    found["name"], found["capacity"] = link["name"].to_numpy(), (link["capacity"] * link["lanes"]).to_numpy()
    found["lon"], found["lat"] = at.x.to_numpy(), at.y.to_numpy()
    found["osm"] = [
        f"https://www.openstreetmap.org/node/{node}" if node.isdecimal() else "" for node in found["node_id"]
    ]
    order = ["capacity", "kind", "node_id", "link_id"]
    return found.sort_values(order, ascending=[False, True, True, True])[list(_PLACE_COLUMNS)].reset_index(drop=True)


def _rows(
    kind: str, rows: pd.DataFrame, details: list[str], numbers: Sequence[tuple[int, ...]] | None = None
) -> pd.DataFrame:
    """Return the ends of links as places of one kind."""
    columns = {
        "node_id": rows["to_node"].to_numpy(),
        "link_id": rows["link_id"].to_numpy(),
        "detail": details,
        "numbers": [()] * len(rows) if numbers is None else numbers,
    }
    return pd.DataFrame({"kind": kind, **columns}, columns=["kind", *columns])


def _dead_ends(links: gpd.GeoDataFrame, turns: pd.DataFrame, notes: pd.DataFrame) -> pd.DataFrame:
    """Return main roads from whose end one can only turn back, unless the map ends there."""
    onward = set(turns.loc[turns["kind"] != "uturn", "in_link"])
    edge = set(notes.loc[notes["kind"] == EDGE, "subject"].str.removeprefix("node:"))
    ends = _of_class(links, MAIN) & ~links["link_id"].isin(onward) & ~links["to_node"].isin(edge)
    rows = links[ends]
    return _rows(DEAD_END, rows, [f"{name} ends here" for name in _called(rows)])


def _streets_cut_off(links: gpd.GeoDataFrame, turns: pd.DataFrame) -> pd.DataFrame:
    """Return streets that go on under their name, where no turn leads on."""
    named = links.loc[links["name"] != "", ["link_id", "from_node", "to_node", "name"]]
    on = named.merge(named, left_on=["to_node", "name"], right_on=["from_node", "name"], suffixes=("", "_out"))
    on = on[on["to_node_out"] != on["from_node"]]  # not back where one came from
    made = pd.MultiIndex.from_frame(turns[["in_link", "out_link"]])
    led = pd.Index(on["link_id"][pd.MultiIndex.from_frame(on[["link_id", "link_id_out"]]).isin(made)])
    rows = on[~on["link_id"].isin(led)].drop_duplicates("link_id")
    return _rows(NO_TURN, rows, [f"no turn leads on along {name}" for name in rows["name"]])


def _level_crossings(links: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return motorways and trunk roads (not their ramps) that a street for residents meets on one level."""
    fast = links[links["road_class"].isin(FAST)]
    quiet = links[links["road_class"].isin(QUIET)]
    rows = fast[fast["to_node"].isin({*quiet["from_node"], *quiet["to_node"]})]
    pairs = zip(_called(rows), rows["road_class"], strict=True)
    details = [f"{name} ({kind}) meets a street for residents" for name, kind in pairs]
    return _rows(ONE_LEVEL, rows, details)


def _steps(links: gpd.GeoDataFrame, turns: pd.DataFrame) -> pd.DataFrame:
    """Return places where straight on, on a road of one class, lanes vanish or the speed limit jumps."""
    through = turns.loc[turns["kind"] == "through", ["in_link", "out_link"]]
    by_id = links.set_index("link_id")
    before, after = (by_id.loc[through[end]].reset_index() for end in ("in_link", "out_link"))
    same = before["road_class"] == after["road_class"]
    lost = same & (before["lanes"] - after["lanes"] >= LANES_APART)
    ratio = before["free_speed"] / after["free_speed"]
    jumps = same & ~ratio.between(1 / SPEEDS_APART, SPEEDS_APART, inclusive="neither")
    lanes = list(zip(before["lanes"][lost].tolist(), after["lanes"][lost].tolist(), strict=True))
    ends = (end["free_speed"][jumps].map(to_kmh).round().astype(int).tolist() for end in (before, after))
    speeds = list(zip(*ends, strict=True))
    return pd.concat(
        [
            _rows(LANES_VANISH, before[lost], [f"{a} lanes go on as {b}" for a, b in lanes], lanes),
            _rows(SPEED_JUMPS, before[jumps], [f"{a} km/h become {b}" for a, b in speeds], speeds),
        ]
    )


def _of_class(links: gpd.GeoDataFrame, classes: tuple[str, ...]) -> Mask:
    mask: Mask = links["road_class"].str.removesuffix("_link").isin(classes).to_numpy()
    return mask


def _called(rows: pd.DataFrame) -> list[str]:
    return [name or f"link {link_id}" for name, link_id in zip(rows["name"], rows["link_id"], strict=True)]
