"""Yielding: who gives way to whom, and who is seen coming on the short links before a junction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from twin.kernels.columns import NO_YIELD, NOWHERE, Longs
from twin.network import FOLLOW_UP, GAP
from twin.ragged import rows, starts
from twin.units import MS

if TYPE_CHECKING:
    from twin.simulate.columns import Roads, Table

MOST_LINKS, MOST_WAYS = 12, 50
"""Links one behind the other, and turns at each of these distances, at which people are seen coming at the most."""


PATIENCE = 30
"""Seconds after which people begin to take shorter gaps than the critical one.

Adebisi, O., Sama, G. N. (1989). Influence of stopped delay on driver gap acceptance behavior. J. Transportation
Engineering 115(3), 305-315: those who had stood for more than 30 s took shorter gaps than all on average. How far and
how fast gaps shrink, to half at ten times this, is our assumption.
"""


def yield_columns(roads: Roads, table: Table) -> Table:
    """Return the yield part of the columns.

    Parameters
    ----------
    roads : Roads
    table : mapping
        The columns of links, lane groups and turns.

    Notes
    -----
    A gap of some seconds reaches back as far as one drives in that time: over the major road's last link, and over the
    links before it while that is not enough, at the speeds of the morning's beginning.
    """
    minor, major = roads.network.yielding_turns
    order = np.lexsort((major, minor))
    turn, first = np.unique(minor[order], return_inverse=True)
    of_turn = np.full(len(table["turn_link"]), NO_YIELD, np.int64)
    of_turn[turn] = np.arange(len(turn))
    own = roads.network.turns.iloc[turn]
    gap = (own["critical_gap"].fillna(GAP) * MS).round().to_numpy(np.int64)
    seen = _seen(first, major[order].astype(np.int64), gap, turn, table)
    place = np.argsort(seen["row"], kind="stable")
    now = np.append(np.argsort(place), -1)
    return {
        "turn_yield": of_turn,
        "yield_gap": gap,
        "yield_follow_up": (own["follow_up"].fillna(FOLLOW_UP) * MS).round().to_numpy(np.int64),
        "yield_patience": np.full(len(turn), PATIENCE * MS, np.int64),
        "yield_turns": starts(np.bincount(seen["row"], minlength=len(turn)).astype(np.int64)),
        "yield_turn": seen["turn"][place],
        "yield_onward": now[seen["onward"][place]],
        "yield_lead": seen["lead"][place],
    }


def _seen(row: Longs, turn: Longs, gap: Longs, minor: Longs, table: Table) -> dict[str, Longs]:
    """Return all that is looked at, by distance: yield row, turn, row of the turn made next (-1: none), time from it.

    Parameters
    ----------
    row, turn : array, shape (n,)
        Yield rows and the turns that cross the way of who yields.
    gap, minor : array, shape (n_yield,)
        Gap of each yield row, and a turn that yields.
    table : mapping
        The columns of links, lane groups and turns.
    """
    group_link, turn_group, turn_link = (table[name] for name in ("group_link", "turn_group", "turn_link"))
    by_link = np.argsort(turn_link, kind="stable")
    bounds = np.searchsorted(turn_link[by_link], np.arange(len(table["link_free_time"]) + 1))
    found = [{"row": row, "turn": turn, "onward": np.full(len(row), -1), "lead": np.zeros(len(row), np.int64)}]
    total = 0
    while len(found[-1]["row"]) and len(found) <= MOST_LINKS:
        last = found[-1]
        link = group_link[turn_group[last["turn"]]]
        begin = bounds[link]
        count = np.where(link == NOWHERE, 0, bounds[link + 1] - begin)
        after = np.repeat(np.arange(len(link)), count)
        before = by_link[rows(begin, count)]
        lead = (last["lead"] + table["link_free_time"][link])[after] + table["turn_time"][before]
        its = last["row"][after]
        kept = (lead < gap[its]) & (turn_group[before] != turn_group[minor[its]])
        kept[kept] &= _among_nearest(its[kept], lead[kept])
        more = {"row": its, "turn": before, "onward": total + after, "lead": lead}
        total += len(link)
        found.append({name: values[kept] for name, values in more.items()})
    return {name: np.concatenate([each[name] for each in found]).astype(np.int64) for name in found[0]}


def _among_nearest(row: Longs, lead: Longs) -> npt.NDArray[np.bool_]:
    """Return which values are among the MOST_WAYS nearest of their yield row."""
    order = np.lexsort((lead, row))
    rank = np.empty(len(row), np.int64)
    rank[order] = np.arange(len(row)) - np.searchsorted(row[order], row[order])
    return rank < MOST_WAYS
