"""Lights: when a signal's windows are open, and from when on a queue sets out and goes (rules 2 to 4 of ``columns``).

A signal is given by where its record begins (row * 8), or is negative where a turn has none.
"""

from __future__ import annotations

from typing import Any

from twin.kernels import helper, in_place
from twin.kernels.columns import UNITY, Ints
from twin.kernels.records import (
    CYCLE,
    CYCLE_BEGAN,
    FIRST_WINDOW,
    LAST_WINDOW,
    LENGTH,
    LONG_AGO,
    LOSS,
    OFFSET,
    PERMITTED,
    START,
)  # fmt: skip


@in_place
def scaled(duration: int, factor: int) -> int:
    """Return a duration times a class's factor, at least a millisecond."""
    if factor == UNITY:
        return duration
    return max(1, (duration * factor + UNITY // 2) // UNITY)


@helper
def window_at(time: int, signal: int, signals: Ints, windows: Ints) -> tuple[Any, Any]:
    """Return where the record of the window is that is open at a time, or else opens next, and when it opens."""
    cycle = signals[signal + CYCLE]
    phase = time - signals[signal + CYCLE_BEGAN]
    if phase < 0 or phase >= cycle:  # a division costs more than to remember in which cycle we were last
        phase = (time - signals[signal + OFFSET]) % cycle
        signals[signal + CYCLE_BEGAN] = time - phase
    began = time - phase
    first, last = signals[signal + FIRST_WINDOW] << 2, signals[signal + LAST_WINDOW] << 2
    if windows[last + START] + windows[last + LENGTH] - cycle > phase:
        return last, began + windows[last + START] - cycle
    for window in range(first, last + 4, 4):
        if phase < windows[window + START] + windows[window + LENGTH]:
            return window, began + windows[window + START]
    return first, began + cycle + windows[first + START]


@in_place
def start_up(time: int, signal: int, signals: Ints, windows: Ints) -> int:
    """Return a time if a window is open then, else when a head starts up in the next."""
    window, opens = window_at(time, signal, signals, windows)
    return time if opens <= time else opens + windows[window + LOSS]


@helper
def ready_moment(there: int, last_exit: int, next_exit: int, signal: int, signals: Ints, windows: Ints) -> int:
    """Return from when on the head of a queue may go."""
    going = max(there, next_exit)
    if signal < 0:
        return going
    if there < next_exit and last_exit != LONG_AGO:
        window, opens = window_at(last_exit, signal, signals, windows)
        closes = opens + windows[window + LENGTH]
        if opens <= last_exit and there < closes <= next_exit:
            # The red cuts a headway in two: its rest is served in the next window, so that a saturated signal lets
            # s (g - loss) / C pass on average and not a whole vehicle more in every cycle.
            window, opens = window_at(closes, signal, signals, windows)
            going = opens + windows[window + LOSS] + next_exit - closes
    return start_up(going, signal, signals, windows)


@helper
def ready_anew(ready: int, time: int, signal: int, signals: Ints, windows: Ints) -> int:
    """Return from when on a head may go that was ready before a time: later than that time if it may not go then."""
    window, opens = window_at(time, signal, signals, windows)
    if opens <= ready:
        return ready
    return opens + windows[window + LOSS]


@helper
def set_out(time: int, signal: int, signals: Ints, windows: Ints) -> int:
    """Return since when a head may have been setting out that leaves at a time."""
    window, opens = window_at(time, signal, signals, windows)
    return max(opens, time - windows[window + LOSS])


@helper
def must_yield(time: int, signal: int, signals: Ints, windows: Ints) -> bool:
    """Tell whether a turn with a yield row yields at a time when it may be made."""
    if signal < 0:
        return True
    window, _ = window_at(time, signal, signals, windows)
    return windows[window + PERMITTED] > 0


@helper
def next_chance(look: int, time: int, signal: int, signals: Ints, windows: Ints) -> int:
    """Return when a head that yields has another chance: at its look, or when its window closes for another one."""
    if signal < 0:
        return look
    window, opens = window_at(time, signal, signals, windows)
    return min(look, opens + windows[window + LENGTH])
