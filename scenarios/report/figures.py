"""The headline figures of a report."""

from collections import defaultdict
from decimal import Decimal
from statistics import fmean, median

from optimizer.dispatch.plan import Plan, Status
from optimizer.dispatch.problem import DispatchProblem
from scenarios.report.labels import Label, say
from scenarios.report.rows import Figure, IncidentCard, LevelRow, StopRow
from scenarios.report.wording import duration, percent, plain, signed

ZERO = Decimal(0)


def fill_rates(problem: DispatchProblem, plan: Plan) -> dict[str, Decimal]:
    """Mean over an incident's demands of shipped / demanded; incidents without demands are absent."""
    shipped: dict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
    for one in plan.shipments:
        if one.task is None:
            shipped[one.incident, one.item] += one.quantity
    shares = defaultdict(list)
    for demand in problem.demands:
        shares[demand.incident].append(shipped[demand.incident, demand.item] / demand.quantity)
    return {incident: sum(values, ZERO) / len(values) for incident, values in shares.items()}


def headline(
    problem: DispatchProblem,
    plan: Plan,
    teams: tuple[StopRow, ...],
    incidents: tuple[IncidentCard, ...],
    levels: tuple[LevelRow, ...],
) -> tuple[Figure, ...]:
    """What a dispatcher wants to know first."""
    needed, provided = sum(card.needed for card in incidents), len(teams)
    served = {row.incident for row in teams} | {one.incident for one in plan.shipments}
    figures = [
        Figure(
            say("figure.teams"),
            plain(f"{provided} / {needed}"),
            say("figure.teams.note", teams=len({row.team for row in teams}), incidents=len(served)),
            provided >= needed,
        )
    ]
    responses = [row.response_s for row in teams if row.response_s is not None]
    if responses:
        figures.append(
            Figure(
                say("figure.response"),
                duration(round(fmean(responses))),
                say("figure.response.note", median=duration(round(median(responses)))),
            )
        )
        widest = problem.parameters.tiers[-1] if problem.parameters.tiers else None
        if widest is not None:
            met = sum(response <= widest.limit_s for response in responses)
            figures.append(
                Figure(
                    say("figure.tier", minutes=widest.limit_s // 60),
                    plain(percent(met / len(responses), decimals=0)),
                    say("figure.tier.note", met=met, all=len(responses)),
                )
            )
    figures += _supply_figures(problem, plan, incidents)
    figures.append(_practice_figure(plan, levels))
    figures.append(_gap_figure(plan))
    return tuple(figures)


def _supply_figures(problem: DispatchProblem, plan: Plan, incidents: tuple[IncidentCard, ...]) -> list[Figure]:
    rates = fill_rates(problem, plan)
    numbers = {card.id: card.number for card in incidents}
    if not rates:
        return []
    least = min(rates, key=lambda one: (rates[one], numbers[one]))
    mean = sum(rates.values(), ZERO) / len(rates)
    note = say("figure.fill.note", least=f"{percent(rates[least])} (#{numbers[least]})")
    return [Figure(say("figure.fill"), plain(percent(mean)), note, mean == 1)]


def _practice_figure(plan: Plan, levels: tuple[LevelRow, ...]) -> Figure:
    """The first level, in order of importance, on which the plan differs from practice decides."""
    label = say("figure.practice")
    for row, level in zip(levels, plan.levels, strict=True):
        if row.better is None:
            continue
        note = say("figure.practice.note", level=row.label, value=row.value, practice=row.practice)
        both_numbers = isinstance(level.value, float | int) and isinstance(level.practice, float | int)
        if both_numbers and level.practice:
            ratio = signed(level.value / level.practice - 1, unit=" %", scale=100)
            return Figure(label, plain(ratio), note, row.better)
        return Figure(label, row.change, note, row.better)
    return Figure(label, say("figure.practice.same"), say("figure.practice.equal"))


def _gap_figure(plan: Plan) -> Figure:
    """How many levels are proven, and how far each of the others can be off at most, or that nothing is known."""
    rest = [level for level in plan.levels if level.gap is None or level.gap > 0]
    count = f"{len(plan.levels) - len(rest)} / {len(plan.levels)}"
    value = say("figure.gap.optimal") if plan.status is Status.OPTIMAL else plain(count)
    if not rest:
        return Figure(say("figure.gap"), value, say("figure.gap.note", all=len(plan.levels)))
    parts = [
        (
            say(f"level.{level.name}"),
            say("level.unproven") if level.gap is None else plain(f"≤ {percent(level.gap, decimals=2)}"),
        )
        for level in rest
    ]
    words = Label("；".join(f"{name.zh} {gap.zh}" for name, gap in parts),
                  "; ".join(f"{name.en} {gap.en}" for name, gap in parts))  # fmt: skip
    return Figure(say("figure.gap"), value, say("figure.gap.rest", gaps=words))
