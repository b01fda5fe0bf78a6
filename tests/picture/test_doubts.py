"""Doubts: every kind of guess and place has words, and spots are numbered as the list is."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest

from tests.roads import chain
from tests.test_quality import noted
from twin.osm.graphs.values import PARTLY, SEVERAL
from twin.picture import doubts
from twin.picture.colours import ground
from twin.picture.words import LANGUAGES, word
from twin.quality import EDGE, KINDS, SIGNAL

ROOT = Path(__file__).parents[2]
LANES = (4, 2, 9, 1)
"""Lanes of a road on which twice some vanish: at node 3, of 9 lanes, then at node 1."""


def named(*lanes):
    network = chain(*({"lanes": n} for n in lanes))
    return noted(network, name=[f"Road {link}" for link in network.links["link_id"]])


ABOUT = re.compile(r"""f?["'](way:|node:|link:|signal:|turn:|relation:|network|flow)|.*(subject|link_id|what)$""")
"""How the second of the three texts of a note looks in the code: what the note is about."""


def kinds_of_notes():
    """Return the kinds of notes that the code makes: the first text of what looks like a note."""
    found = {SIGNAL, SEVERAL, PARTLY, "guessed headway"}
    for path in (ROOT / "twin").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            texts = [ast.unparse(each) for each in node.elts] if isinstance(node, ast.Tuple) else []
            whole = len(texts) == 3 and ABOUT.match(texts[1])
            of_a_tag = path.name == "tags.py" and len(texts) == 2 and "=" in texts[1]
            if (whole or of_a_tag) and re.fullmatch("'[a-z]+( [a-z]+)*'", texts[0]):
                found.add(texts[0].strip("'"))
    return found - {EDGE}


def test_every_kind_of_note_has_words():
    found = kinds_of_notes()
    assert {"guessed lanes", "guessed class", "drawn twice", "mean vehicle", "signal adapts", "cut off"} <= found
    assert len(found) > 30
    for kind in found:
        assert word(f"note_{kind.replace(' ', '_')}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_place_says_what_is_odd(language):
    for kind in KINDS:
        key = kind.replace(" ", "_")
        assert word(f"place_{key}", language)
        assert "{name}" in word(f"why_{key}", language)


def test_a_place_in_words():
    quality = named(*LANES).quality()
    first, second = doubts.places(quality)
    assert (first["number"], first["street"], first["title"]) == (1, "Road 3", "Lanes vanish")
    assert first["why"].startswith("Road 3: 9 lanes go on as 1.")
    assert first["osm"] == "https://www.openstreetmap.org/node/3"
    assert second["why"].startswith("Road 1: 4 lanes go on as 2.")
    assert "9 条车道在此变为 1 条" in doubts.place(quality, 0, "zh-Hans")["why"]
    assert doubts.place(quality, 1) == second


def test_a_street_without_a_name_and_one_with_braces():
    network = chain(*({"lanes": n} for n in LANES))
    quality = noted(network, name=["{before}", "", "", ""]).quality()
    assert [place["street"] for place in doubts.places(quality)] == ["Street without a name", "{before}"]
    assert doubts.place(quality, 1)["why"].startswith("{before}: 4 lanes")


def test_places_are_told_by_kind_and_keep_their_number():
    network = chain({"lanes": 9}, {"lanes": 1, "speed": 8.0}, {"lanes": 1})
    quality = network.quality()
    assert [(row["kind"], row["count"]) for row in doubts.kinds(quality)] == [("speed jumps", 2), ("lanes vanish", 1)]
    assert [place["number"] for place in doubts.places(quality, "speed jumps")] == [2, 3]


def test_what_is_known_and_guessed():
    network = noted(named(1, 1), [("guessed lanes", "way:1", ""), ("of their own", "way:1", "")], osm_ways=[(1,), (2,)])
    known = {row["what"]: row["text"] for row in doubts.known(network.quality())}
    assert known == {
        "Street names": "100 %", "Number of lanes": "50 %", "Speed limits": "100 %",
        "Lanes for each turn": "100 %", "Where signals are": "100 %",
    }  # fmt: skip
    assert doubts.guesses(network.quality()) == [
        {"kind": "Guessed number of lanes", "count": 1},
        {"kind": "of their own", "count": 1},
    ]


def test_only_the_first_places_are_told():
    network = chain(*({"lanes": 3 if n % 2 else 1} for n in range(2 * doubts.MOST + 9)))
    places = doubts.places(network.quality())
    assert [place["number"] for place in places] == list(range(1, doubts.MOST + 1))


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_spots_are_numbered_one_for_each_junction_the_first_on_top(theme):
    network = chain({"lanes": 4, "speed": 30.0}, {"lanes": 2, "speed": 10.0}, {"lanes": 9}, {"lanes": 1})
    listed = doubts.places(network.quality())
    drawn = doubts.spots(listed, theme)
    assert [(spot["icon"], spot["rows"]) for spot in drawn["data"]] == [("4", [3]), ("2+", [1, 2]), ("1", [0])]
    for spot in drawn["data"]:
        assert spot["at"] == [listed[spot["rows"][0]]["lon"], listed[spot["rows"][0]]["lat"]]
    picture = ET.fromstring(unquote(drawn["icon_atlas"].removeprefix("data:image/svg+xml,")))  # noqa: S314 - our own
    texts = [text.text for text in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert texts == list(drawn["icon_mapping"]) == ["1", "2+", "4"]
    assert ground(theme).ink in drawn["icon_atlas"].replace("%23", "#")
    assert doubts.spots([], theme)["data"] == []
