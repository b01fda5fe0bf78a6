"""Columns: a network, its signals and its places as the rows that the kernels drive on.

What the kernels call links are, in this order: the links of the network (where lanes have pockets: the part before
these), the pockets' pieces of road, and the places. Lane groups: those of the network, one at the exit of each link
with pockets, one source a link, and the bays. Turns: those of the network, the ways into pockets, from sources, out of
the network, and into places.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.errors import BadTable
from twin.kernels.columns import NO_SIGNAL, NOWHERE, UNITY, Ints, Longs
from twin.network import MICRO, Network, Rows, in_steps
from twin.places import Places
from twin.ragged import starts
from twin.signals import AMBER_USED, Signals
from twin.simulate.yielding import yield_columns
from twin.storage import Stretches, place_storage, storage_of, up
from twin.units import MS

HEAVIEST = 1_000_000
"""Merge cost of the heaviest turn of a gate."""

NEVER_GREEN = 2**30
"""Milliseconds: later than any run."""

Table = dict[str, npt.NDArray[np.generic]]


@dataclass(frozen=True)
class Roads:
    """Rows of the kernels for one network and its places.

    Parameters
    ----------
    network : Network
    places : Places
    unit : float [PCU]
        What storage is counted in.
    into_place : array, shape (n, 2)
        Pairs of (place, link from which it is reached), sorted: one turn each, and behind them one each for those who
        go elsewhere if it is full.
    """

    network: Network
    places: Places
    unit: float
    into_place: Longs

    @cached_property
    def n_link(self) -> int:
        """Links of the network."""
        return len(self.network.links)

    @cached_property
    def stretches(self) -> Stretches:
        """Where links and their pockets hold vehicles."""
        return Stretches(self.network)

    @property
    def pocket(self) -> Longs:
        """Length of each link's longest pocket : array, shape (n_link,) [mm]; 0 = it has none."""
        return self.stretches.pocket

    @property
    def group_link(self) -> Rows:
        """Network link of each lane group of the network."""
        return self.stretches.group_link

    @property
    def pieces(self) -> Rows:
        """Lane groups of links with pockets: each has a piece of road of its own."""
        return self.stretches.pieces

    @property
    def arrival_group(self) -> Longs:
        """Lane group where vehicles stand whose route ends on each link: the rightmost."""
        return self.stretches.arrival_group

    @cached_property
    def split(self) -> Rows:
        """Links that have pockets."""
        return np.flatnonzero(self.pocket > 0)

    @cached_property
    def first_place(self) -> int:
        """Kernel row of the first place."""
        return self.n_link + len(self.pieces)

    @cached_property
    def first_source(self) -> int:
        """Kernel row of the first link's source."""
        return len(self.group_link) + len(self.split)

    @cached_property
    def piece_turn(self) -> Longs:
        """Turn into the piece of each lane group : array, shape (n_lane_group,); -1 = it has none."""
        rows = np.full(len(self.group_link), -1, np.int64)
        rows[self.pieces] = len(self.network.turns) + np.arange(len(self.pieces))
        return rows

    @cached_property
    def entry_turn(self) -> int:
        """Turn from the source of the first link; those of other links follow."""
        return len(self.network.turns) + len(self.pieces)

    @cached_property
    def leave_turn(self) -> int:
        """Turn out of the network from the first link; those of other links follow, then one for all places."""
        return self.entry_turn + self.n_link

    @cached_property
    def place_turn(self) -> int:
        """Turn into the first place of into_place; others follow, then those of who goes elsewhere if it is full."""
        return self.leave_turn + self.n_link + 1

    @cached_property
    def late(self) -> Longs:
        """What turning onto each stretch costs at the most : array, shape (n_stretch,) [ms].

        A link of N cars lets one in each (free time + turn time + wave time) / N at the least. That is no more than its
        headway h where the wave time is N h - free time - turn time.
        """
        longest = np.zeros(self.first_place, np.int64)
        np.maximum.at(longest, self.turn_onto[:-1], self.stretches.turn_time)
        return longest

    @cached_property
    def turn_onto(self) -> Rows:
        """Link that each turn of the network leads to, and one more."""
        return np.append(self.network.link_rows(self.network.turns["out_link"]), 0)


