"""The frontier as a picture: new posts against the worst, the mean and the whole WISN ratio."""

import io
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from scenarios.staffing.share import Shared, percent
from scenarios.texts import Lang, text

INK, MUTED, LINE, PAPER = "#16202b", "#4b5a68", "#d5dad6", "#ffffff"
WORST, MEAN, WHOLE = "#0f6fb5", "#d9820b", "#8a8f94"  # told apart by the blind too


def frontier_png(shared: Shared, lang: Lang) -> bytes:
    """150 dpi, 1,500 x 900. Equal input gives equal bytes (with the same matplotlib)."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # slow to load
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties, fontManager

    from scenarios.report.font import FAMILIES, FONT_FILES

    known = {entry.name for entry in fontManager.ttflist}
    for family, file in zip(FAMILIES, FONT_FILES, strict=True):
        if family not in known:
            fontManager.addfont(str(file))

    def font(size: float) -> Any:
        return FontProperties(family=list(FAMILIES), size=size)

    def say(key: str, **facts: Any) -> str:
        return text(f"staffing.share.{key}", lang, **facts)

    figure = Figure(figsize=(10, 6), dpi=150, facecolor=PAPER)
    FigureCanvasAgg(figure)
    axes: Any = figure.add_axes((0.08, 0.11, 0.76, 0.77))
    points = shared.points
    posts = [point.posts for point in points]
    series = [
        (WORST, 2.2, [100 * float(point.worst) for point in points], "worst"),
        (MEAN, 1.6, [100 * point.mean for point in points], "mean"),
        (WHOLE, 1.4, [100 * float(point.whole) for point in points], "whole"),
    ]
    ends: list[float] = []
    for colour, width, values, _ in series:
        where = "steps-post" if colour == WORST else "default"
        axes.plot(posts, values, color=colour, linewidth=width, drawstyle=where)
        ends.append(values[-1])
    lowest = min(values[0] for _, _, values, _ in series)
    highest = max(ends)
    axes.set_ylim(max(0.0, lowest - 3), highest + 4)
    axes.set_xlim(posts[0], max(posts[-1], posts[0] + 1))
    foot, top = axes.get_ylim()
    for (colour, _, _, key), height in zip(series, _apart(ends, (top - foot) * 0.045), strict=True):
        place = {"color": colour, "va": "center", "fontproperties": font(11)}
        axes.text(posts[-1] + (posts[-1] - posts[0]) * 0.012, height, say(key), **place).set_parse_math(False)
    asked = shared.asked.posts or 0
    if posts[0] <= asked <= posts[-1]:
        here = next(point for point in points if point.posts == asked)
        axes.axvline(asked, color=INK, linewidth=0.9, linestyle=(0, (4, 3)))
        axes.plot([asked], [100 * float(here.worst)], "o", color=WORST, markersize=7)
        facts = {"posts": asked, "before": _worst(shared, 0), "after": percent(here.worst)}
        late = asked - posts[0] > 0.55 * (posts[-1] - posts[0])  # no room to the right of it
        words = axes.annotate(
            say("chart.here", **facts), (asked, 100 * float(here.worst)), (-12 if late else 12, -34),
            textcoords="offset points", fontproperties=font(11), color=INK, ha="right" if late else "left",
            bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 2},
        )  # fmt: skip
        words.set_parse_math(False)
    if foot < 100 < top:
        axes.axhline(100, color=MUTED, linewidth=0.8)
    axes.set_xlabel(say("chart.x"), fontproperties=font(11), color=INK)
    axes.set_ylabel(say("chart.y"), fontproperties=font(11), color=INK)
    title = say("chart.title", towns=len(shared.rows))
    figure.text(0.08, 0.93, title, fontproperties=font(14), color=INK).set_parse_math(False)
    axes.grid(axis="y", color=LINE, linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for label in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        label.set_fontproperties(font(10))
        label.set_color(MUTED)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=150, metadata={"Software": None})
    return buffer.getvalue()


def _worst(shared: Shared, place: int) -> str:
    worst: Fraction = shared.worst()[place]
    return percent(worst)


def _apart(heights: Sequence[float], least: float) -> list[float]:
    """Labels at the ends of lines, moved up until none covers another."""
    placed = list(heights)
    last: float | None = None
    for index in sorted(range(len(placed)), key=lambda one: placed[one]):
        if last is not None:
            placed[index] = max(placed[index], last + least)
        last = placed[index]
    return placed
