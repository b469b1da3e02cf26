"""An independent check of a share of a budget over grades; shares no code with the model.

The rules are checked in full. That nothing better exists is proven by trying everything (small cases only); of a large
share, that its levels are those of its posts and that no single new post could still be paid and placed.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product

from optimizer.staffing.check_posts import PostViolation
from optimizer.staffing.post_types import BudgetRules, BudgetShare, Grade, GradedTown

Row = tuple[int, ...]


def check_budget_share(share: BudgetShare) -> tuple[PostViolation, ...]:
    """Everything that is wrong with it. Codes: GRADES_LOW, GRADES_HIGH, GRADES_LOST, GRADES_DISTRICT, GRADES_TOTAL,
    GRADES_BUDGET, GRADES_LEVELS, GRADES_LEFT (a post that the money and the limits still allow)."""
    found = list(_broken(share.towns, share.grades, share.rules, share.after))
    ratios = sorted(Fraction(sum(row), town.required) for row, town in zip(share.after, share.towns, strict=True))
    if ratios != [level.ratio for level in share.levels for _ in range(level.towns)]:
        found.append(PostViolation("GRADES_LEVELS", "", {}))
    if share.cost != _cost(share.towns, share.grades, share.after):
        found.append(PostViolation("GRADES_BUDGET", "", {"cost": share.cost, "budget": share.rules.budget}))
    if found:
        return tuple(found)
    for index, town in enumerate(share.towns):
        for number, grade in enumerate(share.grades):
            more = [list(row) for row in share.after]
            more[index][number] += 1
            if not any(_broken(share.towns, share.grades, share.rules, [tuple(row) for row in more])):
                return (PostViolation("GRADES_LEFT", town.code, {"town": town.code, "grade": grade.code}),)
    return ()


def best_by_enumeration(
    towns: Sequence[GradedTown], grades: Sequence[Grade], rules: BudgetRules
) -> tuple[tuple[Fraction, ...], int, int]:
    """(sorted ratios, least cost of those, fewest moves of those). Raises ValueError where nothing keeps the rules."""
    room = [
        rules.budget // grade.cost if grade.most is None else min(grade.most, rules.budget // grade.cost)
        for grade in grades
    ]
    options: list[list[Row]] = []
    for town in towns:
        spans = []
        for number in range(len(grades)):
            cap = town.cap[number] if town.cap else None
            top = sum(other.actual[number] for other in towns) + room[number]
            spans.append(range(max(0, town.actual[number] - rules.lose), (top if cap is None else min(cap, top)) + 1))
        options.append([row for row in product(*spans) if not any(_town(town, grades, rules, row))])
    best: tuple[tuple[Fraction, ...], int, int] | None = None
    for after in product(*options):
        if any(_broken(towns, grades, rules, after)):
            continue
        ratios = tuple(sorted(Fraction(sum(row), town.required) for row, town in zip(after, towns, strict=True)))
        moved = sum(
            max(0, a - x) for row, town in zip(after, towns, strict=True) for x, a in zip(row, town.actual, strict=True)
        )
        mark = ratios, -_cost(towns, grades, after), -moved
        best = mark if best is None else max(best, mark)
    if best is None:
        raise ValueError("no share keeps the rules")
    return best[0], -best[1], -best[2]


def _cost(towns: Sequence[GradedTown], grades: Sequence[Grade], after: Sequence[Row]) -> int:
    total = 0
    for row, town in zip(after, towns, strict=True):
        for posts, actual, grade in zip(row, town.actual, grades, strict=True):
            total += grade.cost * (posts - actual)
    return total


def _town(town: GradedTown, grades: Sequence[Grade], rules: BudgetRules, row: Row) -> Iterator[PostViolation]:
    facts = {"town": town.code, "after": sum(row)}
    if sum(row) < town.least or any(x < low for x, low in zip(row, town.floor, strict=False)):
        yield PostViolation("GRADES_LOW", town.code, facts)
    if any(cap is not None and x > cap for x, cap in zip(row, town.cap, strict=False)):
        yield PostViolation("GRADES_HIGH", town.code, facts)
    if town.most is not None and sum(row) > town.most:
        yield PostViolation("GRADES_HIGH", town.code, facts)
    if sum(max(0, a - x) for x, a in zip(row, town.actual, strict=True)) > rules.lose:
        yield PostViolation("GRADES_LOST", town.code, facts)


def _broken(
    towns: Sequence[GradedTown], grades: Sequence[Grade], rules: BudgetRules, after: Sequence[Row]
) -> Iterator[PostViolation]:
    change: dict[str, int] = {}
    for row, town in zip(after, towns, strict=True):
        yield from _town(town, grades, rules, row)
        change[town.district] = change.get(town.district, 0) + sum(row) - sum(town.actual)
    for limit in rules.districts:
        got = change.get(limit.district, 0)
        if (limit.least is not None and got < limit.least) or (limit.most is not None and got > limit.most):
            yield PostViolation("GRADES_DISTRICT", limit.district, {"district": limit.district, "given": got})
    for number, grade in enumerate(grades):
        new = sum(row[number] - town.actual[number] for row, town in zip(after, towns, strict=True))
        if new < 0 or (grade.most is not None and new > grade.most):
            yield PostViolation("GRADES_TOTAL", grade.code, {"grade": grade.code, "given": new})
    cost = _cost(towns, grades, after)
    if cost > rules.budget:
        yield PostViolation("GRADES_BUDGET", "", {"cost": cost, "budget": rules.budget})
