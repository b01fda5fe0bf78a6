"""Loading: the event loop that drives every vehicle by the rules of motion in ``columns``.

Three kinds of event wait in the calendar and are worked off in this order within a millisecond: the head of a queue is
ready (0), a gate serves (1), a head gives a place up or a passing vehicle looks (2). So all who are ready at t stand at
their gates before any gate chooses. A queue has at most one event, of its head; it is in the calendar or stands at a
gate, never both.
"""

from __future__ import annotations

import numpy as np

from twin.kernels import in_place
from twin.kernels.bays import enter_place, give_up, overtake, take_bay
from twin.kernels.calendar import COUNTS, OPEN_PAGE, PAGE, PAGE_BITS, open_page, put, take_out
from twin.kernels.columns import NOT_YET, NOWHERE, PASS, UNITY, Columns, Ints, Longs
from twin.kernels.gates import SERVES, claim_gates, may_pass, opening, room_comes, slot_of, wake
from twin.kernels.leading import keep_timetable
from twin.kernels.lights import must_yield, next_chance, ready_anew, ready_moment, scaled, set_out
from twin.kernels.records import (
    AT_GATE,
    BEHIND,
    CLASS,
    CLOCK,
    COST,
    ELSE,
    FIRST,
    FREE,
    FROM,
    GATE,
    HEADWAY_PART,
    LAST,
    LAST_ENTRY,
    LAST_EXIT,
    LEFT,
    LONG_AGO,
    LOOK_AT,
    NEEDS,
    NEVER,
    NEXT,
    NEXT_ENTRY,
    NEXT_EXIT,
    NOBODY,
    OF_LINK,
    ON,
    ONTO,
    OVERTAKES,
    OWN_HEADWAY,
    PASSES_IN,
    READY,
    RING,
    ROOM,
    SIGNAL,
    SLOT_OUT,
    SLOTS,
    SLOWER,
    SPACING,
    STANDING,
    STEP,
    TAG,
    THERE,
    TIME,
    TURN,
    UNITS,
    WAKE_AT,
    WANTS,
    WAVE,
    YIELD,
)  # fmt: skip
from twin.kernels.state import State
from twin.kernels.yielding import may_not_go

_HEAD, _GATE, _LATE = 0, 1, 2


def advance(state: State, columns: Columns, until: int) -> None:
    """Let everything happen that happens before a time.

    May be called again and again with later times; the result is the same, bit for bit, however the run is cut.

    Parameters
    ----------
    state : State
        Changed in place.
    columns : Columns
    until : int [ms]
        Events before this time are done, those at it are not.
    """
    while state.clock[0] < until:
        row, now, stop = int(state.clock[1]), int(state.clock[0]), until
        if row < len(columns.timetable_time):
            due = int(columns.timetable_time[row])
            if due <= now:
                keep_timetable(state, columns, row, now)
                state.clock[1] = row + 1
                continue
            stop = min(until, due)
        # Compiling is quickest, and calls of helpers cost nothing, where kernels take single arrays: whole NamedTuples
        # were measured 7-10 times slower to pass on.
        _run(
            now, stop, state.log.reshape(-1), state.queue, state.link, state.turn, state.vehicle, state.signal,
            state.window, state.place, state.slots, state.calendar, state.link.view(np.int64),
            state.turn.view(np.int64), columns.class_size, columns.class_headway, columns.class_slow,
            columns.yield_gap, columns.yield_follow_up, columns.yield_patience, columns.yield_turns, columns.yield_turn,
            columns.yield_onward, columns.yield_lead, columns.gate_headway, state.made,
            len(columns.link_gate) - (len(state.place) >> 2), int(columns.class_headway.max()),
        )  # fmt: skip
        state.clock[0] = stop


