"""Small towns drawn by hand: what becomes of clipped, one-way, looped, parallel, restricted, signalised roads."""

import pandas as pd
import pytest

from twin.osm import read
from twin.osm.graph import capacity
from twin.osm.lanes import by_arrows, by_rule

STREET = {"highway": "residential", "lanes": "2", "maxspeed": "30"}
ONE_WAY = {"highway": "residential", "oneway": "yes", "lanes": "1", "maxspeed": "30"}


def ends(network):
    return set(zip(network.links["from_node"], network.links["to_node"], strict=True))


def turns(network):
    """Return {(node before, junction, node after): kind}."""
    links = network.links.set_index("link_id")
    return {
        (links["from_node"][a], links["to_node"][a], links["to_node"][b]): kind
        for a, b, kind in network.turns[["in_link", "out_link", "kind"]].itertuples(index=False)
    }


def kinds(extract):
    return set(extract.network.notes["kind"])


def lane_groups(network, link_id):
    """Return [(lanes, kinds of turns)] of a link from left to right."""
    groups = network.lane_groups[network.lane_groups["link_id"] == link_id].sort_values("lane_group")
    own = network.turns[network.turns["in_link"] == link_id]
    return [
        (row.lanes, sorted(own.loc[own["lane_group"] == row.lane_group, "kind"]))
        for row in groups.itertuples(index=False)
    ]


# Shape: where links begin and end


def test_one_street_is_two_links_that_turn_back_at_dead_ends(draw):
    network = read(draw({1: (0, 0), 2: (0, 111.412)}, {7: ([1, 2], STREET)})).network
    assert list(network.links["link_id"]) == ["7:1-2", "7:2-1"]
    assert turns(network) == {("1", "2", "1"): "uturn", ("2", "1", "2"): "uturn"}
    # One degree of latitude is 111.412 km long at 60 degrees north.
    assert network.links["length"].tolist() == pytest.approx([111.412, 111.412], abs=0.02)
    assert network.links["osm_ways"].tolist() == [(7,), (7,)]


def test_a_crossroads_has_eight_links_and_no_way_back_in_the_middle(draw, crossing):
    network = read(draw(*crossing)).network
    assert len(network.links) == 8
    found = turns(network)
    assert {kind for (_, at, _), kind in found.items() if at == "1"} == {"left", "through", "right"}
    assert found["2", "1", "3"] == found["4", "1", "5"] == "through"
    assert found["2", "1", "5"] == found["4", "1", "2"] == "left"
    assert found["2", "1", "4"] == found["5", "1", "2"] == "right"
    assert found["1", "3", "1"] == "uturn"
    assert len(found) == 4 * 3 + 4


def test_a_street_of_several_ways_is_one_link(draw):
    nodes = {1: (0, 0), 2: (100, 0), 3: (200, 0), 4: (300, 10)}
    ways = {
        8: ([1, 2], {**STREET, "maxspeed": "36", "name": "A"}),
        5: ([2, 3], {**STREET, "maxspeed": "18", "name": "B", "lanes": "4"}),
        6: ([4, 3], {**STREET, "maxspeed": "36", "name": "A"}),
    }
    links = read(draw(nodes, ways)).network.links
    assert list(links["link_id"]) == ["6:4-1", "8:1-4"]
    assert links["osm_ways"].tolist() == [(6, 5, 8), (8, 5, 6)]
    assert links["lanes"].tolist() == [1, 1]
    assert links["name"].tolist() == ["A", "A"]
    # 100 m at 10 m/s, 100 m at 5 m/s, 100 m at 10 m/s: 40 s.
    assert (links["length"] / links["free_speed"]).tolist() == pytest.approx([40.0, 40.0], rel=0.01)


def test_where_a_one_way_street_begins_there_is_a_junction(draw):
    nodes = {1: (0, 0), 2: (100, 0), 3: (200, 50), 4: (200, -50)}
    ways = {7: ([1, 2], STREET), 8: ([2, 3, 4, 2], ONE_WAY)}
    network = read(draw(nodes, ways)).network
    assert ends(network) == {("1", "2"), ("2", "1"), ("2", "2")}
    assert ("1", "2", "1") not in turns(network)  # there is another way on: around the loop


