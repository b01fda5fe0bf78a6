"""TownMap: a town on a live map - an anywidget that speaks pydeck; geometry is sent once, then a few bytes a frame."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import anywidget
import ipywidgets
import numpy as np
import pydeck
import traitlets

from twin.errors import BadSource, UnknownName
from twin.picture import BUNDLE
from twin.picture import deck as description
from twin.picture.colours import PACE_STOPS, Theme, delay_palette, ground
from twin.picture.words import Language, word
from twin.result import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from twin.picture.deck import Frames
    from twin.places import Places
    from twin.scenario import Scenario

WORDS = (
    "flow", "kmh", "lane_count", "legend", "legend_delay", "legend_width", "lost_webgl", "map", "minutes",
    "no_traffic_yet", "no_webgl", "road_closure", "speed", "speed_limit", "ten_minute_trip", "unnamed_street",
    "vehicles_an_hour", "whole_town", "zoom_in", "zoom_out",
)  # fmt: skip
"""Keys of the texts that the front end shows."""

NEAR = 16.5
"""Zoom at which a spot is looked at: some hundred metres around it."""

PLAY_INTERVAL = 150
"""Milliseconds between two frames while the player plays: an hour in five-minute frames takes two seconds."""

# With ipywidgets importable, every pydeck.Deck() would leave twelve kernel widgets behind that cannot be shown.
pydeck.bindings.deck.has_jupyter_extra = lambda: False


class TownMap(anywidget.AnyWidget):
    """A town's roads and traffic, to watch, scrub through and click.

    It is shown with its player: a time slider and a Play button that drive the picture inside the browser, so that it
    also moves while the kernel is busy. A road says what it carries when the pointer is on it; a click reaches Python.

    Parameters
    ----------
    thing : Result or Scenario
        What to show: a day's traffic, or only the roads.
    layers : iterable of pydeck.Layer
        More layers, drawn above the roads; of one that is ``pickable``, clicks reach Python, and a row's text
        ``tooltip`` is told when the pointer is on it.
    language : str
        ``"en"``, ``"zh-Hans"`` or ``"zh-Hant"``.
    theme : str
        ``"dark"`` or ``"light"``.
    every : float [s]
        Length of a frame.
    height : int
        Height of the map [pixels].

    Raises
    ------
    BadSource
        If the front end has not been built: how to build it is in the text.
    UnknownName
        If a layer, language or theme is not known.

    Examples
    --------
    >>> town_map = TownMap(result)                                            # doctest: +SKIP
    >>> town_map.on_click(lambda road: print(road["name"]))                   # doctest: +SKIP
    >>> town_map.show(twin.simulate(calmer, habits=result))                   # doctest: +SKIP
    """

    frame = traitlets.Int(0, help="Number of the frame that is shown.").tag(sync=True)
    frame_count = traitlets.Int(1, help="How many frames there are.").tag(sync=True)
    drawn = traitlets.Int(0, help="How many pictures of new data or frames the browser has drawn.").tag(sync=True)
    clicked = traitlets.Dict(help="The road that was clicked last: link_id, block, name, lon, lat.")

    look = traitlets.Dict(
        help="The spot that is ringed: lon, lat, zoom (None: the camera stays), count; empty: none."
    ).tag(sync=True)
    picked = traitlets.Dict(help="The click as the browser tells it: layer, row, lon, lat, count.").tag(sync=True)
    spec = traitlets.Unicode(help="The deck.gl JSON description, without the roads' data.").tag(sync=True)
    grounds = traitlets.Unicode("{}", help="GeoJSON of water, green and buildings.").tag(sync=True)
    page = traitlets.Dict(help="Words, colours and times for legend, clock and badges.").tag(sync=True)
    names = traitlets.List(traitlets.Unicode(), help="Street names, each once; plain text.").tag(sync=True)
    # Columns: one for each of RoadColumns and Frames in twin/picture/deck.py, which say what is in them.
    positions = traitlets.Bytes().tag(sync=True)
    starts = traitlets.Bytes().tag(sync=True)
    sides = traitlets.Bytes().tag(sync=True)
    lanes = traitlets.Bytes().tag(sync=True)
    limits = traitlets.Bytes().tag(sync=True)
    closed = traitlets.Bytes().tag(sync=True)
    streets = traitlets.Bytes().tag(sync=True)
    palette = traitlets.Bytes().tag(sync=True)
    colour = traitlets.Bytes().tag(sync=True)
    speed = traitlets.Bytes().tag(sync=True)
    flow = traitlets.Bytes().tag(sync=True)

    def __init__(
        self,
        thing: Result | Scenario,
        *,
        layers: Iterable[pydeck.Layer] = (),
        language: Language = "en",
        theme: Theme = "dark",
        every: float = 300.0,
        height: int = 600,
    ) -> None:
        # Read when a map is made, not when this file is imported: `import widgets` must not need the bundle.
        self._esm, self._css = (built(name) for name in ("town_map.js", "town_map.css"))
        self._language, self._theme, self._every, self._height = language, theme, every, height
        self._layers = tuple(_allowed(layer) for layer in layers)
        self._places: Places | None = None
        self._callbacks: dict[str, ipywidgets.CallbackDispatcher] = {}
        state = self._state(thing)
        super().__init__(**state, frame=_busiest(self._frames))
        self.player = _player(self, language)
        self._box = ipywidgets.VBox([self, self.player])
        self.observe(self._resolve, "picked")

    def _repr_mimebundle_(self, **options: object) -> tuple[dict[str, Any], dict[str, Any]] | dict[str, Any] | None:
        """Show the map together with its player."""
        return self._box._repr_mimebundle_(**options)

    def show(self, thing: Result | Scenario) -> None:
        """Show another result or scenario on this same map: camera, time of day and layers stay as they are.

        Parameters
        ----------
        thing : Result or Scenario
        """
        now = self._frames.starts[self._shown] if self._frames else None
        here = self._roads.bounds
        state = self._state(thing)
        if self._roads.bounds != here:
            state["look"] = {}
        with self.hold_sync():
            for name, value in state.items():
                setattr(self, name, value)
            self.frame = self.frame_at(now) if now is not None else _busiest(self._frames)
        _rule(self.player, self.frame_count)

    def frame_at(self, time: float) -> int:
        """Return the number of the frame that shows a time of day.

        Parameters
        ----------
        time : float [s after midnight]
            Times outside the result give its first or last frame.
        """
        if not self._frames:
            return 0
        return int(np.clip(np.searchsorted(self._frames.starts, time, side="right") - 1, 0, self.frame_count - 1))

    def on_click(
        self, callback: Callable[[dict[str, Any]], object], *, layer: str = "roads", remove: bool = False
    ) -> None:
        """Call a function with each road that is clicked, or with each thing of another layer.

        Parameters
        ----------
        callback : callable
            Gets a dict: ``link_id``, ``block`` (link_ids of both directions), ``name``, ``lon``, ``lat``; of another
            layer ``row`` (of its data), ``lon``, ``lat``.
        layer : str
            ``"roads"``, or the ``id`` of one of ``layers``.
        remove : bool
            Stop calling it.

        Raises
        ------
        UnknownName
            If the map has no such layer.
        """
        known = ["roads", *(each.id for each in self._layers)]
        if layer not in known:
            raise UnknownName(f"the map has no layer with the id {layer!r}: it has {', '.join(known)}")
        self._callbacks.setdefault(layer, ipywidgets.CallbackDispatcher()).register_callback(callback, remove=remove)

    def look_at(self, lon: float, lat: float, *, zoom: float | None = NEAR) -> None:
        """Take the camera to a spot and ring it; a button on the map leads back to the whole town.

        Parameters
        ----------
        lon, lat : float [degrees]
        zoom : float or None
            How near, as web maps count it; who looks from nearer stays as near. None: the camera stays where it is.
        """
        self.look = {"lon": lon, "lat": lat, "zoom": zoom, "count": self.look.get("count", 0) + 1}

    @property
    def layers(self) -> tuple[pydeck.Layer, ...]:
        """The layers above the roads; others can be put in their place, and the camera stays."""
        return self._layers

    @layers.setter
    def layers(self, layers: Iterable[pydeck.Layer]) -> None:
        self._layers = tuple(_allowed(layer) for layer in layers)
        self.spec = self._description()

    @property
    def deck(self) -> pydeck.Deck:
        """The frame that is shown as a pydeck.Deck: to save with ``to_html`` or to take apart."""
        drawn = json.loads(self.spec)
        data = {**json.loads(self.grounds), "roads": self._roads_as_records()}
        own = [_plain_layer(layer, data) for layer in drawn["layers"] if str(layer.get("data", "")).startswith("@@#")]
        view = pydeck.ViewState(**drawn["initialViewState"])
        return pydeck.Deck([*own, *self._layers], initial_view_state=view, map_provider=None, map_style=None)

    @property
    def _shown(self) -> int:
        """The frame that is shown: the browser may ask for one that a shorter result no longer has."""
        return min(max(self.frame, 0), self.frame_count - 1)

    def _state(self, thing: Result | Scenario) -> dict[str, Any]:
        """Return the value of every trait that depends on what is shown."""
        result = thing if isinstance(thing, Result) else None
        scenario = thing.scenario if isinstance(thing, Result) else thing
        self._network = scenario.network
        self._frames = description.frames(result, self._every) if result else None
        roads = self._roads = description.road_columns(scenario.network)
        state = {
            name: getattr(roads, name)
            for name in ("positions", "starts", "sides", "lanes", "limits", "closed", "streets", "names")
        }
        for name in ("colour", "speed", "flow"):
            state[name] = getattr(self._frames, name).tobytes() if self._frames else b""
        if scenario.places is not self._places:
            self._places = scenario.places
            state["grounds"] = json.dumps(description.background(scenario.places), separators=(",", ":"))
            self._kinds = list(json.loads(state["grounds"]))
        return {
            **state,
            "palette": delay_palette(self._theme).tobytes(),
            "frame_count": len(self._frames.colour) if self._frames else 1,
            "spec": self._description(),
            "page": self._page(scenario),
        }

    def _description(self) -> str:
        drawn = description.spec(self._roads, self._kinds, self._theme)
        drawn["layers"] += [json.loads(layer.to_json()) for layer in self._layers]
        return json.dumps(drawn, separators=(",", ":"))

    def _page(self, scenario: Scenario) -> dict[str, Any]:
        labels = [*scenario.labels, *(["one_day"] if self._frames else [])]
        # Who drew a stand-in says that there is nobody to thank; who says nothing is given the benefit of the doubt.
        if any(scenario.network.links["osm_ways"]) and scenario.provenance.get("attribution") != "":
            labels.append("osm_attribution")
        return {
            "language": self._language,
            "theme": self._theme,
            "height": self._height,
            "title": scenario.name,
            "words": {key: word(key, self._language) for key in WORDS},
            "badges": [word(key, self._language) for key in labels],
            "colours": asdict(ground(self._theme)),
            "starts": self._frames.starts if self._frames else [],
            "bounds": list(self._roads.bounds),
            "width": description.WIDTH,
            "minutes": [round(10 * stop) for stop in PACE_STOPS],
        }

    def _resolve(self, change: dict[str, Any]) -> None:
        """Tell whoever listens of the browser's click; of a road in its own words."""
        picked, links = change["new"], self._network.links
        if picked["layer"] != "roads":
            self._tell(picked["layer"], {key: picked[key] for key in ("row", "lon", "lat")})
            return
        if not 0 <= picked["row"] < len(links):  # the browser still showed another town
            return
        road = links.iloc[picked["row"]]
        ends = {road["from_node"], road["to_node"]}
        block = links[links["from_node"].isin(ends) & links["to_node"].isin(ends) & (links["name"] == road["name"])]
        self.clicked = {
            "link_id": road["link_id"],
            "block": tuple(block["link_id"]),
            "name": road["name"],
            "lon": picked["lon"],
            "lat": picked["lat"],
        }
        self._tell("roads", self.clicked)

    def _tell(self, layer: str, click: dict[str, Any]) -> None:
        if layer in self._callbacks:
            self._callbacks[layer](click)

    def _roads_as_records(self) -> list[dict[str, Any]]:
        palette = delay_palette(self._theme)
        links = self._network.links
        colours = self._frames.colour[self._shown] if self._frames else np.zeros(len(links), np.uint8)
        flows = self._frames.flow[self._shown] if self._frames else np.zeros(len(links), np.uint16)
        return [
            {
                "link_id": link_id,
                "path": [list(point) for point in line.coords],
                "color": palette[colour].tolist(),
                "width": description.width(float(flow)),
            }
            for link_id, line, colour, flow in zip(links["link_id"], links.geometry, colours, flows, strict=True)
        ]


