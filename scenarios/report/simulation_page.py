"""simulation.html: what the policies did on the same streams, with intervals, and what the model assumes."""

import math
from collections.abc import Sequence

from optimizer.simulation import Experiment
from optimizer.simulation.experiment import Case
from optimizer.simulation.statistics import Interval
from scenarios.report.labels import Label, Lang, say
from scenarios.report.markup import both
from scenarios.report.page import page_buttons, whole_page
from scenarios.report.sections import section
from scenarios.report.simulation_chart import OURS, PRACTICES, case_labels, simulation_shapes, simulation_svg
from scenarios.report.wording import NONE, plain

NOTES = ("stream", "position", "first", "capable", "ours", "goods", "judged", "interval", "saturated")


def simulation_html(experiment: Experiment, *, about: Label, lang: Lang = "zh") -> str:
    """The whole page, both languages, `lang` shown first. Equal input gives equal text."""
    labels = case_labels(experiment.cases)
    title, design = say("sim.title"), experiment.design
    facts = say("sim.design", replications=design.replications, seed=design.seed)
    chart = simulation_svg(simulation_shapes(experiment, case_labels=labels))
    body = "\n".join(
        [
            f'<a class="skip" href="#main">{both(say("report.skip"))}</a>',
            f'<header class="top"><div><h1>{both(title)}</h1><p>{both(about)}</p><p>{both(facts)}</p></div>'
            f"{page_buttons()}</header>",
            '<main id="main">',
            section("figures", _figures(experiment, labels), heading=say("sim.section.figures")),
            section("chart", f'<div class="mapbox">{chart}</div>', heading=say("sim.section.chart")),
            section("table", _table(experiment, labels), heading=say("sim.section.table")),
            "</main>",
            f"<footer><h2>{both(say('sim.section.method'))}</h2>"
            + "".join(f"<p>{both(say(f'sim.note.{one}'))}</p>" for one in NOTES)
            + "</footer>",
        ]
    )
    return whole_page(body, title=title, lang=lang)


def _figures(experiment: Experiment, labels: Sequence[Label]) -> str:
    items = []
    for case, label in zip(experiment.cases, labels, strict=True):
        for other in reversed(PRACTICES):
            found = case.reduction("response_weighted_s", ours=OURS, other=other)
            sure = math.isfinite(found.low)
            grade = "" if not sure else " good" if found.low > 0 else " bad" if found.high < 0 else ""
            what = say("sim.figure.against", case=label, other=say(f"sim.policy.{other}"))
            between = {"low": _percent(found.low), "high": _percent(found.high)}
            note = say("sim.figure.note", **between) if sure else say("sim.figure.one")
            items.append(
                f'<li class="figure{grade}"><span class="what">{both(what)}</span>'
                f"<strong>{_change(found)}</strong>"
                f'<span class="note">{both(note)}</span></li>'
            )
    return f'<ul class="figures">{"".join(items)}</ul>'


def _change(found: Interval) -> str:
    if not math.isfinite(found.mean):
        return "—"
    return ("−" if found.mean >= 0 else "+") + f"{abs(100 * found.mean):.1f} %"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %".replace("-", "−")


def _rows(experiment: Experiment) -> list[tuple[Label, str, float, str]]:
    """(label, measure, scale, format)"""
    tiers = [
        (say("sim.measure.tier", minutes=f"{tier.limit_s / 60:g}"), f"tiers.{number}", 100.0, "%")
        for number, tier in enumerate(experiment.design.rules.tiers)
    ]
    return [
        (say("sim.measure.response_weighted_s"), "response_weighted_s", 1 / 60, ""),
        (say("sim.measure.response_s"), "response_s", 1 / 60, ""),
        (say("sim.measure.response_p90_s"), "response_p90_s", 1 / 60, ""),
        (say("sim.measure.waiting_s"), "waiting_s", 1 / 60, ""),
        *tiers,
        (say("sim.measure.due"), "due", 100.0, "%"),
        (say("sim.measure.calls_unmet"), "calls_unmet", 100.0, "%"),
        (say("sim.measure.goods_unmet"), "goods_unmet", 100.0, "%"),
        (say("sim.measure.utilisation"), "utilisation", 100.0, "%"),
        (say("sim.measure.in_vain"), "in_vain", 100.0, ""),
        (say("sim.measure.redirected"), "redirected", 100.0, ""),
    ]


def _table(experiment: Experiment, labels: Sequence[Label]) -> str:
    policies = list(experiment.cases[0].runs) if experiment.cases else []
    heads = "".join(f'<th scope="col" class="n">{both(say(f"sim.policy.{one}"))}</th>' for one in policies)
    parts = []
    for case, label in zip(experiment.cases, labels, strict=True):
        calls = sum(run.calls for run in next(iter(case.runs.values())))
        rate = NONE if case.per_hour is None else plain(f"{case.per_hour:.1f}")
        group = say("sim.group" if case.per_hour is not None else "sim.group.given", case=label, calls=calls, rate=rate)
        parts.append(f'<tr class="group"><th scope="rowgroup" colspan="{len(policies) + 1}">{both(group)}</th></tr>')
        for words, name, scale, unit in _rows(experiment):
            cells = "".join(f'<td class="n">{_cell(case, policy, name, scale, unit)}</td>' for policy in policies)
            parts.append(f'<tr><th scope="row">{both(words)}</th>{cells}</tr>')
    return (
        f'<div class="scroll" tabindex="0"><table><caption>{both(say("sim.section.table"))}</caption>'
        f'<thead><tr><th scope="col">{both(say("sim.measure"))}</th>{heads}</tr></thead>'
        f"<tbody>{''.join(parts)}</tbody></table></div>"
    )


def _cell(case: Case, policy: str, name: str, scale: float, unit: str) -> str:
    found = case.mean(policy, name)
    if not math.isfinite(found.mean):
        return "—"
    text = f"{found.mean * scale:.1f}{' ' + unit if unit else ''}"
    if math.isfinite(found.low):
        text += f" ± {(found.high - found.mean) * scale:.1f}"
    return text
