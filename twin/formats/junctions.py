"""Junctions: lanes joined into groups by the turns that they serve, and phases joined into green windows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from twin.units import MS


def joined_lanes(lanes_of_turns: Iterable[frozenset[int]], n_lane: int) -> list[frozenset[int]]:
    """Return the lane groups of a link, that with the first lane first.

    Parameters
    ----------
    lanes_of_turns : iterable of frozenset of int
        The lanes of each turn, counted from 0 on.
    n_lane : int
        Lanes of the link.

    Returns
    -------
    list of frozenset of int
        Lanes that serve one turn together are one group, and so are all lanes without a turn.

    Examples
    --------
    >>> [sorted(group) for group in joined_lanes([frozenset({0}), frozenset({1, 2}), frozenset({2, 3})], 5)]
    [[0], [1, 2, 3], [4]]
    """
    groups: list[frozenset[int]] = []
    for lanes in lanes_of_turns:
        together = lanes.union(*(group for group in groups if group & lanes))
        groups = [group for group in groups if not group & lanes] + [together]
    rest = frozenset(range(n_lane)).difference(*groups)
    return sorted([*groups, rest] if rest else groups, key=min)


def green_windows(phases: Sequence[tuple[float, float]], *, cycle: float) -> list[tuple[float, float]]:
    """Return the green windows (start, length) [s] of a turn from the phases in which it is green.

    Parameters
    ----------
    phases : sequence of (float [s], float [s])
        Start and length of each, in order, one cycle long at the most.
    cycle : float [s]

    Returns
    -------
    list of (float [s], float [s])
        Phases that follow one another are one window, also over the end of the cycle; a window as long as the cycle
        means that the turn is never held.

    Examples
    --------
    >>> green_windows([(0, 5), (5, 30), (65, 30)], cycle=95)
    [(65.0, 65.0)]
    """
    windows: list[list[int]] = []
    for start, length in phases:
        begin, end = round(start * MS), round((start + length) * MS)
        if windows and windows[-1][1] == begin:
            windows[-1][1] = end
        else:
            windows.append([begin, end])
    if len(windows) > 1 and windows[0][0] == 0 and windows[-1][1] == round(cycle * MS):
        windows[-1][1] += windows.pop(0)[1]
    return [(begin / MS, (end - begin) / MS) for begin, end in windows]
