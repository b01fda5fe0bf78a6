"""Gates: who stands where, whether a link is open, and when a gate has to look again (rule 6 of ``columns``)."""

from __future__ import annotations

from twin.kernels import in_place
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
    WAKE_AT,
    WANTS,
    WAVE,
)  # fmt: skip

SERVES = 1
"""The kind of event of a gate."""


@in_place
def slot_of(record: int, units: int, links: Ints) -> int:
    """Return the slot that says when the unit left whose room so many more units on a link would take.

    To be asked only where there is room for them. The unit n + k - storage to leave the link is on + k - storage units
    before the next one to leave.
    """
    slot = links[record + SLOT_OUT] + links[record + ON] + units - links[record + ROOM] - 1
    return slot if slot >= links[record + SLOTS] else slot + links[record + RING]


@in_place
def fits_on(record: int, size: int, links: Ints) -> bool:
    """Tell whether a vehicle of this size has room on a link, waves left aside."""
    units = max(1, min(size, links[record + ROOM]))
    return links[record + ON] + units <= links[record + ROOM]


@in_place
def room_comes(link: int, units: int, headway: int, links: Ints, slots: Ints) -> int:
    """Return when the room for so many more units came, or comes, back to a link's entry, if there is room for them.

    A vehicle that takes several comes in bit by bit, in the time of its own headway.
    """
    wave = links[link + WAVE]
    comes = slots[slot_of(link, 1, links)] + wave
    for unit in range(1, units):
        comes = max(comes, slots[slot_of(link, unit + 1, links)] + max(1, wave - unit * (headway // units)))
    return comes


@in_place
def opening(link: int, units: int, headway: int, gate: int, links: Ints, slots: Ints) -> int:
    """Return from when on a link is open to so many units, as far as known; NEVER without room."""
    if links[link + ON] + units > links[link + ROOM]:
        return NEVER
    opens = max(links[link + NEXT_ENTRY], room_comes(link, units, headway, links, slots))
    return opens if gate == link else max(opens, links[gate + NEXT_ENTRY])


@in_place
def claim_gates(time: int, first: int, first_place: int, queues: Ints, links: Ints) -> int:
    """Let each of several heads that are ready now claim its gate, so that each knows whether others want it too.

    So nearly all go at once, and the gate's own event is saved. Returns 0 where one head alone is ready (or none), 1
    where all have claimed, and 2 where somebody may still choose another way, so that nobody knows.
    """
    if first == NOBODY or queues[(first << 4) + NEXT] == NOBODY:
        return 0
    queue, crowd = first, 1
    while queue != NOBODY:
        target = queues[(queue << 4) + WANTS]
        if target >= first_place:
            crowd = 2
        if target != NOWHERE:
            gate = links[(target << 4) + GATE] << 4
            standing = links[gate + STANDING]
            if standing < 0:
                links[gate + STANDING] = -2 - time - MANY if standing in (-2 - time, -2 - time - MANY) else -2 - time
        queue = queues[(queue << 4) + NEXT]
    return crowd


@in_place
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


@in_place
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
