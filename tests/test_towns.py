"""Towns of data/: stand-ins are like the places that they stand for, live, and never pass for the real ones."""

from __future__ import annotations

import hashlib
import importlib
import json
from collections import Counter
from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import osmium
import pytest

from tests.browser.driver import free_port
from tests.osm.conftest import osm
from tests.test_build import STARVED, longest_at_a_head
from twin.build import read_osm
from twin.errors import BadSource, UnknownName
from twin.folder import read_town, write_town
from twin.measures import delay_index
from twin.osm import read, to_osmnx
from twin.osm.source import STAND_IN
from twin.picture.cards import kpis
from twin.picture.words import word
from twin.recipes import HYPOTHESIS, LANGUAGES, read_recipe
from twin.report import manifest
from twin.scenario import Close
from twin.simulate import simulate
from twin.towns import data_folder, names, recipe, town
from widgets.map import TownMap

STAND_INS = ("qiyun", "xuelang", "yunqi")


def path_of(name):
    return data_folder() / name / f"{name}-stand-in.osm.pbf"


@cache
def today(name):
    return town(name)


@cache
def things(name):
    """Return (type, id, tags, refs) of everything in a stand-in."""
    found = []
    for thing in osmium.FileProcessor(str(path_of(name))):
        refs = [node.ref for node in thing.nodes] if thing.is_way() else []
        kind = "node" if thing.is_node() else "way" if thing.is_way() else "relation"
        found.append((kind, thing.id, dict(thing.tags), refs))
    return found


@cache
def count(name):
    """Return how often each key=value occurs."""
    return Counter(f"{key}={value}" for _, _, tags, _ in things(name) for key, value in tags.items())


def test_all_towns_have_a_name():
    assert names() == ["helsinki", *STAND_INS]


@pytest.mark.parametrize("name", STAND_INS)
def test_the_script_draws_the_same_bytes_again(name, tmp_path):
    drawing = importlib.import_module(f"data.{name}.make")
    told = importlib.import_module("data.stylised.town").make(drawing.PLAN, tmp_path / "again.osm.pbf")
    kept = path_of(name).read_bytes()
    assert told == hashlib.sha256(kept).hexdigest()
    assert (tmp_path / "again.osm.pbf").read_bytes() == kept
    assert told in (data_folder() / name / "README.md").read_text(encoding="utf-8")
    assert len(kept) < 1_000_000


@pytest.mark.parametrize("name", STAND_INS)
def test_nothing_in_a_stand_in_can_be_taken_for_openstreetmap(name):
    """Ids below 0 are nobody's there; every way and relation says whose it is, so that parts of the file say so too."""
    assert all(ref < 0 for _, number, _, refs in things(name) for ref in (number, *refs))
    assert all(tags["source"] == STAND_IN for kind, _, tags, _ in things(name) if kind != "node")
    assert STAND_IN in osmium.FileProcessor(str(path_of(name))).header.get("generator")


@pytest.mark.parametrize("name", STAND_INS)
def test_a_stand_in_says_what_it_is(name):
    made = today(name)
    assert made.name.endswith("(stylised)")
    assert made.labels[0] == "stylised_streets"
    assert "not the real streets" in made.provenance["stylised"]
    assert made.provenance["stands_in_for"] == recipe(name).place
    assert (made.provenance["licence"], made.provenance["attribution"]) == ("Apache-2.0", "")
    assert made.change(Close("residential")).labels[0] == "stylised_streets"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_map_says_so_and_thanks_nobody(language):
    badges = TownMap(today("yunqi"), language=language).page["badges"]
    assert badges[0] == word("stylised_streets", language)
    assert not any("OpenStreetMap" in badge for badge in badges)
    assert any("OpenStreetMap" in badge for badge in TownMap(town("helsinki", load=0.2)).page["badges"])


def test_every_export_says_so(tmp_path):
    result = simulate(replace(today("qiyun"), name="just a name"))
    said = word("stylised_streets")
    assert said in kpis(result).index.name
    assert said in manifest(result)["labels"]
    assert "not the real streets" in manifest(result)["provenance"]["stylised"]
    kept = write_town(today("qiyun"), tmp_path)
    assert kept["labels"][0] == "stylised_streets"
    assert not any(place["osm"] for place in kept["places_to_look_at"])  # there is nothing to look at there
    back = read_town(tmp_path)
    assert (back.name, back.labels, back.provenance) == (
        today("qiyun").name, today("qiyun").labels, today("qiyun").provenance
    )  # fmt: skip
    assert said not in manifest(simulate(town("helsinki", load=0.2)))["labels"]


