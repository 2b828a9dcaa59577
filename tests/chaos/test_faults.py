"""What is broken, and when."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from microservices_skill.chaos.faults import Kind, Targets, schedule

TARGETS = Targets(
    services=["order", "payment", "stock"],
    links=["order>broker", "order>database", "payment>broker", "payment>card-network", "payment>database"],
    servers=["broker", "database"],
)


def test_a_seed_gives_the_same_faults_and_another_seed_others() -> None:
    one = schedule(TARGETS, seed=1, requests=1000, kills=20)
    assert one == schedule(TARGETS, seed=1, requests=1000, kills=20)
    assert one != schedule(TARGETS, seed=2, requests=1000, kills=20)


@pytest.mark.parametrize("seed", range(5))
def test_every_service_is_killed_every_server_crashes_and_the_dependency_outside_is_slow_and_away(seed: int) -> None:
    faults = schedule(TARGETS, seed=seed, requests=1000, kills=20)
    kinds = Counter(each.kind for each in faults)
    assert kinds[Kind.KILL] == 20
    assert {each.target for each in faults if each.kind is Kind.KILL} == set(TARGETS.services)
    assert Counter(each.target for each in faults if each.kind is Kind.CRASH) == {"broker": 2, "database": 2}
    assert {each.kind for each in faults if each.target == "payment>card-network"} == {Kind.SLOW, Kind.CUT}
    assert min(kinds[each] for each in Kind) >= 2


def test_faults_are_spread_over_the_load_in_order() -> None:
    places = [each.after for each in schedule(TARGETS, seed=1, requests=1000, kills=20)]
    assert places == sorted(places)
    assert places[0] < 50
    assert places[-1] > 950
    gaps = [later - earlier for earlier, later in pairwise(places)]
    assert max(gaps) - min(gaps) <= 1


def test_a_system_without_anything_outside_has_faults_too() -> None:
    targets = Targets(["order"], ["order>broker", "order>database"], ["broker", "database"])
    assert {each.kind for each in schedule(targets, seed=1, requests=10, kills=1)} == set(Kind)