def test_one_way_backwards(draw, crossing):
    nodes, ways = crossing
    ring = {30: ([1, 3], {**ONE_WAY, "oneway": "-1"}), 31: ([3, 5], {**ONE_WAY, "oneway": "-1"})}
    links = read(draw(nodes, ways | ring)).network.links
    one_way = links[links["osm_ways"].map(lambda own: 30 in own)]
    assert one_way["from_node"].tolist() == ["5"]
    assert one_way["link_id"].tolist() == ["31:5-1"]  # its first way in driving direction


def test_a_way_is_split_where_another_meets_it_and_nowhere_else(draw):
    nodes = {1: (0, 0), 2: (50, 0), 3: (100, 0), 4: (150, 0), 5: (100, 80)}
    network = read(draw(nodes, {7: ([1, 2, 3, 4], STREET), 8: ([3, 5], STREET)})).network
    assert ends(network) == {(a, b) for a, b in [("1", "3"), ("3", "4"), ("3", "5")] for a, b in [(a, b), (b, a)]}


def test_a_footway_does_not_split_a_street(draw):
    nodes = {1: (0, 0), 2: (50, 0), 3: (100, 0), 4: (50, 50)}
    ways = {7: ([1, 2, 3], STREET), 8: ([2, 4], {"highway": "footway"}), 9: ([2, 4], {"highway": "service"})}
    assert len(read(draw(nodes, ways)).network.links) == 2


def test_loops_and_parallel_streets_keep_apart(draw):
    nodes = {1: (0, 0), 2: (100, 0), 3: (150, 50), 4: (150, -50), 5: (50, 40), 6: (50, -40), 7: (-100, 0)}
    ways = {7: ([7, 1, 2], STREET), 8: ([2, 3, 4, 2], STREET), 9: ([1, 5, 2, 6, 1], STREET)}
    links = read(draw(nodes, ways)).network.links
    streets = {"7:7-1", "7:1-7", "7:1-2", "7:2-1"}
    assert set(links["link_id"]) == streets | {
        "8:2-3-2", "8:2-4-2", "9:1-5-2", "9:2-5-1", "9:1-6-2", "9:2-6-1",
    }  # fmt: skip


def test_a_ring_without_any_junction_can_be_driven(draw):
    nodes = {1: (0, 0), 2: (100, 0), 3: (50, 80)}
    network = read(draw(nodes, {7: ([1, 2, 3, 1], {**ONE_WAY, "junction": "roundabout"})})).network
    assert network.links["link_id"].tolist() == ["7:1-1"]


def test_nodes_named_twice_or_on_one_spot_do_no_harm(draw):
    nodes = {1: (0, 0), 2: (0, 0), 3: (100, 0), 4: (-100, 0), 5: (0, 100)}
    ways = {7: ([1, 1, 2], STREET), 8: ([2, 3], STREET), 9: ([1, 4], STREET), 6: ([2, 5], STREET), 5: ([1, 5], STREET)}
    extract = read(draw(nodes, ways))
    assert extract.network.links["length"].min() == pytest.approx(0.1)
    assert "no length" in kinds(extract)


# Clipping


def test_a_clipped_way_is_cut_and_noted(draw):
    nodes = {1: (0, 0), 2: (100, 0), 5: (400, 0), 6: (500, 0)}
    extract = read(draw(nodes, {7: ([1, 2, 3, 4, 5, 6], {**STREET, "highway": "tertiary"})}))
    assert ends(extract.network) == {("1", "2"), ("2", "1")} or ends(extract.network) == {("5", "6"), ("6", "5")}
    notes = extract.network.notes.set_index("kind")
    assert notes.loc["cut way", "subject"] == "way:7"
    assert "2 of 6" in notes.loc["cut way", "detail"]
    assert "cut off" in notes.index


def test_edges_are_where_larger_roads_were_cut(draw):
    nodes = {1: (0, 0), 2: (100, 0), 3: (0, 100)}
    ways = {
        7: ([9, 1, 2], {"highway": "primary", "lanes": "4", "name": "Main"}),
        8: ([1, 3, 8], STREET),
        6: ([2, 3], STREET),
    }
    edges = read(draw(nodes, ways)).edges
    assert edges.to_dict("records") == [
        {"node_id": "1", "road_class": "primary", "name": "Main", "lanes_in": 2, "lanes_out": 2}
    ]


