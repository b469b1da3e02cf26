"""Scores from stores up to villages, towns and counties."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import fsum

from inventory.errors import BadTable, RowFault
from inventory.files.cells import fault
from inventory.five_fixed.score import StoreScore
from inventory.places import BadDivisionCode, division_level, division_parent


@dataclass(frozen=True, slots=True)
class PlaceScore:
    """All stores at a place and below it. Findings and checks are sums over them."""

    code: str  # 12-digit division code
    level: str  # county, town, village
    stores: int
    score: float  # mean over the stores, each counting the same whatever its tier
    worst: float
    worst_store: str  # the first by id where several are equally bad
    failed: tuple[str, ...]  # stores with a critical finding, sorted
    critical: int
    major: int
    minor: int
    overdue: int
    due_soon: int
    serviceable_share: float | None  # mean over the stores that hold anything


def roll_up(scores: Iterable[StoreScore], *, place_of: Mapping[str, str]) -> tuple[PlaceScore, ...]:
    """One entry for every place that has a store at it or below it, sorted by code. `place_of`: store -> code.

    Raises BadTable "stores", naming every store without a place or with a code that is none.
    """
    at: dict[str, list[StoreScore]] = {}
    faults: list[RowFault] = []
    for score in sorted(scores, key=lambda score: score.store):
        code: str | None = place_of.get(score.store)
        if code is None:
            faults.append(fault(None, "place", "STORE_NO_PLACE", store=score.store))
        try:
            while code is not None:
                above = division_parent(code)
                at.setdefault(code, []).append(score)
                code = above
        except BadDivisionCode:
            faults.append(fault(None, "place", "STORE_BAD_PLACE", store=score.store, value=code))
    if faults:
        raise BadTable("stores", faults)
    return tuple(_place(code, at[code]) for code in sorted(at))


def _place(code: str, scores: list[StoreScore]) -> PlaceScore:
    worst = min(scores, key=lambda score: (score.score, score.store))
    ready = [score.serviceable_share for score in scores if score.serviceable_share is not None]
    return PlaceScore(
        code=code,
        level=division_level(code),
        stores=len(scores),
        score=fsum(score.score for score in scores) / len(scores),
        worst=worst.score,
        worst_store=worst.store,
        failed=tuple(score.store for score in scores if score.failed),
        critical=sum(score.critical for score in scores),
        major=sum(score.major for score in scores),
        minor=sum(score.minor for score in scores),
        overdue=sum(score.overdue for score in scores),
        due_soon=sum(score.due_soon for score in scores),
        serviceable_share=fsum(ready) / len(ready) if ready else None,
    )
