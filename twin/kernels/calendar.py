"""Calendar: lists of events, by the page of 64 ms in which they are due and, on the open page, by the millisecond.

The lists need no order: what is due on a page is laid out by milliseconds when the page is opened, and within one
millisecond kinds of event are worked off one after another - heads that are ready (0), gates that serve (1), passing
vehicles that look (2). So hundreds of signals that turn green at once cost nothing, and the whole calendar is 49 kB: a
list for each millisecond of two minutes (half a megabyte) was measured 1.3 times slower, sorted pages five times.
"""

from __future__ import annotations

import numpy as np

from twin.kernels import helper, in_place
from twin.kernels.columns import Ints, Longs
from twin.kernels.records import NEXT, NOBODY, TIME

PAGE_BITS = 6
PAGE = 1 << PAGE_BITS
PAGES = 4096  # 262 s: longer than nearly every wait; what waits longer stays in its list for a lap
KINDS = 3

# The array of the calendar: lists of the open page (by kind and millisecond), how many events each of its milliseconds
# has, lists of all pages (by kind), and the number of the open page.
COUNTS = KINDS * PAGE
LISTS = COUNTS + PAGE
OPEN_PAGE = LISTS + KINDS * PAGES
_SIZE = OPEN_PAGE + 1


def empty_calendar() -> Ints:
    """Return a calendar without events, open at no page."""
    calendar = np.full(_SIZE, NOBODY, np.int32)
    calendar[COUNTS:LISTS] = 0
    return calendar


def put_all(records: Ints, rows: Longs, *, kind: int, calendar: Ints) -> None:
    """Put the events of these rows into the calendar at the times that stand in their records."""
    for row in rows:
        put(records, int(row), int(records[(row << 4) + TIME]), kind, calendar)


@in_place
def put(records: Ints, row: int, time: int, kind: int, calendar: Ints) -> None:
    """Put an event into the calendar."""
    record = row << 4
    records[record + TIME] = time
    page = time >> PAGE_BITS
    if page == calendar[OPEN_PAGE]:
        place = kind * PAGE + (time & (PAGE - 1))
        calendar[COUNTS + (time & (PAGE - 1))] += 1
    else:
        place = LISTS + kind * PAGES + (page & (PAGES - 1))
    records[record + NEXT] = calendar[place]
    calendar[place] = row


@helper
def take_out(records: Ints, row: int, kind: int, calendar: Ints) -> None:
    """Take a pending event out of the calendar."""
    record = row << 4
    time = records[record + TIME]
    page = time >> PAGE_BITS
    if page == calendar[OPEN_PAGE]:
        place = kind * PAGE + (time & (PAGE - 1))
        calendar[COUNTS + (time & (PAGE - 1))] -= 1
    else:
        place = LISTS + kind * PAGES + (page & (PAGES - 1))
    other = calendar[place]
    if other == row:
        calendar[place] = records[record + NEXT]
    else:
        while records[(other << 4) + NEXT] != row:
            other = records[(other << 4) + NEXT]
        records[(other << 4) + NEXT] = records[record + NEXT]


@helper
def open_page(page: int, queue: Ints, link: Ints, calendar: Ints) -> bool:
    """Lay out the events of a page by their milliseconds; tell whether there are any. The last page must be empty."""
    calendar[OPEN_PAGE] = page
    heads = _lay_out(page, queue, 0, calendar)
    gates = _lay_out(page, link, 1, calendar)
    looks = _lay_out(page, queue, 2, calendar)
    return heads or gates or looks


@helper
def _lay_out(page: int, records: Ints, kind: int, calendar: Ints) -> bool:
    """Lay out the events of one kind; those of a later lap stay in the list."""
    place = LISTS + kind * PAGES + (page & (PAGES - 1))
    row = calendar[place]
    if row == NOBODY:
        return False
    found = False
    calendar[place] = NOBODY
    while row != NOBODY:
        after = records[(row << 4) + NEXT]
        time = records[(row << 4) + TIME]
        if time >> PAGE_BITS == page:
            found = True
            put(records, row, time, kind, calendar)
        else:
            records[(row << 4) + NEXT] = calendar[place]
            calendar[place] = row
        row = after
    return found
