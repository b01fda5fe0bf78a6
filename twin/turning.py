"""Turning: what turning off costs - time to slow down and speed up again, and flow in a queue."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from twin.network import Network

Floats = npt.NDArray[np.float64]

TIGHT, WIDE = 6.1, 7.6
"""Speeds [m/s] at which one turns into the near side of a street (right, where one drives on the right) or back, and
across to its far side. The first is that of the Highway Capacity Manual 2010, ch. 17 (20 ft/s); 5 ft/s more are taken
for the second, whose radius is larger by a lane or two."""

ACCELERATION, BRAKING = 1.7, 3.0
"""How people speed up and slow down [m/s2]: Gipps, P. G. (1981), A behavioural car-following model, Transportation
Research B 15(2) (mean acceleration); Institute of Transportation Engineers (10 ft/s2, for the length of amber)."""

SATURATION = {"tight": 1 / 1.18, "wide": 1 / 1.05}
"""Flow in a queue that turns as a share of one that drives on: Highway Capacity Manual 2010, ch. 18 (equivalents of
1.18 through cars for a right and of 1.05 for a protected left turn)."""


def with_turning(network: Network, *, left_hand: bool = False) -> Network:
    """Return a network whose turns cost time and flow.

    Parameters
    ----------
    network : Network
    left_hand : bool
        True where one drives on the left: left turns are the tight ones there.

    Returns
    -------
    Network
        With new ``turn_time`` and ``saturation`` of turns. Ways through cost nothing.

    Notes
    -----
    Who slows down from a road's free speed v to u with a steady deceleration b loses (v - u)^2 / (2 v b) against who
    drives on, and the same with its acceleration on the next road.

    Examples
    --------
    >>> slow_down(np.array([13.9, 5.0]), TIGHT, BRAKING).round(2)
    array([0.73, 0.  ])
    """
    turns = network.turns.copy()
    near = "left" if left_hand else "right"
    tight = turns["kind"].isin([near, "uturn"]).to_numpy(np.bool_)
    wide = turns["kind"].isin({"left", "right"} - {near}).to_numpy(np.bool_)
    speeds = network.links["free_speed"].to_numpy(np.float64)
    before, after = (speeds[network.link_rows(turns[end])] for end in ("in_link", "out_link"))
    speed = np.select([tight, wide], [TIGHT, WIDE], np.inf)
    turns["turn_time"] = slow_down(before, speed, BRAKING) + slow_down(after, speed, ACCELERATION)
    turns["saturation"] = np.select([tight, wide], [SATURATION["tight"], SATURATION["wide"]], 1.0)
    return network.with_turns(turns)


def slow_down(speed: Floats, to: Floats | float, rate: float) -> Floats:
    """Return the time lost by changing from a speed to a lower one, or back : array [s]; 0 where it is not lower.

    Parameters
    ----------
    speed, to : array [m/s]
    rate : float [m/s2]
    """
    return np.asarray(np.maximum(speed - to, 0.0) ** 2 / (2 * speed * rate), np.float64)
