"""Controls: one for each kind of change; each gives a change to whoever watches its trait."""

from __future__ import annotations

import ipywidgets
import traitlets

from twin.network import Network
from twin.picture.words import Language, word
from twin.scenario import Close, SpeedLimit
from twin.units import to_kmh

_WIDE = ipywidgets.Layout(width="auto", min_width="260px")


class CloseControl(ipywidgets.HBox):
    """Pick a street by name and close it.

    Parameters
    ----------
    network : Network
        Whose streets are offered.
    language : str

    Attributes
    ----------
    change : Close or None
        The change that was asked for last.
    """

    change = traitlets.Any(None, allow_none=True)

    def __init__(self, network: Network, *, language: Language = "en") -> None:
        street = _street_box(_street_names(network), language)
        button = ipywidgets.Button(description=word("close", language), tooltip=word("road_closure", language))
        button.on_click(lambda _: street.value and self.set_trait("change", Close(street.value)))
        super().__init__([street, button], layout=ipywidgets.Layout(flex_flow="row wrap"))


class SpeedControl(ipywidgets.HBox):
    """Pick a street or a class of road and set its speed.

    Parameters
    ----------
    network : Network
        Whose streets and classes are offered.
    language : str

    Attributes
    ----------
    change : SpeedLimit or None
        The change that was asked for last.
    """

    change = traitlets.Any(None, allow_none=True)

    def __init__(self, network: Network, *, language: Language = "en") -> None:
        classes = sorted({*network.links["road_class"]} - {""})
        street = _street_box([*classes, *_street_names(network)], language)
        usual = round(to_kmh(float(network.links["free_speed"].median())) / 10) * 10
        speed = ipywidgets.IntSlider(usual, min=10, max=120, step=5, description=word("kmh", language))
        button = ipywidgets.Button(description=word("change", language), tooltip=word("speed_limit", language))
        button.on_click(lambda _: street.value and self.set_trait("change", SpeedLimit(street.value, kmh=speed.value)))
        super().__init__([street, speed, button], layout=ipywidgets.Layout(flex_flow="row wrap"))


def _street_names(network: Network) -> list[str]:
    return sorted({*network.links["name"]} - {""})


def _street_box(names: list[str], language: Language) -> ipywidgets.Combobox:
    return ipywidgets.Combobox(
        options=names, ensure_option=True, placeholder=word("street", language), layout=_WIDE,
        tooltip=word("street", language),
    )  # fmt: skip
