"""The map as SVG: few path elements, one language shown at a time, no reference to anything outside."""

from collections import defaultdict
from collections.abc import Iterable
from html import escape
from pathlib import Path

import numpy as np

from optimizer.units import FloatArray
from scenarios.report.labels import LANGUAGES, Label, Lang, say, texts
from scenarios.report.layers import ROAD_CLASSES
from scenarios.report.markup import both, hover
from scenarios.report.rows import IncidentCard
from scenarios.report.scene import WIDTH, Scene, arrow, bow, leg_label

STORE_SIZES = {"county": 15, "town": 11, "village": 8}
LEGEND_HEIGHT = 96
TIER_CLASSES = ("1", "3", "5", "10")
MAP_CSS = Path(__file__).parent / "assets" / "map.css"


def map_svg(scene: Scene, *, lang: Lang = "zh", standalone: bool = True) -> str:
    """An SVG element; `standalone` carries its own style (inside plan.html the page's style serves).

    Lines keep their width and markers their size when the map is enlarged (`--k` is 1 / zoom).
    """
    height = scene.frame.height
    head = f'viewBox="0 0 {WIDTH:g} {height + LEGEND_HEIGHT:g}" role="group" {hover(say("map.title"))}'
    # The inner svg clips what lies outside of the map.
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="map" data-lang="{lang}" {head} '
        f'aria-label="{escape(say("map.title").of(lang))}">',
        f"<style>{MAP_CSS.read_text(encoding='utf-8')}</style>" if standalone else "",
        f'<svg class="view" width="{WIDTH:g}" height="{height:g}" viewBox="0 0 {WIDTH:g} {height:g}" '
        f'data-metres="{scene.frame.metres_per_unit:.6f}">',
        f'<rect class="paper" width="{WIDTH:g}" height="{height:g}"/>',
        '<g class="world">',
        _roads(scene),
        _flows(scene),
        _legs(scene),
        _stores(scene),
        _bases(scene),
        _places(scene),
        _incidents(scene, lang),
        "</g>",
        _scale_bar(scene),
        "</svg>",
        _legend(scene, top=height),
        "</svg>",
    ]
    return "\n".join(part for part in parts if part)


def path_data(lines: Iterable[FloatArray], *, scale: int = 10) -> str:
    """Relative integer path data (in 1/scale units) of projected lines: short, and exact to 1/scale."""
    out: list[str] = []
    for line in lines:
        whole = np.rint(line * scale).astype(np.int64)
        steps = np.diff(whole, axis=0)
        steps = steps[(steps != 0).any(axis=1)]
        if not len(steps):
            continue
        out.append(f"M{whole[0, 0]} {whole[0, 1]}l")
        out.append(" ".join(f"{x} {y}" for x, y in steps.tolist()).replace(" -", "-"))
    return "".join(out)


def _tier_class(tier: str) -> str:
    return f"t{tier}" if tier in TIER_CLASSES else "t0"


def _roads(scene: Scene) -> str:
    """One path per class; closed roads as a red band with crosses on it."""
    paths = [
        f'<path class="road {name}" d="{path_data(scene.roads[name])}"/>'
        for name in reversed(ROAD_CLASSES)
        if name in scene.roads
    ]
    out = ['<g class="roads" transform="scale(.1)">', *paths]
    if scene.closed:
        data = path_data(scene.closed)
        out += [f'<path class="closed-band" d="{data}"/>', f'<path class="closed" d="{data}"/>']
    out.append("</g>")
    crosses = []
    for line in scene.closed:
        x, y, _ = arrow(line, at=0.5)
        crosses.append(f'<g transform="translate({x:.1f} {y:.1f})"><path class="s cross" d="M-4-4 4 4M4-4-4 4"/></g>')
    return "\n".join([*out, "".join(crosses)])


def _flows(scene: Scene) -> str:
    out = ['<g class="flows">']
    for flow in scene.flows:
        start, end = scene.frame.project(flow.start), scene.frame.project(flow.end)
        middle = bow(start, end)
        number = flow.rows[0].number
        tip = (start + 2 * middle + end) / 4
        angle = np.degrees(np.arctan2(*(end - start)[::-1]))
        out.append(
            f'<g class="flow" data-i="{number}" {hover(flow.label)}>'
            f'<path class="wide" d="{_curve(start, middle, end)}"/>'
            f'<path class="dash" d="{_curve(start, middle, end)}"/>'
            f'<g transform="translate({tip[0]:.1f} {tip[1]:.1f}) rotate({angle:.0f})">'
            f'<path class="s head" d="M5 0-3-3.5-3 3.5Z"/></g></g>'
        )
    return "\n".join([*out, "</g>"])


