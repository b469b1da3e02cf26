"""Times, quantities and level values in words."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from optimizer.dispatch.problem import Tier
from scenarios.report.labels import Label, say

SHANGHAI = ZoneInfo("Asia/Shanghai")
NONE = Label("—", "—")


def plain(text: str) -> Label:
    return Label(text, text)


def clock(as_of: datetime, seconds: int | None) -> Label:
    """The Shanghai clock time `seconds` after `as_of`, with the days between where it is another day."""
    if seconds is None:
        return NONE
    start = as_of.astimezone(SHANGHAI)
    then = start + timedelta(seconds=seconds)
    text = then.strftime("%H:%M:%S") if then.second else then.strftime("%H:%M")
    days = (then.date() - start.date()).days
    if days == 0:
        return plain(text)
    return say("time.day", clock=text, days=days) if days > 0 else say("time.ago", clock=text, days=-days)


def instant(as_of: datetime) -> str:
    return as_of.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def duration(seconds: int | None) -> Label:
    if seconds is None:
        return NONE
    hours, rest = divmod(abs(seconds), 3600)
    minutes, left = divmod(rest, 60)
    if hours:
        return say("time.h_min", h=hours, m=minutes) if minutes else say("time.h", h=hours)
    if minutes:
        return say("time.min_s", m=minutes, s=left) if left else say("time.min", m=minutes)
    return say("time.s", s=left)


def quantity(value: Decimal) -> str:
    """Exact, grouped by thousands, without trailing zeros."""
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def goods(parts: Iterable[tuple[Label, Decimal, Label]], *, at_most: int = 6) -> Label:
    """Items with their quantities and units in one line; the same item once, and only so many named."""
    sums: dict[tuple[Label, Label], Decimal] = {}
    for name, units, unit in parts:
        sums[name, unit] = sums.get((name, unit), Decimal(0)) + units
    shown = list(sums.items())[:at_most]
    more = " …" if len(sums) > len(shown) else ""
    return Label(
        "、".join(f"{name.zh} {quantity(units)}{unit.zh}" for (name, unit), units in shown) + more,
        ", ".join(f"{name.en} {quantity(units)}" for (name, _), units in shown) + more,
    )


def number(value: float, *, decimals: int = 2) -> str:
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(share: float | Decimal, *, decimals: int = 1) -> str:
    """A share as percent; never rounded up to 100 % (or down to 0 %) when it is not."""
    hundredths = Decimal(share) * 100 if isinstance(share, Decimal) else Decimal(repr(share)) * 100
    step = Decimal(1).scaleb(-decimals)
    rounded = hundredths.quantize(step)
    if rounded == 100 and hundredths < 100:
        rounded = 100 - step
    if rounded == 0 and hundredths > 0:
        return f"<{step} %"
    text = f"{rounded:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) + " %"


def tier_name(met: str | None, *, response_s: int | None, tiers: tuple[Tier, ...]) -> Label:
    """Which response tier an arrival meets; the widest that it misses where it meets none."""
    if response_s is None or not tiers:
        return NONE
    limit = next((tier.limit_s for tier in tiers if tier.id == met), None)
    missed = limit is None
    bound = tiers[-1].limit_s if limit is None else limit
    key = "tier.missed" if missed else "tier.met"
    return say(key, minutes=bound // 60) if bound % 60 == 0 else say(f"{key}_s", seconds=bound)


def level_value(value: float | tuple[float, ...] | None, *, gini: float | None = None) -> Label:
    if value is None:
        return say("level.unproven")
    if not isinstance(value, tuple):
        return plain(number(value))
    if not value:
        return NONE
    facts = {"least": percent(min(value)), "mean": percent(sum(value) / len(value))}
    if gini is None:
        return say("level.fairness.value", **facts)
    return say("level.fairness.gini", **facts, gini=number(gini, decimals=3))


def change(value: float | tuple[float, ...], other: float | tuple[float, ...]) -> tuple[Label, bool | None]:
    """The value of a level against another, and whether it is better (None: the same)."""
    if isinstance(value, tuple) or isinstance(other, tuple):
        fills, others = _vector(value), _vector(other)
        if fills == others:
            return say("level.same"), None
        mean, before = (sum(vector) / max(1, len(vector)) for vector in (fills, others))
        return plain(signed(mean - before, unit=" pp", scale=100)), fills > others
    if value == other:
        return say("level.same"), None
    if other == 0:
        return plain("+" + number(value)), False
    return plain(signed((value - other) / other, unit=" %", scale=100)), value < other


def signed(value: float, *, unit: str, scale: int = 1) -> str:
    text = number(abs(value) * scale, decimals=1)
    if text == "0":
        text = "<0.1"
    return ("−" if value < 0 else "+") + text + unit


def _vector(value: float | tuple[float, ...]) -> tuple[float, ...]:
    return value if isinstance(value, tuple) else (value,)
