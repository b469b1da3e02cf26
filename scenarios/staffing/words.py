"""The sentences that explain a number of posts, in both languages."""

from typing import Final

from optimizer.staffing.workload import COMPONENTS, Parameters, TownResult
from scenarios.texts import Lang, text

_NAMED: Final = 3  # components named in a sentence


def sentence(result: TownResult, lang: Lang) -> str:
    """Why a town needs its posts and how it stands, in one line."""
    by_size = sorted(COMPONENTS, key=lambda name: (-result.hours[name], COMPONENTS.index(name)))
    total = sum(result.hours.values())
    largest = [
        text("staffing.part_share", lang, part=part_name(name, lang), share=f"{100 * result.hours[name] / total:.0f}")
        for name in by_size[:_NAMED]
        if result.hours[name] > 0
    ]
    facts = {
        "name": result.name,
        "posts": result.posts,
        "hours": f"{total:,.0f}",
        "available": f"{result.available_h:,.0f}",
        "basic": f"{result.basic:.2f}",
        "caf": f"{result.caf:.3f}",
        "iaf": f"{result.iaf:.2f}",
        "required": f"{result.required:.2f}",
        "floor": f"{result.floor:g}",
        "largest": largest,
    }
    first = text("staffing.by_floor" if result.by_floor else "staffing.by_work", lang, **facts)
    parts = [first, standing(result, lang)]
    if result.travel_h is not None:
        parts.insert(1, text("staffing.routed", lang, travel=f"{result.travel_h:.3f}"))
    return ("" if lang == "zh" else " ").join(parts)


def standing(result: TownResult, lang: Lang) -> str:
    """What the town has against what it needs."""
    if result.staff is None or result.difference is None:
        return text("staffing.unstated", lang)
    key = "short" if result.difference < 0 else "over" if result.difference else "even"
    ratio = "-" if result.ratio is None else f"{result.ratio:.2f}"
    return text(f"staffing.{key}", lang, staff=result.staff, gap=abs(result.difference), ratio=ratio)


def findings(result: TownResult, lang: Lang) -> list[str]:
    """The floors a town does not keep, a line each."""
    return [text(found.code, lang, **found.facts) for found in result.findings]


def part_name(part: str, lang: Lang) -> str:
    return text(f"staffing.part.{part}", lang)


def year_line(given: Parameters, lang: Lang) -> str:
    """How many working days the year has, and whether that is announced."""
    key = "staffing.year_assumed" if given.year_assumed else "staffing.year_announced"
    return text(key, lang, year=given.year, days=f"{given['working_days']:g}")
