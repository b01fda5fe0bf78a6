"""Kernels: the checks that make prove relies on are really on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

OUTSIDE = """
import numpy as np, twin
from twin.kernels.paths import walk
walk(np.array([7], np.int32), np.array([True]), np.array([-1], np.int32), np.array([0], np.int32))
"""


@pytest.mark.prove
def test_an_index_out_of_range_is_caught_when_bounds_are_checked(tmp_path):
    environment = {**os.environ, "NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path)}
    told = subprocess.run(
        [sys.executable, "-c", OUTSIDE], capture_output=True, text=True, env=environment, cwd=ROOT, check=False
    )
    assert told.returncode == 1
    assert "IndexError" in told.stderr