def built(name: str) -> str:
    """Return a file of the front end.

    Raises
    ------
    BadSource
        If it has not been built.
    """
    path = BUNDLE / name
    if not path.exists():
        raise BadSource(f"the map's front end {path} is not built: run `pip install -e .` in the project's folder")
    return path.read_text(encoding="utf-8")


def _allowed(layer: pydeck.Layer) -> pydeck.Layer:
    if layer.type not in description.LAYER_TYPES:
        known = ", ".join(description.LAYER_TYPES)
        raise UnknownName(f"the map has no layer {layer.type!r}: it knows {known}")
    if layer.use_binary_transport:
        raise UnknownName(f"layer {layer.id!r}: use_binary_transport is not known here; leave it out")
    return layer


def _plain_layer(layer: dict[str, Any], data: dict[str, Any]) -> pydeck.Layer:
    """Return one of our layers with its data inside, for a pydeck that knows nothing of our columns."""
    ours = {"@@type", "id", "data", "coordinateSystem", "coordinateOrigin", "positionFormat", "_pathType", "extensions"}
    known = {
        key: pydeck.types.String(value) if isinstance(value, str) else value
        for key, value in layer.items()
        if key not in ours
    }
    if layer["id"] == "roads":
        known |= {"getPath": "path", "getColor": "color", "getWidth": "width"}
    return pydeck.Layer(layer["@@type"], data[layer["data"].removeprefix("@@#")], id=layer["id"], **known)


