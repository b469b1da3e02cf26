"""The supply side of a plan: levels 2, 4, 5, 6 and 7, after the errands for teams."""

from dataclasses import dataclass
from fractions import Fraction

from optimizer.dispatch.coupling import Errands
from optimizer.dispatch.fairness import Share, share_out
from optimizer.dispatch.levels import Value
from optimizer.dispatch.loading import Load, from_lots, legs_of, load_of
from optimizer.dispatch.plan import Shipment
from optimizer.dispatch.practice import practice_loads
from optimizer.dispatch.problem import DispatchProblem, StockLine
from optimizer.dispatch.supplies import cheapest_grants, contest, ship
from optimizer.dispatch.supply_model import SupplyModel, dispatchable_lots, supply_model


@dataclass(frozen=True)
class Sent:
    """What is shipped, and what is proven of it."""

    model: SupplyModel
    shipments: tuple[Shipment, ...]
    share: Share
    least: Fraction  # level 6: what is shipped arrives no sooner, the rest counts at the horizon
    alone: bool  # no unit and no vehicle goes to a task first

    def bounds(self, problem: DispatchProblem, values: dict[str, Value]) -> dict[str, Value | None]:
        """Levels 2 and 4 are exact, 5 where sharing is proven; 6 holds once the levels before it are at their bounds.
        Where equipment takes units, what the stock could do without it bounds 2 and 4, and nothing is said of 5, 6."""
        model, share = self.model, self.share
        if not self.alone:
            model = supply_model(problem)
            rows = [(one, model.open(one)) for one in model.items]
            contests = tuple(contest(one, allowed) for one, allowed in rows)
            share = share_out(model.items, tuple(allowed for _, allowed in rows), contests)
        unmet_least = {True: Fraction(0), False: Fraction(0)}
        fills: dict[int, list[Fraction]] = {}
        for one, grants in zip(model.items, share.grants, strict=True):
            critical = problem.items[one.item].life_critical
            for position, incident in enumerate(one.incidents.tolist()):
                missing = int(one.demand[position] - grants[position])
                unmet_least[critical] += one.weight[position] * missing
                fills.setdefault(incident, []).append(1 - Fraction(missing, int(one.demand[position])))
        fairest = tuple(sorted(sum(shares, Fraction(0)) / len(shares) for shares in fills.values()))
        bounds: dict[str, Value | None] = {
            "critical_unmet": unmet_least[True],
            "other_unmet": unmet_least[False],
            "fairness": None,
            "deprivation": None,
            "cost": None,
        }
        held = self.alone and all(values[name] == bounds[name] for name in ("critical_unmet", "other_unmet"))
        if held and share.proven:
            bounds["fairness"] = fairest
        if held:
            bounds["deprivation"] = self.least
        if not problem.demands and self.alone:
            bounds["cost"] = Fraction(0)
        return bounds


def supply(problem: DispatchProblem, first: Errands) -> Sent:
    """Demands from what the errands for teams leave."""
    model = supply_model(first.rest, used=first.used)
    items = model.items
    opened = tuple(model.open(one) for one in items)
    contests = tuple(contest(one, allowed) for one, allowed in zip(items, opened, strict=True))
    order = problem.parameters.levels
    if order.index("fairness") < order.index("deprivation"):
        share = share_out(items, opened, contests)
    else:
        rows = zip(items, opened, contests, strict=True)
        share = Share(tuple(cheapest_grants(model, *row) for row in rows), proven=False)
    loads: list[Load] = []
    least = Fraction(0)
    horizon = problem.parameters.horizon_s
    for one, allowed, grants, held in zip(items, opened, share.grants, contests, strict=True):
        flow = ship(model, one, allowed, grants, held)
        loads.extend(
            load_of(one, int(s), int(i), int(n)) for s, i, n in zip(flow.store, flow.incident, flow.lumps, strict=True)
        )
        missing = one.demand - grants
        late = sum((w * int(m) for w, m in zip(one.weight, missing, strict=True)), Fraction(0)) * horizon
        least += flow.bound + late
    legs = first.then(legs_of(first.rest, loads))
    return Sent(model, from_lots(problem, legs, _lots(problem, model)), share, least, not first.legs)


def practice_supply(problem: DispatchProblem, first: Errands, like: Sent) -> tuple[Shipment, ...]:
    """The shipments of practice, after its own errands (those of `like`, where neither has any)."""
    model = like.model if like.alone and not first.legs else supply_model(first.rest, used=first.used)
    legs = first.then(legs_of(first.rest, practice_loads(model), as_listed=True))
    return from_lots(problem, legs, _lots(problem, model))


def _lots(problem: DispatchProblem, model: SupplyModel) -> dict[tuple[str, str], tuple[StockLine, ...]]:
    """The lots of everything that moves: what demands ask for, and equipment."""
    needed = {need.item for task in problem.tasks for need in task.equipment} - set(model.by_item)
    return {**model.lots, **dispatchable_lots(problem, needed)} if needed else model.lots
