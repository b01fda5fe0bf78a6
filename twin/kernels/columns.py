"""Columns: the arrays that cross the seam between the twin and its kernels.

Rules of motion
---------------
All times are integer milliseconds (the kernel itself only counts ticks); rows are numbers; "vehicle" is a row of the
vehicles, which are sorted by trip id. What follows is the whole definition of the engine: ``loading.advance`` carries
it out event by event, ``tests/reference.py`` tick by tick, and both must agree in every vehicle and millisecond.

1. *Steps*. A route is a list of turns, each made from a lane group onto a link: first the turn from a source onto the
   first link, last a turn that leads NOWHERE, which leaves the network. A negative step -1 - d is a stay of d ms. The
   time of a turn is when it was made, that of a stay when service began.
2. *Links* follow Newell's triangular kinematic wave [1]_ for single vehicles. A vehicle that enters a link at time e by
   some turn is *there*, at its exit, from e + scaled(``link_free_time`` + the turn's ``turn_time``, ``class_slow``) on,
   and stands in the queue of the lane group of its next turn; scaled(d, f) = max(1, (d f + UNITY // 2) // UNITY), and d
   itself where f = UNITY.
3. *Lane groups* are first in, first out, with one exception: where ``group_overtakes``, a vehicle that enters at t goes
   ahead of those at the end of the line who are of a slower class (``class_slow`` is more) and will be there later than
   it, as far as the first one that is not so; but not where a queue stands: the head was there before t.
   A vehicle that leaves at t lets the next one leave from t + scaled(headway, its ``class_headway``) on; headway is
   h + (h d) // UNITY, h being ``group_headway`` and d the ``turn_headway`` of the turn that it made, or
   ``yield_follow_up`` where it yielded (rule 8) and that is longer. Call this moment the group's *next exit*. A head
   could go from x = max(there, next exit) on; sources and bays are lane groups like all others.
4. *Signals*. A turn with a signal can be made while one of its windows [a, b) is open. A head that could go before a
   (x < a, or it was ready earlier and not served) starts up: it goes from a + ``window_loss`` on (at most b - 1).
   So the head is *ready* at x if x is in a window, else when it starts up in the next. But if the group's last exit was
   in a window [a, b) of the head's own turn, the head was there before b, and next exit >= b, then the unserved part of
   the headway is carried over: it is ready at y = when it starts up in the first window that begins at b or later, +
   next exit - b, or when it starts up in the next window after y if y is red. So a saturated signal serves
   s (g - loss) / C on average, also where g is no multiple of the headway. Without a signal it is ready at x. A head
   that is ready but not served when its window closes is ready anew when it starts up in the next one.
   *Setting out*: a queue sets out when its window opens; ``window_loss`` is what it loses in speeding up. So a head
   that leaves at t by a turn with a signal and does not yield (rule 8) set out at t - l, l being ``window_loss``, but
   at most b - a - 1 and max(0, ``link_wave_time`` - the headway of the slowest class on its link); yet not before its
   window opened, it was there, and the room for one unit had come in the link where it goes (rule 6). Everybody else
   sets out when leaving.
5. A head whose turn leads NOWHERE leaves the network at the moment when it is ready.
6. *Gates*: any other head stands at the gate of the link that its turn leads to, from the moment when it is ready. A
   gate serves at most one head at one time t, and only a head that is ready in the window open at t and whose link is
   *open* to it at t: t >= the link's next entry, which each entry sets to t + scaled(``link_headway``,
   ``class_headway``) of who entered; t >= the gate's next service, which each service sets to t +
   scaled(``gate_headway``, its ``class_headway``); and there is room: with k = min(``class_size``, storage), but at
   least 1, on + k <= storage, where on counts the units of those who are on the link, and, n being the units that ever
   entered, for each i < k the unit n + 1 + i - storage of those who have left, in order of setting out (if that is
   above 0), set out at least max(1, ``link_wave_time`` - i s) before t (the backward wave), where s =
   scaled(``link_headway``, ``class_headway``) // k: long vehicles come in bit by bit. Who enters with k units leaves
   with k. In a place (rule 9) everybody takes one unit.
7. *Merges*: of the heads that could be served at t the gate takes the one with the smallest max(tag of its turn,
   clock of the gate); ties go to the smaller vehicle. Serving at start s = max(tag, clock) sets the tag to
   s + ``turn_cost`` and the clock to s, contested or not (start-time fair queueing [2]_): costs are inverse to the
   merge weights, so saturated approaches share in proportion to their weights and an approach that asks for less than
   its share gets all it asks for. All tags and clocks begin at 0. A vehicle that is served leaves its link and enters
   the next at the same time t. But at the gate of one link alone a head that lacks nothing but room, does not yield and
   comes first by this order holds up all others, or long vehicles would starve beside short ones.
8. *Yielding* [3]_. A turn with a yield row yields, unless it has a signal whose open window is not permitted only. A
   head that could be served at t but for this, and may look (t >= its look), looks at every turn c of its row, judging
   by what happened before t. It goes if nobody is seen who would come within [t, t + gap), gap being ``yield_gap``, or
   where they come onto the link that the head itself wants, this less that link's headway (which parts them anyway; at
   least 1 ms). People grow impatient [4]_: from ``yield_patience`` p after the head was ready on, the gap y that it
   takes shrinks evenly, to half at 10 p: w ms after p it is y - y min(w, 9 p) // (18 p).
   Where c crosses the head's own way, all who make it are looked at, and come when they could make it. Where the way to
   the junction is short people are seen coming on the links before it: then c is a turn from which ``yield_onward``
   leads, over other rows of the list, to one that crosses the head's way; looked at are those alone who will make all
   these turns one after the other, and they come ``yield_lead`` after they could make c: of c's lane group the head
   could leave at e = its ready moment if that is t or later, and so if it is ready anew after t because its window has
   closed. Else it stands at its gate: if there is no room in its link for one unit (rule 6, wave left aside) neither it
   nor anybody behind it could leave; if there is, e is the moment from t on when that link opens to one unit, as far as
   known (next entry, next service, wave); but if that is the link which the yielding head wants, and it is the wave
   that it waits for, until t or later, it is as if there were no room: in a queue people take turns. The others behind
   it could leave at max(there, e of the one ahead + ``group_headway``), but not if it stands and has to yield itself
   (two who turn left before each other may go), unless c is its own turn and crosses. Of each turn c the first one
   counts of those who are looked at; if any of these comes before t + gap, the head looks again at 1 + the latest such
   moment, or at t + LOOK if that moment is t. Its look stays with it until it leaves.
9. *Places* are links with bays: rows ``place_bays[p]`` to ``place_bays[p + 1]`` are the lane groups of the bays of link
   ``first_place + p``. Who enters takes the first bay that is empty, or waits and takes, in order of entry, each bay
   that becomes empty, at that moment. There its service begins: its step is a stay of d ms, and it is there d ms later.
   Then it makes its next turn, from the bay's lane group, whatever group the turn names (a bay has no headway), and
   holds the bay until then.
   A head whose turn leads to a place that has no room waits like any other. But if ``turn_else`` of its turn is true,
   and as things stood before the moment t when it is first ready there is no room (on + k > storage), it gives this
   place up at the end of that millisecond: its next step is the one behind the next step that leads NOWHERE (routes
   list what to do else one after the other), its turn is made from the lane group in which it is, and it counts as
   being there from t + 1 on, as if nobody had left before it.
10. *Passing*. A vehicle whose class ``passes`` is in no lane group of a road or source: it is alone in one of its own,
   which has no headway (in a bay it is like any other). From the moment when it is there (at its source: from its
   departure) on it looks at the end of a millisecond t, when all else that happens at t has happened, passing vehicles
   in order of their rows, and again every PASS ms, until it can go: if its link has room for others to pull over (on +
   its k <= storage, or nobody else is on it; not asked for at a source), and the next link has room (on + k <=
   storage), it goes, whatever signals, gates, waves, merges and other heads say. The link's next entry then is at least
   t + the headway that it leaves.
11. *Timetable*: at ``timetable_time``, before all else that happens then, the number ``timetable_row`` of the column
   ``timetable_kind`` is set to ``timetable_value``; ready moments are found anew for heads whose signal was set.
   Windows that a controller sets between two calls of ``advance`` (``leading.set_windows``) count likewise.

Every headway, free time and wave time is at least 1 ms, so nothing that happens at t can change what else happens
at t: the order in which one millisecond is worked off cannot matter, and rows may be renumbered freely.

References
----------
.. [1] Newell, G. F. (1993). A simplified theory of kinematic waves in highway traffic, parts I-III. Transportation
   Research B 27(4), 281-313.
.. [2] Goyal, P., Vin, H. M., Cheng, H. (1997). Start-time fair queueing. IEEE/ACM Transactions on Networking 5(5).
.. [3] Harders, J. (1968). Die Leistungsfaehigkeit nicht signalgeregelter staedtischer Verkehrsknoten. Strassenbau und
   Strassenverkehrstechnik 76: who yields goes if the next vehicle of the major stream is a critical gap away, and
   others behind follow a follow-up time later. The gaps in use are those of the Highway Capacity Manual 2010, ch. 19.
.. [4] Polus, A., Shmueli Lazar, S., Livneh, M. (2003). Critical gap as a function of waiting time in determining
   roundabout capacity. J. Transportation Engineering 129(5), 504-509: between a longest and a shortest gap it falls
   with the wait.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

NOT_YET = -1
"""The time of what has not happened."""

NO_SIGNAL = -1
"""The signal of a turn that is always allowed."""

NO_YIELD = -1
"""The yield row of a turn that yields to nobody."""

NOWHERE = -1
"""The link that the last turn of a route leads to; the link of a source."""

UNITY = 1024
"""Factors of vehicle classes are given in parts of this."""

LOOK = 250
"""Milliseconds after which a yielding head looks again where it saw somebody stand who could go."""

PASS = 1000
"""Milliseconds after which a passing vehicle that found no room looks again."""

FREE_TIME, HEADWAY, STORAGE, WAVE_TIME, GROUP_HEADWAY, TURN_SIGNAL = range(6)
"""Kinds of timetable rows: which column they set."""


class Columns(NamedTuple):
    """What a run is made of: never changed by a kernel.

    Parameters
    ----------
    link_free_time : array, shape (n_link,) [ms]
    link_headway : array, shape (n_link,) [ms]
        Least time between two entries: 1 / (capacity x lanes).
    link_storage : array, shape (n_link,) [units]
    link_wave_time : array, shape (n_link,) [ms]
        Time from setting out until the room has come back to the entry: storage x headway - free time.
    link_gate : array, shape (n_link,)
        Gate through which the link is entered: its own row, or one from n_link on that links share which leave a node
        with a capacity of its own.
    group_headway : array, shape (n_group,) [ms]
        Least time between two exits from the lane group. Sources and bays have lane groups too.
    group_link : array, shape (n_group,)
        Link whose exit it is; NOWHERE for sources.
    group_overtakes : array of bool, shape (n_group,)
        True where faster vehicles go ahead of slower ones.
    turn_link : array, shape (n_turn,)
        Link that the turn leads to; NOWHERE = out of the network.
    turn_group : array, shape (n_turn,)
        Lane group from which the turn is made.
    turn_signal : array, shape (n_turn,)
        Row of the signal, or NO_SIGNAL.
    turn_cost : array, shape (n_turn,)
        Merge cost: inverse to the merge weight.
    turn_time : array, shape (n_turn,) [ms]
        What turning costs beside driving on: slowing down, the way around the corner, speeding up again; below 2^15.
    turn_headway : array, shape (n_turn,) [1 / UNITY]
        What who turns adds to the headway of the lane group, in such headways; below 2^16.
    turn_yield : array, shape (n_turn,)
        Yield row, or NO_YIELD.
    turn_else : array of bool, shape (n_turn,)
        True where the turn leads to a place and a vehicle that finds it full does something else; it yields to nobody.
    yield_gap, yield_follow_up : array, shape (n_yield,) [ms]
        Critical gap and follow-up time.
    yield_patience : array, shape (n_yield,) [ms]
        Time, at least 1, from which on who waits takes shorter gaps.
    yield_turns : array, shape (n_yield + 1,)
        The turns that a yield row yields to are rows yield_turns[y] to yield_turns[y + 1] of yield_turn; none of them
        leads to a place or out of the network, or is made from the lane group of a turn that yields by this row.
    yield_turn : array, shape (n,)
    yield_onward : array, shape (n,)
        Row of the turn, of the same yield row and further up the list, that they make next who are looked at; -1
        where the turn itself crosses the way.
    yield_lead : array, shape (n,) [ms]
        Time from the turn until its vehicles cross the way; 0 where it does itself.
    gate_headway : array, shape (n_gate,) [ms]
        Least time between two services of the gate; 0 = no limit beside those of the links (always so for own gates).
    signal_cycle, signal_offset : array, shape (n_signal,) [ms]
    signal_windows : array, shape (n_signal + 1,)
        Windows of signal s are rows signal_windows[s] to signal_windows[s + 1].
    window_start, window_length : array, shape (n_window,) [ms]
        Open from offset + start (within the cycle) on, for this length; sorted, not overlapping (they may touch), 0 <=
        start < cycle, and only the last may run over the cycle's end, at most to the start of the first.
    window_loss : array, shape (n_window,) [ms]
        Start-up lost time; 0 where no red is before the window.
    window_permitted : array of bool, shape (n_window,)
        True where the turn is permitted only: it yields.
    place_bays : array, shape (n_place + 1,)
        Places are the last n_place links; their bays are lane groups with headway 1.
    class_size : array, shape (n_class,) [units]
    class_headway, class_slow : array, shape (n_class,) [1 / UNITY]
        Headway and free-flow time as multiples of a car's.
    class_passes : array of bool, shape (n_class,)
    vehicle_departure : array, shape (n_vehicle,) [ms]
    vehicle_class : array, shape (n_vehicle,)
    vehicle_route : array, shape (n_vehicle + 1,)
        Route of vehicle v is rows vehicle_route[v] to vehicle_route[v + 1] of route; empty = does not drive.
    route : array, shape (n_step,)
        Rows of turns, or -1 - d for a stay of d ms.
    timetable_time, timetable_kind, timetable_row, timetable_value : array, shape (n_change,)
        Sorted by time, at most one value for one number at one time.
    """

    link_free_time: Ints
    link_headway: Ints
    link_storage: Ints
    link_wave_time: Ints
    link_gate: Ints
    group_headway: Ints
    group_link: Ints
    group_overtakes: Bools
    turn_link: Ints
    turn_group: Ints
    turn_signal: Ints
    turn_cost: Ints
    turn_time: Ints
    turn_headway: Ints
    turn_yield: Ints
    turn_else: Bools
    yield_gap: Ints
    yield_follow_up: Ints
    yield_patience: Ints
    yield_turns: Ints
    yield_turn: Ints
    yield_onward: Ints
    yield_lead: Ints
    gate_headway: Ints
    signal_cycle: Ints
    signal_offset: Ints
    signal_windows: Ints
    window_start: Ints
    window_length: Ints
    window_loss: Ints
    window_permitted: Bools
    place_bays: Ints
    class_size: Ints
    class_headway: Ints
    class_slow: Ints
    class_passes: Bools
    vehicle_departure: Ints
    vehicle_class: Ints
    vehicle_route: Longs
    route: Ints
    timetable_time: Ints
    timetable_kind: Ints
    timetable_row: Ints
    timetable_value: Ints
