"""Joined junctions: which nodes become one, where one can then drive, and restrictions by way of a road."""

import pytest

from tests.osm.conftest import MAIN
from tests.osm.test_graph import ONE_WAY, STREET, ends, kinds, turns
from tests.reference_data import reference
from twin.osm import read
from twin.osm.joined import CAR, MOST_NODES

LIGHT = {"highway": "traffic_signals"}
RING = {**ONE_WAY, "junction": "roundabout"}


def staggered(apart, **more):
    """Two side streets that meet a main street (west 2 to east 3) so many metres apart, from both sides."""
    nodes = {2: (-100, 0), 6: (0, 0, *more.get("six", ())), 7: (apart, 0, *more.get("seven", ())), 3: (100 + apart, 0)}
    nodes |= {4: (0, -100), 5: (apart, 100)}
    ways = {
        20: ([2, 6], STREET),
        25: ([6, 7], STREET),
        30: ([7, 3], STREET),
        40: ([4, 6], STREET),
        50: ([5, 7], STREET),
    }
    return nodes, ways


def test_nodes_between_which_no_car_has_room_are_one_junction(draw):
    network = read(draw(*staggered(6.0))).network
    assert len(network.links) == 8
    assert set(network.nodes["node_id"]) == {"2", "3", "4", "5", "6"}
    assert {(a, b) for a, at, b in turns(network) if at == "6"} == {(a, b) for a in "2345" for b in "2345" if a != b}
    assert turns(network)["4", "6", "5"] == "through"
    assert turns(network)["2", "6", "5"] == "left"


def test_where_a_car_has_room_they_stay_apart(draw):
    network = read(draw(*staggered(8.0))).network
    assert len(network.links) == 10
    assert "joined junction" not in kinds(read(draw(*staggered(8.0))))


def test_what_is_driven_inside_is_not_lost(draw):
    """Behind the junction lie the mean of the ways there: to the east 0 m from the north, 6 m from elsewhere."""
    network = read(draw(*staggered(6.0))).network
    length = network.links.set_index("link_id")["length"]
    assert length["30:7-3"] - length["30:3-7"] == pytest.approx(4, abs=0.02)
    assert length["50:7-5"] - length["50:5-7"] == pytest.approx(4, abs=0.02)
    assert length["20:6-2"] - length["20:2-6"] == pytest.approx(4, abs=0.02)


def test_a_joined_junction_lies_in_the_middle_and_is_noted(draw):
    network = read(draw(*staggered(6.0))).network
    nodes = network.nodes.set_index("node_id").geometry
    assert nodes["6"].y == pytest.approx(nodes["2"].y, abs=2e-7)
    east = network.links.set_index("link_id").geometry["30:7-3"].coords[0][0]
    west = network.links.set_index("link_id").geometry["20:2-6"].coords[-1][0]
    assert nodes["6"].x == pytest.approx((east + west) / 2, abs=2e-7)
    assert network.notes.query("kind == 'joined junction'")[["subject", "detail"]].to_numpy().tolist() == [
        ["node:6", "with nodes 7"]
    ]


def test_two_signals_are_not_joined_and_one_is(draw):
    extract = read(draw(*staggered(6.0, six=[LIGHT])))
    assert extract.signal_hints[["node_id", "signal_id"]].to_numpy().tolist() == [["6", "6"]]
    extract = read(draw(*staggered(6.0, seven=[LIGHT])))
    assert extract.signal_hints[["node_id", "signal_id"]].to_numpy().tolist() == [["6", "6"]]


def test_guessed_signals_of_a_joined_junction_are_noted_at_it_once(draw):
    """Main roads cross at 7, which becomes a part of 6, and at 6 too."""
    nodes, ways = staggered(6.0)
    nodes |= {8: (0, 100)}
    ways = {way: (refs, {"highway": "secondary"}) for way, (refs, _) in {**ways, 60: ([8, 6], {})}.items()}
    network = read(draw(nodes, ways)).network
    assert network.notes.query("kind == 'guessed signal'")["subject"].tolist() == ["node:6"]
    assert network.quality().coverage.set_index("what")["known"]["signals at the end"] < 1


def test_a_roundabout_is_never_joined(draw):
    nodes = {1: (0, 0), 2: (6, 0), 3: (3, 5), 4: (-100, 0), 5: (106, 0), 6: (3, 105)}
    ways = {10: ([1, 2, 3, 1], RING), 20: ([4, 1], STREET), 30: ([5, 2], STREET), 40: ([6, 3], STREET)}
    network = read(draw(nodes, ways)).network
    assert {("1", "2"), ("2", "3"), ("3", "1")} <= ends(network)