def test_one_way_roads_over_the_edge_lead_to_the_last_junction(draw, crossing):
    nodes, ways = crossing
    out = {"highway": "primary", "oneway": "yes", "lanes": "2"}
    ways |= {90: ([3, 6, 99], out), 91: ([98, 7, 3], {**out, "lanes": "3"})}
    extract = read(draw(nodes | {6: (200, 20), 7: (200, -20)}, ways))
    assert extract.edges[["node_id", "lanes_in", "lanes_out"]].to_numpy().tolist() == [["3", 3, 2]]
    assert not {"6", "7"} & set(extract.network.nodes["node_id"])


def test_ends_outside_the_box_are_edges_and_ends_inside_are_not(draw):
    nodes = {1: (0, 0), 2: (100, 0), 3: (200, 0)}
    path = draw(nodes, {7: ([1, 2, 3], {"highway": "secondary"})}, bounds=(-50, -50, 150, 50))
    assert read(path).edges["node_id"].tolist() == ["3"]


def test_a_larger_road_may_end_at_a_side_street_outside_the_box(draw):
    nodes = {1: (0, 0), 2: (100, 0), 3: (200, 0), 4: (200, 90)}
    ways = {7: ([1, 2, 3], {"highway": "secondary", "lanes": "4"}), 8: ([3, 4], STREET)}
    edges = read(draw(nodes, ways, bounds=(-50, -50, 150, 150))).edges
    assert edges[["node_id", "lanes_in", "lanes_out"]].to_numpy().tolist() == [["3", 2, 2]]


def test_without_a_box_every_dead_end_of_a_larger_road_may_be_the_edge(draw):
    nodes = {1: (0, 0), 2: (100, 0), 3: (100, 90)}
    edges = read(draw(nodes, {7: ([1, 2], {"highway": "secondary"}), 8: ([2, 3], STREET)})).edges
    assert edges["node_id"].tolist() == ["1"]


def test_only_what_can_be_driven_there_and_back_is_kept(draw, crossing):
    nodes, ways = crossing
    ways |= {90: ([3, 6], ONE_WAY), 91: ([7, 8], STREET)}
    extract = read(draw(nodes | {6: (200, 0), 7: (900, 0), 8: (950, 0)}, ways))
    assert len(extract.network.links) == 8
    cut_off = extract.network.notes.query("kind == 'cut off'")
    assert cut_off["subject"].tolist() == ["way:90", "way:91"]


# Turn restrictions

NO_TURN = {"type": "restriction", "restriction": "no_u_turn"}


def restriction(kind, start, via, end, **tags):
    members = [("way", start, "from"), ("node", via, "via"), ("way", end, "to")]
    return members, {"type": "restriction", "restriction": kind} | tags


def test_no_left_turn(draw, crossing):
    before = turns(read(draw(*crossing)).network)
    after = turns(read(draw(*crossing, [restriction("no_left_turn", 20, 1, 50)])).network)
    assert before.keys() - after.keys() == {("2", "1", "5")}


def test_only_straight_on(draw, crossing):
    before = turns(read(draw(*crossing)).network)
    after = turns(read(draw(*crossing, [restriction("only_straight_on", 20, 1, 30)])).network)
    assert before.keys() - after.keys() == {("2", "1", "5"), ("2", "1", "4")}


def test_two_permissions_together_allow_both(draw, crossing):
    both = [restriction("only_straight_on", 20, 1, 30), restriction("only_right_turn", 20, 1, 40)]
    before, after = turns(read(draw(*crossing)).network), turns(read(draw(*crossing, both)).network)
    assert before.keys() - after.keys() == {("2", "1", "5")}


def test_restrictions_never_leave_a_link_without_turns(draw, crossing):
    every = [restriction("no_left_turn", 20, 1, 50), restriction("no_right_turn", 20, 1, 40)]
    extract = read(draw(*crossing, [*every, restriction("no_straight_on", 20, 1, 30)]))
    assert len(extract.network.links) == 8
    assert {key for key in turns(extract.network) if key[:2] == ("2", "1")} == {("2", "1", "3")}
    assert "restriction left out" in kinds(extract)


