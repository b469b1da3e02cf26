"""Dispatch policies on simulated streams: the reduction of the severity-weighted response with its interval."""

import time

import numpy as np
import pytest

from optimizer.simulation import Design, Experiment, Ground, plane, replay, run_experiment, warm_up
from optimizer.simulation.experiment import HOUR, run_case
from optimizer.simulation.policies import REPLANNING
from optimizer.simulation.stream import given_stream, poisson_stream, redrawn_stream
from scenarios.exchange.json_text import dumps
from scenarios.simulation import PRACTICES, ground_of, result_document

pytestmark = pytest.mark.benchmark
OURS = "replanning"


def show(experiment: Experiment) -> None:
    for case in experiment.cases:
        rate = f"{case.per_hour:.1f} incidents/h, " if case.per_hour else ""
        calls = sum(run.calls for run in case.runs[OURS])
        print(f"\n{case.name}: {rate}{calls} calls in {len(case.runs[OURS])} replications")
        for policy in case.runs:
            found = [case.mean(policy, name) for name in ("response_weighted_s", "due", "tiers.3", "utilisation")]
            response, due, tier, use = ((one.mean, one.high - one.mean) for one in found)
            goods, unmet = (case.mean(policy, name).mean for name in ("goods_unmet", "calls_unmet"))
            print(
                f"  {policy:16} response {response[0] / 60:6.1f} ± {response[1] / 60:4.1f} min, own due {due[0]:.1%}, "
                f"10 min {tier[0]:.1%}, goods unmet {goods:.1%}, calls unmet {unmet:.1%}, busy {use[0]:.1%}"
            )
        for other in PRACTICES:
            found = case.reduction("response_weighted_s", ours=OURS, other=other)
            print(f"  reduction against {other:16} {found.mean:.1%} [{found.low:.1%}, {found.high:.1%}]")


def test_the_response_is_reduced_at_every_utilisation() -> None:
    """Class-B plane, 24 teams, 20 replications of 24 h after 6 h of warm-up."""
    warm_up()
    began = time.process_time()
    ground, kinds = plane(seed=0)
    experiment = run_experiment(ground, kinds, design=Design(replications=20))
    show(experiment)
    print(f"  {time.process_time() - began:.0f} s of CPU time")
    for case, least in zip(experiment.cases, (0.10, 0.15, 0.25), strict=True):
        assert case.mean("nearest_capable", "utilisation").mean == pytest.approx(case.utilisation, abs=0.03)
        for other in PRACTICES:
            assert case.reduction("response_weighted_s", ours=OURS, other=other).low > least
        better = case.values(OURS, "due") - case.values("nearest_capable", "due")
        assert better.mean() > 0


def test_other_grounds_say_the_same() -> None:
    """Three more planes at utilisation 0.7, so that the figure is not that of one map."""
    for seed in (1, 2, 3):
        ground, kinds = plane(seed=seed)
        experiment = run_experiment(ground, kinds, utilisations=[0.7], design=Design(replications=6, seed=seed))
        show(experiment)
        found = experiment.cases[0].reduction("response_weighted_s", ours=OURS, other="nearest_capable")
        assert found.low > 0


def test_the_county_on_its_own_roads() -> None:
    """The wave of `county` redrawn 20 times; and Poisson reports at a utilisation its rarest teams can bear."""
    from api.usecases import open_world
    from scenarios.registry import find_scenario

    ground, incidents, reported = ground_of(open_world(find_scenario("county").build(0)).loaded.problem)
    wave = given_stream(incidents, reported)
    design = Design(replications=20)
    case = run_case(
        ground, [redrawn_stream(wave, seed=r) for r in range(20)], name="county, its wave", rules=design.rules
    )
    show(Experiment(design, (case,)))
    assert case.reduction("response_weighted_s", ours=OURS, other="nearest_first").low > 0.3
    assert case.reduction("response_weighted_s", ours=OURS, other="nearest_capable").high > 0
    design = Design(replications=5, span_s=12 * HOUR)
    experiment = run_experiment(ground, incidents, utilisations=[0.15], design=design)
    show(experiment)


def test_an_event_is_planned_in_a_few_milliseconds_and_a_repeat_gives_the_same_bytes() -> None:
    ground, kinds = plane(seed=0)
    stream = poisson_stream(kinds, per_hour=36.8, warm_up_s=6 * HOUR, span_s=24 * HOUR, seed=0)
    replay(ground, stream, REPLANNING)
    began = time.process_time()
    outcome = replay(ground, stream, REPLANNING)
    spent = time.process_time() - began
    events = len(stream.reported_s) + 2 * len(outcome.visits)
    print(f"\nre-planning at utilisation 0.9: {1000 * spent / events:.2f} ms an event, {events} events")
    assert spent / events < 0.005
    texts = {_bytes(ground) for _ in range(3)}
    assert len(texts) == 1


def _bytes(ground: Ground) -> str:
    _, kinds = plane(seed=0)
    experiment = run_experiment(ground, kinds, utilisations=[0.7], design=Design(replications=2, span_s=4 * HOUR))
    assert np.isfinite(experiment.cases[0].mean(OURS, "response_weighted_s").mean)
    return dumps(result_document(experiment, ground=ground, about={}))
