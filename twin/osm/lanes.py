"""Lanes: which lanes at the end of a link serve which turns - by the arrows on the road, else by a rule."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twin.osm.graph import Link
    from twin.osm.pieces import Note
    from twin.osm.turns import Turn

ORDER = ("uturn", "left", "through", "right")
"""Kinds of turns from the leftmost lane to the rightmost, where one drives on the right."""

ARROWS = {
    "reverse": "uturn",
    "sharp_left": "left", "left": "left", "slight_left": "left",
    "through": "through", "none": "through", "": "through", "merge_to_left": "through", "merge_to_right": "through",
    "slight_right": "right", "right": "right", "sharp_right": "right",
}  # fmt: skip

OWN_LEFT = 3
"""From this number of lanes on, the leftmost is taken for a left-turn lane of its own where no arrows are tagged."""


POCKET = 30.0
"""Length [m] of lanes that open before a junction where nothing says where they begin: room for four cars (a guess)."""


@dataclass(frozen=True)
class Group:
    """Lanes side by side that serve the same turns."""

    lanes: int
    kinds: frozenset[str]


def lane_tables(links: Sequence[Link], turns: Sequence[Turn]) -> tuple[pd.DataFrame, pd.DataFrame, list[Note]]:
    """Return the tables of lane groups and turns that a Network is made of, and notes.

    Parameters
    ----------
    links : sequence of Link
    turns : sequence of Turn
        Every turn that is allowed.

    Returns
    -------
    lane_groups, turns : DataFrame
        Each turn belongs to exactly one group, each group has at least one turn; group 0 is the leftmost. The lanes of
        the groups are those at the end of the link. Where these are more than the link has along its way, the groups
        for turns alone, from the outside in, have a pocket until no lane is left over, and if need be all others too.
        The pocket is as long as the pieces of road with more lanes, or a guess where they do not tell.
    notes : list of (kind, subject, detail)
        Lane groups that were guessed or that disagree with the turns.
    """
    own: dict[int, list[Turn]] = defaultdict(list)
    for turn in turns:
        own[turn.into].append(turn)
    group_rows, turn_rows = [], []
    notes: list[Note] = []
    for row, link in enumerate(links):
        kinds = frozenset(turn.kind for turn in own[row])
        groups = _groups(link, kinds, notes)
        long = _pocket(link, sum(group.lanes for group in groups), notes)
        pocket = _with_pocket(groups, link.lanes)
        group_rows += [
            (link.link_id, number, group.lanes, long if number in pocket else None)
            for number, group in enumerate(groups)
        ]
        for turn in own[row]:
            number = next(number for number, group in enumerate(groups) if turn.kind in group.kinds)
            turn_rows.append((link.link_id, links[turn.out].link_id, number, turn.kind))
    return (
        pd.DataFrame(group_rows, columns=["link_id", "lane_group", "lanes", "pocket"]).astype({"pocket": float}),
        pd.DataFrame(turn_rows, columns=["in_link", "out_link", "lane_group", "kind"]),
        notes,
    )


def by_rule(count: int, kinds: frozenset[str]) -> list[Group]:
    """Return the lane groups of ``count`` lanes without arrows.

    One group, but: where a road ends at a crossroad (left and right alone), two lanes or more are shared out between
    left and right; with three lanes or more the leftmost is for left turns alone.
    """
    left, rest = kinds & {"uturn", "left"}, kinds - {"uturn", "left"}
    if not left or not rest or count == 1 or (count < OWN_LEFT and "through" in rest):
        return [Group(count, kinds)]
    leftmost = 1 if "through" in rest else count // 2
    return [Group(leftmost, left), Group(count - leftmost, rest)]


def by_arrows(arrows: Sequence[frozenset[str]], kinds: frozenset[str]) -> tuple[list[Group], bool]:
    """Return the lane groups that the arrows on the road show, and whether the arrows match the turns.

    A lane for through traffic and a turn belongs to the through group; the turn does too, unless it has a lane of its
    own. Lanes of one kind that do not lie side by side become one group with what lies between.
    """
    marks = [frozenset(ARROWS[arrow] for arrow in lane if arrow in ARROWS) & kinds for lane in arrows]
    main = [_main(mark) for mark in marks]
    spans = _spans(_filled(main))
    groups = [Group(stop - start, frozenset(main[start:stop]) - {""}) for start, stop in spans]
    homeless = [kind for kind in ORDER if kind in kinds and not any(kind in group.kinds for group in groups)]
    matched = all(marks)
    for kind in homeless:
        lane = next((place for place, mark in enumerate(marks) if kind in mark), None)
        matched = matched and lane is not None
        number = _nearest(groups, kind) if lane is None else _holder(spans, lane)
        groups[number] = Group(groups[number].lanes, groups[number].kinds | {kind})
    return groups, matched


def _groups(link: Link, kinds: frozenset[str], notes: list[Note]) -> list[Group]:
    if link.exit.arrows:
        groups, matched = by_arrows(link.exit.arrows, kinds)
        if not matched and len(kinds) > 1:
            text = "|".join(";".join(sorted(lane)) for lane in link.exit.arrows)
            turns = ", ".join(kind for kind in ORDER if kind in kinds)
            notes.append(("guessed lane groups", f"link:{link.link_id}", f"arrows {text}, turns {turns}: fitted"))
        return groups
    groups = by_rule(link.exit.lanes, kinds)
    if link.exit.lanes > 1 and len(kinds) > 1:
        text = " | ".join(f"{group.lanes} {'+'.join(k for k in ORDER if k in group.kinds)}" for group in groups)
        notes.append(("guessed lane groups", f"link:{link.link_id}", f"no arrows known: {text}"))
    return groups


def _pocket(link: Link, lanes: int, notes: list[Note]) -> float:
    """Return how long [m] the lanes are that open before the end of a link."""
    if lanes <= link.lanes:
        return 0.0
    if 0.0 < link.widened < link.length:
        return link.widened
    long = min(POCKET, link.length / 2)
    notes.append(
        ("guessed pocket", f"link:{link.link_id}", f"{lanes} lanes at its end, {link.lanes} before: {long:.0f} m")
    )
    return long


def _with_pocket(groups: Sequence[Group], lanes: int) -> set[int]:
    """Return the groups (their numbers) that have a pocket where the road has that many lanes before."""
    extra = sum(group.lanes for group in groups) - lanes
    numbers = range(len(groups))
    outward = sorted(numbers, key=lambda number: ("through" in groups[number].kinds, min(number, numbers[-1] - number)))
    chosen: set[int] = set()
    for number in outward:
        if extra <= 0:
            break
        chosen.add(number)
        extra -= groups[number].lanes
    return chosen


def _main(mark: frozenset[str]) -> str:
    """Return the kind that a lane counts for: through before right before left."""
    return next((kind for kind in ("through", "right", "left", "uturn") if kind in mark), "")


def _filled(main: list[str]) -> list[str]:
    """Let lanes that lead nowhere join the lane to their left, or else to their right."""
    filled = list(main)
    for place in range(1, len(filled)):
        filled[place] = filled[place] or filled[place - 1]
    for place in reversed(range(len(filled) - 1)):
        filled[place] = filled[place] or filled[place + 1]
    return filled


def _spans(main: list[str]) -> list[tuple[int, int]]:
    """Return (first, after last) lanes of each group: every kind lies within one group."""
    spans: list[tuple[int, int]] = []
    for place, kind in enumerate(main):
        last = max(other for other, word in enumerate(main) if word == kind)
        if spans and place < spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], last + 1))
        else:
            spans.append((place, last + 1))
    return spans


def _holder(spans: list[tuple[int, int]], lane: int) -> int:
    return next(number for number, (start, stop) in enumerate(spans) if start <= lane < stop)


def _nearest(groups: list[Group], kind: str) -> int:
    """Return the group whose turns lie nearest to a kind of turn that no lane shows."""
    wanted = ORDER.index(kind)
    away = [min((abs(ORDER.index(own) - wanted) for own in group.kinds), default=9) for group in groups]
    return away.index(min(away))