def _busiest(frames: Frames | None) -> int:
    """Return the frame with the most traffic: a first glance at an empty road says nothing."""
    return int(np.argmax(frames.flow.sum(axis=1, dtype=np.int64))) if frames else 0


def _player(town_map: TownMap, language: Language) -> ipywidgets.HBox:
    """Return Play and time slider, linked in the browser so that they work while the kernel is busy."""
    play = ipywidgets.Play(interval=PLAY_INTERVAL, tooltip=word("play", language))
    slider = ipywidgets.IntSlider(
        readout=False, tooltip=word("time_of_day", language), layout=ipywidgets.Layout(flex="1 1 auto", width="auto")
    )
    player = ipywidgets.HBox([play, slider], layout=ipywidgets.Layout(align_items="center", width="100%"))
    _rule(player, town_map.frame_count)
    for part in (play, slider):
        part.value = town_map.frame
    player.links = [
        ipywidgets.jslink((play, "value"), (slider, "value")),
        ipywidgets.jslink((slider, "value"), (town_map, "frame")),
    ]
    return player


def _rule(player: ipywidgets.HBox, frame_count: int) -> None:
    """Let the player run over so many frames; one frame needs no player."""
    for part in player.children:
        part.max = frame_count - 1
    player.layout.display = "flex" if frame_count > 1 else "none"
