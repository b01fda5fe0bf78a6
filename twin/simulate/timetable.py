"""Timetable: events of a scenario as the numbers that the kernels set at their times."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from twin.errors import BadTable
from twin.events import GREEN, RED
from twin.kernels.columns import (
    FREE_TIME,
    GROUP_HEADWAY,
    HEADWAY,
    NO_SIGNAL,
    STORAGE,
    TURN_SIGNAL,
    WAVE_TIME,
    Longs,
)
from twin.network import MICRO, MILLI, in_steps
from twin.simulate.columns import Roads, Table, link_columns
from twin.units import MS

_PER_MILLE = 1000


@dataclass(frozen=True)
class _Road:
    """What events have made of a link so far."""

    closed: bool
    share: int  # of its capacity, per mille
    speed: int  # mm/s
    lanes: int


def timetable_columns(events: pd.DataFrame, roads: Roads, turn_signal: Longs, always_red: int) -> Table:
    """Return the timetable.

    Parameters
    ----------
    events : DataFrame
        See ``twin.events``.
    roads : Roads
    turn_signal : array, shape (n_turn,)
        Signal of each turn as planned.
    always_red : int
        Row of the signal that is never green.

    Raises
    ------
    BadTable
        If an event is about a link with pockets and sets its lanes or speed: the pockets would have to change too.
    """
    rows: list[tuple[int, int, int, int]] = []
    now: dict[int, _Road] = {}
    link_rows = roads.network.link_rows(events["link_id"])
    turn_rows = roads.network.turn_index.get_indexer(pd.MultiIndex.from_frame(events[["link_id", "out_link"]]))
    for time, kind, value, link, turn in zip(
        (events["time"] * MS).round().astype(int), events["kind"], events["value"], link_rows, turn_rows, strict=True
    ):
        if kind == "signal":
            signal = {RED: always_red, GREEN: NO_SIGNAL}.get(int(value), int(turn_signal[turn]))
            rows.append((time, TURN_SIGNAL, int(turn), signal))
            continue
        before = now.get(link, _as_built(roads, link))
        now[link] = after = _with(before, kind, value)
        if roads.pocket[link] > 0 and (before.speed, before.lanes) != (after.speed, after.lanes):
            name = roads.network.links["link_id"].iloc[link]
            raise BadTable(f"table events: link {name!r} has pockets, so its {kind} cannot change during the day")
        rows += [(time, *row) for row in _numbers(roads, link, after).items_not_in(_numbers(roads, link, before))]
    table = np.array(sorted({row[:3]: row for row in rows}.values()), np.int64).reshape(-1, 4)
    names = ("timetable_time", "timetable_kind", "timetable_row", "timetable_value")
    return dict(zip(names, table.T, strict=True))


def _as_built(roads: Roads, link: int) -> _Road:
    road = roads.network.links.iloc[link]
    return _Road(closed=False, share=_PER_MILLE, speed=round(road["free_speed"] * MILLI), lanes=int(road["lanes"]))


def _with(road: _Road, kind: str, value: float) -> _Road:
    changed = {
        "closed": lambda: replace(road, closed=value > 0),
        "capacity": lambda: replace(road, share=round(value * _PER_MILLE)),
        "speed": lambda: replace(road, speed=round(value * MILLI)),
        "lanes": lambda: replace(road, lanes=round(value)),
    }
    return changed[kind]()


class _Numbers(dict[tuple[int, int], int]):
    """Values of the columns of one link and its lane groups, by kind and row."""

    def items_not_in(self, other: _Numbers) -> list[tuple[int, int, int]]:
        """Return (kind, row, value) of what differs."""
        return [(*key, value) for key, value in self.items() if other[key] != value]


def _lane_capacity(roads: Roads, link: int, speed: int) -> int:
    """Return what a lane carries at a speed: no more than as built, nor than the wave allows, u w k / (u + w)."""
    row = roads.network.links.iloc[link]
    free, wave = speed / MILLI, float(roads.network.wave_speed[link])
    allowed = free * wave * float(row["jam_density"]) / (free + wave)
    return max(round(min(float(row["capacity"]), allowed) * MICRO), 1)


def _numbers(roads: Roads, link: int, road: _Road) -> _Numbers:
    links = roads.network.links
    lane = _lane_capacity(roads, link, road.speed)
    jam = int(in_steps(links["jam_density"], MICRO).iloc[link])
    length = int(in_steps(links["length"], MILLI).iloc[link]) - int(roads.pocket[link])
    free_time = np.array([max((length * MS + road.speed // 2) // road.speed, 1)])
    # An incident takes capacity and leaves the wave speed as it is: room comes back as fast as ever.
    whole = np.array([lane * road.lanes])
    late = roads.late[link : link + 1]
    columns = link_columns(free_time, whole, np.array([jam * road.lanes * length]), late, unit=roads.unit)
    left = max(lane * road.share // _PER_MILLE * road.lanes, 1)
    numbers = _Numbers(
        {
            (FREE_TIME, link): int(free_time[0]),
            (HEADWAY, link): -(-MS * MICRO // left),
            (STORAGE, link): 0 if road.closed else int(columns["link_storage"][0]),
            (WAVE_TIME, link): int(columns["link_wave_time"][0]),
        }
    )
    built = int(links["lanes"].iloc[link])
    for group in np.flatnonzero(roads.group_link == link):
        exit_capacity = int(roads.network.group_capacity[group]) * road.share * road.lanes // (_PER_MILLE * built)
        numbers[GROUP_HEADWAY, int(group)] = max(MS * MICRO // max(exit_capacity, 1), 1)
    return numbers
