"""Gates: who stands where, whether a link is open, and when a gate has to look again (rule 6 of ``columns``)."""

from __future__ import annotations

from twin.kernels import helper
from twin.kernels.calendar import put, take_out
from twin.kernels.columns import NOWHERE, Ints
from twin.kernels.lights import scaled
from twin.kernels.records import (
    AT_GATE,
    CLASS,
    FIRST,
    GATE,
    MANY,
    NEEDS,
    NEVER,
    NEXT,
    NEXT_ENTRY,
    NOBODY,
    ON,
    RING,
    ROOM,
    SLOT_OUT,
    SLOTS,
    SPACING,
    STANDING,
    TIME,
    UNITS,
    WAKE_AT,
    WANTS,
    WAVE,
)  # fmt: skip

SERVES = 1
"""The kind of event of a gate."""


@helper
def slot_of(record: int, units: int, links: Ints) -> int:
    """Return the slot that says when the unit set out whose room so many more units on a link would take.

    To be asked only where there is room for them. The unit n + k - storage to leave the link is on + k - storage units
    before the next one to leave.
    """
    slot = links[record + SLOT_OUT] + links[record + ON] + units - links[record + ROOM] - 1
    return slot if slot >= links[record + SLOTS] else slot + links[record + RING]


@helper
def may_pass(
    vehicle: int, link: int, target: int, class_size: Ints, first_place: int, links: Ints, vehicles: Ints
) -> bool:
    """Tell whether others have room to pull over for a vehicle (its record) and there is room where it wants to go."""
    own, next_link = link << 4, target << 4
    units = vehicles[vehicle + UNITS]
    if link != NOWHERE and links[own + ON] != units and links[own + ON] + units > links[own + ROOM]:
        return False
    if target == NOWHERE:
        return True
    size = class_size[vehicles[vehicle + CLASS]] if target < first_place else 1
    units = max(1, min(size, links[next_link + ROOM]))
    return links[next_link + ON] + units <= links[next_link + ROOM]


@helper
def room_comes(link: int, units: int, headway: int, links: Ints, slots: Ints) -> int:
    """Return when the room for so many more units came, or comes, back to a link's entry, if there is room for them.

    A vehicle that takes several comes in bit by bit, in the time of its own headway.
    """
    wave = links[link + WAVE]
    comes = slots[slot_of(link, 1, links)] + wave
    for unit in range(1, units):
        comes = max(comes, slots[slot_of(link, unit + 1, links)] + max(1, wave - unit * (headway // units)))
    return comes


@helper
def opening(link: int, units: int, headway: int, gate: int, links: Ints, slots: Ints) -> int:
    """Return from when on a link is open to so many units, as far as known; NEVER without room."""
    if links[link + ON] + units > links[link + ROOM]:
        return NEVER
    opens = max(links[link + NEXT_ENTRY], room_comes(link, units, headway, links, slots))
    return opens if gate == link else max(opens, links[gate + NEXT_ENTRY])


@helper
def claim_gates(time: int, first: int, queues: Ints, links: Ints) -> bool:
    """Let each of several heads that are ready now claim its gate, so that each knows whether others want it too.

    So nearly all go at once, and the gate's own event is saved. Tells whether there are several.
    """
    if first == NOBODY or queues[(first << 4) + NEXT] == NOBODY:
        return False
    queue = first
    while queue != NOBODY:
        target = queues[(queue << 4) + WANTS]
        if target != NOWHERE:
            gate = links[(target << 4) + GATE] << 4
            standing = links[gate + STANDING]
            if standing < 0:
                links[gate + STANDING] = -2 - time - MANY if standing in (-2 - time, -2 - time - MANY) else -2 - time
        queue = queues[(queue << 4) + NEXT]
    return True


@helper
def wake(
    gate: int, time: int, queues: Ints, links: Ints, vehicles: Ints, class_headway: Ints, slots: Ints, calendar: Ints
) -> None:
    """See to it that a gate serves again as soon as its link may be open to one of those who stand at it."""
    earliest = NEVER
    queue = links[(gate << 4) + STANDING]
    while queue >= 0:
        record = queue << 4
        link, units, headway = queues[record + WANTS] << 4, queues[record + NEEDS], 0
        if units > 1:
            headway = scaled(links[link + SPACING], class_headway[vehicles[(queues[record + FIRST] << 3) + CLASS]])
        opens = opening(link, units, headway, gate << 4, links, slots)
        earliest = min(earliest, max(opens, queues[record + WAKE_AT]))
        queue = queues[record + NEXT]
    earliest = max(earliest, time)
    due = links[(gate << 4) + TIME]
    if earliest < due:
        if due != NEVER:
            take_out(links, gate, SERVES, calendar)
        put(links, gate, earliest, SERVES, calendar)


@helper
def unlink(queue: int, gate: int, queues: Ints, links: Ints) -> None:
    """Take a queue's head away from the gate at which it stands."""
    other = links[(gate << 4) + STANDING]
    after = queues[(queue << 4) + NEXT]
    if other == queue:
        links[(gate << 4) + STANDING] = after
    else:
        while queues[(other << 4) + NEXT] != queue:
            other = queues[(other << 4) + NEXT]
        queues[(other << 4) + NEXT] = after
    queues[(queue << 4) + AT_GATE] = NOBODY
