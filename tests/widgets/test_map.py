"""TownMap without a browser: what it sends, what it keeps, what it refuses."""

from __future__ import annotations

import json
from dataclasses import replace

import ipywidgets
import numpy as np
import pydeck
import pytest

from tests.roads import chain, trips
from twin.demand import Demand
from twin.errors import BadSource, UnknownName
from twin.scenario import Close, Scenario
from twin.simulate import simulate
from twin.towns import town
from widgets import TownMap
from widgets import map as room


@pytest.fixture(scope="module")
def today():
    return town("helsinki", load=0.3)


@pytest.fixture(scope="module")
def morning(today):
    return simulate(today)


@pytest.fixture(autouse=True)
def _no_widget_stays():
    yield
    ipywidgets.Widget.close_all()


def test_a_frame_costs_few_bytes_a_link(morning):
    town_map = TownMap(morning)
    links, frames = len(morning.scenario.network.links), town_map.frame_count
    assert frames == int(np.ceil((morning.end - morning.start // 300 * 300) / 300))
    per_frame = sum(len(getattr(town_map, name)) for name in ("colour", "speed", "flow")) / frames / links
    assert per_frame <= 4
    assert len(town_map.spec) < 5000


def test_it_opens_at_the_busiest_time(morning):
    town_map = TownMap(morning)
    flow = np.frombuffer(town_map.flow, np.uint16).reshape(town_map.frame_count, -1)
    assert town_map.frame == flow.sum(axis=1).argmax()


def test_frames_tell_what_the_result_tells(morning):
    town_map = TownMap(morning)
    intervals = morning.intervals(300.0)
    speed = np.frombuffer(town_map.speed, np.uint8).reshape(town_map.frame_count, -1)
    assert np.abs(speed - intervals.speed * 3.6).max() <= 0.51
    flow = np.frombuffer(town_map.flow, np.uint16).reshape(town_map.frame_count, -1)
    assert (flow == intervals.left * 12).all()


def test_a_scenario_without_a_result_shows_roads_alone(today):
    town_map = TownMap(today)
    assert town_map.frame_count == 1
    assert town_map.colour == b""
    assert town_map.player.layout.display == "none"


def test_another_result_comes_onto_the_same_map(morning, today):
    town_map = TownMap(morning)
    town_map.frame = 7
    before, positions, spec = town_map.colour, town_map.positions, town_map.spec
    town_map.show(simulate(today.change(Close("Pohjoisesplanadi"), name="closed"), habits=morning))
    assert town_map.frame == 7
    assert town_map.colour != before
    assert town_map.positions == positions
    assert town_map.spec == spec
    assert town_map.page["title"] == "closed"
    closed = np.frombuffer(town_map.closed, np.uint8)
    assert closed.sum() == (today.network.links["name"] == "Pohjoisesplanadi").sum() > 0


def test_a_click_reaches_whoever_listens(morning):
    town_map = TownMap(morning)
    heard = []
    town_map.on_click(heard.append)
    town_map.picked = {"layer": "roads", "row": 5, "lon": 24.94, "lat": 60.17, "count": 1}
    road = morning.scenario.network.links.iloc[5]
    (told,) = heard
    assert told == {
        "link_id": road["link_id"], "block": told["block"], "name": road["name"], "lon": 24.94, "lat": 60.17
    }  # fmt: skip
    links = morning.scenario.network.links.set_index("link_id")
    assert road["link_id"] in told["block"]
    assert {tuple(sorted(links.loc[one, ["from_node", "to_node"]])) for one in told["block"]} == {
        tuple(sorted([road["from_node"], road["to_node"]]))
    }
    assert town_map.clicked == heard[0]
    town_map.picked = {"layer": "roads", "row": 5, "lon": 24.94, "lat": 60.17, "count": 2}
    assert len(heard) == 2
    town_map.on_click(heard.append, remove=True)
    town_map.picked = {"layer": "roads", "row": 5, "lon": 24.94, "lat": 60.17, "count": 3}
    assert len(heard) == 2


def test_it_speaks_pydeck(morning):
    layer = pydeck.Layer("ScatterplotLayer", [{"at": [24.94, 60.17]}], id="mine", get_position="at", get_radius=50)
    town_map = TownMap(morning, layers=[layer])
    assert "mine" in [each["id"] for each in json.loads(town_map.spec)["layers"]]
    assert isinstance(town_map.deck, pydeck.Deck)
    page = town_map.deck.to_html(as_string=True, offline=True)
    assert "mine" in page
    assert "roads" in page


def test_a_click_on_a_layer_reaches_whoever_listens_to_it(today):
    layer = pydeck.Layer("ScatterplotLayer", [{"at": [24.94, 60.17]}], id="mine", get_position="at", pickable=True)
    town_map, heard, roads = TownMap(today, layers=[layer]), [], []
    town_map.on_click(heard.append, layer="mine")
    town_map.on_click(roads.append)
    town_map.picked = {"layer": "mine", "row": 0, "lon": 24.94, "lat": 60.17, "count": 1}
    assert heard == [{"row": 0, "lon": 24.94, "lat": 60.17}]
    assert roads == []
    assert town_map.clicked == {}
    with pytest.raises(UnknownName, match="no layer with the id 'other': it has roads, mine"):
        town_map.on_click(heard.append, layer="other")


def test_other_layers_come_onto_the_same_map(today):
    town_map = TownMap(today)
    roads = town_map.spec
    town_map.layers = [pydeck.Layer("ScatterplotLayer", [], id="mine")]
    assert "mine" in town_map.spec
    town_map.show(today)
    assert [layer.id for layer in town_map.layers] == ["mine"]
    with pytest.raises(UnknownName, match="no layer 'TeapotLayer'"):
        town_map.layers = [pydeck.Layer("TeapotLayer", [])]
    town_map.layers = []
    assert town_map.spec == roads


def test_where_to_look_holds_until_another_town_is_shown(today):
    town_map = TownMap(today)
    town_map.look_at(24.94, 60.17)
    first = town_map.look
    town_map.look_at(24.94, 60.17)
    assert town_map.look != first  # a change, which the browser hears of
    assert (town_map.look["lon"], town_map.look["lat"]) == (24.94, 60.17)
    town_map.show(today.change(Close("Unioninkatu")))
    assert town_map.look["lon"] == 24.94
    town_map.show(Scenario(chain({}), Demand(trips("0", "1", (0.0,)))))
    assert town_map.look == {}


def test_pydeck_leaves_no_widgets_behind(morning):
    town_map = TownMap(morning)
    before = len(ipywidgets.widgets.widget._instances)
    assert town_map.deck
    assert len(ipywidgets.widgets.widget._instances) == before


def test_an_unknown_layer_is_refused(morning):
    with pytest.raises(UnknownName, match="no layer 'TeapotLayer'"):
        TownMap(morning, layers=[pydeck.Layer("TeapotLayer", [])])


def test_street_names_never_enter_the_json_that_is_evaluated(today):
    """deck.gl evaluates strings that begin with @@= in its JSON: a street may be called anything."""
    evil = ["@@=alert(1)", "{{evil}}", "</script><script>alert(1)</script>"]
    links = today.network.links.copy()
    links.loc[:2, "name"] = evil
    town_map = TownMap(today.change(Renamed(today.network.with_links(links)), name="</script>@@=1"))
    assert all(name in town_map.names for name in evil)
    assert not any(name in town_map.spec for name in (*evil, "@@=1"))


class Renamed:
    """A change that puts another network in place."""

    def __init__(self, network):
        self.network = network

    def apply(self, scenario):
        return replace(scenario, network=self.network)

    def sentence(self, network):
        return f"{len(network.links)} links renamed"


@pytest.mark.parametrize("language", ["en", "zh-Hans", "zh-Hant"])
def test_honest_labels_stand_on_the_map(morning, language):
    badges = TownMap(morning, language=language).page["badges"]
    assert len(badges) == 4
    assert len(set(badges)) == 4


def test_unknown_language_and_theme_are_refused(morning):
    with pytest.raises(UnknownName):
        TownMap(morning, language="fr")
    with pytest.raises(UnknownName):
        TownMap(morning, theme="pink")


def test_a_bundle_that_is_not_built_is_named(morning, monkeypatch, tmp_path):
    monkeypatch.setattr(room, "BUNDLE", tmp_path)
    with pytest.raises(BadSource, match="is not built"):
        TownMap(morning)


def test_a_time_of_day_finds_its_frame(morning):
    town_map = TownMap(morning)
    starts = morning.intervals(300.0).start
    assert town_map.frame_at(starts[4]) == 4
    assert town_map.frame_at(starts[4] + 299) == 4
    assert town_map.frame_at(0) == 0
    assert town_map.frame_at(1e9) == town_map.frame_count - 1


def test_the_time_of_day_stays_though_the_frames_begin_elsewhere():
    def day(*departures):
        return simulate(Scenario(chain({}), Demand(trips("0", "1", departures))))

    town_map = TownMap(day(0.0, 3000.0))
    town_map.frame = town_map.frame_at(2400.0)
    late = day(1200.0, 3000.0)
    town_map.show(late)
    assert late.intervals(300.0).start[town_map.frame] == 2400.0
