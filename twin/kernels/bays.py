"""Bays: places where vehicles stay, and lanes where faster ones go ahead (rules 3 and 9 of ``columns``)."""

from __future__ import annotations

from twin.kernels import helper
from twin.kernels.columns import NOWHERE, Ints
from twin.kernels.records import (
    AFTER_BAYS,
    BEHIND,
    CLASS,
    FIRST,
    FIRST_BAY,
    LAST,
    LAST_EXIT,
    LEFT,
    LONG_AGO,
    NEXT_EXIT,
    NOBODY,
    ONTO,
    STEP,
    THERE,
    TURN,
    WAITS_FIRST,
    WAITS_LAST,
    WANTS,
)  # fmt: skip


@helper
def overtake(
    vehicle: int, there: int, time: int, record: int, queues: Ints, vehicles: Ints, class_slow: Ints
) -> bool:  # fmt: skip
    """Place a vehicle ahead of slower ones at the end of the line; tell whether it became the head.

    Where a queue stands it is placed last.
    """
    head = queues[record + FIRST]
    stands = vehicles[(head << 3) + THERE] < time
    if queues[record + LAST_EXIT] == time:  # as things stood before: who left just now was the head
        stands = queues[record + LEFT] & 2 > 0
    before = queues[record + LAST] if stands else NOBODY
    other = NOBODY if stands else head
    slow = class_slow[vehicles[(vehicle << 3) + CLASS]]
    while other != NOBODY:
        slower = class_slow[vehicles[(other << 3) + CLASS]] > slow
        if not slower or vehicles[(other << 3) + THERE] <= there:
            before = other
        other = vehicles[(other << 3) + BEHIND]
    other = head if before == NOBODY else vehicles[(before << 3) + BEHIND]
    vehicles[(vehicle << 3) + BEHIND] = other
    if other == NOBODY:
        queues[record + LAST] = vehicle
    if before == NOBODY:
        queues[record + FIRST] = vehicle
    else:
        vehicles[(before << 3) + BEHIND] = vehicle
    return before == NOBODY


@helper
def enter_place(vehicle: int, place: int, time: int, places: Ints, queues: Ints, vehicles: Ints, log: Ints) -> int:
    """Let a vehicle take the first bay that is empty and return the bay, or wait and return NOBODY."""
    for bay in range(places[place + FIRST_BAY], places[place + AFTER_BAYS]):
        if queues[(bay << 4) + FIRST] == NOBODY:
            _serve(vehicle, bay, time, queues, vehicles, log)
            return bay
    if places[place + WAITS_FIRST] == NOBODY:
        places[place + WAITS_FIRST] = vehicle
    else:
        vehicles[(places[place + WAITS_LAST] << 3) + BEHIND] = vehicle
    places[place + WAITS_LAST] = vehicle
    return NOBODY


@helper
def take_bay(bay: int, place: int, time: int, places: Ints, queues: Ints, vehicles: Ints, log: Ints) -> int:
    """Let the vehicle that has waited longest take a bay that became empty, and return it, or NOBODY."""
    vehicle = places[place + WAITS_FIRST]
    if vehicle != NOBODY:
        places[place + WAITS_FIRST] = vehicles[(vehicle << 3) + BEHIND]
        _serve(vehicle, bay, time, queues, vehicles, log)
    return vehicle


@helper
def give_up(queue: int, time: int, log: Ints, turns: Ints, queues: Ints, vehicles: Ints) -> None:
    """Let the head of a queue do, from the next millisecond on, what its route says behind the next end."""
    record = queue << 4
    vehicle = queues[record + FIRST] << 3
    step = vehicles[vehicle + STEP] + 1
    while log[2 * step] < 0 or turns[(log[2 * step] << 3) + ONTO] != NOWHERE:
        step += 1
    turn = log[2 * step + 2]
    vehicles[vehicle + STEP] = step + 1
    vehicles[vehicle + TURN] = turn
    vehicles[vehicle + THERE] = time + 1
    queues[record + LAST_EXIT] = LONG_AGO
    queues[record + NEXT_EXIT] = LONG_AGO
    queues[record + WANTS] = turns[(turn << 3) + ONTO]


@helper
def _serve(vehicle: int, bay: int, time: int, queues: Ints, vehicles: Ints, log: Ints) -> None:
    """Begin a vehicle's service in a bay."""
    step = vehicles[(vehicle << 3) + STEP]
    log[2 * step + 1] = time
    vehicles[(vehicle << 3) + THERE] = time - 1 - log[2 * step]
    vehicles[(vehicle << 3) + TURN] = log[2 * step + 2]
    vehicles[(vehicle << 3) + STEP] = step + 1
    vehicles[(vehicle << 3) + BEHIND] = NOBODY
    queues[(bay << 4) + NEXT_EXIT] = LONG_AGO
    queues[(bay << 4) + FIRST] = vehicle
    queues[(bay << 4) + LAST] = vehicle