@pytest.mark.parametrize(
    "odd",
    [
        restriction("no_left_turn", 20, 1, 50, **{"restriction:conditional": "no_left_turn @ (07:00-09:00)"}),
        restriction("no_left_turn", 20, 1, 50, day_on="Mo"),
        restriction("no_left_turn", 20, 1, 50, **{"except": "motorcar"}),
        restriction("give_way", 20, 1, 50),
        restriction("no_left_turn", 20, 1, 50, type="restriction:hgv"),
        ([("way", 20, "from"), ("way", 30, "via"), ("way", 50, "to")], NO_TURN),
        (
            [("way", 20, "from"), ("way", 30, "via"), ("node", 1, "via"), ("way", 50, "to")],
            restriction("no_u", 0, 0, 0)[1],
        ),
        ([("node", 1, "via")], {"type": "restriction", "restriction": "no_left_turn"}),
        ([], {"type": "restriction"}),
    ],
)
def test_restrictions_that_are_not_understood_are_noted_and_change_nothing(draw, crossing, odd):
    extract = read(draw(*crossing, [odd]))
    assert turns(extract.network) == turns(read(draw(*crossing)).network)
    assert "restriction not understood" in kinds(extract)


def test_restrictions_that_except_buses_hold_for_cars(draw, crossing):
    extract = read(draw(*crossing, [restriction("no_left_turn", 20, 1, 50, **{"except": "psv;bicycle"})]))
    assert ("2", "1", "5") not in turns(extract.network)


def test_a_restriction_on_turning_back_spares_the_other_turns(draw):
    nodes = {1: (0, 0), 2: (100, 0), 3: (200, 0), 4: (100, 100)}
    ways = {7: ([1, 2, 3], STREET), 8: ([2, 4], STREET)}
    plain = turns(read(draw(nodes, ways)).network)
    assert turns(read(draw(nodes, ways, [restriction("no_u_turn", 7, 2, 7)])).network) == plain


def test_what_restrictions_make_unreachable_is_left_out(draw):
    # A side street that one may enter from no side: its links are no part of any way there and back.
    nodes = {1: (0, 0), 2: (100, 0), 3: (200, 0), 4: (100, 100)}
    ways = {7: ([1, 2], STREET), 9: ([2, 3], STREET), 8: ([2, 4], STREET)}
    both = [restriction("no_left_turn", 7, 2, 8), restriction("no_right_turn", 9, 2, 8)]
    extract = read(draw(nodes, ways, both))
    assert not any("4" in pair for pair in ends(extract.network))
    assert extract.network.notes.query("kind == 'cut off'")["subject"].tolist() == ["link:8:2-4", "link:8:4-2"]


@pytest.mark.parametrize("kind", ["no_u_turn", "no_right_turn"])
def test_turning_back_is_for_dead_ends(draw, crossing, kind):
    """Nobody turns back where there is another way on, whatever restrictions say of turning back."""
    nodes, ways = crossing
    found = turns(read(draw(nodes, ways, [restriction(kind, 20, 1, 20)])).network)
    assert found == turns(read(draw(nodes, ways)).network)
    assert {before for (before, _, after), name in found.items() if name == "uturn"} == {"1"}


# Signs


def signs(extract):
    return dict(extract.signs.to_numpy().tolist())


def test_a_sign_holds_for_those_who_come_to_the_junction_next(draw, crossing):
    nodes, ways = crossing
    ways[20] = ([2, 6, 1], STREET)
    for where, link_id in ((-10, "20:2-1"), (-90, "20:1-2")):
        assert signs(read(draw(nodes | {6: (where, 0, {"highway": "stop"})}, ways))) == {link_id: "stop"}
    facing = {"highway": "give_way", "direction": "forward"}
    assert signs(read(draw(nodes | {6: (-10, 0, facing)}, ways))) == {"20:2-1": "give way"}
    assert "sign left out" in kinds(read(draw(nodes | {6: (-60, 0, facing)}, ways)))


def test_a_stop_sign_on_the_junction_holds_for_all(draw, crossing):
    nodes, ways = crossing
    every = {f"{10 * arm}:{arm}-1": "stop" for arm in (2, 3, 4, 5)}
    assert signs(read(draw(nodes | {1: (0, 0, {"highway": "stop"})}, ways))) == every
    ways[20] = ([2, 6, 1], STREET)
    assert signs(read(draw(nodes | {6: (-10, 0, {"highway": "stop", "stop": "all"})}, ways))) == every
    minor = read(draw(nodes | {1: (0, 0, {"highway": "stop", "stop": "minor"})}, ways))
    assert signs(minor) == {}
    assert "sign left out" in kinds(minor)


