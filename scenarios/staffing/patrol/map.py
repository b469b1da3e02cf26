"""A week's rounds on the map, as a PNG picture: every round on its roads, in the colour of its town."""

import io
from itertools import pairwise
from math import cos, floor, log10, radians
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, fontManager
from matplotlib.patheffects import withStroke
from PIL import Image

from optimizer.units import FloatArray
from scenarios.report.font import FAMILIES, FONT_FILES
from scenarios.report.layers import network_layers
from scenarios.report.map_png import DPI, INK, PAPER, PIXELS_WIDE, ROADS
from scenarios.staffing.patrol.plan import PatrolYear
from scenarios.texts import text

COLOURS = (
    "#c93a22", "#1f5fbf", "#0b6e4f", "#7b2d8b", "#b3470b", "#0a7d8c", "#8a6d00", "#a3195b", "#3f7d20", "#4a5560",
)  # fmt: skip
LEGEND_ROWS, LEGEND_PX, TITLE_PX, FOOT_PX = 6, 26, 70, 12  # the first row says what the signs are
EDGE = 0.02  # of the map, beyond the roads
METRES_PER_DEGREE = 111_320.0


def busiest_week(patrol: PatrolYear) -> int:
    """The week with most rounds, the first of them."""
    count = [0] * (patrol.week[-1] + 1)
    for town in patrol.towns:
        for one in town.plan.rounds:
            count[patrol.week[one.day]] += 1
    return count.index(max(count))


def week_png(patrol: PatrolYear, *, week: int, lang: str = "zh") -> bytes:
    """PNG bytes of the rounds of a week (0 on). Equal plans give equal bytes (with the same matplotlib)."""
    lines, counts = [], []
    for number, town in enumerate(patrol.towns):
        own = [one for one in town.plan.rounds if patrol.week[one.day] == week]
        counts.append((len(own), sum(len(one.stops) for one in own)))
        for one in own:
            here = [0, *one.visits, 0]
            for a, b in pairwise(here):
                route = patrol.router.route(town.points[a], town.points[b])
                if route is not None and len(route.lat) > 1:
                    lines.append((number, np.column_stack((route.lon, route.lat))))
    layers = network_layers(patrol.tables.network)
    everything = np.concatenate([line for group in layers.roads.values() for line in group])
    (west, south), (east, north) = everything.min(axis=0), everything.max(axis=0)
    edge = EDGE * (everything.max(axis=0) - everything.min(axis=0))
    west, south, east, north = west - edge[0], south - edge[1], east + edge[0], north + edge[1]
    shrink = cos(radians((south + north) / 2))
    wide = (east - west) * shrink
    map_px = round(PIXELS_WIDE * (north - south) / wide)
    high = map_px + TITLE_PX + LEGEND_ROWS * LEGEND_PX + FOOT_PX
    figure = Figure(figsize=(PIXELS_WIDE / DPI, high / DPI), dpi=DPI, facecolor=PAPER)
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((0.01, (LEGEND_ROWS * LEGEND_PX + FOOT_PX) / high, 0.98, map_px / high))
    axes.set_axis_off()
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    for order, (name, (colour, width)) in enumerate(ROADS.items()):
        _lines(axes, list(layers.roads.get(name, ())), colours=colour, width=width, order=order)
    _lines(axes, [line for _, line in lines], colours=PAPER, width=4.0, order=5)
    _lines(axes, [line for _, line in lines], colours=[_colour(n) for n, _ in lines], width=2.0, order=6)
    font = _font(13)
    for number, town in enumerate(patrol.towns):
        stops = [v for one in town.plan.rounds if patrol.week[one.day] == week for v in one.visits]
        style = {"color": _colour(number), "markeredgecolor": PAPER, "linestyle": "none"}
        axes.plot(town.points.lon[stops], town.points.lat[stops], marker="o", markersize=5, zorder=7, **style)
        lon, lat = float(town.points.lon[0]), float(town.points.lat[0])
        axes.plot([lon], [lat], marker="s", markersize=11, zorder=8, **style)
        label = axes.annotate(
            _name(patrol, number, lang), (lon, lat), (0, 11), textcoords="offset points", ha="center",
            fontproperties=font, color=INK, zorder=9, path_effects=[withStroke(linewidth=3.2, foreground=PAPER)],
        )  # fmt: skip
        label.set_parse_math(False)
    _scale(axes, west, south, wide, shrink)
    days = [patrol.days[day] for day, own in enumerate(patrol.week) if own == week]
    facts = {"week": week + 1, "first": days[0] if days else "", "last": days[-1] if days else ""}
    title = patrol.tables.title_zh if lang == "zh" else patrol.tables.title_en
    title = title or text("patrol.map.title", lang, year=patrol.tables.year)
    words = f"{title}  {text('patrol.map.week', lang, **facts)}".strip()
    figure.text(0.015, 1 - TITLE_PX / high / 2, words, fontproperties=_font(20), color=INK, va="center")
    rows = LEGEND_ROWS - 1
    signs = text("patrol.map.signs", lang)
    figure.text(0.02, ((rows + 0.5) * LEGEND_PX + FOOT_PX) / high, signs, fontproperties=font, color=INK, va="center")
    for number, (rounds, visits) in enumerate(counts[: 3 * rows]):
        x = 0.02 + 0.32 * (number // rows)
        y = ((rows - 0.5 - number % rows) * LEGEND_PX + FOOT_PX) / high
        told = text("patrol.map.town", lang, town=_name(patrol, number, lang), rounds=rounds, visits=visits)
        if number == 3 * rows - 1 and len(counts) > 3 * rows:
            told = text("patrol.map.more", lang, count=len(counts) - number)
        figure.text(x, y, "■", fontproperties=font, color=_colour(number), va="center")
        figure.text(x + 0.016, y, told, fontproperties=font, color=INK, va="center")
    canvas.draw()
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy())
    packed = io.BytesIO()
    picture.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(packed, "PNG", optimize=True)
    return packed.getvalue()


