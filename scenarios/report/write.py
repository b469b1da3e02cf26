"""All files of a report in one call."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from optimizer.dispatch.plan import Plan
from optimizer.dispatch.problem import DispatchProblem
from scenarios.exchange.json_text import write_bytes
from scenarios.report.geojson import plan_geojson
from scenarios.report.labels import Lang, Names
from scenarios.report.layers import MapLayers
from scenarios.report.page import CHANGES, plan_html
from scenarios.report.rows import ReportView, Situation
from scenarios.report.scene import scene_of
from scenarios.report.view import view_of
from scenarios.report.workbook import write_plan_xlsx

if TYPE_CHECKING:
    from optimizer.dispatch.replanning import PlanDiff
    from scenarios.report.why_rows import WhyView


@dataclass(frozen=True, slots=True)
class ReportFiles:
    """Where everything was written; `png` is None where nothing of the problem has a position, `changes` where the
    plan departs from none."""

    html: Path
    xlsx: Path
    geojson: Path
    png: Path | None
    changes: Path | None


def write_report(
    folder: Path | str,
    *,
    problem: DispatchProblem,
    plan: Plan,
    names: Names | None = None,
    layers: MapLayers | None = None,
    situation: Situation | None = None,
    view: ReportView | None = None,
    why: "WhyView | None" = None,
    changes: "PlanDiff | None" = None,
    lang: Lang = "zh",
    basename: str = "plan",
) -> ReportFiles:
    """Write page, workbook, GeoJSON and picture into `folder`, each in one step (a reader sees old or new).

    Equal input gives equal bytes: no clock is read. `lang` is what the page shows first and the language of the
    picture; `view` spares making it again; `why` adds the explanation to the page, `changes` a page
    of its own about what differs from the plan that ran. Raises OSError where the folder
    cannot be written, `BadTable` for texts a workbook refuses.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    view = view or view_of(problem, plan, names=names, situation=situation)
    scene = scene_of(problem, plan, view, layers=layers)
    html, xlsx, geojson, png = (folder / f"{basename}.{kind}" for kind in ("html", "xlsx", "geojson", "png"))
    write_bytes(html, plan_html(view, scene=scene, why=why, changed=changes is not None, lang=lang).encode())
    write_plan_xlsx(xlsx, view)
    write_bytes(geojson, plan_geojson(problem, plan, view, layers=layers).encode())
    page = None if changes is None else folder / CHANGES
    if page is not None and changes is not None:
        from scenarios.report.changes_page import changes_html

        write_bytes(page, changes_html(view, changes, problem=problem, plan=plan, lang=lang).encode())
    if scene is None:
        return ReportFiles(html, xlsx, geojson, None, page)
    from scenarios.report.map_png import map_png  # matplotlib is slow to load

    write_bytes(png, map_png(scene, title=view.title, lang=lang))
    return ReportFiles(html, xlsx, geojson, png, page)
