"""Rule 1: one active primary, one active deputy, different people, no gap."""

from dataclasses import replace
from datetime import timedelta

import pytest

from inventory.errors import BadTable
from inventory.five_fixed import CustodianRecord


def custodian_codes(situation):
    return [found.code for found in situation.report().findings if found.rule == "custodian"]


def test_a_pair_of_different_people_passes(situation):
    assert custodian_codes(situation) == []


def test_a_store_without_records_lacks_both(situation):
    situation.custodians = []
    assert custodian_codes(situation) == ["NO_DEPUTY", "NO_PRIMARY"]
    assert {found.severity for found in situation.findings()} == {"major"}


def test_the_first_and_the_last_day_of_duty_count(situation):
    primary, deputy = situation.custodians
    situation.custodians = [replace(primary, valid_from=situation.day, valid_to=situation.day), deputy]
    assert custodian_codes(situation) == []
    situation.custodians = [replace(primary, valid_to=situation.ago(1)), deputy]
    assert custodian_codes(situation) == ["NO_PRIMARY"]


def test_two_primaries_at_once_fail(situation):
    situation.custodians.append(replace(situation.custodians[0], person="P3"))
    assert custodian_codes(situation) == ["MANY_PRIMARIES"]


def test_two_deputies_at_once_fail(situation):
    situation.custodians.append(replace(situation.custodians[1], person="P3"))
    assert custodian_codes(situation) == ["MANY_DEPUTIES"]


def test_one_person_cannot_be_both(situation):
    situation.custodians[1] = replace(situation.custodians[1], person="P1")
    assert custodian_codes(situation) == ["SAME_PERSON"]


def test_a_missing_telephone_is_minor(situation):
    situation.custodians[0] = replace(situation.custodians[0], phone=None)
    [found] = [each for each in situation.report().findings if each.rule == "custodian"]
    assert (found.code, found.severity) == ("NO_PHONE", "minor")


@pytest.mark.parametrize(("gap_days", "codes"), [(0, []), (1, ["CUSTODIAN_GAP"])])
def test_a_handover_leaves_no_day_uncovered(situation, gap_days, codes):
    primary = situation.custodians[0]
    situation.custodians[0] = replace(primary, valid_to=situation.ago(10))
    later = situation.ago(10) + timedelta(days=1 + gap_days)
    situation.custodians.append(CustodianRecord("S1", None, None, "P3", "1003", "primary", later))
    assert custodian_codes(situation) == codes


def test_a_gap_over_a_year_ago_is_history(situation):
    primary = situation.custodians[0]
    situation.custodians[0] = replace(primary, valid_from=situation.ago(900), valid_to=situation.ago(500))
    situation.custodians.append(CustodianRecord("S1", None, None, "P3", "1003", "primary", situation.ago(400)))
    assert custodian_codes(situation) == []


def test_a_bin_with_its_own_primary_keeps_the_stores_deputy(situation):
    situation.custodians.append(CustodianRecord("S1", "B-1-1-1", None, "P3", "1003", "primary", situation.ago(9)))
    assert custodian_codes(situation) == []
    situation.custodians[-1] = replace(situation.custodians[-1], person="P2")
    assert custodian_codes(situation) == ["SAME_PERSON"]


def test_custodian_findings_never_block(situation):
    situation.custodians = []
    situation.hold("M053")
    assert not any(found.blocks for found in situation.findings("NO_PRIMARY", "NO_DEPUTY"))
    assert situation.report().lots[0].dispatchable == 1


def test_an_unknown_store_or_role_is_refused(situation):
    situation.custodians = [
        replace(situation.custodians[0], store="S9"),
        replace(situation.custodians[1], role="third"),
    ]
    with pytest.raises(BadTable) as refusal:
        situation.report()
    assert [(found.row, found.code) for found in refusal.value.faults] == [(2, "UNKNOWN_REFERENCE"), (3, "NOT_CHOICE")]
