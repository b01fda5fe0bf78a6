"""First map: seconds from the start of JupyterLab until notebook 01 has drawn its map, stage by stage."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from tests.browser.driver import READY, chromium, jupyter_lab

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "01_first_look.ipynb"


class FirstMap(NamedTuple):
    """Seconds since JupyterLab was started."""

    server: float
    kernel: float
    drawn: float


def first_map(kernel_cache: Path) -> FirstMap | None:
    """Measure one start; None where there is no browser."""
    with (
        tempfile.TemporaryDirectory() as place,
        chromium() as browser,
        jupyter_lab(Path(place), NUMBA_CACHE_DIR=str(kernel_cache)) as lab,
    ):
        if browser is None:
            return None
        server = time.perf_counter() - lab.started
        notebook = lab.open(NOTEBOOK, browser.new_page(viewport={"width": 1400, "height": 1000}))
        notebook.page.wait_for_function(READY, timeout=60_000)
        kernel = time.perf_counter() - lab.started
        notebook.run_all()
        notebook.wait_drawn(0)
        return FirstMap(server, kernel, time.perf_counter() - lab.started)
