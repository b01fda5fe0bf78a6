"""Watching: who waits at which turn now - what a controller sees of a run, without changing it."""

from __future__ import annotations

from twin.kernels import in_place
from twin.kernels.columns import Ints
from twin.kernels.records import BEHIND, FIRST, STEP, THERE, TURN


@in_place
def watch(
    time: int, groups: Ints, place_of_group: Ints, row_of_turn: Ints, pieces: Ints,
    queues: Ints, vehicles: Ints, log: Ints, seen: Ints, standing: Ints,
) -> None:  # fmt: skip
    """Count vehicles by the turn that they are on their way to, and those who are delayed on each link.

    Parameters
    ----------
    time : int [ms]
        Now: the time until which the run was advanced.
    groups, place_of_group : array, shape (n_group,)
        Lane groups to look at, and the row of ``standing`` of the link that each belongs to.
    row_of_turn : array, shape (n_turn,)
        Row of ``seen`` of each turn; -1 = nobody asks.
    pieces : array, shape (2,)
        Turns from the first on up to the second lead into pockets: the turn behind them is meant.
    queues, vehicles, log : arrays
        Of the state; the log as one row.
    seen : array, shape (n, 3)
        Set: vehicles that are delayed, vehicles in all, and since when the first is delayed (``time``: nobody is).
    standing : array, shape (n_place,)
        Set: vehicles that are delayed.
    """
    for row in range(len(seen)):
        seen[row, 0], seen[row, 1], seen[row, 2] = 0, 0, time
    for place in range(len(standing)):
        standing[place] = 0
    for number in range(len(groups)):
        vehicle = queues[(groups[number] << 4) + FIRST]
        while vehicle >= 0:
            record = vehicle << 3
            there = vehicles[record + THERE]
            turn = vehicles[record + TURN]
            late = there <= time
            if pieces[0] <= turn < pieces[1]:
                turn = log[2 * vehicles[record + STEP] + 2]
                late = there < time  # who has just come drives on into the pocket
            row = row_of_turn[turn] if turn >= 0 else -1
            if row >= 0:
                seen[row, 1] += 1
            if late:
                standing[place_of_group[number]] += 1
                if row >= 0:
                    seen[row, 0] += 1
                    seen[row, 2] = min(seen[row, 2], there)
            vehicle = vehicles[record + BEHIND]
