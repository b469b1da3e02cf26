"""Studies side by side as a report: from `Beside` to the bytes of a PDF."""

from inventory.documents.grid import Cell
from scenarios.staffing.comparison import RATIOS, Beside
from scenarios.staffing.report.kit import DASH, Heads, Report, signed
from scenarios.texts import Lang, text

MOST_ROWS = 500
_ALIKE = 1e-9


def comparison_pdf(found: Beside, lang: Lang) -> bytes:
    """A4 pages: what was asked differently, then each measure. Reads no file and no clock; equal input gives equal
    bytes."""
    districts = list(dict.fromkeys(town.district for town in found.towns if town.district))
    key = "one" if len(districts) == 1 else "many" if districts else "none"
    facts = {"towns": f"{len(found.towns):,}", "districts": len(districts), "district": "".join(districts[:1])}
    report = Report("compare", lang, subtitle=text(f"staffing.pdf.share.subtitle.{key}", lang, **facts))
    report.head()
    report.section("compare.asked")
    report.bullets([_named(found, place, lang) for place in range(len(found.studies))])
    _asked(report, found, lang)
    for measure in found.measures:
        _measure(report, found, measure, lang)
    return report.close()


def _named(found: Beside, place: int, lang: Lang) -> str:
    name = found.heads()[place]
    if found.studies[place].stale:
        return text("staffing.compare.stale", lang, name=name)
    return text("staffing.compare.base", lang, name=name) if place == 0 else name


def _asked(report: Report, found: Beside, lang: Lang) -> None:
    if not found.asked:
        report.note(text("staffing.compare.alike", lang))
        return
    places = range(len(found.studies))
    rows: list[list[Cell]] = []
    for one in found.asked:
        values = [one.value(place, lang) for place in places]
        rows.append([one.words(lang), *(value if isinstance(value, str) else f"{value:,g}" for value in values)])
    heads: Heads = [(text("staffing.compare.what", lang), 60, "left"),
                    *((name, 30, "right") for name in found.heads())]  # fmt: skip
    report.table(heads, rows)


def _measure(report: Report, found: Beside, measure: str, lang: Lang) -> None:
    report.section("compare.measure", measure=text(f"staffing.compare.measure.{measure}", lang))
    listed = list(found.towns)
    if len(listed) > MOST_ROWS:
        report.note(report.say("compare.abridged", shown=MOST_ROWS, towns=len(listed)))
    form = ".1%" if measure in RATIOS else ",.1f" if measure == "travel_h" else ",.0f"

    def cells(values: list[float | None]) -> list[Cell]:
        found_cells: list[Cell] = []
        for place, value in enumerate(values):
            found_cells.append(DASH if value is None else format(value, form))
            if place:
                base = values[0]
                gap = None if value is None or base is None else value - base
                found_cells.append(DASH if gap is None else "0" if abs(gap) < _ALIKE else signed(gap, form))
        return found_cells

    rows: list[list[Cell]] = [[town.name, town.district, *cells(list(town.values[measure]))]
                              for town in listed[:MOST_ROWS]]  # fmt: skip
    shaded: tuple[int, ...] = ()
    if measure not in RATIOS:
        shaded = (len(rows),)
        rows.append([report.say("total"), "", *cells([found.total(measure, n) for n in range(len(found.studies))])])
    heads: Heads = [(text("staffing.compare.name", lang), 34, "left"),
                    (text("staffing.compare.district", lang), 24, "left")]  # fmt: skip
    names = found.heads()
    numbers: Heads = [(names[0], 20, "right")]
    for name in names[1:]:
        more: Heads = [(name, 20, "right"), (text("staffing.compare.against_first", lang), 16, "right")]
        numbers = [*numbers, *more]
    report.table([*heads, *numbers], rows, size_pt=6.8, shaded=shaded)
