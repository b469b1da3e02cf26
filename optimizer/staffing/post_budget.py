"""Share a budget out over towns where posts have grades of different cost: leximin on the WISN ratio, level by level.

Towns i, grades g; x_ig posts of a grade afterwards, a_ig today, x_i = sum_g x_ig, c_g the yearly cost of a post:

    (1) leximax  sort(x_i / r_i)
    (2) floor_ig <= x_ig <= cap_ig,  floor_i <= x_i <= cap_i
    (3) x_ig >= a_ig - lost_ig,  sum_g lost_ig <= lose
    (4) least_d <= sum_{i in d} (x_i - a_i) <= most_d
    (5) 0 <= sum_i (x_ig - a_ig) <= most_g                      new posts of a grade; none is given up
    (6) sum_ig c_g (x_ig - a_ig) <= budget
    (7) of all that are best by (1) the cheapest, and of those the fewest posts moved

Caps by grade and the budget couple the towns, so the greedy rule of `posts` proves nothing here, but it bounds: without
them (and with as many posts as the budget buys when the cheapest go first) its levels are at least as good as any
answer's, and those it shares with an answer are proven (`relaxation`). From the first level that cannot be had, CP-SAT
goes on (`search`): (1) is to minimise, for each ratio v from the worst up, how many towns stand at v or below it, with
the counts of all lower v held (the finite-level form of leximin: Ogryczak & Sliwinski, Computers & OR 33 (2006)).
One solve for each ratio that occurs; the ratio looked at is the next one of the best answer so far.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from ortools.sat.python import cp_model

from optimizer.staffing.post_grades import PostsImpossible, buyable, check_budget, plain, relaxation
from optimizer.staffing.post_types import BudgetRules, BudgetShare, Grade, GradedTown, PostLevel, Proof, Status
from optimizer.staffing.posts import levels_of

WORK = 20.0  # CP-SAT's deterministic seconds for one level
Answer = tuple[tuple[int, ...], ...]


def share_budget(
    towns: Iterable[GradedTown], *, grades: Sequence[Grade], rules: BudgetRules, relax: bool = True, work: float = WORK
) -> BudgetShare:
    """The leximin share of a budget, with the proof of each level; towns in the order of their codes.

    `relax=False` takes no level from the greedy rule (for comparison). The same answer run after run: one worker, and
    a limit of work for each level; a level the limit stops is not proven, and says so with its bound.
    Raises BadInput (every fault), PostsImpossible.
    """
    listed = tuple(sorted(towns, key=lambda town: town.code))
    check_budget(listed, grades, rules)
    run = _Run(listed, tuple(grades), rules, work)
    bound = relaxation(listed, grades, rules) if relax else None
    relaxed = () if bound is None else levels_of(bound.towns, bound.after, "relaxation")
    after = run.solve(relaxed) if relaxed else None  # all its levels at once: mostly they can be had
    levels = list(relaxed)
    if after is None:
        low, high = 0, max(1, len(relaxed))  # so many of its levels can be had, so many cannot
        while high - low > 1:
            half = (low + high) // 2
            low, high = (half, high) if run.solve(relaxed[:half]) is not None else (low, half)
        levels = list(relaxed[:low])
        after = run.solve(levels, near=None if bound is None else bound.after)
        if after is None:
            raise PostsImpossible(budget=rules.budget, towns=len(listed))
        while sum(level.towns for level in levels) < len(listed):
            level, after = run.next_level(levels, after)
            levels = run.recounted(levels if level is None else [*levels, level], after)
    after = run.cheapest(levels, after)
    proofs = {level.ratio: level for level in levels}  # where one is unproven, the last solves may have bettered it
    bare = [plain(town, rules.lose) for town in listed]
    found = [proofs.get(one.ratio, replace(one, bound=0)) for one in levels_of(bare, [*map(sum, after)], "none")]
    status: Status = "OPTIMAL" if all(level.proof != "none" for level in found) else "FEASIBLE"
    return BudgetShare(listed, run.grades, rules, after, run.cost(after), status, tuple(found), run.solves)


class _Run:
    """The solves of one share."""

    def __init__(self, towns: tuple[GradedTown, ...], grades: tuple[Grade, ...], rules: BudgetRules, work: float):
        self.towns, self.grades, self.rules, self.work = towns, grades, rules, work
        self.solves = 0
        self.hint: Answer | None = None

    def cost(self, after: Sequence[Sequence[int]]) -> int:
        return sum(
            grade.cost * (row[number] - town.actual[number])
            for row, town in zip(after, self.towns, strict=True)
            for number, grade in enumerate(self.grades)
        )

    def build(
        self, levels: Sequence[PostLevel], then: Fraction | None = None
    ) -> tuple[Any, list[list[Any]], list[Any], list[Any]]:
        """(2)-(6), the levels held, and all other towns at `then` or above it (None: above the levels); the model,
        x_ig, x_i, and what was lost."""
        model = cp_model.CpModel()
        actual = [sum(town.actual[number] for town in self.towns) for number in range(len(self.grades))]
        bought = [buyable(grade, self.rules.budget) for grade in self.grades]
        posts, totals, lost = [], [], []
        for town in self.towns:
            row = []
            for number in range(len(self.grades)):
                cap = town.cap_of(number)
                top = actual[number] + bought[number] if cap is None else cap
                low = max(town.floor_of(number), town.actual[number] - self.rules.lose)
                row.append(model.new_int_var(low, max(low, top), ""))
            posts.append(row)
            most = sum(actual) + sum(bought) if town.most is None else town.most
            least = plain(town, self.rules.lose).floor
            total = model.new_int_var(least, max(least, most), "")
            model.add(total == sum(row))
            totals.append(total)
            if self.rules.lose:
                own = [model.new_int_var(0, self.rules.lose, "") for _ in row]
                for gone, there, today in zip(own, row, town.actual, strict=True):
                    model.add(gone >= today - there)
                model.add(sum(own) <= self.rules.lose)
                lost += own
        for number in range(len(self.grades)):
            model.add_linear_constraint(
                sum(row[number] for row in posts), actual[number], actual[number] + bought[number]
            )
        spent = sum(grade.cost * (sum(row[n] for row in posts) - actual[n]) for n, grade in enumerate(self.grades))
        model.add(spent <= self.rules.budget)
        for limit in self.rules.districts:
            own_towns = [index for index, town in enumerate(self.towns) if town.district == limit.district]
            change = sum(totals[index] for index in own_towns) - sum(sum(self.towns[i].actual) for i in own_towns)
            if limit.least is not None:
                model.add(change >= limit.least)
            if limit.most is not None:
                model.add(change <= limit.most)
        worst = levels[0].ratio if levels else then
        if worst is not None:
            for total, town in zip(totals, self.towns, strict=True):
                model.add(total >= _reach(worst, town.required))
        ratios = [level.ratio for level in levels]
        following = [*ratios[1:], then][: len(ratios)]
        count, flags = 0, None
        for level, above in zip(levels, following, strict=True):
            count += level.towns
            if count == len(self.towns):
                break
            flags = self.at_or_below(model, totals, level.ratio, above, flags)
            model.add(sum(flags) <= count)
        self.before = flags
        if self.hint is not None:
            for row, known in zip(posts, self.hint, strict=True):
                for variable, value in zip(row, known, strict=True):
                    model.add_hint(variable, value)
        return model, posts, totals, lost

    def at_or_below(
        self, model: Any, totals: list[Any], ratio: Fraction, above: Fraction | None, before: list[Any] | None
    ) -> list[Any]:
        """Flags that must be set where a town stands at `ratio` or below it; the others stand at `above` or higher."""
        flags = [model.new_bool_var("") for _ in self.towns]
        for index, (total, town) in enumerate(zip(totals, self.towns, strict=True)):
            least = _past(ratio, town.required) if above is None else _reach(above, town.required)
            model.add(total >= least).only_enforce_if(flags[index].negated())
            if before is not None:
                model.add_implication(before[index], flags[index])
        return flags

    def run(self, model: Any, posts: list[list[Any]]) -> tuple[int, Answer | None, float]:
        self.solves += 1
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = 0
        solver.parameters.max_deterministic_time = self.work
        status = solver.solve(model)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return status, None, 0.0
        after = tuple(tuple(solver.value(variable) for variable in row) for row in posts)
        self.hint = after
        return status, after, solver.best_objective_bound

    def solve(self, levels: Sequence[PostLevel], *, near: Sequence[int] | None = None) -> Answer | None:
        """An answer with these levels and all other towns above them, as `near` to given totals as can be (a good
        start spares the search many rounds); None where none was found."""
        model, posts, totals, _ = self.build(levels)
        if near is not None:
            reached = [model.new_int_var(0, most, "") for most in near]
            for one, total in zip(reached, totals, strict=True):
                model.add(one <= total)
            model.maximize(sum(reached))
        return self.run(model, posts)[1]

    def next_level(self, levels: list[PostLevel], after: Answer) -> tuple[PostLevel | None, Answer]:
        """The fewest towns at the next ratio of `after` (none: a better answer whose next ratio is higher)."""
        done = sum(level.towns for level in levels)
        ratio = self.next_ratio(levels, after)
        self.hint = after
        model, posts, totals, _ = self.build(levels, ratio)
        flags = self.at_or_below(model, totals, ratio, None, self.before)
        model.add(sum(flags) >= done)
        model.minimize(sum(flags))
        status, found, bound = self.run(model, posts)
        after = after if found is None else found
        standing = sum(Fraction(sum(row), town.required) <= ratio for row, town in zip(after, self.towns, strict=True))
        if standing == done:
            return None, after
        proof: Proof = "search" if status == cp_model.OPTIMAL else "none"
        least = standing if proof == "search" else max(done, round(bound))
        return PostLevel(ratio, standing - done, least - done, proof), after

    def recounted(self, levels: list[PostLevel], after: Answer) -> list[PostLevel]:
        """Where an unproven level has fewer towns by now, what was found after it is looked for again."""
        ratios = [Fraction(sum(row), town.required) for row, town in zip(after, self.towns, strict=True)]
        for place, level in enumerate(levels):
            there = ratios.count(level.ratio)
            if there != level.towns:
                return levels[:place] + ([replace(level, towns=there)] if there else [])
        return levels

    def next_ratio(self, levels: list[PostLevel], after: Answer) -> Fraction:
        held = levels[-1].ratio if levels else Fraction(-1)
        ratios = (Fraction(sum(row), town.required) for row, town in zip(after, self.towns, strict=True))
        return min(ratio for ratio in ratios if ratio > held)

    def cheapest(self, levels: list[PostLevel], after: Answer) -> Answer:
        """(7)."""
        self.hint = after
        for goal in ("cost", "moved") if self.rules.lose else ("cost",):
            model, posts, _, lost = self.build(levels)
            if goal == "cost":
                model.minimize(sum(grade.cost * sum(row[n] for row in posts) for n, grade in enumerate(self.grades)))
            else:
                model.add(
                    sum(grade.cost * sum(row[n] for row in posts) for n, grade in enumerate(self.grades))
                    <= sum(grade.cost * sum(row[n] for row in after) for n, grade in enumerate(self.grades))
                )
                model.minimize(sum(lost))
            after = self.run(model, posts)[1] or after
        return after


def _reach(ratio: Fraction, required: int) -> int:
    """The fewest posts whose ratio is at least this."""
    return -(-ratio.numerator * required // ratio.denominator)


def _past(ratio: Fraction, required: int) -> int:
    """The fewest posts whose ratio is above this."""
    return ratio.numerator * required // ratio.denominator + 1
