"""One lot of one store on one day: its location, quality and period findings, and what of it may leave."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from inventory.catalogue import Item
from inventory.five_fixed.checks import Check
from inventory.five_fixed.history import Done, has_failed
from inventory.five_fixed.periods import Standing, due_day, standing
from inventory.five_fixed.records import NO_LOT, Finding, LotGate, StockLine, task_id
from inventory.kinds import KINDS, STORE_WIDE

ZERO = Decimal(0)
HELD_BY = {"quarantined": "RELEASE", "damaged": "REPAIR", "repair": "REPAIR"}  # the task that mends the state
LOST = frozenset({"expired", "retired", "recalled"})  # no task makes such units dispatchable
AWAY = frozenset({"repair", "retired"})  # such units stand in no bin

_STATE_FINDINGS = {  # state -> code, severity, task
    "damaged": ("DAMAGED", "minor", "REPAIR"),
    "repair": ("IN_REPAIR", "minor", "REPAIR"),
    "quarantined": ("QUARANTINED", "minor", "RELEASE"),
    "recalled": ("RECALLED", "major", "RECALL"),
    "expired": ("EXPIRED_HELD", "minor", "WRITE_OFF"),
}
_PERIOD_FINDINGS = {
    Standing.DUE_SOON: ("DUE_SOON", "minor"),
    Standing.OVERDUE: ("OVERDUE", "major"),
    Standing.OVERDUE_TWICE: ("OVERDUE_TWICE", "critical"),
}


@dataclass(slots=True)
class LotState:
    """What the lot comes to; `available` counts serviceable, unexpired units whether or not a check holds them."""

    gate: LotGate
    available: Decimal
    findings: list[Finding]


def judge_lot(
    store: str, item: Item, lot: str | None, lines: list[StockLine], checks: tuple[Check, ...], done: Done, *, day: int
) -> LotState:
    """`lines` are the lot's lines with units on them; `checks` those made lot by lot; `day` a date ordinal."""
    name = lot or NO_LOT
    findings: list[Finding] = []
    prefix = task_id(store, item.id, name)
    units = units_in_use(lines, day=day)
    live = bool(units)
    _location(findings, store, item.id, lot, lines, prefix)
    _states(findings, item, lot, lines, day, prefix)
    holding: list[str] = []  # tasks that hold the whole lot
    failed = retired = False
    if live:
        failed = _failures(findings, store, item.id, lot, done, holding, prefix)
        retired = _periods(findings, store, item.id, lot, units, checks, done, day, holding, prefix)
    dispatchable = held = available = ZERO
    tasks = set(holding)
    expiries: list[date] = []
    for line in units:
        if retired and _is_retired(line, units, checks, day):
            continue
        if line.expires is not None:
            expiries.append(line.expires)
        if line.state == "serviceable" and not failed:
            available += line.quantity
        if line.state == "serviceable" and line.bin is not None and not holding:
            dispatchable += line.quantity
            continue
        held += line.quantity
        if line.state in HELD_BY:
            tasks.add(f"{prefix}/{HELD_BY[line.state]}")
        if line.bin is None and line.state not in AWAY:
            tasks.add(f"{prefix}/PUT_AWAY")
    gate = LotGate(
        store,
        item.id,
        name,
        min(expiries, default=None),
        dispatchable,
        held,
        tuple(sorted(tasks)) if held else (),
    )
    return LotState(gate, available, findings)


def _is_past(line: StockLine, day: int) -> bool:
    """The expiry day itself still counts as good."""
    return line.expires is not None and line.expires.toordinal() < day


def _is_retired(line: StockLine, units: list[StockLine], checks: tuple[Check, ...], day: int) -> bool:
    """Past retirement by its own day of manufacture; units without one count as the oldest of the lot."""
    made = line.made.toordinal() if line.made is not None else first_days(units)[0]
    for check in checks:
        if check.kind == "RETIRE" and check.anchor == "manufacture" and made:
            due = due_day(check, last_passed=0, start=0, made=made)
            if standing(check, due=due, day=day) >= Standing.OVERDUE:
                return True
        elif check.kind == "RETIRE":
            return True  # counted for the lot as a whole
    return False


def _location(
    findings: list[Finding], store: str, item: str, lot: str | None, lines: list[StockLine], prefix: str
) -> None:
    """Rule 2: every lot in exactly one bin. Units set apart (quarantined, damaged …) may stand in another."""
    bins: set[str] = set()
    for line in lines:
        if line.bin is None and line.state not in AWAY:
            facts = {"quantity": line.quantity}
            task = f"{prefix}/PUT_AWAY"
            findings.append(
                Finding("location", "NO_BIN", "major", store, item, lot, task=task, blocks=True, facts=facts)
            )
        elif line.bin is not None and line.state == "serviceable":
            bins.add(line.bin)
    if len(bins) > 1:
        facts_ = {"bins": ", ".join(sorted(bins)), "count": len(bins)}
        findings.append(Finding("location", "MANY_BINS", "major", store, item, lot, facts=facts_))


