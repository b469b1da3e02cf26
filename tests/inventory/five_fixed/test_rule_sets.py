"""Rule sets: five rules each, every finding under exactly one of them, weights a county may set."""

from decimal import Decimal

import pytest

from inventory.errors import BadTable
from inventory.five_fixed import (
    PRESETS,
    RULES,
    RuleOverrides,
    UnknownPreset,
    WeightOverride,
    load_rule_set,
    read_overrides,
)
from inventory.five_fixed.records import Finding
from inventory.kinds import KINDS


def weights(*rows):
    return RuleOverrides(weights=tuple(WeightOverride(*row[:3], Decimal(row[3])) for row in rows))


def codes(refusal):
    return [(found.row, found.column, found.code) for found in refusal.value.faults]


@pytest.mark.parametrize("preset", PRESETS)
def test_a_rule_set_has_five_named_rules_whose_weights_total_one(preset):
    rule_set = load_rule_set(preset)
    assert len({rule.key for rule in rule_set.rules}) == 5
    assert sum(rule.weight for rule in rule_set.rules) == 1
    assert all(rule.weight == Decimal("0.2") and rule.name_zh and rule.name_en for rule in rule_set.rules)


@pytest.mark.parametrize("preset", PRESETS)
def test_every_finding_there_can_be_falls_under_one_of_the_five_and_none_of_the_five_is_idle(preset):
    rule_set = load_rule_set(preset)
    keys = {rule_set.key(judged, kind) for judged in RULES for kind in [None, *KINDS]}
    assert keys == {rule.key for rule in rule_set.rules}


def test_the_general_preset_is_the_five_rules_of_evaluate():
    rule_set = load_rule_set()
    assert [rule.key for rule in rule_set.rules] == list(RULES)
    assert [rule.name_zh for rule in rule_set.rules] == ["定人", "定位", "定量", "定质", "定期"]
    assert all(rule_set.key(judged, kind) == judged for judged in RULES for kind in KINDS)


@pytest.mark.parametrize(
    ("judged", "kind", "name_zh"),
    [
        ("quantity", None, "定数量品种"),
        ("location", None, "定点"),
        ("custodian", None, "定人"),
        ("period", "DISINFECT", "定期消毒"),
        ("quality", "DISINFECT", "定期消毒"),
        ("period", "INSPECT", "定期检查维修"),
        ("period", "STOCKTAKE", "定期检查维修"),
        ("quality", None, "定期检查维修"),
    ],
)
def test_the_medical_preset_tells_disinfection_from_inspection_and_repair(judged, kind, name_zh):
    rule_set = load_rule_set("medical")
    names = {rule.key: rule.name_zh for rule in rule_set.rules}
    finding = Finding(judged, "X", "major", "S1", kind=kind)
    assert names[rule_set.rule_of(finding)] == name_zh


def test_an_unknown_preset_is_refused_with_those_there_are():
    with pytest.raises(UnknownPreset) as refusal:
        load_rule_set("military")
    assert refusal.value.facts == {"preset": "military", "known": "general, medical"}


def test_a_county_weighs_rules_and_criticality_as_it_sees_fit():
    own = weights(
        ("general", "rule", "quality", "0.35"), ("general", "rule", "location", "0.05"),
        ("general", "criticality", "3", "5"),
    )  # fmt: skip
    rule_set = load_rule_set(overrides=own)
    assert {rule.key: rule.weight for rule in rule_set.rules}["quality"] == Decimal("0.35")
    assert rule_set.criticality_weights == (1, 2, 5)
    assert load_rule_set("medical", overrides=own) == load_rule_set("medical")


def test_rule_weights_that_do_not_total_one_are_refused():
    with pytest.raises(BadTable) as refusal:
        load_rule_set(overrides=weights(("medical", "rule", "keeper", "0.3")))
    [found] = refusal.value.faults
    assert (found.code, found.facts) == ("WEIGHTS_NOT_ONE", {"preset": "medical", "total": Decimal("1.1")})


def test_every_bad_weight_is_reported_at_once():
    own = weights(
        ("general", "rule", "keeper", "0.2"),
        ("military", "rule", "quality", "0.2"),
        ("general", "mood", "quality", "0.2"),
        ("general", "criticality", "4", "1"),
        ("general", "criticality", "1", "0"),
        ("general", "rule", "period", "-0.2"),
        ("general", "rule", "period", "0.2"),
    )
    with pytest.raises(BadTable) as refusal:
        load_rule_set(overrides=own)
    assert codes(refusal) == [
        (2, "name", "NOT_CHOICE"),
        (3, "preset", "NOT_CHOICE"),
        (4, "subject", "NOT_CHOICE"),
        (5, "name", "NOT_CHOICE"),
        (6, "weight", "NOT_ABOVE"),
        (7, "weight", "TOO_SMALL"),
        (8, "name", "STATED_TWICE"),
    ]


def test_weights_are_read_from_a_file(tmp_path):
    path = tmp_path / "weights.csv"
    path.write_text("preset,subject,name,weight\ngeneral,criticality,3,4\n", encoding="utf-8")
    own = read_overrides(weights=path)
    assert own == weights(("general", "criticality", "3", "4"))
    assert load_rule_set(overrides=own).criticality_weights == (1, 2, 4)
