"""The map as a PNG picture for reports and messengers: the same scene as the SVG, in one language."""

import io
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, fontManager
from matplotlib.patches import Polygon, Rectangle
from matplotlib.patheffects import withStroke
from PIL import Image

from optimizer.units import FloatArray
from scenarios.report.font import FAMILIES, FONT_FILES, missing
from scenarios.report.labels import Label, Lang, say
from scenarios.report.map_svg import TIER_CLASSES, incident_radius, length_label, nice_length_m
from scenarios.report.scene import WIDTH, Scene, arrow, bow

PIXELS_WIDE = 1600
DPI = 100
SCALE = PIXELS_WIDE / WIDTH  # pixels per unit of the scene
LEGEND_UNITS = 84.0
FLOWS_PLAIN = 60  # more flows than this are drawn faintly

PAPER, INK, CLOSED, SUPPLY, IDLE = "#f7f5ef", "#1d2733", "#c1121f", "#0b6e4f", "#9aa1a8"
ROADS = {"path": ("#e4dfd3", 0.7), "minor": ("#dcd5c6", 0.8), "middle": ("#cfc3ab", 1.5), "major": ("#b9a888", 2.2)}
TEAMS = {"1": "#7b2d8b", "3": "#0a7d8c", "5": "#1f5fbf", "10": "#b3470b"}
OTHER_TEAM = "#4a5560"
SEVERITIES = {1: "#f6d77a", 2: "#f4b45a", 3: "#ec8541", 4: "#c93a22", 5: "#9d0f24"}
STORE_SIZES = {"county": 12, "town": 8, "village": 5}
IDLE_SIZES = {"county": 8, "town": 4.5, "village": 1.8}


def map_png(scene: Scene, *, title: Label | None = None, lang: Lang = "zh") -> bytes:
    """PNG bytes, PIXELS_WIDE wide. Equal input gives equal bytes (with the same matplotlib)."""
    height = scene.frame.height + LEGEND_UNITS
    figure = Figure(figsize=(WIDTH * SCALE / DPI, height * SCALE / DPI), dpi=DPI, facecolor=PAPER)
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(height, 0)
    axes.set_axis_off()
    words = _Words(axes, lang)
    _ground(axes, scene)
    _flows(axes, scene)
    _legs(axes, scene)
    _idle(axes, scene)
    _used(axes, scene)
    _places(words, scene)
    _incidents(axes, words, scene)
    _margin(axes, words, scene, title)
    _legend(axes, words, scene)
    canvas.draw()
    # 256 colours are plenty for a map, and a third of the bytes; Pillow comes with matplotlib.
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy())
    packed = io.BytesIO()
    picture.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(packed, "PNG", optimize=True)
    return packed.getvalue()


class _Words:
    """Writes text in the product's own font, whatever the machine has installed."""

    def __init__(self, axes: Any, lang: Lang) -> None:
        known = {entry.name for entry in fontManager.ttflist}
        for family, file in zip(FAMILIES, FONT_FILES, strict=True):
            if family not in known:
                fontManager.addfont(str(file))
        self.axes, self.lang = axes, lang

    def write(self, x: float, y: float, label: Label | str, *, size: float, halo: bool = False, **style: Any) -> Any:
        """`size` in units of the scene. Characters that the font lacks are shown as □."""
        text = label if isinstance(label, str) else label.of(self.lang)
        font = FontProperties(family=list(FAMILIES), size=size * SCALE * 72 / DPI)
        effects = [withStroke(linewidth=3.2, foreground=PAPER)] if halo else []
        style = {"color": INK, "ha": "center", "va": "center"} | style
        drawn = self.axes.text(x, y, _printable(text), fontproperties=font, path_effects=effects, clip_on=True, **style)
        drawn.set_parse_math(False)  # a name may hold dollar signs
        return drawn


def _printable(text: str) -> str:
    lacking = set(missing(text))
    return "".join("□" if one in lacking or not one.isprintable() else one for one in text)


def _lines(axes: Any, lines: Iterable[FloatArray], *, color: str, width: float, order: float, **style: Any) -> None:
    axes.add_collection(
        LineCollection(list(lines), colors=color, linewidths=width, zorder=order, capstyle="round", **style),
        autolim=False,
    )


