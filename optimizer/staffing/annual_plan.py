"""Annual plans of supervision as offices publish them: days of people, shared out; tables that contradict
themselves are refused with the reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from optimizer.errors import BadInput, Fault

PARTS: Final = {
    "supervision": ("监督检查", "supervision"),
    "other_enforcement": ("其他执法", "other enforcement"),
    "other_work": ("非执法", "other work"),
}


@dataclass(frozen=True, slots=True)
class AnnualPlan:
    """Days of a year: `people` · `days_each` = `total` = supervision + other enforcement + other work.

    `shares` are percentages as printed, with the digits they were printed with; what is not printed is not there.
    """

    unit: str
    people: int
    days_each: Decimal
    total: Decimal
    supervision: Decimal
    other_enforcement: Decimal
    other_work: Decimal
    shares: tuple[tuple[str, Decimal], ...] = ()

    @property
    def supervision_share(self) -> Decimal:
        """Of the total, 0 to 1."""
        return self.supervision / self.total

    @property
    def supervision_days_each(self) -> Decimal:
        return self.supervision / self.people


def supervision_days(people: int, days_each: int, *, other_enforcement: int, other_work: int) -> int:
    """Days left for supervision: people · days − other enforcement − other work."""
    return people * days_each - other_enforcement - other_work


def check_annual_plans(plans: Sequence[AnnualPlan], *, source: str = "annual_plans") -> None:
    """Raises BadInput with every sum and share that does not agree."""
    faults = [fault for plan in plans for fault in plan_faults(plan)]
    if faults:
        raise BadInput(source, faults)


def plan_faults(plan: AnnualPlan) -> list[Fault]:
    """What contradicts itself in one plan. A share agrees where the true one rounds to the digits printed."""
    faults = []
    product = plan.people * plan.days_each
    if product != plan.total:
        facts = {"people": plan.people, "days": plan.days_each, "product": product, "total": plan.total}
        faults.append(Fault(plan.unit, "PlanTotalWrong", facts))
    parts = {name: Decimal(getattr(plan, name)) for name in PARTS}
    parts_sum = sum(parts.values(), Decimal(0))
    if parts_sum != plan.total:
        faults.append(_sum_fault(plan, parts, parts_sum))
    for name, stated in plan.shares:
        share = parts[name] * 100 / plan.total
        half_digit = Decimal(1).scaleb(int(stated.as_tuple().exponent)) / 2
        if abs(share - stated) > half_digit:
            facts = {"part_zh": PARTS[name][0], "part_en": PARTS[name][1], "value": parts[name], "total": plan.total,
                     "share": f"{share:.1f}", "stated": stated}  # fmt: skip
            faults.append(Fault(plan.unit, "PlanShareWrong", facts))
    return faults


def _sum_fault(plan: AnnualPlan, parts: dict[str, Decimal], parts_sum: Decimal) -> Fault:
    """The sum, and the parts whose digits, put in another order, would close it: more than one may."""
    facts = {"sum": parts_sum, "total": plan.total}
    closing = {name: plan.total - parts_sum + value for name, value in parts.items()}
    swapped = [name for name, value in parts.items() if sorted(str(closing[name])) == sorted(str(value))]
    if not swapped:
        return Fault(plan.unit, "PlanSumWrong", {**facts, "gap": abs(parts_sum - plan.total)})
    said = {
        lang: [f"{PARTS[name][side]} {parts[name]} → {closing[name]}" for name in swapped]
        for side, lang in enumerate(("zh", "en"))
    }
    return Fault(plan.unit, "PlanDigitsSwapped", {**facts, "closing_zh": said["zh"], "closing_en": said["en"]})
