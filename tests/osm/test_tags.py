"""What the tags of a road mean: for every value a driver meets, and for every slip of the pen."""

import pytest

from twin.osm.tags import CLASSES, LANES, road

KMH = 1 / 3.6


def meaning(**tags):
    return road({"highway": "residential"} | {key.replace("__", ":"): value for key, value in tags.items()})


def kinds(found):
    return {kind for kind, _ in found.notes}


@pytest.mark.parametrize("kind", CLASSES)
def test_every_class_has_lanes_and_a_speed(kind):
    found = road({"highway": kind})
    assert found.forward.lanes >= 1
    assert 2 < found.forward.speed < 30
    assert {"guessed lanes", "guessed speed"} <= kinds(found)


@pytest.mark.parametrize(
    ("tags", "name"),
    [
        ({"name": "云栖路", "name__zh": "云栖路 (浙)", "name__en": "Yunqi Road", "ref": "X101"}, "云栖路"),
        ({"name__zh": "云栖路", "name__en": "Yunqi Road", "ref": "X101"}, "云栖路"),
        ({"name__en": "Yunqi Road", "ref": "X101"}, "Yunqi Road"),
        ({"name": " ", "name__zh": "", "ref": "X101"}, "X101"),
        ({"name": "Mannerheimintie", "name__sv": "Mannerheimvägen"}, "Mannerheimintie"),
        ({"name__sv": "Mannerheimvägen", "name__zh-Hant": "雲棲路"}, ""),
        ({}, ""),
    ],
)
def test_a_road_is_called_by_its_own_script_first(tags, name):
    assert meaning(**tags).name == name


@pytest.mark.parametrize("kind", ["footway", "service", "construction", "cycleway", "proposed", "", "no"])
def test_what_carries_no_traffic_is_no_road(kind):
    assert road({"highway": kind}) is None


@pytest.mark.parametrize(
    ("tags", "drivable"),
    [
        ({"access": "no"}, False),
        ({"access": "private"}, False),
        ({"motor_vehicle": "no"}, False),
        ({"vehicle": "no"}, False),
        ({"motorcar": "no"}, False),
        ({"access": "no", "motor_vehicle": "yes"}, True),
        ({"access": "yes", "motorcar": "private"}, False),
        ({"access": "destination"}, True),
        ({"motor_vehicle": "private;delivery"}, False),
        ({"motor_vehicle": "delivery;destination"}, True),
        ({"access": "no", "bus": "yes"}, False),
        ({"area": "yes"}, False),
        ({"access": "nonsense"}, True),
    ],
)
def test_access(tags, drivable):
    assert (meaning(**tags) is not None) == drivable


@pytest.mark.parametrize(
    ("tags", "ahead", "back"),
    [
        ({}, True, True),
        ({"oneway": "yes"}, True, False),
        ({"oneway": "1"}, True, False),
        ({"oneway": "-1"}, False, True),
        ({"oneway": "no"}, True, True),
        ({"junction": "roundabout"}, True, False),
        ({"highway": "motorway"}, True, False),
        ({"highway": "motorway", "oneway": "no"}, True, True),
        ({"highway": "motorway_link"}, True, True),
        ({"oneway": "reversible"}, True, True),
        ({"oneway": "yes", "oneway__bicycle": "no"}, True, False),
    ],
)
def test_directions(tags, ahead, back):
    found = meaning(**tags)
    assert (found.forward is not None, found.backward is not None) == (ahead, back)


def test_a_strange_direction_is_noted():
    assert "guessed direction" in kinds(meaning(oneway="reversible"))


@pytest.mark.parametrize(
    ("value", "kmh", "guessed"),
    [
        ("40", 40, False),
        ("30 mph", 48.28032, False),
        ("30mph", 48.28032, False),
        ("50 km/h", 50, False),
        ("FI:urban", 50, True),
        ("DE:zone:30", 30, False),
        ("DE:zone30", 30, False),
        ("walk", 10, True),
        ("none", 30, True),
        ("signals", 30, True),
        ("30;50", 30, True),
        ("fast", 30, True),
        ("0", 30, True),
        ("-5", 30, True),
        ("1e9", 30, True),
        ("999", 30, True),
        ("٣٠", 30, True),
        ("", 30, True),
    ],
)
def test_speeds(value, kmh, guessed):
    found = meaning(maxspeed=value)
    assert found.forward.speed == pytest.approx(kmh * KMH)
    assert ("guessed speed" in kinds(found)) == guessed


