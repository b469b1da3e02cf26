"""The score of a store, F = Σ w_k × pass share of rule k, from what `evaluate` found.

What passes or fails (the unit of a share), by what is judged; a unit weighs what its item's criticality weighs:

custodian   each item the store must hold or holds. It fails with a finding on the whole store, on a bin it stands in,
            or on the item itself (a store without its pair has share 0).
location    each item held; fails with a finding on one of its lots or on a bin it stands in.
quantity    each item the store's tier must hold; fails below its minimum.
quality     each item held; fails with a finding on one of its lots. Extinguishers away: all extinguishers of the store.
period      each pair (lot, check) of a lot not retired, and (lot, round) for stocktakes and season checks. A pair
            fails when overdue or never done; a round's finding tells how many lots are late, not which, so each
            counts as their mean; a failed round fails for all. A lot past expiry, or wholly expired or recalled,
            fails all its pairs until it is written off: units must not leave the count by going bad.

In a rule that takes one kind of check out of quality (medical: disinfection), the quality units are the items that
need such a check; they fail when it failed, or with a finding that is about no check (expired, recalled). A rule
with nothing to judge has share 1, or 0 if a finding falls under it all the same.

"Held" is any unit not retired. Minor findings (due soon, surplus, no telephone, units set apart) warn and lower
nothing, except EXPIRED: units past expiry break the rule in whatever state they are, for with their expiry a lot's
other findings end. So for the same stock and people F never rises from one day to the next, nor by a failed check.
Any critical finding shows the store as failed, whatever its score.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import fsum

from inventory.five_fixed.records import Finding, Report, StockLine, StoreRecord
from inventory.five_fixed.rule_sets import RuleSet
from inventory.five_fixed.rules import RuleBook
from inventory.five_fixed.tally import RuleUnits, Standing, StoreTally, required_items, standing_of

OVERDUE = frozenset(
    {"OVERDUE", "OVERDUE_TWICE", "NEVER_DONE", "PAST_RETIREMENT", "ROUND_OVERDUE", "ROUND_OVERDUE_TWICE"}
)
DUE_SOON = frozenset({"DUE_SOON", "ROUND_DUE_SOON"})
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class RuleShare:
    """One of the five rules in one store. `share`: 0 to 1, the weighted part of its units that pass."""

    rule: str  # key of the rule set
    weight: float
    share: float
    judged: int  # units
    findings: int  # of any severity


@dataclass(frozen=True, slots=True)
class StoreScore:
    """One store on the day of the report."""

    store: str
    tier: str
    score: float  # F, 0 to 1
    failed: bool  # any critical finding
    rules: tuple[RuleShare, ...]  # the five, in the order of the rule set
    critical: int  # findings of that severity
    major: int
    minor: int
    overdue: int  # checks overdue beyond their tolerance, never done, or past retirement (a round counts once)
    due_soon: int
    serviceable_share: float | None  # 完好率; None: the store holds nothing
    available: Mapping[str, Decimal]  # item -> serviceable, unexpired units


def scores(
    report: Report, *, stores: Iterable[StoreRecord], stock: Iterable[StockLine], book: RuleBook, rule_set: RuleSet
) -> tuple[StoreScore, ...]:
    """The score of every store, sorted by store, from a report and the records it was made from.

    `serviceable_share` (完好率): for each item the units that may leave now (serviceable, unexpired, in a bin, held by
    no check; the `dispatchable` of its lots) over all its units not retired; then the mean over the items the store
    holds, each weighing what its criticality weighs. Units that are reserved are not known here, and count.
    """
    units = RuleUnits(book, rule_set)
    kinds = {store.id: (store.tier, store.profiles) for store in stores}
    tiers = {store: tier for store, (tier, _) in kinds.items()}
    required = {kind: required_items(book, *kind) for kind in set(kinds.values())}
    tallies = {store: StoreTally(required[kinds[store]]) for store in sorted(kinds)}
    standing = standing_of(stock, day=report.day, book=book)
    _count_units(tallies, standing, units, report)
    _count_findings(tallies, report.findings, standing, units, rule_set)
    available: dict[str, dict[str, Decimal]] = {store: {} for store in tallies}
    for (store, item), quantity in report.available.items():
        available[store][item] = quantity
    weights = tuple(float(weight) for weight in rule_set.criticality_weights)
    return tuple(
        _score(store, tiers[store], tally, rule_set, weights, units, available[store])
        for store, tally in tallies.items()
    )


def _count_units(tallies: Mapping[str, StoreTally], standing: Standing, units: RuleUnits, report: Report) -> None:
    """What there is to judge, and how much of each item may leave."""
    free: dict[tuple[str, str], Decimal] = {}
    for gate in report.lots:
        key = (gate.store, gate.item)
        free[key] = free[key] + gate.dispatchable if key in free else gate.dispatchable
    for key in free:  # in the order of the report, so that sums do not hang on the order of the stock
        held = standing.units.get(key)
        if held is not None:
            store, item = key
            share = 1.0 if free[key] == held else float(free[key] / held)
            tallies[store].hold(item, units.of_item[item], lots=standing.lots[key], ready=share)
    for store, item, _ in standing.spoilt:
        tallies[store].spoil(units.of_item[item])


def _count_findings(
    tallies: Mapping[str, StoreTally],
    findings: Sequence[Finding],
    standing: Standing,
    units: RuleUnits,
    rule_set: RuleSet,
) -> None:
    nothing: frozenset[str] = frozenset()
    index_of: dict[tuple[str, str | None], int] = {}
    for found in findings:
        store, item, kind = found.store, found.item, found.kind
        tally = tallies[store]
        index = index_of.get((found.rule, kind))
        if index is None:
            index = index_of[found.rule, kind] = units.index[rule_set.rule_of(found)]
        tally.findings[index] += 1
        tally.severities[found.severity] += 1
        if found.code in OVERDUE:
            tally.overdue += 1
        elif found.code in DUE_SOON:
            tally.due_soon += 1
        if found.severity == "minor" and found.code != "EXPIRED":
            continue
        tally.broken_rules.add(index)
        if found.rule == "period":
            if item is None:
                late = 1.0 if found.code == "ROUND_FAILED" else found.facts["late"] / found.facts["lots"]
                tally.break_round(kind or "", late)
            elif (store, item, found.lot or "") not in standing.spoilt:  # whose pairs fail already, all of them
                tally.break_pairs(units.of_item[item], kind)
            continue
        if item is not None:
            broken: Iterable[str] = (item,)
        elif found.rule == "quality":
            broken = units.extinguishers
        else:
            place = found.facts["bin"]
            whole = found.rule == "custodian" and place == "-"
            broken = tally.kept() if whole else standing.bins.get((store, place), nothing)
        tally.break_items(found.rule, broken, kind, units)


def _score(
    store: str,
    tier: str,
    tally: StoreTally,
    rule_set: RuleSet,
    weights: tuple[float, ...],
    units: RuleUnits,
    available: Mapping[str, Decimal],
) -> StoreScore:
    rules = []
    for index, rule in enumerate(rule_set.rules):
        judged, total, lost = tally.result(index, weights, units)
        share = 1 - lost / total if total else float(index not in tally.broken_rules)
        rules.append(RuleShare(rule.key, float(rule.weight), share, judged, tally.findings[index]))
    severities = tally.severities
    return StoreScore(
        store=store,
        tier=tier,
        score=fsum(rule.weight * rule.share for rule in rules),
        failed=severities["critical"] > 0,
        rules=tuple(rules),
        critical=severities["critical"],
        major=severities["major"],
        minor=severities["minor"],
        overdue=tally.overdue,
        due_soon=tally.due_soon,
        serviceable_share=tally.serviceable_share(weights),
        available=available,
    )
