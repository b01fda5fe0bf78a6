"""Controls give changes, and the runner runs: with progress, a way to stop, and the latest run winning."""

from __future__ import annotations

import asyncio
import threading

import ipywidgets
import pytest

from tests.roads import chain
from twin.errors import TownError
from twin.scenario import Close, SpeedLimit
from widgets import CloseControl, Runner, SpeedControl


def streets():
    town = chain({}, {})
    return town.with_links(town.links.assign(name=["High Street", "Mill Lane"], road_class="residential"))


def part(control, kind):
    return next(child for child in control.children if isinstance(child, kind))


def test_closing_a_street():
    control, heard = CloseControl(streets()), []
    control.observe(lambda event: heard.append(event["new"]), "change")
    assert part(control, ipywidgets.Combobox).options == ("High Street", "Mill Lane")
    part(control, ipywidgets.Button).click()
    assert heard == []
    part(control, ipywidgets.Combobox).value = "Mill Lane"
    part(control, ipywidgets.Button).click()
    assert heard == [Close("Mill Lane")]


def test_setting_a_speed():
    control = SpeedControl(streets())
    part(control, ipywidgets.Combobox).value = "residential"
    part(control, ipywidgets.IntSlider).value = 30
    part(control, ipywidgets.Button).click()
    assert control.change == SpeedLimit("residential", kmh=30)


async def until(condition):
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not happen within 5 s")


def counting(steps, gate=None):
    """A run of some steps that tells its progress and, once begun, waits for the gate to open."""

    def run(*, progress, name="run"):
        for step in range(steps):
            progress(step / steps)
            if gate is not None:
                gate.wait(5)
        progress(1.0)
        return name

    return run


def test_a_run_hands_over_its_result_in_the_thread_of_the_screen():
    async def scene():
        runner, got = Runner(), []
        runner.run(counting(5), name="one", on_done=lambda value: got.append((value, threading.current_thread())))
        assert runner.running
        await until(lambda: not runner.running)
        assert got == [("one", threading.current_thread())]
        assert part(runner, ipywidgets.FloatProgress).value == 1.0
        assert runner.said == "Run finished."

    asyncio.run(scene())


def test_the_latest_run_wins():
    async def scene():
        runner, got, gate = Runner(), [], threading.Event()
        runner.run(counting(3, gate), name="old", on_done=got.append)
        runner.run(counting(3), name="new", on_done=got.append)
        gate.set()
        await until(lambda: got)
        await asyncio.sleep(0.1)
        assert got == ["new"]

    asyncio.run(scene())


def test_a_run_can_be_stopped_and_another_begun():
    async def scene():
        runner, got, gate = Runner(), [], threading.Event()
        for _ in range(20):
            runner.run(counting(3, gate), on_done=got.append)
            part(runner, ipywidgets.Button).click()
            assert not runner.running
            assert runner.said == "Run cancelled."
        gate.set()
        runner.run(counting(3), name="last", on_done=got.append)
        await until(lambda: not runner.running)
        assert got == ["last"]

    asyncio.run(scene())


@pytest.mark.parametrize("where", ["run", "on_done"])
def test_an_error_is_said_and_the_next_run_goes_on(where):
    def fails(*_, **__):
        raise TownError("the bridge is out")

    async def scene():
        runner, got = Runner(), []
        if where == "run":
            runner.run(fails, on_done=got.append)
        else:
            runner.run(counting(1), on_done=fails)
        await until(lambda: not runner.running)
        assert "the bridge is out" in runner.said
        runner.run(counting(1), on_done=got.append)
        await until(lambda: got)

    asyncio.run(scene())


def test_a_run_that_was_stopped_does_no_more():
    async def scene():
        runner, steps, gate, ended = Runner(), [], threading.Event(), threading.Event()

        def run(*, progress):
            try:
                for step in range(5):
                    progress(step / 5)
                    steps.append(step)
                    gate.wait(5)
            finally:
                ended.set()

        runner.run(run, on_done=lambda _: None)
        await until(lambda: steps)
        runner.cancel()
        gate.set()
        await until(ended.is_set)
        assert steps == [0]

    asyncio.run(scene())


def test_an_old_run_that_ends_late_is_not_shown():
    """It is past its last look at progress when the new one begins."""

    async def scene():
        runner, got, gate, begun, ended = Runner(), [], threading.Event(), threading.Event(), threading.Event()

        def old(*, progress):
            progress(0.9)
            begun.set()
            gate.wait(5)
            ended.set()
            return "old"

        runner.run(old, on_done=got.append)
        await until(begun.is_set)
        runner.run(lambda **_: "new", on_done=got.append)
        gate.set()
        await until(lambda: got and ended.is_set())
        await asyncio.sleep(0.1)
        assert got == ["new"]

    asyncio.run(scene())