def test_speeds_differ_by_direction():
    found = meaning(maxspeed="50", maxspeed__backward="30")
    assert (found.forward.speed, found.backward.speed) == pytest.approx((50 * KMH, 30 * KMH))


def test_urban_defaults_are_fifty_from_trunk_to_tertiary():
    for kind in ("trunk", "primary", "secondary", "tertiary"):
        assert road({"highway": kind}).forward.speed == pytest.approx(50 * KMH)


@pytest.mark.parametrize(
    ("tags", "ahead", "back"),
    [
        ({"lanes": "2"}, 1, 1),
        ({"lanes": "4"}, 2, 2),
        ({"lanes": "1"}, 1, 1),
        ({"lanes": "3"}, 1, 1),
        ({"lanes": "3", "lanes__forward": "2"}, 2, 1),
        ({"lanes": "3", "lanes__backward": "2"}, 1, 2),
        ({"lanes__forward": "3", "lanes__backward": "1"}, 3, 1),
        ({"lanes": "3", "turn__lanes__forward": "left|through"}, 2, 1),
        ({"lanes": "4", "lanes__psv__forward": "1"}, 1, 2),
        ({"lanes": "2;3"}, 1, 1),
        ({"lanes": "many"}, 1, 1),
        ({"lanes": "0"}, 1, 1),
        ({"lanes": "-2"}, 1, 1),
        ({"lanes": "99"}, 1, 1),
        ({"lanes": "1.5"}, 1, 1),
        ({"lanes": "²"}, 1, 1),
        ({"lanes": "9" * 5000, "lanes__psv__forward": "9" * 5000}, 1, 1),
    ],
)
def test_lanes_of_two_way_roads(tags, ahead, back):
    found = meaning(**tags)
    assert (found.forward.lanes, found.backward.lanes) == (ahead, back)


@pytest.mark.parametrize(
    ("tags", "count"),
    [
        ({"lanes": "3"}, 3),
        ({"lanes": "3", "lanes__psv": "1"}, 2),
        ({"lanes": "3", "bus__lanes": "||designated"}, 2),
        ({"lanes": "1", "lanes__psv": "1"}, 1),
        ({"turn__lanes": "left|through|right"}, 3),
        ({"lanes": "junk"}, 1),
        ({"highway": "primary"}, 2),
        ({"highway": "motorway"}, LANES["motorway"]),
    ],
)
def test_lanes_of_one_way_roads(tags, count):
    assert meaning(oneway="yes", **tags).forward.lanes == count


@pytest.mark.parametrize("value", ["2;3", "many", "0", "1.5", "99"])
def test_junk_lanes_are_noted(value):
    assert {"not understood", "guessed lanes"} <= kinds(meaning(lanes=value))


def test_tagged_roads_need_no_guess():
    assert meaning(lanes="2", maxspeed="30", name="Kaivokatu").notes == ()


def test_arrows():
    found = meaning(oneway="yes", lanes="3", turn__lanes="left|through|through;right")
    assert [sorted(lane) for lane in found.forward.arrows] == [["left"], ["through"], ["right", "through"]]
    assert found.backward is None


def test_arrows_of_the_bus_lane_are_left_out():
    found = meaning(oneway="yes", lanes="3", turn__lanes="left|through|through", psv__lanes="||designated")
    assert [sorted(lane) for lane in found.forward.arrows] == [["left"], ["through"]]
    assert found.forward.lanes == 2


def test_arrows_without_direction_mean_nothing_on_two_way_roads():
    assert meaning(turn__lanes="left|right").forward.arrows == ()


def test_arrows_against_the_way_of_a_reversed_street():
    found = meaning(oneway="-1", turn__lanes="left|right")
    assert found.forward is None
    assert len(found.backward.arrows) == 2


def test_arrows_that_disagree_with_the_lanes_win_and_are_noted():
    found = meaning(oneway="yes", lanes="2", turn__lanes="left|through|right")
    assert len(found.forward.arrows) == 3
    assert "lanes disagree" in kinds(found)


def test_conditions_are_noted():
    assert "condition left out" in kinds(meaning(motor_vehicle__conditional="no @ (22:00-05:00)"))


def test_an_unknown_road_counts_as_unclassified():
    found = road({"highway": "road"})
    assert found.road_class == "unclassified"
    assert "guessed class" in kinds(found)


def test_an_unmarked_bus_lane_lies_at_the_kerb():
    found = meaning(oneway="yes", lanes="3", lanes__psv="1", turn__lanes="left|through|right")
    assert [sorted(lane) for lane in found.forward.arrows] == [["left"], ["through"]]