def _scale(axes: Any, west: float, south: float, wide: float, shrink: float) -> None:
    """A bar of 1, 2 or 5 km, or tens of them, at the lower left: at most a sixth of the width."""
    most_km = wide * METRES_PER_DEGREE / 6000
    power = 10.0 ** floor(log10(most_km))
    length_km = max(step * power for step in (1, 2, 5) if step * power <= most_km)
    long = length_km * 1000 / METRES_PER_DEGREE / shrink
    x, y = west + 0.02 * wide / shrink, south + 0.02 * wide
    style = {"color": INK, "linewidth": 2.0, "zorder": 9, "solid_capstyle": "butt"}
    axes.plot([x, x + long], [y, y], path_effects=[withStroke(linewidth=5.0, foreground=PAPER)], **style)
    axes.annotate(
        f"{length_km:g} km", (x + long / 2, y), (0, 4), textcoords="offset points", ha="center",
        fontproperties=_font(12), color=INK, zorder=9, path_effects=[withStroke(linewidth=3.2, foreground=PAPER)],
    )  # fmt: skip


def _name(patrol: PatrolYear, number: int, lang: str) -> str:
    table = patrol.tables.stations
    english = table["name_en"][number]
    return str(english if lang == "en" and english else table["name"][number])


def _colour(number: int) -> str:
    return COLOURS[number % len(COLOURS)]


def _font(size: float) -> FontProperties:
    known = {entry.name for entry in fontManager.ttflist}
    for family, file in zip(FAMILIES, FONT_FILES, strict=True):
        if family not in known:
            fontManager.addfont(str(file))
    return FontProperties(family=list(FAMILIES), size=size)


def _lines(axes: Any, lines: list[FloatArray], *, colours: Any, width: float, order: float) -> None:
    style = {"linewidths": width, "zorder": order, "capstyle": "round"}
    axes.add_collection(LineCollection(lines, colors=colours, **style), autolim=False)
