"""Rerouting: a head that stands at a gate takes another way, in its own lane or behind those who stand in another.

Like the timetable this is done between two calls of ``advance``, at a moment t before all else that happens then. The
head's next step is another one now: if that turn is made from its own lane group it stays there, else it is placed
in that turn's group behind all who are there, ahead of those who are still driving. It counts as being there from t on,
and so does who becomes a head now: the next exit of the group left behind is t, as if nobody had left it before. Ready
moments follow from rules 3 and 4 of ``columns``; the next look of rule 8 is gone.
"""

from __future__ import annotations

from twin.kernels import helper, in_place
from twin.kernels.calendar import put, take_out
from twin.kernels.gates import unlink
from twin.kernels.leading import READY_HEAD
from twin.kernels.lights import ready_moment
from twin.kernels.records import (
    AT_GATE,
    BEHIND,
    FIRST,
    FROM,
    LAST,
    LAST_EXIT,
    LONG_AGO,
    LOOK_AT,
    NEXT_EXIT,
    NOBODY,
    ONTO,
    READY,
    SIGNAL,
    STEP,
    THERE,
    TURN,
    WAKE_AT,
    WANTS,
)
from twin.kernels.state import State


@in_place
def redirect(state: State, queue: int, time: int) -> None:
    """Let the head of a queue, which stands at a gate, make the turn that its next step says now.

    Parameters
    ----------
    state : State
        Changed in place; ``log`` has the new steps already.
    queue : int
        Lane group of a road.
    time : int [ms]
        The moment until which the run was advanced.
    """
    queues, vehicles = state.queue, state.vehicle
    record = queue << 4
    vehicle = queues[record + FIRST]
    unlink(queue, queues[record + AT_GATE], queues, state.link)
    turn = state.log[vehicles[(vehicle << 3) + STEP], 0]
    vehicles[(vehicle << 3) + TURN] = turn
    vehicles[(vehicle << 3) + THERE] = time
    queues[record + LOOK_AT] = LONG_AGO
    queues[record + WAKE_AT] = LONG_AGO
    other = state.turn[(turn << 3) + FROM]
    if other != queue:
        queues[record + FIRST] = vehicles[(vehicle << 3) + BEHIND]
        queues[record + LAST_EXIT] = LONG_AGO
        queues[record + NEXT_EXIT] = time
        if _joins(state, vehicle, other, time):
            _begin_head(state, other, time)
    if queues[record + FIRST] != NOBODY:
        _begin_head(state, queue, time)


@helper
def _joins(state: State, vehicle: int, queue: int, time: int) -> bool:
    """Place a vehicle behind all who stand in a queue; tell whether it became the head."""
    queues, vehicles = state.queue, state.vehicle
    record = queue << 4
    head = queues[record + FIRST]
    before, other = NOBODY, head
    while other != NOBODY and vehicles[(other << 3) + THERE] <= time:
        before, other = other, vehicles[(other << 3) + BEHIND]
    vehicles[(vehicle << 3) + BEHIND] = other
    if other == NOBODY:
        queues[record + LAST] = vehicle
    if before != NOBODY:
        vehicles[(before << 3) + BEHIND] = vehicle
        return False
    if head != NOBODY:
        take_out(queues, queue, READY_HEAD, state.calendar)  # of the head before: it was not yet there
    queues[record + FIRST] = vehicle
    return True


@helper
def _begin_head(state: State, queue: int, time: int) -> None:
    """Find when a queue's new head is ready, from a moment on."""
    queues, vehicles = state.queue, state.vehicle
    record = queue << 4
    head = queues[record + FIRST] << 3
    turn = vehicles[head + TURN] << 3
    queues[record + READY] = ready_moment(
        max(vehicles[head + THERE], time), queues[record + LAST_EXIT], queues[record + NEXT_EXIT],
        state.turn[turn + SIGNAL] << 3, state.signal, state.window,
    )  # fmt: skip
    queues[record + WANTS] = state.turn[turn + ONTO]
    put(queues, queue, queues[record + READY], READY_HEAD, state.calendar)
