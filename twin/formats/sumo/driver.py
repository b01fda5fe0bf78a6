"""Driver: SUMO's car-following in the words of our diagram - spacing, headway and speed, and back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from twin.network import Network
from twin.turning import slow_down

CLASS_OF = {
    "passenger": "car", "private": "car", "ignoring": "car", "taxi": "car", "hov": "car", "evehicle": "car",
    "authority": "car", "vip": "car", "custom1": "car", "custom2": "car", "delivery": "car", "motorcycle": "car",
    "moped": "car", "army": "truck", "truck": "truck", "trailer": "truck", "bus": "bus", "coach": "bus",
    "emergency": "ambulance",
}  # fmt: skip
"""Our class of each of SUMO's that drives on roads; others (on foot, by rail, by bicycle) are left out."""

SUMO_CLASS = {"car": "passenger", "truck": "truck", "bus": "bus", "ambulance": "emergency"}
"""SUMO's class of each of ours."""

LONGER = {"car": 1.0, "truck": 2.0, "bus": 2.0, "ambulance": 1.0}
"""Road space of a vehicle of each class in that of cars, when written."""

DAWDLE_HEADWAY, DAWDLE_SPACING = 0.36, 5.4
"""What drivers that dawdle add to the headway in a queue that discharges: sigma x (0.36 s + 5.4 m / speed).

Measured with SUMO 1.28 (Krauss, steps of 1 s, speedDev 0.1) behind a signal at 30 and 50 km/h, spacings of 6.3 to
7.5 m: headways of 1.8 to 2.6 s are met within 4 %. Without dawdling the headway is tau + spacing / speed, within 1 %.
"""

LOSS_AT, LOSS_SPEED, LOSS_DAWDLE = -0.8, 0.16, 1.2
"""Seconds of a green that SUMO's drivers lose at 30 km/h, more of them for each m/s beyond, and for sigma.

What they lose while starting up, less what they use of the amber and what is gained because SUMO counts whole vehicles
in each cycle. Measured as above: 39.0 to 40.8 of 40 s are served; met within 0.4 s."""

SLOWING, SPEEDING = 2.0, 1 / 0.6
"""How SUMO's drivers slow down before a turn and speed up behind it, as even changes of speed [m/s2].

Measured with SUMO 1.28, one car at a time over turns of 4 to 10 m/s from and onto roads of 30 and 50 km/h."""

_SLOW = 30 / 3.6

MIN_GAP = 2.0
"""Metres between standing vehicles, when written."""

STEP = 1.0
"""SUMO's step [s]: with a smaller tau its drivers would crash."""


