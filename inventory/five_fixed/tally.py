"""The counts behind a store's score: what is judged there and what of it fails, by rule and by criticality.

Whole numbers by criticality, weighted only at the end: sums that hang neither on the order of the records nor on
rounding, so that one more failure can never raise a share.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from inventory.five_fixed.lots import AWAY, LOST
from inventory.five_fixed.records import SEVERITIES, StockLine
from inventory.five_fixed.rule_sets import RuleSet
from inventory.five_fixed.rules import RuleBook
from inventory.five_fixed.stores import is_extinguisher
from inventory.kinds import STORE_WIDE

ZERO = Decimal(0)
GRADES = 3  # of criticality
ITEM_RULES = ("custodian", "location", "quantity", "quality")  # judged item by item
NEEDED = frozenset({"custodian", "quantity"})  # of what the store must hold, though it may have none
ROUNDS = tuple(sorted(STORE_WIDE))

LotKey = tuple[str, str, str]  # store, item, lot ("" = none)


@dataclass(frozen=True, slots=True)
class ItemUnits:
    """What one lot of an item brings to judge. Rules by their index in the rule set."""

    grade: int  # criticality - 1
    pairs: tuple[tuple[int, int], ...]  # rule, how many checks a lot under it
    rule_of_check: Mapping[str, int]  # kind of check -> rule
    by_made: tuple[int, ...]  # rule of each check that counts from manufacture
    rounds: tuple[str, ...]  # kinds of STORE_WIDE
    quality: tuple[int, ...]  # rules in which its quality is judged


class RuleUnits:
    """The rule set joined to the book, once for all stores."""

    def __init__(self, book: RuleBook, rule_set: RuleSet) -> None:
        self.index = {rule.key: index for index, rule in enumerate(rule_set.rules)}
        self.item_rules = {judged: self.index[rule_set.key(judged)] for judged in ITEM_RULES}
        self.quality_of_kind = {
            kind: self.index[key] for (judged, kind), key in rule_set.places.items() if judged == "quality" and kind
        }
        self.apart = frozenset(self.quality_of_kind.values())
        self.round_rules = {kind: self.index[rule_set.key("period", kind)] for kind in ROUNDS}
        self.extinguishers = frozenset(item.id for item in book.catalogue if is_extinguisher(item.equipment_class))
        self.of_item = {
            item.id: self._of_item(book, rule_set, item.id, item.criticality - 1) for item in book.catalogue
        }

    def _of_item(self, book: RuleBook, rule_set: RuleSet, item: str, grade: int) -> ItemUnits:
        checks = [check for check in book.checks(item) if check.kind not in STORE_WIDE]
        rule_of_check = {check.kind: self.index[rule_set.key("period", check.kind)] for check in checks}
        counts: dict[int, int] = {}
        for index in rule_of_check.values():
            counts[index] = counts.get(index, 0) + 1
        apart = {self.quality_of_kind[kind] for kind in rule_of_check if kind in self.quality_of_kind}
        return ItemUnits(
            grade,
            tuple(sorted(counts.items())),
            rule_of_check,
            tuple(rule_of_check[check.kind] for check in checks if check.anchor == "manufacture"),
            tuple(check.kind for check in book.checks(item) if check.kind in STORE_WIDE),
            tuple(sorted(apart | {self.item_rules["quality"]})),
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """The stock as the score counts it; retired units are gone."""

    units: dict[tuple[str, str], Decimal]  # (store, item) -> units not retired
    lots: dict[tuple[str, str], int]  # (store, item) -> lots with such units
    spoilt: set[LotKey]  # with units past expiry, or with nothing but expired and recalled ones
    bins: dict[tuple[str, str], set[str]]  # (store, bin) -> items that stand in it


def standing_of(stock: Iterable[StockLine], *, day: date, book: RuleBook) -> Standing:
    """`stock` as `evaluate` took it."""
    units: dict[tuple[str, str], Decimal] = {}
    bins: dict[tuple[str, str], set[str]] = {}
    usable: dict[LotKey, bool] = {}
    past: set[LotKey] = set()
    for line in stock:
        if line.state == "retired" or line.quantity <= ZERO:
            continue
        store, item = line.store, line.item
        lot = (store, item, line.lot or "")
        units[store, item] = units[store, item] + line.quantity if (store, item) in units else line.quantity
        if line.state in LOST:
            usable.setdefault(lot, False)
        else:
            usable[lot] = True
            if line.expires is not None and line.expires < day:
                past.add(lot)
        if line.bin is not None and line.state not in AWAY:
            bins.setdefault((store, line.bin), set()).add(item)
    lots: dict[tuple[str, str], int] = {}
    for store, item, _ in usable:
        lots[store, item] = lots.get((store, item), 0) + 1
    return Standing(units, lots, past | {lot for lot, good in usable.items() if not good}, bins)


def required_items(book: RuleBook, tier: str, profiles: tuple[str, ...]) -> Mapping[str, int]:
    """Item -> grade, of the items a store of the tier and the profiles must hold."""
    return {item.id: item.criticality - 1 for item, _ in book.required(tier, profiles)}


def grades_of(items: Iterable[int]) -> list[int]:
    """How many there are of each grade."""
    grades = list(items)
    return [grades.count(grade) for grade in range(GRADES)]


class StoreTally:
    """One store's counts."""

    __slots__ = (
        "_asked_grades",
        "_broken",
        "_held",
        "_held_grades",
        "_lost_pairs",
        "_pairs",
        "_ready",
        "_required",
        "_round_lots",
        "_rounds",
        "_unasked_grades",
        "broken_rules",
        "due_soon",
        "findings",
        "overdue",
        "severities",
    )

    def __init__(self, required: Mapping[str, int]) -> None:
        """`required`: item -> grade, of the items the store must hold."""
        self.findings = [0] * 5
        self.severities = dict.fromkeys(SEVERITIES, 0)
        self.overdue = self.due_soon = 0
        self.broken_rules: set[int] = set()  # with a finding that lowers
        self._required = required
        self._asked_grades = grades_of(required.values())
        self._held: dict[str, ItemUnits] = {}
        self._held_grades = [0] * GRADES
        self._unasked_grades = [0] * GRADES  # held without having to
        self._ready = [0.0] * GRADES
        self._pairs = [0] * 5 * GRADES  # rule x grade
        self._lost_pairs = [0] * 5 * GRADES
        self._round_lots = {kind: [0] * GRADES for kind in ROUNDS}
        self._rounds: dict[str, float] = {}  # kind -> part of its lots that is late
        self._broken: dict[tuple[str, int], set[str]] = {}  # judged, rule -> items

    def hold(self, item: str, units: ItemUnits, *, lots: int, ready: float) -> None:
        grade = units.grade
        self._held[item] = units
        self._held_grades[grade] += 1
        if item not in self._required:
            self._unasked_grades[grade] += 1
        self._ready[grade] += ready
        for index, count in units.pairs:
            self._pairs[index * GRADES + grade] += count * lots
        for kind in units.rounds:
            self._round_lots[kind][grade] += lots

    def spoil(self, units: ItemUnits) -> None:
        """One more lot of which every pair fails."""
        for index, count in units.pairs:
            self._lost_pairs[index * GRADES + units.grade] += count

    def break_pairs(self, units: ItemUnits, kind: str | None) -> None:
        """One check of a lot; kind None: all that count from a day of manufacture which is not known."""
        for index in units.by_made if kind is None else (units.rule_of_check[kind],):
            self._lost_pairs[index * GRADES + units.grade] += 1

    def break_round(self, kind: str, late: float) -> None:
        self._rounds[kind] = max(late, self._rounds.get(kind, 0.0))

    def break_items(self, judged: str, items: Iterable[str], kind: str | None, units: RuleUnits) -> None:
        for item in items:
            if not (judged in NEEDED and item in self._required) and not (judged != "quantity" and item in self._held):
                continue  # not judged here, such as an item with a keeper of its own that the store has none of
            if judged != "quality":
                rules: Iterable[int] = (units.item_rules[judged],)
            elif kind is None:  # not about one check: in every rule that judges the item's quality
                rules = units.of_item[item].quality
            else:  # a failed check that the item does not need is a matter of its quality at large
                apart = units.quality_of_kind.get(kind, -1)
                rules = (apart if apart in units.of_item[item].quality else units.item_rules["quality"],)
            for index in rules:
                self._broken.setdefault((judged, index), set()).add(item)

    def kept(self) -> Iterable[str]:
        return {**self._required, **self._held}

    def result(self, index: int, weights: tuple[float, ...], units: RuleUnits) -> tuple[int, float, float]:
        """Of one rule: units judged, their weight, and the weight of those that fail."""
        judged = self._pairs[index * GRADES : (index + 1) * GRADES]
        lost = self._lost_pairs[index * GRADES : (index + 1) * GRADES]
        for name, rule in units.item_rules.items():
            if rule == index or (name == "quality" and index in units.apart):
                for grade, count in enumerate(self._count(name, index, units)):
                    judged[grade] += count
                for item in self._broken.get((name, index), ()):
                    lost[units.of_item[item].grade] += 1
        total = sum(weight * count for weight, count in zip(weights, judged, strict=True))
        failing = sum(weight * count for weight, count in zip(weights, lost, strict=True))
        number = sum(judged)
        for kind in ROUNDS:  # always in this order, for the sake of rounding
            if units.round_rules[kind] == index:
                lots = self._round_lots[kind]
                weight = sum(weight * count for weight, count in zip(weights, lots, strict=True))
                total += weight
                failing += weight * self._rounds.get(kind, 0.0)
                number += sum(lots)
        return number, total, failing

    def _count(self, judged: str, index: int, units: RuleUnits) -> Iterable[int]:
        """How many items are judged, by grade."""
        if judged == "quantity":
            return self._asked_grades
        if judged == "custodian":
            return map(int.__add__, self._asked_grades, self._unasked_grades)
        if judged == "quality" and index != units.item_rules["quality"]:
            return grades_of(of_item.grade for of_item in self._held.values() if index in of_item.quality)
        return self._held_grades

    def serviceable_share(self, weights: tuple[float, ...]) -> float | None:
        """The mean over the items held of the part that may leave; None when nothing is held."""
        total = sum(weight * count for weight, count in zip(weights, self._held_grades, strict=True))
        ready = sum(weight * share for weight, share in zip(weights, self._ready, strict=True))
        return ready / total if total else None
