"""Match: where on the network is this? Street names, ids and classes of road to rows of links."""

from __future__ import annotations

import difflib

import numpy as np
import numpy.typing as npt

from twin.errors import UnknownName
from twin.network import Network


def links_named(network: Network, what: str | int) -> npt.NDArray[np.intp]:
    """Return the rows of the links that a name or id means.

    Parameters
    ----------
    network : Network
    what : str or int
        A link_id, the number of an OSM way (every link that contains it), a street name or a class of road.

    Returns
    -------
    array, shape (n,)
        Rows of ``network.links``, at least one.

    Raises
    ------
    UnknownName
        If nothing in the town has that name or id; the text offers what is close to it.
    """
    links = network.links
    if isinstance(what, int):
        found = np.array([what in ways for ways in links["osm_ways"]], bool)
    else:
        found = np.zeros(len(links), bool)
        for column in ("link_id", "name", "road_class"):
            if not found.any():
                found = (links[column] == what).to_numpy(bool)
    if not found.any():
        raise UnknownName(
            f"there is no street, link, OSM way or class of road {what!r} in this town{_hint(network, what)}"
        )
    return np.flatnonzero(found)


def _hint(network: Network, what: str | int) -> str:
    names = sorted({*network.links["name"], *network.links["road_class"]} - {""})
    folded = {name.casefold(): name for name in names}
    close = difflib.get_close_matches(str(what).casefold(), folded, n=3, cutoff=0.5)
    if close:
        return "; did you mean " + ", ".join(repr(folded[name]) for name in close) + "?"
    return "; links['name'] of the network lists all names"