def _curve(start: FloatArray, middle: FloatArray, end: FloatArray) -> str:
    return f"M{start[0]:.1f} {start[1]:.1f}Q{middle[0]:.1f} {middle[1]:.1f} {end[0]:.1f} {end[1]:.1f}"


def _legs(scene: Scene) -> str:
    out = ['<g class="legs">']
    for leg in scene.legs:
        points = scene.frame.project(leg.points)
        data = path_data([points])
        if not data:
            continue
        x, y, angle = arrow(points, at=0.55)
        straight = " straight" if leg.straight else ""
        out.append(
            f'<g class="leg {_tier_class(leg.row.tier)}{straight}" data-i="{leg.row.number}" '
            f"{hover(leg_label(leg.row))}>"
            f'<g transform="scale(.1)"><path class="casing" d="{data}"/><path class="line" d="{data}"/></g>'
            f'<g transform="translate({x:.1f} {y:.1f}) rotate({angle:.0f})">'
            f'<path class="s head" d="M7 0-4-5-4 5Z"/></g></g>'
        )
    return "\n".join([*out, "</g>"])


def _stores(scene: Scene) -> str:
    """Idle stores are dots of one path per tier (zero-length strokes keep their size); used ones stand out."""
    idle: dict[str, list[FloatArray]] = defaultdict(list)
    used = []
    for store in scene.stores:
        x, y = scene.frame.project(store.lonlat)
        size = STORE_SIZES.get(store.tier, 9)
        if not store.numbers:
            idle[store.tier].append(np.array((x, y)))
            continue
        used.append(
            f'<g class="store" data-i="{_numbers(store.numbers)}" transform="translate({x:.1f} {y:.1f})" '
            f"{hover(store.label)}>"
            f'<g class="s"><rect x="{-size / 2:g}" y="{-size / 2:g}" width="{size}" height="{size}" rx="1.5"/></g></g>'
        )
    dots = [
        f'<path class="idle-store size-{STORE_SIZES.get(tier, 9)}" d="{_dots(spots)}"/>'
        for tier, spots in sorted(idle.items())
    ]
    return "\n".join(['<g class="stores">', *dots, *used, "</g>"])


def _dots(spots: Iterable[FloatArray]) -> str:
    return "".join(f"M{x:.1f} {y:.1f}h0" for x, y in spots)


def _bases(scene: Scene) -> str:
    idle = [scene.frame.project(base.lonlat) for base in scene.bases if not base.numbers]
    out = ['<g class="bases">', f'<path class="idle-base" d="{_dots(idle)}"/>' if idle else ""]
    for base in scene.bases:
        if base.numbers:
            x, y = scene.frame.project(base.lonlat)
            out.append(
                f'<g class="base {_tier_class(base.tier)}" data-i="{_numbers(base.numbers)}" '
                f'transform="translate({x:.1f} {y:.1f})" {hover(base.label)}>'
                f'<path class="s" d="M0-7.5 7 5.5-7 5.5Z"/></g>'
            )
    return "\n".join([*out, "</g>"])


def _numbers(numbers: Iterable[int]) -> str:
    return " ".join(map(str, numbers))


def _places(scene: Scene) -> str:
    """Names that fit at the first size are shown at once, the others when the map is enlarged."""
    taken = [(*scene.frame.project(np.array((card.lon, card.lat))), 14.0, 14.0) for card in scene.incidents]
    out = ['<g class="places">']
    for place in sorted(scene.layers.places, key=lambda one: (one.level, one.name)):
        x, y = scene.frame.project(np.array((place.lon, place.lat)))
        if not (0 <= x <= WIDTH and 0 <= y <= scene.frame.height):
            continue
        half = max(len(place.name.zh) * 13, len(place.name.en) * 6.5) / 2
        free = place.level < 5 and all(
            abs(x - other_x) > half + width or abs(y - 9 - other_y) > 9 + height
            for other_x, other_y, width, height in taken
        )
        if free:
            taken.append((x, y - 9, half, 9.0))
        hidden = "" if free else " near"
        names = both(place.name, tag="text", attributes='class="s" y="-5"')
        out.append(
            f'<g class="place p{place.level}{hidden}" transform="translate({x:.1f} {y:.1f})">'
            f'<circle class="s" r="1.8"/>{names}</g>'
        )
    return "\n".join([*out, "</g>"])


def incident_radius(severity: int) -> float:
    return 8.0 + 1.5 * severity


def _incidents(scene: Scene, lang: Lang) -> str:
    """Most severe last, so that they lie on top."""
    out = ['<g class="incidents">']
    for card in reversed(scene.incidents):
        x, y = scene.frame.project(np.array((card.lon, card.lat)))
        out.append(
            f'<g class="incident sev{card.severity}" data-i="{card.number}" tabindex="0" role="button" '
            f'transform="translate({x:.1f} {y:.1f})" {hover(incident_label(card))} '
            f'aria-label="{escape(incident_label(card).of(lang))}">'
            f'<g class="s"><circle r="{incident_radius(card.severity):g}"/>'
            f'<text y="4.5">{card.number}</text></g></g>'
        )
    return "\n".join([*out, "</g>"])


