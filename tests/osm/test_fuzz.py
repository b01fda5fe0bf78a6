"""Fuzz: whatever is done to a file, it is read or refused in our own words, soon, and with little memory."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter

import pytest

from tests.osm.fuzz import FOLDER, FOREIGN, LINES

MOST_SECONDS, MOST_MEGABYTES = 10.0, 2000.0


def outcomes(folder, first, last):
    """Return what came of the files of these numbers, read by another process, because it might die of one."""
    command = [sys.executable, "-m", "tests.osm.fuzz", str(folder), str(first), str(last)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=MOST_SECONDS * (last - first), check=False)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, f"{lines[-1:]}: exit code {done.returncode}\n{done.stderr[-3000:]}"
    return [{**told, **came} for told, came in zip(lines[::2], lines[1::2], strict=True)]


def judge(found):
    for one in found:
        assert one["seconds"] < MOST_SECONDS, one
        assert one["megabytes"] < MOST_MEGABYTES, one
        assert FOREIGN not in one["outcome"], one
        assert one["outcome"] == "read" or one["file"] in one["outcome"], one
        if one["kind"] in {"coordinates", "references"} and "cannot be read" in one["outcome"]:
            assert re.search(r", (in|after) (node|way|relation):\S*\): ", one["outcome"]), one
        if one["kind"] == FOLDER:
            assert "is a folder" in one["outcome"], one
    kinds = Counter(one["kind"] for one in found if one["outcome"] == "read")
    assert kinds.keys() >= LINES.keys(), kinds  # spoilt tags alone do not make a file unreadable
    assert sum(kinds.values()) < len(found)
    endings = {".".join(one["file"].split(".")[1:]) for one in found if one["outcome"] == "read"}
    assert endings >= {"osm", "osm.gz", "osm.bz2"}, endings
    assert any("twin.read_town" in one["outcome"] for one in found)


def test_spoilt_files_are_read_or_refused(tmp_path):
    judge(outcomes(tmp_path, 0, 80))


@pytest.mark.prove
@pytest.mark.parametrize("first", range(1000, 3000, 500))
def test_two_thousand_spoilt_files_are_read_or_refused(tmp_path, first):
    judge(outcomes(tmp_path, first, first + 500))
