"""The report of a sizing: from `Sized` to the bytes of a PDF."""

from scenarios.staffing.report.kit import Report
from scenarios.staffing.report.method import coefficients, method, refused
from scenarios.staffing.report.numbers import Numbers
from scenarios.staffing.report.towns import floors, ratios, sentences, summary, town_table, work
from scenarios.staffing.report.uncertain import scenarios, turns, uncertainty
from scenarios.staffing.sizing import Tell, silent
from scenarios.staffing.workbook import Sized
from scenarios.texts import Lang, text


def sizing_pdf(sized: Sized, lang: Lang, *, tell: Tell = silent) -> bytes:
    """A4 pages: summary, charts, floors, all towns, every coefficient with its source, the method. Reads no file and
    no clock; equal results give equal bytes."""
    tell("staffing.phase.report", towns=len(sized.sizing.towns))
    numbers = Numbers(sized.sizing)
    report = Report("sizing", lang, subtitle=_subtitle(numbers, lang))
    asked = [sized.spread is not None or sized.bars, sized.compared is not None, sized.turns]
    asked.append(bool(numbers.rated))
    summary(report, sized, numbers, sections=8 + sum(map(bool, asked)))
    ratios(report, numbers)
    if numbers.rated:
        sentences(report, numbers)
    work(report, numbers)
    if asked[0]:
        uncertainty(report, sized, numbers)
    if sized.compared is not None:
        scenarios(report, sized.compared, numbers)
    if sized.turns:
        turns(report, sized, numbers)
    floors(report, numbers)
    town_table(report, sized, numbers)
    coefficients(report, sized.sizing.parameters)
    method(report, sized.sizing)
    refused(report, numbers)
    return report.close()


def _subtitle(numbers: Numbers, lang: Lang) -> str:
    districts = numbers.districts
    facts = {"towns": f"{numbers.count:,}", "year": numbers.sizing.parameters.year}
    if len(districts) == 1:
        return text("staffing.pdf.subtitle.one", lang, district=districts[0], **facts)
    return text("staffing.pdf.subtitle.many" if districts else "staffing.pdf.subtitle.none", lang,
                districts=len(districts), **facts)  # fmt: skip
