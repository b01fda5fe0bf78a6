"""Yielding: who is seen coming on the short links before a junction, as rows of the kernels."""

from __future__ import annotations

import numpy as np
import pytest
from roads import network, road, trips
from theory import drive, giving_way

from twin.simulate import columns_of


def rows_of(roads, *yields, gap, origin, destination):
    """Return the columns of a town, and what each row of its list says: turn, turn made next (or None), lead [ms]."""
    columns = columns_of(drive(giving_way(roads, *yields, gap=gap), trips(origin, destination, [0.0])))
    turn, onward = columns.yield_turn.tolist(), columns.yield_onward.tolist()
    return columns, [
        (one, turn[after] if after >= 0 else None, lead)
        for one, after, lead in zip(turn, onward, columns.yield_lead.tolist(), strict=True)
    ]


@pytest.mark.parametrize("turn_time", [0.0, 1.5])
def test_the_lead_is_what_one_drives_from_there(turn_time):
    """From i onto m (20 m, 1 s) and over the junction, and from h onto i (40 m, 2 s), turning onto m for 1.5 s."""
    rows = [
        road("r", "R", "J"), road("x", "J", "X"), road("n", "J", "N"), road("h", "H", "G"),
        road("i", "G", "I", length=40.0), road("m", "I", "J", length=20.0),
    ]  # fmt: skip
    pairs = [("r", "x"), ("m", "n"), ("i", "m"), ("h", "i")]
    turns = [{"in_link": a, "out_link": b, "turn_time": turn_time if b == "m" else 0.0} for a, b in pairs]
    roads = network(rows, turns=turns)
    row = {pair: number for number, pair in enumerate(roads.turn_index)}
    columns, seen = rows_of(roads, ("r", "x", "m", "n"), gap=6.0, origin="R", destination="X")
    assert seen[0] == (row["m", "n"], None, 0)
    on_network = [one for one in seen[1:] if one[0] < len(pairs)]
    first = 1000 + round(turn_time * 1000)
    assert on_network == [(row["i", "m"], row["m", "n"], first), (row["h", "i"], row["i", "m"], first + 2000)]
    from_sources = [one for one in seen[1:] if one[0] >= len(pairs)]
    assert [lead for *_, lead in from_sources] == [1000, first + 2000]  # who departs on m, and on i
    assert columns.turn_yield[row["r", "x"]] == 0


def test_nobody_waits_for_those_behind_oneself():
    """A ring of four links of 10 m whose entries give way to it: none of those looked at is in one's own lane group."""
    sides = range(4)
    rows = [road(f"in{n}", f"A{n}", f"R{n}") for n in sides] + [road("out", "R2", "B")]
    rows += [road(f"ring{n}", f"R{n}", f"R{(n + 1) % 4}", length=10.0) for n in sides]
    pairs = [(f"in{n}", f"ring{n}") for n in sides] + [(f"ring{n}", f"ring{(n + 1) % 4}") for n in sides]
    roads = network(rows, turns=[{"in_link": a, "out_link": b} for a, b in [*pairs, ("ring1", "out")]])
    yields = [(f"in{n}", f"ring{n}", f"ring{(n - 1) % 4}", f"ring{n}") for n in sides]
    columns, seen = rows_of(roads, *yields, gap=9.0, origin="A0", destination="B")
    for turn in np.flatnonzero(columns.turn_yield >= 0):
        row = columns.turn_yield[turn]
        own = columns.yield_turn[columns.yield_turns[row] : columns.yield_turns[row + 1]]
        assert len(own) > 4
        assert (columns.turn_group[own] != columns.turn_group[turn]).all()
    assert max(lead for *_, lead in seen) < 9000


def test_a_net_of_tiny_streets_does_not_fill_the_memory():
    """A lattice of 5 m: thousands of ways lead to a junction within its gap, and the nearest are looked at."""
    side = range(9)
    names = {(x, y): f"{x}.{y}" for x in side for y in side}
    ends = [(a, (a[0] + dx, a[1] + dy)) for a in names for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1))]
    rows = [road(f"{names[a]}>{names[b]}", names[a], names[b], length=5.0) for a, b in ends if b in names]
    roads = network(rows)
    pair = ("3.4>4.4", "4.4>5.4", "4.3>4.4", "4.4>4.5")
    columns, seen = rows_of(roads, pair, gap=20.0, origin="0.0", destination="8.8")
    assert 100 < len(seen) <= 1 + 12 * 50
    assert len(columns.yield_gap) == 1
