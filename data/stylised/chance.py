"""Chance: every choice is a hash of the plan's seed and of what is chosen, so that it is the same on every machine."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

Thing = TypeVar("Thing")

_HUNDRED = 100


@dataclass(frozen=True)
class Chance:
    """Draws by name: the same words give the same draw, other words an independent one."""

    seed: int

    def below(self, limit: int, *about: object) -> int:
        """Return a whole number from 0 to limit - 1."""
        text = "|".join(map(str, (self.seed, *about)))
        return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") % limit

    def between(self, low: int, high: int, *about: object) -> int:
        """Return a whole number from low to high, both included."""
        return low + self.below(high - low + 1, *about)

    def happens(self, percent: int, *about: object) -> bool:
        """Return True in so many of a hundred cases."""
        return self.below(_HUNDRED, *about) < percent

    def pick(self, things: Sequence[Thing], *about: object) -> Thing:
        """Return one of some things."""
        return things[self.below(len(things), *about)]
