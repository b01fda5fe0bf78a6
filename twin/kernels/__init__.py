"""Kernels: arrays in, arrays out. Nothing but numpy, numba and math; no objects, no I/O, no randomness, no checks."""

from __future__ import annotations

import numba
from numba.core import config

kernel = numba.njit(nogil=True, cache=bool(config.CACHE_DIR))
"""Decorator of kernels: free of the interpreter's lock; kept on disk where ``twin.cache`` found a safe folder."""
