"""Lab: opens JupyterLab on the first notebook, with nothing that would ask the network."""

from __future__ import annotations

import importlib.util
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from twin.errors import TownError

_INSTALLED = Path(__file__).parents[1] / "notebooks"
NOTEBOOK = (_INSTALLED if _INSTALLED.is_dir() else Path(__file__).parents[2] / "notebooks") / "01_first_look.ipynb"

PORTS = 65_536
"""Ports run from 1 to one less than this."""

QUIET = (
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
    f"--LabApp.app_settings_dir={Path(__file__).parent / 'settings'}",
)
"""JupyterLab looks for news, updates and extensions on the network, and asks whether it may; the twin needs none."""


def start(options: Sequence[str]) -> NoReturn:
    """Become JupyterLab on notebook 01; options are passed on to it and win over ours.

    Raises
    ------
    TownError
        If JupyterLab or the notebook is missing, or the port that was asked for is in use.
    """
    if importlib.util.find_spec("jupyterlab") is None:
        raise TownError("JupyterLab is not installed: run `make install`")
    if not NOTEBOOK.is_file():
        raise TownError(f"{NOTEBOOK} is not there: start from a checkout of the project, with `make lab`")
    port = _port(options)
    if port is not None and not _is_free(port):
        raise TownError(f'port {port} is in use: choose another, as in make lab ARGS="--port {port + 1}"')
    own = [*QUIET, f"--ServerApp.root_dir={NOTEBOOK.parent}", f"--LabApp.default_url=/lab/tree/{NOTEBOOK.name}"]
    if port is not None:
        own.append("--ServerApp.port_retries=0")  # the port that was asked for, or none
    if os.geteuid() == 0:
        own.append("--allow-root")
    given = {option.partition("=")[0] for option in options}
    own = [option for option in own if option.partition("=")[0] not in given]
    command = [sys.executable, "-m", "jupyterlab", *own, *options]
    os.execv(sys.executable, command)  # noqa: S606 - the options are the user's own


def _port(options: Sequence[str]) -> int | None:
    """Return the port among the options, if there is one."""
    for option, following in zip(options, [*options[1:], ""], strict=True):
        name, _, value = option.partition("=")
        if name in ("--port", "--ServerApp.port"):
            text = value or following
            if not text.isdecimal():
                raise TownError(f"--port {text!r} is not a number: write for instance --port 8899")
            if not 0 < int(text) < PORTS:
                raise TownError(f"--port {text} is no port: ports run from 1 to {PORTS - 1}")
            return int(text)
    return None


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
