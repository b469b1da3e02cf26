"""What can be wrong with a plan. The codes are the keys of the texts; T and S numbers are those of
docs/model.md."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Code(StrEnum):
    # the plan as a whole
    PLAN_PROBLEM_DIFFERS = "plan_problem_differs"
    PLAN_INFEASIBLE_WITH_ORDERS = "plan_infeasible_with_orders"
    PLAN_INFEASIBLE_WITHOUT_PINS = "plan_infeasible_without_pins"
    PLAN_NOT_PROVEN = "plan_not_proven"
    PLAN_WORSE_THAN_PRACTICE = "plan_worse_than_practice"
    # teams
    ORDER_UNKNOWN_TEAM = "order_unknown_team"
    ORDER_REPEATED = "order_repeated"
    ORDER_EMPTY = "order_empty"
    STOP_UNKNOWN_TASK = "stop_unknown_task"
    STOP_OTHER_INCIDENT = "stop_other_incident"
    STOP_TASK_REPEATED = "stop_task_repeated"
    STOP_NOT_CAPABLE = "stop_not_capable"  # T1
    STOP_BANNED = "stop_banned"  # T1
    STOP_UNREACHABLE = "stop_unreachable"
    STOP_DEPART = "stop_depart"  # T2, T3, T9
    STOP_ARRIVE = "stop_arrive"  # T3, T9
    STOP_START = "stop_start"  # T4, E1, Y1
    STOP_FINISH = "stop_finish"  # T4, T9
    STOP_RESPONSE = "stop_response"  # T5, T9
    STOP_TIER = "stop_tier"  # T5, T9
    STOP_TOO_LATE = "stop_too_late"  # T6
    STOP_OUTSIDE_HOURS = "stop_outside_hours"  # T7
    STARTED_DROPPED = "started_dropped"  # T9
    STARTED_NOT_FIRST = "started_not_first"  # T9
    PIN_DROPPED = "pin_dropped"  # T10
    TASK_TOO_MANY_TEAMS = "task_too_many_teams"
    # supplies
    SHIPMENT_REPEATED_ID = "shipment_repeated_id"
    SHIPMENT_UNKNOWN = "shipment_unknown"
    SHIPMENT_UNKNOWN_LOT = "shipment_unknown_lot"
    SHIPMENT_QUANTITY = "shipment_quantity"
    SHIPMENT_LUMPS = "shipment_lumps"  # S8
    SHIPMENT_LOT_BLOCKED = "shipment_lot_blocked"  # S1
    SHIPMENT_LOT_EXPIRED = "shipment_lot_expired"  # S1
    SHIPMENT_BANNED = "shipment_banned"  # S5
    SHIPMENT_NOT_DEMANDED = "shipment_not_demanded"  # S3
    SHIPMENT_VEHICLE_MISSING = "shipment_vehicle_missing"  # S6
    SHIPMENT_VEHICLE_UNWANTED = "shipment_vehicle_unwanted"  # S6
    SHIPMENT_VEHICLE_ELSEWHERE = "shipment_vehicle_elsewhere"  # S6
    SHIPMENT_UNREACHABLE = "shipment_unreachable"  # S7
    SHIPMENT_DEPART = "shipment_depart"  # S6
    SHIPMENT_ARRIVE = "shipment_arrive"  # S7
    SHIPMENT_AFTER_HORIZON = "shipment_after_horizon"  # S7
    STOCK_LOT_EXCEEDED = "stock_lot_exceeded"  # S2
    STOCK_FLOOR_BROKEN = "stock_floor_broken"  # S1, S2
    STOCK_EXPIRY_ORDER = "stock_expiry_order"  # S4
    STOCK_LOT_SEQUENCE = "stock_lot_sequence"  # S4
    DEMAND_EXCEEDED = "demand_exceeded"  # S3
    TRIP_NUMBERING = "trip_numbering"  # S6
    TRIP_TIMES_DIFFER = "trip_times_differ"  # S9
    TRIP_BEFORE_REPORT = "trip_before_report"  # S6, S9
    TRIP_LEG_UNREACHABLE = "trip_leg_unreachable"  # S9
    TRIP_LEG_TIME = "trip_leg_time"  # S9
    TRIP_TOO_HEAVY = "trip_too_heavy"  # S6
    TRIP_TOO_LARGE = "trip_too_large"  # S6
    TRIP_VEHICLE_AWAY = "trip_vehicle_away"  # S6
    # equipment
    EQUIPMENT_AMOUNT = "equipment_amount"  # E1, E2
    EQUIPMENT_NOT_NEEDED = "equipment_not_needed"  # E2
    EQUIPMENT_WITHOUT_TASK = "equipment_without_task"  # E2
    EQUIPMENT_TEAM_ELSEWHERE = "equipment_team_elsewhere"  # E3
    # what is not met
    UNMET_SUBJECT = "unmet_subject"
    UNMET_UNKNOWN = "unmet_unknown"
    UNMET_QUANTITY = "unmet_quantity"
    UNMET_TEAMS_BALANCE = "unmet_teams_balance"
    UNMET_UNITS_BALANCE = "unmet_units_balance"
    UNMET_REASON_KIND = "unmet_reason_kind"
    UNMET_FORBIDDEN = "unmet_forbidden"
    UNMET_FIVE_FIXED = "unmet_five_fixed"
    UNMET_BELOW_FLOOR = "unmet_below_floor"
    UNMET_UNREACHABLE = "unmet_unreachable"
    UNMET_TOO_LATE = "unmet_too_late"
    UNMET_TEAM_HOURS = "unmet_team_hours"
    UNMET_NO_CAPABLE_TEAM = "unmet_no_capable_team"
    UNMET_VEHICLE_CAPACITY = "unmet_vehicle_capacity"
    UNMET_NO_STOCK = "unmet_no_stock"
    # levels
    LEVELS_NAMED = "levels_named"
    LEVEL_VALUE = "level_value"
    LEVEL_BOUND = "level_bound"
    LEVEL_GAP = "level_gap"
    LEVEL_GINI = "level_gini"
    LEVEL_PRACTICE = "level_practice"


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing wrong with a plan: what (`code`, a key of texts.csv), where (path in plan.json), and the
    facts that fill the text."""

    code: Code
    where: str
    facts: dict[str, Any]
