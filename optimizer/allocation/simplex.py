"""One linear program, as arrays, by OR-Tools' GLOP."""

from typing import Any

import numpy as np
import scipy.sparse as sparse
from ortools.linear_solver.python import model_builder_helper

from optimizer.units import FloatArray

# one after the other where numbers are too close for the first
WAYS = ("use_dual_simplex:false", "use_dual_simplex:true", "use_preprocessing:false", "use_scaling:false")


def simplex(
    lower: FloatArray,
    upper: FloatArray,
    objective: FloatArray,
    low: FloatArray,
    high: FloatArray,
    matrix: sparse.csr_matrix,
    *,
    dual: bool,
) -> tuple[FloatArray, FloatArray]:
    """Columns and row duals of the optimum; the dual of a row whose columns are all fixed is not a number.

    The dual simplex is the faster one where arcs have costs (measured). Fixed columns are taken out first: the
    solver's own presolve stumbles over equations between them that rounding leaves a hair apart.
    """
    columns, duals = lower.copy(), np.full(len(low), np.nan)
    open_columns = np.flatnonzero(upper > lower)
    shift = matrix @ np.where(upper > lower, 0, lower)
    matrix = matrix[:, open_columns]
    rows = np.flatnonzero(np.diff(matrix.indptr))
    low, high = (low - shift)[rows], (high - shift)[rows]
    room = 1 + np.minimum(np.abs(low), np.abs(high))  # one of the two is finite
    for wider in (0.0, 1e-9, 1e-7):
        helper: Any = model_builder_helper.ModelBuilderHelper()
        helper.fill_model_from_sparse_data(
            lower[open_columns],
            upper[open_columns],
            objective[open_columns],
            low - wider * room,
            high + wider * room,
            matrix[rows],
        )
        for parameters in (WAYS[1:] + WAYS[:1]) if dual else WAYS:
            solver: Any = model_builder_helper.ModelSolverHelper("glop")
            solver.set_solver_specific_parameters(parameters)
            solver.solve(helper)
            if solver.status() == model_builder_helper.SolveStatus.OPTIMAL:
                columns[open_columns] = solver.variable_values()
                duals[rows] = solver.dual_values()
                return columns, duals
    raise AssertionError(f"the linear program ended with {solver.status()}")  # a defect: it is feasible
