"""Fixes: corrections of what the map says wrong, as changes on OpenStreetMap ids, kept in a file beside the town."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from twin.errors import BadSource, BadTable, TownError, UnknownName
from twin.match import links_named
from twin.network import Network, Rows, notes_table
from twin.osm.graph import JAM_DENSITY, capacity
from twin.osm.lanes import by_rule
from twin.quality import SIGNAL
from twin.scenario import Scenario, spoken, with_speed
from twin.signals import Signals, infer_plans
from twin.units import from_kmh

FILE = "fixes.toml"
"""The file of a town folder that lists its fixes."""

MOST_LANES = 16
"""More lanes than this are taken for a slip of the pen."""

MOST_WAY = 2**63
"""No way of OpenStreetMap has a number as large as this."""

_NODE = "node:"
_GUESSES = {
    "lanes": ("guessed lanes", "guessed lane groups", "guessed pocket"),
    "kmh": ("guessed speed",),
    "signal": (SIGNAL,),
}
_KINDS: dict[str, type | tuple[type, ...]] = {"lanes": int, "kmh": (int, float), "name": str, "signal": bool}


@dataclass(frozen=True)
class Fix:
    """Correct what the map says of a street or a junction.

    The town is then as if it had been built so: later changes start from it, and what was fixed counts as known.

    Parameters
    ----------
    what : str or int
        The number of an OSM way, a link_id or the name of a street; or ``"node:..."`` with a node_id.
    lanes : int, optional
        Lanes in each direction that is meant, along the way and at its end. The lanes for turns follow by rule.
    kmh : float, optional [km/h]
        The free speed.
    name : str, optional
        The street's name.
    signal : bool, optional
        Whether the junction (``"node:..."``) has traffic signals. New ones get the shortest plan.

    Raises
    ------
    BadTable
        If nothing is corrected, a value is impossible, or signals are said of a street.

    Examples
    --------
    >>> Fix(4252332, lanes=2, kmh=40)
    Fix(what=4252332, lanes=2, kmh=40, name=None, signal=None)
    """

    what: str | int
    lanes: int | None = None
    kmh: float | None = None
    name: str | None = None
    signal: bool | None = None

    def __post_init__(self) -> None:
        if isinstance(self.what, Integral) and not isinstance(self.what, bool) and abs(self.what) < MOST_WAY:
            object.__setattr__(self, "what", int(self.what))
        elif not (isinstance(self.what, str) and self.what):
            called = hex(self.what) if type(self.what) is int else repr(self.what)
            raise BadTable(f"Fix({called:.40}): a street is a text or the number of an OSM way")
        given = [key for key in _KINDS if getattr(self, key) is not None]
        if not given:
            raise BadTable(f"Fix({self.what!r}) corrects nothing: give {', '.join(_KINDS)}")
        for key in given:
            value = getattr(self, key)
            if not isinstance(value, _KINDS[key]) or isinstance(value, bool) != (key == "signal"):
                raise BadTable(f"Fix({self.what!r}): {key} = {value!r} is of the wrong kind: see the examples of Fix")
        if (self.signal is not None) != self._is_node or (self._is_node and len(given) > 1):
            raise BadTable(f'Fix({self.what!r}): signal is for junctions ("node:..."), and nothing else is')
        if self.lanes is not None and not 1 <= self.lanes <= MOST_LANES:
            lanes = self.lanes if abs(self.lanes) < MOST_WAY else hex(self.lanes)
            raise BadTable(f"Fix({self.what!r}): lanes = {lanes!s:.40} must be from 1 to {MOST_LANES}")
        try:
            from_kmh(1.0 if self.kmh is None else self.kmh)
        except ValueError as error:
            raise BadTable(f"Fix({self.what!r}): {error}") from None

    @property
    def _is_node(self) -> bool:
        return isinstance(self.what, str) and self.what.startswith(_NODE)

    def apply(self, scenario: Scenario) -> Scenario:
        """Return the scenario with this corrected, in the town as it was built too."""
        built = scenario.built or scenario.network
        if self._is_node:
            held = self._held(scenario)
            own = scenario.signals.greens.loc[scenario.signals.greens["signal_id"].isin(held), "in_link"]
            ends = scenario.network.links.set_index("link_id")["to_node"].loc[own]
            known = {str(self.what), *(_NODE + ends)}
            now, then = (self._noted(network, known) for network in (scenario.network, built))
            return replace(scenario, signals=self._signals(scenario, held), network=now, built=then)
        return replace(scenario, network=self._fixed(scenario.network, built), built=self._fixed(built, built))

    def sentence(self, network: Network) -> str:
        """Say what is corrected."""
        where = spoken(self.what, network) if isinstance(self.what, int) else self.what
        return f"Correct {where}: {self._words()}"

    @property
    def _subject(self) -> str:
        return f"way:{self.what}" if isinstance(self.what, int) else self.what

    def _words(self) -> str:
        said = {"lanes": f"{self.lanes} lanes", "kmh": f"{self.kmh} km/h", "name": f"named {self.name!r}"}
        said["signal"] = "signals" if self.signal else "no signals"
        return ", ".join(words for key, words in said.items() if getattr(self, key) is not None)

    def _fixed(self, network: Network, built: Network) -> Network:
        """Return a network with lanes, speed and name corrected, and with a note that says so."""
        rows = links_named(network, self.what)
        links, groups, turns = network.links.copy(), network.lane_groups, network.turns
        if self.name is not None:
            links.loc[rows, "name"] = self.name
        if self.lanes is not None:
            links.loc[rows, "lanes"] = self.lanes
            groups, turns = _with_lanes(network, rows, self.lanes)
        fixed = Network(
            network.nodes, links, lane_groups=groups, turns=turns, yields=network.yields, notes=network.notes
        )  # fmt: skip
        if self.kmh is not None:
            fixed = _at_speed(fixed, built, rows, from_kmh(self.kmh))
        named = {f"link:{link_id}" for link_id in links["link_id"].iloc[rows]}
        ways, others = (set(part.explode()) for part in (links["osm_ways"].iloc[rows], links["osm_ways"].drop(rows)))
        return self._noted(fixed, named | {f"way:{way}" for way in ways - others})

    def _noted(self, network: Network, subjects: set[str]) -> Network:
        """Return a network without the notes on what is known now of these subjects, and with one that says so."""
        known = [kind for key, kinds in _GUESSES.items() if getattr(self, key) is not None for kind in kinds]
        left = network.notes[~(network.notes["kind"].isin(known) & network.notes["subject"].isin(subjects))]
        return network.with_notes(pd.concat([left, notes_table([("fixed", self._subject, self._words())])]))

    def _held(self, scenario: Scenario) -> set[str]:
        """Return the signals that a junction has."""
        node, links, greens = str(self.what).removeprefix(_NODE), scenario.network.links, scenario.signals.greens
        if not (scenario.network.nodes["node_id"] == node).any():
            raise UnknownName(f"there is no junction {self.what!r} in this town: nodes['node_id'] lists all")
        coming = links.loc[links["to_node"] == node, "link_id"]
        return set(greens.loc[greens["in_link"].isin(coming), "signal_id"])

    def _signals(self, scenario: Scenario, held: set[str]) -> Signals:
        """Return the signals with those of a junction added or taken away."""
        node, old = str(self.what).removeprefix(_NODE), scenario.signals
        if self.signal:
            flows = np.zeros(len(scenario.network.turns))
            new = infer_plans(scenario.network, {} if held else {node: node}, flows)
            plans, greens = pd.concat([old.plans, new.plans]), pd.concat([old.greens, new.greens])
        else:
            plans, greens = (table[~table["signal_id"].isin(held)] for table in (old.plans, old.greens))
        names = set(plans["signal_id"])
        return Signals(
            plans, greens, phases=old.phases[old.phases["signal_id"].isin(names)],
            controllers={name: one for name, one in old.controllers.items() if name in names},
        )  # fmt: skip


def read_fixes(folder: str | Path) -> list[Fix]:
    """Return the fixes that the file fixes.toml of a town folder lists; none without one.

    It holds tables ``[[fix]]`` with the arguments of ``Fix``: ``what``, and ``lanes``, ``kmh``, ``name`` or ``signal``.

    Raises
    ------
    BadSource
        If the file cannot be read or an entry is not a fix: the text names file, entry and remedy.
    """
    path = Path(folder) / FILE
    if not path.exists():
        return []
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise BadSource(f"{path} cannot be read as TOML ({error}): mend it, or take it away to do without") from error
    entries = said.get("fix", [])
    if set(said) - {"fix"} or not isinstance(entries, list):
        raise BadSource(f"{path}: it holds {', '.join(sorted(said))}, and should hold tables [[fix]] alone")
    return [_read(path, number, entry) for number, entry in enumerate(entries, 1)]


def with_fixes(scenario: Scenario, folder: str | Path) -> Scenario:
    """Return a town with the fixes of its folder made, each a change that ``scenario.changes`` lists.

    Raises
    ------
    BadSource
        If a fix cannot be read, or names what the town no longer has.
    """
    for number, fix in enumerate(read_fixes(folder), 1):
        try:
            scenario = scenario.change(fix, name=scenario.name)
        except TownError as error:
            raise BadSource(f"{Path(folder) / FILE}, fix {number}: {error}; correct it or take it out") from error
    return scenario


def _read(path: Path, number: int, entry: Mapping[str, Any]) -> Fix:
    unknown = set(entry) - {"what", *_KINDS} if isinstance(entry, Mapping) else {"no table"}
    if unknown or "what" not in entry:
        raise BadSource(
            f"{path}, fix {number}: {', '.join(sorted(unknown)) or 'what is missing'}; a fix has what, and "
            f"{', '.join(_KINDS)}"
        )
    try:
        return Fix(**entry)
    except TownError as error:
        raise BadSource(f"{path}, fix {number}: {error}") from error


def _at_speed(network: Network, built: Network, rows: Rows, speed: float) -> Network:
    """Return a network with another speed on some links; streets of OpenStreetMap carry what they do at that speed."""
    fixed = with_speed(network, built, rows=rows, speed=speed)
    links = fixed.links.copy()
    own = links.iloc[rows]
    drawn = rows[(own["osm_ways"].map(bool) & (own["jam_density"] == JAM_DENSITY)).to_numpy(np.bool_)]
    links.loc[drawn, "capacity"] = [capacity(speed, road_class) for road_class in links["road_class"].iloc[drawn]]
    return fixed.with_links(links)


def _with_lanes(network: Network, rows: Rows, lanes: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return lane groups and turns of a network where links have other lanes, shared out among turns by rule.

    Where less than the lanes would carry comes out of a link, as where everybody stops, so it does of each lane.
    """
    turns, fixed = network.turns.copy(), set(network.links["link_id"].iloc[rows])
    exits = network.lane_groups.set_index("link_id")[["lanes", "exit_capacity"]]
    made = []
    for link_id in sorted(fixed):
        own, out = turns["in_link"] == link_id, exits.loc[[link_id]].sum(skipna=False)
        for number, group in enumerate(by_rule(lanes, frozenset(turns.loc[own, "kind"]))):
            most = out["exit_capacity"] / out["lanes"] * group.lanes
            made.append({"link_id": link_id, "lane_group": number, "lanes": group.lanes, "exit_capacity": most})
            turns.loc[own & turns["kind"].isin(group.kinds), "lane_group"] = number
    others = network.lane_groups[~network.lane_groups["link_id"].isin(fixed)]
    return pd.concat([others, pd.DataFrame(made)], ignore_index=True), turns
