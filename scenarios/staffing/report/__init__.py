"""Sizing and sharing on paper: charts, tables, sentences and sources, from the results alone, as the bytes of a PDF."""

from scenarios.staffing.report.compare import comparison_pdf
from scenarios.staffing.report.share import share_pdf
from scenarios.staffing.report.sizing import sizing_pdf

__all__ = ["comparison_pdf", "share_pdf", "sizing_pdf"]
