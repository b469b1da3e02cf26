"""The map of elsewhere that the desk may lay under its own roads."""

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from api.http.caller import AnyCaller
from api.http.reads import PROBLEMS
from api.http.settings import ServiceSettings

router = APIRouter(tags=["situations"], responses=PROBLEMS)


class Background(BaseModel):
    tiles: list[str] = Field(
        description="栅格瓦片地址模板，先下后上 / templates of raster tiles, bottom first; none where none is set"
    )
    attribution: str | None = Field(description="底图来源 / whose they are")


@router.get("/map-background", summary="地图底图 / the map below")
def background(request: Request, caller: AnyCaller) -> Background:
    """密钥在地址里，只给登录的人 / the key is part of it, so only who is signed in hears it."""
    settings: ServiceSettings = request.app.state.settings
    return Background(tiles=settings.tiles, attribution=settings.tiles_attribution)
