"""Tally: from times of entry and exit to counts, hours and speeds of every link in every interval."""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.kernels import kernel
from twin.kernels.columns import NOT_YET, Ints, Longs
from twin.kernels.lights import scaled


@kernel
def tally(
    link: Ints, entered: Ints, left: Ints, free_time: Ints, kind: Ints, class_slow: Longs, n_link: int,
    start: int, every: int, n_interval: int, end: int,
) -> tuple[Any, Any, Any, Any, Any, Any]:  # fmt: skip
    """Count what happens on each link in each interval.

    Parameters
    ----------
    link, entered, left : array, shape (n_passage,) [-, ms, ms]
        One passage = one vehicle on one link; left = NOT_YET where it is still there.
    free_time : array, shape (n_passage,) [ms]
        How long a car takes with nobody in its way.
    kind : array, shape (n_passage,)
        Class of the vehicle.
    class_slow : array, shape (n_class,) [1 / UNITY]
        Free-flow time as a multiple of a car's.
    n_link : int
    start, every : int [ms]
        Interval k runs from start + k every to start + (k + 1) every.
    n_interval : int
    end : int [ms]
        When the run ended. Who has not left by then is taken to leave then, or a free-flow time after it entered if
        that is later.

    Returns
    -------
    n_entered, n_left : array, shape (n_interval, n_link)
        Vehicles that entered and left in the interval.
    present : array, shape (n_interval, n_link) [ms]
        Time that vehicles spent on the link in the interval, together.
    covered : array, shape (n_interval, n_link) [links]
        How often the link was driven: each vehicle counts the part of its time on the link that lies in the interval.
    freely : array, shape (n_interval, n_link) [ms]
        Time that cars would have spent on what was covered with nobody in their way, together.
    queued : array, shape (n_interval, n_link) [ms]
        Time that vehicles spent in queues in the interval, together: on the link beyond their free-flow time. Of each
        passage it is the end, as in a queue at the exit that takes no room.

    Notes
    -----
    Edie's generalised definitions [1]_, with each vehicle at its mean speed on the link:
    density = present / (every length), flow = covered / every, speed = length covered / present.

    References
    ----------
    .. [1] Edie, L. C. (1963). Discussion of traffic stream measurements and definitions. Proc. 2nd Int. Symposium on
       the Theory of Traffic Flow.
    """
    n_entered = np.zeros((n_interval, n_link), np.int32)
    n_left = np.zeros((n_interval, n_link), np.int32)
    present = np.zeros((n_interval, n_link), np.int64)
    covered = np.zeros((n_interval, n_link), np.float64)
    freely = np.zeros((n_interval, n_link), np.float64)
    queued = np.zeros((n_interval, n_link), np.int64)
    for passage in range(len(link)):
        row, came, went = link[passage], entered[passage], left[passage]
        if came == NOT_YET:
            continue
        k = (came - start) // every
        if 0 <= k < n_interval:
            n_entered[k, row] += 1
        there = came + scaled(free_time[passage], class_slow[kind[passage]])
        if went == NOT_YET:
            went = max(end, came + free_time[passage])
        else:
            k = (went - start) // every
            if 0 <= k < n_interval:
                n_left[k, row] += 1
        first = max(0, (came - start) // every)
        last = min(n_interval - 1, (went - start) // every)
        for k in range(first, last + 1):
            here = min(went, start + (k + 1) * every) - max(came, start + k * every)
            present[k, row] += here
            share = here / (went - came)
            covered[k, row] += share
            freely[k, row] += share * free_time[passage]
            queued[k, row] += max(0, min(went, start + (k + 1) * every) - max(there, start + k * every))
    return n_entered, n_left, present, covered, freely, queued
