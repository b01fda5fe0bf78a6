"""Fingerprint: short hashes of tables, the same on every machine because only integers and texts are hashed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pandas as pd

LENGTH = 16
"""Hexadecimal digits of a fingerprint."""


def fingerprint(columns: Iterable[pd.Series | npt.NDArray[np.integer] | str]) -> str:
    """Return the fingerprint of columns in their order; where one ends and the next begins counts too.

    Parameters
    ----------
    columns : iterable of array, Series or str
        Integers and truth values as 64-bit integers; everything else as text.

    Examples
    --------
    >>> fingerprint(["ab", "c"]) == fingerprint(["a", "bc"])
    False
    """
    digest = hashlib.sha256()
    for column in columns:
        part = _bytes(column)
        digest.update(len(part).to_bytes(8, "little") + part)
    return digest.hexdigest()[:LENGTH]


def _bytes(column: pd.Series | npt.NDArray[np.integer] | str) -> bytes:
    if isinstance(column, str):
        return column.encode()
    if column.dtype.kind in "iub":
        return np.ascontiguousarray(column, dtype="<i8").tobytes()
    return "\x1f".join(f"{len(text)}:{text}" for text in column.astype(str)).encode()
