"""Why a plan is as it is: alternatives, values of overdue tasks and closed roads, sensitivity, residual coverage."""
