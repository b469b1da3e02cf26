"""Discrete-event replay of a stream of incidents under different dispatch policies (docs/simulation.md)."""

from optimizer.simulation.experiment import Design, Experiment, calibrate, run_experiment
from optimizer.simulation.ground import Ground, plane
from optimizer.simulation.policies import POLICIES
from optimizer.simulation.replan import warm_up
from optimizer.simulation.replay import Outcome, replay
from optimizer.simulation.stream import Incidents, Stream, given_stream, poisson_stream, redrawn_stream

__all__ = [
    "POLICIES",
    "Design",
    "Experiment",
    "Ground",
    "Incidents",
    "Outcome",
    "Stream",
    "calibrate",
    "given_stream",
    "plane",
    "poisson_stream",
    "redrawn_stream",
    "replay",
    "run_experiment",
    "warm_up",
]
