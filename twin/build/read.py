"""Read: a living town of a place, of an extract of OpenStreetMap, or of a graph of osmnx."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from twin.build.fitting import LOAD
from twin.build.town import MORNING, Wishes, town_of_extract
from twin.demand.day import window
from twin.errors import BadSource
from twin.osm import DEADLINE, Place, Source, find, is_graph, read, told_by_lines
from twin.scenario import Scenario
from twin.shelf import town_of
from twin.simulate.drive import Progress
from twin.simulate.warm import warm_in_background

if TYPE_CHECKING:
    import networkx as nx

_MOST_TRIPS = 10_000_000
_READ = 0.4  # share of the time when the roads are known


def read_osm(
    source: Source | nx.MultiDiGraph,
    *,
    load: float = LOAD,
    total: int | None = None,
    hours: tuple[str, str] = MORNING,
    buses: bool = False,
    seed: int = 0,
    deadline: float = DEADLINE,
    progress: Progress | None = None,
) -> Scenario:
    """Make a living town of a place, of an extract of OpenStreetMap, or of a graph of osmnx.

    A file is read from where it is. A place is taken from the cache if it was asked for before (remove its folder there
    to have newer data), else fetched: its outline from Nominatim, its map from Overpass. The cache is
    ``towntwin/places`` in the folder that the environment variable TWIN_CACHE names, else in XDG_CACHE_HOME or
    ~/.cache; the servers are those whose addresses TWIN_NOMINATIM and TWIN_OVERPASS hold, else those of the
    OpenStreetMap community.

    Parameters
    ----------
    source : str, Path, four floats, Polygon, MultiPolygon or networkx.MultiDiGraph
        An .osm, .osm.gz, .osm.bz2 or .osm.pbf file; or the name of a place ("Yunqi Town, Hangzhou"); or a box as west,
        south, east, north [degrees], also as a text "120.06,30.11,120.10,30.14"; or a shapely polygon in longitude and
        latitude (WGS-84). Roads are cut where they leave the place. Or a graph for driving as osmnx makes it,
        simplified or not, projected or not; or its file (.graphml), as ``osmnx.save_graphml`` writes it. A graph has no
        turn restrictions, buildings or, once simplified, signals between junctions; notes and provenance say so. Where
        several values were kept for one edge, ``scenario.network.notes`` says which was taken.
    load : float
        How full the busiest 5 % of lane groups are in the busiest hour of the day (flow / capacity), unless one of them
        would be more than OUTLIER times as full: scales the synthetic demand.
    total : int, optional
        The number of trips within the hours, where it is known; then the load follows.
    hours : tuple of str
        The part of the day that is made: the morning, ``("06:30", "09:30")``, unless told otherwise, so that answers
        come fast; ``("00:00", "24:00")`` is the whole day. A morning is the part of the day with the same load and
        seed: the same trips under the same numbers, the same signals.
    buses : bool
        Whether bus lines are driven too (``twin.build.buses``). Where no headway is tagged it is guessed, so that many
        lines on few streets can weigh more than they do.
    seed : int
        Draws who goes where and when.
    deadline : float [s]
        How long fetching may take.
    progress : callable, optional
        Called between the steps of the work with the share that is done (0 to 1); whatever it raises stops it
        (``twin.errors.Cancelled`` by custom). While a place is fetched it is called four times a second, with a number
        whose text says what is being done and for how long. Without one, lines on standard error say it.

    Returns
    -------
    Scenario
        With synthetic demand of a working day (``twin.demand.day``: work, school, shopping, other, the ways back, and
        through traffic) and inferred signal plans, both marked so; every guess is a row of ``scenario.network.notes``,
        and ``scenario.provenance`` says where the data come from and of what date they are.

    Raises
    ------
    BadSource
        If there is no such file or place, it holds no roads to drive on, or it cannot be fetched in time; the text says
        what to use instead.
    BadTable
        If the hours are no part of a day.

    Examples
    --------
    >>> from twin.towns import data_folder
    >>> read_osm(data_folder() / "helsinki" / "helsinki.osm.pbf", total=2000).provenance["attribution"]
    '© OpenStreetMap contributors'

    With a network, a place is as good as a file::

        twin.read_osm("Yunqi Town, Hangzhou")
        twin.read_osm((120.06, 30.11, 120.10, 30.14), deadline=600)
    """
    if not 0 < load < np.inf:
        raise BadSource(f"load = {load} must be above 0: how full the busiest lane groups are")
    if total is not None and not 1 <= total <= _MOST_TRIPS:
        raise BadSource(f"total = {total} must be a number of trips from 1 to {_MOST_TRIPS}")
    if not 0 < deadline < np.inf:
        raise BadSource(f"deadline = {deadline} s must be above 0: how long fetching a place may take")
    window(hours)
    wishes = Wishes(load, total, (str(hours[0]), str(hours[1])), buses, seed)
    found = source if is_graph(source) else find(source)
    if not isinstance(found, Place):
        return _made(found, "", {}, wishes, progress or (lambda _: None))

    def make(path: Path, about: Mapping[str, str]) -> Scenario:
        try:
            return _made(path, found.name, about, wishes, progress or (lambda _: None))
        except BadSource as error:
            raise BadSource(f"{found.name!r}, as OpenStreetMap has it: {error}") from error

    kept = {**wishes._asdict(), "name": found.name}
    return town_of(found, make, wishes=kept, deadline=deadline, progress=progress or told_by_lines())


def _made(
    source: Path | nx.MultiDiGraph, name: str, about: Mapping[str, str], wishes: Wishes, tell: Progress
) -> Scenario:
    """Make a town of an extract or graph; ``about`` says where that comes from, if it was fetched."""
    warm_in_background()  # the engine is compiled while the extract is read
    extract = read(source, progress=lambda share: tell(share * _READ))
    tell(_READ)
    made = town_of_extract(
        extract, wishes, name=name or extract.source["file"].split(".")[0], about=about,
        progress=lambda share: tell(_READ + (1 - _READ) * share),
    )  # fmt: skip
    tell(1.0)
    return made
