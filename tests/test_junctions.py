"""Junctions: who gives way to whom at crossroads, forks, roundabouts, signals and signs, drawn by hand."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from shapely import LineString, Point

from tests.roads import CALM, road
from twin.junctions import FROM_MINOR, INTO_RING, LEFT_FROM_MAJOR, RIGHT_ONTO_LANES, gap_shares, with_right_of_way
from twin.network import MICRO, Network, all_turns

PLACES = {"J": (0, 0), "S": (0, -100), "E": (100, 0), "N": (0, 100), "W": (-100, 0)}


def drawn(links, places=None, *, at=60.0):
    """Return a network of links {id: (from, to, values)} between places in metres, its turns with their kinds."""
    places = places or PLACES
    points = {name: (25 + x / 55_660, at + y / 111_412) for name, (x, y) in places.items()}
    rows = [
        road(name, a, b, **{k: v for k, v in more.items() if k != "road_class"}) for name, (a, b, more) in links.items()
    ]
    table = pd.DataFrame(rows).assign(road_class=[more.get("road_class", "") for _, _, more in links.values()])
    lines = [LineString([points[a], points[b]]) for a, b, _ in links.values()]
    used = sorted({end for a, b, _ in links.values() for end in (a, b)})
    nodes = gpd.GeoDataFrame({"node_id": used}, geometry=[Point(points[name]) for name in used], crs="EPSG:4326")
    turns = all_turns(table)
    ends = table.set_index("link_id")[["from_node", "to_node"]]
    turns["kind"] = [kind(places, *ends.loc[a], ends.loc[b, "to_node"]) for a, b in turns.iloc[:, :2].to_numpy()]
    return Network(nodes, gpd.GeoDataFrame(table, geometry=lines, crs="EPSG:4326"), turns=turns)


def kind(places, before, at, after):
    (ax, ay), (bx, by), (cx, cy) = (np.array(places[name]) for name in (before, at, after))
    if before == after:
        return "uturn"
    cross = (bx - ax) * (cy - by) - (by - ay) * (cx - bx)
    size = np.hypot(bx - ax, by - ay) * np.hypot(cx - bx, cy - by)
    return "through" if abs(cross) < 0.5 * size else "left" if cross > 0 else "right"


def cross(**classes):
    """Return a crossroads J of two-way streets, classes by arm: link "SJ" comes from the south, "JS" goes there."""
    arms = {arm: {"road_class": classes.get(arm, "residential")} for arm in "SENW"}
    return drawn(
        {f"{arm}J": (arm, "J", own) for arm, own in arms.items()}
        | {f"J{arm}": ("J", arm, own) for arm, own in arms.items()}
    )


def junction_of_three():
    """Return a T of one-way roads: "major" and "minor" come together in "out" from the west and the south."""
    return with_right_of_way(
        drawn({
            "major": ("W", "J", {"road_class": "primary"}), "minor": ("S", "J", {"road_class": "residential"}),
            "out": ("J", "E", {"road_class": "primary"}),
        })
    )  # fmt: skip


def yields(network):
    """Return {"SW": {"NS", ...}}: the turn from south to west gives way to those from north to south ..."""
    found = {}
    for a, b, c, d in network.yields.itertuples(index=False):
        found.setdefault(a[0] + b[1], set()).add(c[0] + d[1])
    return found


def test_left_turns_give_way_to_the_opposite_side():
    main = yields(with_right_of_way(cross(S="primary", N="primary")))
    assert main["SW"] == {"NS", "NW"}
    assert main["NE"] == {"SN", "SE"}
    assert "SN" not in main
    assert "SE" not in main


def test_the_minor_road_gives_way():
    """By hand, as in the Highway Capacity Manual 2010, ch. 19: right, through and left from the minor road."""
    found = yields(with_right_of_way(cross(S="primary", N="primary")))
    assert found["ES"] == {"SN", "NS", "SW", "NE", "WS", "WE"}
    assert found["EW"] == {"SN", "NS", "SW", "NE", "NW"}
    assert found["EN"] == {"SN", "WN"} - {"WN"}


@pytest.mark.parametrize("side", ["right", "left"])
def test_streets_alike_give_way_to_one_side(side):
    """From the south and the east, both on to the north and the west: who comes from the south has E on its right."""
    links = {name: (*name, {"road_class": "residential"}) for name in ("SJ", "EJ", "JN", "JW")}
    found = yields(with_right_of_way(drawn(links), left_hand=side == "left"))
    if side == "right":
        assert found == {"SN": {"EW", "EN"}, "SW": {"EW"}}
    else:
        assert found == {"EW": {"SN", "SW"}, "EN": {"SN"}}


def test_at_a_fork_of_streets_alike_the_one_that_ends_gives_way():
    """Priority to the right goes round in a circle here: south, west (left turn from the east), south."""
    links = {f"{arm}J": (arm, "J", {}) for arm in "SEW"} | {f"J{arm}": ("J", arm, {}) for arm in "SEW"}
    assert yields(with_right_of_way(drawn(links))) == {
        "SW": {"EW", "ES", "WE"}, "SE": {"WE"}, "ES": {"WE", "WS"},
    }  # fmt: skip


def test_on_the_left_all_is_mirrored():
    there = with_right_of_way(cross(S="primary", N="primary"))
    back = with_right_of_way(cross(S="primary", N="primary"), left_hand=True)
    mirror = str.maketrans("EW", "WE")
    mirrored = {
        turn.translate(mirror): {other.translate(mirror) for other in all_} for turn, all_ in yields(there).items()
    }
    assert yields(back) == mirrored


def test_four_streets_alike_make_no_circle():
    """One road goes first as if the other had signs: its own left turns give way to the opposite side alone."""
    found = yields(with_right_of_way(cross()))
    first = {"EW", "ES", "EN", "WE", "WS", "WN"}
    assert {turn for turn in found if turn in first and found[turn] - first} == set()
    assert "EW" in found["SN"]
    assert "EW" in found["NS"]


def test_signs_win_over_classes():
    signs = {"SJ": "stop", "NJ": "give way"}
    found = yields(with_right_of_way(cross(S="primary", N="primary"), signs))
    assert "EW" in found["SN"]
    assert "EW" in found["NS"]
    assert "SN" not in found["ES"] if "ES" in found else True
    assert "EW" in yields(with_right_of_way(cross(), {"EJ": "priority", "WJ": "priority"}))["SN"]


def test_where_everybody_stops_they_move_up_in_turn():
    """Four approaches: 9.6 s from one vehicle to the next on each, so 4 / 9.6 a second in all, and 1 / 3.9 at most."""
    before = cross()
    network = with_right_of_way(before, dict.fromkeys(["SJ", "EJ", "NJ", "WJ"], "stop"))
    assert network.yields.empty
    assert network.nodes.set_index("node_id")["capacity"]["J"] == pytest.approx(4 / 9.6, abs=1e-6)
    exits = network.lane_groups.set_index("link_id")["exit_capacity"]
    assert exits[["SJ", "NJ"]].tolist() == pytest.approx([1 / 3.9] * 2, abs=1e-6)
    assert exits[["JS", "JN"]].isna().all()


def ring(*, signed=True):
    """A roundabout: A (west) to B (south) to C (east) to A, counter-clockwise; a street joins at B."""
    places = {"A": (-20, 0), "B": (0, -20), "C": (20, 0), "O": (0, -100)}
    ways = {"r1": ("A", "B"), "r2": ("B", "C"), "r3": ("C", "A")}
    links = {name: (*ends, {"road_class": "residential"}) for name, ends in ways.items()}
    links |= {"in": ("O", "B", {"road_class": "primary"}), "out": ("B", "O", {"road_class": "primary"})}
    return with_right_of_way(drawn(links, places), dict.fromkeys(ways, "ring") if signed else {})


def test_who_enters_a_roundabout_gives_way():
    """Even from a primary road; who leaves it at the same place is no hindrance."""
    assert ring().yields.to_numpy().tolist() == [["in", "r2", "r1", "r2"]]
    turn = ring().turns.set_index(["in_link", "out_link"]).loc[("in", "r2")]
    assert (turn["critical_gap"], turn["follow_up"]) == INTO_RING
    assert ring(signed=False).yields.to_numpy().tolist() == [["r1", "r2", "in", "r2"], ["r1", "out", "in", "r2"]][:1]


def merging(road_class, slip, lanes):
    return with_right_of_way(
        drawn(
            {"a": ("W", "J", {"road_class": road_class}), "b": ("P", "J", {"road_class": slip}),
             "out": ("J", "E", {"road_class": road_class, "lanes": lanes})},
            PLACES | {"P": (-100, -30)},
        )
    )  # fmt: skip


def test_slip_roads_give_way_but_not_onto_motorways_nor_with_a_lane_of_their_own():
    assert merging("primary", "primary_link", 1).yields.to_numpy().tolist() == [["b", "out", "a", "out"]]
    assert merging("motorway", "motorway_link", 1).yields.empty
    assert merging("primary", "primary_link", 2).yields.empty


def test_gaps_by_movement():
    turns = with_right_of_way(cross(S="primary", N="primary")).turns
    gaps = {
        a[0] + b[1]: (gap, then)
        for a, b, gap, then in turns[["in_link", "out_link", "critical_gap", "follow_up"]].to_numpy()
    }
    assert gaps["SW"] == gaps["NE"] == LEFT_FROM_MAJOR
    assert (gaps["ES"], gaps["EW"], gaps["EN"]) == tuple(FROM_MINOR[kind] for kind in ("left", "through", "right"))
    assert np.isnan(gaps["SN"]).all()


def test_onto_several_lanes_a_gap_on_one_is_enough():
    links = {
        "major": ("W", "J", {"road_class": "primary", "lanes": 2}),
        "minor": ("S", "J", {"road_class": "residential"}),
    }
    links |= {"out": ("J", "E", {"road_class": "primary", "lanes": 2})}
    turns = with_right_of_way(drawn(links)).turns.set_index("in_link")
    assert turns.loc["minor", ["critical_gap", "follow_up"]].tolist() == [RIGHT_ONTO_LANES[0] / 2, RIGHT_ONTO_LANES[1]]


def test_signals_keep_the_networks_gaps_and_who_is_inside_gives_way():
    """A divided road, J and K: who left J for K gives way to who enters at K, though the signals are one."""
    places = PLACES | {"K": (0, 20), "E2": (100, 20), "W2": (-100, 20), "N": (0, 100)}
    links = {
        "in": ("S", "J", {}),
        "mid": ("J", "K", {}),
        "up": ("K", "N", {}),
        "a": ("E2", "K", {}),
        "b": ("K", "W2", {}),
    }
    network = with_right_of_way(drawn(links, places), signal_of_node={"J": "J", "K": "J"})
    assert {(a, c) for a, _, c, _ in network.yields.to_numpy()} == {("mid", "a")}
    assert network.turns["critical_gap"].isna().all()


def test_one_note_tells_how_many():
    notes = with_right_of_way(cross()).notes
    assert notes["kind"].tolist() == ["guessed right of way"]
    assert notes["detail"][0].startswith("1 junctions")


def test_gap_shares_by_hand():
    """q = .2: q e^(-.2 x 6.2) / (1 - e^(-.2 x 3.3)) = .1199 a second of .8; with nobody there all of it."""
    network = junction_of_three()
    minor = network.turn_index.get_loc(("minor", "out"))
    against = np.zeros(len(network.turns))
    assert gap_shares(network, against).tolist() == [1.0] * len(against)
    against[minor] = 0.2
    most = 0.2 * np.exp(-1.24) / (1 - np.exp(-0.66))
    assert gap_shares(network, against)[minor] == pytest.approx(most * MICRO / network.group_capacity[0])


@st.composite
def stars(draw):
    """Junctions of three to six arms in any direction, of any class, one-way or not."""
    count = draw(st.integers(3, 6))
    spots = draw(
        st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)).filter(any), min_size=count, max_size=count)
    )
    places = {"J": (0, 0)} | {f"A{n}": (10 * x, 10 * y) for n, (x, y) in enumerate(spots)}
    links = {"in": ("A0", "J", {}), "out": ("J", "A1", {})}
    for n in range(count):
        own = {
            "road_class": draw(st.sampled_from(["", "primary", "residential", "tertiary_link"])),
            "lanes": draw(st.integers(1, 2)),
        }
        ways = draw(st.sampled_from([(True, False), (False, True), (True, True)]))
        links |= {f"{n}J": (f"A{n}", "J", own)} if ways[0] else {}
        links |= {f"J{n}": ("J", f"A{n}", own)} if ways[1] else {}
    signs = draw(
        st.dictionaries(st.sampled_from(sorted(links)), st.sampled_from(["stop", "give way", "priority", "ring"]))
    )
    return drawn(links, places), signs, draw(st.booleans())


@given(stars())
@CALM
def test_right_of_way_holds_for_any_junction(star):
    """The network's door takes it (no circles), no conflict is decided both ways, and names of links do not matter."""
    network, signs, left = star
    made = with_right_of_way(network, signs, left_hand=left)
    index = made.turn_index
    pairs = [index.get_indexer(pd.MultiIndex.from_frame(made.yields.iloc[:, part])) for part in ([0, 1], [2, 3])]
    graph = coo_array((np.ones(len(pairs[0])), pairs), shape=(len(index), len(index)))
    assert connected_components(graph, connection="strong")[0] == len(index)
    decided = set(zip(*pairs, strict=True))
    assert not decided & {(b, a) for a, b in decided}
    waits = np.unique(pairs[0])
    assert made.turns["critical_gap"].notna().to_numpy().nonzero()[0].tolist() == waits.tolist()
