"""plan.html: one page that needs nothing but itself. No outside loads, one script, known by its hash."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from scenarios.report.font import woff_faces
from scenarios.report.foreseen_section import foreseen_section
from scenarios.report.labels import Label, Lang, say
from scenarios.report.map_svg import map_svg
from scenarios.report.markup import both, hover
from scenarios.report.rows import ReportView
from scenarios.report.scene import Scene
from scenarios.report.sections import (
    figures_section,
    incidents_section,
    levels_section,
    method_footer,
    section,
    situation_section,
    supplies_section,
    teams_section,
    unmet_section,
)
from scenarios.report.wording import instant

if TYPE_CHECKING:
    from scenarios.report.why_rows import WhyView

ASSETS = Path(__file__).parent / "assets"
CONTENTS = ("figures", "map", "incidents", "unmet", "foreseen", "teams", "supplies", "why", "situation", "levels")
CHANGES = "changes.html"  # beside the page of a re-plan, which links there
# Full tags, because the style sheet hides what is exactly `lang=zh` or `lang=en`.
LANGUAGE_NAMES: tuple[tuple[Lang, str, str], ...] = (("zh", "zh-CN", "中文"), ("en", "en-GB", "English"))


def plan_html(
    view: ReportView,
    *,
    scene: Scene | None = None,
    why: "WhyView | None" = None,
    changed: bool = False,
    lang: Lang = "zh",
) -> str:
    """The whole page, in both languages, `lang` shown first; `scene` is the map (None: nothing has a position), `why`
    the explanation (None: not asked for), `changed` whether a page beside it tells what differs from the plan before.

    Equal input gives equal text. The fonts hold the characters of this page alone.
    """
    closures = () if scene is None else scene.layers.closures
    title = say("report.of", title=view.title)
    body = "\n".join(
        [
            f'<a class="skip" href="#main">{both(say("report.skip"))}</a>',
            _top(view, title),
            _contents({"why": why is not None, "foreseen": view.foreseen is not None}, changed=changed),
            '<main id="main">',
            figures_section(view),
            _map(view, scene, lang=lang),
            incidents_section(view),
            unmet_section(view),
            *(() if view.foreseen is None else (foreseen_section(view.foreseen),)),
            teams_section(view),
            supplies_section(view),
            *(() if why is None else (_why(why),)),
            situation_section(view, closures=closures),
            levels_section(view),
            "</main>",
            method_footer(view),
        ]
    )
    return whole_page(body, title=title, lang=lang)


def whole_page(body: str, *, title: Label, lang: Lang) -> str:
    """A self-contained page in both languages around `body`; the fonts hold its characters alone."""
    script = _asset("page.js")
    head = "\n".join(
        [
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_policy(script)}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            f"<title {hover(title)}>{escape(title.of(lang))}</title>",
            f"<style>{_font_faces(body)}{_asset('map.css')}{_asset('page.css')}</style>",
        ]
    )
    tag = next(tag for name, tag, _ in LANGUAGE_NAMES if name == lang)
    return (
        f'<!DOCTYPE html>\n<html lang="{tag}" data-lang="{lang}">\n<head>\n{head}\n</head>\n'
        f"<body>\n{body}\n<script>{script}</script>\n</body>\n</html>\n"
    )


def _asset(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


def _policy(script: str) -> str:
    """Nothing is loaded; the one script runs because its hash is named, and no other."""
    digest = b64encode(sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; font-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _font_faces(text: str) -> str:
    return "".join(
        f'@font-face{{font-family:"{family}";src:url(data:font/woff;base64,{b64encode(data).decode()}) '
        f'format("woff");font-display:block}}'
        for family, data in woff_faces(text)
    )


def _top(view: ReportView, title: Label) -> str:
    summary = view.situation.summary
    when = say("report.as_of", clock=instant(view.as_of))
    return (
        f'<header class="top"><div><h1>{both(title)}</h1>'
        f"<p>{both(when)} · {both(view.status)}</p>"
        f"{f'<p>{both(summary)}</p>' if summary else ''}</div>{page_buttons()}</header>"
    )


def page_buttons() -> str:
    """The languages, and print."""
    buttons = "".join(
        f'<button type="button" lang="{tag}" data-speak="{name}">{words}</button> '
        for name, tag, words in LANGUAGE_NAMES
    )
    return (
        f'<p role="group" {hover(say("report.language"))} aria-label="{escape(say("report.language").zh)}">{buttons}'
        f'<button type="button" data-print>{both(say("report.print"))}</button></p>'
    )


def _contents(there: Mapping[str, bool], *, changed: bool) -> str:
    """`there`: of the sections that a page need not have, which it has."""
    shown = [one for one in CONTENTS if there.get(one, True)]
    links = "".join(f'<li><a href="#{one}">{both(say(f"contents.{one}"))}</a></li>' for one in shown)
    if changed:
        links += f'<li><a href="{CHANGES}">{both(say("changes.link"))}</a></li>'
    return contents_bar(links)


def contents_bar(links: str) -> str:
    label = say("report.contents")
    return f'<nav {hover(label)} aria-label="{escape(label.zh)}"><ul>{links}</ul></nav>'


def _why(why: "WhyView") -> str:
    from scenarios.report.why_section import why_section  # with it come the solvers

    return why_section(why)


def _map(view: ReportView, scene: Scene | None, *, lang: Lang) -> str:
    heading = say("section.map")
    if scene is None:
        return section("map", f"<p>{both(say('map.none'))}</p>", heading=heading)
    picture = map_svg(scene, lang=lang, standalone=False)
    body = f'{_tools(view, lang=lang)}<div class="mapbox">{picture}</div><p class="hint">{both(say("map.hint"))}</p>'
    return section("map", body, heading=heading)


def _tools(view: ReportView, *, lang: Lang) -> str:
    """An incident to look at, what the map shows, and zoom."""
    choices: Sequence[tuple[str, Label]] = [
        ("", say("map.all")),
        *((str(card.number), say("map.choice", number=card.number, name=card.name)) for card in view.incidents),
    ]
    options = "".join(
        f'<option value="{value}" {hover(label)}>{escape(label.of(lang))}</option>' for value, label in choices
    )
    layers = "".join(
        f'<label><input type="checkbox" data-hides="{name}" checked>{both(say(key))}</label>'
        for name, key in (
            ("no-legs", "map.layer.teams"),
            ("no-flows", "map.layer.supply"),
            ("no-places", "map.layer.places"),
        )
    )
    zooms = "".join(
        f'<button type="button" data-map="{name}" {hover(say(key))} '
        f'aria-label="{escape(say(key).of(lang))}">{sign}</button>'
        for name, key, sign in (("in", "map.zoom_in", "+"), ("out", "map.zoom_out", "−"), ("reset", "map.reset", "↔"))
    )
    return (
        f'<div class="tools"><label for="only">{both(say("map.filter"))}</label><select id="only">{options}</select>'
        f"{layers}<span>{zooms}</span></div>"
    )