@pytest.mark.parametrize(("ours", "stylised", "thanks"), [(0, False, True), (1, True, True), (4, True, False)])
def test_whoever_drew_a_part_of_the_roads_is_told(tmp_path, ours, stylised, thanks):
    nodes = {1: (0, 0), 2: (-100, 0), 3: (100, 0), 4: (0, -100), 5: (0, 100)}
    tags = [{"highway": "residential", **({"source": STAND_IN} if arm < ours else {})} for arm in range(4)]
    path = tmp_path / "any_name.osm"
    path.write_text(osm(nodes, {10 + arm: ([arm + 2, 1], tags[arm]) for arm in range(4)}), encoding="utf-8")
    made = read_osm(path)
    assert ("stylised_streets" in made.labels, "stylised" in made.provenance) == (stylised, stylised)
    assert bool(made.provenance["attribution"]) == thanks


@pytest.mark.parametrize("name", STAND_INS)
def test_a_stand_in_has_the_size_of_a_town(name):
    network, places = today(name).network, today(name).places
    assert 1_000 <= len(network.nodes) <= 2_500
    assert 30_000 < places.sites["homes"].sum() < 200_000
    assert 10_000 < places.sites["jobs"].sum() < places.sites["homes"].sum()
    assert 25 <= len(today(name).signals.plans) <= 60
    lengths = network.links["length"]
    assert 60 < lengths.median() < 160
    limits = network.links.groupby("road_class")["free_speed"].median() * 3.6
    assert limits["primary"] == pytest.approx(60, abs=0.01)
    assert limits["secondary"] == pytest.approx(50, abs=0.01)
    assert limits["residential"] == pytest.approx(30, abs=0.01)


@pytest.mark.parametrize("name", STAND_INS)
def test_much_is_known_of_a_stand_in_and_much_is_not_as_in_real_data(name):
    quality = today(name).network.quality()
    known = quality.coverage.set_index("what")["known"]
    assert 0.5 < known["names"] < 0.9
    assert 0.2 < known["lanes"] < 0.7
    assert 0.3 < known["speeds"] < 0.8
    assert 0.7 < known["lanes by turns"] < 1
    assert "cut way" not in set(quality.guesses["kind"])
    assert "no length" not in set(quality.guesses["kind"])


@pytest.mark.parametrize("name", STAND_INS)
def test_a_stand_in_has_what_towns_have(name):
    found = count(name)
    for tag in ("junction=roundabout", "bridge=yes", "layer=1", "highway=bus_stop", "highway=service",
                "barrier=lift_gate",
                "amenity=school", "amenity=hospital", "amenity=parking", "natural=water", "landuse=industrial",
                "landuse=residential", "restriction=no_left_turn", "restriction=only_straight_on",
                "restriction=no_u_turn", "highway=traffic_signals"):  # fmt: skip
        assert found[tag] >= 1, tag
    assert 4 <= found["route=bus"] <= 12
    roads = [tags for kind, _, tags, _ in things(name) if kind == "way" and "name" in tags and "highway" in tags]
    english = sum("name:en" in tags for tags in roads)
    assert 0.4 * len(roads) < english < 0.95 * len(roads)
    assert all(any("一" <= letter <= "鿿" for letter in tags["name"]) for tags in roads)
    assert any("turn:lanes" in tags for tags in roads)
    assert any(tags.get("oneway") == "yes" for tags in roads)


@pytest.mark.parametrize("name", STAND_INS)
def test_forbidden_turns_are_forbidden(name):
    notes = today(name).network.notes
    assert not set(notes["kind"]) & {"restriction not understood", "restriction left out"}
    ways = {number: tags for kind, number, tags, _ in things(name) if kind == "way"}
    turns, links = today(name).network.turns, today(name).network.links.set_index("link_id")
    at = links.loc[turns["in_link"], "to_node"].to_numpy()
    into = np.array([row[-1] for row in links.loc[turns["in_link"], "osm_ways"]])
    out = np.array([row[0] for row in links.loc[turns["out_link"], "osm_ways"]])
    forbidden = 0
    for relation in osmium.FileProcessor(str(path_of(name)), osmium.osm.RELATION):
        if relation.tags.get("restriction") == "no_left_turn":
            roles = {member.role: member.ref for member in relation.members}
            assert roles["from"] in ways
            coming = (at == str(roles["via"])) & (into == roles["from"])
            assert coming.any()
            assert not (coming & (out == roles["to"])).any()
            forbidden += 1
    assert forbidden


