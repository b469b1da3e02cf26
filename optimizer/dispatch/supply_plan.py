"""The supply side of a plan: levels 2, 4, 5, 6 and 7, after the errands for teams."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from optimizer.dispatch.consolidate import cost_bound, fewer_trips
from optimizer.dispatch.coupling import TEAM_LEVELS, Errands
from optimizer.dispatch.delivery_rounds import with_rounds
from optimizer.dispatch.fairness import Share, shares
from optimizer.dispatch.fairness_bound import fairness_bound, reached
from optimizer.dispatch.levels import Value, rank, supply_levels
from optimizer.dispatch.loading import Leg, Load, from_lots, legs_of, loads_of, without_lots
from optimizer.dispatch.plan import Shipment
from optimizer.dispatch.practice import practice_loads
from optimizer.dispatch.problem import LEVELS, DispatchProblem, StockLine
from optimizer.dispatch.supplies import Contest, Flow, contest, ship
from optimizer.dispatch.supply_model import SupplyModel, stock_of, supply_model
from optimizer.units import BoolArray

SUPPLY_LEVELS = tuple(name for name in LEVELS if name not in TEAM_LEVELS)


@dataclass(frozen=True)
class Sent:
    """What is shipped, and what it was decided from."""

    problem: DispatchProblem
    first: Errands
    model: SupplyModel
    opened: tuple[BoolArray, ...]
    contests: tuple[Contest | None, ...]
    share: Share
    flows: tuple[Flow, ...]
    legs: tuple[Leg, ...]
    values: dict[str, Value]
    loads: tuple[Load, ...] = ()
    trips: tuple[Leg, ...] = ()  # of the loads, without the errands

    @property
    def shipments(self) -> tuple[Shipment, ...]:
        return from_lots(self.problem, self.legs, _lots(self.problem, self.model))

    @property
    def alone(self) -> bool:
        """No unit and no vehicle goes to a task first."""
        return not self.first.legs

    def dated(self, flows: tuple[Flow, ...]) -> "Sent":
        """The same with other flows, by the list rule (S6), after the errands."""
        loads = tuple(
            load
            for supply, flow in zip(self.model.items, flows, strict=True)
            for load in loads_of(supply, flow.store, flow.incident, flow.lumps)
        )
        return replace(self, flows=flows, loads=loads)._sent(legs_of(self.first.rest, loads))

    def _sent(self, trips: Sequence[Leg]) -> "Sent":
        legs = tuple(self.first.then(trips))
        values = supply_levels(self.problem, without_lots(self.problem, legs))
        return replace(self, legs=legs, values=values, trips=tuple(trips))

    def in_rounds(self) -> "Sent":
        """The same loads on rounds (S9) where that is better."""
        trips = with_rounds(self.first.rest, self.loads, self.trips)
        if all(leg is before for leg, before in zip(trips, self.trips, strict=False)):
            return self
        other = self._sent(trips)
        better = rank(self.problem, other.values, other.values) < rank(self.problem, self.values, self.values)
        return other if better else self

    def bounds(self, values: Mapping[str, Value]) -> dict[str, Value | None]:
        """Levels 2 and 4 are exact, 5 where sharing is proven; 6 and 7 hold once the levels before are at their bounds.

        Where equipment takes units, what the stock could do without it bounds 2 and 4, and nothing is said of others.
        """
        if not self.alone:
            whole = _decided(Errands(self.problem))
            return dict.fromkeys(SUPPLY_LEVELS) | unmet_least(whole.model, whole.share)
        bounds: dict[str, Value | None] = dict.fromkeys(SUPPLY_LEVELS) | unmet_least(self.model, self.share)
        if any(values[name] != bounds[name] for name in ("critical_unmet", "other_unmet")):
            return bounds
        if self._shared_best(values):
            bounds["fairness"] = values["fairness"]
        horizon = self.problem.parameters.horizon_s
        waiting = Fraction(0)  # level 6: what is shipped arrives no sooner, the rest counts at the horizon
        for supply, grants, flow in zip(self.model.items, self.share.grants, self.flows, strict=True):
            missing = (supply.demand - grants).tolist()
            waiting += flow.bound + horizon * sum(map(Fraction.__mul__, supply.weight, map(Fraction, missing)))
        bounds["deprivation"] = waiting
        bounds["cost"] = cost_bound(self.model, self.opened, self.contests)
        return bounds

    def _shared_best(self, values: Mapping[str, Value]) -> bool:
        fills = values["fairness"]
        assert isinstance(fills, tuple)
        if self.share.proven:
            return fills == _fills(self)
        critical = tuple(self.problem.items[supply.item].life_critical for supply in self.model.items)
        contested = tuple(held is not None for held in self.contests)
        order = self.problem.parameters.levels
        best = fairness_bound(self.model.items, self.opened, contested, critical, order) if fills else None
        return best is not None and reached(fills, best)


def supply(problem: DispatchProblem, first: Errands) -> Sent:
    """Demands from what the errands for teams leave."""
    decided = _decided(first)
    return replace(decided, problem=problem).dated(decided.flows)


def _decided(first: Errands) -> Sent:
    """Levels 2, 4, 5 and 6 item by item; nothing is dated yet."""
    problem = first.rest
    model = supply_model(problem, used=first.used)
    items = model.items
    opened = tuple(model.open(supply) for supply in items)
    contests = tuple(contest(supply, allowed) for supply, allowed in zip(items, opened, strict=True))
    share = shares(model, items, opened, contests)
    flows = tuple(
        ship(model, supply, allowed, grants, held)
        for supply, allowed, grants, held in zip(items, opened, share.grants, contests, strict=True)
    )
    return Sent(problem, first, model, opened, contests, share, flows, (), {})


def slimmer(sent: Sent, practice: Mapping[str, Value]) -> Sent:
    """Less of level 7 for at most `deprivation_tolerance` more of level 6; never a plan worse than practice."""
    problem = sent.problem
    tolerance = Fraction(problem.parameters.deprivation_tolerance)
    waited = sent.values["deprivation"]
    assert isinstance(waited, Fraction)
    names = tuple(name for name in problem.parameters.levels if name not in TEAM_LEVELS)
    before = tuple(name for name in names if name not in ("deprivation", "cost"))
    arrive: dict[tuple[int, int], int] = {}
    for leg in sent.legs:
        if leg.load.task is None:
            pair = leg.load.store, leg.load.incident
            arrive[pair] = max(arrive.get(pair, 0), leg.arrive_s)
    habit = rank(problem, dict(practice), names)
    for part in (Fraction(1), Fraction(1, 4)):  # vehicles may queue: what first seemed allowed can be too much
        budget = float(waited * tolerance * part)
        slim = sent.dated(fewer_trips(sent.model, sent.opened, sent.flows, budget=budget, arrive=arrive))
        same = rank(problem, slim.values, before) == rank(problem, sent.values, before)
        slow = slim.values["deprivation"] > waited * (1 + tolerance)  # type: ignore[operator]
        dear = slim.values["cost"] >= sent.values["cost"]  # type: ignore[operator]
        if same and not slow and not dear and rank(problem, slim.values, names) <= habit:
            return slim
    return sent


@dataclass(frozen=True)
class Habit:
    """The supply side of practice, after its own errands."""

    problem: DispatchProblem
    model: SupplyModel
    legs: tuple[Leg, ...]
    values: dict[str, Value]

    @property
    def shipments(self) -> tuple[Shipment, ...]:
        return from_lots(self.problem, self.legs, _lots(self.problem, self.model))


def practice_supply(problem: DispatchProblem, first: Errands, like: Sent) -> Habit:
    """What practice ships; its stock is that of `like` where neither has errands."""
    return habit_of(problem, first, like.model if like.alone and not first.legs else None)


def habit_of(problem: DispatchProblem, first: Errands, model: SupplyModel | None = None) -> Habit:
    """What practice ships after its errands; `model`: that of what they leave, where it is at hand."""
    model = model or supply_model(first.rest, used=first.used)
    legs = tuple(first.then(legs_of(first.rest, practice_loads(model), as_listed=True)))
    return Habit(problem, model, legs, supply_levels(problem, without_lots(problem, legs)))


def unmet_least(model: SupplyModel, share: Share) -> dict[str, Value | None]:
    """Bounds of levels 2 and 4: the grants are optimal for both."""
    least = {True: Fraction(0), False: Fraction(0)}
    for supply, grants in zip(model.items, share.grants, strict=True):
        missing = (supply.demand - grants).tolist()
        critical = model.problem.items[supply.item].life_critical
        least[critical] += sum(map(Fraction.__mul__, supply.weight, map(Fraction, missing)))
    return {"critical_unmet": least[True], "other_unmet": least[False]}


def _fills(sent: Sent) -> tuple[Fraction, ...]:
    """Level 5 of the grants."""
    fills: dict[int, list[Fraction]] = {}
    for supply, grants in zip(sent.model.items, sent.share.grants, strict=True):
        for incident, asked, got in zip(
            supply.incidents.tolist(), supply.demand.tolist(), grants.tolist(), strict=True
        ):
            fills.setdefault(incident, []).append(Fraction(got, asked))
    return tuple(sorted(sum(shares, Fraction(0)) / len(shares) for shares in fills.values()))


def _lots(problem: DispatchProblem, model: SupplyModel) -> dict[tuple[str, str], tuple[StockLine, ...]]:
    """The lots of everything that moves: what demands ask for, and equipment."""
    needed = {need.item for task in problem.tasks for need in task.equipment} - set(model.by_item)
    return {**model.lots, **stock_of(problem, needed)[0]} if needed else model.lots
