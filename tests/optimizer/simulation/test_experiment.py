"""Intervals by hand and by trial, calibration, and the experiment as a whole."""

import dataclasses

import numpy as np
import pytest

from optimizer.simulation import Design, calibrate, plane, run_experiment
from optimizer.simulation.experiment import HOUR, Case, ReplayWrong, run_case
from optimizer.simulation.policies import NEAREST_CAPABLE, POLICIES, REPLANNING
from optimizer.simulation.statistics import mean_interval, reduction_interval

DESIGN = Design(replications=4, warm_up_s=2 * HOUR, span_s=6 * HOUR, seed=3)


def test_the_interval_of_a_mean_is_students() -> None:
    found = mean_interval(np.array([1.0, 2.0, 3.0]))
    half = 4.302653 * 1.0 / np.sqrt(3)
    assert (found.mean, found.low, found.high) == pytest.approx((2.0, 2.0 - half, 2.0 + half))


def test_one_replication_has_no_interval_and_none_no_mean() -> None:
    assert np.isnan(mean_interval(np.array([1.0])).low)
    assert np.isnan(mean_interval(np.array([])).mean)
    assert np.isnan(reduction_interval(np.array([1.0, 1.0]), np.array([0.0, 0.0])).mean)


def test_a_reduction_that_is_the_same_in_every_pair_is_certain() -> None:
    other = np.array([10.0, 50.0, 90.0])
    found = reduction_interval(0.7 * other, other)
    assert (found.mean, found.low, found.high) == pytest.approx((0.3, 0.3, 0.3))


def test_the_interval_of_a_reduction_holds_the_truth_about_as_often_as_it_says() -> None:
    rng, held = np.random.default_rng(0), 0
    for _ in range(400):
        other = rng.normal(100, 15, 12)
        found = reduction_interval(0.8 * other + rng.normal(0, 8, 12), other)
        held += found.low <= 0.2 <= found.high
    assert 0.91 <= held / 400 <= 0.98


@pytest.mark.parametrize("utilisation", [0.3, 0.7])
def test_the_rate_is_set_so_that_teams_are_as_busy_as_asked(utilisation: float) -> None:
    ground, kinds = plane(seed=3, teams=12, places=60)
    design = dataclasses.replace(DESIGN, replications=8)
    found = run_experiment(ground, kinds, utilisations=[utilisation], design=design, policies=[NEAREST_CAPABLE])
    assert found.cases[0].mean("nearest_capable", "utilisation").mean == pytest.approx(utilisation, abs=0.06)


def test_a_utilisation_beyond_reach_is_refused() -> None:
    ground, kinds = plane(seed=3, teams=2, places=5)
    with pytest.raises(ValueError, match="between 0 and 1"):
        calibrate(ground, kinds, utilisation=1.0, design=DESIGN)


def test_every_policy_meets_the_same_stream_and_the_result_repeats() -> None:
    ground, kinds = plane(seed=3, teams=10, places=40)
    one, two = (run_experiment(ground, kinds, utilisations=[0.6], design=DESIGN) for _ in range(2))
    assert one == two
    runs = one.cases[0].runs
    assert [policy.name for policy in POLICIES] == list(runs)
    for policy in runs:
        assert [run.calls for run in runs[policy]] == [run.calls for run in runs["replanning"]]
        assert all(list(run.tiers) == sorted(run.tiers) for run in runs[policy])


def test_replanning_is_faster_than_practice_on_a_busy_plane() -> None:
    ground, kinds = plane(seed=3, teams=12, places=60)
    design = dataclasses.replace(DESIGN, replications=6, span_s=12 * HOUR)
    case = run_experiment(
        ground, kinds, utilisations=[0.7], design=design, policies=[NEAREST_CAPABLE, REPLANNING]
    ).cases[0]
    assert case.reduction("response_weighted_s", ours="replanning", other="nearest_capable").low > 0


def test_a_log_with_faults_is_never_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    from optimizer.simulation import experiment, poisson_stream

    ground, kinds = plane(seed=3, teams=4, places=10)
    stream = poisson_stream(kinds, per_hour=5, warm_up_s=0, span_s=3600, seed=0)
    monkeypatch.setattr(experiment, "check_replay", lambda *given: ["a team in two places"])
    with pytest.raises(ReplayWrong):
        run_case(ground, [stream], name="x", rules=DESIGN.rules)


def test_a_measure_of_a_tier_is_named_by_its_number() -> None:
    ground, kinds = plane(seed=3, teams=6, places=20)
    case: Case = run_experiment(ground, kinds, utilisations=[0.4], design=DESIGN, policies=[NEAREST_CAPABLE]).cases[0]
    assert case.values("nearest_capable", "tiers.3").tolist() == [run.tiers[3] for run in case.runs["nearest_capable"]]


def test_a_rate_too_low_for_any_pilot_report_is_the_one_by_arithmetic() -> None:
    ground, kinds = plane(seed=0, teams=1)
    found = calibrate(ground, kinds, utilisation=0.01, design=Design(span_s=3600))
    work = kinds.expected_s.mean() + ground.base_s.mean()
    assert found == pytest.approx(0.01 * 3600 / work)
