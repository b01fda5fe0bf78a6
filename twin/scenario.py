"""Scenario: everything that we decide - roads, trips, signals, and the changes made to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from numbers import Integral
from types import MappingProxyType
from typing import Protocol

import numpy as np
import pandas as pd

from twin.demand import Demand
from twin.errors import BadTable
from twin.events import checked_events, event_numbers, no_events
from twin.fingerprint import fingerprint
from twin.match import links_named
from twin.network import MILLI, Network, Rows, in_steps
from twin.places import Places, no_places
from twin.signals import Signals, no_signals
from twin.turning import times_at
from twin.units import MS, from_kmh


class Change(Protocol):
    """A decision that turns a scenario into another one."""

    def apply(self, scenario: Scenario) -> Scenario:
        """Return the scenario with this change made."""

    def sentence(self, network: Network) -> str:
        """Say in words what is changed, with the street names of a network."""


MOST_JITTER = 86_400.0
"""A trip departs at most a day earlier or later than planned [s]."""

PATIENCE = (120.0, 600.0)
"""Seconds from which it is drawn how long a driver stands before a full link until it takes another way: a guess."""

MOST_PATIENCE = 864_000.0
"""Ten days [s]: longer than any run."""


@dataclass(frozen=True, eq=False)
class Scenario:
    """A town on one day: frozen, and changed only into a new one.

    Parameters
    ----------
    network : Network
    demand : Demand
    signals : Signals
    places : Places
    events : DataFrame
        What changes on the roads at a moment of the day; see ``twin.events.checked_events``.
    name : str
    departure_jitter : float [s]
        On any one day each trip departs this much earlier or later at the most (evenly distributed, by seed).
    patience : tuple of float, optional [s]
        The least and the most that a trip waits at the head of a queue for a link without room, before it takes another
        way if there is one (evenly distributed, by seed); None = for ever.
    changes : tuple of Change
        What was changed since the town was built, in order.
    provenance : mapping of str to str
        Source, licence and attribution of the data; ``stylised`` where streets were drawn and are not the real ones.
    built : Network, optional
        The network before any change (default: ``network``): what a change sets anew is derived from it, so that of
        two speed limits on one street the last alone decides.

    Raises
    ------
    BadTable
        If trips or signals speak of nodes or turns that the network does not have.
    """

    network: Network
    demand: Demand
    signals: Signals = field(default_factory=no_signals)
    places: Places = field(default_factory=no_places)
    events: pd.DataFrame = field(default_factory=no_events)
    name: str = "unnamed"
    departure_jitter: float = 0.0
    patience: tuple[float, float] | None = PATIENCE
    changes: tuple[Change, ...] = ()
    provenance: Mapping[str, str] = field(default_factory=dict)
    built: Network | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "provenance", MappingProxyType(dict(self.provenance)))
        if self.built is None or self.built.shape_fingerprint != self.network.shape_fingerprint:
            object.__setattr__(self, "built", self.network)
        object.__setattr__(self, "events", checked_events(self.events, self.network))
        self._check_stays_and_classes()
        for column in ("origin", "destination"):
            trips = self.demand.trips[self.demand.trips[column] != ""]  # without a destination: ends with a stay
            unknown = trips[~trips[column].isin(self.network.nodes["node_id"])]
            if len(unknown):
                trip = unknown.iloc[0]
                raise BadTable(f"table trips, trip_id {trip['trip_id']}: {column} {trip[column]!r} is not a node")
        for name, table in (("greens", self.signals.greens), ("phases", self.signals.phases)):
            held = pd.MultiIndex.from_frame(table[["in_link", "out_link"]])
            unknown = table[~held.isin(self.network.turn_index)]
            if len(unknown):
                turn = unknown.iloc[0]
                raise BadTable(f"table {name}: there is no turn from link {turn['in_link']!r} to {turn['out_link']!r}")
        if not 0 <= self.departure_jitter <= MOST_JITTER:
            raise BadTable(f"departure_jitter = {self.departure_jitter} s must be between 0 and a day")
        object.__setattr__(self, "patience", _checked_patience(self.patience))

    def _check_stays_and_classes(self) -> None:
        bays, stays = self.places.bays, self.demand.stays
        astray = bays[~bays["node_id"].isin(self.network.nodes["node_id"])]
        if len(astray):
            place = astray.iloc[0]
            raise BadTable(f"table bays, place_id {place['place_id']!r}: node_id {place['node_id']!r} is not a node")
        classes = set(self.demand.classes["vehicle_class"])
        for link, only in zip(self.network.links["link_id"], self.network.links["only"], strict=True):
            if not classes.issuperset(only):
                name = min(set(only) - classes)
                raise BadTable(
                    f"table links, link_id {link!r}: only names {name!r}, which is not in table classes "
                    f"({', '.join(sorted(classes))})"
                )
        known = set(bays["place_id"])
        for trip, places in zip(stays["trip_id"], stays["place_id"], strict=True):
            for place in places:
                if place not in known:
                    raise BadTable(
                        f"table stays, trip_id {trip}: place_id {place!r} is not in table bays of the places"
                    )

    def __repr__(self) -> str:
        return f"Scenario({self.name!r}: {self.network}, {self.demand}, {self.signals})"

    def change(self, *changes: Change, name: str | None = None) -> Scenario:
        """Return a new scenario with changes made, in order; this one stays as it is.

        Parameters
        ----------
        *changes : Change
            Such as ``Close("Mannerheimintie")`` or ``SpeedLimit("residential", kmh=30)``.
        name : str, optional
            What to call it; default: the sentences of its changes.

        Raises
        ------
        UnknownName
            If a change names what the town does not have.
        BadTable
            If something is not a change.
        """
        changed = self
        for one in changes:
            if not (hasattr(one, "apply") and hasattr(one, "sentence")):
                raise BadTable(f'{one!r} is not a change: write for instance change(Close("Mannerheimintie"))')
            changed = replace(one.apply(changed), changes=(*changed.changes, one))
        return replace(changed, name=name or (changed.sentence() if changes else self.name))

    def sentence(self) -> str:
        """Say in words what was changed since the town was built."""
        return "; ".join(self.sentences())

    def sentences(self) -> list[str]:
        """Say in words what each change does."""
        return [change.sentence(self.network) for change in self.changes]

    @property
    def labels(self) -> tuple[str, ...]:
        """Keys of the words that must stand wherever this scenario is shown."""
        marks = {
            "stylised_streets": "stylised" in self.provenance,
            "synthetic_demand": self.demand.synthetic,
            "inferred_signals": self.signals.plans["inferred"].any(),
        }
        return tuple(key for key, holds in marks.items() if holds)

    @cached_property
    def trip_ends(self) -> Rows:
        """Rows of the nodes of origin and destination of each trip : array, shape (n_trip, 2)."""
        trips = self.demand.trips
        return np.stack([self.network.node_rows(trips[end]) for end in ("origin", "destination")], axis=1)

    @cached_property
    def fingerprint(self) -> str:
        """Fingerprint of tables and changes, the same on every machine."""
        tables = (
            self.network.fingerprint, self.demand.fingerprint, self.signals.fingerprint, self.places.fingerprint
        )  # fmt: skip
        jitter = str(round(self.departure_jitter * MS))
        patience = "none" if self.patience is None else " ".join(str(round(limit * MS)) for limit in self.patience)
        return fingerprint([*tables, *event_numbers(self.events), jitter, patience, *self.sentences()])


def _checked_patience(limits: tuple[float, float] | None) -> tuple[float, float] | None:
    if limits is None:
        return None
    try:
        least, most = (float(limit) for limit in limits)
    except (TypeError, ValueError):
        least, most = np.nan, np.nan
    if not 0 <= least <= most <= MOST_PATIENCE:
        raise BadTable(
            f"patience = {limits!r} must be the least and the most seconds that a driver waits, such as {PATIENCE}, at "
            f"most {MOST_PATIENCE:.0f}; None = for ever"
        )
    return least, most


@dataclass(frozen=True, init=False)
class Close:
    """Close streets to all traffic.

    Parameters
    ----------
    *what : str or int
        Street names, classes of road or numbers of OSM ways, in both directions; or link_ids, each one direction of a
        block.

    Raises
    ------
    BadTable
        If no street is named, or something is neither a text nor a number.
    """

    what: tuple[str | int, ...]

    def __init__(self, *what: str | int) -> None:
        object.__setattr__(self, "what", _named(what, "Close"))

    def apply(self, scenario: Scenario) -> Scenario:
        """Return the scenario with these links closed."""
        links = scenario.network.links.copy()
        for name in self.what:
            links.loc[links_named(scenario.network, name), "closed"] = True
        return replace(scenario, network=scenario.network.with_links(links))

    def sentence(self, network: Network) -> str:
        """Say what is closed."""
        return "Close " + _spoken(self.what, network)


@dataclass(frozen=True, init=False)
class SpeedLimit:
    """Set another speed.

    Parameters
    ----------
    *what : str or int
        Street names, classes of road, link_ids, or numbers of OSM ways.
    kmh : float [km/h]
        The free speed from now on.

    Notes
    -----
    Capacity a lane is that of the town as it was built where the triangular diagram allows it, and else what it allows
    with the wave speed w and jam density k that the link was built with: u w k / (u + w). Exit capacities of lane
    groups stay; turning costs less time where one drives more slowly (``twin.turning``).
    """

    what: tuple[str | int, ...]
    kmh: float

    def __init__(self, *what: str | int, kmh: float) -> None:
        object.__setattr__(self, "what", _named(what, "SpeedLimit"))
        from_kmh(kmh)
        object.__setattr__(self, "kmh", kmh)

    def apply(self, scenario: Scenario) -> Scenario:
        """Return the scenario with this speed on these links."""
        network = scenario.network
        rows = np.unique(np.concatenate([links_named(network, name) for name in self.what]))
        return replace(
            scenario, network=with_speed(network, scenario.built or network, rows=rows, speed=from_kmh(self.kmh))
        )

    def sentence(self, network: Network) -> str:
        """Say which speed holds where."""
        return f"{self.kmh:g} km/h on {_spoken(self.what, network)}"


def with_speed(network: Network, built: Network, *, rows: Rows, speed: float) -> Network:
    """Return a network with another free speed on some links; what follows from it is derived from the one built.

    Parameters
    ----------
    network, built : Network
    rows : array, shape (n,)
        Rows of links.
    speed : float [m/s]
    """
    links = network.links.copy()
    wave, jam = built.wave_speed[rows], built.links["jam_density"].to_numpy()[rows]
    allowed = speed * wave * jam / (speed + wave)
    links.loc[rows, "free_speed"] = speed
    links.loc[rows, "capacity"] = np.minimum(built.links["capacity"].to_numpy()[rows], allowed)
    driven = in_steps(links["free_speed"], MILLI).to_numpy() / MILLI
    return network.with_links(links, network.turns.assign(turn_time=times_at(driven, built)))


def _spoken(what: Sequence[str | int], network: Network) -> str:
    return ", ".join(dict.fromkeys(spoken(name, network) for name in what))


def spoken(what: str | int, network: Network) -> str:
    """Say which street is meant: a link or way by the street that it is a part of."""
    links = network.links
    if isinstance(what, int):
        part = links[[what in ways for ways in links["osm_ways"]]]
        return f"way {what} ({', '.join(sorted({*part['name']}))})" if part["name"].any() else f"way {what}"
    if (links["link_id"] == what).any():
        street = links.loc[links["link_id"] == what, "name"].iloc[0]
        return f"a block of {street}" if street else f"link {what}"
    a_class = (links["road_class"] == what).any() and not (links["name"] == what).any()
    return f"{what} roads" if a_class else what


def _named(what: Sequence[str | int], change: str) -> tuple[str | int, ...]:
    if not what:
        raise BadTable(f'{change}() names no street: write for instance {change}("Mannerheimintie")')
    for name in what:
        if isinstance(name, bool) or not (isinstance(name, Integral) or (isinstance(name, str) and name)):
            raise BadTable(
                f"{change}({name!r}): a street is a text or the number of an OSM way; of many: {change}(*streets)"
            )
    return tuple(name if isinstance(name, str) else int(name) for name in what)
