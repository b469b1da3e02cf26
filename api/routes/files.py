"""Files that are kept: evidence, photographs, papers. Their bytes lie outside the database, by hash."""

import hashlib
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Path as InPath
from sqlalchemy import String, func, or_, select
from starlette.responses import FileResponse, Response

from api.access.scope import Scope
from api.http.caller import needs
from api.http.papers import attached
from api.http.reads import PROBLEMS, one_of, row_model
from api.http.resources import Resource, field
from api.http.uploads import Uploaded, form_of
from api.http.work import Reading, Step, Writing
from api.settings import files_folder
from inventory.care.done import MEDIA_TYPES, MOST_BYTES
from inventory.care.files import UnknownFile, keep_upload, place_about
from inventory.tables.care import attachments
from inventory.tables.places import places, stores

router = APIRouter(prefix="/files", tags=["files"], responses=PROBLEMS)
_A = attachments.c

_OF_PLACE = select(places.c.code).where(places.c.code == _A.about).correlate(attachments).scalar_subquery()
_SLASHED = stores.c.code + "/"
_OF_STORE = (  # of itself, or of one of its tasks: STORE/ITEM/LOT/KIND
    select(stores.c.place_code)
    .where(or_(stores.c.code == _A.about, func.substr(_A.about, 1, func.length(_SLASHED)) == _SLASHED))
    .order_by(func.length(stores.c.code).desc())
    .limit(1)
    .correlate(attachments)
    .scalar_subquery()
)
_PLACE = func.coalesce(_OF_PLACE, _OF_STORE, type_=String(12))

FILES = Resource(
    "files", "files.read", "附件", "files",
    (
        field("id", _A.id, "序号", "number"),
        field("name", _A.name, "文件名", "name"),
        field("media_type", _A.media_type, "类型", "media type"),
        field("bytes", _A.bytes, "字节数", "bytes"),
        field("sha256", _A.sha256, "SHA-256", "SHA-256"),
        field("about", _A.about, "属于：区划代码、库点代码或五定任务编号",
              "belongs to: a division code, store code or key of a five-fixed task"),
        field("place", _PLACE, "区划代码", "division code"),
        field("actor", _A.actor, "上传人", "uploaded by"),
        field("recorded_at", _A.recorded_at, "上传时间", "uploaded at"),
    ),
    key=_A.id, places=(_PLACE,), code="id", sort="-id",
    joined=lambda rows: rows.select_from(attachments),
)  # fmt: skip
ALL = (FILES,)


@router.post(
    "", status_code=201, summary="上传附件 / upload a file", response_model=row_model(FILES),
    openapi_extra=form_of(about="属于哪个区划、库点或五定任务 / division code, store code or task key it belongs to"),
)  # fmt: skip
def uploads(scope: Annotated[Scope, needs("files.write")], given: Uploaded, work: Writing) -> Response:
    """JPEG、PNG、WebP、PDF、MP4、TXT，至多 20 MiB；内容须与扩展名一致 / at most 20 MiB; the content must be what the
    name says."""
    content = given.file.read(MOST_BYTES + 1)
    about = given.fields.get("about", "")

    def inside(one: Step) -> dict[str, Any]:
        place = place_about(one.connection, about)
        scope.check(place)
        number = keep_upload(
            one.connection, name=given.name, content=content, about=about, act=one.act("CORRECTION"),
            folder=files_folder(), most_bytes=MOST_BYTES,
        )  # fmt: skip
        shown = one_of(one.connection, FILES, Scope("files.write", True, ()), str(number))
        one.record("files.upload", "files", number, place=place, after=shown)
        return shown

    return work.once(inside, asked=[given.name, about, hashlib.sha256(content).hexdigest()])


@router.get(
    "/{number}/content", summary="下载附件 / download a file",
    response_class=Response,
    responses={200: {"content": {one: {} for one in MEDIA_TYPES.values()}}},
)  # fmt: skip
def downloads(
    number: Annotated[int, InPath(ge=1, le=2**62)], scope: Annotated[Scope, needs("files.read")], connection: Reading
) -> Response:
    row = one_of(connection, FILES, scope, str(number))
    path: Path = files_folder() / row["sha256"][:2] / row["sha256"]
    if not path.is_file():
        raise UnknownFile(file=number)
    headers = {**attached(row["name"]), "Content-Security-Policy": "sandbox; default-src 'none'"}
    return FileResponse(path, headers=headers, media_type=row["media_type"])
