"""Loading: the event loop that drives every vehicle by the rules of motion in ``columns``.

Events wait in a calendar queue: one list for each half-millisecond of a lap. Half-milliseconds tell the two kinds of
event apart: at 2 t the head of a lane group (or of a source) is ready, at 2 t + 1 a gate serves. So all who are ready
at t stand at their gates before any gate chooses. The lists need no order, which matters where hundreds of signals
turn green at once.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.kernels import kernel
from twin.kernels.columns import NO_SIGNAL, NOT_YET, Columns, Ints, Longs

NEVER = 2**31 - 1
"""Later than any time in a run."""

_LONG_AGO = -(2**30)
_NOBODY = -1
_LAP = 2**18  # half-milliseconds: 131 s, longer than nearly every wait; what waits longer stays in its list for a lap
_PAGE_BITS = 6  # half-milliseconds are counted in pages of 64, so that quiet times are leafed through quickly
_PAGE = 1 << _PAGE_BITS


class State(NamedTuple):
    """Everything that changes while a run goes on; copy its arrays to take a snapshot.

    Parameters
    ----------
    times : array, shape (n_step + n_vehicle,) [ms]
        For vehicle v from row vehicle_route[v] + v on: when it entered each link, then when it left the last.
    links_entered : array, shape (n_vehicle,)
    """

    times: Ints
    links_entered: Ints
    vehicle_behind: Ints
    queue_first: Ints  # lane groups, then sources (one a link)
    queue_last: Ints
    queue_last_exit: Ints
    queue_behind_at_gate: Ints
    link_on: Ints
    link_next_entry: Ints
    link_slot_in: Ints
    link_slot_out: Ints
    slot_start: Longs  # rows of slot_free_at of each link
    slot_free_at: Ints
    gate_first: Ints
    gate_next_service: Ints
    gate_clock: Longs
    turn_tag: Longs
    source_tag: Longs
    calendar: Ints  # first event of each half-millisecond of the lap
    page_events: Ints  # how many events stand on each page of the calendar
    event_next: Ints
    event_time: Ints  # half-milliseconds; NEVER = none pending
    now: Longs  # half-milliseconds; nothing before is pending


def begin(columns: Columns) -> State:
    """Return the state before the first departure: every vehicle waits at its source, all roads are empty."""
    c = columns
    n_link, n_group = len(c.link_free_time), len(c.group_headway)
    n_vehicle, n_queue = len(c.vehicle_departure), n_group + n_link
    n_event = n_queue + len(c.gate_headway)
    slot_start = np.zeros(n_link + 1, np.int64)
    np.cumsum(c.link_storage, out=slot_start[1:])
    first, last, behind = _sources(c, n_group, n_queue)
    state = State(
        times=_full(len(c.route) + n_vehicle, NOT_YET),
        links_entered=_full(n_vehicle, 0),
        vehicle_behind=behind,
        queue_first=first,
        queue_last=last,
        queue_last_exit=_full(n_queue, _LONG_AGO),
        queue_behind_at_gate=_full(n_queue, _NOBODY),
        link_on=_full(n_link, 0),
        link_next_entry=_full(n_link, _LONG_AGO),
        link_slot_in=_full(n_link, 0),
        link_slot_out=_full(n_link, 0),
        slot_start=slot_start,
        slot_free_at=_full(int(slot_start[-1]), _LONG_AGO),
        gate_first=_full(len(c.gate_headway), _NOBODY),
        gate_next_service=_full(len(c.gate_headway), _LONG_AGO),
        gate_clock=np.zeros(len(c.gate_headway), np.int64),
        turn_tag=np.zeros(len(c.turn_link), np.int64),
        source_tag=np.zeros(n_link, np.int64),
        calendar=_full(_LAP, _NOBODY),
        page_events=_full(_LAP >> _PAGE_BITS, 0),
        event_next=_full(n_event, _NOBODY),
        event_time=_full(n_event, NEVER),
        now=np.zeros(1, np.int64),
    )
    for queue in range(n_group, n_queue):
        if first[queue] != _NOBODY:
            time = 2 * int(c.vehicle_departure[first[queue]])
            _push(queue, time, state.calendar, state.page_events, state.event_next, state.event_time)
    return state


def _full(length: int, value: int) -> Ints:
    return np.full(length, value, np.int32)


def _sources(c: Columns, n_group: int, n_queue: int) -> tuple[Ints, Ints, Ints]:
    """Chain the vehicles of each source in order of (departure, vehicle): first, last, who is behind whom."""
    n_vehicle = len(c.vehicle_departure)
    first, last, behind = _full(n_queue, _NOBODY), _full(n_queue, _NOBODY), _full(n_vehicle, _NOBODY)
    drives = np.flatnonzero(np.diff(c.vehicle_route) > 0)
    entry = c.route[c.vehicle_route[drives]]
    order = np.lexsort((drives, c.vehicle_departure[drives], entry))
    vehicles, entry = drives[order], entry[order]
    same = entry[1:] == entry[:-1]
    behind[vehicles[:-1][same]] = vehicles[1:][same]
    starts = np.append(True, ~same)[: len(vehicles)]
    ends = np.append(~same, True)[: len(vehicles)]
    first[n_group + entry[starts]] = vehicles[starts]
    last[n_group + entry[ends]] = vehicles[ends]
    return first, last, behind


@kernel
def _push(event: int, time: int, calendar: Ints, page_events: Ints, event_next: Ints, event_time: Ints) -> None:
    """Put an event into the calendar."""
    place = time & (_LAP - 1)
    event_time[event] = time
    event_next[event] = calendar[place]
    calendar[place] = event
    page_events[place >> _PAGE_BITS] += 1


@kernel
def _push_earlier(event: int, time: int, calendar: Ints, page_events: Ints, event_next: Ints, event_time: Ints) -> None:
    """Put an event into the calendar unless it is already pending at that time or before."""
    pending = event_time[event]
    if pending <= time:
        return
    if pending != NEVER:
        _remove(event, calendar, page_events, event_next, event_time)
    _push(event, time, calendar, page_events, event_next, event_time)


@kernel
def _remove(event: int, calendar: Ints, page_events: Ints, event_next: Ints, event_time: Ints) -> None:
    """Take a pending event out of the calendar."""
    place = event_time[event] & (_LAP - 1)
    page_events[place >> _PAGE_BITS] -= 1
    event_time[event] = NEVER
    if calendar[place] == event:
        calendar[place] = event_next[event]
        return
    other = calendar[place]
    while event_next[other] != event:
        other = event_next[other]
    event_next[other] = event_next[event]


@kernel
def next_green(time: int, signal: int, cycle: Ints, offset: Ints, windows: Ints, start: Ints, length: Ints) -> int:
    """Return the first green moment of a signal at or after a time."""
    phase = (time - offset[signal]) % cycle[signal]
    first, last = windows[signal], windows[signal + 1] - 1
    if phase < start[last] + length[last] - cycle[signal]:
        return time
    for window in range(first, last + 1):
        if phase < start[window]:
            return time + start[window] - phase
        if phase < start[window] + length[window]:
            return time
    return time + cycle[signal] - phase + start[first]


@kernel
def green_end(time: int, signal: int, cycle: Ints, offset: Ints, windows: Ints, start: Ints, length: Ints) -> int:
    """Return when the green window ends that a time is in, or NOT_YET if the signal is red then."""
    phase = (time - offset[signal]) % cycle[signal]
    last = windows[signal + 1] - 1
    over = start[last] + length[last] - cycle[signal]
    if phase < over:
        return time + over - phase
    for window in range(windows[signal], last + 1):
        end = start[window] + length[window]
        if start[window] <= phase < end:
            return time + end - phase
    return NOT_YET


@kernel
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
    # Columns are unpacked here and helpers take single arrays: passing whole NamedTuples on was measured 7-10 times
    # slower.
    link_free_time, link_headway, link_storage = columns.link_free_time, columns.link_headway, columns.link_storage
    link_wave_time, link_gate, arrival_group = columns.link_wave_time, columns.link_gate, columns.link_arrival_group
    source_cost, group_headway, group_link = columns.source_cost, columns.group_headway, columns.group_link
    turn_link, turn_group, turn_signal = columns.turn_link, columns.turn_group, columns.turn_signal
    turn_cost, gate_headway, departure = columns.turn_cost, columns.gate_headway, columns.vehicle_departure
    cycle, offset, windows = columns.signal_cycle, columns.signal_offset, columns.signal_windows
    start, length = columns.window_start, columns.window_length
    route_start, route = columns.vehicle_route, columns.route

    times, links_entered, behind = state.times, state.links_entered, state.vehicle_behind
    first, last, last_exit = state.queue_first, state.queue_last, state.queue_last_exit
    next_at_gate, gate_first = state.queue_behind_at_gate, state.gate_first
    link_on, next_entry, slot_in, slot_out = (
        state.link_on,
        state.link_next_entry,
        state.link_slot_in,
        state.link_slot_out,
    )
    slot_start, free_at = state.slot_start, state.slot_free_at
    next_service, gate_clock = state.gate_next_service, state.gate_clock
    turn_tag, source_tag = state.turn_tag, state.source_tag
    calendar, page_events = state.calendar, state.page_events
    event_next, event_time = state.event_next, state.event_time

    n_group = len(group_headway)
    first_gate = n_group + len(link_headway)
    half = state.now[0]
    stop = 2 * until

    while half < stop:
        # The next event of this half-millisecond, or the next one; events of a later lap stay where they are.
        event = calendar[half & (_LAP - 1)]
        while event != _NOBODY and event_time[event] != half:
            event = event_next[event]
        if event == _NOBODY:
            half += 1
            while half & (_PAGE - 1) == 0 and half + _PAGE <= stop:
                if page_events[(half & (_LAP - 1)) >> _PAGE_BITS] > 0:
                    break
                half += _PAGE
            continue
        _remove(event, calendar, page_events, event_next, event_time)
        time = half >> 1

        served, target, gate = _NOBODY, _NOBODY, _NOBODY
        if event < first_gate:
            # A head is ready.
            vehicle = first[event]
            step = route_start[vehicle] + links_entered[vehicle]
            if step == route_start[vehicle + 1]:
                served = event
            else:
                target = route[step] if event >= n_group else turn_link[route[step]]
                gate = link_gate[target]
                is_open = (
                    link_on[target] < link_storage[target]
                    and next_entry[target] <= time
                    and free_at[slot_start[target] + slot_in[target]] <= time
                    and next_service[gate] <= time
                )
                alone = gate_first[gate] == _NOBODY and calendar[half & (_LAP - 1)] == _NOBODY
                if is_open and alone:
                    # Nobody else can be ready at this moment: no need to wait for the gate's choice (saves an event).
                    served = event
                else:
                    next_at_gate[event] = gate_first[gate]
                    gate_first[gate] = event
        else:
            # A gate serves the best of those who stand at it; who has red goes back to wait for green.
            gate = event - first_gate
            best_tag, best_before, before = 0, _NOBODY, _NOBODY
            queue = gate_first[gate]
            while queue != _NOBODY:
                vehicle = first[queue]
                step = route[route_start[vehicle] + links_entered[vehicle]]
                if queue >= n_group:
                    link, tag, green = step, source_tag[step], time
                else:
                    link, tag, green = turn_link[step], turn_tag[step], time
                    if turn_signal[step] != NO_SIGNAL:
                        green = next_green(time, turn_signal[step], cycle, offset, windows, start, length)
                after = next_at_gate[queue]
                if green > time:
                    if before == _NOBODY:
                        gate_first[gate] = after
                    else:
                        next_at_gate[before] = after
                    _push(queue, 2 * green, calendar, page_events, event_next, event_time)
                else:
                    if (
                        link_on[link] < link_storage[link]
                        and next_entry[link] <= time
                        and free_at[slot_start[link] + slot_in[link]] <= time
                        and next_service[gate] <= time
                    ):
                        tag = max(tag, gate_clock[gate])
                        if served == _NOBODY or tag < best_tag or (tag == best_tag and vehicle < first[served]):
                            served, target, best_tag, best_before = queue, link, tag, before
                    before = queue
                queue = after
            if served != _NOBODY:
                if best_before == _NOBODY:
                    gate_first[gate] = next_at_gate[served]
                else:
                    next_at_gate[best_before] = next_at_gate[served]

        left_link = _NOBODY
        if served != _NOBODY:
            vehicle = first[served]
            step = route_start[vehicle] + links_entered[vehicle]
            times[step + vehicle] = time
            links_entered[vehicle] += 1

            # It leaves: the next in its queue becomes the head, and room begins to travel back along the link.
            head = behind[vehicle]
            first[served] = head
            last_exit[served] = time
            if served >= n_group:
                if head != _NOBODY:
                    _push(served, 2 * max(departure[head], time + 1), calendar, page_events, event_next, event_time)
            else:
                left_link = group_link[served]
                link_on[left_link] -= 1
                slot = slot_out[left_link]
                free_at[slot_start[left_link] + slot] = time + link_wave_time[left_link]
                slot_out[left_link] = slot + 1 if slot + 1 < link_storage[left_link] else 0

            joined = _NOBODY
            if target != _NOBODY:
                # It enters the link that it wanted, and the merge is charged, contested or not.
                if served >= n_group:
                    tag = max(source_tag[target], gate_clock[gate])
                    source_tag[target] = tag + source_cost[target]
                else:
                    turn = route[step]
                    tag = max(turn_tag[turn], gate_clock[gate])
                    turn_tag[turn] = tag + turn_cost[turn]
                gate_clock[gate] = tag
                next_service[gate] = time + gate_headway[gate]
                next_entry[target] = time + link_headway[target]
                link_on[target] += 1
                slot = slot_in[target]
                slot_in[target] = slot + 1 if slot + 1 < link_storage[target] else 0

                step += 1
                joined = arrival_group[target] if step == route_start[vehicle + 1] else turn_group[route[step]]
                behind[vehicle] = _NOBODY
                if first[joined] == _NOBODY:
                    first[joined] = vehicle
                    last[joined] = vehicle
                else:
                    behind[last[joined]] = vehicle
                    last[joined] = vehicle
                    joined = _NOBODY

            # New heads learn when they will be ready: that of the queue left behind, and the vehicle itself.
            if served >= n_group or head == _NOBODY:
                served = _NOBODY
            for queue in (served, joined):
                if queue == _NOBODY:
                    continue
                vehicle = first[queue]
                step = route_start[vehicle] + links_entered[vehicle]
                there = times[step + vehicle - 1] + link_free_time[group_link[queue]]
                served_out = last_exit[queue] + group_headway[queue]
                ready = max(there, served_out)
                if step < route_start[vehicle + 1] and turn_signal[route[step]] != NO_SIGNAL:
                    signal = turn_signal[route[step]]
                    red_from = NOT_YET
                    if last_exit[queue] != _LONG_AGO:
                        red_from = green_end(last_exit[queue], signal, cycle, offset, windows, start, length)
                    if there < red_from <= served_out:
                        # The red cuts a headway in two: its rest is served in the next green, so that a saturated
                        # signal lets s g / C pass on average and not a whole vehicle more in every cycle.
                        ready = next_green(red_from, signal, cycle, offset, windows, start, length)
                        ready += served_out - red_from
                    ready = next_green(ready, signal, cycle, offset, windows, start, length)
                _push(queue, 2 * ready, calendar, page_events, event_next, event_time)

        # Gates where somebody stands wake again as soon as their link may open: the one that was asked, and that of
        # the link in which room was made.
        if left_link != _NOBODY:
            other_gate = link_gate[left_link]
            if gate_first[other_gate] != _NOBODY:
                slot = slot_start[left_link] + slot_in[left_link]
                opening = max(time, next_entry[left_link], free_at[slot], next_service[other_gate])
                _push_earlier(first_gate + other_gate, 2 * opening + 1, calendar, page_events, event_next, event_time)
        if gate != _NOBODY and gate_first[gate] != _NOBODY:
            queue = gate_first[gate]
            while queue != _NOBODY:
                vehicle = first[queue]
                step = route[route_start[vehicle] + links_entered[vehicle]]
                link = step if queue >= n_group else turn_link[step]
                if link_on[link] < link_storage[link]:
                    slot = slot_start[link] + slot_in[link]
                    opening = max(time, next_entry[link], free_at[slot], next_service[gate])
                    _push_earlier(first_gate + gate, 2 * opening + 1, calendar, page_events, event_next, event_time)
                # Only a gate with a headway of its own serves several links; at the others all want the same.
                queue = next_at_gate[queue] if gate_headway[gate] > 0 else _NOBODY
    state.now[0] = half
