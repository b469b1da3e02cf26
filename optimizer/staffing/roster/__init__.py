"""Duty rosters: who stands at which post when, fairly, with rest; `solve_roster`, `repair_roster`, `check_roster`."""

from optimizer.staffing.roster.check import Violation, check_claims, check_roster
from optimizer.staffing.roster.pairs import Pairs, pair_up
from optimizer.staffing.roster.posts import Mode, Pattern, Post, slots_of
from optimizer.staffing.roster.problem import (
    MEASURES,
    PAIR,
    Asked,
    Assignment,
    DayKind,
    PastDuty,
    Person,
    Request,
    RosterProblem,
    Rules,
    Slot,
)
from optimizer.staffing.roster.repair import Change, Repaired, repair_roster
from optimizer.staffing.roster.result import Conflict, Level, Roster, RosterNotFound, Spread
from optimizer.staffing.roster.solve import carried_after, solve_roster, spreads_now

__all__ = [
    "MEASURES",
    "PAIR",
    "Asked",
    "Assignment",
    "Change",
    "Conflict",
    "DayKind",
    "Level",
    "Mode",
    "Pairs",
    "PastDuty",
    "Pattern",
    "Person",
    "Post",
    "Repaired",
    "Request",
    "Roster",
    "RosterNotFound",
    "RosterProblem",
    "Rules",
    "Slot",
    "Spread",
    "Violation",
    "carried_after",
    "check_claims",
    "check_roster",
    "pair_up",
    "repair_roster",
    "slots_of",
    "solve_roster",
    "spreads_now",
]