@dataclass(frozen=True)
class Driver:
    """How SUMO's cars follow one another (Krauss); defaults are SUMO's.

    Parameters
    ----------
    tau : float [s]
        Time gap that drivers keep.
    length, min_gap : float [m]
        Of the vehicle, and to the one ahead in a queue.
    sigma : float
        How much drivers dawdle (0 to 1).
    accel : float [m/s2]
    minor_gap : float [s]
        That drivers leave between themselves and whom they give way to (jmTimegapMinor).
    """

    tau: float = 1.0
    length: float = 5.0
    min_gap: float = 2.5
    sigma: float = 0.5
    accel: float = 2.6
    minor_gap: float = 1.0

    @property
    def spacing(self) -> float:
        """Road that a standing vehicle takes [m]."""
        return self.length + self.min_gap

    def headway(self, speed: float) -> float:
        """Return the headway of a queue that discharges at a speed [m/s] : float [s]."""
        return self.tau + self.spacing / speed + self.sigma * (DAWDLE_HEADWAY + DAWDLE_SPACING / speed)

    def free_speed(self, limit: float) -> float:
        """Return the mean speed [m/s] of a driver alone on a road with this limit: dawdling costs sigma x accel / 2."""
        return max(limit - self.sigma * self.accel * STEP / 2, limit / 2)

    def green_loss(self, speed: float) -> float:
        """Return what a queue loses of a green [s], start-up less amber used, on roads with this limit [m/s]."""
        return LOSS_AT + LOSS_SPEED * (speed - _SLOW) + LOSS_DAWDLE * self.sigma

    def turn_loss(self, limit: float, before: float, after: float) -> float:
        """Return what slowing down to a limit and speeding up again costs between two roads [m/s] : float [s]."""
        slow, into, out = (self.free_speed(speed) for speed in (limit, before, after))
        return float(slow_down(into, slow, SLOWING) + slow_down(out, slow, SPEEDING))

    def critical_gap(self, path: float, limit: float) -> float:
        """Return the gap [s] that a standing driver needs to cross: the time to clear the path [m], and minor_gap."""
        distance = path + self.length
        until_limit = limit**2 / (2 * self.accel)  # metres until the limit [m/s] is reached
        if distance <= until_limit:
            return self.minor_gap + math.sqrt(2 * distance / self.accel)
        return self.minor_gap + limit / self.accel + (distance - until_limit) / limit

    @property
    def follow_up(self) -> float:
        """Time in which the next one moves up to the line [s]."""
        return math.sqrt(2 * self.spacing / self.accel)

    @staticmethod
    def of(attributes: Mapping[str, str]) -> Driver:
        """Return the driver of a vType by its attributes; what it does not say is SUMO's default for cars."""
        names = {
            "tau": "tau", "length": "length", "minGap": "min_gap", "sigma": "sigma", "accel": "accel",
            "jmTimegapMinor": "minor_gap",
        }  # fmt: skip
        return Driver(**{ours: float(attributes[theirs]) for theirs, ours in names.items() if theirs in attributes})

    @staticmethod
    def mean(drivers: list[Driver], weights: list[float]) -> Driver:
        """Return the mean driver."""
        columns = ("tau", "length", "min_gap", "sigma", "accel", "minor_gap")
        return Driver(
            **{name: float(np.average([getattr(one, name) for one in drivers], weights=weights)) for name in columns}
        )

    @staticmethod
    def like(network: Network) -> Driver:
        """Return the driver that comes closest to a network's capacities and jam densities.

        Notes
        -----
        A triangular diagram with capacity c, free speed u and jam density k has a headway 1/c = tau + (1/k) / u with
        tau = 1 / (w k), w the wave speed: so tau and spacing (its length + minGap) follow from each link. SUMO has them
        by vehicle and not by road, so they are means over lane metres; sigma = 0 and speedDev = 0, because our vehicles
        neither dawdle nor differ. Where links differ in w or k SUMO's capacity differs from theirs.
        """
        links = network.links
        weights = (links["length"] * links["lanes"]).to_numpy()
        spacing = float(np.average(1.0 / links["jam_density"], weights=weights))
        headway = 1.0 / links["capacity"] - 1.0 / (links["jam_density"] * links["free_speed"])
        tau = float(np.average(headway, weights=weights))
        min_gap = min(MIN_GAP, spacing / 3)
        return Driver(tau=max(tau, STEP), length=spacing - min_gap, min_gap=min_gap, sigma=0.0)


def saturation(limit: float, before: float) -> float:
    """Return the flow of a queue that turns with a limit [m/s], as a share of what drives on with another.

    1 - (1 - u / v)^2: who turns leaves a longer gap, and those behind slow down with it. Measured in lanes where a
    quarter or half of a queue turns: .86 at 8, .73 at 6.5, .62 at 5.5 and .48 at 4 m/s of 13.89; met within .07.
    """
    return 1.0 - max(1.0 - limit / before, 0.0) ** 2


def turn_limit(share: float, before: float) -> float:
    """Return the limit [m/s] of turns whose queues flow with this share of what drives on with another limit."""
    return before * (1.0 - math.sqrt(1.0 - share))
