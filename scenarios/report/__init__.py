"""Presentation of a plan: one self-contained HTML page, a map, an Excel workbook and GeoJSON, zh and en."""

from scenarios.report.labels import Label, Names
from scenarios.report.layers import MapLayers, MapPlace, map_layers, network_layers
from scenarios.report.rows import OverdueCheck, ReportView, RuleState, Situation
from scenarios.report.view import view_of

__all__ = [
    "Label",
    "MapLayers",
    "MapPlace",
    "Names",
    "OverdueCheck",
    "ReportView",
    "RuleState",
    "Situation",
    "map_layers",
    "network_layers",
    "view_of",
]
