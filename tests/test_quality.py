"""Quality: what is known and what guessed, counted by hand; and places that look wrong, each drawn on purpose."""

from __future__ import annotations

import pytest

import twin
from tests.roads import chain
from tests.test_junctions import cross, drawn
from twin.network import Network, notes_table
from twin.quality import EDGE


def noted(network, notes=(), **values):
    """Return a network with notes, and with other values in its table of links."""
    links = network.links.assign(**values)
    return Network(
        network.nodes, links, lane_groups=network.lane_groups, turns=network.turns, notes=notes_table(list(notes))
    )


def found(network):
    places = network.quality().places
    return list(places[["kind", "node_id", "link_id"]].itertuples(index=False, name=None))


def test_what_is_known_counts_by_length():
    """Links of 1, 3 and 6 km: the first without a name, the second of guessed lanes, the third of guessed speed.

    That one ends at a guessed signal.
    """
    notes = [
        ("guessed lanes", "way:8", ""), ("guessed speed", "way:9", ""), ("guessed speed", "way:5", ""),
        ("guessed lane groups", "link:1", ""), ("guessed signal", "node:3", ""),
    ]  # fmt: skip
    network = chain({"length": 1000.0}, {"length": 3000.0}, {"length": 6000.0})
    quality = noted(network, notes, name=["", "b", "c"], osm_ways=[(7,), (7, 8), (9,)]).quality()
    coverage = quality.coverage.set_index("what")["known"]
    assert coverage.to_dict() == pytest.approx(
        {"names": 0.9, "lanes": 0.7, "speeds": 0.4, "lanes by turns": 0.9, "signals at the end": 0.4}
    )
    assert quality.coverage["km"].tolist() == [10.0] * 5
    assert quality.guesses.to_numpy().tolist() == [
        ["guessed speed", 2],
        ["guessed lane groups", 1],
        ["guessed lanes", 1],
        ["guessed signal", 1],
    ]


def test_an_ordinary_crossroads_is_not_suspicious():
    assert found(noted(cross(S="primary", N="primary"), [(EDGE, "node:N", ""), (EDGE, "node:S", "")])) == []


def test_a_main_road_that_ends_in_nothing():
    town = cross(S="primary", N="primary_link", W="secondary")
    ends = [("dead end of a main road", end, f"J{end}") for end in "NSW"]
    assert found(town) == ends
    assert found(noted(town, [(EDGE, "node:S", ""), (EDGE, "node:N", "")])) == ends[2:]


def test_a_street_on_which_no_turn_leads_on():
    town = cross()
    on = town.turns[(town.turns["in_link"] != "WJ") | (town.turns["out_link"] != "JE")]
    named = town.links["link_id"].map({"WJ": "High Street", "JE": "High Street", "EJ": "High Street"}).fillna("")
    links = town.links.assign(name=named)
    town = Network(town.nodes, links, lane_groups=town.lane_groups, turns=on)
    assert found(town) == [("missing turn", "J", "WJ")]
    place = town.quality().places.iloc[0]
    assert "High Street" in place["detail"]
    assert (place["name"], place["numbers"]) == ("High Street", ())


def test_motorways_do_not_meet_streets_for_residents():
    town = drawn(
        {"SJ": ("S", "J", {"road_class": "motorway"}), "JN": ("J", "N", {"road_class": "motorway"}),
         "WJ": ("W", "J", {"road_class": "residential"})}
    )  # fmt: skip
    edge = [(EDGE, "node:N", "")]
    assert found(noted(town, edge)) == [("classes meet on one level", "J", "SJ")]
    ramp = town.links["road_class"].replace({"residential": "motorway_link"})
    assert found(noted(town, edge, road_class=ramp)) == []


@pytest.mark.parametrize(("lanes", "speeds", "odd"), [
    ((3, 1), (20.0, 20.0), [("lanes vanish", (3, 1))]), ((2, 1), (20.0, 20.0), []), ((1, 3), (20.0, 20.0), []),
    ((1, 1), (20.0, 10.0), [("speed jumps", (72, 36))]), ((1, 1), (10.0, 20.0), [("speed jumps", (36, 72))]),
    ((1, 1), (20.0, 11.0), []),
    ((4, 2), (30.0, 10.0), [("lanes vanish", (4, 2)), ("speed jumps", (108, 36))]),
])  # fmt: skip
def test_lanes_that_vanish_and_speeds_that_jump(lanes, speeds, odd):
    network = chain(*({"lanes": n, "speed": v, "capacity": 0.5} for n, v in zip(lanes, speeds, strict=True)))
    assert found(network) == [(kind, "1", "1") for kind, _ in odd]
    assert network.quality().places["numbers"].tolist() == [numbers for _, numbers in odd]


def test_the_largest_roads_come_first_and_each_place_can_be_found():
    network = chain(*({"lanes": n} for n in (4, 2, 9, 1)))
    places = network.quality().places
    assert places["link_id"].tolist() == ["3", "1"]
    assert places["capacity"].tolist() == pytest.approx([9 * 0.8, 4 * 0.8])
    at = network.nodes.set_index("node_id").geometry[places["node_id"]]
    assert places["lon"].tolist() == at.x.tolist()
    assert places["lat"].tolist() == at.y.tolist()
    assert places["osm"].tolist() == ["https://www.openstreetmap.org/node/3", "https://www.openstreetmap.org/node/1"]
    assert found(cross(S="primary"))[0][1] == "S"
    assert cross(S="primary").quality().places["osm"].tolist() == [""]  # no number, so no node of OpenStreetMap


def test_helsinki_knows_its_edge():
    """Of its larger roads none ends in nothing: all that do are cut by the edge of the map."""
    quality = twin.town("helsinki").network.quality()
    assert set(quality.places["kind"]) == {"lanes vanish"}
    assert quality.coverage.set_index("what")["known"]["names"] > 0.99
    assert EDGE not in set(quality.guesses["kind"])
    assert "names 100%" in repr(quality)