def incident_label(card: IncidentCard) -> Label:
    return say(
        "map.incident_hover",
        number=card.number,
        name=card.name,
        kind=card.kind,
        severity=card.severity,
        provided=card.provided,
        needed=card.needed,
    )


def nice_length_m(metres_per_unit: float, *, units: float = 140.0) -> int:
    """The longest of 1, 2, 5 × 10^n metres that is at most `units` wide."""
    most = metres_per_unit * units
    power = 10 ** int(np.floor(np.log10(most)))
    return int(max(step * power for step in (1, 2, 5) if step * power <= most))


def length_label(metres: int) -> Label:
    return say("map.km", km=metres // 1000) if metres >= 1000 else say("map.m", m=metres)


def _scale_bar(scene: Scene) -> str:
    metres = nice_length_m(scene.frame.metres_per_unit)
    wide = metres / scene.frame.metres_per_unit
    y = scene.frame.height - 18
    units = " ".join(  # for the script, which measures anew when the map is enlarged
        f'data-{key}-{lang}="{escape(say(f"map.{key}", **{key: "#"}).of(lang))}"'
        for key in ("km", "m")
        for lang in LANGUAGES
    )
    return (
        f'<g class="scale" {units} transform="translate(20 {y:g})"><path class="bar" d="M0-6v6h{wide:.1f}v-6"/>'
        f'{both(length_label(metres), tag="text", attributes=f"""x="{wide / 2:.1f}" y="-9" """.strip())}</g>'
        f'<g class="north" transform="translate({WIDTH - 34:g} 40)"><path d="M0-22 9 10 0 4-9 10Z"/>'
        f'{both(say("map.north"), tag="text", attributes="""y="26" """.strip())}</g>'
    )


def _legend(scene: Scene, *, top: float) -> str:
    """Two rows of symbols below the map; tiers only as far as they occur."""
    tiers = [tier for tier in TIER_CLASSES if any(leg.row.tier == tier for leg in scene.legs)]
    store_tiers = [tier for tier in STORE_SIZES if any(store.tier == tier for store in scene.stores)]
    first = [
        ('<g class="incident sev2"><circle cx="8" r="8"/></g><g class="incident sev5"><circle cx="27" r="10"/></g>',
         42, say("map.incident")),
        *[
            (f'<g class="store"><rect x="2" y="{-STORE_SIZES[tier] / 2:g}" width="{STORE_SIZES[tier]}" '
             f'height="{STORE_SIZES[tier]}" rx="1.5"/></g>', 22, say("map.store", tier=texts()[f"tiername.{tier}"]))
            for tier in store_tiers
        ],
        ('<g class="flow"><path class="dash" d="M0 4Q18-10 36 0"/></g>', 42, say("map.supply")),
        ('<path class="closed-band" d="M0 0h34"/><path class="closed" d="M0 0h34"/><path class="cross" '
         'transform="translate(17 0)" d="M-4-4 4 4M4-4-4 4"/>', 40, say("map.closed")),
    ]  # fmt: skip
    second = [('<g class="base t10"><path transform="translate(8 1)" d="M0-7.5 7 5.5-7 5.5Z"/></g>', 22,
               say("map.team_base"))]  # fmt: skip
    second += [
        (f'<g class="leg t{tier}"><path class="line" d="M0 0h34"/><path class="head" transform="translate(18 0)" '
         f'd="M7 0-4-5-4 5Z"/></g>', 40, say("map.team_route", tier=texts()[f"tiername.{tier}"]))
        for tier in tiers
    ]  # fmt: skip
    out = [f'<g class="legend" transform="translate(0 {top:g})">']
    for line, entries in ((30, first), (66, second)):
        out.append(_legend_row(entries, y=line))
    return "".join([*out, "</g>"])


def _legend_row(entries: list[tuple[str, int, Label]], *, y: int) -> str:
    """Each language gets positions of its own, because its words are of another length."""
    out = []
    for lang, glyph in (("zh", 14.5), ("en", 7.4)):
        x = 12.0
        row = []
        for symbol, wide, label in entries:
            words = label.zh if lang == "zh" else label.en
            row.append(
                f'<g transform="translate({x:.0f} {y})">{symbol}<text x="{wide}" y="5">{escape(words)}</text></g>'
            )
            x += wide + sum(glyph if ord(one) > 0x2E7F else 7.4 for one in words) + 22
        out.append(f'<g lang="{lang}">{"".join(row)}</g>')
    return "".join(out)