def link_columns(free_time: Longs, capacity: Longs, jam: Longs, late: Longs, *, unit: float) -> Table:
    """Return headway, storage and wave time of links.

    Parameters
    ----------
    free_time : array, shape (n,) [ms]
    capacity : array, shape (n,) [1/1,000,000 PCU/s, all lanes]
    jam : array, shape (n,) [1/1,000,000,000 PCU in a standing queue, all lanes]
    late : array, shape (n,) [ms]
        See ``Roads.late``.
    unit : float [PCU]
    """
    storage = storage_of(jam, free_time, capacity, unit)
    wave = np.maximum(up(storage * round(unit * 10) * MS * MICRO, capacity * 10) - free_time - late, 1)
    return {"link_headway": up(MS * MICRO, capacity), "link_storage": storage, "link_wave_time": wave}


def road_columns(roads: Roads) -> Table:
    """Return the columns of links, lane groups, turns, gates, yields and bays."""
    table = {**_links(roads), **_groups(roads), **_turns(roads), **_bays(roads)}
    return {**table, **yield_columns(roads, table)}


def _links(roads: Roads) -> Table:
    parts = roads.stretches
    table = link_columns(parts.free_time, parts.capacity, parts.jam, roads.late, unit=roads.unit)
    bays, gate = roads.places.bays, _gates(roads)
    place = {
        "link_free_time": np.ones(len(bays), np.int64),
        "link_headway": np.ones(len(bays), np.int64),
        "link_storage": place_storage(bays),
        "link_wave_time": np.ones(len(bays), np.int64),
    }
    table["link_free_time"] = parts.free_time
    return {**{name: np.append(table[name], values) for name, values in place.items()}, **gate}


def _gates(roads: Roads) -> Table:
    """Return the gate of each link and the headway of each gate: links that leave a limited node share one."""
    network = roads.network
    n_row = roads.first_place + len(roads.places.bays)
    gate = np.arange(n_row)
    node = network.node_rows(network.links["from_node"])
    limited = np.flatnonzero(network.nodes["capacity"].notna().to_numpy()[node])
    nodes, shared = np.unique(node[limited], return_inverse=True)
    gate[limited] = n_row + shared
    capacity = in_steps(network.nodes["capacity"], MICRO).to_numpy()[nodes]
    return {"link_gate": gate, "gate_headway": np.append(np.zeros(n_row, np.int64), up(MS * MICRO, capacity))}


