"""Leading: what changes the rules while a run goes on - the timetable, and greens that a controller sets (rule 11)."""

from __future__ import annotations

from twin.kernels import helper, in_place
from twin.kernels.calendar import put, take_out
from twin.kernels.columns import (
    FREE_TIME,
    GROUP_HEADWAY,
    HEADWAY,
    STORAGE,
    TURN_SIGNAL,
    Columns,
    Ints,
)  # fmt: skip
from twin.kernels.gates import unlink, wake
from twin.kernels.lights import ready_moment
from twin.kernels.records import (
    AFTER_BAYS,
    AT_GATE,
    CLASS,
    FIRST,
    FIRST_BAY,
    FIRST_WINDOW,
    FREE,
    FROM,
    GATE,
    LAST_EXIT,
    LENGTH,
    LONG_AGO,
    LOSS,
    NEEDS,
    NEXT,
    NEXT_EXIT,
    NOBODY,
    OWN_HEADWAY,
    PERMITTED,
    READY,
    ROOM,
    SIGNAL,
    SPACING,
    STANDING,
    START,
    THERE,
    TURN,
    WAKE_AT,
    WANTS,
    WAVE,
)  # fmt: skip
from twin.kernels.state import State

READY_HEAD = 0
"""The kind of event of a head."""


@in_place
def keep_timetable(state: State, columns: Columns, row: int, time: int) -> None:
    """Set the number that a row of the timetable sets."""
    kind, value = columns.timetable_kind[row], columns.timetable_value[row]
    record = columns.timetable_row[row] << 4
    if kind == TURN_SIGNAL:
        turn = columns.timetable_row[row]
        state.turn[(turn << 3) + SIGNAL] = value
        _renew(turn, time, state)
    elif kind == GROUP_HEADWAY:
        state.queue[record + OWN_HEADWAY] = value
    else:
        field = FREE if kind == FREE_TIME else SPACING if kind == HEADWAY else ROOM if kind == STORAGE else WAVE
        state.link[record + field] = value
        gate = state.link[record + GATE]
        if state.link[(gate << 4) + STANDING] >= 0:
            _need_anew(gate, columns.class_size, len(columns.link_gate) - (len(state.place) >> 2), state)
            wake(gate, time, state.queue, state.link, state.vehicle, columns.class_headway, state.slots, state.calendar)


@in_place
def set_windows(state: State, signals: Ints, turns: Ints, windows: Ints) -> None:
    """Give signals that a controller holds their windows.

    Parameters
    ----------
    state : State
        Changed in place.
    signals : array, shape (n,)
        Signals, each with as many windows as are given, no offset, and a cycle longer than the run.
    turns : array, shape (n,)
        The turn that each of them holds.
    windows : array, shape (n, n_window, 4) [ms]
        Start, length, start-up loss, and 1 where the turn is permitted only. Windows of the past are to be given again
        as long as somebody may have been cut off by their end; what was open before the time until which the run was
        advanced must stay as it was. A window of the past without a length is none.
    """
    for row in range(len(signals)):
        first = state.signal[(signals[row] << 3) + FIRST_WINDOW] << 2
        for number in range(windows.shape[1]):
            record = first + (number << 2)
            length = windows[row, number, 1]
            state.window[record + START] = windows[row, number, 0]
            state.window[record + LENGTH] = length
            state.window[record + LOSS] = min(windows[row, number, 2], max(length - 1, 0))
            state.window[record + PERMITTED] = windows[row, number, 3]
        if state.turn[(turns[row] << 3) + SIGNAL] == signals[row]:  # not so while the timetable says otherwise
            _renew(turns[row], state.clock[0], state)


@helper
def _need_anew(gate: int, class_size: Ints, first_place: int, state: State) -> None:
    """Find anew how much room those need who stand at a gate."""
    queue = state.link[(gate << 4) + STANDING]
    while queue >= 0:
        kind = state.vehicle[(state.queue[(queue << 4) + FIRST] << 3) + CLASS]
        wants = state.queue[(queue << 4) + WANTS]
        size = class_size[kind] if wants < first_place else 1
        state.queue[(queue << 4) + NEEDS] = max(1, min(size, state.link[(wants << 4) + ROOM]))
        queue = state.queue[(queue << 4) + NEXT]


@helper
def _renew(turn: int, time: int, state: State) -> None:
    """Find anew when heads are ready that want to make this turn: in its lane group, or in bays."""
    _renew_head(state.turn[(turn << 3) + FROM], turn, time, state)
    for place in range(0, len(state.place), 4):
        for bay in range(state.place[place + FIRST_BAY], state.place[place + AFTER_BAYS]):
            _renew_head(bay, turn, time, state)


@helper
def _renew_head(queue: int, turn: int, time: int, state: State) -> None:
    record = queue << 4
    vehicle = state.queue[record + FIRST]
    if vehicle == NOBODY or state.vehicle[(vehicle << 3) + TURN] != turn:
        return
    gate = state.queue[record + AT_GATE]
    if gate == NOBODY:
        take_out(state.queue, queue, READY_HEAD, state.calendar)
    else:
        unlink(queue, gate, state.queue, state.link)
    state.queue[record + READY] = ready_moment(
        state.vehicle[(vehicle << 3) + THERE], state.queue[record + LAST_EXIT], state.queue[record + NEXT_EXIT],
        state.turn[(turn << 3) + SIGNAL] << 3, state.signal, state.window,
    )  # fmt: skip
    state.queue[record + WAKE_AT] = LONG_AGO  # its next chance is to be found anew
    put(state.queue, queue, max(state.queue[record + READY], time), READY_HEAD, state.calendar)
