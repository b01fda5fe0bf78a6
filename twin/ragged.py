"""Ragged: lists of different length in two arrays - where each begins, and all their values one after the other."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Longs = npt.NDArray[np.int64]


def starts(counts: npt.NDArray[np.integer]) -> Longs:
    """Return where each list begins and, last, where the last one ends : array, shape (n_list + 1,).

    Examples
    --------
    >>> starts(np.array([2, 0, 3])).tolist()
    [0, 2, 2, 5]
    """
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def is_first(start: Longs) -> npt.NDArray[np.bool_]:
    """Return which values are the first of their list : array, shape (n_value,).

    Examples
    --------
    >>> is_first(np.array([0, 2, 2, 5])).tolist()
    [True, False, True, False, False]
    """
    first = np.zeros(start[-1], np.bool_)
    first[start[:-1][np.diff(start) > 0]] = True
    return first


def rows(begin: Longs, count: Longs) -> Longs:
    """Return begin[i], begin[i] + 1, ... (count[i] of them) for all i, one after the other.

    Examples
    --------
    >>> rows(np.array([7, 0, 3]), np.array([2, 0, 3])).tolist()
    [7, 8, 3, 4, 5]
    """
    ends = np.cumsum(count)
    all_rows: Longs = np.arange(ends[-1] if len(ends) else 0) + np.repeat(begin - (ends - count), count)
    return all_rows
