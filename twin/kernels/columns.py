"""Columns: the arrays that cross the seam between the twin and its kernels.

Rules of motion
---------------
All times are integer milliseconds (the kernel itself only counts ticks); rows are numbers; "vehicle" is a row of the
vehicles, which are sorted by trip id. What follows is the whole definition of the engine: ``loading.advance`` carries
it out event by event, ``tests/reference.py`` tick by tick, and both must agree in every vehicle and millisecond.

1. *Links* follow Newell's triangular kinematic wave [1]_ for single vehicles. A vehicle that enters a link at time e
   joins the queue of one lane group and may leave from e + ``link_free_time`` on.
2. *Lane groups* are first in, first out. The head of a lane group is *ready* from
   max(e + free time, last exit of the group + ``group_headway``) on; where its turn has a signal, from the first green
   moment not before that. If the last exit was in a green window [a, b) of the head's own turn, the head was there
   before b (e + free time < b) and last exit + headway >= b, then the unserved part of the headway, last exit +
   headway - b, is carried over: the head is ready at the first green moment not before (start of the next green
   window) + carried part. So a saturated signal serves s g / C on average, also where g is no multiple of the headway.
3. *Sources*: trips that begin on a link wait at its origin in order of (departure, vehicle), off the road. A source
   is a lane group with headway 1 ms and no signal: its head is ready from max(departure, last exit + 1) on.
4. A head whose route is finished leaves the network at the moment when it is ready (its link's exit, no signal).
5. *Gates*: any other head stands at the gate of the link that it wants, from the moment it is ready; it can be served
   at time t only if its signal is green at t. A gate serves at most one head at one time t, and only a head whose
   link is *open* at t: t >= last entry + ``link_headway``; t >= last service of the gate + ``gate_headway``; and there
   is room: fewer than ``link_storage`` vehicles are on the link, and, if N = storage, the (n - N)-th exit of the link
   was at least ``link_wave_time`` before t when the n-th vehicle enters (the backward wave).
6. *Merges*: of the heads that could be served at t the gate takes the one with the smallest max(tag of its turn,
   clock of the gate); ties go to the smaller vehicle. Serving at start s = max(tag, clock) sets the tag to
   s + ``turn_cost`` and the clock to s, contested or not (start-time fair queueing [2]_): costs are inverse to the
   merge weights, so saturated approaches share in proportion to their weights and an approach that asks for less than
   its share gets all it asks for. Sources take part with their link's ``source_cost``. All tags and clocks begin at 0.
7. A vehicle that is served leaves its link and enters the next at the same time t.

Every headway, free time and wave time is at least 1 ms, so nothing that happens at t can change what else happens
at t: the order in which one millisecond is worked off cannot matter, and rows may be renumbered freely.

References
----------
.. [1] Newell, G. F. (1993). A simplified theory of kinematic waves in highway traffic, parts I-III. Transportation
   Research B 27(4), 281-313.
.. [2] Goyal, P., Vin, H. M., Cheng, H. (1997). Start-time fair queueing. IEEE/ACM Transactions on Networking 5(5).
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


class Columns(NamedTuple):
    """What a run is made of: never changed by a kernel.

    Parameters
    ----------
    link_free_time : array, shape (n_link,) [ms]
    link_headway : array, shape (n_link,) [ms]
        Least time between two entries: 1 / (capacity x lanes).
    link_storage : array, shape (n_link,) [vehicles]
    link_wave_time : array, shape (n_link,) [ms]
        Time from an exit until the room that it makes has come back to the entry: storage x headway - free time.
    link_gate : array, shape (n_link,)
        Gate through which the link is entered. Links that leave a node with a capacity of its own share one gate.
    link_arrival_group : array, shape (n_link,)
        Lane group in which vehicles stand whose route ends on this link.
    source_cost : array, shape (n_link,)
        Merge cost of a trip that begins on this link.
    group_headway : array, shape (n_group,) [ms]
        Least time between two exits from the lane group.
    group_link : array, shape (n_group,)
    turn_link : array, shape (n_turn,)
        Link that the turn leads to.
    turn_group : array, shape (n_turn,)
        Lane group from which the turn is made.
    turn_signal : array, shape (n_turn,)
        Row of the signal, or NO_SIGNAL.
    turn_cost : array, shape (n_turn,)
        Merge cost: inverse to the merge weight.
    gate_headway : array, shape (n_gate,) [ms]
        Least time between two services of the gate; 0 = no limit beside those of the links.
    signal_cycle, signal_offset : array, shape (n_signal,) [ms]
    signal_windows : array, shape (n_signal + 1,)
        Windows of signal s are rows signal_windows[s] to signal_windows[s + 1].
    window_start, window_length : array, shape (n_window,) [ms]
        Green from offset + start (within the cycle) on, for this length; sorted, apart, 0 <= start < cycle, and only
        the last may run over the cycle's end.
    vehicle_departure : array, shape (n_vehicle,) [ms]
    vehicle_route : array, shape (n_vehicle + 1,)
        Route of vehicle v is rows vehicle_route[v] to vehicle_route[v + 1] of route; empty = does not drive.
    route : array, shape (n_step,)
        First the link where the vehicle enters, then its turns.
    """

    link_free_time: Ints
    link_headway: Ints
    link_storage: Ints
    link_wave_time: Ints
    link_gate: Ints
    link_arrival_group: Ints
    source_cost: Ints
    group_headway: Ints
    group_link: Ints
    turn_link: Ints
    turn_group: Ints
    turn_signal: Ints
    turn_cost: Ints
    gate_headway: Ints
    signal_cycle: Ints
    signal_offset: Ints
    signal_windows: Ints
    window_start: Ints
    window_length: Ints
    vehicle_departure: Ints
    vehicle_route: Longs
    route: Ints