def test_priority_roads_and_roundabouts_are_signs_too(draw, crossing):
    nodes, ways = crossing
    ways[20] = ([2, 1], {**STREET, "priority_road": "designated"})
    ways[50] = ([5, 1], {**ONE_WAY, "junction": "roundabout"})
    ways[60] = ([1, 5], ONE_WAY)
    ways[70] = ([5, 3], STREET)
    assert signs(read(draw(nodes, ways))) == {"20:1-2": "priority", "20:2-1": "priority", "50:5-1": "ring"}


def test_roundabouts_tell_the_driving_side(draw, crossing):
    nodes, ways = crossing
    ring = {8: (20, 0), 9: (0, 20), 7: (-20, 0), 6: (0, -20)}
    for refs, left in (([8, 9, 7, 6, 8], False), ([8, 6, 7, 9, 8], True)):
        around = {90: (refs, {**STREET, "junction": "roundabout"}), 91: ([3, 8], STREET), 92: ([7, 2], STREET)}
        assert read(draw(nodes | ring, around)).left_hand is left
    assert read(draw(nodes, ways)).left_hand is False
    ways[20] = ([2, 1], {**STREET, "driving_side": "left"})
    assert read(draw(nodes, ways)).left_hand is True


# Lanes


@pytest.mark.parametrize(
    ("count", "turning", "expected"),
    [
        (1, "left through right", [(1, "left through right")]),
        (2, "left through right", [(2, "left through right")]),
        (3, "left through right", [(1, "left"), (2, "through right")]),
        (3, "through right", [(3, "through right")]),
        (2, "left right", [(1, "left"), (1, "right")]),
        (3, "left right", [(1, "left"), (2, "right")]),
        (3, "left", [(3, "left")]),
    ],
)
def test_lane_groups_by_rule(count, turning, expected):
    groups = by_rule(count, frozenset(turning.split()))
    assert [(group.lanes, group.kinds) for group in groups] == [(n, frozenset(own.split())) for n, own in expected]


@pytest.mark.parametrize(
    ("arrows", "turning", "expected", "matched"),
    [
        ("left|through|through;right", "left through right", [(1, "left"), (2, "through right")], True),
        ("left|through|right", "left through right", [(1, "left"), (1, "through"), (1, "right")], True),
        ("left;through|right|right", "left through right", [(1, "left through"), (2, "right")], True),
        ("left|left;through;right", "left through right", [(1, "left"), (1, "through right")], True),
        ("left||", "left through right", [(1, "left"), (2, "through right")], False),
        ("left|left;right", "left right", [(1, "left"), (1, "right")], True),
        ("left;right", "left right", [(1, "left right")], True),
        ("left|right|right", "through", [(3, "through")], False),
        ("through|left|through", "left through", [(3, "left through")], True),
        ("left|through", "through right", [(2, "through right")], False),
        ("reverse|left|through", "left through", [(2, "left"), (1, "through")], False),
        ("left|nonsense|through", "left through", [(2, "left"), (1, "through")], False),
        ("slight_left|slight_right", "left right", [(1, "left"), (1, "right")], True),
    ],
)
def test_lane_groups_by_arrows(arrows, turning, expected, matched):
    marks = [frozenset(lane.split(";")) for lane in arrows.split("|")]
    groups, found = by_arrows(marks, frozenset(turning.split()))
    assert [(group.lanes, group.kinds) for group in groups] == [(n, frozenset(own.split())) for n, own in expected]
    assert found == matched


def test_arrows_on_the_road_make_lane_groups(draw, crossing):
    nodes, ways = crossing
    ways[20] = ([2, 1], {**STREET, "lanes": "4", "lanes:forward": "3", "turn:lanes:forward": "left|through|right"})
    network = read(draw(nodes, ways)).network
    assert lane_groups(network, "20:2-1") == [(1, ["left"]), (1, ["through"]), (1, ["right"])]
    assert lane_groups(network, "20:1-2") == [(1, ["uturn"])]


def test_guessed_lane_groups_are_noted(draw, crossing):
    nodes, ways = crossing
    ways[20] = ([2, 1], {**STREET, "lanes:forward": "3", "lanes:backward": "1"})
    extract = read(draw(nodes, ways))
    assert lane_groups(extract.network, "20:2-1") == [(1, ["left"]), (2, ["right", "through"])]
    assert "guessed lane groups" in kinds(extract)