@pytest.mark.parametrize("name", STAND_INS)
def test_bus_lines_follow_streets_without_a_gap(name):
    ways = {number: refs for kind, number, _, refs in things(name) if kind == "way"}
    tags_of = {number: tags for kind, number, tags, _ in things(name) if kind == "way"}
    stops = {number for kind, number, tags, _ in things(name) if tags.get("highway") == "bus_stop"}
    for relation in osmium.FileProcessor(str(path_of(name)), osmium.osm.RELATION):
        if relation.tags.get("route") == "bus":
            own = [member.ref for member in relation.members if member.type == "w"]
            assert all(set(ways[a]) & set(ways[b]) for a, b in pairwise(own))
            assert all("highway" in tags_of[way] for way in own)
            served = [member.ref for member in relation.members if member.role == "platform"]
            assert len(served) >= 4
            assert stops.issuperset(served)


def test_yunqi_has_hills_a_river_with_two_bridges_and_a_school_street():
    found, links = count("yunqi"), today("yunqi").network.links
    assert found["natural=wood"] >= 2
    assert found["trees=tea_plants"] >= 2
    assert found["amenity=conference_centre"] == 1
    bridges = {
        tags["name"] for kind, _, tags, _ in things("yunqi") if kind == "way" and tags.get("bridge") == "yes"
    }  # fmt: skip
    assert bridges == {"飞天路", "望江路"}
    street = links[links["name"] == "杨梅山路"]
    assert street["lanes"].eq(1).all()
    assert street["length"].sum() / 2 == pytest.approx(2_000, rel=0.1)


def test_xuelang_has_a_lake_canals_wide_roads_and_works():
    found, links = count("xuelang"), today("xuelang").network.links
    assert (found["water=lake"], found["water=canal"]) == (1, 3)
    assert found["v2x=roadside_unit"] >= 10
    wide = {"primary", "secondary"}
    divided = [tags for kind, _, tags, _ in things("xuelang") if kind == "way" and tags.get("highway") in wide]
    assert sum(tags.get("oneway") == "yes" for tags in divided) == len(divided)
    assert {"雪浪机床厂", "太湖摩托车厂", "雪浪物联网产业园"} <= {
        tags.get("name") for _, _, tags, _ in things("xuelang")
    }
    assert links["length"][links["road_class"].isin(wide)].sum() > 50_000


def test_qiyun_is_a_valley_with_one_trunk_and_a_railway_that_few_streets_cross():
    found = count("qiyun")
    assert found["railway=station"] == found["railway=rail"] == 1
    assert found["railway=level_crossing"] == 2
    assert 1 <= sum(tags.get("tunnel") == "yes" for kind, _, tags, _ in things("qiyun") if kind == "way") <= 8
    assert found["highway=construction"] >= 1
    assert found["landuse=construction"] >= 3
    links = today("qiyun").network.links
    assert set(links.loc[links["road_class"] == "trunk", "name"]) == {"栖云大道"}
    west, south, east, north = links.total_bounds
    assert (east - west) * np.cos(np.radians(35.8)) > 2 * (north - south)


def test_in_the_morning_the_tide_in_qiyun_runs_east_to_the_plants():
    """Homes lie in the west and in the middle, plants at the eastern end."""
    made = today("qiyun")
    trips = made.demand.trips[made.demand.trips["purpose"] == "work"]
    at = made.network.nodes.set_index("node_id").geometry
    east = at[trips["destination"]].x.to_numpy() - at[trips["origin"]].x.to_numpy()
    assert (east > 0.01).sum() > 1.25 * (east < -0.01).sum()


@pytest.mark.parametrize("name", STAND_INS)
def test_main_roads_lead_off_the_map(name):
    edges = today(name).network.notes
    assert (edges["kind"] == "edge of the map").sum() >= 4
    trips = today(name).demand.trips
    assert (trips["purpose"] == "through").any()


@pytest.mark.parametrize("name", STAND_INS)
def test_a_morning_of_a_stand_in_is_as_slow_as_a_town_is(name):
    result = simulate(today(name))
    assert result.fate_counts()["arrived"] == len(result.scenario.demand.trips) > 10_000
    assert 1.2 < delay_index(result) < 2


@pytest.mark.prove
@pytest.mark.parametrize("name", STAND_INS)
@pytest.mark.parametrize("seed", [0, 1])
def test_nobody_starves_in_a_stand_in(name, seed):
    result = simulate(town(name, load=0.3, seed=seed), seed=seed)
    assert result.fate_counts()["arrived"] == len(result.scenario.demand.trips) > 1_000
    assert longest_at_a_head(result) < STARVED
    again = simulate(town(name, load=0.3, seed=seed), seed=seed)
    assert again.fingerprint == result.fingerprint


