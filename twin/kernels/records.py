"""Records: which number stands where in the rows of lane groups, links, turns, vehicles, signals and places.

A record of a lane group or a link is 16 numbers (64 bytes: one cache line), of a turn or a vehicle 8; a record's number
``field`` is at ``row * 16 + field`` (or 8). Columns apart would cost a line for each number that is looked at.
"""

from __future__ import annotations

NEVER = 2**31 - 1
"""Later than any time in a run."""

LONG_AGO = -(2**30)
NOBODY = -1
MANY = 2**30
ELSE = -2
"""In place of a yield row: who finds the place full that this turn leads to does something else."""

# Lane groups, sources, bays and passing vehicles: "queues".
FIRST, LAST, LAST_EXIT, NEXT_EXIT, OWN_HEADWAY, OF_LINK, READY, LOOK_AT, AT_GATE, WANTS, NEEDS, OVERTAKES = range(12)
LEFT = 13  # the step by which the last one left x 4, + 2 if it had been there before, + 1 if it stood and yielded
WAKE_AT = 12  # when a head that yields looks again, or its window closes and another may be its own
# Links, and gates that links share. Clock is a 64-bit number: half its place in the row of 64-bit numbers.
# STANDING is the first queue whose head stands at the gate; negative = nobody, and then in a millisecond in which
# several heads are ready -2 - that time once one of them has claimed the gate, MANY less once others have too.
FREE, SPACING, ROOM, WAVE, ON, NEXT_ENTRY, SLOT_OUT, SLOTS, RING, GATE, STANDING, LAST_ENTRY = range(12)
CLOCK = 6
# Of both: the next in the same list of the calendar or at the same gate, and when its event is due.
NEXT, TIME = 14, 15
# Turns; the tag is a 64-bit number. SLOWER is turn_time << 16 | turn_headway: the one below 2^15, the other below 2^16.
ONTO, FROM, SIGNAL, COST, TAG_LOW, TAG_HIGH, YIELD, SLOWER = range(8)
TAG = 2
HEADWAY_PART = 2**16 - 1
# Vehicles.
TURN, STEP, BEHIND, THERE, CLASS, PASSES_IN, UNITS = range(7)
# Signals and their windows.
CYCLE, OFFSET, FIRST_WINDOW, LAST_WINDOW, CYCLE_BEGAN = range(5)
START, LENGTH, LOSS, PERMITTED = range(4)
# Places: who waits for a bay, and which groups the bays are.
WAITS_FIRST, WAITS_LAST, FIRST_BAY, AFTER_BAYS = range(4)
