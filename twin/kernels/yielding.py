"""Yielding: whether a gap in the streams that have the right of way is long enough (rule 8 of ``columns``).

The rule judges by what happened before a moment t, so that it cannot matter what of t was worked off already. So who
left or entered at t is recognised by that time and put back: a head that left, a vehicle that entered a queue.
"""

from __future__ import annotations

from twin.kernels import helper
from twin.kernels.columns import LOOK as LOOK_AGAIN
from twin.kernels.columns import NOT_YET, NOWHERE, Ints
from twin.kernels.gates import slot_of
from twin.kernels.lights import must_yield, next_chance, ready_anew, ready_moment
from twin.kernels.records import (
    BEHIND,
    FIRST,
    FROM,
    GATE,
    LAST_ENTRY,
    LAST_EXIT,
    LEFT,
    LOOK_AT,
    NEVER,
    NEXT_ENTRY,
    NEXT_EXIT,
    NOBODY,
    OF_LINK,
    ON,
    ONTO,
    OWN_HEADWAY,
    READY,
    ROOM,
    SIGNAL,
    SPACING,
    STEP,
    THERE,
    TURN,
    WAKE_AT,
    WAVE,
    YIELD,
)  # fmt: skip


@helper
def may_not_go(
    time: int, queue: int, turn: int, gap: int, patience: int, first: int, after: int, yield_turn: Ints,
    yield_onward: Ints, yield_lead: Ints, queues: Ints, links: Ints, turns: Ints, vehicles: Ints, log: Ints,
    signals: Ints, windows: Ints, slots: Ints,
) -> bool:  # fmt: skip
    """Tell whether a head that yields has to wait; if so, note when it looks again and has another chance."""
    record = queue << 4
    if queues[record + LOOK_AT] <= time:
        taken = _gap_taken(time - queues[record + READY], gap, patience)
        seen = _latest_in_gap(
            time, taken, turns[turn + ONTO] << 4, first, after, yield_turn, yield_onward, yield_lead,
            queues, links, turns, vehicles, log, signals, windows, slots,
        )  # fmt: skip
        if seen != NOT_YET:
            queues[record + LOOK_AT] = seen + 1 if seen > time else time + LOOK_AGAIN
    look = queues[record + LOOK_AT]
    if look <= time:
        return False
    queues[record + WAKE_AT] = next_chance(look, time, turns[turn + SIGNAL] << 3, signals, windows)
    return True


@helper
def _gap_taken(waited: int, gap: int, patience: int) -> int:
    """Return the gap that somebody takes who has waited so long."""
    if waited <= patience:
        return gap
    return gap - int(gap) * min(waited - patience, 9 * patience) // (18 * int(patience))


