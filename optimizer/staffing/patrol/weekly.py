"""What comes round every week: grids by day (P10), night patrols of villages (P11)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from optimizer.errors import BadInput, Fault
from optimizer.units import IntArray

CREW: Final = (7, 8)  # people of a night patrol, leaders among them (the districts' practice)
LEADERS: Final = (1, 2)


def grid_weekdays(person: IntArray, *, days: int = 5) -> IntArray:
    """(G,) weekday 0 .. days - 1 on which each grid is patrolled (P10): the grids of one person in turn over the week,
    people one day apart, so that neither a person nor the town has all of them on one day."""
    weekday = np.zeros(len(person), np.int64)
    for order, one in enumerate(np.unique(person).tolist()):
        own = np.flatnonzero(person == one)
        weekday[own] = (order + np.arange(len(own)) * max(1, days // max(1, len(own)))) % days
        if len(own) > days:
            weekday[own] = (order + np.arange(len(own))) % days
    return weekday


def evenings(village_town: IntArray, *, days: Sequence[int] = (0, 1, 2, 3, 4, 5, 6)) -> IntArray:
    """(villages,) the fixed evening of each: a town's villages in turn over the week, so that its station can be
    with each of them (assumed; a county may fix one evening for all by giving one day)."""
    weekday = np.zeros(len(village_town), np.int64)
    for town in np.unique(village_town).tolist():
        own = np.flatnonzero(village_town == town)
        weekday[own] = np.asarray(days)[np.arange(len(own)) % len(days)]
    return weekday


@dataclass(frozen=True)
class Crew:
    """One village's night patrol in one week: numbers of its leaders, its other members, and who walks each grid."""

    week: int
    leaders: tuple[int, ...]
    members: tuple[int, ...]
    walkers: tuple[tuple[int, ...], ...]  # (G) of each grid: members by number, leaders as -1 - number


def night_crews(
    *, village: str, leaders: int, members: int, grids: int, weeks: int, people: int = CREW[1],
    most_leaders: int = LEADERS[1],
) -> tuple[Crew, ...]:  # fmt: skip
    """The crews of a village's year (P11): those whose turn is longest ago, so that turns differ by one at most.

    leaders, members  how many the village has of them; a crew has 8 people where the village has so many, else 7
    Raises BadInput where 7 with one leader cannot be had.
    """
    led = min(most_leaders, leaders)
    size = min(people, led + members)
    if led < LEADERS[0] or size < CREW[0]:
        facts = {"village": village, "leaders": leaders, "members": members, "people": CREW[0], "lead": LEADERS[0]}
        raise BadInput("villages", [Fault(village, "night_patrol_too_few", facts)])
    crews = []
    for week in range(weeks):
        lead = tuple(sorted((week * led + k) % leaders for k in range(led)))
        others = tuple(sorted((week * (size - led) + k) % members for k in range(size - led)))
        walking = [*others, *(-1 - one for one in lead)]
        walking = walking[week % size :] + walking[: week % size]
        walkers = [
            tuple(walking[k] for k in range(size) if k % grids == grid) or (walking[grid % size],)
            for grid in range(grids)
        ]
        crews.append(Crew(week, lead, others, tuple(walkers)))
    return tuple(crews)
