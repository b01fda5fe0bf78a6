"""Control: controllers that choose the phase of a junction while it runs - fixed plan, actuated, max-pressure.

A controller is data (a frozen dataclass of numbers) and one function of what stands at the junction. It says which
phase is wanted; how the green is changed - amber, all-red, starting up - is the same for all.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cached_property
from numbers import Real
from types import MappingProxyType
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.errors import BadTable
from twin.units import MS

Longs = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

SECOND = 1.0
"""Controllers decide at whole seconds."""

NO_PHASE = -1
"""The phase of a junction that has not yet been green since the run began."""

_LONGEST, _LONGEST_CHANGE = 3600.0, 60.0
_PER_MILLE = 1000


@dataclass(frozen=True, eq=False)
class Junction:
    """What never changes about a controlled junction; turns are those of its phases, sorted by in_link and out_link.

    Parameters
    ----------
    signal_id : str
    in_link, out_link : tuple of str
    green, permitted : array of bool, shape (n_phase, n_turn)
        Whether a turn is green in a phase, and permitted only.
    saturation : array, shape (n_turn,) [1/1,000,000 PCU/s]
        What the turn's lane group lets out.
    onward : array, shape (n_turn,)
        How many turns lead on from the outgoing link; 0 = all leave the network there.
    room : array, shape (n_turn,) [units]
        Most that the outgoing link holds.
    """

    signal_id: str
    in_link: tuple[str, ...]
    out_link: tuple[str, ...]
    green: Bools
    permitted: Bools
    saturation: Longs
    onward: Longs
    room: Longs

    @cached_property
    def gains(self) -> Bools:
        """Which turns a change of phase would help : array of bool, shape (n_phase, n_phase, n_turn).

        Those that are red in the first phase, or only permitted there and protected in the second.
        """
        held = ~self.green[:, None] | (self.permitted[:, None] & ~self.permitted[None])
        gains: Bools = self.green[None] & held
        return gains


class Counts(NamedTuple):
    """What stands and drives at a junction's turns now; all arrays have shape (n_turn,).

    Parameters
    ----------
    waiting : array [vehicles]
        Of the incoming link, on their way to this turn and delayed: they would be at the stop line with nobody ahead.
    waits_since : array [ms]
        When the first of them would have been there; the time now if nobody waits.
    coming : array [vehicles]
        All of the incoming link who are on their way to this turn, those who wait among them.
    passed : array [ms]
        When the turn was last made; far in the past if never.
    out_waiting : array [vehicles]
        Those who are delayed at the end of the outgoing link.
    out_on : array [units]
        What is on the outgoing link, in what its room is counted in.
    """

    waiting: Longs
    waits_since: Longs
    coming: Longs
    passed: Longs
    out_waiting: Longs
    out_on: Longs


@dataclass(frozen=True, eq=False)
class View:
    """What a controller sees of its junction when it decides.

    Parameters
    ----------
    junction : Junction
    time : int [ms after midnight]
    phase : int
        The phase that is green; NO_PHASE when the run begins.
    since : int [ms after midnight]
        When its green began.
    look : callable
        Counts now; asked for only by controllers that want to know.
    """

    junction: Junction
    time: int
    phase: int
    since: int
    look: Callable[[], Counts]

    @cached_property
    def counts(self) -> Counts:
        """What stands and drives at the junction now."""
        return self.look()


class Controller(Protocol):
    """Chooses the phase of one junction: a frozen dataclass with these numbers [s], and perhaps others."""

    @property
    def amber(self) -> float:
        """Amber behind each green; its first AMBER_USED seconds are driven in."""

    @property
    def all_red(self) -> float:
        """Time behind the amber until the next phase is green."""

    @property
    def min_green(self) -> float:
        """How long after a green has begun the controller first decides."""

    @property
    def every(self) -> float:
        """How often it decides from then on; both are whole seconds."""

    def decide(self, view: View) -> int:
        """Return the phase that is wanted: the one that is green to keep it, another to change."""

    def usual(self, n_phase: int) -> tuple[float, ...]:
        """Return how long the phases are usually green: an estimate, for route choice [s]."""


@dataclass(frozen=True, kw_only=True)
class FixedPlan:
    """Phases of fixed lengths, one after another by the clock.

    Parameters
    ----------
    lengths : tuple of float [s]
        Green of each phase.
    amber, all_red : float [s]
        Behind each.
    offset : float [s]
        Phase 0 begins when (t - offset) is a multiple of the cycle.

    Raises
    ------
    BadTable
        If a number is not of whole seconds.
    """

    lengths: tuple[float, ...]
    amber: float = 3.0
    all_red: float = 1.0
    offset: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "lengths", tuple(float(length) for length in self.lengths))
        _set_numbers(self, offset=(-86_400.0, 86_400.0), amber=(0.0, _LONGEST_CHANGE), all_red=(0.0, _LONGEST_CHANGE))
        for value in (*self.lengths, self.amber, self.all_red, self.offset):
            if value % SECOND or not self.lengths or min(self.lengths) < SECOND:
                raise BadTable(f"{self!r}: {value} s is not of whole seconds, or a green is below 1 s")

    @property
    def min_green(self) -> float:
        """Looks at the clock at every second."""
        return SECOND

    @property
    def every(self) -> float:
        """Looks at the clock at every second."""
        return SECOND

    @cached_property
    def _ends(self) -> tuple[list[int], list[int]]:
        """When each phase's green ends, and the time behind it until the next begins [ms of the cycle]."""
        greens, between = np.array(self.lengths), self.amber + self.all_red
        whole = np.rint(np.cumsum(greens + between) * MS).astype(np.int64)
        return (whole - round(between * MS)).tolist(), whole.tolist()

    def decide(self, view: View) -> int:
        """Return the phase of the clock; from the end of its green on the next."""
        greens, whole = self._ends
        now = (view.time - round(self.offset * MS)) % whole[-1]
        phase = bisect(whole, now)
        if now < greens[phase]:
            return phase
        return NO_PHASE if view.phase == NO_PHASE else (phase + 1) % len(greens)

    def usual(self, n_phase: int) -> tuple[float, ...]:
        """Return the lengths of the phases [s]."""
        if n_phase != len(self.lengths):
            raise BadTable(f"{self!r} has {len(self.lengths)} lengths, but its junction {n_phase} phases")
        return self.lengths


