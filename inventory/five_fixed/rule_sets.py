"""Which five rules a county keeps: the general preset or the medical one, their weights, and what falls under each.

The presets are tables (data/five_fixed_rule_sets.csv and five_fixed_rule_map.csv). What `evaluate` judges is always
the same; a rule set only says under which of its five rules each finding is counted and how much the rule weighs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from inventory.errors import BadTable, InventoryError, RowFault
from inventory.files.cells import fault
from inventory.files.read import read_table
from inventory.five_fixed.overrides import RuleOverrides, WeightOverride
from inventory.five_fixed.records import Finding

DATA = Path(__file__).parents[1] / "data"
GENERAL = "general"
PRESETS = (GENERAL, "medical")
CRITICALITY_WEIGHTS = (Decimal(1), Decimal(2), Decimal(3))  # of an item of criticality 1, 2 and 3
SUBJECTS = ("rule", "criticality")


class UnknownPreset(InventoryError):
    """No rule set of that name. Facts: preset, known."""


@dataclass(frozen=True, slots=True)
class FixedRule:
    """One of the five. `weight`: its part of the score; the five weights total exactly 1."""

    key: str
    name_zh: str
    name_en: str
    weight: Decimal


@dataclass(frozen=True)
class RuleSet:
    """Five rules, and which of them each finding belongs to: (rule of the finding, kind of check or None) -> key."""

    preset: str
    rules: tuple[FixedRule, ...]
    places: Mapping[tuple[str, str | None], str]
    criticality_weights: tuple[Decimal, Decimal, Decimal] = CRITICALITY_WEIGHTS

    def key(self, judged: str, kind: str | None = None) -> str:
        """The rule for what `evaluate` judges under `judged`; a kind of check without a place of its own goes with
        the others."""
        return self.places.get((judged, kind)) or self.places[judged, None]

    def rule_of(self, finding: Finding) -> str:
        """The key of the one rule of this set under which a finding is counted."""
        return self.key(finding.rule, finding.kind)


def load_rule_set(preset: str = GENERAL, *, overrides: RuleOverrides | None = None) -> RuleSet:
    """A preset ("general" or "medical"), with the county's own weights on top.

    Raises UnknownPreset, and BadTable "weight_overrides" with every bad row at once (record i is row i + 2): unknown
    preset, rule or criticality, a weight below 0 (of a criticality: not above 0), a row stated twice, rule weights
    of a preset that do not total exactly 1.
    """
    sets = _presets()
    if preset not in sets:
        raise UnknownPreset(preset=preset, known=", ".join(sets))
    rows = overrides.weights if overrides else ()
    faults: list[RowFault] = []
    sound = [row for number, row in enumerate(rows, start=2) if not _add_faults(faults, number, row, sets)]
    faults += _repeated(rows)
    weighed = {name: _weighed(rule_set, sound) for name, rule_set in sets.items()}
    if not faults:  # a total says nothing while some of its weights are in doubt
        for name, rule_set in weighed.items():
            total = sum(rule.weight for rule in rule_set.rules)
            if total != 1:
                faults.append(fault(None, "weight", "WEIGHTS_NOT_ONE", preset=name, total=total))
    if faults:
        raise BadTable("weight_overrides", faults)
    return weighed[preset]


@lru_cache(maxsize=1)
def _presets() -> Mapping[str, RuleSet]:
    rules: dict[str, list[FixedRule]] = {name: [] for name in PRESETS}
    for row in read_table(DATA / "five_fixed_rule_sets.csv", "rule_sets").rows():
        rules[row["preset"]].append(FixedRule(row["rule"], row["name_zh"], row["name_en"], row["weight"]))
    places: dict[str, dict[tuple[str, str | None], str]] = {name: {} for name in PRESETS}
    for row in read_table(DATA / "five_fixed_rule_map.csv", "rule_map").rows():
        places[row["preset"]][row["judged"], row["kind"]] = row["rule"]
    return {name: RuleSet(name, tuple(rules[name]), places[name]) for name in PRESETS}


def _add_faults(faults: list[RowFault], row: int, stated: WeightOverride, sets: Mapping[str, RuleSet]) -> bool:
    """Whether the row is bad."""
    before = len(faults)
    if stated.preset not in sets:
        faults.append(fault(row, "preset", "NOT_CHOICE", value=stated.preset, choices=", ".join(sets)))
    if stated.subject == "rule":
        known = [rule.key for rule in sets[stated.preset].rules] if stated.preset in sets else [stated.name]
        if stated.weight < 0:
            faults.append(fault(row, "weight", "TOO_SMALL", value=stated.weight, least=0))
    elif stated.subject == "criticality":
        known = [str(number) for number in range(1, len(CRITICALITY_WEIGHTS) + 1)]
        if stated.weight <= 0:
            faults.append(fault(row, "weight", "NOT_ABOVE", value=stated.weight, least=0))
    else:
        faults.append(fault(row, "subject", "NOT_CHOICE", value=stated.subject, choices=", ".join(SUBJECTS)))
        return True
    if stated.name not in known:
        faults.append(fault(row, "name", "NOT_CHOICE", value=stated.name, choices=", ".join(known)))
    return len(faults) > before


def _repeated(rows: tuple[WeightOverride, ...]) -> list[RowFault]:
    first: dict[tuple[str, str, str], int] = {}
    faults: list[RowFault] = []
    for number, row in enumerate(rows, start=2):
        first_row = first.setdefault((row.preset, row.subject, row.name), number)
        if first_row != number:
            faults.append(fault(number, "name", "STATED_TWICE", first_row=first_row))
    return faults


def _weighed(rule_set: RuleSet, rows: list[WeightOverride]) -> RuleSet:
    stated = {(row.subject, row.name): row.weight for row in rows if row.preset == rule_set.preset}
    one, two, three = (
        stated.get(("criticality", str(number)), weight)
        for number, weight in enumerate(rule_set.criticality_weights, start=1)
    )
    rules = tuple(replace(rule, weight=stated.get(("rule", rule.key), rule.weight)) for rule in rule_set.rules)
    return replace(rule_set, rules=rules, criticality_weights=(one, two, three))