def test_lanes_that_open_before_a_junction_count_at_its_end(draw, crossing):
    nodes, ways = crossing
    nodes[6] = (-50, 0)
    ways[20] = ([2, 6], STREET)
    ways[21] = ([6, 1], {**STREET, "lanes:forward": "2", "lanes:backward": "1", "turn:lanes:forward": "left|through"})
    network = read(draw(nodes, ways)).network
    assert network.links.set_index("link_id").loc["20:2-1", "lanes"] == 1
    assert lane_groups(network, "20:2-1") == [(1, ["left"]), (1, ["right", "through"])]
    assert pockets(network, "20:2-1") == [pytest.approx(50, abs=0.3), None]


def pockets(network, link_id):
    """Return the pockets of a link's lane groups from left to right; None = as long as the link."""
    own = network.lane_groups[network.lane_groups["link_id"] == link_id].sort_values("lane_group")["pocket"]
    return [None if pd.isna(length) else length for length in own]


def test_lanes_that_nothing_tells_where_they_begin_have_a_guessed_pocket(draw, crossing):
    """Arrows show three lanes where two are tagged: left and right turns alone, the outer ones, left first."""
    nodes, ways = crossing
    marks = {"lanes:forward": "2", "lanes:backward": "1", "turn:lanes:forward": "left|through|right"}
    ways[20] = ([2, 1], {**STREET, **marks})
    extract = read(draw(nodes, ways))
    assert pockets(extract.network, "20:2-1") == [30.0, None, None]
    assert extract.network.notes.query("kind == 'guessed pocket'")["subject"].tolist() == ["link:20:2-1"]
    ways[20] = ([2, 1], {**STREET, **marks, "lanes:forward": "1"})
    assert pockets(read(draw(nodes, ways)).network, "20:2-1") == [30.0, None, 30.0]


def test_a_way_of_its_own_for_the_pocket_is_as_long_as_the_way(draw, crossing):
    nodes, ways = crossing
    nodes[2] = (-40, 0)
    ways[20] = ([2, 1], {**STREET, "lanes:forward": "2", "lanes:backward": "1", "turn:lanes:forward": "left|through"})
    assert pockets(read(draw(nodes, ways)).network, "20:2-1") == [None, None]


def test_junk_is_guessed_and_noted(draw):
    tags = {"highway": "tertiary", "lanes": "two", "maxspeed": "quick", "name": "Ü & <Ä>"}
    extract = read(draw({1: (0, 0), 2: (100, 0)}, {7: ([1, 2], tags)}))
    assert {"guessed lanes", "guessed speed", "not understood"} <= kinds(extract)
    assert extract.network.links["name"].tolist() == ["Ü & <Ä>"] * 2


# Signals

LIGHT = {"highway": "traffic_signals"}


def hints(extract):
    return [tuple(row) for row in extract.signal_hints.itertuples(index=False)]


def test_a_light_on_the_junction(draw, crossing):
    nodes, ways = crossing
    assert hints(read(draw(nodes | {1: (0, 0, LIGHT)}, ways))) == [("1", "1", (1,))]


def test_lights_on_stop_lines_are_one_signal_at_the_junction(draw, crossing):
    nodes, ways = crossing
    nodes |= {6: (-20, 0, LIGHT), 7: (20, 0, LIGHT)}
    ways |= {20: ([2, 6, 1], STREET), 30: ([3, 7, 1], STREET)}
    extract = read(draw(nodes, ways))
    assert hints(extract) == [("1", "1", (6, 7))]
    assert extract.network.notes.query("kind == 'signal moved'")["subject"].tolist() == ["node:6", "node:7"]


def test_a_light_on_a_one_way_street_moves_with_the_traffic(draw, crossing):
    # Halfway between 1 and 8 on a street that leads from 1 to 8: the light is that of 8.
    nodes, ways = crossing
    nodes |= {8: (100, 100), 9: (200, 100), 6: (20, 20, LIGHT)}
    ways |= {90: ([1, 6, 8], ONE_WAY), 91: ([5, 8], STREET), 92: ([8, 3], STREET), 93: ([8, 9], STREET)}
    assert hints(read(draw(nodes, ways))) == []
    nodes[6] = (80, 80, LIGHT)
    assert hints(read(draw(nodes, ways))) == [("8", "8", (6,))]


def test_a_light_obeys_its_direction(draw, crossing):
    nodes, ways = crossing
    nodes |= {6: (40, 0, LIGHT), 3: (80, 0), 8: (80, 80), 9: (80, -80)}
    ways |= {30: ([3, 6, 1], STREET), 90: ([8, 3, 9], STREET)}
    for facing, junction in (("forward", "1"), ("backward", "3")):
        nodes[6] = (40, 0, {**LIGHT, "traffic_signals:direction": facing})
        assert hints(read(draw(nodes, ways))) == [(junction, junction, (6,))]


