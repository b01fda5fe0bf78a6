"""Draws: every random choice is a hash of (seed, id, purpose), so that two runs differ by their scenario alone."""

from __future__ import annotations

import zlib

import numpy as np
import numpy.typing as npt

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def draw(seed: int, ids: npt.NDArray[np.int64], *, purpose: str) -> npt.NDArray[np.uint64]:
    """Return one evenly distributed 64-bit number for each id.

    Parameters
    ----------
    seed : int
    ids : array, shape (n,)
        For whom is drawn, such as trip ids.
    purpose : str
        For what is drawn; draws for other purposes are independent.

    Returns
    -------
    array, shape (n,)
        Whole numbers from 0 to 2**64 - 1.

    References
    ----------
    .. [1] Steele, G. L., Lea, D., Flood, C. H. (2014). Fast splittable pseudorandom number generators. OOPSLA.
       (the mixing function of SplitMix64)
    """
    salt = np.uint64(zlib.crc32(purpose.encode())) << np.uint64(32) | np.uint64(seed & 0xFFFFFFFF)
    return _mix(_mix(ids.astype(np.uint64) + _GOLDEN) ^ _mix(np.array([salt])))


def below(seed: int, ids: npt.NDArray[np.int64], *, purpose: str, limit: int) -> npt.NDArray[np.int64]:
    """Return for each id a whole number from 0 to limit - 1 (limit at most 2**63).

    Examples
    --------
    >>> below(0, np.arange(4), purpose="example", limit=10)
    array([8, 4, 9, 3])
    """
    return (draw(seed, ids, purpose=purpose) % np.uint64(limit)).astype(np.int64)


def _mix(x: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    with np.errstate(over="ignore"):
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
