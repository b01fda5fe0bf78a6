"""Words: every text in three languages, and no language falls back on another."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from string import Formatter

import pytest

import twin.picture.words as room
from twin.errors import UnknownName
from twin.measures import KPIS
from twin.picture.words import LANGUAGES, word

ROOT = Path(__file__).parents[2]
TABLE = Path(room.__file__).parent / "words.csv"
KEYS = [row["key"] for row in csv.DictReader(TABLE.read_text(encoding="utf-8").splitlines())]
CHINESE = re.compile(r"[\u4e00-\u9fff]")
UNITS = {"kmh"}
"""Texts that are the same in every language."""


@pytest.mark.parametrize("key", KEYS)
def test_a_text_is_there_in_every_language(key):
    english, simplified, traditional = (word(key, language) for language in LANGUAGES)
    assert english
    assert not CHINESE.search(english)
    if key not in UNITS:
        assert CHINESE.search(simplified)
        assert CHINESE.search(traditional)


@pytest.mark.parametrize("key", KEYS)
def test_what_is_filled_in_is_the_same_in_every_language(key):
    english, *others = ({name for _, name, _, _ in Formatter().parse(word(key, each)) if name} for each in LANGUAGES)
    assert others == [english, english]


def test_keys_occur_once():
    assert len(KEYS) == len(set(KEYS))


def test_every_key_that_the_code_asks_for_is_in_the_table():
    code = "".join(
        path.read_text(encoding="utf-8") for room in ("twin", "widgets") for path in (ROOT / room).rglob("*.py")
    )
    asked = set(re.findall(r'\bword\("(\w+)"', code))
    assert asked
    assert asked <= set(KEYS)


@pytest.mark.parametrize("kpi", KPIS, ids=lambda kpi: kpi.key)
def test_every_kpi_has_a_name(kpi):
    assert all(word(kpi.key, language) for language in LANGUAGES)


def test_an_unknown_key_or_language_is_an_error():
    with pytest.raises(UnknownName, match="no text has the key"):
        word("nonsense")
    with pytest.raises(UnknownName, match="language 'fr'"):
        word("street", "fr")
