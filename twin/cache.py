"""Cache: where compiled kernels are kept - a folder of the user's own, or none."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from numba.core import config

PRIVATE = 0o700


def kernel_folder() -> Path | None:
    """Return the folder for compiled kernels, made if need be; None if there is no safe place for one.

    Cache files are pickles: whoever can write them can run code as the user. So only a folder that belongs to the user
    and that nobody else can enter is taken: ``towntwin`` in ``NUMBA_CACHE_DIR``, ``XDG_CACHE_HOME`` or ``~/.cache``,
    whichever is set first. In it each state of the kernels has a folder of its own, since numba looks only at the file
    of a kernel itself and would keep old code of the helpers that it calls.
    """
    base = os.environ.get("NUMBA_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME")
    try:
        folder = (Path(base) if base else Path.home() / ".cache") / "towntwin"
        folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE)
        facts = folder.stat()
        if facts.st_uid != os.getuid() or stat.S_IMODE(facts.st_mode) != PRIVATE:
            return None
        own = folder / _state_of_kernels()
        own.mkdir(exist_ok=True, mode=PRIVATE)
        with tempfile.TemporaryFile(dir=own):
            return own
    except (OSError, RuntimeError):  # a read-only or missing home
        return None


def _state_of_kernels() -> str:
    """Return a short name for what the kernels' source files say."""
    sources = sorted((Path(__file__).parent / "kernels").glob("*.py"))
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:12]


def prepare() -> None:
    """Tell numba where to keep compiled kernels; to be called before the first kernel is imported."""
    config.CACHE_DIR = str(kernel_folder() or "")


def is_kept() -> bool:
    """Tell whether compiled kernels are kept from one process to the next."""
    return bool(config.CACHE_DIR)


def sentence() -> str:
    """Say where compiled kernels are kept, or that they are not."""
    if is_kept():
        return f"compiled kernels are kept in {config.CACHE_DIR}"
    return (
        "compiled kernels are not kept, since no folder of your own with mode 0700 can be written: "
        "each process compiles them anew (some seconds); set NUMBA_CACHE_DIR to a folder that you can write"
    )
