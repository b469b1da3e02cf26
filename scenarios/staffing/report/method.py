"""Pages of a report that let it be checked: every coefficient with its source, the formulas, and what was refused."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from inventory.documents.grid import Cell
from inventory.documents.words import Words
from optimizer.staffing.annual_plan import AnnualPlan, plan_faults
from optimizer.staffing.parameters import Coefficient, Parameters
from optimizer.staffing.workload import Sizing
from scenarios.staffing.report.kit import Heads, Report
from scenarios.staffing.report.numbers import Numbers
from scenarios.texts import text

BASES: Final = ("stated", "fact", "calendar", "derived", "assumed")
_FORMULAS: Final = 9

# Days of two published plans: each table contradicts itself, and the reader shall see that it was noticed.
PUBLISHED: Final = (
    AnnualPlan("A", 8, Decimal(248), Decimal(1984), Decimal(414), Decimal(1035), Decimal(535),
               (("supervision", Decimal(21)), ("other_enforcement", Decimal(71)), ("other_work", Decimal(8)))),
    AnnualPlan("B", 22, Decimal(247), Decimal(5434), Decimal(971), Decimal(2649), Decimal(1994)),
)  # fmt: skip


def coefficients(report: Report, given: Parameters) -> None:
    """By their basis: what users state, facts, the calendar, what is derived, what is assumed."""
    say, side = report.say, 0 if report.lang == "zh" else 1
    report.section("coefficients")
    report.note(say("coefficients.note"))
    heads: Heads = [
        (say("col.meaning"), 56, "left"),
        (say("col.value"), 15, "right"),
        (say("col.between"), 24, "center"),
        (say("col.unit"), 28, "left"),
        (say("col.source"), 63, "left"),
    ]
    for basis in BASES:
        own = [each for each in given if each.basis == basis]
        if not own:
            continue
        report.subsection(f"{say(f'mark.{basis}')}  {say(f'basis.{basis}', count=len(own))}")
        rows: list[list[Cell]] = [
            [
                Words(each.meaning[side], each.name),
                f"{each.value:g}",
                _between(each),
                unit_words(report, each.unit),
                each.source[side],
            ]
            for each in own
        ]
        report.table(heads, rows, size_pt=6.8)


def unit_words(report: Report, unit: str) -> str:
    """`h/visit` in the language of the report."""
    return "/".join(report.say(f"unit.{part.replace(' ', '_')}") for part in unit.split("/"))


def _between(each: Coefficient) -> str:
    return "–" if each.low == each.high else f"{each.low:g} – {each.high:g}"


def method(report: Report, sizing: Sizing) -> None:
    report.section("method", keep_mm=40)
    report.note(report.say("method.what"), size_pt=7.5)
    report.bullets([report.say(f"method.{number}") for number in range(1, _FORMULAS + 1)], size_pt=7.5)
    report.note(report.say("method.sources"), size_pt=7.5)


def refused(report: Report, numbers: Numbers) -> None:
    """Tables that contradict themselves are not used, and which ones is said."""
    report.section("refused")
    report.note(report.say("refused.inputs", towns=f"{numbers.count:,}"), size_pt=7.5)
    report.note(report.say("refused.plans"), size_pt=7.5)
    rows: list[list[Cell]] = [
        [report.say(f"refused.plan_{plan.unit}"), " ".join(_reasons(report, plan))] for plan in PUBLISHED
    ]
    report.table([(report.say("col.table"), 60, "left"), (report.say("col.reason"), 126, "left")], rows)


def _reasons(report: Report, plan: AnnualPlan) -> Sequence[str]:
    return [text(fault.code, report.lang, **fault.facts) for fault in plan_faults(plan)]
