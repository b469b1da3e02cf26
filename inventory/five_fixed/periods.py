"""The period rule in whole days (date ordinals; 0 = unknown).

1. anchor last_done: due = last_done + T, never the old due day + T; never done counts from receipt (else manufacture).
2. anchor manufacture: due days are made + T1, made + T1 + T, ...; a check done within the warning days before one of
   them, or later, serves it. Retirement has the first only.
3. passes while as_of <= due + g, the boundary day included; due soon from the warning days before the due day on;
   critical beyond a second period, as_of > due + T + g.
"""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from inventory.five_fixed.checks import Check

Days = NDArray[np.int64]  # date ordinals, 0 = unknown


class Standing(IntEnum):
    """Where a check stands on a day; a greater number is worse."""

    IN_TIME = 0
    DUE_SOON = 1
    OVERDUE = 2
    OVERDUE_TWICE = 3


def due_day(check: Check, *, last_passed: int, start: int, made: int) -> int:
    """The day the check is due, 0 when nothing is known to count from.

    `last_passed`: the last time it was done and passed (a failed check resets nothing); `start`: receipt, else
    manufacture; `made`: manufacture. Days are date ordinals, 0 = unknown.
    """
    if check.anchor == "manufacture":  # (2)
        if not made:
            return 0
        due = made + check.first_period_days
        if last_passed and check.kind != "RETIRE":
            late = last_passed + check.warning_days - due
            if late >= 0:
                due += (late // check.period_days + 1) * check.period_days
        return due
    if last_passed:  # (1)
        return last_passed + check.period_days
    return start + check.first_period_days if start else 0


def due_days(check: Check, *, last_passed: Days, start: Days, made: Days) -> Days:
    """`due_day` of many lots at once."""
    if check.anchor == "manufacture":  # (2)
        due = made + check.first_period_days
        if check.kind != "RETIRE":
            late = last_passed + check.warning_days - due
            served = (last_passed > 0) & (late >= 0)
            due = np.where(served, due + (late // check.period_days + 1) * check.period_days, due)
        return np.where(made > 0, due, 0)
    never = np.where(start > 0, start + check.first_period_days, 0)
    return np.where(last_passed > 0, last_passed + check.period_days, never)  # (1)


def standing(check: Check, *, due: int, day: int) -> Standing:
    """(3) for a known due day."""
    late = day - due - check.tolerance_days
    if late > check.period_days:
        return Standing.OVERDUE_TWICE
    if late > 0:
        return Standing.OVERDUE
    return Standing.DUE_SOON if day >= due - check.warning_days else Standing.IN_TIME
