"""What is judged store by store: quantities, extinguishers away for repair, bins, and the store's own rounds."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from inventory.catalogue import Catalogue
from inventory.errors import InventoryError
from inventory.five_fixed.checks import Check
from inventory.five_fixed.history import Done, has_failed
from inventory.five_fixed.periods import Standing, due_day, standing
from inventory.five_fixed.records import Finding, StockLine, StoreRecord, task_id
from inventory.five_fixed.rules import RuleBook

EXTINGUISHERS = "fire_extinguisher"  # equipment class, or the prefix of one
ZERO = Decimal(0)
NEVER = (0, 0)


class TooManyAway(InventoryError):
    """More than a quarter of a store's extinguishers away for repair. Facts: store, total, away, allowed."""


def check_repair_share(*, store: str, total: Decimal | int, away: Decimal | int) -> None:
    """At most a quarter of a store's extinguishers may be away at once: 25 of 100 pass, 26 raise TooManyAway."""
    if away * 4 > total:
        raise TooManyAway(store=store, total=total, away=away, allowed=int(total // 4))


def is_extinguisher(equipment_class: str) -> bool:
    return equipment_class == EXTINGUISHERS or equipment_class.startswith(EXTINGUISHERS + "_")


def repair_findings(total: Mapping[str, Decimal], away: Mapping[str, Decimal]) -> Iterator[Finding]:
    """Rule 4: `total` and `away` extinguishers by store."""
    for store in sorted(away):
        try:
            check_repair_share(store=store, total=total[store], away=away[store])
        except TooManyAway as refusal:
            yield Finding("quality", "TOO_MANY_AWAY", "critical", store, facts=refusal.facts)


def quantity_findings(
    stores: Mapping[str, StoreRecord], available: Mapping[tuple[str, str], Decimal], book: RuleBook
) -> Iterator[Finding]:
    """Rule 3: min <= available <= max for every item a store of the tier, and of its profiles, holds.

    Below min: critical for life-critical items, else major. Above max: minor (both grades but the first assumed).
    """
    limits = {
        (tier, profiles): [
            (item.id, least, least * item.max_factor, item.life_critical, item.unit_zh, item.unit_en)
            for item, least in book.required(tier, profiles)
        ]
        for tier, profiles in {(store.tier, store.profiles) for store in stores.values()}
    }
    for store in sorted(stores):
        for item, least, most, life_critical, unit_zh, unit_en in limits[stores[store].tier, stores[store].profiles]:
            held = available.get((store, item), ZERO)
            if least <= held <= most:
                continue
            facts = {"available": held, "least": least, "most": most, "unit_zh": unit_zh, "unit_en": unit_en}
            if held < least:
                severity = "critical" if life_critical else "major"
                yield Finding("quantity", "BELOW_MIN", severity, store, item, facts=facts)
            else:
                yield Finding("quantity", "ABOVE_MAX", "minor", store, item, facts=facts)


def bin_findings(
    lines: Iterable[StockLine], volumes_m3: Mapping[tuple[str, str], Decimal], catalogue: Catalogue
) -> Iterator[Finding]:
    """Rule 2: a bin whose volume is known must hold what stands in it."""
    used: dict[tuple[str, str], Decimal] = {}
    for line in lines:
        if line.bin is not None and (line.store, line.bin) in volumes_m3:
            place = (line.store, line.bin)
            used[place] = used.get(place, ZERO) + line.quantity * catalogue[line.item].volume_m3
    for store, bin_ in sorted(used):
        volume_m3, needed_m3 = volumes_m3[store, bin_], used[store, bin_]
        if needed_m3 > volume_m3:
            facts = {"bin": bin_, "needed_m3": needed_m3, "volume_m3": volume_m3}
            yield Finding("location", "BIN_OVERFULL", "major", store, facts=facts)


@dataclass(slots=True)
class _Round:
    worst: Standing = Standing.IN_TIME
    due: int = 0
    late: int = 0
    lots: int = 0


class Rounds:
    """Rule 5 for stocktakes and season checks: counted lot by lot, told once per store and kind; never blocking."""

    def __init__(self, *, day: int) -> None:
        self._day = day
        self._rounds: dict[tuple[str, str], _Round] = {}
        self._failed: dict[tuple[str, str], int] = {}

    def add(self, store: str, check: Check, *, done: Done, whole: Done, start: int, made: int) -> None:
        """One lot: `done` its own records and its item's, `whole` those of the whole store."""
        key = (store, check.kind)
        passed, failed = done.get(check.kind, NEVER)
        if whole:
            whole_passed, whole_failed = whole.get(check.kind, NEVER)
            if whole_passed >= start and whole_passed > passed:
                passed = whole_passed
            if whole_failed >= start and whole_failed > failed:
                failed = whole_failed
        if failed and has_failed((passed, failed)):
            self._failed[key] = max(failed, self._failed.get(key, 0))
        state = self._rounds.get(key)
        if state is None:
            state = self._rounds[key] = _Round()
        state.lots += 1
        due = due_day(check, last_passed=passed, start=start, made=made)
        standing_now = standing(check, due=due, day=self._day) if due else Standing.OVERDUE
        if standing_now is not Standing.IN_TIME:
            state.late += standing_now >= Standing.OVERDUE
            state.due = min(state.due or due, due)
            state.worst = max(state.worst, standing_now)

    def findings(self) -> Iterator[Finding]:
        codes = {
            Standing.DUE_SOON: ("ROUND_DUE_SOON", "minor"),
            Standing.OVERDUE: ("ROUND_OVERDUE", "major"),
            Standing.OVERDUE_TWICE: ("ROUND_OVERDUE_TWICE", "critical"),
        }
        for (store, kind), state in sorted(self._rounds.items(), key=lambda entry: entry[0]):
            task = task_id(store, kind)
            if (store, kind) in self._failed:
                facts: dict[str, object] = {"failed_on": date.fromordinal(self._failed[store, kind])}
                yield Finding("period", "ROUND_FAILED", "major", store, kind=kind, task=task, facts=facts)
            if state.worst is not Standing.IN_TIME:
                code, severity = codes[state.worst]
                due = date.fromordinal(state.due) if state.due else None
                facts = {"late": state.late, "lots": state.lots}
                yield Finding("period", code, severity, store, kind=kind, due=due, task=task, facts=facts)
