"""Column generation and the clock."""

import time

from optimizer.dispatch.column_generation import generate as columns
from optimizer.dispatch.instances import generate
from optimizer.dispatch.master import Master
from optimizer.dispatch.routes import Routes
from optimizer.dispatch.team_arrays import _model


def test_no_linear_program_is_begun_when_the_time_is_over() -> None:
    weight, eligible, processing, travel = generate("B", 12, 5, 0)
    model = _model(processing, travel, eligible, weight)
    start = Routes(model).tasks()
    master = Master(model, charge=1000)
    master.open(start, (), 8, None)
    assert master.solve(None) is not None
    assert master.solve(time.monotonic() - 1.0) is None
    made = columns(model, start, value=10**9, charge=1000, deadline=time.monotonic() - 1.0)
    assert (made.bound, made.routes, made.timed_out) == (None, None, True)
