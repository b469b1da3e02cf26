"""Re-planning: the state of a running plan at an instant, a new plan from a warm start, and what differs."""

from optimizer.dispatch.replanning.advance import Advanced, Progress, UnderWay, advance, progress
from optimizer.dispatch.replanning.diff import Change, LevelChange, PlanDiff, diff
from optimizer.dispatch.replanning.replan import Basis, Replanned, basis_of, replan

__all__ = [
    "Advanced",
    "Basis",
    "Change",
    "LevelChange",
    "PlanDiff",
    "Progress",
    "Replanned",
    "UnderWay",
    "advance",
    "basis_of",
    "diff",
    "progress",
    "replan",
]
