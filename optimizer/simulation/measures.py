"""What one replay is judged by, over the incidents that are reported in the measured span."""

from dataclasses import dataclass

import numpy as np

from optimizer.simulation.ground import Ground
from optimizer.simulation.replay import End, Outcome
from optimizer.simulation.state import Rules
from optimizer.simulation.stream import Stream
from optimizer.units import UNREACHABLE, FloatArray, IntArray


@dataclass(frozen=True)
class Measures:
    """Seconds and shares; NaN where nothing is there to be measured.

    A call's response runs from its report to the arrival of a team with the capability (longer than the response
    of a plan, which starts at the order). A call that nobody reached counts with its `latest_s`; calls that no team
    could have reached are left out of the times and counted in `calls_unmet`.
    """

    calls: int
    response_weighted_s: float  # mean, weighted by severity
    response_s: float  # mean
    response_p90_s: float
    waiting_s: float  # mean from the report to the order of the team that came
    tiers: tuple[float, ...]  # share of calls reached within each tier's limit
    due: float  # share reached by their own due time, of those that have one
    calls_unmet: float  # share of severity of calls that nobody served
    goods_unmet: float  # mean over needs, weighted by severity, of the share not there in time
    utilisation: float  # share of team time between order and end of a visit, in the measured span
    in_vain: float  # visits by teams without the capability, per call
    redirected: float  # visits broken off for a more severe call, per call


def busy_share(visits_s: IntArray, *, teams: int, first_s: int, last_s: int) -> float:
    """Share of the time of all teams that the (k, 2) intervals take between `first_s` and `last_s`."""
    inside = np.clip(visits_s, first_s, last_s)
    return float((inside[:, 1] - inside[:, 0]).sum()) / max(1, teams * (last_s - first_s))


def measure(ground: Ground, stream: Stream, outcome: Outcome, rules: Rules) -> Measures:
    calls, incidents = outcome.calls, stream.incidents
    judged = stream.measured[incidents.call_incident]
    some = judged & calls.servable
    severity = calls.severity.astype(np.float64)
    served = outcome.reached_s >= 0
    latest = calls.deadline_s - calls.reported_s
    response = np.where(served, outcome.reached_s - calls.reported_s, latest)[some].astype(np.float64)
    waited = (outcome.ordered_s - calls.reported_s)[some & served]
    due = (calls.due_s < UNREACHABLE)[some]
    in_time = (served & (outcome.reached_s <= calls.due_s))[some]
    within = np.where(served[some], response, np.inf)
    visits = outcome.visits
    spans = np.array([(visit.ordered_s, visit.end_s) for visit in visits], np.int64).reshape(-1, 2)
    of_judged = [visit for visit in visits if judged[visit.call]]
    count = int(judged.sum())
    return Measures(
        calls=count,
        response_weighted_s=_mean(response, severity[some]),
        response_s=_mean(response),
        response_p90_s=float(np.quantile(response, 0.9)) if len(response) else np.nan,
        waiting_s=_mean(waited.astype(np.float64)),
        tiers=tuple(_mean((within <= tier.limit_s).astype(np.float64)) for tier in rules.tiers),
        due=_mean(in_time[due].astype(np.float64)),
        calls_unmet=_mean((~served[judged]).astype(np.float64), severity[judged]),
        goods_unmet=_goods_unmet(stream, outcome, rules),
        utilisation=busy_share(spans, teams=len(ground.teams), first_s=stream.measured_from_s, last_s=stream.until_s),
        in_vain=sum(visit.end is End.UNABLE for visit in of_judged) / max(1, count),
        redirected=sum(visit.end is End.REDIRECTED for visit in of_judged) / max(1, count),
    )


def _goods_unmet(stream: Stream, outcome: Outcome, rules: Rules) -> float:
    incidents, owner = stream.incidents, stream.incidents.need_incident
    there = np.zeros(len(owner))
    for shipment in outcome.shipments:
        if shipment.arrive_s <= stream.reported_s[owner[shipment.need]] + rules.supply_limit_s:
            there[shipment.need] += shipment.units
    judged = stream.measured[owner]
    return _mean(1 - (there / incidents.quantity)[judged], incidents.severity[owner][judged].astype(np.float64))


def _mean(values: FloatArray, weights: FloatArray | None = None) -> float:
    return float(np.average(values, weights=weights)) if len(values) else float("nan")
