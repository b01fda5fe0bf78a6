"""Print every speed budget beside its measure: `make bench`."""

from __future__ import annotations

from tests.speed.engine import cases

BUDGET = 5.0
"""Millions of traversals a second that the engine is to reach at 5,000 links and 40,000 trips."""


def main() -> None:
    """Measure and print."""
    print(f"{'engine':16}{'links':>8}{'trips':>9}{'traversals':>12}{'CPU s':>9}{'M/s':>7}{'read ns':>9}   budget M/s")
    for case in cases():
        print(
            f"{case.name:16}{case.links:8}{case.trips:9}{case.traversals:12}{case.cpu:9.3f}{case.rate:7.2f}"
            f"{case.read:9.1f}   {BUDGET:g}"
        )


if __name__ == "__main__":
    main()
