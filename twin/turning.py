"""Turning: what turning off costs - time to slow down and speed up again, and flow in a queue."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from twin.network import LONGEST_TURN, Network

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
    near = "left" if left_hand else "right"
    kind = network.turns["kind"]
    tight, wide = kind.isin([near, "uturn"]), kind.isin({"left", "right"} - {near})
    saturation = np.select([tight, wide], [SATURATION["tight"], SATURATION["wide"]], 1.0)
    speed = np.select([tight, wide], [TIGHT, WIDE], np.inf)
    time = _lost(network, network.links["free_speed"].to_numpy(np.float64), speed)
    return network.with_links(network.links, network.turns.assign(turn_time=time, saturation=saturation))


def times_at(free_speed: Floats, built: Network) -> Floats:
    """Return what turning costs where roads have other free speeds than as built : array, shape (n_turn,) [s].

    Parameters
    ----------
    free_speed : array, shape (n_link,) [m/s]
    built : Network

    Notes
    -----
    The time of each turn changes as (v - u)^2 / (2 v) does on the roads before and behind it; where that was 0 and the
    turn flows less than straight on, it is what it would have been built with. Turns that flow less than halfway
    between SATURATION's are taken to be tight, and others wide.
    """
    turns = built.turns
    halfway = sum(SATURATION.values()) / len(SATURATION)
    speed = np.where(turns["saturation"] < halfway, TIGHT, WIDE)
    was, now = (_lost(built, speeds, speed) for speeds in (built.links["free_speed"].to_numpy(np.float64), free_speed))
    share = np.divide(now, was, out=np.ones_like(was), where=was > 0)
    new = (was == 0) & (turns["saturation"] < 1).to_numpy()
    times: Floats = np.minimum(np.where(new, now, turns["turn_time"].to_numpy(np.float64) * share), LONGEST_TURN)
    return times


def _lost(network: Network, free_speed: Floats, speed: Floats) -> Floats:
    """Return the time lost at each turn in slowing down to a speed and speeding up : array, shape (n_turn,) [s]."""
    before, after = (free_speed[network.link_rows(network.turns[end])] for end in ("in_link", "out_link"))
    return slow_down(before, speed, BRAKING) + slow_down(after, speed, ACCELERATION)


def slow_down(speed: Floats | float, to: Floats | float, rate: float) -> Floats:
    """Return the time lost by changing from a speed to a lower one, or back : array [s]; 0 where it is not lower.

    Parameters
    ----------
    speed, to : array or float [m/s]
    rate : float [m/s2]
    """
    return np.asarray(np.maximum(speed - to, 0.0) ** 2 / (2 * speed * rate), np.float64)
