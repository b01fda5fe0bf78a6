"""Files: a table of demand as it stands in a CSV, Parquet or xlsx file, cell by cell, before anybody judges it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.errors import BadSource

ENDINGS = (".csv", ".tsv", ".txt", ".parquet", ".xlsx")
SEPARATORS = ",;\t|"

MOST_ROWS = 10_000_000
"""A table of more rows is no table of trips of one town."""

_REMEDY = "give a table as .csv, .parquet or .xlsx"
_DOUBLE_BYTES = re.compile(rb"(?:[\x00-\x7f]|[\xa1-\xfe][\xa1-\xfe])*")  # GB 2312, of which GB18030 is the superset


class Raw(NamedTuple):
    """A table as it was found.

    Parameters
    ----------
    cells : DataFrame
        Texts, numbers, times; None where a cell is empty. Columns have different names.
    row : array, shape (n_row,)
        Number of each row, as a spreadsheet shows it where the file has a line of names, else counted from 1.
    lost : list of (row, why)
        Rows that have too many or too few cells.
    uncomputed : list of (place of the row, column)
        Cells whose formula has no value.
    remarks : list of str
        How the file was read.
    """

    cells: pd.DataFrame
    row: npt.NDArray[np.int64]
    lost: list[tuple[int, str]]
    uncomputed: list[tuple[int, str]]
    remarks: list[str]


def raw(source: str | Path | pd.DataFrame, *, separator: str | None, encoding: str | None, sheet: str | None) -> Raw:
    """Return the cells of a table.

    Raises
    ------
    BadSource
        If there is no such file, it is empty, or not what its ending says.
    """
    if isinstance(source, pd.DataFrame):
        return _framed(pd.DataFrame(source).reset_index(drop=True), "the table")
    path = Path(source)
    if path.is_dir():
        raise BadSource(f"{str(path)!r} is a folder: {_REMEDY}")
    if not path.is_file():
        raise BadSource(f"there is no file {str(path)!r}: {_REMEDY}")
    if path.suffix.lower() not in ENDINGS:
        raise BadSource(f"the file {str(path)!r} ends in {path.suffix!r}: {_REMEDY}")
    if not path.stat().st_size:
        raise BadSource(f"the file {str(path)!r} is empty: {_REMEDY}")
    if path.suffix.lower() == ".parquet":
        return _parquet(path)
    if path.suffix.lower() == ".xlsx":
        return _xlsx(path, sheet)
    return _csv(path, separator, encoding)


def _framed(cells: pd.DataFrame, name: str) -> Raw:
    cells.columns = _names([str(column) for column in cells.columns], name)
    if len(cells) > MOST_ROWS:
        raise BadSource(f"{name} has {len(cells)} rows: give at most {MOST_ROWS}, or counts in place of trips")
    if not len(cells):
        raise BadSource(f"{name} has no rows: {_REMEDY}")
    return Raw(cells, np.arange(1, len(cells) + 1), [], [], [])


def _parquet(path: Path) -> Raw:
    try:
        cells = pd.read_parquet(path)
    except Exception as error:
        raise BadSource(f"the file {str(path)!r} cannot be read as Parquet ({error}): {_REMEDY}") from error
    return _framed(cells.reset_index(drop=True), f"the file {str(path)!r}")


def _csv(path: Path, separator: str | None, encoding: str | None) -> Raw:
    text, spoken = _decoded(path, encoding)
    first = text.split("\n", 1)[0]
    between = separator or max(SEPARATORS, key=first.count)
    rows: list[list[str]] = []
    try:
        rows.extend(csv.reader(io.StringIO(text, newline=""), delimiter=between, strict=True))
    except (csv.Error, TypeError) as error:
        raise BadSource(
            f"the file {str(path)!r} cannot be read as a table from row {len(rows) + 1} on ({error}): close its "
            "quotes, or name what stands between columns, as in separator=';'"
        ) from error
    remark = f"read as {spoken} with {between!r} between columns"
    return _below_names(rows, f"the file {str(path)!r}", [remark])


def _decoded(path: Path, encoding: str | None) -> tuple[str, str]:
    """Return the text of a file, and its encoding: what is said, else UTF-8, else GB18030 where it looks like that."""
    content = path.read_bytes()
    if encoding is None and content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        encoding = "utf-16"
    for known in (encoding,) if encoding else ("utf-8-sig", "gb18030"):
        if known == "gb18030" and not encoding and not _DOUBLE_BYTES.fullmatch(content):
            continue
        try:
            text = content.decode(known)
        except (UnicodeError, LookupError):
            continue
        if "\x00" in text:
            raise BadSource(f"the file {str(path)!r} is no text, whatever its ending says: {_REMEDY}")
        return text, known.replace("-sig", "").upper()
    raise BadSource(
        f"the file {str(path)!r} is not in {encoding or 'UTF-8'}: name its encoding, as in encoding='gb18030' or "
        "encoding='latin-1', or save it as UTF-8"
    )


def _xlsx(path: Path, sheet: str | None) -> Raw:
    """Return the cells of a sheet; formulas by the values that the spreadsheet program kept beside them."""
    from openpyxl import load_workbook  # noqa: PLC0415 - few need it

    try:
        books = [load_workbook(path, read_only=True, data_only=values) for values in (True, False)]
        names = [each.title for each in books[0].worksheets]
        if chosen := sheet if sheet is not None else next(iter(names), None):
            kept, written = ([list(row) for row in each[chosen].iter_rows(values_only=True)] for each in books)
        for each in books:
            each.close()
    except Exception as error:
        if sheet is not None and isinstance(error, KeyError):
            raise BadSource(f"the file {str(path)!r} has no sheet {sheet!r}: there are {', '.join(names)}") from None
        raise BadSource(f"the file {str(path)!r} cannot be read as xlsx ({error}): {_REMEDY}") from error
    if not chosen:
        raise BadSource(f"the file {str(path)!r} has no sheet with cells: {_REMEDY}")
    formulas = [
        (number, place)
        for number, row in enumerate(written)
        for place, value in enumerate(row)
        if (isinstance(value, str) and value.startswith("=")) or type(value).__name__.endswith("Formula")
    ]
    remark = f"sheet {chosen!r}" + (f" of {len(names)}" if len(names) > 1 else "")
    return _with_formulas(_below_names(kept, f"the file {str(path)!r}", [remark]), formulas)


def _with_formulas(found: Raw, formulas: Sequence[tuple[int, int]]) -> Raw:
    """Note the cells whose formula has no value beside it: no program has computed them."""
    place = {number: position for position, number in enumerate(found.row.tolist())}
    empty = [
        (place[number], str(found.cells.columns[column]))
        for number, column in ((number + 1, column) for number, column in formulas)
        if number in place and column < found.cells.shape[1] and found.cells.iloc[place[number], column] is None
    ]
    remarks = [*found.remarks, f"{len(formulas)} formulas by their values"] if formulas else found.remarks
    return found._replace(uncomputed=empty, remarks=remarks)


def _below_names(rows: list[list[Any]], name: str, remarks: list[str]) -> Raw:
    """Split rows into the line of names and what is below it; empty ones are skipped."""
    rows = [[None if cell in ("", None) else cell for cell in row] for row in rows]
    if len(rows) > MOST_ROWS:
        raise BadSource(f"{name} has {len(rows)} rows: give at most {MOST_ROWS}, or counts in place of trips")
    head = next((number for number, row in enumerate(rows) if any(cell is not None for cell in row)), -1)
    width = max((place for place, cell in enumerate(rows[head], 1) if cell is not None), default=0) if head >= 0 else 0
    if not width:
        raise BadSource(f"{name} is empty: {_REMEDY}")
    titles = _names(["" if cell is None else str(cell).strip() for cell in rows[head][:width]], name)
    body: list[list[Any]] = []
    numbers: list[int] = []
    lost: list[tuple[int, str]] = []
    for number, row in enumerate(rows[head + 1 :], head + 2):
        if all(cell is None for cell in row):
            continue
        if any(cell is not None for cell in row[width:]) or len(row) < width:
            lost.append((number, f"has {len(row)} cells where the line of names has {width}"))
            continue
        body.append(row[:width])
        numbers.append(number)
    if not (body or lost):
        raise BadSource(f"{name} has names of columns and no rows: {_REMEDY}")
    cells = pd.DataFrame(body, columns=titles, dtype=object)
    return Raw(cells, np.array(numbers, np.int64), lost, [], remarks)


def _names(titles: list[str], name: str) -> list[str]:
    twice = sorted({title for title in titles if titles.count(title) > 1 and title})
    if twice:
        raise BadSource(f"{name} has two columns {twice[0]!r}: give each column a name of its own")
    return [title or f"column {place}" for place, title in enumerate(titles, 1)]
