"""The chart of a simulation, as SVG for the page and as PNG: four panels of estimates with their 95 % intervals.

Both pictures are drawn from the same shapes, so that they cannot tell different stories.
"""

import io
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

from optimizer.simulation import Experiment
from optimizer.simulation.experiment import Case
from optimizer.simulation.statistics import Interval
from scenarios.report.labels import Label, Lang, say
from scenarios.report.markup import both
from scenarios.report.wording import plain

WIDTH, HEIGHT = 1080, 800
PANEL_W, PANEL_H = 450, 290
LEFT, TOP, GAP_X, GAP_Y = 70, 96, 80, 84
COLOURS = {
    "nearest_first": "#8a8f94",
    "nearest_capable": "#d9820b",
    "replanning": "#0f6fb5",
}  # told apart by the blind too
INK, MUTED, LINE, PAPER = "#16202b", "#4b5a68", "#d5dad6", "#ffffff"
NARROW_GROUPS = 4  # more cases than this: no figures over the marks
OURS, PRACTICES = "replanning", ("nearest_first", "nearest_capable")


@dataclass(frozen=True)
class Shape:
    """`points`: of a line its ends, of a bar two corners, of a dot or text one point."""

    kind: Literal["line", "bar", "dot", "text"]
    points: tuple[tuple[float, float], ...]
    colour: str  # a policy, or ink, muted, line
    label: Label | None = None
    size: float = 13
    anchor: Literal["start", "middle", "end"] = "middle"
    turned: bool = False


@dataclass(frozen=True)
class Axis:
    """Values to heights: `share` is linear from `low` to `high`, else logarithmic."""

    low: float
    high: float
    ticks: tuple[float, ...]
    share: bool
    words: Callable[[float], str]

    def at(self, value: float) -> float:
        """0 at the foot, 1 at the top."""
        if not self.share:
            value, low, high = (math.log10(max(one, 1e-9)) for one in (value, self.low, self.high))
        else:
            low, high = self.low, self.high
        return min(1.0, max(0.0, (value - low) / (high - low)))


def _percent(value: float) -> str:
    return f"{100 * value:.0f} %".replace("-", "−")


def _minutes(value: float) -> str:
    return f"{value:.0f}" if value >= 20 else f"{value:.1f}".removesuffix(".0")


def _log_axis(values: Sequence[Interval]) -> Axis:
    ends = [one for found in values for one in (found.mean, found.low, found.high) if one > 0 and math.isfinite(one)]
    low, high = (min(ends), max(ends)) if ends else (1.0, 10.0)
    steps = [step * 10.0**power for power in range(-2, 6) for step in (1, 2, 5)]
    first = max((one for one in steps if one <= low * 0.8), default=steps[0])
    last = min((one for one in steps if one >= high * 1.1), default=steps[-1])
    return Axis(first, last, tuple(one for one in steps if first <= one <= last), False, _minutes)


def _share_axis(values: Sequence[Interval]) -> Axis:
    least = min((one for found in values for one in (found.mean, found.low) if math.isfinite(one)), default=0.0)
    low = min(0.0, math.floor(least * 5) / 5)
    if low < -1:  # an interval so wide says enough at the edge
        low = -1.0
    count = round((1 - low) * 5)
    return Axis(low, 1.0, tuple(low + number / 5 for number in range(count + 1)), True, _percent)


