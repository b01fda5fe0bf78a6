"""Words: names for the lanes inside blocks, made of a stem and a kind of lane."""

from __future__ import annotations

from data.stylised.plan import Name

KINDS = (("路", "Road"), ("街", "Street"), ("巷", "Lane"), ("里", "Lane"))
"""Kinds of lanes in Chinese and English."""


def lanes(*stems: tuple[str, str], kinds: tuple[tuple[str, str], ...] = KINDS) -> tuple[Name, ...]:
    """Return names of lanes: every stem (Chinese, pinyin) with every kind."""
    return tuple(Name(zh + kind, f"{pinyin} {word}") for zh, pinyin in stems for kind, word in kinds)


def blocks(stem: Name, count: int, kind: Name) -> tuple[Name, ...]:
    """Return names of the blocks of a works or park: the first bears its name, the others are its zones."""
    zones = (Name(f"{stem.zh}{number}{kind.zh}", f"{stem.en}, {kind.en} {number}") for number in range(2, count + 1))
    return (stem, *zones)
