"""Made towns: what the engine is measured on is what it says it is."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from twin.bench.engine import measured
from twin.bench.made import grid, left_turn_yields, strewn
from twin.simulate import simulate


@pytest.mark.parametrize("plain", [True, False])
@pytest.mark.parametrize("reach", [None, 2])
def test_grid_routes_lead_from_origin_to_destination(plain, reach):
    day = grid(6, 300, reach=reach, plain=plain)
    links, trips = day.scenario.network.links, day.scenario.demand.trips
    begins, ends = (links[side].to_numpy()[day.link_of_step] for side in ("from_node", "to_node"))
    first, last = day.route_start[:-1], day.route_start[1:] - 1
    assert (begins[first] == trips["origin"]).all()
    assert (ends[last] == trips["destination"]).all()
    on = np.setdiff1d(np.arange(len(begins)), first)
    assert (begins[on] == ends[on - 1]).all()


def test_everyone_arrives_in_a_light_grid():
    day = grid(6, 300)
    driven = simulate(day.scenario, habits=day)
    assert driven.fate_counts()["arrived"] == len(day.n_links)
    assert (driven.route == day.route).all()


def test_a_left_turn_yields_to_who_comes_against_it_and_goes_on_or_right():
    """Crossings are numbered northwards, then eastwards: 4 is the middle, 3 south of it, 5 north and 1 west."""
    yields = grid(3, 10).scenario.network.yields
    northwards = yields[yields["in_link"] == "000003-000004"]
    assert set(northwards["out_link"]) == {"000004-000001"}
    assert set(northwards["major_in"]) == {"000005-000004"}
    assert set(northwards["major_out"]) == {"000004-000003", "000004-000001"}


def test_strewn_towns_join_up():
    town = strewn(200, 400)
    counts = simulate(town).fate_counts()
    assert counts["refused"] == 0
    assert len(left_turn_yields(town.network.links, town.network.turns)) == len(town.network.yields)


def test_a_case_counts_every_traversal():
    facts = measured(partial(grid, 6, 300))
    assert facts["arrived"] == facts["trips"]
    assert facts["traversals"] == grid(6, 300).n_links.sum()
    assert facts["traversals_per_s"] > 0
