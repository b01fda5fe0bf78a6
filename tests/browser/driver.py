"""Driver: a real JupyterLab and a real Chromium, both of this machine, started and stopped here."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / "build" / "screenshots"
HOST = "127.0.0.1"

DRAWING = (
    "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist",
    "--no-sandbox", "--disable-dev-shm-usage",
)  # fmt: skip
"""WebGL in software: this test needs no graphics card."""

KERNEL = "window.jupyterapp.shell.currentWidget.context.sessionContext.session.kernel"

IN_BACKGROUND = f"(code) => {{ ({KERNEL}).requestExecute({{ code, store_history: false }}); }}"

BUSY = """
import pathlib, time
pathlib.Path({begun!r}).touch()
for _ in range(600):
    pathlib.Path({done!r}).exists() or time.sleep(0.1)
pathlib.Path({over!r}).touch()
"""

IN_KERNEL = """async (code) => {
    const kernel = window.jupyterapp.shell.currentWidget.context.sessionContext.session.kernel;
    const future = kernel.requestExecute({ code, store_history: false });
    let said = "";
    future.onIOPub = ({ header, content }) => {
        if (header.msg_type === "stream") said += content.text;
        if (header.msg_type === "error") said += content.traceback.join("\\n");
    };
    const reply = await future.done;
    return { status: reply.content.status, said };
}"""

READY = """() => {
    const context = window.jupyterapp?.shell?.currentWidget?.context?.sessionContext;
    const kernel = context?.session?.kernel;
    return context?.isReady && kernel?.connectionStatus === "connected" && kernel?.status === "idle";
}"""


@dataclass
class Notebook:
    """A notebook open in JupyterLab, and everything that its page asked for or complained about."""

    page: Page
    folder: Path
    started: float
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def run_all(self) -> None:
        """Run all cells, once the kernel is idle and connected: before that JupyterLab silently does nothing."""
        self.page.wait_for_function(READY, timeout=60_000)
        self.page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")

    def in_kernel(self, code: str) -> str:
        """Run code in the notebook's kernel; return what it printed."""
        reply = self.page.evaluate(IN_KERNEL, code)
        assert reply["status"] == "ok", reply["said"]
        return str(reply["said"]).strip()

    @contextmanager
    def busy_kernel(self) -> Iterator[None]:
        """Keep the kernel's main thread busy until the block is left, a minute at the most.

        Files tell when it is: JupyterLab's own word of a busy kernel changes with every widget message, since those go
        to a thread beside the main one.
        """
        begun, done, over = (self.folder / name for name in ("begun", "done", "over"))
        self.page.evaluate(IN_BACKGROUND, BUSY.format(begun=str(begun), done=str(done), over=str(over)))
        until = time.monotonic() + 30
        while not begun.exists():
            assert time.monotonic() < until
            self.page.wait_for_timeout(50)
        yield
        assert not over.exists()
        done.touch()

    def drawn(self) -> int:
        """Return how many pictures of new data or frames the map has drawn."""
        return int(self.page.locator(".town-map").first.get_attribute("data-drawn") or 0)

    def wait_drawn(self, more_than: int, timeout: float = 60.0) -> int:
        """Wait until more pictures have been drawn than this, and return how many."""
        self.page.wait_for_function(
            "(count) => Number(document.querySelector('.town-map')?.dataset.drawn ?? 0) > count",
            arg=more_than,
            timeout=timeout * 1000,
        )
        return self.drawn()

    def screenshot(self, name: str) -> Path:
        """Keep a picture of the whole page, for people to look at."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        self.page.screenshot(path=path)
        return path


BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@contextmanager
def chromium(profile: Path) -> Iterator[BrowserContext | None]:
    """Start Debian's Chromium with a profile (its caches live there); None where there is no browser."""
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        yield None
        return
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where there is a browser to drive

    with sync_playwright() as playwright:
        running = playwright.chromium.launch_persistent_context(
            profile, executable_path=path, args=list(DRAWING), viewport={"width": 1400, "height": 1000}
        )
        yield running
        running.close()


@dataclass
class Lab:
    """A running JupyterLab: where it answers, the folder that it serves, and when it was started."""

    address: str
    folder: Path
    started: float

    def open(self, notebook: Path, page: Page) -> Notebook:
        """Open a copy of a notebook in a page."""
        shutil.copy(notebook, self.folder / notebook.name)
        opened = Notebook(page, self.folder, self.started)
        page.on("request", lambda request: opened.requests.append(request.url))
        page.on("websocket", lambda socket: opened.requests.append(socket.url))
        page.on("console", lambda said: said.type == "error" and opened.complaints.append(said.text))
        page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        page.goto(self.address.format(name=notebook.name))
        return opened


@contextmanager
def jupyter_lab(place: Path, *, port: int | None = None, **environment: str) -> Iterator[Lab]:
    """Start `twin lab` with a folder, settings and workspaces of its own, on a free port of 127.0.0.1."""
    folder = place / "notebooks"
    folder.mkdir()
    token, port = secrets.token_hex(16), port or free_port()
    own = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    environment = {**os.environ, **{name: str(place / name.lower()) for name in own}, **environment}
    command = [
        sys.executable, "-m", "twin", "lab", "--no-browser", f"--ServerApp.ip={HOST}", f"--ServerApp.port={port}",
        f"--ServerApp.root_dir={folder}", f"--IdentityProvider.token={token}", "--LabApp.expose_app_in_browser=True",
        f"--LabApp.user_settings_dir={place / 'user'}", f"--LabApp.workspaces_dir={place / 'workspaces'}",
    ]  # fmt: skip
    started = time.perf_counter()
    with (place / "lab.log").open("w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT, env=environment)
        try:
            _wait_until_up(f"http://{HOST}:{port}/api?token={token}", server, place / "lab.log")
            yield Lab(f"http://{HOST}:{port}/lab/tree/{{name}}?token={token}&reset", folder, started)
        finally:
            server.terminate()
            server.wait(timeout=30)


def free_port() -> int:
    """Return a port that nobody uses."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _wait_until_up(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if server.poll() is not None:
            raise AssertionError(f"JupyterLab ended with {server.returncode}: {log.read_text()[-2000:]}")
        try:
            urlopen(address, timeout=5).close()  # noqa: S310 - our own server on this machine
        except URLError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"JupyterLab did not answer within 60 s: {log.read_text()[-2000:]}")
