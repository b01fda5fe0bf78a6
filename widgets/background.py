"""Background: runs a function off the screen's thread, with progress and a way to stop it; the latest run wins."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import ipywidgets

from twin.errors import Cancelled
from twin.picture.words import Language, word


class Runner(ipywidgets.HBox):
    """A line that says how far a run is, with a button to stop it.

    Only one run counts: a new one stops the one before, whose result is never shown. What a run gives is handed over in
    the kernel's own thread, so that whoever takes it may touch widgets.

    Parameters
    ----------
    language : str
        ``"en"``, ``"zh-Hans"`` or ``"zh-Hant"``.

    Examples
    --------
    >>> runner = Runner()
    >>> runner.run(twin.simulate, calmer, habits=before, on_done=town_map.show)  # doctest: +SKIP
    """

    def __init__(self, language: Language = "en") -> None:
        self._language = language
        self._run = 0
        self._said = ipywidgets.Label("")
        self._bar = ipywidgets.FloatProgress(0.0, min=0.0, max=1.0, layout=ipywidgets.Layout(width="200px"))
        self._stop = ipywidgets.Button(description=word("cancel", language), disabled=True)
        self._stop.on_click(lambda _: self.cancel())
        super().__init__([self._bar, self._stop, self._said], layout=ipywidgets.Layout(flex_flow="row wrap"))

    @property
    def running(self) -> bool:
        """True while a run goes on."""
        return not self._stop.disabled

    @property
    def said(self) -> str:
        """What the line says."""
        return str(self._said.value)

    def run(
        self, function: Callable[..., Any], *arguments: object, on_done: Callable[[Any], object], **more: object
    ) -> None:
        """Run a function in a thread of its own; must be called where an event loop runs, as every notebook cell is.

        Parameters
        ----------
        function : callable
            Takes ``progress``, a callable to be told the share that is done; what that raises must end the function
            (as in ``twin.simulate``).
        *arguments, **more
            Handed to the function.
        on_done : callable
            Gets what the function returns, unless the run was stopped or another began meanwhile.
        """
        loop = asyncio.get_running_loop()
        self._run += 1
        number = self._run
        self._say(number, "msg_running", share=0.0)

        def progress(share: float) -> None:
            if number != self._run:
                raise Cancelled("stopped on request")
            loop.call_soon_threadsafe(self._say, number, "msg_running", share)

        def work() -> None:
            try:
                value = function(*arguments, progress=progress, **more)
            except Cancelled:
                return
            except Exception as error:  # noqa: BLE001 - whatever it is, the person at the screen must read it
                loop.call_soon_threadsafe(self._fail, number, error)
            else:
                loop.call_soon_threadsafe(self._finish, number, value, on_done)

        threading.Thread(target=work, daemon=True).start()

    def cancel(self) -> None:
        """Stop the run that goes on; the last picture stays."""
        if self.running:
            self._run += 1
            self._say(self._run, "msg_run_cancelled", running=False)

    def _finish(self, number: int, value: object, on_done: Callable[[Any], object]) -> None:
        if number == self._run:
            try:
                on_done(value)
            except Exception as error:  # noqa: BLE001 - as above
                self._fail(number, error)
            else:
                self._say(number, "msg_run_finished", share=1.0, running=False)

    def _fail(self, number: int, error: Exception) -> None:
        self._say(number, "msg_run_failed", detail=f" {error}", running=False)

    def _say(
        self, number: int, key: str, share: float | None = None, *, detail: str = "", running: bool = True
    ) -> None:
        """Show a stage, unless it belongs to a run that no longer counts."""
        if number != self._run:
            return
        self._said.value = word(key, self._language) + detail
        self._stop.disabled = not running
        if share is not None:
            self._bar.value = share
