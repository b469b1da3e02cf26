"""Compiles the kernels of the explanation once, on arrays as they come from real problems."""

import numpy as np

from optimizer.dispatch.problem import DispatchProblem
from optimizer.dispatch.team_model import team_model
from optimizer.dispatch.why.again import kept_orders
from optimizer.dispatch.why.orders import moves, orders_of
from optimizer.dispatch.why.supply_value import first_prices


def warm_up(problem: DispatchProblem) -> None:
    """Run every compiled kernel once; `problem` has a team for some task."""
    model = team_model(problem)
    sequences = ((0,), *((),) * (len(problem.teams) - 1))
    moves(model, orders_of(sequences))
    kept_orders(model, sequences)
    one = np.zeros(1, np.int64)
    first_prices(np.ones((1, 1)), np.ones((1, 1), np.bool_), one, one, np.zeros(1))