def _states(
    findings: list[Finding], item: Item, lot: str | None, lines: list[StockLine], day: int, prefix: str
) -> None:
    """Rule 4, as far as it reads on the line: its state and its expiry."""
    for line in lines:
        if line.state in _STATE_FINDINGS:
            code, severity, word = _STATE_FINDINGS[line.state]
            findings.append(_about(line, item.id, lot, code, severity, task=f"{prefix}/{word}", blocks=True))
        if line.state in LOST:
            continue
        if _is_past(line, day):
            severity = "critical" if line.state == "serviceable" else "minor"  # others are not counted available
            task = f"{prefix}/WRITE_OFF"
            findings.append(_about(line, item.id, lot, "EXPIRED", severity, task=task, blocks=True))
        elif line.expires is None and item.consumable and item.shelf_life_months is not None:
            findings.append(_about(line, item.id, lot, "EXPIRY_UNKNOWN", "minor", task=None, blocks=False))


def _about(
    line: StockLine, item: str, lot: str | None, code: str, severity: str, *, task: str | None, blocks: bool
) -> Finding:
    facts = {"quantity": line.quantity, "bin": line.bin or "-", "expires": line.expires}
    return Finding("quality", code, severity, line.store, item, lot, None, line.expires, task, blocks, facts)


def _failures(
    findings: list[Finding],
    store: str,
    item: str,
    lot: str | None,
    done: Done,
    holding: list[str],
    prefix: str,
) -> bool:
    """Rule 4: a failed check makes the lot unserviceable at once, until the same check passes on a later day."""
    failed = False
    for kind in done:
        if kind not in STORE_WIDE and has_failed(done[kind]):
            failed = True
            task = f"{prefix}/{kind}"
            holding.append(task)
            facts = {"failed_on": date.fromordinal(done[kind][1])}
            findings.append(
                Finding("quality", "CHECK_FAILED", "critical", store, item, lot, kind, None, task, True, facts)
            )
    return failed


def _periods(
    findings: list[Finding],
    store: str,
    item: str,
    lot: str | None,
    units: list[StockLine],
    checks: tuple[Check, ...],
    done: Done,
    day: int,
    holding: list[str],
    prefix: str,
) -> bool:
    """Rule 5; whether the lot is past retirement (which is a matter of rule 4)."""
    made, start = first_days(units)
    retired = False
    unknown: list[Check] = []
    for check in checks:
        due = due_day(check, last_passed=done[check.kind][0] if check.kind in done else 0, start=start, made=made)
        if not due:
            unknown.append(check)
            continue
        state = standing(check, due=due, day=day)
        if state is Standing.IN_TIME:
            continue
        task = f"{prefix}/{check.kind}"
        late = state >= Standing.OVERDUE
        rule, (code, severity) = "period", _PERIOD_FINDINGS[state]
        if late and check.kind == "RETIRE":
            rule, code, severity, retired = "quality", "PAST_RETIREMENT", "critical", True
        elif late and check.blocks:
            holding.append(task)
        facts = {"days": abs(day - due), "tolerance_days": check.tolerance_days}
        blocks = late and check.blocks
        findings.append(
            Finding(rule, code, severity, store, item, lot, check.kind, date.fromordinal(due), task, blocks, facts)
        )
    _unknown(findings, store, item, lot, unknown, holding, prefix)
    return retired


def _unknown(
    findings: list[Finding],
    store: str,
    item: str,
    lot: str | None,
    unknown: list[Check],
    holding: list[str],
    prefix: str,
) -> None:
    """Checks with no day to count from. Nothing shows that they are in time: they hold the lot as late ones do."""
    by_made = [check for check in unknown if check.anchor == "manufacture"]
    if by_made:
        task = f"{prefix}/RECORD_MADE"
        blocks = any(check.blocks for check in by_made)
        if blocks:
            holding.append(task)
        facts = {
            "kinds_zh": "、".join(KINDS[check.kind][0] for check in by_made),
            "kinds_en": ", ".join(KINDS[check.kind][1] for check in by_made),
        }
        findings.append(
            Finding("period", "MADE_UNKNOWN", "major", store, item, lot, task=task, blocks=blocks, facts=facts)
        )
    for check in unknown:
        if check.anchor != "manufacture":
            task = f"{prefix}/{check.kind}"
            if check.blocks:
                holding.append(task)
            findings.append(
                Finding("period", "NEVER_DONE", "major", store, item, lot, check.kind, None, task, check.blocks)
            )


def units_in_use(lines: list[StockLine], *, day: int) -> list[StockLine]:
    """The lines of a lot that are neither lost nor past their expiry: those the checks are made for, so that the days
    of the others say nothing about since when the lot is there."""
    return [line for line in lines if line.state not in LOST and not _is_past(line, day)]


def first_days(units: list[StockLine]) -> tuple[int, int]:
    """Of a lot: the earliest day of manufacture, and of receipt (else manufacture); ordinals, 0 = unknown."""
    if len(units) == 1:
        line = units[0]
        made = line.made.toordinal() if line.made is not None else 0
        return made, line.received.toordinal() if line.received is not None else made
    days = [line.made.toordinal() for line in units if line.made is not None]
    starts = [(line.received or line.made) for line in units]
    return min(days, default=0), min((start.toordinal() for start in starts if start is not None), default=0)
