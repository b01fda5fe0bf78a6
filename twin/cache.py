"""Cache: where compiled kernels and downloaded places are kept - folders of the user's own, or none."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from numba.core import config

PRIVATE = 0o700


def own_folder(variable: str, name: str) -> Path | None:
    """Return a folder for one kind of thing that is kept, made if need be; None if there is no safe place for one.

    Whoever can write there can make us read what they like, and compiled kernels are pickles: they could run code as
    the user. So only a folder that belongs to the user and that nobody else can enter is taken: ``towntwin`` in the
    folder that the variable names, in ``XDG_CACHE_HOME`` or in ``~/.cache``, whichever is set first.

    Parameters
    ----------
    variable : str
        The name of an environment variable.
    name : str
        The name of the folder in ``towntwin``.
    """
    base = os.environ.get(variable) or os.environ.get("XDG_CACHE_HOME")
    try:
        folder = (Path(base) if base else Path.home() / ".cache").absolute() / "towntwin"
        folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE)
        facts = folder.stat()
        if facts.st_uid != os.getuid() or stat.S_IMODE(facts.st_mode) != PRIVATE:
            return None
        own = folder / name
        own.mkdir(exist_ok=True, mode=PRIVATE)
        with tempfile.TemporaryFile(dir=own):
            return own
    except (OSError, RuntimeError):  # a read-only or missing home
        return None


def place_folder() -> Path | None:
    """Return the folder for places that were downloaded: ``towntwin/places`` in ``TWIN_CACHE``, or as above."""
    return own_folder("TWIN_CACHE", "places")


def state_of_code(room: str = "") -> str:
    """Return a short name for what the source files of the package, or of one folder in it, say."""
    here = Path(__file__).parent
    digest = hashlib.sha256()
    for source in sorted((here / room).rglob("*.py")):
        content = source.read_bytes()
        digest.update(f"{source.relative_to(here)} {len(content)} ".encode() + content)
    return digest.hexdigest()[:12]


def prepare() -> None:
    """Tell numba where to keep compiled kernels; to be called before the first kernel is imported.

    Each state of the kernels has a folder of its own, since numba looks only at the file of a kernel itself and would
    keep old code of the helpers that it calls.
    """
    config.CACHE_DIR = str(own_folder("NUMBA_CACHE_DIR", state_of_code("kernels")) or "")


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
