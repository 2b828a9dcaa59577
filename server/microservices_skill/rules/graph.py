"""Directed graphs of numbered nodes, in time linear in nodes and edges and without recursion."""

from __future__ import annotations

from collections.abc import Sequence

Adjacency = Sequence[Sequence[int]]


def strongly_connected(adjacency: Adjacency) -> list[list[int]]:
    """The strongly connected components (Tarjan 1972), each after every component that it leads to."""
    count = len(adjacency)
    order, low, on_stack = [-1] * count, [0] * count, [False] * count
    stack: list[int] = []
    found: list[list[int]] = []
    clock = 0
    for root in range(count):
        if order[root] >= 0:
            continue
        work = [(root, 0)]
        while work:
            node, position = work.pop()
            if position == 0:
                order[node] = low[node] = clock
                clock += 1
                stack.append(node)
                on_stack[node] = True
            else:
                low[node] = min(low[node], low[adjacency[node][position - 1]])
            descended = False
            for index in range(position, len(adjacency[node])):
                following = adjacency[node][index]
                if order[following] < 0:
                    work += [(node, index + 1), (following, 0)]
                    descended = True
                    break
                if on_stack[following]:
                    low[node] = min(low[node], order[following])
            if not descended and low[node] == order[node]:
                found.append(_unwind(stack, node, on_stack))
    return found


def _unwind(stack: list[int], root: int, on_stack: list[bool]) -> list[int]:
    component = []
    while True:
        node = stack.pop()
        on_stack[node] = False
        component.append(node)
        if node == root:
            return sorted(component)


def reachable(adjacency: Adjacency, start: int, *, limit: int) -> set[int]:
    """The nodes that ``start`` leads to, itself left out; the search stops once more than ``limit`` are found."""
    found: set[int] = set()
    frontier = [start]
    while frontier and len(found) <= limit:
        for following in adjacency[frontier.pop()]:
            if following != start and following not in found:
                found.add(following)
                frontier.append(following)
                if len(found) > limit:
                    break
    return found


def cycle_through(adjacency: Adjacency, start: int, *, within: frozenset[int]) -> list[int]:
    """A shortest cycle that starts and ends at ``start`` and stays ``within``; empty if there is none."""
    came_from: dict[int, int] = {}
    frontier = [start]
    while frontier:
        following_frontier = []
        for node in frontier:
            for following in adjacency[node]:
                if following == start:
                    path = [node]
                    while path[-1] != start:
                        path.append(came_from[path[-1]])
                    return [*reversed(path), start]
                if following in within and following not in came_from:
                    came_from[following] = node
                    following_frontier.append(following)
        frontier = following_frontier
    return []
