"""Joints: junctions that are drawn as several nodes close together, as one - SUMO's locks up between their lights."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from twin.formats.sumo.files import each
from twin.formats.sumo.priority import COLUMNS, without_circles
from twin.network import LONGEST_TURN, Network
from twin.signals import Signals

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

JOIN = 20.0
"""Links shorter than this [m] are inside a junction: no truck could wait on what SUMO leaves of them."""

_TURNED = {"left": 1, "right": -1}

Turn = tuple[str, str]


class Path(NamedTuple):
    """A way through a joined junction: the turns that it consists of, and the metres between them."""

    turns: tuple[Turn, ...]
    length: float


def joined(network: Network, signals: Signals) -> tuple[Network, Signals]:
    """Return a network without the links inside junctions, and its signals.

    Nodes that short links join become one, unless they have different signals or a longer link would become a ring. The
    turns in a row over such links become one turn, from the lane group of the first, held by the first of their
    signals. What was driven inside is added to the length of the link behind.
    """
    node_of = _clusters(network, signals)
    links = network.links.assign(**{side: network.links[side].map(node_of) for side in ("from_node", "to_node")})
    inner = dict(links.loc[links["from_node"] == links["to_node"], ["link_id", "length"]].itertuples(index=False))
    inner = {link: length for link, length in inner.items() if length < JOIN}
    if not inner:
        return network, signals
    paths = _paths(network, inner)
    outer = links[~links["link_id"].isin(inner)].copy()
    outer["length"] += outer["link_id"].map(_lengths_before(paths)).fillna(0.0)
    nodes = network.nodes.assign(node_id=network.nodes["node_id"].map(node_of)).dissolve("node_id").reset_index()
    nodes["geometry"] = nodes.geometry.centroid if network.nodes.crs is None else _middles(nodes)
    return Network(
        nodes[["node_id", "geometry"]],
        outer,
        lane_groups=network.lane_groups[~network.lane_groups["link_id"].isin(inner)],
        turns=_turns(network, paths),
        yields=_yields(network, paths),
        notes=network.notes,
    ), _signals(signals, paths)


def _middles(nodes: Any) -> list[Any]:  # noqa: ANN401 - geopandas has no types
    """Return the middle of each bundle of points; a few metres apart, so degrees are as good as metres."""
    return [geometry.centroid for geometry in nodes.geometry]


def _clusters(network: Network, signals: Signals) -> dict[str, str]:
    """Return the node that each node becomes: the one with the smallest id of those that are joined."""
    links = network.links
    node_of = {node: node for node in network.nodes["node_id"]}
    end = dict(zip(links["link_id"], links["to_node"], strict=True))
    lit: dict[str, set[str]] = defaultdict(set)
    for row in each(signals.greens):
        lit[end[row.in_link]].add(row.signal_id)
    long = links.loc[links["length"] >= JOIN, ["from_node", "to_node"]].to_numpy()
    for link in each(links[links["length"] < JOIN].sort_values(["length", "link_id"])):
        a, b = sorted((node_of[link.from_node], node_of[link.to_node]))
        rings = any({node_of[x], node_of[y]} == {a, b} for x, y in long)
        if a != b and not rings and (not lit[a] or not lit[b] or lit[a] == lit[b]):
            lit[a] |= lit[b]
            node_of = {node: a if into == b else into for node, into in node_of.items()}
    return node_of


def _paths(network: Network, inner: Mapping[str, float]) -> dict[Turn, Path]:
    """Return the shortest way through the junction for each turn from outside to outside."""
    onto: dict[str, list[str]] = defaultdict(list)
    for row in each(network.turns):
        onto[row.in_link].append(row.out_link)
    paths: dict[Turn, Path] = {}
    for start in onto:
        if start not in inner:
            for path in _walks(start, (), 0.0, onto, inner):
                turn = start, path.turns[-1][1]
                if turn not in paths or path.length < paths[turn].length:
                    paths[turn] = path
    return paths


def _walks(
    link: str, made: tuple[Turn, ...], length: float, onto: Mapping[str, list[str]], inner: Mapping[str, float]
) -> Iterator[Path]:
    """Give all ways on from a link that pass each inner link once at the most."""
    passed = {out for _, out in made}
    for out in onto.get(link, ()):
        turns = (*made, (link, out))
        if out not in inner:
            yield Path(turns, length)
        elif out not in passed:
            yield from _walks(out, turns, length + inner[out], onto, inner)


def _lengths_before(paths: Mapping[Turn, Path]) -> dict[str, float]:
    """Return the mean length inside junctions before each link [m]."""
    lengths: dict[str, list[float]] = defaultdict(list)
    for (_, out), path in paths.items():
        lengths[out].append(path.length)
    return {link: float(np.mean(values)) for link, values in lengths.items()}


def _turns(network: Network, paths: Mapping[Turn, Path]) -> pd.DataFrame:
    old = network.turns.set_index(["in_link", "out_link"])
    kind, time = old["kind"].to_dict(), old["turn_time"].to_dict()
    turns = old.loc[[path.turns[0] for path in paths.values()]].drop(columns="weight").reset_index(drop=True)
    turns["in_link"], turns["out_link"] = zip(*paths, strict=True)
    turns["kind"] = [_kind([kind[turn] for turn in path.turns]) for path in paths.values()]
    turns["turn_time"] = [min(sum(time[turn] for turn in path.turns), LONGEST_TURN) for path in paths.values()]
    return turns


def _kind(kinds: list[str]) -> str:
    """Return the kind of turns in a row.

    Examples
    --------
    >>> _kind(["left", "through"]), _kind(["right", "left"]), _kind(["left", "left"])
    ('left', 'through', 'uturn')
    """
    turned = sum(_TURNED.get(kind, 0) for kind in kinds)
    if "uturn" in kinds or turned > 1:
        return "uturn"
    return "left" if turned == 1 else "right" if turned < 0 else "through"


def _yields(network: Network, paths: Mapping[Turn, Path]) -> pd.DataFrame:
    over: dict[Turn, list[Turn]] = defaultdict(list)
    for turn, path in paths.items():
        for part in path.turns:
            over[part].append(turn)
    wanted = {
        (minor, major)
        for row in each(network.yields)
        for minor in over[row.in_link, row.out_link]
        for major in over[row.major_in, row.major_out]
        if minor[0] != major[0]
    }
    group = network.turns.set_index(["in_link", "out_link"])["lane_group"].to_dict()
    kept, _ = without_circles(sorted(wanted), {turn: (turn[0], group[path.turns[0]]) for turn, path in paths.items()})
    return pd.DataFrame([(*minor, *major) for minor, major in kept], columns=list(COLUMNS), dtype=str)


def _signals(signals: Signals, paths: Mapping[Turn, Path]) -> Signals:
    """Return the signals with the windows of the first held turn of each way."""
    windows = dict(iter(signals.greens.groupby(["in_link", "out_link"])))
    rows = []
    for (into, out), path in paths.items():
        first = next((windows[turn] for turn in path.turns if turn in windows), None)
        if first is not None:
            rows.append(first.assign(in_link=into, out_link=out))
    return Signals(signals.plans, pd.concat(rows, ignore_index=True) if rows else signals.greens)