def _groups(roads: Roads) -> Table:
    """Return the lane groups; entries are rounded up to the millisecond and exits down.

    So a head that follows another at saturation is ready when the gate of an equally wide link opens again, never one
    millisecond late.
    """
    network = roads.network
    own = np.maximum(MS * MICRO // network.group_capacity, 1)
    shared = np.maximum(MS * MICRO // roads.network.link_capacity[roads.split], 1)
    link = roads.group_link.copy()
    link[roads.pieces] = roads.n_link + np.arange(len(roads.pieces))
    n_bay = int(roads.places.bays["bays"].sum())
    place = np.repeat(np.arange(len(roads.places.bays)), roads.places.bays["bays"])
    lanes = network.lane_groups["lanes"].to_numpy(np.int64)
    split_lanes = network.links["lanes"].to_numpy(np.int64)[roads.split]
    rest = np.ones(roads.n_link + n_bay, np.int64)
    return {
        "group_headway": np.concatenate([own, shared, rest]),
        "group_link": np.concatenate([link, roads.split, np.full(roads.n_link, NOWHERE), roads.first_place + place]),
        "group_overtakes": np.concatenate([np.append(lanes, split_lanes) > 1, np.zeros(len(rest), np.bool_)]),
    }


def _turns(roads: Roads) -> Table:
    network = roads.network
    turns = network.turns
    turn_in, turn_out = network.link_rows(turns["in_link"]), network.link_rows(turns["out_link"])
    weight = np.where(
        turns["weight"].isna(), roads.network.link_capacity[turn_in], in_steps(turns["weight"], MICRO).to_numpy()
    )
    lanes = network.links["lanes"].to_numpy(np.int64)
    gate = _gates(roads)["link_gate"].astype(np.int64)
    source_cost, turn_cost = _merge_costs(
        gate[: roads.n_link], gate[turn_out], source=roads.network.link_capacity // lanes, turn=weight.astype(np.int64)
    )
    n_link, n_into = roads.n_link, len(roads.into_place)
    split_of = np.full(n_link, -1)
    split_of[roads.split] = len(roads.group_link) + np.arange(len(roads.split))
    place, place_from = roads.into_place.reshape(-1, 2).T
    link = [turn_out, roads.n_link + np.arange(len(roads.pieces)), np.arange(n_link), np.full(n_link + 1, NOWHERE)]
    group = [
        network.group_of_turn, split_of[roads.group_link[roads.pieces]], roads.first_source + np.arange(n_link),
        np.append(roads.arrival_group, 0),
    ]  # fmt: skip
    cost = [turn_cost, np.ones(len(roads.pieces), np.int64), source_cost, np.ones(n_link + 1, np.int64)]
    for _ in range(2):
        link.append(roads.first_place + place)
        group.append(roads.arrival_group[place_from])
        cost.append(np.full(n_into, HEAVIEST))
    n_turn = roads.place_turn + 2 * n_into
    rest = np.zeros(n_turn - len(turns), np.int64)
    return {
        "turn_link": np.concatenate(link),
        "turn_group": np.concatenate(group),
        "turn_cost": np.concatenate(cost),
        "turn_time": np.concatenate([roads.stretches.turn_time, rest]),
        "turn_headway": np.concatenate([_turn_headway(network), rest]),
        "turn_else": np.arange(n_turn) >= roads.place_turn + n_into,
    }


def _turn_headway(network: Network) -> Longs:
    """Return what who turns adds to its lane group's headway, as a share of it : array, shape (n_turn,) [1 / UNITY]."""
    saturation = in_steps(network.turns["saturation"], MICRO).to_numpy(np.int64)
    longer: Longs = (UNITY * (MICRO - saturation) + saturation // 2) // saturation
    return longer


def _merge_costs(source_gate: Longs, turn_gate: Longs, *, source: Longs, turn: Longs) -> tuple[Longs, Longs]:
    """Return what one vehicle of each source and of each turn costs at its gate, inverse to its weight.

    The heaviest turn of a gate costs HEAVIEST; whoever has less than 1/2000 of its weight costs as if it had that.
    """
    heaviest = np.zeros(max(source_gate.max(), turn_gate.max(initial=0)) + 1, np.int64)
    np.maximum.at(heaviest, turn_gate, turn)
    of_source = np.where(heaviest[source_gate] > 0, heaviest[source_gate], source)
    shares = ((of_source, source), (heaviest[turn_gate], turn))
    source_cost, turn_cost = (np.clip(HEAVIEST * top // weight, 1, 2000 * HEAVIEST) for top, weight in shares)
    return source_cost, turn_cost


def _bays(roads: Roads) -> Table:
    return {"place_bays": roads.first_source + roads.n_link + starts(roads.places.bays["bays"].to_numpy(np.int64))}


def signal_columns(network: Network, signals: Signals, n_turn: int) -> Table:
    """Return the signal part of the columns: one row a turn that is ever held, then one that is always red.

    Amber lengthens a green by what is driven in it; behind a permitted green those who still wait clear the junction
    then, protected.
    """
    windows = _windows(network, signals)
    turn, first = np.unique(windows["turn"].to_numpy(np.int64), return_index=True)
    of_turn = np.full(n_turn, NO_SIGNAL, np.int64)
    of_turn[turn] = np.arange(len(turn))
    red = {"cycle": 2 * NEVER_GREEN - 1, "offset": 0, "start": NEVER_GREEN, "length": 1, "loss": 0, "permitted": 0}
    columns = {name: np.append(windows[name].to_numpy(np.int64), value) for name, value in red.items()}
    rows = np.append(first, len(windows))
    return {
        "turn_signal": of_turn,
        "signal_cycle": columns["cycle"][rows],
        "signal_offset": columns["offset"][rows],
        "signal_windows": np.append(rows, len(windows) + 1),
        "window_start": columns["start"],
        "window_length": columns["length"],
        "window_loss": columns["loss"],
        "window_permitted": columns["permitted"] > 0,
    }


def _windows(network: Network, signals: Signals) -> pd.DataFrame:
    """Return the windows of each turn [ms]: greens with what is driven of the amber, by turn and start."""
    greens, plans = signals.greens, signals.plans
    own = plans.set_index("signal_id").loc[greens["signal_id"]].reset_index()
    windows = pd.DataFrame(
        {
            "turn": network.turn_index.get_indexer(pd.MultiIndex.from_frame(greens[["in_link", "out_link"]])),
            "cycle": _ms(own["cycle"]),
            "start": _ms(greens["start"]),
            "length": _ms(greens["length"]),
            "loss": _ms(own["startup_loss"]),
            "permitted": greens["permitted"].to_numpy(np.int64),
            "used": _ms(own["amber"].clip(upper=AMBER_USED)),
        }
    )
    windows["offset"] = _ms(own["offset"]) % windows["cycle"]
    windows = windows.sort_values(["turn", "start"]).reset_index(drop=True)
    windows["used"] = np.minimum(windows["used"], _until_next(windows) - windows["length"])
    clearing = windows[(windows["permitted"] > 0) & (windows["used"] > 0)]
    after = (clearing["start"] + clearing["length"]) % clearing["cycle"]
    cleared = clearing.assign(start=after, length=clearing["used"], permitted=0)
    windows["length"] += windows["used"].where(windows["permitted"] == 0, 0)
    windows = pd.concat([windows, cleared]).sort_values(["turn", "start"]).reset_index(drop=True)
    # No red before it, no starting up; a turn that is green for the whole cycle, protected, is not held at all.
    closes = windows["start"] + windows["length"]
    of_turn = closes.groupby(windows["turn"])
    before = of_turn.shift(1).fillna(of_turn.transform("last"))
    windows.loc[(before - windows["start"]) % windows["cycle"] == 0, "loss"] = 0
    full = (windows["length"] >= windows["cycle"]) & (windows["permitted"] == 0)
    return windows[~full].reset_index(drop=True)


def _until_next(windows: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Return the time from the start of each window to the start of the turn's next one; windows are sorted."""
    starts_at = windows.groupby("turn")["start"]
    following = starts_at.shift(-1).fillna(starts_at.transform("first") + windows["cycle"])
    return (following - windows["start"]).to_numpy(np.int64)


def _ms(seconds: pd.Series) -> npt.NDArray[np.int64]:
    return (seconds * MS).round().to_numpy(np.int64)


def columns_table(tables: Mapping[str, npt.NDArray[np.generic]]) -> dict[str, Any]:
    """Return columns as the kernel's integers; the doors of the tables keep them in range."""
    return {name: values if values.dtype == np.bool_ else ints(values) for name, values in tables.items()}


def ints(values: npt.NDArray[np.generic]) -> Ints:
    """Return values as the kernel's integers.

    Raises
    ------
    BadTable
        If a value is too large for them.
    """
    if len(values) and not (values.min() >= np.iinfo(np.int32).min and values.max() < 2**31):
        raise BadTable(
            "a link holds, lets out or takes more than the engine can count: check lengths, lanes and capacities"
        )
    return np.ascontiguousarray(values, dtype=np.int32)
