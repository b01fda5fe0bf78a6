"""Gravity: how trips spread over pairs of zones where nobody counted them, and whole trips drawn from that."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from twin.draws import below
from twin.errors import BadTable

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]

WEIGHT_STEP = 2**32
"""Gravity weights are kept to this part of all trips, so that the draw is made from integers on every machine; finer
steps would tell processors apart by the last bits of their exponential functions."""

_MEMBER_STEP = 2**20  # of the heaviest member
_TINY = 1e-300
_ROUNDS = 1000  # proportional fitting is done in ten where ways are alike; far-flung zones take hundreds
_NEAR_ENOUGH = 1e-6
_STUCK = 1e-9  # margins that cannot be met leave an error that no round makes smaller


def gravity(origins: Floats, destinations: Floats, *, times: Floats, decay: float) -> Floats:
    """Spread trips over pairs of zones by a doubly constrained gravity model.

    Parameters
    ----------
    origins, destinations : array, shape (n_zone,) [trips]
        Trips that begin and end in each zone; destinations are scaled to the sum of origins.
    times : array, shape (n_zone, n_zone) [s]
        Travel times; infinite where there is no way.
    decay : float [s]
        Travel time over which the wish to go falls to 1 / e; infinite: near and far are alike.

    Returns
    -------
    array, shape (n_zone, n_zone) [trips]
        Expected trips; rows sum to origins and columns to destinations, as far as ways allow. None within a zone.

    Raises
    ------
    BadTable
        If there are no origins or no destinations.

    References
    ----------
    .. [1] Wilson, A. G. (1967). A statistical theory of spatial distribution models. Transportation Research 1(3).
    .. [2] Deming, W. E., Stephan, F. F. (1940). On a least squares adjustment of a sampled frequency table when the
       expected marginal totals are known. Annals of Mathematical Statistics 11(4). (iterative proportional fitting)
    """
    if not (origins.sum() > 0 and destinations.sum() > 0):
        raise BadTable("no trips begin or none end in these zones: check homes and jobs")
    there = np.isfinite(times)
    wish: Floats = np.exp(-np.where(there, times, 0.0) / decay) * there
    np.fill_diagonal(wish, 0.0)
    goal = destinations * (origins.sum() / destinations.sum())
    # Factors of rows and columns in place of the whole table: a round is then two products of matrix and vector.
    row, column = np.ones(len(origins)), np.ones(len(goal))
    last = np.inf
    for _ in range(_ROUNDS):
        row = _share(origins, wish @ column)
        column = _share(goal, row @ wish)
        apart = float(np.abs(row * (wish @ column) - origins).max())
        if apart <= _NEAR_ENOUGH * max(float(origins.max()), 1.0) or abs(last - apart) <= _STUCK * apart:
            break
        last = apart
    trips: Floats = wish * row[:, None] * column[None, :]
    return trips


def _share(goal: Floats, have: Floats) -> Floats:
    return np.divide(goal, have, out=np.zeros_like(goal), where=have > 0)


def whole_trips(expected: Floats, ids: Longs, *, seed: int) -> Longs:
    """Draw for each trip from where to where it goes, from a table of expected trips.

    Parameters
    ----------
    expected : array, shape (n_zone, n_zone)
        Relative numbers of trips.
    ids : array, shape (n_trip,)
        Trip ids: a trip goes where it goes whoever else is drawn.
    seed : int

    Returns
    -------
    array, shape (n_trip, 2)
        Zone of origin and of destination of each trip.

    Raises
    ------
    BadTable
        If no trip is possible at all.
    """
    if not len(ids):
        return np.empty((0, 2), np.int64)
    if not (np.isfinite(expected).all() and expected.sum() > 0):
        raise BadTable("no trip is possible between these zones: check homes, jobs and the ways between them")
    ladder = np.cumsum(np.rint(expected.ravel() * (WEIGHT_STEP / expected.sum())).astype(np.int64))
    drawn = below(seed, ids, purpose="origin and destination", limit=int(ladder[-1]))
    cell = np.searchsorted(ladder, drawn, side="right")
    return np.stack(np.divmod(cell, expected.shape[1]), axis=1)


def spread(weights: Floats, group: Longs, wanted: Longs, ids: Longs, *, seed: int, purpose: str) -> Longs:
    """Draw for each trip one member of the group where it begins or ends.

    Parameters
    ----------
    weights : array, shape (n_member,)
        How often a member is chosen among those of its group.
    group : array, shape (n_member,)
        Group of each member, not falling.
    wanted : array, shape (n_trip,)
        Group in which each trip begins or ends: one with a weight above 0.
    ids : array, shape (n_trip,)
        Trip ids.
    seed : int
    purpose : str
        For what is drawn.

    Returns
    -------
    array, shape (n_trip,)
        Rows of members.
    """
    steps = np.rint(weights * (_MEMBER_STEP / max(float(weights.max(initial=0.0)), _TINY))).astype(np.int64)
    ladder = np.concatenate([[0], np.cumsum(np.where(weights > 0, np.maximum(steps, 1), 0))])
    begin, end = (ladder[np.searchsorted(group, wanted, side=side)] for side in ("left", "right"))
    drawn = below(seed, ids, purpose=purpose, limit=2**63) % np.maximum(end - begin, 1)
    member: Longs = np.searchsorted(ladder, begin + drawn, side="right") - 1
    return member


def following(member: Longs, group: Longs) -> Longs:
    """Return the next member of the same group, behind the last its first : array, shape of member.

    Parameters
    ----------
    member : array of int
        Rows of members.
    group : array, shape (n_member,)
        Group of each member, not falling.

    Examples
    --------
    >>> following(np.array([0, 1, 2]), np.array([5, 5, 9])).tolist()
    [1, 0, 2]
    """
    first, behind = (np.searchsorted(group, group[member], side=side) for side in ("left", "right"))
    on: Longs = first + (member + 1 - first) % (behind - first)
    return on