def test_a_longer_way_round_never_becomes_a_ring(draw):
    nodes, ways = staggered(6.0)
    nodes |= {8: (3, 30)}
    network = read(draw(nodes, ways | {60: ([6, 8, 7], STREET)})).network
    assert ("6", "7") in ends(network)
    assert (network.links["from_node"] != network.links["to_node"]).all()


def divided(*relations):
    """A road whose sides (1 to 2 east, 3 to 4 west) lie 20 m apart, with a side street in the south: way 50 crosses."""
    nodes = {1: (-100, 0), 5: (0, 0), 2: (100, 0), 3: (100, 20), 6: (0, 20), 4: (-100, 20), 7: (0, -100)}
    nodes |= {8: (-150, 10), 9: (150, 10), 10: (-250, 10), 11: (250, 10)}
    ways = {
        10: ([8, 1, 5], ONE_WAY), 20: ([5, 2, 9], ONE_WAY), 30: ([9, 3, 6], ONE_WAY), 40: ([6, 4, 8], ONE_WAY),
        50: ([5, 6], STREET), 60: ([7, 5], STREET), 70: ([10, 8], STREET), 80: ([9, 11], STREET),
    }  # fmt: skip
    return nodes, ways, relations


def by_way(kind, start, via, end):
    members = [("way", start, "from"), ("way", via, "via"), ("way", end, "to")]
    return members, {"type": "restriction", "restriction": kind}


def crossed(network):
    """Return {(way before, way behind)} of the turns at the divided road's crossing."""
    links = network.links.set_index("link_id")
    at = links["to_node"][network.turns["in_link"]].isin(["5", "6"]).to_numpy()
    pairs = network.turns.loc[at, ["in_link", "out_link"]].map(lambda link_id: int(link_id.split(":")[0]))
    return set(map(tuple, pairs.to_numpy().tolist()))


def test_a_divided_road_keeps_room_between_its_sides(draw):
    assert (10, 50) in crossed(read(draw(*divided())).network)


@pytest.mark.parametrize(
    ("rule", "gone"),
    [
        (by_way("no_u_turn", 10, 50, 40), {(10, 40)}),
        (by_way("no_left_turn", 60, 50, 40), {(60, 40)}),
        (by_way("no_right_turn", 10, 50, 20), set()),  # nobody goes that way
        (by_way("only_left_turn", 60, 50, 40), set()),
    ],
)
def test_restrictions_by_way_of_a_short_road_hold(draw, rule, gone):
    free = {(10, 20), (10, 40), (10, 60), (30, 40), (30, 20), (30, 60), (60, 20), (60, 40)}
    extract = read(draw(*divided(rule)))
    assert crossed(extract.network) == free - gone
    assert "restriction not understood" not in kinds(extract)


def test_restrictions_by_way_of_a_long_road_are_noted(draw):
    extract = read(draw(*divided(by_way("no_u_turn", 10, 20, 30))))
    note = extract.network.notes.query("kind == 'restriction not understood'").iloc[0]
    assert note[["subject", "detail"]].tolist() == [
        "relation:1", "by way of roads that are not inside one junction, such as those longer than 35 m"
    ]  # fmt: skip


def test_an_only_by_way_forbids_the_others_that_take_it(draw):
    nodes, ways, _ = divided()
    ways |= {90: ([6, 12], STREET)}
    nodes |= {12: (0, 120)}
    plain = crossed(read(draw(nodes, ways, [by_way("no_u_turn", 10, 50, 60)])).network)
    held = crossed(read(draw(nodes, ways, [by_way("only_straight_on", 60, 50, 90)])).network)
    assert plain - held == {(60, 40)}


def test_a_restriction_holds_by_way_of_several_roads_and_from_short_pieces_of_its_own(draw):
    """Way 50 is two ways (50 and 51), and way 10 has a short piece between the side street and way 50."""
    rule = by_way("no_u_turn", 10, 50, 40)
    rule[0].insert(2, ("way", 51, "via"))
    nodes, ways, _ = divided()
    nodes |= {12: (0, 10), 13: (-4, 0)}
    ways |= {50: ([5, 12], STREET), 51: ([12, 6], STREET), 10: ([8, 1, 13, 5], ONE_WAY), 60: ([7, 13], STREET)}
    network = read(draw(nodes, ways, [rule])).network
    assert {into for into, out in crossed(network) if out == 40} == {30}  # who comes from way 60 is on way 10 then
    assert "restriction not understood" not in kinds(read(draw(nodes, ways, [rule])))


