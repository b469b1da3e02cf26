"""Files that come in as multipart/form-data: read after sign-in, one at a time, spooled to disk and bounded."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any, BinaryIO

from fastapi import Depends, Request
from starlette.datastructures import UploadFile

from api.http.caller import AnyCaller
from inventory.errors import InventoryError

FORM = "multipart/form-data"
MOST_FIELD = 64 * 1024  # bytes of one field beside the file
MOST_FIELDS = 8


class WrongMediaType(InventoryError):
    """A body of a kind that is not taken here. Facts: given, known."""


class NoFileGiven(InventoryError):
    """A form without a file. No facts."""


@dataclass(frozen=True)
class Upload:
    name: str
    file: BinaryIO
    fields: dict[str, str]


async def _uploaded(request: Request, caller: AnyCaller) -> AsyncIterator[Upload]:
    """Raises WrongMediaType, NoFileGiven; of who is not signed in, no byte of the file is read."""
    given = request.headers.get("content-type", "")
    if given.partition(";")[0].strip().lower() != FORM:
        raise WrongMediaType(given=given[:80], known=FORM)
    async with request.form(max_files=1, max_fields=MOST_FIELDS, max_part_size=MOST_FIELD) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise NoFileGiven
        fields = {name: value for name, value in form.multi_items() if isinstance(value, str)}
        yield Upload(file.filename or "", file.file, fields)


Uploaded = Annotated[Upload, Depends(_uploaded)]


def form_of(**fields: str) -> dict[str, Any]:
    """The body of such a request, for the OpenAPI page; `fields`: what each means."""
    texts = {name: {"type": "string", "description": words} for name, words in fields.items()}
    file = {"type": "string", "format": "binary", "description": "文件 / the file"}
    schema = {"type": "object", "required": ["file"], "properties": {"file": file, **texts}}
    return {"requestBody": {"required": True, "content": {FORM: {"schema": schema}}}}
