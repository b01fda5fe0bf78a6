"""Vehicles: the classes of vehicles, as rows of one table."""

from __future__ import annotations

import numpy as np
import pandas as pd

from twin.errors import BadTable

CLASS_COLUMNS = ("vehicle_class", "length", "headway", "speed", "passes")

CLASSES = pd.DataFrame(
    [
        ("car", 1.0, 1.0, 1.0, False),
        ("truck", 2.0, 2.0, 0.9, False),
        ("bus", 2.0, 2.0, 0.9, False),
        ("ambulance", 1.0, 1.0, 1.0, True),
    ],
    columns=list(CLASS_COLUMNS),
)
"""Classes that every demand knows.

``length`` [PCU] is the room that a vehicle takes in a queue, ``headway`` its headway in those of a car, ``speed`` its
free speed in that of the road, ``passes`` whether queues make way for it (and red lights do not hold it).

Headway factors are the passenger car equivalents of heavy vehicles at signals, E_T = 2.0, of the Highway Capacity
Manual 2010, ch. 18; lengths follow from a rigid truck or bus of 12 m with its gap beside a car's 7.5 m; the speed
factors are guesses. That queues make way is the law in most places (Vienna Convention on Road Traffic 1968, art. 34);
that they do so without loss of time for the ambulance is the best case. A class that is longer than its headway (in
those of a car) finds long roads limited by the room that comes back: they carry s / (1 + p (length - 1)) of it.
"""

LENGTH_STEP = 0.1
"""Lengths of classes are kept to tenths of a PCU."""

_LIMITS = {"length": (0.1, 20.0), "headway": (0.1, 20.0), "speed": (0.05, 5.0)}


def checked_classes(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of classes with its numbers in whole steps, sorted by class.

    Raises
    ------
    BadTable
        If a column is missing, a class occurs twice or a number cannot be.
    """
    missing = [column for column in CLASS_COLUMNS if column not in table]
    if missing:
        raise BadTable(f"table classes lacks column {missing[0]!r}: it needs {', '.join(CLASS_COLUMNS)}")
    classes = table[list(CLASS_COLUMNS)].copy()
    classes["vehicle_class"] = classes["vehicle_class"].astype(str)
    twice = classes[classes["vehicle_class"].duplicated()]
    if len(twice):
        raise BadTable(f"table classes: {twice['vehicle_class'].iloc[0]!r} occurs twice; keep one row")
    for column, (least, most) in _LIMITS.items():
        numbers = pd.to_numeric(classes[column], errors="coerce")
        wrong = classes[~numbers.between(least, most)]
        if len(wrong):
            row = wrong.iloc[0]
            raise BadTable(
                f"table classes, vehicle_class {row['vehicle_class']!r}: {column} = {row[column]} must be from {least} "
                f"to {most}"
            )
        step = LENGTH_STEP if column == "length" else 0.001
        classes[column] = np.round(numbers.to_numpy(np.float64) / step) * step
    classes["passes"] = classes["passes"].astype(bool)
    return classes.sort_values("vehicle_class").reset_index(drop=True)
