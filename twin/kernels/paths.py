"""Paths: shortest-path trees on links and turns, in integer milliseconds."""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.kernels import kernel
from twin.kernels.columns import Bools, Ints, Longs

FAR = 2**31 - 1
"""Cost of what cannot be reached."""

NO_TURN = -1


@kernel
def tree(
    ends: Ints, link_time: Ints, turn_time: Ints, into_start: Longs, into_turns: Ints, turn_from: Ints
) -> tuple[Any, Any]:
    """Return the fastest ways from every link to one destination, turns and their waits included.

    Parameters
    ----------
    ends : array, shape (n_end,)
        Links at whose exit the destination is.
    link_time : array, shape (n_link,) [ms]
        Time to drive each link; FAR = closed.
    turn_time : array, shape (n_turn,) [ms]
        Mean wait before each turn; FAR = not allowed.
    into_start, into_turns : array, shape (n_link + 1,), (n_turn,)
        Turns into link l are rows into_start[l] to into_start[l + 1] of into_turns, in order of turn rows.
    turn_from : array, shape (n_turn,)
        Link from which the turn is made.

    Returns
    -------
    cost : array, shape (n_link,) [ms]
        From the entry of the link to the destination; FAR = no way.
    next_turn : array, shape (n_link,)
        Turn to take at the end of the link; NO_TURN = it is there, or no way.

    Notes
    -----
    Dijkstra's algorithm on the graph of links; of equal ways the one with the smaller turn row is taken, so that the
    answer does not depend on the order of work.
    """
    n_link = len(link_time)
    cost = np.full(n_link, FAR, np.int32)
    next_turn = np.full(n_link, NO_TURN, np.int32)
    heap = np.empty(n_link + len(turn_time) + 1, np.int64)
    size = 0
    for link in ends:
        if link_time[link] != FAR:
            cost[link] = link_time[link]
            size = _put(heap, size, (np.int64(cost[link]) << 32) | link)
    while size > 0:
        least = heap[0]
        size = _take(heap, size)
        link = least & 0xFFFFFFFF
        so_far = least >> 32
        if so_far > cost[link]:
            continue
        for k in range(into_start[link], into_start[link + 1]):
            turn = into_turns[k]
            before = turn_from[turn]
            if turn_time[turn] == FAR or link_time[before] == FAR:
                continue
            there = so_far + turn_time[turn] + link_time[before]
            if there < cost[before]:
                cost[before] = there
                next_turn[before] = turn
                size = _put(heap, size, (there << 32) | before)
            elif there == cost[before] and next_turn[before] != NO_TURN and turn < next_turn[before]:
                next_turn[before] = turn
    return cost, next_turn


@kernel
def walk(starts: Ints, with_start: Bools, next_turn: Ints, turn_link: Ints) -> tuple[Any, Any]:
    """Return the steps from given links to the destination of a tree.

    Parameters
    ----------
    starts : array, shape (n_trip,)
        Links to start from, each with a way to the destination.
    with_start : array of bool, shape (n_trip,)
        True where the link itself is the first step, before the turns.
    next_turn : array, shape (n_link,)
    turn_link : array, shape (n_turn,)

    Returns
    -------
    begin : array, shape (n_trip + 1,)
    steps : array, shape (n_step,)
        Steps of trip t are rows begin[t] to begin[t + 1].
    """
    begin = np.zeros(len(starts) + 1, np.int64)
    for trip in range(len(starts)):
        n_step = 1 if with_start[trip] else 0
        link = starts[trip]
        while next_turn[link] != NO_TURN:
            link = turn_link[next_turn[link]]
            n_step += 1
        begin[trip + 1] = begin[trip] + n_step
    steps = np.empty(begin[-1], np.int32)
    for trip in range(len(starts)):
        link = starts[trip]
        step = begin[trip]
        if with_start[trip]:
            steps[step] = link
            step += 1
        while next_turn[link] != NO_TURN:
            steps[step] = next_turn[link]
            link = turn_link[next_turn[link]]
            step += 1
    return begin, steps


@kernel
def _put(heap: Longs, size: int, item: int) -> int:
    """Add an item to a binary heap and return its new size."""
    child = size
    while child > 0:
        parent = (child - 1) >> 1
        if heap[parent] <= item:
            break
        heap[child] = heap[parent]
        child = parent
    heap[child] = item
    return size + 1


@kernel
def _take(heap: Longs, size: int) -> int:
    """Remove the least item of a binary heap and return its new size."""
    size -= 1
    item = heap[size]
    parent = 0
    child = 1
    while child < size:
        if child + 1 < size and heap[child + 1] < heap[child]:
            child += 1
        if item <= heap[child]:
            break
        heap[parent] = heap[child]
        parent = child
        child = 2 * parent + 1
    heap[parent] = item
    return size