def test_a_light_for_people_on_foot_is_noted_and_left_out(draw, crossing):
    nodes, ways = crossing
    nodes |= {
        2: (-400, 0),
        6: (-200, 0, {**LIGHT, "crossing": "traffic_signals"}),
        7: (-45, 0, {"highway": "crossing"}),
    }
    ways |= {20: ([2, 6, 7, 1], STREET)}
    extract = read(draw(nodes, ways))
    assert hints(extract) == []
    assert extract.network.notes.query("kind == 'signal left out'")["subject"].tolist() == ["node:6"]


def test_a_crossing_with_lights_beside_a_junction_counts(draw, crossing):
    nodes, ways = crossing
    nodes |= {6: (-12, 0, {"highway": "crossing", "crossing": "traffic_signals"})}
    assert hints(read(draw(nodes, ways | {20: ([2, 6, 1], STREET)}))) == [("1", "1", (6,))]


def test_the_nodes_of_a_divided_road_are_one_signal(draw):
    # Two one-way sides, 12 m apart, crossed by a street: two junctions, one signal.
    nodes = {1: (0, 0, LIGHT), 2: (0, 12, LIGHT), 3: (-100, 0), 4: (100, 0), 5: (-100, 12), 6: (100, 12), 7: (0, -90)}
    nodes |= {8: (0, 102), 9: (0, 200, LIGHT), 10: (80, 200), 11: (-80, 200)}
    ways = {
        70: ([3, 1, 4], ONE_WAY), 71: ([6, 2, 5], ONE_WAY), 72: ([7, 1, 2, 8, 9], STREET), 73: ([5, 3], ONE_WAY),
        74: ([4, 6], ONE_WAY), 75: ([10, 9, 11], STREET),
    }  # fmt: skip
    found = hints(read(draw(nodes, ways)))
    assert found == [("1", "1", (1,)), ("2", "1", (2,)), ("9", "9", (9,))]


def main_roads(nodes, **classes):
    """Return a crossing of roads of these classes: west and east, south and north."""
    arms = {2: "west", 3: "east", 4: "south", 5: "north"}
    return nodes, {10 * arm: ([arm, 1], {"highway": classes[side]}) for arm, side in arms.items() if side in classes}


@pytest.mark.parametrize(
    ("classes", "guessed"),
    [
        ({"west": "primary", "east": "primary", "south": "tertiary", "north": "tertiary"}, True),
        ({"west": "secondary", "east": "secondary", "north": "tertiary"}, True),
        ({"west": "tertiary", "east": "tertiary", "south": "tertiary", "north": "tertiary"}, False),
        ({"west": "primary", "east": "primary", "south": "residential", "north": "residential"}, False),
        ({"west": "primary", "east": "primary", "north": "primary_link"}, False),
        ({"west": "primary", "east": "primary"}, False),
    ],
)
def test_where_nobody_tagged_signals_main_roads_cross_at_some(draw, crossing, classes, guessed):
    extract = read(draw(*main_roads(crossing[0], **classes)))
    assert hints(extract) == [("1", "1", ())] * guessed
    assert ("guessed signal" in kinds(extract)) == guessed
    known = extract.network.quality().coverage.set_index("what")["known"]["signals at the end"]
    assert known == pytest.approx(0.5 if guessed else 1.0, abs=0.01)


def test_where_signals_are_tagged_none_is_guessed(draw, crossing):
    nodes, ways = main_roads(crossing[0], west="primary", east="primary", south="primary", north="primary")
    nodes |= {6: (200, 0), 7: (300, 0, LIGHT), 8: (200, 100), 9: (300, 100), 10: (400, 0)}
    ways |= {90: ([3, 6, 7, 10], STREET), 91: ([6, 8], STREET), 92: ([7, 9], STREET)}
    assert hints(read(draw(nodes, ways))) == [("7", "7", (7,))]


