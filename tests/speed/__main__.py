"""Print every speed budget beside its measure: `make bench`."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.browser.driver import free_port
from tests.speed.engine import cases
from tests.speed.first_map import first_map

TRAVERSALS = 5.0
"""Millions of traversals a second that the engine is to reach at 5,000 links and 40,000 trips."""

FIRST_START, SECOND_START = 60.0, 10.0
"""Seconds from the start of JupyterLab to the first map: with nothing compiled, and after that."""


def main() -> None:
    """Measure and print."""
    print(f"{'engine':16}{'links':>8}{'trips':>9}{'traversals':>12}{'CPU s':>9}{'M/s':>7}{'read ns':>9}   budget M/s")
    for case in cases():
        print(
            f"{case.name:16}{case.links:8}{case.trips:9}{case.traversals:12}{case.cpu:9.3f}{case.rate:7.2f}"
            f"{case.read:9.1f}   {TRAVERSALS:g}"
        )
    print(f"\n{'first map':16}{'server s':>9}{'kernel s':>9}{'map s':>9}   budget s")
    port = free_port()
    with tempfile.TemporaryDirectory() as home:
        for name, budget in (("first start", FIRST_START), ("second start", SECOND_START)):
            seconds = first_map(Path(home), port=port)
            if seconds is None:
                print(f"{name:16} no Chromium on this machine")
            else:
                print(f"{name:16}{seconds.server:9.1f}{seconds.kernel:9.1f}{seconds.drawn:9.1f}   {budget:g}")


if __name__ == "__main__":
    main()