def _ground(axes: Any, scene: Scene) -> None:
    for order, (name, (color, width)) in enumerate(ROADS.items(), start=1):
        if name in scene.roads:
            _lines(axes, scene.roads[name], color=color, width=width, order=order)
    if scene.closed:
        _lines(axes, scene.closed, color=PAPER, width=5, order=6)
        _lines(axes, scene.closed, color=CLOSED, width=2.4, order=6.1)
        crosses = np.array([arrow(line, at=0.5)[:2] for line in scene.closed])
        axes.plot(crosses[:, 0], crosses[:, 1], "x", color=CLOSED, markersize=7, markeredgewidth=2, zorder=6.2)


def _flows(axes: Any, scene: Scene) -> None:
    share = np.linspace(0, 1, 16)[:, None]
    curves = []
    for flow in scene.flows:
        start, end = scene.frame.project(flow.start), scene.frame.project(flow.end)
        middle = bow(start, end)
        curves.append((1 - share) ** 2 * start + 2 * share * (1 - share) * middle + share**2 * end)
    many = len(curves) > FLOWS_PLAIN
    width, alpha = (0.5, 0.3) if many else (1.3, 0.8)
    _lines(axes, curves, color=SUPPLY, width=width, order=5, alpha=alpha)


def _legs(axes: Any, scene: Scene) -> None:
    for leg in scene.legs:
        points = scene.frame.project(leg.points)
        if np.ptp(points, axis=0).max() < 1e-9:
            continue
        color = TEAMS.get(leg.row.tier, OTHER_TEAM)
        _lines(axes, [points], color=PAPER, width=4.6, order=7, alpha=0.85)
        _lines(axes, [points], color=color, width=2.3, order=7.1, linestyles="dashed" if leg.straight else "solid")
        x, y, angle = arrow(points, at=0.55)
        axes.add_patch(
            _shape(((6, 0), (-4, -4.5), (-4, 4.5)), x, y, angle, facecolor=color, edgecolor=PAPER, order=7.2)
        )


def _shape(
    corners: Iterable[tuple[float, float]], x: float, y: float, angle: float, *, order: float, **style: Any
) -> Polygon:
    turn = np.radians(angle)
    matrix = np.array(((np.cos(turn), np.sin(turn)), (-np.sin(turn), np.cos(turn))))
    return Polygon(np.array(list(corners)) @ matrix + (x, y), closed=True, linewidth=0.8, zorder=order, **style)


def _dots(axes: Any, spots: list[FloatArray], marker: str, *, size: float, order: float, **style: Any) -> None:
    if spots:
        points = np.array(spots)
        axes.plot(points[:, 0], points[:, 1], marker, markersize=size, zorder=order, **style)


def _idle(axes: Any, scene: Scene) -> None:
    faint = {"markeredgewidth": 0, "color": IDLE, "alpha": 0.55}
    for tier, size in IDLE_SIZES.items():
        spots = [scene.frame.project(one.lonlat) for one in scene.stores if one.tier == tier and not one.numbers]
        _dots(axes, spots, "s", size=size, order=4, **faint)
    _dots(
        axes,
        [scene.frame.project(one.lonlat) for one in scene.bases if not one.numbers],
        "o",
        size=2.2,
        order=4,
        **faint,
    )


def _used(axes: Any, scene: Scene) -> None:
    edge = {"markeredgecolor": PAPER, "markeredgewidth": 0.9}
    for order, (tier, size) in enumerate(reversed(STORE_SIZES.items())):
        spots = [scene.frame.project(one.lonlat) for one in scene.stores if one.tier == tier and one.numbers]
        _dots(axes, spots, "s", size=size, order=8 + order / 10, color=SUPPLY, **edge)
    for base in scene.bases:
        if base.numbers:
            color = TEAMS.get(base.tier, OTHER_TEAM)
            _dots(axes, [scene.frame.project(base.lonlat)], "^", size=9.5, order=9, color=color, **edge)


def _places(words: _Words, scene: Scene) -> None:
    """Names that fit; the county seat first, villages not at all."""
    taken = [(*scene.frame.project(np.array((card.lon, card.lat))), 15.0, 15.0) for card in scene.incidents]
    for place in sorted(scene.layers.places, key=lambda one: (one.level, one.name)):
        x, y = scene.frame.project(np.array((place.lon, place.lat)))
        if place.level > 4 or not (0 <= x <= WIDTH and 0 <= y <= scene.frame.height):
            continue
        size = 17.0 if place.level <= 3 else 13.0
        text = place.name.of(words.lang)
        half = sum(size if ord(one) > 0x2E7F else size * 0.55 for one in text) / 2
        for shift in (-13.0, 15.0):
            if all(
                abs(x - other_x) > half + wide or abs(y + shift - other_y) > 9 + high
                for other_x, other_y, wide, high in taken
            ):
                taken.append((float(x), float(y) + shift, half, 9.0))
                words.write(x, y + shift, text, size=size, halo=True, zorder=10)
                break