def test_roads_along_one_line_and_roundabouts_have_no_guessed_signals(draw):
    nodes = {1: (0, 0), 2: (-100, 0), 3: (100, 0), 4: (-100, 20)}
    ways = {7: ([2, 1, 3], {"highway": "primary"}), 8: ([4, 1], {"highway": "primary"})}
    assert hints(read(draw(nodes, ways))) == []
    nodes = {1: (0, 0), 2: (30, 0), 3: (15, 30), 4: (-100, 0), 5: (130, 0), 6: (15, 130)}
    ways = {7: ([1, 2, 3, 1], {"highway": "primary", "junction": "roundabout"})}
    ways |= {8: ([4, 1], {"highway": "primary"}), 9: ([5, 2], {"highway": "primary"})}
    assert hints(read(draw(nodes, ways | {10: ([6, 3], {"highway": "primary"})}))) == []


# Tables


def test_capacities_are_those_of_a_triangular_diagram(draw, crossing):
    links = read(draw(*crossing)).network.links
    assert (links["capacity"] < links["jam_density"] * links["free_speed"]).all()
    # 30 km/h: u w k / (u + w) with w = 5 m/s, k = 0.15 a metre.
    assert links["capacity"].tolist() == pytest.approx([25 / 3 * 5 * 0.15 / (25 / 3 + 5)] * 8, abs=1e-5)


def test_the_order_of_the_file_does_not_matter(draw, crossing):
    nodes, ways = crossing
    there = read(draw(nodes, ways))
    back = read(draw(dict(reversed(nodes.items())), dict(reversed(ways.items())), name="back.osm"))
    assert there.network.fingerprint == back.network.fingerprint
    pd.testing.assert_frame_equal(there.network.notes, back.network.notes)


def test_a_restriction_means_the_way_that_meets_its_node(draw, crossing):
    nodes, ways = crossing
    nodes[6] = (-50, 0)
    ways |= {20: ([2, 6], STREET), 21: ([6, 1], STREET)}
    before = turns(read(draw(nodes, ways)).network)
    after = turns(read(draw(nodes, ways, [restriction("no_left_turn", 21, 1, 50)])).network)
    assert before.keys() - after.keys() == {("2", "1", "5")}


def test_a_foot_light_counts_when_near(draw, crossing):
    nodes, ways = crossing
    nodes |= {6: (-45, 0, {"highway": "crossing", "crossing": "traffic_signals"})}
    ways |= {20: ([2, 6, 1], STREET)}
    assert hints(read(draw(nodes, ways))) == []
    nodes[6] = (-45, 0, LIGHT)
    assert hints(read(draw(nodes, ways))) == [("1", "1", (6,))]


def test_no_light_where_traffic_only_parts(draw):
    nodes = {1: (0, 0, LIGHT), 2: (-200, 0), 3: (100, 100), 4: (100, -100)}
    ways = {20: ([2, 1], ONE_WAY), 30: ([1, 3, 2], ONE_WAY), 40: ([1, 4, 2], ONE_WAY)}
    assert hints(read(draw(nodes, ways))) == []


def test_a_light_where_a_link_begins_is_not_its_own(draw, crossing):
    nodes, _ = crossing
    ways = {10 * arm: ([1, arm], {"highway": "residential"}) for arm in (2, 3, 4, 5)}
    light = {**LIGHT, "traffic_signals:direction": "forward"}
    assert hints(read(draw(nodes | {1: (0, 0, light)}, ways))) == [("1", "1", (1,))]


def test_a_residential_street_over_the_edge_is_no_gate(draw, crossing):
    nodes, ways = crossing
    ways |= {90: ([3, 6, 99], ONE_WAY)}
    assert read(draw(nodes | {6: (200, 20)}, ways)).edges.empty


def test_turning_back_into_the_same_street_only(draw):
    nodes = {1: (0, 0), 2: (100, 0), 3: (0, 10), 4: (200, 0)}
    ways = {
        7: ([1, 2], {**STREET, "name": "A"}),
        8: ([2, 3], {**STREET, "name": "B"}),
        9: ([2, 4], {**STREET, "name": "A"}),
    }
    assert turns(read(draw(nodes, ways)).network)["1", "2", "3"] == "left"
    ways[8] = ([2, 3], {**STREET, "name": "A"})
    assert ("1", "2", "3") not in turns(read(draw(nodes, ways)).network)


@pytest.mark.parametrize(("kind", "ceiling"), [("motorway", 0.55), ("trunk_link", 0.55), ("primary", 0.5)])
def test_capacity_has_a_ceiling_by_class(kind, ceiling):
    """80 km/h: u w k / (u + w) = .612, above every ceiling."""
    assert capacity(80 / 3.6, kind) == ceiling
