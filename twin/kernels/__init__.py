"""Kernels: arrays in, arrays out. Nothing but numpy, numba and math; no objects, no I/O, no randomness, no checks."""

from __future__ import annotations

import numba
from numba.core import config

kernel = numba.njit(nogil=True, cache=bool(config.CACHE_DIR))
"""Decorator of kernels: free of the interpreter's lock; kept on disk where ``twin.cache`` found a safe folder."""

in_place = numba.njit(nogil=True, cache=bool(config.CACHE_DIR), _nrt=False, no_cfunc_wrapper=True)
"""Decorator of kernels that make no arrays: references are not counted in them.

Counting them at each call of a helper took a quarter of the engine's time (two atomic instructions each, measured by
sampling), though nothing is ever freed inside. ``tests/test_kernels.py`` looks whether numba still heeds the option.
"""

helper = numba.njit(
    nogil=True, cache=bool(config.CACHE_DIR), _nrt=False, no_cfunc_wrapper=True, no_cpython_wrapper=True
)
"""The same for what kernels alone call, without ways in from Python: the engine compiles in 6.4 s and not in 7.5.

Python that calls such a function crashes; ``tests/test_kernels.py`` sees to it that none does.
"""