@pytest.mark.parametrize("name", STAND_INS)
def test_recipes_know_the_place_and_call_figures_hypotheses(name):
    known = recipe(name)
    west, south, east, north = known.bbox
    nodes = today(name).network.nodes.geometry
    assert west < known.centre[1] < east
    assert south < known.centre[0] < north
    assert nodes.x.between(west - 0.02, east + 0.02).all()
    assert nodes.y.between(south - 0.02, north + 0.02).all()
    assert set(known.name) == set(LANGUAGES)
    assert known.figures
    assert all(set(figure.sources) <= set(known.sources) for figure in known.figures)


def test_names_are_those_of_the_glossary():
    for name in STAND_INS:
        called = recipe(name).name
        assert called["zh-Hans"] in today(name).name
        assert called["en"] in today(name).name
    assert recipe("qiyun").name["zh-Hant"] == "棲雲數字小鎮"
    assert recipe("helsinki") is None


RECIPE = f"""
place = "Somewhere"
centre = [30.0, 120.0]
bbox = [119.99, 29.99, 120.01, 30.01]
evaluated = "{HYPOTHESIS}"
name = {{ en = "A", zh-Hans = "甲", zh-Hant = "甲" }}
sources = {{ paper = "A paper" }}
[[figures]]
what = "speed"
value = "+3 %"
sources = ["paper"]
"""


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('place = "Somewhere"', "", "place = None must be a text"),
        ("centre = [30.0, 120.0]", "centre = [120.0, 30.0]", "bbox"),
        ("[119.99, 29.99, 120.01, 30.01]", "[119.99, 29.99, 120.01]", "bbox = .* list of 4 numbers"),
        ("[119.99, 29.99, 120.01, 30.01]", "[119.0, 29.0, 121.0, 31.0]", "span at most"),
        ("[119.99, 29.99, 120.01, 30.01]", "[true, 29.99, 120.01, 30.01]", "numbers"),
        (HYPOTHESIS, "proved", "evaluated = 'proved' must be"),
        ('zh-Hant = "甲"', 'zh-Hant = ""', "name.zh-Hant"),
        ('sources = ["paper"]', 'sources = ["hearsay"]', "row 1, sources"),
        ('sources = ["paper"]', "sources = []", "row 1, sources"),
        ('value = "+3 %"', "value = 3", "value = 3 must be a text"),
        ('place = "Somewhere"', "place = Somewhere", "cannot be read"),
    ],
)
def test_a_recipe_with_a_slip_is_refused_by_name(tmp_path, old, new, words):
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE, encoding="utf-8")
    assert read_recipe(path).place == "Somewhere"
    path.write_text(RECIPE.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BadSource, match=words) as told:
        read_recipe(path)
    assert str(path) in str(told.value)


def test_real_streets_are_asked_for_by_the_box_of_the_recipe(monkeypatch):
    asked = []
    real = town("helsinki", load=0.2)
    monkeypatch.setattr("twin.towns.read_osm", lambda source, **_: asked.append(source) or real)
    made = town("yunqi", streets="real")
    assert asked == [recipe("yunqi").bbox]
    assert made.name == "Yunqi Town 云栖小镇"
    assert "stylised_streets" not in made.labels


def test_real_streets_that_cannot_be_had_are_one_clear_error(monkeypatch, tmp_path):
    monkeypatch.setenv("TWIN_OVERPASS", f"http://127.0.0.1:{free_port()}/api")
    monkeypatch.setenv("TWIN_CACHE", str(tmp_path))
    with pytest.raises(BadSource, match=r"127\.0\.0\.1"):
        town("yunqi", streets="real")


def test_a_choice_of_streets_or_a_name_that_there_is_not():
    with pytest.raises(BadSource, match="'stand-in' or 'real'"):
        town("yunqi", streets="true")
    with pytest.raises(BadSource, match="must be 'stand-in' or 'real'"):
        town("yunqi", streets=["real"])
    with pytest.raises(UnknownName, match="no embedded town None"):
        town(None)
    with pytest.raises(UnknownName, match="did you mean 'yunqi'"):
        town("yunqui")


def test_a_graph_of_a_stand_in_says_so_too():
    graph = to_osmnx(today("qiyun").network)
    assert "attribution" not in graph.graph
    again = read(graph)
    assert (again.source["stylised"], again.source["licence"]) == (graph.graph["stylised"], "Apache-2.0")


def test_provenance_is_plain_text():
    assert json.loads(json.dumps(dict(today("yunqi").provenance))) == dict(today("yunqi").provenance)