@dataclass(frozen=True, kw_only=True)
class Actuated:
    """Green as long as vehicles come, for those who call.

    A vehicle that waits calls the phases that would help it. While nobody calls the green stays where it is. It goes to
    the next phase that is called when it is ``max_green`` since the first call of this green, or the green has found
    its gap: nobody waits at its turns (those that the next phase serves as well not counted), and for
    ``passage_time`` nobody has made them [1]_, [2]_.

    Parameters
    ----------
    min_green, max_green, passage_time, amber, all_red : float [s]

    Notes
    -----
    Detectors lie at the stop line and see each turn alone. Where vehicles wait because the road behind the junction is
    full, the green goes on to ``max_green``.

    References
    ----------
    .. [1] Koonce, P., et al. (2008). Traffic Signal Timing Manual, ch. 5. Federal Highway Administration: passage
       times of 2 to 4 s.
    .. [2] Highway Capacity Manual 2010, ch. 18. Transportation Research Board.
    """

    min_green: float = 7.0
    max_green: float = 40.0
    passage_time: float = 3.0
    amber: float = 3.0
    all_red: float = 1.0

    def __post_init__(self) -> None:
        limits = dict.fromkeys(("amber", "all_red"), (0.0, _LONGEST_CHANGE))
        _set_numbers(self, min_green=(SECOND, _LONGEST), passage_time=(0.0, _LONGEST), **limits)
        _set_numbers(self, max_green=(self.min_green, _LONGEST))

    @property
    def every(self) -> float:
        """Looks at its detectors at every second."""
        return SECOND

    def decide(self, view: View) -> int:
        """Return the green phase, or the next that is called once the green has its gap or has lasted too long."""
        if view.phase == NO_PHASE:
            return 0
        green, counts = view.junction.green, view.counts
        waits = counts.waiting > 0
        calls = view.junction.gains[view.phase] & waits
        called = np.flatnonzero(calls.any(axis=1))
        if not len(called):
            return view.phase
        following = int(called[np.searchsorted(called, view.phase) % len(called)])
        own = green[view.phase] & ~green[following]
        comes = waits | (view.time - counts.passed < round(self.passage_time * MS))
        first_call = counts.waits_since[calls.any(axis=0)].min()
        over = view.time - max(view.since, int(first_call)) >= round(self.max_green * MS)
        return view.phase if (own & comes).any() and not over else following

    def usual(self, n_phase: int) -> tuple[float, ...]:
        """Return the mean of shortest and longest green for each phase: a guess [s]."""
        return ((self.min_green + self.max_green) / 2,) * n_phase