def test_where_one_must_go_but_cannot_nothing_is_forbidden(draw):
    extract = read(draw(*divided(by_way("only_left_turn", 60, 50, 70))))
    assert crossed(extract.network) >= {(60, 20), (60, 40)}
    note = extract.network.notes.query("kind == 'restriction not understood'").iloc[0]
    assert note["detail"] == "no turn leads from its roads to where one must go"


def test_who_can_only_turn_back_inside_a_junction_turns_back(draw):
    """Way 10 ends in two stubs of 4 m: without them one turns back at its end, and so one does with them."""
    nodes = {1: (-100, 0), 2: (-200, 0), 3: (-150, 100), 6: (0, 0), 7: (4, 0), 8: (0, 4)}
    ways = {
        10: ([1, 6], STREET),
        20: ([6, 7], STREET),
        30: ([6, 8], STREET),
        40: ([1, 2], STREET),
        50: ([1, 3], STREET),
    }
    network = read(draw(nodes, ways)).network
    assert turns(network)["1", "6", "1"] == "uturn"
    assert set(network.turns["out_link"]) == set(network.turns["in_link"]) == set(network.links["link_id"])


def test_what_restrictions_inside_a_junction_cut_off_is_left_out(draw):
    """To the north (12) leads a one-way street that can only be entered from way 60 by way of 50."""
    nodes, ways, _ = divided()
    nodes |= {12: (0, 120)}
    ways |= {90: ([6, 12], ONE_WAY), 91: ([12, 4], ONE_WAY)}
    rules = [by_way("no_straight_on", start, 50, 90) for start in (10, 60)]
    rules.append(([("way", 30, "from"), ("node", 6, "via"), ("way", 90, "to")], by_way("no_right_turn", 0, 0, 0)[1]))
    network = read(draw(nodes, ways, rules)).network
    assert "90:6-12" not in set(network.links["link_id"])
    assert "cut off" in set(network.notes["kind"])
    assert set(network.turns["out_link"]) == set(network.turns["in_link"]) == set(network.links["link_id"])


def test_a_field_of_short_links_is_read_at_once_and_not_one_junction(draw):
    """Twelve streets by twelve, 4 m apart, as where somebody wrote feet for degrees."""
    size = 12
    nodes = {100 * x + y + 1: (4 * x, 4 * y) for x in range(size) for y in range(size)}
    nodes |= {9001: (-200, 0), 9002: (4 * size + 200, 4 * (size - 1))}
    ways = {x + 1: ([100 * x + y + 1 for y in range(size)], STREET) for x in range(size)}
    ways |= {100 + y: ([100 * x + y + 1 for x in range(size)], STREET) for y in range(size)}
    ways |= {200: ([9001, 1], STREET), 201: ([9002, 100 * (size - 1) + size], STREET)}
    network = read(draw(nodes, ways)).network
    joints = network.notes[network.notes["kind"] == "joined junction"]
    assert joints["detail"].str.count(r"\d+").max() == MOST_NODES - 1


def test_a_road_cut_within_a_junction_still_leads_off_the_map(draw):
    nodes = {1: (0, 0), 2: (-200, 0), 3: (-200, 150), 4: (5, 0), 6: (0, -200)}
    ways = {10: ([2, 1], MAIN), 20: ([1, 4, 99], MAIN), 30: ([2, 3], STREET), 40: ([1, 6], STREET)}
    edges = read(draw(nodes, ways)).edges
    assert edges.query("node_id == '1'")[["lanes_in", "lanes_out"]].to_numpy().tolist() == [[2, 2]]


@pytest.mark.parametrize(("name", "fewest"), [("monaco.osm.gz", 5), ("baltimore.osm.pbf", 10)])
def test_only_roundabouts_have_links_on_which_no_car_has_room(name, fewest):
    extract = read(reference("osm") / name)
    assert (extract.network.notes["kind"] == "joined junction").sum() >= fewest
    links = extract.network.links
    assert set(links.loc[links["length"] < CAR, "link_id"]) <= set(extract.signs.query("sign == 'ring'")["link_id"])
