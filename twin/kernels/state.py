"""State: everything that changes while a run goes on, and how it begins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from twin.kernels.calendar import empty_calendar, put_all
from twin.kernels.columns import NO_YIELD, NOT_YET, NOWHERE, STORAGE, Columns, Ints, Longs
from twin.kernels.lights import start_up
from twin.kernels.records import (
    AFTER_BAYS,
    BEHIND,
    CLASS,
    COST,
    CYCLE,
    CYCLE_BEGAN,
    ELSE,
    FIRST,
    FIRST_BAY,
    FIRST_WINDOW,
    FREE,
    FROM,
    GATE,
    LAST,
    LAST_ENTRY,
    LAST_EXIT,
    LAST_WINDOW,
    LENGTH,
    LONG_AGO,
    LOOK_AT,
    LOSS,
    NEVER,
    NEXT_ENTRY,
    NEXT_EXIT,
    NOBODY,
    OF_LINK,
    OFFSET,
    ON,
    ONTO,
    OVERTAKES,
    OWN_HEADWAY,
    PASSES_IN,
    PERMITTED,
    READY,
    RING,
    ROOM,
    SIGNAL,
    SLOT_OUT,
    SLOTS,
    SLOWER,
    SPACING,
    START,
    STEP,
    TAG_HIGH,
    TAG_LOW,
    THERE,
    TIME,
    TURN,
    UNITS,
    WAKE_AT,
    WANTS,
    WAVE,
    YIELD,
)  # fmt: skip


class State(NamedTuple):
    """Everything that changes while a run goes on; copy its arrays to take a snapshot.

    Parameters
    ----------
    log : array, shape (n_step, 2)
        Steps of all routes as in ``Columns.route``, and when each was made [ms]; NOT_YET = not yet.
    queue, link, turn, vehicle, signal, window, place : arrays
        Records.
    slots : array [ms]
        For each link a ring: when the last units that left it set out, in order of these times.
    calendar : array
        Lists of events (see ``twin.kernels.calendar``).
    made : array, shape (n_turn,) [ms]
        When each turn was made last, but from bays and by those who pass; LONG_AGO = never.
    clock : array, shape (2,)
        Nothing before the first [ms] is pending; rows of the timetable before the second are done.
    """

    log: Ints
    queue: Ints
    link: Ints
    turn: Ints
    vehicle: Ints
    signal: Ints
    window: Ints
    place: Ints
    slots: Ints
    calendar: Ints
    made: Ints
    clock: Longs


def begin(columns: Columns) -> State:
    """Return the state before the first departure: every vehicle waits at its source, all roads are empty."""
    c = columns
    log = np.full((len(c.route), 2), NOT_YET, np.int32)
    log[:, 0] = c.route
    drives = np.flatnonzero(np.diff(c.vehicle_route) > 0)
    passing = drives[c.class_passes[c.vehicle_class[drives]]]
    vehicle = _vehicles(c, drives, passing)
    queue = _queues(c, vehicle, drives, passing)
    link, slots = _links(c)
    signal, window, calendar = _signals(c), _window(c), empty_calendar()
    records = queue.reshape(-1, 16)
    heads = np.flatnonzero((records[:, FIRST] != NOBODY) & (np.arange(len(records)) < len(c.group_headway)))
    for head in heads[c.turn_signal[vehicle.reshape(-1, 8)[records[heads, FIRST], TURN]] >= 0]:
        row = int(c.turn_signal[vehicle[(int(records[head, FIRST]) << 3) + TURN]]) << 3
        records[head, [READY, TIME]] = start_up(int(records[head, READY]), row, signal, window)
    put_all(queue, heads, kind=0, calendar=calendar)
    put_all(queue, len(c.group_headway) + np.arange(len(passing)), kind=2, calendar=calendar)
    return State(
        log=log,
        queue=queue,
        link=link,
        turn=_turns(c),
        vehicle=vehicle,
        signal=signal,
        window=window,
        place=_places(c),
        slots=slots,
        calendar=calendar,
        made=np.full(len(c.turn_link), LONG_AGO, np.int32),
        clock=np.zeros(2, np.int64),
    )


def _record(length: int, width: int, values: Mapping[int, Any]) -> Ints:
    """Return records as one row of numbers; fields that are not given are NOBODY."""
    records = np.full((length, width), NOBODY, np.int32)
    for field, value in values.items():
        records[:, field] = value
    return records.reshape(-1)


def _vehicles(c: Columns, drives: Longs, passing: Longs) -> Ints:
    first = np.full(len(c.vehicle_departure), NOBODY, np.int64)
    first[drives] = c.route[c.vehicle_route[drives]]
    own = np.full(len(first), NOBODY, np.int64)
    own[passing] = len(c.group_headway) + np.arange(len(passing))
    return _record(
        len(first),
        8,
        {
            TURN: first,
            STEP: c.vehicle_route[:-1],
            THERE: c.vehicle_departure,
            CLASS: c.vehicle_class,
            PASSES_IN: own,
            UNITS: 0,
        },
    )


def _queues(c: Columns, vehicle: Ints, drives: Longs, passing: Longs) -> Ints:
    """Return lane groups, then a queue for each passing vehicle; vehicles stand at sources by (departure, vehicle)."""
    n_group = len(c.group_headway)
    differ = len(np.unique(c.class_slow[c.vehicle_class[drives]])) > 1  # else nobody is faster than another
    queue = _record(
        n_group + len(passing),
        16,
        {
            LAST_EXIT: LONG_AGO,
            NEXT_EXIT: LONG_AGO,
            OWN_HEADWAY: np.append(c.group_headway, np.ones(len(passing), np.int32)),
            OF_LINK: np.append(c.group_link, np.full(len(passing), NOWHERE)),
            LOOK_AT: LONG_AGO,
            WAKE_AT: LONG_AGO,
            TIME: NEVER,
            OVERTAKES: np.append(c.group_overtakes & differ, np.zeros(len(passing), np.bool_)),
        },
    )
    records, vehicles = queue.reshape(-1, 16), vehicle.reshape(-1, 8)
    source = c.turn_group[vehicles[:, TURN]].astype(np.int64)
    source[passing] = vehicles[passing, PASSES_IN]
    order = drives[np.lexsort((drives, c.vehicle_departure[drives], source[drives]))]
    same = source[order][1:] == source[order][:-1]
    vehicles[order[:-1][same], BEHIND] = order[1:][same]
    firsts, lasts = order[np.append(True, ~same)[: len(order)]], order[np.append(~same, True)[: len(order)]]
    records[source[firsts], FIRST] = firsts
    records[source[lasts], LAST] = lasts
    records[source[firsts], WANTS] = c.turn_link[vehicles[firsts, TURN]]
    records[source[firsts], READY] = c.vehicle_departure[firsts]
    records[source[firsts], TIME] = c.vehicle_departure[firsts]
    return queue


def _links(c: Columns) -> tuple[Ints, Ints]:
    """Return links, then shared gates, and the rings of links: as long as the most room that they ever have."""
    n_link, n_gate = len(c.link_gate), len(c.gate_headway)
    ring = np.maximum(c.link_storage, 1).astype(np.int64)
    of_storage = c.timetable_kind == STORAGE
    np.maximum.at(ring, c.timetable_row[of_storage], c.timetable_value[of_storage])
    slots = np.concatenate([[0], np.cumsum(ring)])
    link = _record(
        n_gate,
        16,
        {ON: 0, NEXT_ENTRY: LONG_AGO, GATE: np.arange(n_gate), LAST_ENTRY: LONG_AGO, TIME: NEVER, 12: 0, 13: 0},
    )
    records = link.reshape(-1, 16)
    records[:, SPACING] = c.gate_headway
    for field, column in (
        (FREE, c.link_free_time),
        (SPACING, c.link_headway),
        (ROOM, c.link_storage),
        (WAVE, c.link_wave_time),
        (GATE, c.link_gate),
        (SLOTS, slots[:-1]),
        (SLOT_OUT, slots[:-1]),
        (RING, ring),
    ):
        records[:n_link, field] = column
    return link, np.full(int(slots[-1]), LONG_AGO, np.int32)


def _turns(c: Columns) -> Ints:
    yields = np.where(c.turn_else & (c.turn_yield == NO_YIELD), ELSE, c.turn_yield)
    fields = {
        ONTO: c.turn_link, FROM: c.turn_group, SIGNAL: c.turn_signal, COST: c.turn_cost, YIELD: yields,
        SLOWER: (c.turn_time << 16) + c.turn_headway, TAG_LOW: 0, TAG_HIGH: 0,
    }  # fmt: skip
    return _record(len(c.turn_link), 8, fields)


def _signals(c: Columns) -> Ints:
    windows = {FIRST_WINDOW: c.signal_windows[:-1], LAST_WINDOW: c.signal_windows[1:] - 1}
    return _record(
        len(c.signal_cycle),
        8,
        {CYCLE: c.signal_cycle, OFFSET: c.signal_offset, CYCLE_BEGAN: c.signal_offset - c.signal_cycle, **windows},
    )


def _window(c: Columns) -> Ints:
    loss = np.minimum(c.window_loss, c.window_length - 1)
    return _record(
        len(loss), 4, {START: c.window_start, LENGTH: c.window_length, LOSS: loss, PERMITTED: c.window_permitted}
    )


def _places(c: Columns) -> Ints:
    return _record(len(c.place_bays) - 1, 4, {FIRST_BAY: c.place_bays[:-1], AFTER_BAYS: c.place_bays[1:]})
