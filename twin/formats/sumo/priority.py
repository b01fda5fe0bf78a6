"""Priority: who gives way to whom, from the requests of SUMO's junctions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from itertools import product
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from twin.formats.sumo.lights import Note, Program, Turn, Window
    from twin.formats.sumo.roads import Connection, Roads

COLUMNS = ("in_link", "out_link", "major_in", "major_out")


def yields(
    roads: Roads,
    connections: Sequence[Connection],
    held: Mapping[Turn, Sequence[Window]],
    running: Mapping[str, Program],
    group_of: Mapping[Turn, Hashable],
) -> tuple[pd.DataFrame, list[Note]]:
    """Return which turn gives way to which, and notes on what was left out.

    A turn gives way to another where one of its connections does so in SUMO, from another road. At signals it does so
    only where it is green on condition (small g) while the other is green.

    Where all give way in a circle (first from the right, stop signs at all arms) some rows are left out until no circle
    is left, and noted. Lane groups count here, not turns: two left turns that wait for through traffic which stands
    behind the other one, in the same lane, would wait for ever.

    Parameters
    ----------
    roads, connections
        As read.
    held, running
        The green windows of turns, and the programmes that they come from.
    group_of : mapping
        The lane group of each turn.

    Returns
    -------
    rows : DataFrame
        ``in_link``, ``out_link`` give way to ``major_in``, ``major_out``.
    notes : list of Note
    """
    at_node: dict[str, list[Connection]] = defaultdict(list)
    for one in connections:
        at_node[roads.edges[one.into].to_node].append(one)
    rows: list[tuple[str, str, str, str]] = []
    notes: list[Note] = []
    for node_id in sorted(at_node):
        responses = roads.junctions[node_id].responses
        wanted = {
            ((a.into, a.out), (b.into, b.out))
            for a, b in product(at_node[node_id], repeat=2)
            if a.into != b.into and _responds(responses, a, b) and _together(a, b, held, running)
        }
        major = {(one.into, one.out) for one in at_node[node_id] if one.state in "MO"}
        order = sorted(wanted, key=lambda row: (row[1] not in major, row[0] in major, row))
        kept, dropped = without_circles(order, group_of)
        rows += [(*one, *other) for one, other in kept]
        if dropped:
            pairs = ", ".join(f"{a}>{b} to {c}>{d}" for (a, b), (c, d) in dropped)
            notes.append(("yield left out", f"node:{node_id}", f"it would close a circle of giving way: {pairs}"))
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype=str), notes


def _responds(responses: Sequence[str], a: Connection, b: Connection) -> bool:
    if a.state == "Z" or not 0 <= a.index < len(responses):
        return False
    bits = responses[a.index]
    return b.index < len(bits) and bits[-1 - b.index] == "1"


def _together(
    a: Connection, b: Connection, held: Mapping[Turn, Sequence[Window]], running: Mapping[str, Program]
) -> bool:
    """Return whether a is ever green on condition, or without a signal, while b may go."""
    mine, other = held.get((a.into, a.out)), held.get((b.into, b.out))
    if mine is None:
        return True
    permitted = [window for window in mine if window.permitted]
    if other is None or a.signal != b.signal:
        return bool(permitted)
    cycle = running[a.signal].cycle
    return any(_overlap(w, v, cycle) for w, v in product(permitted, other))


def _overlap(a: Window, b: Window, cycle: float) -> bool:
    return (b.start - a.start) % cycle < a.length or (a.start - b.start) % cycle < b.length


def without_circles(
    rows: Iterable[tuple[Turn, Turn]], group_of: Mapping[Turn, Hashable]
) -> tuple[list[tuple[Turn, Turn]], list[tuple[Turn, Turn]]]:
    """Return the rows (minor, major) that can stand without a lane group giving way to itself, and those left out.

    Examples
    --------
    >>> a, b = ("1", "2"), ("3", "4")
    >>> without_circles([(a, b), (b, a)], {a: "left lane", b: "other road"})
    ([(('1', '2'), ('3', '4'))], [(('3', '4'), ('1', '2'))])
    """
    majors: dict[Hashable, list[Hashable]] = defaultdict(list)
    kept, dropped = [], []
    for minor, major in rows:
        own, other = group_of[minor], group_of[major]
        if _reaches(majors, other, own):
            dropped.append((minor, major))
        else:
            majors[own].append(other)
            kept.append((minor, major))
    return kept, dropped


def _reaches(majors: Mapping[Hashable, Sequence[Hashable]], start: Hashable, goal: Hashable) -> bool:
    seen, open_ends = {start}, [start]
    while open_ends:
        here = open_ends.pop()
        if here == goal:
            return True
        ahead = [one for one in majors.get(here, ()) if one not in seen]
        seen.update(ahead)
        open_ends += ahead
    return False
