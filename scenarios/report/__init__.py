"""Presentation of a plan: one self-contained HTML page, a map, an Excel workbook and GeoJSON, zh and en."""

from scenarios.report.geojson import plan_geojson
from scenarios.report.labels import Label, Names
from scenarios.report.layers import MapLayers, MapPlace, map_layers, network_layers
from scenarios.report.map_svg import map_svg
from scenarios.report.page import plan_html
from scenarios.report.rows import OverdueCheck, ReportView, RuleState, Situation
from scenarios.report.scene import Scene, scene_of
from scenarios.report.view import view_of
from scenarios.report.workbook import write_plan_xlsx
from scenarios.report.write import ReportFiles, write_report

__all__ = [
    "Label",
    "MapLayers",
    "MapPlace",
    "Names",
    "OverdueCheck",
    "ReportFiles",
    "ReportView",
    "RuleState",
    "Scene",
    "Situation",
    "map_layers",
    "map_svg",
    "network_layers",
    "plan_geojson",
    "plan_html",
    "scene_of",
    "view_of",
    "write_plan_xlsx",
    "write_report",
]
