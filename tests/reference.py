"""Reference: the Rules of motion of ``twin.kernels.columns``, tick by tick, as the judge of the fast kernel.

At each millisecond every vehicle that could move is looked at, as the street stood before that millisecond; then those
that may move do. Nothing here was taken from the kernel: it was written from the text of the rules alone.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np

from twin.kernels.columns import NO_SIGNAL, NOT_YET, Columns

EVER = -(10**9)
"""The time of what never happened: so long ago that it holds nobody back."""


@dataclass
class Signal:
    """Green windows that come back every cycle."""

    cycle: int
    windows: list[tuple[int, int]]  # (start, length); the offset is in start

    def window_at(self, time: int) -> tuple[int, int] | None:
        """Return the green window [begin, end) that holds this moment, if one does."""
        for start, length in self.windows:
            begin = time - (time - start) % self.cycle
            if time < begin + length:
                return begin, begin + length
        return None

    def next_begin(self, time: int) -> int:
        """Return when the first window begins that does not begin before this moment."""
        return min(time + (start - time) % self.cycle for start, _ in self.windows)


@dataclass
class Link:
    """A road: room for some vehicles, room that comes back with the wave."""

    free_time: int
    headway: int
    storage: int
    wave_time: int
    gate: Gate
    arrivals: Queue
    entered: int = 0
    last_entry: int = EVER
    exits: list[int] = field(default_factory=list)  # times, in order

    def open_at(self, time: int) -> bool:
        """Tell whether one more vehicle may enter (rule 5)."""
        if time < self.last_entry + self.headway or self.entered - len(self.exits) >= self.storage:
            return False
        freed_by = self.entered + 1 - self.storage  # the n-th vehicle takes the room of the (n - N)-th exit
        return freed_by < 1 or self.exits[freed_by - 1] + self.wave_time <= time


@dataclass
class Gate:
    """Where vehicles enter links, one at a time."""

    headway: int
    clock: int = 0
    last_service: int = EVER

    def open_at(self, time: int) -> bool:
        """Tell whether the gate may serve anybody (rule 5)."""
        return time >= self.last_service + self.headway


@dataclass
class Way:
    """A way into a link - a turn, or the source at its origin - with its place in the merge."""

    into: Link
    queue: Queue
    signal: Signal | None
    cost: int
    tag: int = 0

    def open_at(self, time: int) -> bool:
        """Tell whether a head that is ready could be served now (rule 5)."""
        green = self.signal is None or self.signal.window_at(time) is not None
        return green and self.into.gate.open_at(time) and self.into.open_at(time)


@dataclass
class Queue:
    """First in, first out: a lane group, or the source of a link (then without a link to leave)."""

    headway: int
    link: Link | None
    line: deque[Vehicle] = field(default_factory=deque)
    last_exit: int = EVER


@dataclass
class Vehicle:
    """One trip: the ways that it takes, and when it entered each link and left the last."""

    number: int
    ways: list[Way]
    there: int  # from when it stands at the exit of its queue
    times: list[int] = field(default_factory=list)

    @property
    def next_way(self) -> Way | None:
        """The way that it wants to take now; none at the end of its route."""
        return self.ways[len(self.times)] if len(self.times) < len(self.ways) else None


def ready_from(queue: Queue) -> int:
    """Return from when the head of a queue is ready, but for waiting for green (rules 2 and 3)."""
    head = queue.line[0]
    ready = max(head.there, queue.last_exit + queue.headway)
    signal = head.next_way.signal if head.next_way else None
    window = signal.window_at(queue.last_exit) if signal and queue.last_exit != EVER else None
    if signal and window:
        end = window[1]
        carried = queue.last_exit + queue.headway - end
        if head.there < end and carried >= 0:
            ready = signal.next_begin(end) + carried
    return ready


def leave(vehicle: Vehicle, queue: Queue, time: int) -> None:
    """Take the head out of its queue and off its link."""
    queue.line.popleft()
    queue.last_exit = time
    if queue.link:
        queue.link.exits.append(time)
    vehicle.times.append(time)


def enter(vehicle: Vehicle, way: Way, time: int) -> None:
    """Take a served vehicle through the gate into its next link (rules 6 and 7)."""
    link, gate = way.into, way.into.gate
    start = max(way.tag, gate.clock)
    way.tag, gate.clock, gate.last_service = start + way.cost, start, time
    link.entered, link.last_entry = link.entered + 1, time
    vehicle.there = time + link.free_time
    next_way = vehicle.next_way
    (next_way.queue if next_way else link.arrivals).line.append(vehicle)


def tick(queues: list[Queue], time: int) -> None:
    """Work off one millisecond: first see who may move, then move them."""
    arriving: list[Queue] = []
    served: dict[int, tuple[tuple[int, int], Queue]] = {}
    for queue in queues:
        if not queue.line or time < queue.line[0].there or time < ready_from(queue):
            continue
        head = queue.line[0]
        way = head.next_way
        if way is None:
            arriving.append(queue)
        elif way.open_at(time):
            gate = way.into.gate
            claim = (max(way.tag, gate.clock), head.number), queue
            served[id(gate)] = min(served.get(id(gate), claim), claim, key=lambda each: each[0])
    for queue in arriving:
        leave(queue.line[0], queue, time)
    for _, queue in served.values():
        head = queue.line[0]
        way = head.next_way
        leave(head, queue, time)
        enter(head, way, time)


def drive(columns: Columns, until: int) -> np.ndarray:
    """Drive everybody up to (not including) a moment and return the times of all vehicles, one after another."""
    queues, vehicles = build(columns)
    for time in range(until):
        tick(queues, time)
    blank = [vehicle.times + [NOT_YET] * (len(vehicle.ways) + 1 - len(vehicle.times)) for vehicle in vehicles]
    return np.array([time for times in blank for time in times], np.int32)


def build(columns: Columns) -> tuple[list[Queue], list[Vehicle]]:
    """Return the queues and vehicles that these columns describe."""
    c = Columns(*(column.tolist() for column in columns))
    signals = []
    for row, (cycle, offset) in enumerate(zip(c.signal_cycle, c.signal_offset, strict=True)):
        own = range(c.signal_windows[row], c.signal_windows[row + 1])
        signals.append(Signal(cycle, [(offset + c.window_start[each], c.window_length[each]) for each in own]))
    gates = [Gate(headway) for headway in c.gate_headway]
    groups = [Queue(headway, None) for headway in c.group_headway]
    links = [
        Link(*rest, gates[gate], groups[group])
        for *rest, gate, group in zip(
            c.link_free_time, c.link_headway, c.link_storage, c.link_wave_time, c.link_gate, c.link_arrival_group,
            strict=True,
        )
    ]  # fmt: skip
    for group, link in zip(groups, c.group_link, strict=True):
        group.link = links[link]
    turns = [
        Way(links[link], groups[group], None if signal == NO_SIGNAL else signals[signal], cost)
        for link, group, signal, cost in zip(c.turn_link, c.turn_group, c.turn_signal, c.turn_cost, strict=True)
    ]
    sources = [Way(link, Queue(1, None), None, cost) for link, cost in zip(links, c.source_cost, strict=True)]
    vehicles = []
    for number, departure in enumerate(c.vehicle_departure):
        first, after = c.vehicle_route[number], c.vehicle_route[number + 1]
        ways = [sources[link] for link in c.route[first:after][:1]] + [turns[turn] for turn in c.route[first:after][1:]]
        vehicles.append(Vehicle(number, ways, departure))
    for vehicle in sorted(vehicles, key=lambda each: (each.there, each.number)):
        if vehicle.ways:
            vehicle.ways[0].queue.line.append(vehicle)
    return groups + [source.queue for source in sources], vehicles