@helper
def _latest_in_gap(
    time: int, gap: int, wanted: int, first: int, after: int, yield_turn: Ints, yield_onward: Ints, yield_lead: Ints,
    queues: Ints, links: Ints, turns: Ints, vehicles: Ints, log: Ints, signals: Ints, windows: Ints, slots: Ints,
) -> int:  # fmt: skip
    """Return the latest moment within the gap at which somebody may come that has the right of way, or NOT_YET.

    Wanted is the record of the link that the yielding head wants.
    """
    latest = NOT_YET
    for row in range(first, after):
        crosses = row
        while yield_onward[crosses] >= 0:
            crosses = yield_onward[crosses]
        upstream = crosses != row
        merges = turns[(yield_turn[crosses] << 3) + ONTO] << 4 == wanted
        lead = yield_lead[row]
        horizon = time - lead + (max(1, gap - links[wanted + SPACING]) if merges else gap)
        if horizon <= time:
            continue
        turn = yield_turn[row]
        queue = turns[(turn << 3) + FROM] << 4
        head_left = queues[queue + LAST_EXIT] == time
        if head_left:
            step = queues[queue + LEFT] >> 2
            if queues[queue + LEFT] & 1 and (upstream or log[2 * step] != turn):
                continue
            if _makes(step, row, yield_turn, yield_onward, log):
                latest = max(latest, time + lead)
                continue
        entered = time if queues[queue + OF_LINK] != NOWHERE else NEVER  # who stands at a source has no step before
        vehicle = _next_before(queues[queue + FIRST], entered, vehicles, log)
        if vehicle == NOBODY:
            continue
        there = vehicles[(vehicle << 3) + THERE]
        headway = queues[queue + OWN_HEADWAY]
        if head_left:
            comes = max(there, time + headway)
        elif vehicle != queues[queue + FIRST]:  # who entered just now stands ahead of it
            signal = turns[(vehicles[(vehicle << 3) + TURN] << 3) + SIGNAL] << 3
            comes = ready_moment(there, queues[queue + LAST_EXIT], queues[queue + NEXT_EXIT], signal, signals, windows)
        else:
            comes = queues[queue + READY]
            if comes < time:
                wants = vehicles[(vehicle << 3) + TURN]
                anew = _ready_again(comes, time, turns[(wants << 3) + SIGNAL] << 3, signals, windows)
                if anew != NOT_YET:
                    comes = anew
                else:
                    comes = _stands_until(time, turns[(wants << 3) + ONTO] << 4, wanted, links, slots)
                    asked = (upstream or wants != turn) and turns[(wants << 3) + YIELD] >= 0
                    if asked and must_yield(time, turns[(wants << 3) + SIGNAL] << 3, signals, windows):
                        continue
        while vehicle != NOBODY and comes < horizon:
            if _makes(vehicles[(vehicle << 3) + STEP], row, yield_turn, yield_onward, log):
                latest = max(latest, comes + lead)
                break
            vehicle = _next_before(vehicles[(vehicle << 3) + BEHIND], entered, vehicles, log)
            if vehicle != NOBODY:
                comes = max(vehicles[(vehicle << 3) + THERE], comes + headway)
    return latest


@helper
def _makes(step: int, row: int, yield_turn: Ints, yield_onward: Ints, log: Ints) -> bool:
    """Tell whether who makes this step makes the turn of a row of the list, and then all those that it leads to."""
    while log[2 * step] == yield_turn[row]:
        row = yield_onward[row]
        if row < 0:
            return True
        step += 1
    return False


@helper
def _next_before(vehicle: int, time: int, vehicles: Ints, log: Ints) -> int:
    """Return this vehicle, or the first behind it that did not enter its link at this time."""
    while vehicle != NOBODY and time != NEVER and log[2 * vehicles[(vehicle << 3) + STEP] - 1] == time:
        vehicle = vehicles[(vehicle << 3) + BEHIND]
    return vehicle


@helper
def _ready_again(ready: int, time: int, signal: int, signals: Ints, windows: Ints) -> int:
    """Return when a head that stands is ready anew if that is not before a time, or NOT_YET."""
    if signal < 0:
        return NOT_YET
    anew = ready_anew(ready, time, signal, signals, windows)
    return anew if anew >= time else NOT_YET


@helper
def _stands_until(time: int, link: int, wanted: int, links: Ints, slots: Ints) -> int:
    """Return when a head that stands at its gate could go, as far as was known before a time; NEVER without room."""
    if links[link + LAST_ENTRY] == time:
        return time
    if links[link + ON] + 1 > links[link + ROOM]:
        return NEVER
    left = slots[slot_of(link, 1, links)]
    if left == time:  # the unit left just now: before, there was no room
        return NEVER
    opens = left + links[link + WAVE]
    if link == wanted and opens >= time and opens > links[link + NEXT_ENTRY]:
        return NEVER
    opens = max(time, opens, links[link + NEXT_ENTRY])
    gate = links[link + GATE] << 4
    if gate != link and links[gate + LAST_ENTRY] != time:
        opens = max(opens, links[gate + NEXT_ENTRY])
    return opens
