"""Posts of grades that cost differently: what is asked, what is wrong with it, and what bounds the answer."""

from collections.abc import Sequence

from optimizer.errors import BadInput, Fault, OptimizerError
from optimizer.staffing.post_types import MOST, BudgetRules, Grade, GradedTown, PostRules, PostShare, PostTown
from optimizer.staffing.posts import check_input, share_posts

MOST_COST, MOST_BUDGET = 10**8, 10**12  # sums stay far inside 64 bits


class PostsImpossible(OptimizerError):
    """Floors, caps, districts, grades and the budget contradict each other. Facts: budget, towns."""


def buyable(grade: Grade, budget: int) -> int:
    """The most new posts of a grade."""
    return min(MOST if grade.cost == 0 else budget // grade.cost, MOST if grade.most is None else grade.most, MOST)


def plain(town: GradedTown, lose: int) -> PostTown:
    """Without grades: what `posts` bounds."""
    low = [max(town.floor_of(number), today) for number, today in enumerate(town.actual)]
    spare = sum(max(0, today - town.floor_of(number)) for number, today in enumerate(town.actual))
    floor = max(town.least, sum(low) - min(lose, spare))
    caps = None if not town.cap or None in town.cap else sum(cap or 0 for cap in town.cap)
    cap = min((one for one in (caps, town.most) if one is not None), default=None)
    return PostTown(town.code, town.required, sum(town.actual), town.district, floor, cap)


def relaxation(towns: Sequence[GradedTown], grades: Sequence[Grade], rules: BudgetRules) -> PostShare | None:
    """Levels at least as good as any answer's: floors by grade are bought first, then the cheapest posts there are."""
    new, left = 0, rules.budget
    forced = []
    for number, grade in enumerate(grades):
        need = 0
        for town in towns:
            low = max(town.floor_of(number), town.actual[number] - rules.lose)
            need += low - town.actual[number]
        forced.append(max(0, need))
        left -= forced[-1] * grade.cost
        new += forced[-1]
    if left < 0:
        return None
    for number in sorted(range(len(grades)), key=lambda one: grades[one].cost):
        grade = grades[number]
        more = max(0, min(buyable(grade, rules.budget) - forced[number], left // grade.cost if grade.cost else MOST))
        left -= more * grade.cost
        new += more
    bare = [plain(town, rules.lose) for town in towns]
    try:
        return share_posts(bare, rules=PostRules(min(new, MOST), rules.lose, rules.districts))
    except BadInput:
        return None  # not even so: the search says that there is nothing


def check_budget(towns: Sequence[GradedTown], grades: Sequence[Grade], rules: BudgetRules) -> None:
    faults = [] if grades else [Fault("", "PostsNoGrades", {})]
    for grade in grades:
        if not 0 <= grade.cost <= MOST_COST or not 0 <= (grade.most or 0) <= MOST:
            facts = {"grade": grade.code, "cost": grade.cost, "most": grade.most}
            faults.append(Fault(grade.code, "PostsGrade", facts))
        elif grade.cost == 0 and grade.most is None:
            faults.append(Fault(grade.code, "PostsFree", {"grade": grade.code}))
    if not 0 <= rules.budget <= MOST_BUDGET:
        faults.append(Fault("budget", "PostsNumber", {"name": "budget", "value": rules.budget, "most": MOST_BUDGET}))
    for town in towns:
        rows = (town.actual, town.floor or town.actual, town.cap or town.actual)
        if any(len(row) != len(grades) for row in rows):
            faults.append(Fault(town.code, "PostsGradesDiffer", {"town": town.code, "grades": len(grades)}))
            continue
        for number, grade in enumerate(grades):
            cap, low = town.cap_of(number), max(town.floor_of(number), town.actual[number] - rules.lose)
            values = (town.actual[number], town.floor_of(number), cap or 0)
            if not all(0 <= value <= MOST for value in values) or (cap is not None and cap < low):
                facts = {"town": town.code, "grade": grade.code, "cap": cap, "lowest": low}
                faults.append(Fault(town.code, "PostsGradeCap", facts))
    if faults:
        raise BadInput("towns", faults)
    check_input([plain(town, rules.lose) for town in towns], PostRules(0, rules.lose, rules.districts))
    forced = 0
    for number, grade in enumerate(grades):
        needs = (max(town.floor_of(number), town.actual[number] - rules.lose) - town.actual[number] for town in towns)
        forced += max(0, sum(needs)) * grade.cost
    if forced > rules.budget:
        raise BadInput("budget", [Fault("", "PostsBudgetShort", {"budget": rules.budget, "needed": forced})])