def _incidents(axes: Any, words: _Words, scene: Scene) -> None:
    for order, card in enumerate(reversed(scene.incidents)):
        x, y = scene.frame.project(np.array((card.lon, card.lat)))
        size = 2 * incident_radius(card.severity) * SCALE * 72 / DPI
        style = {"markeredgecolor": PAPER, "markeredgewidth": 1.6, "zorder": 11 + order / 1000}
        axes.plot([x], [y], "o", markersize=size, color=SEVERITIES[card.severity], **style)
        color = "#ffffff" if card.severity >= 4 else "#1d1204"
        words.write(x, y, str(card.number), size=13, color=color, zorder=11 + (order + 0.5) / 1000)


def _margin(axes: Any, words: _Words, scene: Scene, title: Label | None) -> None:
    """Title, scale bar, north arrow, and the paper below the map on which the legend stands."""
    height = scene.frame.height
    axes.add_patch(Rectangle((0, height), WIDTH, LEGEND_UNITS, facecolor=PAPER, edgecolor="none", zorder=12))
    axes.plot([0, WIDTH], [height, height], color="#d5cfc0", linewidth=1, zorder=12.1)
    if title is not None:
        words.write(20, 26, title, size=24, halo=True, ha="left", zorder=13)
    metres = nice_length_m(scene.frame.metres_per_unit)
    wide, y = metres / scene.frame.metres_per_unit, height - 18
    axes.plot([20, 20, 20 + wide, 20 + wide], [y - 6, y, y, y - 6], color=INK, linewidth=2, zorder=13)
    words.write(20 + wide / 2, y - 13, length_label(metres), size=13, halo=True, zorder=13)
    corners = ((0, -22), (9, 10), (0, 4), (-9, 10))
    axes.add_patch(_shape(corners, WIDTH - 34, 40, 0, facecolor=INK, edgecolor="none", order=13))
    words.write(WIDTH - 34, 62, say("map.north"), size=13, halo=True, zorder=13)


def _legend(axes: Any, words: _Words, scene: Scene) -> None:
    top = scene.frame.height
    edge = {"markeredgecolor": PAPER, "markeredgewidth": 0.9, "zorder": 13}
    Symbol = Callable[[float, float], Any]

    def marks(*spots: tuple[str, float, str, float]) -> Symbol:
        return lambda x, y: [
            axes.plot([x + shift], [y], kind, markersize=size, color=color, **edge)
            for kind, size, color, shift in spots
        ]

    def stroke(color: str, width: float, kind: str = "-") -> Symbol:
        return lambda x, y: axes.plot([x, x + 34], [y, y], kind, color=color, linewidth=width, zorder=13)

    first: list[tuple[Symbol, float, Label]] = [
        (marks(("o", 13, SEVERITIES[2], 6), ("o", 18, SEVERITIES[5], 26)), 44, say("map.incident")),
        *(
            (marks(("s", STORE_SIZES[tier], SUPPLY, 6)), 20, say("map.store", tier=say(f"tiername.{tier}")))
            for tier in STORE_SIZES
            if any(store.tier == tier for store in scene.stores)
        ),
        (stroke(SUPPLY, 1.2), 42, say("map.supply")),
    ]
    if scene.closed:
        first.append((stroke(CLOSED, 2.4), 42, say("map.closed")))
    second: list[tuple[Symbol, float, Label]] = [
        (stroke(TEAMS[tier], 2.6), 42, say("map.team_route", tier=say(f"tiername.{tier}")))
        for tier in TIER_CLASSES
        if any(leg.row.tier == tier for leg in scene.legs)
    ]
    second.insert(0, (marks(("^", 9.5, TEAMS["10"], 6)), 20, say("map.team_base")))
    for y, entries in ((top + 24, first), (top + 60, second)):
        x = 16.0
        for symbol, wide, label in entries:
            symbol(x, y)
            words.write(x + wide, y, label, size=13.5, ha="left", zorder=13)
            x += wide + sum(13.5 if ord(one) > 0x2E7F else 7.3 for one in label.of(words.lang)) + 20