def simulation_shapes(experiment: Experiment, *, case_labels: Sequence[Label]) -> list[Shape]:
    cases = experiment.cases
    tiers = experiment.design.rules.tiers
    shapes = list(_legend())

    def values(name: str, scale: float = 1.0) -> list[list[tuple[str, Interval]]]:
        return [[(policy, _scaled(case.mean(policy, name), scale)) for policy in case.runs] for case in cases]

    reduction = [
        [
            (other, case.reduction("response_weighted_s", ours=OURS, other=other))
            for other in PRACTICES
            if other in case.runs
        ]
        for case in cases
    ]
    panels = [
        (say("sim.panel.response"), values("response_weighted_s", 1 / 60), _log_axis),
        (say("sim.panel.reduction"), reduction, _share_axis),
        (say("sim.panel.due"), values("due"), _share_axis),
    ]
    if tiers:
        widest = say("sim.panel.tier", minutes=f"{tiers[-1].limit_s / 60:g}")
        panels.append((widest, values(f"tiers.{len(tiers) - 1}"), _share_axis))
    for number, (title, groups, scale) in enumerate(panels):
        x = LEFT + (number % 2) * (PANEL_W + GAP_X)
        y = TOP + (number // 2) * (PANEL_H + GAP_Y)
        axis = scale([found for group in groups for _, found in group])
        shapes += _panel(x, y, title, groups, axis, case_labels)
    return shapes


def _scaled(found: Interval, scale: float) -> Interval:
    return Interval(found.mean * scale, found.low * scale, found.high * scale)


def _legend() -> Iterator[Shape]:
    x = float(LEFT)
    for policy, wide in (("nearest_first", 170), ("nearest_capable", 290), ("replanning", 0)):
        yield Shape("bar", ((x, 30), (x + 16, 44)), policy)
        yield Shape("text", ((x + 24, 42),), "ink", say(f"sim.policy.{policy}"), 14, "start")
        x += wide
    yield Shape("text", ((WIDTH - 30, 42),), "muted", say("sim.interval"), 12, "end")


def _panel(
    x: float, y: float, title: Label, groups: list[list[tuple[str, Interval]]], axis: Axis, names: Sequence[Label]
) -> Iterator[Shape]:
    foot = y + PANEL_H
    yield Shape("text", ((x, y - 16),), "ink", title, 15, "start")
    for tick in axis.ticks:
        height = foot - axis.at(tick) * PANEL_H
        yield Shape("line", ((x, height), (x + PANEL_W, height)), "line")
        yield Shape("text", ((x - 8, height + 4),), "muted", plain(axis.words(tick)), 12, "end")
    room = PANEL_W / max(1, len(groups))
    for number, (group, name) in enumerate(zip(groups, names, strict=True)):
        middle = x + (number + 0.5) * room
        yield Shape("text", ((middle, foot + 22),), "ink", name, 13)
        step = min(44.0, room / (len(group) + 0.6))
        for place, (policy, found) in enumerate(group):
            at = middle + (place - (len(group) - 1) / 2) * step
            if math.isfinite(found.mean):
                yield from _mark(at, foot, step, policy, found, axis, figures=len(groups) <= NARROW_GROUPS)
    zero = foot - axis.at(0.0 if axis.share else axis.low) * PANEL_H
    yield Shape("line", ((x, zero), (x + PANEL_W, zero)), "ink")


def _mark(
    at: float, foot: float, step: float, policy: str, found: Interval, axis: Axis, *, figures: bool
) -> Iterator[Shape]:
    """A bar from 0 on a linear axis, a dot on a logarithmic one (which has no 0); the interval; the figure over it."""
    height = foot - axis.at(found.mean) * PANEL_H
    if axis.share:
        zero = foot - axis.at(0.0) * PANEL_H
        yield Shape("bar", ((at - step * 0.38, height), (at + step * 0.38, zero)), policy)
    top = height
    if math.isfinite(found.low):
        low, top = (foot - axis.at(one) * PANEL_H for one in (found.low, found.high))
        yield Shape("line", ((at, low), (at, top)), "ink")
        for end in (low, top):
            yield Shape("line", ((at - 5, end), (at + 5, end)), "ink")
    if not axis.share:
        yield Shape("dot", ((at, height),), policy)
    if figures:
        yield Shape("text", ((at, min(top, height - 4) - 8),), "ink", plain(axis.words(found.mean)), 12)


def case_labels(cases: Sequence[Case]) -> list[Label]:
    """What a group of marks is called: its utilisation where that was asked for."""
    return [
        say("sim.case.given")
        if case.utilisation is None
        else say("sim.case.utilisation", share=f"{case.utilisation:g}")
        for case in cases
    ]


def simulation_svg(shapes: Sequence[Shape]) -> str:
    """Both languages; the page shows one. Colours of text and lines follow the page, dark or light."""
    ink = {"ink": "var(--ink)", "muted": "var(--muted)", "line": "var(--line)"}
    parts = []
    for shape in shapes:
        colour = COLOURS.get(shape.colour) or ink[shape.colour]
        (x, y), *rest = shape.points
        if shape.kind == "line":
            (x2, y2) = rest[0]
            parts.append(f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>')
        elif shape.kind == "bar":
            (x2, y2) = rest[0]
            box = f'x="{x:.1f}" y="{min(y, y2):.1f}" width="{x2 - x:.1f}" height="{abs(y2 - y):.1f}"'
            parts.append(f'<rect {box} fill="{colour}"/>')
        elif shape.kind == "dot":
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{colour}"/>')
        elif shape.label is not None:
            place = f'x="{x:.1f}" y="{y:.1f}" font-size="{shape.size:g}" text-anchor="{shape.anchor}" fill="{colour}"'
            parts.append(both(shape.label, tag="text", attributes=place))
    title = say("sim.chart")
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title.zh)}" '
        f'data-zh="{escape(title.zh)}" data-en="{escape(title.en)}" style="width:100%;height:auto;display:block">'
        f"{''.join(parts)}</svg>"
    )


def simulation_png(shapes: Sequence[Shape], *, lang: Lang) -> bytes:
    """The same shapes in one language on white. Equal input gives equal bytes (with the same matplotlib)."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # slow to load
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties, fontManager
    from matplotlib.patches import Rectangle

    from scenarios.report.font import FAMILIES, FONT_FILES

    known = {entry.name for entry in fontManager.ttflist}
    for family, file in zip(FAMILIES, FONT_FILES, strict=True):
        if family not in known:
            fontManager.addfont(str(file))
    figure = Figure(figsize=(WIDTH / 100, HEIGHT / 100), dpi=150, facecolor=PAPER)
    FigureCanvasAgg(figure)
    axes: Any = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(HEIGHT, 0)
    axes.set_axis_off()
    ink = {"ink": INK, "muted": MUTED, "line": LINE}
    sides = {"start": "left", "middle": "center", "end": "right"}
    for order, shape in enumerate(shapes):
        colour = COLOURS.get(shape.colour) or ink[shape.colour]
        (x, y), *rest = shape.points
        if shape.kind == "line":
            axes.plot([x, rest[0][0]], [y, rest[0][1]], color=colour, linewidth=0.9, zorder=order)
        elif shape.kind == "bar":
            axes.add_patch(
                Rectangle((x, y), rest[0][0] - x, rest[0][1] - y, facecolor=colour, linewidth=0, zorder=order)
            )
        elif shape.kind == "dot":
            axes.plot([x], [y], "o", color=colour, markersize=6.5, zorder=order)
        elif shape.label is not None:
            font = FontProperties(family=list(FAMILIES), size=shape.size * 0.72)
            place = {"ha": sides[shape.anchor], "va": "baseline", "color": colour, "zorder": order}
            axes.text(x, y, shape.label.of(lang), fontproperties=font, **place).set_parse_math(False)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=150, metadata={"Software": None})
    return buffer.getvalue()
