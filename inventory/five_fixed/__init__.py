"""The five fixed (五定): custodian, location, quantity, quality and period, judged on a day handed in."""

from inventory.five_fixed.checks import Check
from inventory.five_fixed.evaluate import evaluate
from inventory.five_fixed.overrides import (
    CheckOverride,
    MinimumOverride,
    RuleOverrides,
    WeightOverride,
    read_overrides,
)
from inventory.five_fixed.records import (
    NO_LOT,
    RULES,
    SEVERITIES,
    SHANGHAI,
    CustodianRecord,
    Finding,
    LotGate,
    MaintenanceRecord,
    NaiveInstant,
    Report,
    StockLine,
    StoreRecord,
    shanghai_day,
    task_id,
)
from inventory.five_fixed.rollup import PlaceScore, roll_up
from inventory.five_fixed.rule_sets import PRESETS, FixedRule, RuleSet, UnknownPreset, load_rule_set
from inventory.five_fixed.rules import RuleBook, load_rule_book
from inventory.five_fixed.score import RuleShare, StoreScore, scores
from inventory.five_fixed.stores import TooManyAway, check_repair_share

__all__ = [
    "NO_LOT",
    "PRESETS",
    "RULES",
    "SEVERITIES",
    "SHANGHAI",
    "Check",
    "CheckOverride",
    "CustodianRecord",
    "Finding",
    "FixedRule",
    "LotGate",
    "MaintenanceRecord",
    "MinimumOverride",
    "NaiveInstant",
    "PlaceScore",
    "Report",
    "RuleBook",
    "RuleOverrides",
    "RuleSet",
    "RuleShare",
    "StockLine",
    "StoreRecord",
    "StoreScore",
    "TooManyAway",
    "UnknownPreset",
    "WeightOverride",
    "check_repair_share",
    "evaluate",
    "load_rule_book",
    "load_rule_set",
    "read_overrides",
    "roll_up",
    "scores",
    "shanghai_day",
    "task_id",
]
