"""The section of plan.html that warns of roads which close or slow down while the plan runs."""

from scenarios.report.foreseen_rows import ForeseenView
from scenarios.report.labels import say
from scenarios.report.markup import both
from scenarios.report.sections import cells, section, table

COLUMNS = (("who", ""), ("way", "wide"), ("depart", "t"), ("arrive", "t"), ("arrives", "t"), ("later", "t"),
           ("met", "wide"), ("leave_by", "t"))  # fmt: skip


def foreseen_section(view: ForeseenView) -> str:
    lines = [view.summary, *(one for one in (view.remedy, view.quicker) if one is not None)]
    body = "".join(f"<p>{both(line)}</p>" for line in lines)
    heading = say("section.foreseen")
    if view.rows:
        rows = (
            "<tr>" + cells(*((name, both(getattr(row, key))) for key, name in COLUMNS)) + "</tr>" for row in view.rows
        )
        body += table(COLUMNS, rows, caption=heading, tall=True)
    return section("foreseen", body, heading=heading)
