"""Published tables of working days: what is right passes, what contradicts itself is refused with the reason."""

from dataclasses import replace
from decimal import Decimal

import pytest

from optimizer.errors import BadInput
from optimizer.staffing.annual_plan import AnnualPlan, check_annual_plans, plan_faults, supervision_days

EIGHT = AnnualPlan("A", 8, Decimal(248), Decimal(1984), Decimal(414), Decimal(1035), Decimal(535))
TWENTY_TWO = AnnualPlan("B", 22, Decimal(247), Decimal(5434), Decimal(971), Decimal(2469), Decimal(1994))


def shares(*texts: str) -> tuple[tuple[str, Decimal], ...]:
    names = ("supervision", "other_enforcement", "other_work")
    return tuple((name, Decimal(text)) for name, text in zip(names, texts, strict=True))


def test_the_plans_of_the_design_page() -> None:
    assert supervision_days(8, 248, other_enforcement=1035, other_work=535) == 414
    assert supervision_days(22, 247, other_enforcement=2469, other_work=1994) == 971
    assert round(100 * EIGHT.supervision_share, 1) == Decimal("20.9")
    assert round(100 * TWENTY_TWO.supervision_share, 1) == Decimal("17.9")
    check_annual_plans([EIGHT, TWENTY_TWO, replace(EIGHT, shares=shares("20.9", "52.2", "27.0"))])


def test_shares_that_are_not_those_of_the_days_are_refused() -> None:
    with pytest.raises(BadInput) as refusal:
        check_annual_plans([replace(EIGHT, shares=shares("21", "71", "8"))])
    assert [(each.code, each.facts["share"], each.facts["stated"]) for each in refusal.value.faults] == [
        ("PlanShareWrong", "52.2", Decimal(71)),
        ("PlanShareWrong", "27.0", Decimal(8)),
    ]  # 21 is right to the digits printed


def test_swapped_digits_are_refused_and_named() -> None:
    [fault] = plan_faults(replace(TWENTY_TWO, other_enforcement=Decimal(2649)))
    assert fault.code == "PlanDigitsSwapped"
    assert "other enforcement 2649 → 2469" in fault.facts["closing_en"]


def test_sums_and_products_that_do_not_agree_are_refused() -> None:
    assert [each.code for each in plan_faults(replace(EIGHT, supervision=Decimal(400)))] == ["PlanSumWrong"]
    assert [each.code for each in plan_faults(replace(EIGHT, days_each=Decimal(250)))] == ["PlanTotalWrong"]
