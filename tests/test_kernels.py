"""Kernels: the checks that make prove relies on are really on."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest
from numba.core import config as numba_config

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


def counts_references(decorator):
    """Tell whether references are counted in a helper that hands its arrays on and may return early."""

    @decorator
    def pair(values, place, other):
        return values[place], other[place]

    @decorator
    def helper(values, place, other):
        if place < 0:
            return 0
        first, second = pair(values, place, other)
        if first > second:
            first, second = pair(other, place + 1, values)
        return first + second

    helper(np.zeros(4, np.int32), 1, np.zeros(4, np.int32))
    return "NRT_incref" in next(iter(helper.inspect_llvm().values())).split("define ")[1]


@pytest.mark.skipif(numba_config.DISABLE_JIT, reason="nothing is compiled")
def test_kernels_in_place_count_no_references():
    """Numba heeds the option that saves a quarter of the time, and would count without it."""
    assert counts_references(numba.njit)
    assert not counts_references(numba.njit(_nrt=False))


def decorators(function):
    """Return the plain names that decorate a function."""
    return {one.id for one in function.decorator_list if isinstance(one, ast.Name)}


def test_python_calls_no_helper_of_kernels():
    """They have no way in from Python: numba would crash."""
    trees = [ast.parse(source.read_text(encoding="utf-8")) for source in (ROOT / "twin").rglob("*.py")]
    functions = [one for tree in trees for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)]
    helpers = {one.name for one in functions if "helper" in decorators(one)}
    assert len(helpers) > 20
    for function in functions:
        if not decorators(function) & {"helper", "in_place", "kernel"}:
            calls = [one.func for one in ast.walk(function) if isinstance(one, ast.Call)]
            assert not {name.id for name in calls if isinstance(name, ast.Name)} & helpers, function.name
