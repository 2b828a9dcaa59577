"""Graph algorithms against small truths and against brute force."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microservices_skill.rules.graph import cycle_through, reachable, strongly_connected

GRAPHS = st.integers(1, 8).flatmap(lambda n: st.lists(st.lists(st.integers(0, n - 1), max_size=5), min_size=n, max_size=n))


@given(GRAPHS)
def test_components_are_the_nodes_that_reach_each_other_and_callees_come_first(graph: list[list[int]]) -> None:
    reach = [reachable(graph, node, limit=100) | {node} for node in range(len(graph))]
    components = strongly_connected(graph)
    number = {node: index for index, members in enumerate(components) for node in members}
    assert sorted(number) == list(range(len(graph)))
    for one in range(len(graph)):
        for other in range(len(graph)):
            assert (number[one] == number[other]) == (other in reach[one] and one in reach[other])
            assert other not in reach[one] or number[other] <= number[one]


@pytest.mark.parametrize("closing", [[], [0]])
def test_a_chain_of_100_000_does_not_exhaust_the_stack(closing: list[int]) -> None:
    graph = [[index + 1] for index in range(99_999)] + [closing]
    assert len(strongly_connected(graph)) == (1 if closing else 100_000)


def test_a_search_stops_soon_after_its_limit() -> None:
    assert len(reachable([list(range(1000))] * 1000, 0, limit=5)) == 6


def test_a_cycle_is_a_shortest_one_and_stays_inside() -> None:
    graph = [[1, 3], [2], [0], [0]]
    assert cycle_through(graph, 0, within=frozenset({0, 1, 2, 3})) == [0, 3, 0]
    assert cycle_through(graph, 0, within=frozenset({0, 1, 2})) == [0, 1, 2, 0]
    assert cycle_through([[1], []], 0, within=frozenset({0, 1})) == []
