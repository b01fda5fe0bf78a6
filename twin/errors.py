"""Errors: every error that is ours, each naming the thing, the value and the remedy.

TownError
├── BadTable        a table of a network, demand or signals that cannot be used
├── BadSource       a file or a place that cannot be read
├── UnknownName     a street, link, class or town that is not there
└── Cancelled       a run that was stopped on request
"""

from __future__ import annotations


class TownError(Exception):
    """Any error that towntwin raises on purpose."""


class BadTable(TownError, ValueError):
    """A table cannot be used; the text names table, column, id, value and remedy."""


class BadSource(TownError, ValueError):
    """A file or place cannot be read; the text names it and what to use instead."""


class UnknownName(TownError, LookupError):
    """A name or id is not in the town; the text names what is close to it."""


class Cancelled(TownError):
    """A run was stopped on request; nothing was changed."""
