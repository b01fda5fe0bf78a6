"""Storage: how many vehicles a road holds, and in which units they are counted - the same for engine and results."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.demand import Demand
from twin.network import MICRO, MILLI, Network, Rows, in_steps
from twin.units import MS
from twin.vehicles import LENGTH_STEP

Longs = npt.NDArray[np.int64]

_TENTHS = round(1 / LENGTH_STEP)


def unit_of(demand: Demand) -> float:
    """Return what storage is counted in [PCU]: the largest part that a car and all classes on the roads consist of."""
    classes = demand.classes
    used = classes["vehicle_class"].isin(demand.trips["vehicle_class"].unique()).to_numpy()
    tenths = np.round(classes["length"].to_numpy(np.float64)[used] * _TENTHS).astype(np.int64)
    return float(np.gcd.reduce(np.append(tenths, _TENTHS))) * LENGTH_STEP


def units_of(classes: pd.DataFrame, unit: float) -> Longs:
    """Return how many units a vehicle of each class takes up, at least 1 : array, shape (n_class,)."""
    return np.maximum(np.round(classes["length"].to_numpy() / unit), 1).astype(np.int64)


def storage_of(jam: Longs, free_time: Longs, capacity: Longs, unit: float) -> Longs:
    """Return how many units roads hold: as many whole cars as can stand there, but never less than drive on them.

    Who drives onto a road keeps the junction behind it clear: nobody enters who would have to stand with the tail in it
    (Convention on Road Traffic, Vienna 1968, article 18.3), so part of a place for a car counts for nothing. Whole
    cars, so one truck in a town does not change how many cars its short roads hold.

    Parameters
    ----------
    jam : array, shape (n,) [1/1,000,000,000 PCU]
        Jam density x lanes x length: what stands there in a queue.
    free_time : array, shape (n,) [ms]
    capacity : array, shape (n,) [1/1,000,000 PCU/s, all lanes]
    unit : float [PCU]
    """
    driving = np.maximum(up(free_time * capacity, MS * MICRO), 1)
    return np.maximum(jam // (MICRO * MILLI), driving) * round(1 / unit)


def place_storage(bays: pd.DataFrame) -> Longs:
    """Return how many vehicles places hold, whatever their length."""
    return (bays["bays"] + bays["entry_storage"]).to_numpy(np.int64)


def up(dividend: Longs | int, divisor: Longs | int) -> Longs:
    """Divide whole numbers and round up."""
    return np.asarray(-(-dividend // divisor), np.int64)


@dataclass(frozen=True)
class Stretches:
    """Stretches of road that hold vehicles: of each link all but its pockets, then the pockets.

    Parameters
    ----------
    network : Network
    """

    network: Network

    @cached_property
    def group_link(self) -> Rows:
        """Link of each lane group : array, shape (n_lane_group,)."""
        return self.network.link_rows(self.network.lane_groups["link_id"])

    @cached_property
    def pocket(self) -> Longs:
        """Length of each link's longest pocket : array, shape (n_link,) [mm]; 0 = it has none."""
        longest = np.zeros(len(self.network.links), np.int64)
        np.maximum.at(longest, self.group_link, in_steps(self.network.lane_groups["pocket"], MILLI).to_numpy())
        return longest

    @cached_property
    def pieces(self) -> Rows:
        """Lane groups of links with pockets: each has a piece of road of its own."""
        return np.flatnonzero(self.pocket[self.group_link] > 0)

    @cached_property
    def piece_of_group(self) -> Longs:
        """Stretch that is a lane group's own : array, shape (n_lane_group,); -1 = it has none."""
        rows = np.full(len(self.group_link), -1, np.int64)
        rows[self.pieces] = len(self.pocket) + np.arange(len(self.pieces))
        return rows

    @cached_property
    def arrival_group(self) -> Longs:
        """Lane group where vehicles stand whose route ends on each link: the rightmost."""
        return np.searchsorted(self.group_link, np.arange(len(self.pocket)), side="right") - 1

    @cached_property
    def shared(self) -> Longs:
        """Length of each link without its pockets : array, shape (n_link,) [mm]."""
        return in_steps(self.network.links["length"], MILLI).to_numpy(np.int64) - self.pocket

    @cached_property
    def shared_time(self) -> Longs:
        """Time to drive each link without its pockets with nobody in the way : array, shape (n_link,) [ms]."""
        speed = in_steps(self.network.links["free_speed"], MILLI).to_numpy(np.int64)
        parted = np.maximum((self.shared * MS + speed // 2) // speed, 1)
        return np.where(self.pocket > 0, parted, self.network.free_time.astype(np.int64))

    @cached_property
    def free_time(self) -> Longs:
        """Time to drive each stretch with nobody in the way : array, shape (n_stretch,) [ms].

        A pocket takes what its link's shared part leaves of the whole road's time.
        """
        whole = self.network.free_time.astype(np.int64)
        rest = np.maximum(whole - self.shared_time, 1)
        return np.concatenate([self.shared_time, rest[self.group_link[self.pieces]]])

    @cached_property
    def capacity(self) -> Longs:
        """What each stretch carries, all its lanes : array, shape (n_stretch,) [1/1,000,000 PCU/s]."""
        network = self.network
        lane = in_steps(network.links["capacity"], MICRO).to_numpy(np.int64)[self.group_link[self.pieces]]
        lanes = network.lane_groups["lanes"].to_numpy(np.int64)[self.pieces]
        return np.concatenate([network.link_capacity, lane * lanes])

    def storage(self, unit: float) -> Longs:
        """Return how many units of so many PCU each stretch holds : array, shape (n_stretch,)."""
        return storage_of(self.jam, self.free_time, self.capacity, unit)

    @cached_property
    def turn_time(self) -> Longs:
        """What each turn costs beside driving on : array, shape (n_turn,) [ms].

        As the network says; but on a road for one or two cars no more than leaves it its capacity: of N cars each may
        stay for N headways, a millisecond less.
        """
        network = self.network
        onto = network.link_rows(network.turns["out_link"])
        headway = MS * MICRO // network.link_capacity[onto]
        most = self.storage(1.0)[onto] * headway - self.shared_time[onto] - 1
        said = in_steps(network.turns["turn_time"], MS).to_numpy(np.int64)
        times: Longs = np.clip(most, 0, said)
        return times

    @cached_property
    def jam(self) -> Longs:
        """Jam density x lanes x length of all stretches : array, shape (n_stretch,) [1/1,000,000,000 PCU].

        A pocket shorter than its link's longest holds fewer vehicles.
        """
        links, groups = self.network.links, self.network.lane_groups.iloc[self.pieces]
        link = self.group_link[self.pieces]
        density = in_steps(links["jam_density"], MICRO).to_numpy(np.int64)
        own = np.minimum(in_steps(groups["pocket"], MILLI).to_numpy(np.int64), self.pocket[link])
        length = np.where(groups["pocket"].isna(), self.pocket[link], own)
        return np.concatenate(
            [
                density * links["lanes"].to_numpy(np.int64) * self.shared,
                density[link] * groups["lanes"].to_numpy(np.int64) * length,
            ]
        )
