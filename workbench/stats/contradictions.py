"""Verdicts that can't all be right: opposite ones on the same two texts, and circles of more.

All arrays have one place per decided pair: its prompt, the text that won, the text that lost, as
numbers that are the same for the same thing. Results name pairs by their place.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Edge = tuple[int, int]

MOST_CIRCLES = 1000
"""So many circles are listed; who has more must mend some first."""


def contradictions(prompts: Numbers, winners: Numbers, losers: Numbers) -> list[tuple[int, ...]]:
    """Groups of pairs about the same two texts in which either text won; by their first place."""
    meetings, _ = _meetings(prompts, winners, losers)
    is_up = winners < losers
    size = int(meetings.max()) + 1 if len(meetings) else 0
    ups = np.bincount(meetings[is_up], minlength=size)
    downs = np.bincount(meetings[~is_up & (winners != losers)], minlength=size)
    both = np.flatnonzero((ups > 0) & (downs > 0))
    places = np.flatnonzero(np.isin(meetings, both))
    grouped: dict[int, list[int]] = {}
    for place, meeting in zip(places.tolist(), meetings[places].tolist(), strict=True):
        grouped.setdefault(meeting, []).append(place)
    return [tuple(group) for group in grouped.values()]


def circles(prompts: Numbers, winners: Numbers, losers: Numbers) -> list[tuple[int, ...]]:
    """The shortest circles (A beats B, B beats C, C beats A), each as its pairs in that order.

    Every pair that lies on a circle is in at least one of those listed. Two texts that beat each
    other are left out: they are `contradictions`.
    """
    edges = _edges(prompts, winners, losers)
    beaten = _on_circles(edges)
    listed: set[tuple[Edge, ...]] = set()
    covered: set[Edge] = set()
    found: list[tuple[int, ...]] = []
    for edge in edges:
        if len(found) == MOST_CIRCLES:
            break
        if edge in covered or edge[1] not in beaten.get(edge[0], ()):
            continue
        circle = _shortest_circle(edge, beaten)
        covered.update(circle)
        key = tuple(sorted(circle))
        if key not in listed:
            listed.add(key)
            found.append(tuple(edges[step] for step in circle))
    return found


def _meetings(prompts: Numbers, winners: Numbers, losers: Numbers) -> tuple[Numbers, int]:
    """A number for each two texts of a prompt, whichever won, and how many there are."""
    rows = np.column_stack((prompts, np.minimum(winners, losers), np.maximum(winners, losers)))
    return _numbered(rows)


def _numbered(rows: Numbers) -> tuple[Numbers, int]:
    """Number equal rows alike, from 0."""
    if not len(rows):
        return np.empty(0, dtype=np.int64), 0
    order = np.lexsort(rows.T[::-1])
    is_new = np.any(np.diff(rows[order], axis=0) != 0, axis=1)
    numbers = np.empty(len(rows), dtype=np.int64)
    numbers[order] = np.concatenate(([0], np.cumsum(is_new)))
    return numbers, int(is_new.sum()) + 1


def _edges(prompts: Numbers, winners: Numbers, losers: Numbers) -> dict[Edge, int]:
    """Who beat whom, as numbers of texts, with the first pair that says so.

    Without contradicted pairs, and without texts that only ever won or only ever lost: what is
    left of most projects is nothing.
    """
    is_sound = winners != losers
    for group in contradictions(prompts, winners, losers):
        is_sound[list(group)] = False
    places = np.flatnonzero(is_sound)
    nodes, size = _numbered(
        np.column_stack((np.tile(prompts[places], 2), np.append(winners[places], losers[places])))
    )
    sources, targets = nodes[: len(places)], nodes[len(places) :]
    while len(places):
        goes_on = np.bincount(sources, minlength=size)[targets] > 0
        comes_from = np.bincount(targets, minlength=size)[sources] > 0
        kept = goes_on & comes_from
        if kept.all():
            break
        places, sources, targets = places[kept], sources[kept], targets[kept]
    edges: dict[Edge, int] = {}
    for source, target, place in sorted(
        zip(sources.tolist(), targets.tolist(), places.tolist(), strict=True)
    ):
        edges.setdefault((source, target), place)
    return edges


def _on_circles(edges: Iterable[Edge]) -> dict[int, list[int]]:
    """Whom each text beat, within its strongly connected component only."""
    beaten: dict[int, list[int]] = {}
    for source, target in edges:
        beaten.setdefault(source, []).append(target)
    component = _components(beaten)
    return {
        source: [target for target in sorted(targets) if component[target] == component[source]]
        for source, targets in beaten.items()
    }


def _components(beaten: dict[int, list[int]]) -> dict[int, int]:
    """Strongly connected components (Tarjan, SIAM J. Computing 1, 1972), without recursion."""
    order: dict[int, int] = {}
    low: dict[int, int] = {}
    component: dict[int, int] = {}
    stack: list[int] = []
    for root in beaten:
        if root in order:
            continue
        work = [(root, iter(beaten.get(root, ())))]
        order[root] = low[root] = len(order)
        stack.append(root)
        while work:
            node, targets = work[-1]
            for target in targets:
                if target not in order:
                    order[target] = low[target] = len(order)
                    stack.append(target)
                    work.append((target, iter(beaten.get(target, ()))))
                    break
                if target not in component:
                    low[node] = min(low[node], order[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == order[node]:
                    while node not in component:
                        component[stack.pop()] = node
    return component


def _shortest_circle(edge: Edge, beaten: dict[int, list[int]]) -> list[Edge]:
    """The shortest circle through an edge whose ends are in one component."""
    start, goal = edge[1], edge[0]
    came_from: dict[int, int] = {start: start}
    waiting = deque([start])
    while goal not in came_from:
        node = waiting.popleft()
        for target in beaten[node]:
            if target not in came_from:
                came_from[target] = node
                waiting.append(target)
    path = [goal]
    while path[-1] != start:
        path.append(came_from[path[-1]])
    path.reverse()
    return [edge, *pairwise(path)]
