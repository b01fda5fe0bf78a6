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


def first_map(home: Path, *, port: int) -> FirstMap | None:
    """Measure one start; None where there is no browser.

    Home keeps what a person's machine keeps from one start to the next: compiled kernels and the browser's cache.
    Python keeps its bytecode, as it does unless told otherwise.
    """
    with (
        tempfile.TemporaryDirectory() as place,
        chromium(home / "browser") as browser,
        jupyter_lab(Path(place), port=port, NUMBA_CACHE_DIR=str(home), PYTHONDONTWRITEBYTECODE="") as lab,
    ):
        if browser is None:
            return None
        server = time.perf_counter() - lab.started
        notebook = lab.open(NOTEBOOK, browser.new_page())
        notebook.page.wait_for_function(READY, timeout=60_000)
        kernel = time.perf_counter() - lab.started
        notebook.run_all()
        notebook.wait_drawn(0)
        return FirstMap(server, kernel, time.perf_counter() - lab.started)
