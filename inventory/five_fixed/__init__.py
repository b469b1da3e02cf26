"""The five fixed (五定): custodian, location, quantity, quality and period, judged on a day handed in."""

from inventory.five_fixed.evaluate import evaluate
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
from inventory.five_fixed.rules import Check, RuleBook, load_rule_book
from inventory.five_fixed.stores import TooManyAway, check_repair_share

__all__ = [
    "NO_LOT",
    "RULES",
    "SEVERITIES",
    "SHANGHAI",
    "Check",
    "CustodianRecord",
    "Finding",
    "LotGate",
    "MaintenanceRecord",
    "NaiveInstant",
    "Report",
    "RuleBook",
    "StockLine",
    "StoreRecord",
    "TooManyAway",
    "check_repair_share",
    "evaluate",
    "load_rule_book",
    "shanghai_day",
    "task_id",
]
