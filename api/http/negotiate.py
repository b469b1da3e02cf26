"""The same rows as JSON, GeoJSON, CSV or XLSX, as the caller accepts."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fastapi import Request
from starlette.responses import Response

from api.http.resources import Field, Resource
from api.office import plain
from inventory.errors import InventoryError
from inventory.files.escape import encode_workbook_text, escape_formula

JSON, GEOJSON, CSV = "application/json", "application/geo+json", "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 100_000  # of one file


class NotAcceptable(InventoryError):
    """None of the media types asked for can be made. Facts: accept, known."""


def accepted(request: Request, known: Sequence[str]) -> str:
    """The first known type the caller accepts, by the caller's preference. Raises NotAcceptable."""
    asked = request.headers.get("accept") or "*/*"
    ranked: list[tuple[float, int, str]] = []
    for number, part in enumerate(asked.split(",")):
        kind, *parameters = (piece.strip().lower() for piece in part.split(";"))
        quality = 1.0
        for one in parameters:
            if one.startswith("q="):
                try:
                    quality = float(one[2:])
                except ValueError:
                    quality = 0.0
        if quality > 0:
            ranked.append((-quality, number, kind))
    for _, _, kind in sorted(ranked):
        for one in known:
            if kind in (one, "*/*") or (kind.endswith("/*") and one.startswith(kind[:-1])):
                return one
    raise NotAcceptable(accept=asked[:200], known=", ".join(known))


def geojson(resource: Resource, rows: Iterable[Mapping[str, Any]], next_: str | None) -> Response:
    """Points; a row without a position has no geometry (RFC 7946)."""
    assert resource.point is not None
    lat, lon = resource.point
    features = []
    for row in rows:
        there = row.get(lat) is not None and row.get(lon) is not None
        point = {"type": "Point", "coordinates": [row[lon], row[lat]]} if there else None
        rest = {name: value for name, value in row.items() if name not in resource.point}
        features.append({"type": "Feature", "geometry": point, "properties": plain(rest)})
    body = {"type": "FeatureCollection", "features": features, "next": next_}
    return Response(json.dumps(body, ensure_ascii=False, separators=(",", ":")), media_type=GEOJSON)


def csv_file(name: str, fields: Sequence[Field], rows: Iterable[Sequence[Any]], lang: str) -> Response:
    """UTF-8 with a mark in front, as spreadsheet programs need it; nothing in it runs as a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([one.name for one in fields])
    for row in rows:
        writer.writerow([_cell(value) for value in row])
    return Response(out.getvalue().encode("utf-8-sig"), media_type=CSV, headers=_attached(f"{name}.csv"))


def xlsx_file(name: str, fields: Sequence[Field], rows: Iterable[Sequence[Any]], lang: str) -> Response:
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet = book.create_sheet(name[:31])
    sheet.append([one.zh.split("（")[0] if lang == "zh" else one.name for one in fields])
    for row in rows:
        cells = []
        for value in row:
            cell = WriteOnlyCell(sheet, value=_typed(value))
            if isinstance(cell.value, str):
                cell.data_type = "s"  # never a formula
            cells.append(cell)
        sheet.append(cells)
    held = io.BytesIO()
    book.save(held)
    return Response(held.getvalue(), media_type=XLSX, headers=_attached(f"{name}.xlsx"))


def _attached(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    known = plain(value)
    if isinstance(known, str):
        return escape_formula(known) if isinstance(value, str) else known
    return json.dumps(known, ensure_ascii=False) if isinstance(known, list | dict) else str(known)


def _typed(value: Any) -> Any:
    """Numbers as numbers where a spreadsheet keeps them whole, everything else as text."""
    if value is None or isinstance(value, bool | int | float):
        return value if not isinstance(value, int) or abs(value) < 10**15 else str(value)
    text = plain(value)
    return encode_workbook_text(text if isinstance(text, str) else json.dumps(text, ensure_ascii=False))
