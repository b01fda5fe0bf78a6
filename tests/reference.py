"""Reference: the Rules of motion of ``twin.kernels.columns``, tick by tick, as the judge of the fast kernel.

At each millisecond every vehicle that could move is looked at, as the town stood before that millisecond; then those
that may move do; then bays are filled; then passing vehicles look. Nothing here was taken from the kernel: it was
written from the text of the rules alone.
"""

from __future__ import annotations

from bisect import insort
from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from twin.kernels import columns as seam
from twin.kernels.columns import LOOK, NO_SIGNAL, NO_YIELD, NOT_YET, NOWHERE, PASS, UNITY, Columns

EVER = -(10**9)
"""The time of what never happened: so long ago that it holds nobody back."""

NEVER = 10**9
"""The time of what will not happen as things stand."""

LINK_CHANGES = {
    seam.FREE_TIME: "free_time", seam.HEADWAY: "headway", seam.STORAGE: "storage", seam.WAVE_TIME: "wave_time"
}  # fmt: skip
"""What a change in the timetable sets of a link."""


def scaled(duration: int, factor: int) -> int:
    """Return a time for a car as that of another class (rule 2)."""
    return duration if factor == UNITY else max(1, (duration * factor + UNITY // 2) // UNITY)


class Window(NamedTuple):
    """A green window [begin, end) of one cycle."""

    begin: int
    end: int
    loss: int
    permitted: bool

    @property
    def start_up(self) -> int:
        """The moment from when a head that stood before it begins goes (rule 4)."""
        return min(self.begin + self.loss, self.end - 1)


@dataclass
class Signal:
    """Green windows that come back every cycle."""

    cycle: int
    windows: list[tuple[int, int, int, bool]]  # (start, length, loss, permitted); the offset is in start

    def window_at(self, time: int) -> Window | None:
        """Return the window that is open at this moment, if one is."""
        for start, length, *kind in self.windows:
            begin = time - (time - start) % self.cycle
            if time < begin + length:
                return Window(begin, begin + length, *kind)
        return None

    def next_window(self, time: int) -> Window:
        """Return the first window that begins at this moment or later."""
        coming = [(time + (start - time) % self.cycle, length, *kind) for start, length, *kind in self.windows]
        begin, length, *kind = min(coming)
        return Window(begin, begin + length, *kind)


@dataclass(eq=False)
class Gate:
    """Where vehicles enter links, one at a time."""

    headway: int
    shared: bool
    clock: int = 0
    next_service: int = EVER


@dataclass(eq=False)
class Link:
    """A road or, if it has bays, a place: room for some units, room that comes back with the wave."""

    free_time: int
    headway: int
    storage: int
    wave_time: int
    gate: Gate
    bays: list[Group] = field(default_factory=list)
    waiting: deque[Vehicle] = field(default_factory=deque)  # for a bay
    entered: int = 0  # units
    next_entry: int = EVER
    left: list[int] = field(default_factory=list)  # when each unit that left set out, in order of these times

    def units(self, size: int) -> int:
        """Return how many units a vehicle takes up here (rule 6)."""
        return 1 if self.bays else max(1, min(size, self.storage))

    def has_room(self, units: int) -> bool:
        """Tell whether there is room for so many units, the wave left aside (rule 6)."""
        return self.entered - len(self.left) + units <= self.storage

    def room_comes(self, units: int, headway: int = 0) -> int:
        """Return when the room for a vehicle with this headway came, or comes, back to the entry (rule 6)."""
        first = self.entered + 1 - self.storage  # to leave, the first being 1
        waves = [
            max(1, self.wave_time - unit * (headway // units)) if unit else self.wave_time for unit in range(units)
        ]
        return max(self.left[first + unit - 1] + wave if first + unit > 0 else EVER for unit, wave in enumerate(waves))

    def opens(self, units: int, headway: int = 0) -> int:
        """Return from when so many units may enter, if there is room for them (rule 6)."""
        return max(self.next_entry, self.gate.next_service, self.room_comes(units, headway))


@dataclass(eq=False)
class Group:
    """A lane group: first in, first out, but for those who overtake."""

    headway: int
    link: Link | None
    overtakes: bool
    line: list[Vehicle] = field(default_factory=list)
    last_exit: int = EVER
    next_exit: int = EVER
    stood: bool = False  # whether a queue stood before this millisecond

    def join(self, vehicle: Vehicle) -> None:
        """Put a vehicle that enters into the line (rule 3)."""
        place = len(self.line)
        if self.overtakes and not self.stood:
            while place and self.line[place - 1].lets_by(vehicle):
                place -= 1
        self.line.insert(place, vehicle)


@dataclass(eq=False)
class Turn:
    """A way out of a lane group into a link, or out of the network, with its place in the merge."""

    link: Link | None
    group: Group
    signal: Signal | None
    cost: int
    or_else: bool
    yields_to: list[Seen] | None = None
    gap: int = 0
    follow_up: int = 0
    patience: int = 1
    time: int = 0
    headway: int = 0
    tag: int = 0

    def yields_at(self, time: int) -> bool:
        """Tell whether who makes it now yields (rule 8)."""
        return self.yields_to is not None and (self.signal is None or self.signal.window_at(time).permitted)

    def gap_after(self, waited: int) -> int:
        """Return the gap that a head takes which has been ready for so long (rule 8)."""
        impatient = max(0, waited - self.patience)
        return self.gap - int(self.gap) * min(impatient, 9 * self.patience) // (18 * self.patience)


class Seen(NamedTuple):
    """Turns that people make one after the other, the last across the way of who yields, so long after the first."""

    turns: list[Turn]
    lead: int


class Kind(NamedTuple):
    """A class of vehicles."""

    size: int
    headway: int
    slow: int
    passes: bool


@dataclass(eq=False)
class Vehicle:
    """One trip: its steps, when each happened, and where it is now."""

    number: int
    kind: Kind
    steps: list[Turn | int]  # a turn, or the duration of a stay
    there: int  # from when it stands at the exit of its link; NEVER while it waits for a bay
    times: list[int]
    step: int = 0  # the next one
    link: Link | None = None
    group: Group | None = None  # none on a road or at a source if it passes
    units: int = 0  # that it takes up on its link
    look: int = EVER
    asked: int = -1  # the step for which it has been asked whether it gives up

    @property
    def turn(self) -> Turn:
        """The turn that it wants to make next."""
        return self.steps[self.step]

    def lets_by(self, other: Vehicle) -> bool:
        """Tell whether another one that comes behind it may go ahead of it (rule 3)."""
        return self.kind.slow > other.kind.slow and self.there > other.there

    def without(self, step: int) -> int:
        """Return the step that comes instead if the place of this one is given up (rule 9)."""
        while not isinstance(self.steps[step], Turn) or self.steps[step].link:
            step += 1
        return step + 1


@dataclass
class Town:
    """Everything in a run, and the changes of its timetable that are still to come."""

    links: list[Link]
    groups: list[Group]
    turns: list[Turn]
    signals: list[Signal]
    vehicles: list[Vehicle]
    changes: deque[tuple[int, int, int, int]]  # time, kind, row, value
    slowest: int  # headway of the slowest class


def ready_from(group: Group, time: int) -> int:
    """Return the moment from when a head is ready, as it is known at this time (rules 3 and 4)."""
    head, signal = group.line[0], group.line[0].turn.signal
    since = max(head.there, group.next_exit)
    if signal is None:
        return since
    last = signal.window_at(group.last_exit) if group.last_exit != EVER else None
    if last and head.there < last.end <= group.next_exit:
        since = signal.next_window(last.end).start_up + group.next_exit - last.end
    window = signal.window_at(since)
    ready = since if window else signal.next_window(since).start_up
    if time < (window or signal.next_window(since)).end:
        return ready
    return (signal.window_at(time) or signal.next_window(time)).start_up


def gives_up(head: Vehicle) -> bool:
    """Tell whether a head that is ready gives up the place that it wants, if it was not asked before (rule 9)."""
    turn, asked = head.turn, head.asked == head.step
    head.asked = head.step
    return turn.or_else and not asked and not turn.link.has_room(turn.link.units(head.kind.size))


def head_could_leave(group: Group, time: int, wanted: Link) -> tuple[int | None, bool]:
    """Return when the head of a lane group could leave, for all that is known, or None, and if it stands (rule 8)."""
    turn = group.line[0].turn
    ready = ready_from(group, time)
    if ready >= time:
        return ready, False
    if not turn.link.has_room(1):
        return None, True
    wave = turn.link.room_comes(1)
    waits_for_wave = turn.link is wanted and wave >= time and wave > turn.link.next_entry
    return None if waits_for_wave else max(time, turn.link.opens(1)), True


def first_comes(seen: Seen, time: int, wanted: Link) -> int | None:
    """Return when the first vehicle that makes these turns comes, for all that is known, or None (rule 8)."""
    turn, line = seen.turns[0], seen.turns[0].group.line
    moment, stands = head_could_leave(turn.group, time, wanted) if line else (None, False)
    asked = line and (line[0].turn is not turn or len(seen.turns) > 1)
    if moment is None or (stands and asked and line[0].turn.yields_at(time)):
        return None
    for vehicle in line:
        if vehicle is not line[0]:
            moment = max(vehicle.there, moment + turn.group.headway)
        if vehicle.steps[vehicle.step : vehicle.step + len(seen.turns)] == seen.turns:
            return moment + seen.lead
    return None


def must_yield(head: Vehicle, turn: Turn, time: int) -> bool:
    """Tell whether a head that else could be served has to wait for others, and note when it looks again (rule 8)."""
    if not turn.yields_at(time):
        return False
    if time < head.look:
        return True
    near, gap_taken = [], turn.gap_after(time - ready_from(head.group, time))
    for seen in turn.yields_to:
        moment = first_comes(seen, time, turn.link)
        gap = max(1, gap_taken - turn.link.headway) if seen.turns[-1].link is turn.link else gap_taken
        near += [moment] if moment is not None and moment < time + gap else []
    if near:
        head.look = time + LOOK if max(near) == time else max(near) + 1
    return bool(near)


def may_enter(link: Link, kind: Kind, time: int) -> bool:
    """Tell whether link and gate are open to a vehicle of this class (rule 6)."""
    units = link.units(kind.size)
    return link.has_room(units) and link.opens(units, scaled(link.headway, kind.headway)) <= time


def set_out(vehicle: Vehicle, turn: Turn, time: int, slowest: int) -> int:
    """Return when a vehicle set out that leaves its link at this moment (rule 4)."""
    if not vehicle.group or not turn.signal or turn.yields_at(time):
        return time
    window = turn.signal.window_at(time)
    most = max(0, vehicle.link.wave_time - scaled(vehicle.link.headway, slowest))
    room = turn.link.room_comes(1) if turn.link else EVER
    return max(window.begin, vehicle.there, room, time - (window.start_up - window.begin), time - most)


def leave(vehicle: Vehicle, turn: Turn, time: int, *, yielded: bool, slowest: int) -> None:
    """Take a vehicle out of its lane group and off its link."""
    group = vehicle.group
    if vehicle.link:
        for _ in range(vehicle.units):
            insort(vehicle.link.left, set_out(vehicle, turn, time, slowest))
    if group:
        headway = group.headway + group.headway * turn.headway // UNITY
        headway = max(headway, turn.follow_up if yielded else 0)
        group.line.pop(0)
        group.last_exit, group.next_exit = time, time + scaled(headway, vehicle.kind.headway)
    vehicle.times[vehicle.step] = time
    vehicle.step += 1
    vehicle.link = vehicle.group = None
    vehicle.there, vehicle.look = NEVER, EVER


def enter(vehicle: Vehicle, turn: Turn, time: int) -> None:
    """Bring a vehicle that has left onto its next link; in a place it waits for a bay until ``fill`` comes."""
    link = turn.link
    vehicle.link, vehicle.units = link, link.units(vehicle.kind.size)
    link.entered += vehicle.units
    link.next_entry = max(link.next_entry, time + scaled(link.headway, vehicle.kind.headway))
    if link.bays:
        link.waiting.append(vehicle)
        return
    vehicle.there = time + scaled(link.free_time + turn.time, vehicle.kind.slow)
    if not vehicle.kind.passes:
        vehicle.group = vehicle.turn.group
        vehicle.group.join(vehicle)


def fill(place: Link, bays: list[Group], time: int) -> None:
    """Give the empty ones of these bays to those who wait, in order of entry (rule 9)."""
    for bay in bays:
        if place.waiting and not bay.line:
            vehicle = place.waiting.popleft()
            vehicle.there, vehicle.group = time + vehicle.steps[vehicle.step], bay
            vehicle.times[vehicle.step] = time
            vehicle.step += 1
            bay.next_exit = EVER
            bay.line.append(vehicle)


def movers(heads: list[Vehicle], time: int) -> list[tuple[Vehicle, Turn]]:
    """Return who of the heads leaves the network or is served at a gate, each with its turn (rules 5 to 8)."""
    leaving: list[tuple[Vehicle, Turn]] = []
    served: dict[int, tuple[int, int, Vehicle, Turn]] = {}
    held: dict[int, tuple[int, int]] = {}
    for head in heads:
        turn = head.turn
        if turn.link is None:
            leaving.append((head, turn))
        else:
            gate, claim = turn.link.gate, (max(turn.tag, turn.link.gate.clock), head.number, head, turn)
            if may_enter(turn.link, head.kind, time):
                if not must_yield(head, turn, time):
                    served[id(gate)] = min(served.get(id(gate), claim), claim)
            elif time >= turn.link.next_entry and not turn.yields_at(time):
                held[id(gate)] = min(held.get(id(gate), claim[:2]), claim[:2])
    served = {
        gate: claim for gate, claim in served.items()
        if claim[3].link.gate.shared or claim[:2] < held.get(gate, (NEVER**2, 0))
    }  # fmt: skip
    for start, _, head, turn in served.values():
        turn.tag, turn.link.gate.clock = start + turn.cost, start
        turn.link.gate.next_service = time + scaled(turn.link.gate.headway, head.kind.headway)
    return leaving + [(head, turn) for _, _, head, turn in served.values()]


def move_heads(town: Town, time: int) -> None:
    """First see which heads may move, then move them, then fill bays and see who gives up (rules 3 to 9)."""
    ready = []
    for group in town.groups:
        group.stood = bool(group.line) and group.line[0].there < time
        if group.line and group.line[0].there <= time and ready_from(group, time) <= time:
            ready.append(group.line[0])
    giving_up = [head for head in ready if gives_up(head)]
    moves = movers([head for head in ready if head not in giving_up], time)
    for head, turn in moves:
        yielded = turn.link is not None and turn.yields_at(time)
        leave(head, turn, time, yielded=yielded, slowest=town.slowest)
    for head, turn in moves:
        if turn.link:
            enter(head, turn, time)
    for place in town.links:
        if place.waiting:  # bays that were empty before come first
            fill(place, sorted(place.bays, key=lambda bay: bay.last_exit == time), time)
    for head in giving_up:
        head.step, head.there = head.without(head.step), time + 1
        head.group.last_exit = head.group.next_exit = EVER


def move_passing(town: Town, time: int) -> None:
    """Let passing vehicles look, and go if they find room (rule 10)."""
    for vehicle in town.vehicles:
        if not vehicle.kind.passes or vehicle.group or time < vehicle.there or (time - vehicle.there) % PASS:
            continue
        turn, link = vehicle.turn, vehicle.link
        others_have_room = (
            link is None or link.has_room(vehicle.units) or link.entered - len(link.left) == vehicle.units
        )
        if others_have_room and (turn.link is None or turn.link.has_room(turn.link.units(vehicle.kind.size))):
            leave(vehicle, turn, time, yielded=False, slowest=town.slowest)
            if turn.link:
                enter(vehicle, turn, time)
            for place in {id(place): place for place in (link, turn.link) if place}.values():
                fill(place, place.bays, time)


def change(town: Town, time: int) -> None:
    """Set what the timetable sets now (rule 11)."""
    while town.changes and town.changes[0][0] <= time:
        _, kind, row, value = town.changes.popleft()
        if kind == seam.TURN_SIGNAL:
            town.turns[row].signal = None if value == NO_SIGNAL else town.signals[value]
        elif kind == seam.GROUP_HEADWAY:
            town.groups[row].headway = value
        else:
            setattr(town.links[row], LINK_CHANGES[kind], value)


def drive(columns: Columns, until: int) -> np.ndarray:
    """Drive everybody up to (not including) a moment and return the time of each step of ``route``."""
    town = build(columns)
    for time in range(until):
        change(town, time)
        move_heads(town, time)
        move_passing(town, time)
    return np.array([time for vehicle in town.vehicles for time in vehicle.times], np.int32)


def build(columns: Columns) -> Town:
    """Return the town that these columns describe."""
    c = Columns(*(column.tolist() for column in columns))
    windows = list(zip(c.window_start, c.window_length, c.window_loss, c.window_permitted, strict=True))
    signals = [
        Signal(cycle, [(offset + start, *rest) for start, *rest in windows[first:after]])
        for cycle, offset, first, after in zip(
            c.signal_cycle, c.signal_offset, c.signal_windows[:-1], c.signal_windows[1:], strict=True
        )
    ]
    gates = [Gate(headway, row >= len(c.link_gate)) for row, headway in enumerate(c.gate_headway)]
    rows = zip(c.link_free_time, c.link_headway, c.link_storage, c.link_wave_time, c.link_gate, strict=True)
    links = [Link(*numbers, gates[gate]) for *numbers, gate in rows]
    groups = [
        Group(headway, None if link == NOWHERE else links[link], overtakes)
        for headway, link, overtakes in zip(c.group_headway, c.group_link, c.group_overtakes, strict=True)
    ]
    for place, first, after in zip(
        links[len(links) - len(c.place_bays) + 1 :], c.place_bays[:-1], c.place_bays[1:], strict=True
    ):
        place.bays = groups[first:after]
    turns = build_turns(c, links, groups, signals)
    changes = deque(zip(c.timetable_time, c.timetable_kind, c.timetable_row, c.timetable_value, strict=True))
    return Town(links, groups, turns, signals, build_vehicles(c, turns), changes, max(c.class_headway))


def build_turns(c: Columns, links: list[Link], groups: list[Group], signals: list[Signal]) -> list[Turn]:
    """Return the turns."""
    turns = [
        Turn(
            None if link == NOWHERE else links[link], groups[group], None if signal == NO_SIGNAL else signals[signal],
            cost, or_else, time=time, headway=headway,
        )
        for link, group, signal, cost, or_else, time, headway in zip(
            c.turn_link, c.turn_group, c.turn_signal, c.turn_cost, c.turn_else, c.turn_time, c.turn_headway,
            strict=True,
        )
    ]  # fmt: skip
    for turn, row in zip(turns, c.turn_yield, strict=True):
        if row != NO_YIELD:
            turn.yields_to = [seen(c, turns, other) for other in range(c.yield_turns[row], c.yield_turns[row + 1])]
            turn.gap, turn.follow_up = c.yield_gap[row], c.yield_follow_up[row]
            turn.patience = c.yield_patience[row]
    return turns


def seen(c: Columns, turns: list[Turn], row: int) -> Seen:
    """Return what a row of the list of turns that one yields to says."""
    lead, chain = c.yield_lead[row], []
    while row >= 0:
        chain.append(turns[c.yield_turn[row]])
        row = c.yield_onward[row]
    return Seen(chain, lead)


def build_vehicles(c: Columns, turns: list[Turn]) -> list[Vehicle]:
    """Return the vehicles, each at its source; those without a route are nowhere."""
    kinds = list(map(Kind._make, zip(c.class_size, c.class_headway, c.class_slow, c.class_passes, strict=True)))
    vehicles = []
    for number, (departure, kind) in enumerate(zip(c.vehicle_departure, c.vehicle_class, strict=True)):
        route = c.route[c.vehicle_route[number] : c.vehicle_route[number + 1]]
        steps = [turns[step] if step >= 0 else -1 - step for step in route]
        vehicles.append(Vehicle(number, kinds[kind], steps, departure if steps else NEVER, [NOT_YET] * len(steps)))
    for vehicle in sorted(vehicles, key=lambda each: (each.there, each.number)):
        if vehicle.steps and not vehicle.kind.passes:
            vehicle.group = vehicle.turn.group
            vehicle.group.line.append(vehicle)
    return vehicles