@in_place
def _run(
    start: int, stop: int, log: Ints, queues: Ints, links: Ints, turns: Ints, vehicles: Ints, signals: Ints,
    windows: Ints, places: Ints, slots: Ints, calendar: Ints, clocks: Longs, tags: Longs, class_size: Ints,
    class_headway: Ints, class_slow: Ints, yield_gap: Ints, yield_follow_up: Ints, yield_patience: Ints,
    yield_turns: Ints, yield_turn: Ints, yield_onward: Ints, yield_lead: Ints, gate_headway: Ints, made: Ints,
    first_place: int, slowest: int,
) -> None:  # fmt: skip
    """Let everything happen from a time on until another; the timetable has nothing between.

    Clocks and tags are the 64-bit numbers of links and turns; slowest is the headway of the slowest class.
    """
    begun, crowd = NOT_YET, False
    time = start
    while time < stop:
        # The next millisecond that has an event.
        if time >> PAGE_BITS != calendar[OPEN_PAGE] and not open_page(time >> PAGE_BITS, queues, links, calendar):
            time = ((time >> PAGE_BITS) + 1) << PAGE_BITS
            continue
        moment = time & (PAGE - 1)
        if calendar[COUNTS + moment] == 0:
            time += 1
            continue
        if time != begun:
            begun = time
            crowd = claim_gates(time, calendar[moment], queues, links)
        calendar[COUNTS + moment] -= 1

        served, target, gate, passing = NOBODY, NOWHERE, NOBODY, False
        left, freed, joined = NOWHERE, NOBODY, NOBODY
        if calendar[moment] != NOBODY:
            # A head is ready.
            queue = calendar[moment]
            record = queue << 4
            calendar[moment] = queues[record + NEXT]
            vehicle = queues[record + FIRST]
            turn = vehicles[(vehicle << 3) + TURN] << 3
            target = turns[turn + ONTO]
            signal = turns[turn + SIGNAL] << 3
            if signal >= 0 and queues[record + READY] < time:
                anew = ready_anew(queues[record + READY], time, signal, signals, windows)
                queues[record + READY] = anew
                if anew > time:
                    put(queues, queue, anew, _HEAD, calendar)
                    continue
            if target == NOWHERE:
                served = queue
            else:
                link = target << 4
                units, headway, gate = 1, 0, links[link + GATE]
                kind = vehicles[(vehicle << 3) + CLASS]
                if target < first_place and class_size[kind] > 1:
                    units = max(1, min(class_size[kind], links[link + ROOM]))
                    headway = scaled(links[link + SPACING], class_headway[kind])
                opens = opening(link, units, headway, gate << 4, links, slots)
                if turns[turn + YIELD] == ELSE and queues[record + LOOK_AT] == LONG_AGO:  # it has not yet asked
                    slot = slots[slot_of(link, units, links)] if opens != NEVER else NEVER
                    if slot >= time:
                        put(queues, queue, time, _LATE, calendar)
                        continue
                    queues[record + LOOK_AT] = time
                standing = links[(gate << 4) + STANDING]
                alone = standing == -2 - time if crowd else standing < 0
                may_go = opens <= time and alone
                if may_go and turns[turn + YIELD] >= 0 and must_yield(time, signal, signals, windows):
                    y = turns[turn + YIELD]
                    may_go = not may_not_go(
                        time, queue, turn, yield_gap[y], yield_patience[y], yield_turns[y], yield_turns[y + 1],
                        yield_turn, yield_onward, yield_lead, queues, links, turns, vehicles, log, signals, windows,
                        slots,
                    )  # fmt: skip
                if may_go:
                    # Nobody else can be ready at this moment: no need to wait for the gate's choice (saves an event).
                    served = queue
                else:
                    queues[record + NEXT] = links[(gate << 4) + STANDING]
                    links[(gate << 4) + STANDING] = queue
                    queues[record + AT_GATE] = gate
                    queues[record + TIME] = NEVER
                    queues[record + NEEDS] = units
        elif calendar[PAGE + moment] != NOBODY:
            # A gate serves the best of those who stand at it; who has red goes back to wait.
            gate = calendar[PAGE + moment]
            calendar[PAGE + moment] = links[(gate << 4) + NEXT]
            links[(gate << 4) + TIME] = NEVER
            best_tag, best_before, before = 0, NOBODY, NOBODY
            held_tag, held, held_until = 0, NOBODY, NEVER
            queue = links[(gate << 4) + STANDING]
            while queue >= 0:
                record = queue << 4
                vehicle = queues[record + FIRST]
                row = vehicles[(vehicle << 3) + TURN]
                turn = row << 3
                signal = turns[turn + SIGNAL] << 3
                after = queues[record + NEXT]
                if signal >= 0:
                    queues[record + READY] = ready_anew(queues[record + READY], time, signal, signals, windows)
                if queues[record + READY] > time:
                    if before == NOBODY:
                        links[(gate << 4) + STANDING] = after
                    else:
                        queues[(before << 4) + NEXT] = after
                    queues[record + AT_GATE] = NOBODY
                    put(queues, queue, queues[record + READY], _HEAD, calendar)
                    queue = after
                    continue
                link = queues[record + WANTS] << 4
                units, headway = queues[record + NEEDS], 0
                if units > 1:
                    headway = scaled(links[link + SPACING], class_headway[vehicles[(vehicle << 3) + CLASS]])
                opens = opening(link, units, headway, gate << 4, links, slots)
                tag = max(tags[(row << 2) + TAG], clocks[(gate << 3) + CLOCK])
                yields = turns[turn + YIELD] >= 0 and must_yield(time, signal, signals, windows)
                lacks_room = opens > time >= links[link + NEXT_ENTRY] and not yields
                if lacks_room and (held == NOBODY or tag < held_tag or (tag == held_tag and vehicle < held)):
                    held_tag, held, held_until = tag, vehicle, next_chance(opens, time, signal, signals, windows)
                if opens <= time and yields:
                    y = turns[turn + YIELD]
                    if may_not_go(
                        time, queue, turn, yield_gap[y], yield_patience[y], yield_turns[y], yield_turns[y + 1],
                        yield_turn, yield_onward, yield_lead, queues, links, turns, vehicles, log, signals, windows,
                        slots,
                    ):  # fmt: skip
                        opens = NEVER
                if opens <= time and (
                    served == NOBODY or tag < best_tag or (tag == best_tag and vehicle < queues[(served << 4) + FIRST])
                ):
                    served, best_tag, best_before = queue, tag, before
                    target = queues[record + WANTS]
                before = queue
                queue = after
            both = served >= 0 and held >= 0 and gate == target
            if both and (held_tag < best_tag or (held_tag == best_tag and held < queues[(served << 4) + FIRST])):
                if held_until != NEVER:
                    put(links, gate, held_until, SERVES, calendar)
                continue
            if served != NOBODY:
                queues[(served << 4) + AT_GATE] = NOBODY
                if best_before == NOBODY:
                    links[(gate << 4) + STANDING] = queues[(served << 4) + NEXT]
                else:
                    queues[(best_before << 4) + NEXT] = queues[(served << 4) + NEXT]
        else:
            # Of the vehicles that look now the one with the smallest row.
            queue = calendar[2 * PAGE + moment]
            other = queues[(queue << 4) + NEXT]
            while other != NOBODY:
                if queues[(other << 4) + FIRST] < queues[(queue << 4) + FIRST]:
                    queue = other
                other = queues[(other << 4) + NEXT]
            calendar[COUNTS + moment] += 1
            take_out(queues, queue, _LATE, calendar)
            record = queue << 4
            vehicle = queues[record + FIRST] << 3
            if vehicles[vehicle + PASSES_IN] != queue:
                give_up(queue, time, log, turns, queues, vehicles)
                joined = queue
            else:
                target = turns[(vehicles[vehicle + TURN] << 3) + ONTO]
                if may_pass(vehicle, queues[record + OF_LINK], target, class_size, first_place, links, vehicles):
                    served, passing = queue, True
                    gate = links[(target << 4) + GATE] if target != NOWHERE else NOBODY
                else:
                    put(queues, queue, time + PASS, _LATE, calendar)

        if served != NOBODY:
            record = served << 4
            vehicle = queues[record + FIRST]
            v = vehicle << 3
            row = vehicles[v + TURN]
            turn = row << 3
            step = vehicles[v + STEP]
            kind = vehicles[v + CLASS]
            log[2 * step + 1] = time

            # It leaves: the next in its queue becomes the head, and room travels back along the link.
            freed = vehicles[v + BEHIND]
            queues[record + FIRST] = freed
            slower = turns[turn + SLOWER]
            headway = queues[record + OWN_HEADWAY]
            headway += headway * (slower & HEADWAY_PART) // UNITY
            queues[record + LEFT] = (step << 2) + (2 if vehicles[v + THERE] < time else 0)
            signal = turns[turn + SIGNAL] << 3
            yields = turns[turn + YIELD] >= 0 and not passing and must_yield(time, signal, signals, windows)
            if yields:
                headway = max(headway, yield_follow_up[turns[turn + YIELD]])
                queues[record + LEFT] += 1 if queues[record + READY] < time else 0
            queues[record + LAST_EXIT] = time
            queues[record + NEXT_EXIT] = time + scaled(headway, class_headway[kind])
            queues[record + LOOK_AT] = LONG_AGO
            queues[record + WAKE_AT] = LONG_AGO
            if turns[turn + FROM] == served:  # not from a bay, nor by who passes
                made[row] = time
            left = queues[record + OF_LINK]
            if left != NOWHERE:
                link = left << 4
                units = vehicles[v + UNITS]
                began = time
                if signal >= 0 and vehicles[v + THERE] < time and not yields and not passing:
                    most = max(0, links[link + WAVE] - scaled(links[link + SPACING], slowest))
                    began = max(set_out(time, signal, signals, windows), vehicles[v + THERE], time - most)
                    if target != NOWHERE:
                        began = max(began, room_comes(target << 4, 1, 0, links, slots))
                links[link + ON] -= units
                slot, begin, end = links[link + SLOT_OUT], links[link + SLOTS], links[link + SLOTS] + links[link + RING]
                for _ in range(units):
                    at = slot  # in order of setting out: those who set out later move up
                    before = at - 1 if at > begin else end - 1
                    while slots[before] > began and before != slot:
                        slots[at] = slots[before]
                        at, before = before, before - 1 if before > begin else end - 1
                    slots[at] = began
                    slot = slot + 1 if slot + 1 < end else begin
                links[link + SLOT_OUT] = slot
                if left >= first_place:
                    freed = take_bay(served, (left - first_place) << 2, time, places, queues, vehicles, log)

            if target != NOWHERE:
                # It enters the link that it wanted, and the merge is charged, contested or not.
                link = target << 4
                headway = scaled(links[link + SPACING], class_headway[kind])
                if passing:
                    links[link + NEXT_ENTRY] = max(links[link + NEXT_ENTRY], time + headway)
                else:
                    tag = max(tags[(row << 2) + TAG], clocks[(gate << 3) + CLOCK])
                    tags[(row << 2) + TAG] = tag + turns[turn + COST]
                    clocks[(gate << 3) + CLOCK] = tag
                    links[link + NEXT_ENTRY] = time + headway
                    if gate != target:
                        links[(gate << 4) + NEXT_ENTRY] = time + scaled(gate_headway[gate], class_headway[kind])
                        links[(gate << 4) + LAST_ENTRY] = time
                links[link + LAST_ENTRY] = time
                units = 1
                if target < first_place:
                    units = max(1, min(class_size[kind], links[link + ROOM]))
                links[link + ON] += units
                vehicles[v + UNITS] = units
                vehicles[v + BEHIND] = NOBODY
                vehicles[v + STEP] = step + 1
                if target >= first_place:
                    joined = enter_place(vehicle, (target - first_place) << 2, time, places, queues, vehicles, log)
                else:
                    there = time + scaled(links[link + FREE] + (slower >> 16), class_slow[kind])
                    row = log[2 * step + 2]
                    vehicles[v + TURN] = row
                    vehicles[v + THERE] = there
                    joined = vehicles[v + PASSES_IN]
                    if joined != NOBODY:
                        record = joined << 4
                        queues[record + FIRST] = vehicle
                        queues[record + OF_LINK] = target
                        put(queues, joined, there, _LATE, calendar)
                        joined = NOBODY
                    else:
                        joined = turns[(row << 3) + FROM]
                        record = joined << 4
                        head = queues[record + FIRST]
                        if head == NOBODY:
                            queues[record + FIRST] = vehicle
                            queues[record + LAST] = vehicle
                        elif queues[record + OVERTAKES] == 0:
                            vehicles[(queues[record + LAST] << 3) + BEHIND] = vehicle
                            queues[record + LAST] = vehicle
                            joined = NOBODY
                        elif overtake(vehicle, there, time, record, queues, vehicles, class_slow):
                            if joined == served:  # a road that leads onto itself: its new head has no event yet
                                freed, joined = vehicle, NOBODY
                            else:
                                take_out(queues, joined, _HEAD, calendar)  # of the head before: it was not yet there
                        else:
                            joined = NOBODY

        # New heads learn when they will be ready: that of the queue left behind, and the vehicle itself.
        behind = served if freed != NOBODY else NOBODY
        for queue in (behind, joined):
            if queue == NOBODY:
                continue
            record = queue << 4
            head = queues[record + FIRST] << 3
            turn = vehicles[head + TURN] << 3
            ready = ready_moment(
                vehicles[head + THERE], queues[record + LAST_EXIT], queues[record + NEXT_EXIT],
                turns[turn + SIGNAL] << 3, signals, windows,
            )  # fmt: skip
            queues[record + READY] = ready
            queues[record + WANTS] = turns[turn + ONTO]
            put(queues, queue, ready, _HEAD, calendar)

        # Gates where somebody stands wake again as soon as their link may open: the one that was asked, and that of
        # the link in which room was made.
        room = links[(left << 4) + GATE] if left != NOWHERE else NOBODY
        for asked in (gate, room if room != gate else NOBODY):
            if asked != NOBODY and links[(asked << 4) + STANDING] >= 0:
                wake(asked, time, queues, links, vehicles, class_headway, slots, calendar)
