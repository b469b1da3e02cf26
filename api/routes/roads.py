"""The roads of a situation, for maps."""

from pathlib import Path as FilePath
from threading import Lock
from typing import Annotated

import structlog
from fastapi import APIRouter, Header, Path
from sqlalchemy import Engine, select
from starlette.responses import Response

from api.http.reads import PROBLEMS
from api.http.work import Reading, etag_of
from api.routes.incidents import Look, Situation, situation_of
from api.settings import home
from api.situation import NoRoads, roads_of
from inventory.database import reading
from optimizer.network.tiles import MEDIA_TYPE, MOST_ZOOM, VERSION, Pieces, pieces_of, tile
from scenarios.tables import LIVE, situations

log = structlog.get_logger("wuding.roads")
router = APIRouter(prefix="/situations/{situation}", tags=["situations"], responses=PROBLEMS)
KEPT = 4  # networks
Stamp = tuple[str, int, int]
_kept: dict[Stamp, Pieces] = {}
_reading = Lock()
Place = Annotated[int, Path(ge=0, le=2**MOST_ZOOM - 1)]


def _pieces(connection: Reading, situation: str, found: Stamp) -> Pieces:
    """Read once for each network. Raises NoRoads, DamagedRoads."""
    if found in _kept:
        return _kept[found]
    with _reading:  # a map asks for many tiles at once
        if found not in _kept:
            while len(_kept) >= KEPT:
                _kept.pop(next(iter(_kept)))
            _kept[found] = pieces_of(roads_of(connection, situation))
        return _kept[found]


def make_ready(engine: Engine) -> None:
    """Reads the roads of the live situation before anybody asks, so that the first map need not wait for them. What is
    wrong with them is told to whoever asks."""
    try:
        with reading(engine) as connection:
            named = select(situations.c.roads).where(situations.c.code == LIVE)
            if roads := connection.execute(named).scalar():
                _pieces(connection, LIVE, _stamp(home() / roads))
    except Exception as error:
        log.info("roads not ready", error=type(error).__name__)


def _stamp(file: FilePath) -> Stamp:
    """Roads are replaced by renaming, so that another folder has another number."""
    told = file.stat() if file.exists() else None
    return str(file), told.st_ino if told else 0, told.st_mtime_ns if told else 0


@router.get(
    "/roads/{zoom}/{column}/{row}", summary="道路矢量瓦片 / roads as a vector tile", response_class=Response,
    responses={200: {"content": {MEDIA_TYPE: {}}}, 304: {"description": "没有变化 / as it was"}},
)  # fmt: skip
def roads(
    situation: Situation, zoom: Annotated[int, Path(ge=0, le=MOST_ZOOM)], column: Place, row: Place, scope: Look,
    connection: Reading, match: Annotated[str | None, Header(alias="If-None-Match", max_length=1000)] = None,
) -> Response:  # fmt: skip
    """MVT 2.1，图层 roads，属性 rank（0 干线 … 4 小路），WGS-84 墨卡托；太密时先略去低等级道路 /
    layer `roads`, property `rank` (0 trunk and primary … 4 tracks and paths); at zooms where it gets too dense, lesser
    roads are left out."""
    head = situation_of(connection, scope, situation, part=True)
    if head.roads is None:
        raise NoRoads(situation=situation)
    found = _stamp(home() / head.roads)
    etag = etag_of(f"{VERSION} {found} {zoom} {column} {row}")
    headers = {"ETag": etag, "Cache-Control": "private, max-age=600"}
    if match is not None and etag in match:
        return Response(status_code=304, headers=headers)
    content = tile(_pieces(connection, situation, found), zoom, column, row)
    return Response(content, headers=headers, media_type=MEDIA_TYPE)
