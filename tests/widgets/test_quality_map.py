"""QualityMap without a browser: list, map and panel say the same, in every language."""

from __future__ import annotations

import json

import ipywidgets
import pytest

from tests.roads import chain, trips
from tests.test_quality import noted
from twin.demand import Demand
from twin.errors import UnknownName
from twin.picture import doubts
from twin.picture.words import LANGUAGES
from twin.scenario import Scenario
from twin.towns import town
from widgets import QualityMap


@pytest.fixture(autouse=True)
def _no_widget_stays():
    yield
    ipywidgets.Widget.close_all()


def scenario(*roads, **more):
    return Scenario(noted(chain(*roads), **more), Demand(trips("0", "1", (0.0,))))


def odd():
    """A town with three odd places: at node 1 first lanes vanish and the speed jumps, at node 2 the speed jumps."""
    return scenario({"lanes": 9}, {"lanes": 1, "speed": 8.0}, {"lanes": 1}, name=["High Street", "Mill Lane", ""])


def drawn(quality_map):
    """The spots that the browser gets."""
    return next(each for each in json.loads(quality_map.town_map.spec)["layers"] if each["id"] == "places")


def numbers(quality_map):
    return [row["number"] for row in quality_map.panel.listed["rows"]]


def pick(quality_map, row):
    """Choose a row as the browser does."""
    quality_map.panel.picked = {"row": row, "count": quality_map.panel.picked.get("count", 0) + 1}


def click(quality_map, spot):
    """Click a spot as the browser does."""
    count = quality_map.town_map.picked.get("count", 0) + 1
    quality_map.town_map.picked = {"layer": "places", "row": spot, "lon": 0.0, "lat": 0.0, "count": count}


def test_list_and_map_show_the_same_places():
    today = odd()
    quality_map = QualityMap(today)
    places = today.network.quality().places
    assert numbers(quality_map) == [1, 2, 3]
    assert sorted(row for spot in drawn(quality_map)["data"] for row in spot["rows"]) == [0, 1, 2]
    assert [row["title"] for row in quality_map.panel.listed["rows"]] == [
        "Lanes vanish", "Speed limit jumps", "Speed limit jumps"
    ]  # fmt: skip
    assert {(place["lon"], place["lat"]) for place in quality_map.panel.listed["rows"]} == set(
        places[["lon", "lat"]].itertuples(index=False, name=None)
    )
    assert quality_map.chosen is None
    assert quality_map.panel.place == quality_map.town_map.look == {}


def test_who_chooses_in_the_list_is_taken_there():
    today = odd()
    quality_map = QualityMap(today)
    pick(quality_map, 2)
    assert quality_map.chosen == 2
    where = today.network.quality().places.loc[2]
    look = quality_map.town_map.look
    assert (look["lon"], look["lat"]) == (where["lon"], where["lat"])
    assert look["zoom"] > 15
    assert quality_map.panel.place["why"].startswith("Mill Lane: 29 km/h become 72.")
    assert quality_map.panel.place["osm"] == "https://www.openstreetmap.org/node/2"
    pick(quality_map, 2)  # once more: the camera may be elsewhere by now
    assert quality_map.town_map.look["count"] > look["count"]


def test_a_click_on_a_spot_chooses_what_is_there_in_turn_and_the_camera_stays():
    quality_map = QualityMap(odd())
    spots = drawn(quality_map)["data"]
    both = next(number for number, spot in enumerate(spots) if spot["rows"] == [0, 1])
    for row in (0, 1, 0):
        click(quality_map, both)
        assert quality_map.chosen == quality_map.panel.place["row"] == row
        assert quality_map.town_map.look["zoom"] is None
    click(quality_map, 1 - both)
    assert quality_map.chosen == 2
    click(quality_map, 99)  # of another town that the browser still showed
    assert quality_map.chosen == 2


def test_one_kind_is_listed_and_drawn():
    quality_map = QualityMap(odd())
    quality_map.choose(0)
    quality_map.panel.kind = "speed jumps"
    assert quality_map.kind == "speed jumps"
    assert numbers(quality_map) == [2, 3]
    assert sorted(spot["rows"] for spot in drawn(quality_map)["data"]) == [[1], [2]]
    assert quality_map.chosen is None  # it is of another kind
    assert quality_map.town_map.look == {}
    quality_map.choose(2)
    quality_map.kind = ""
    assert numbers(quality_map) == [1, 2, 3]
    assert quality_map.chosen == 2
    with pytest.raises(UnknownName, match="no place is of the kind 'missing turn'"):
        quality_map.kind = "missing turn"


def test_a_place_that_is_not_there():
    quality_map = QualityMap(odd())
    with pytest.raises(UnknownName, match="no place in row 3: there are 3"):
        quality_map.choose(3)
    pick(quality_map, 3)
    assert quality_map.chosen is None


def test_a_town_that_was_mended_comes_onto_the_same_map():
    quality_map = QualityMap(odd())
    quality_map.kind = "lanes vanish"
    quality_map.choose(0)
    panel, town_map = quality_map.panel, quality_map.town_map
    quality_map.show(scenario({}, {"speed": 8.0}, {}))
    assert (quality_map.panel, quality_map.town_map) == (panel, town_map)
    assert (quality_map.kind, quality_map.chosen, town_map.look) == ("", None, {})
    assert numbers(quality_map) == [1, 2]
    assert [kind["count"] for kind in panel.page["kinds"]] == [2]
    quality_map.show(scenario({}, {}, {}))
    assert panel.listed["rows"] == drawn(quality_map)["data"] == panel.page["kinds"] == []


def test_a_long_list_says_how_many_more_there_are():
    quality_map = QualityMap(scenario(*({"lanes": 3 if n % 2 else 1} for n in range(2 * doubts.MOST + 15))))
    assert len(numbers(quality_map)) == len(drawn(quality_map)["data"]) == doubts.MOST
    assert quality_map.panel.listed["more"] == "7 more, on smaller roads"
    quality_map.choose(doubts.MOST + 2)  # it is not listed, yet it can be looked at
    assert quality_map.panel.place["number"] == doubts.MOST + 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_are_of_one_language(language):
    quality_map = QualityMap(odd(), language=language)
    quality_map.choose(2)
    page, place = quality_map.panel.page, quality_map.panel.place
    texts = [*page["words"].values(), *(row["what"] for row in page["known"]), *(row["title"] for row in page["kinds"])]
    texts += [place["title"], place["why"], place["junction"]]
    chinese = [any("\u4e00" <= letter <= "\u9fff" for letter in text) for text in texts]
    assert set(chinese) == {language != "en"}
    assert "Mill Lane" in place["why"]  # names stay as they are


def test_helsinki_has_guesses_and_places():
    quality_map = QualityMap(town("helsinki", load=0.3), theme="light")
    assert quality_map.panel.page["theme"] == quality_map.town_map.page["theme"] == "light"
    assert [row["what"] for row in quality_map.panel.page["known"]][:2] == ["Street names", "Number of lanes"]
    assert quality_map.panel.page["guesses"][0]["kind"] == "Guessed number of lanes"
    assert all(row["osm"] for row in quality_map.panel.listed["rows"])