@dataclass(frozen=True, kw_only=True)
class MaxPressure:
    """Green where most wait and least stands in the way.

    Parameters
    ----------
    interval : float [s]
        The green is chosen anew so often; whole seconds.
    amber, all_red : float [s]
    permitted_share : float
        What a turn that is permitted only counts, of what it counts protected: a guess.

    Notes
    -----
    The pressure of a phase is the sum over its green turns of saturation flow x (vehicles waiting for the turn - the
    mean queue of the turns that lead on from its outgoing link) [1]_; so turning shares on the outgoing link are taken
    as equal. A turn whose outgoing link is full has none. Of equal phases the green one stays, else the first is taken.
    The proof that all demands are served that any plan can serve holds for point queues and changes without lost
    time; with amber and all-red it holds for demands that leave room for one change every ``interval``.

    References
    ----------
    .. [1] Varaiya, P. (2013). Max pressure control of a network of signalized intersections. Transportation Research
       C 36, 177-195.
    """

    interval: float = 10.0
    amber: float = 3.0
    all_red: float = 1.0
    permitted_share: float = 0.25

    def __post_init__(self) -> None:
        limits = {"interval": (SECOND, _LONGEST), "permitted_share": (0.0, 1.0)}
        _set_numbers(self, amber=(0.0, _LONGEST_CHANGE), all_red=(0.0, _LONGEST_CHANGE), **limits)
        if self.interval % SECOND:
            raise BadTable(f"{self!r}: interval must be of whole seconds")

    @property
    def min_green(self) -> float:
        """The interval."""
        return self.interval

    @property
    def every(self) -> float:
        """The interval."""
        return self.interval

    def decide(self, view: View) -> int:
        """Return the phase with the most pressure."""
        pressures = self.pressures(view)
        best = int(np.argmax(pressures))
        stays = view.phase != NO_PHASE and pressures[view.phase] == pressures[best]
        return view.phase if stays else best

    def pressures(self, view: View) -> Longs:
        """Return the pressure of each phase : array, shape (n_phase,) [1/1,000,000,000 PCU/s x vehicles]."""
        junction, counts = view.junction, view.counts
        behind = junction.saturation * counts.out_waiting // np.maximum(junction.onward, 1)
        of_turn = np.where(counts.out_on < junction.room, junction.saturation * counts.waiting - behind, 0)
        share = np.where(junction.permitted, round(self.permitted_share * _PER_MILLE), _PER_MILLE)
        pressures: Longs = (np.where(junction.green, share, 0) * of_turn).sum(axis=1)
        return pressures

    def usual(self, n_phase: int) -> tuple[float, ...]:
        """Return two intervals for each phase: a guess [s]."""
        return (2 * self.interval,) * n_phase


def _set_numbers(controller: object, **limits: tuple[float, float]) -> None:
    """Keep these numbers as whole milliseconds, in seconds, or say what is wrong with one."""
    for name, (least, most) in limits.items():
        value = getattr(controller, name)
        if not isinstance(value, Real) or isinstance(value, bool) or not least <= float(value) <= most:
            raise BadTable(f"{controller!r}: {name} = {value!r} must be a number from {least:g} to {most:g}")
        object.__setattr__(controller, name, round(float(value) * MS) / MS)


def checked_controllers(controllers: Mapping[str, Controller] | None, phases: pd.DataFrame) -> Mapping[str, Controller]:
    """Return the controllers by signal_id, sorted and frozen.

    Raises
    ------
    BadTable
        If a controller is not frozen data, decides in between seconds, or its signal has no phases.
    """
    n_phase = phases.groupby("signal_id")["phase"].nunique()
    checked = {str(signal): controller for signal, controller in sorted((controllers or {}).items())}
    for signal, controller in checked.items():
        if not is_dataclass(controller) or not controller.__dataclass_params__.frozen:
            raise BadTable(f"controllers, signal_id {signal!r}: {controller!r} must be a frozen dataclass of numbers")
        for name in ("amber", "all_red"):
            if not 0.0 <= getattr(controller, name) <= _LONGEST_CHANGE:
                raise BadTable(f"controllers, signal_id {signal!r}: {name} must be 0 to {_LONGEST_CHANGE:g} s")
        for name in ("min_green", "every"):
            value = getattr(controller, name)
            if not SECOND <= value <= _LONGEST or (name == "every" and value % SECOND):
                raise BadTable(
                    f"controllers, signal_id {signal!r}: {name} = {value} s must be whole seconds, 1 or more"
                )
        if signal not in n_phase:
            raise BadTable(f"controllers, signal_id {signal!r}: table phases has no phases for it; add them")
        controller.usual(int(n_phase[signal]))
    return MappingProxyType(checked)


def controller_texts(controllers: Mapping[str, Controller]) -> list[str]:
    """Return what is fingerprinted of controllers: ids, kinds and all their numbers."""
    texts = []
    for signal, controller in controllers.items():
        numbers = [f"{one.name}={getattr(controller, one.name)!r}" for one in fields(controller)]  # type: ignore[arg-type]
        texts += [signal, type(controller).__qualname__, *numbers]
    return texts
