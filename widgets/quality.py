"""QualityMap: what is known and what is guessed of a town's roads, and each place that looks wrong, on the map."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import anywidget
import ipywidgets
import pydeck
import traitlets

from twin.errors import UnknownName
from twin.picture import doubts
from twin.picture.colours import Theme, ground
from twin.picture.words import Language, word
from widgets.map import NEAR, TownMap, built

if TYPE_CHECKING:
    from twin.scenario import Scenario

WORDS = (
    "open_osm", "quality", "quality_all_kinds", "quality_choose", "quality_guesses", "quality_kind", "quality_known",
    "quality_no_places", "quality_order", "quality_places",
)  # fmt: skip
"""Keys of the texts that the panel shows."""

SPOTS = "places"
"""Name of the layer of numbered spots."""


class QualityPanel(anywidget.AnyWidget):
    """The panel beside the map, as the browser draws it; see QualityMap."""

    page = traitlets.Dict(help="Words, colours, and what is known and guessed.").tag(sync=True)
    listed = traitlets.Dict(help="The rows of the list, and what is said of those left out.").tag(sync=True)
    place = traitlets.Dict(help="The place that is chosen; empty: none.").tag(sync=True)
    kind = traitlets.Unicode(help="The kind of places that is listed; empty: all.").tag(sync=True)
    picked = traitlets.Dict(help="The choice as the browser tells it: row, count.").tag(sync=True)

    def __init__(self, **state: object) -> None:
        self._esm, self._css = (built(name) for name in ("quality_panel.js", "quality_panel.css"))
        super().__init__(layout=ipywidgets.Layout(flex="1 1 340px", min_width="300px", max_width="100%"), **state)


class QualityMap(ipywidgets.Box):
    """A town's map with numbered spots where its roads look wrong, and beside it what is known and what is guessed.

    Whoever chooses a place in the list is taken there on the map and reads what is odd, with a link to OpenStreetMap;
    a click on a spot chooses it in the list. Places on the largest roads come first.

    Parameters
    ----------
    scenario : Scenario
    language : str
        ``"en"``, ``"zh-Hans"`` or ``"zh-Hant"``.
    theme : str
        ``"dark"`` or ``"light"``.
    height : int
        Height of map and panel [pixels].

    Attributes
    ----------
    town_map : TownMap
    chosen : int or None
        Row of the chosen place in ``scenario.network.quality().places``.
    kind : str
        Kind of places that is listed and drawn, one of ``twin.quality.KINDS``; "" for all.

    Raises
    ------
    BadSource
        If the front end has not been built: how to build it is in the text.
    UnknownName
        If a language or theme is not known; if a kind is set that no place has, or a row that no place has is chosen.

    Examples
    --------
    >>> quality_map = QualityMap(today)                                       # doctest: +SKIP
    >>> quality_map.show(today.change(Fix(24336602, lanes=2)))               # doctest: +SKIP
    """

    chosen = traitlets.Int(None, allow_none=True, read_only=True)
    kind = traitlets.Unicode("")

    def __init__(
        self, scenario: Scenario, *, language: Language = "en", theme: Theme = "dark", height: int = 600
    ) -> None:
        self._language, self._theme, self._height = language, theme, height
        self._quality = scenario.network.quality()
        self.town_map = TownMap(scenario, layers=self._spots(), language=language, theme=theme, height=height)
        self.panel = QualityPanel(page=self._page(), listed=self._listed())
        self.town_map.layout = ipywidgets.Layout(flex="3 1 560px", min_width="280px")
        super().__init__(
            [self.town_map, self.panel], layout=ipywidgets.Layout(flex_flow="row wrap", grid_gap="8px", width="100%")
        )
        traitlets.link((self, "kind"), (self.panel, "kind"))
        self.town_map.on_click(self._clicked, layer=SPOTS)
        self.panel.observe(self._picked, "picked")

    def show(self, scenario: Scenario) -> None:
        """Show another scenario, such as one with a Fix, on this same map: the camera stays.

        Parameters
        ----------
        scenario : Scenario
        """
        self.choose(None)
        self._quality = scenario.network.quality()
        self.town_map.show(scenario)
        self.panel.page = self._page()
        gone = self.kind not in {"", *self._quality.places["kind"]}
        self.kind = "" if gone else self.kind
        self._list()

    def choose(self, row: int | None, *, zoom: float | None = NEAR) -> None:
        """Choose a place: take the map there, ring it and say what is odd about it.

        Parameters
        ----------
        row : int or None
            Row in ``scenario.network.quality().places``; None: no place.
        zoom : float or None
            How near the camera goes; None: it stays where it is.
        """
        if row is None:
            self.panel.place = self.town_map.look = {}
        elif not 0 <= row < len(self._quality.places):
            raise UnknownName(f"there is no place in row {row}: there are {len(self._quality.places)}")
        else:
            place = self.panel.place = doubts.place(self._quality, row, self._language)
            self.town_map.look_at(place["lon"], place["lat"], zoom=zoom)
        self.set_trait("chosen", row)

    @traitlets.validate("kind")
    def _known_kind(self, proposal: dict[str, Any]) -> str:
        kinds = ["", *self._quality.places["kind"].unique()]
        if proposal["value"] not in kinds:
            raise UnknownName(f"no place is of the kind {proposal['value']!r}: use one of {kinds}")
        return str(proposal["value"])

    @traitlets.observe("kind")
    def _list(self, _: object = None) -> None:
        """List and draw the places of the kind; one of another kind is chosen no longer."""
        if self.chosen is not None and self.kind not in {"", self._quality.places["kind"][self.chosen]}:
            self.choose(None)
        self.panel.listed = self._listed()
        self.town_map.layers = self._spots()

    def _picked(self, change: dict[str, Any]) -> None:
        """Choose what was chosen in the list, unless the browser still showed another town's."""
        if change["new"]["row"] < len(self._quality.places):
            self.choose(change["new"]["row"])

    def _clicked(self, click: dict[str, Any]) -> None:
        """Choose a place of the spot that was clicked: the first, and with further clicks the others there in turn."""
        spots = self.town_map.layers[0].data
        if click["row"] < len(spots):
            rows = spots[click["row"]]["rows"]
            after = rows.index(self.chosen) + 1 if self.chosen in rows else 0
            self.choose(rows[after % len(rows)], zoom=None)

    def _spots(self) -> list[pydeck.Layer]:
        listed = doubts.places(self._quality, self.kind, self._language)
        drawn = doubts.spots(listed, self._theme)
        atlas = pydeck.types.String(drawn.pop("icon_atlas"))
        return [
            pydeck.Layer(
                "IconLayer", drawn.pop("data"), id=SPOTS, icon_atlas=atlas, get_position="at", get_icon="icon",
                get_size=28, pickable=True, **drawn,
            )
        ]  # fmt: skip

    def _listed(self) -> dict[str, Any]:
        rows = doubts.places(self._quality, self.kind, self._language)
        kinds = self._quality.places["kind"]
        more = (int((kinds == self.kind).sum()) if self.kind else len(kinds)) - len(rows)
        return {"rows": rows, "more": word("quality_more", self._language).format(count=more) if more else ""}

    def _page(self) -> dict[str, Any]:
        return {
            "language": self._language,
            "theme": self._theme,
            "height": self._height,
            "words": {key: word(key, self._language) for key in WORDS},
            "colours": asdict(ground(self._theme)),
            "known": doubts.known(self._quality, self._language),
            "guesses": doubts.guesses(self._quality, self._language),
            "kinds": doubts.kinds(self._quality, self._language),
        }
