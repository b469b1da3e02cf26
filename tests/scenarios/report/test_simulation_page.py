"""The page and the picture of a simulation."""

import re

import pytest

from optimizer.simulation import Design, Experiment, plane, run_experiment
from optimizer.simulation.experiment import HOUR
from scenarios.report.labels import Label, Lang
from scenarios.report.simulation_chart import case_labels, simulation_png, simulation_shapes, simulation_svg
from scenarios.report.simulation_page import simulation_html

ABOUT = Label("算例 <甲>", "Example <A>")


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    ground, kinds = plane(seed=1, teams=6, places=20)
    return run_experiment(
        ground, kinds, utilisations=[0.3, 0.6], design=Design(replications=3, warm_up_s=HOUR, span_s=3 * HOUR)
    )


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_is_whole_and_loads_nothing(experiment: Experiment, lang: Lang) -> None:
    page = simulation_html(experiment, about=ABOUT, lang=lang)
    assert page == simulation_html(experiment, about=ABOUT, lang=lang)
    assert "default-src 'none'" in page
    assert not re.search(r'(?:src|href)="(?!#)', page)
    assert "算例 &lt;甲&gt;" in page
    assert "Example &lt;A&gt;" in page
    assert page.count("<tr") == 1 + 2 * (1 + 14)  # head; per case its name and every measure
    assert not re.search(r"\b(nan|inf)\b", page.split("<main")[1].split("</main>")[0])


def test_the_chart_shows_every_case_policy_and_interval(experiment: Experiment) -> None:
    shapes = simulation_shapes(experiment, case_labels=case_labels(experiment.cases))
    bars = [shape for shape in shapes if shape.kind == "bar"]
    assert len(bars) == 3 + 2 * 2 + 2 * 2 * 3  # legend, reductions, two panels of shares
    assert sum(shape.kind == "dot" for shape in shapes) == 2 * 3
    words = [shape.label.en for shape in shapes if shape.label is not None]
    assert {"Utilisation 0.3", "Utilisation 0.6"} <= set(words)
    for shape in shapes:
        assert all(0 <= x <= 1080 and 0 <= y <= 800 for x, y in shape.points), shape
    svg = simulation_svg(shapes)
    assert svg.count("<rect") == len(bars)


def test_the_picture_repeats(experiment: Experiment) -> None:
    shapes = simulation_shapes(experiment, case_labels=case_labels(experiment.cases))
    one = simulation_png(shapes, lang="zh")
    assert one.startswith(b"\x89PNG")
    assert one == simulation_png(shapes, lang="zh")


def test_one_replication_is_drawn_without_intervals() -> None:
    ground, kinds = plane(seed=1, teams=6, places=20)
    design = Design(replications=1, warm_up_s=HOUR, span_s=2 * HOUR)
    experiment = run_experiment(ground, kinds, utilisations=[0.4], design=design)
    page = simulation_html(experiment, about=ABOUT)
    assert "只有一次重复" in page
    assert not re.search(r"<td[^>]*>[^<]*±", page)
    assert re.search(r"<td[^>]*>[0-9.]+<", page)
