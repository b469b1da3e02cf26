"""The console: the built page of api/console, from this service alone. `python -m api.http.console FOLDER` writes what
the build of it takes from the service."""

import json
import sys
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import Any

import anyio
from fastapi import FastAPI, Request
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.types import Scope

CONSOLE = "/console"
FOREVER = "public, max-age=31536000, immutable"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:{tiles}; "
    "font-src 'self' data:; connect-src 'self'{tiles}; worker-src 'self' blob:; manifest-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'; object-src 'none'"
)
ALLOWED = "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()"  # codes and positions, by phone


def folder() -> Path:
    return Path(str(files("api"))) / "console" / "dist"


class Page(StaticFiles):
    """Files of the build; every other path is a place inside the one page. Pictures come from this service, and from
    the servers of map tiles that its settings name."""

    def __init__(self, tile_origins: Iterable[str] = ()) -> None:
        super().__init__(directory=folder(), html=True)
        self.policy = POLICY.format(tiles="".join(f" {one}" for one in tile_origins))

    async def get_response(self, path: str, scope: Scope) -> Response:
        try:
            answer = await super().get_response(path, scope)
        except HTTPException as error:
            if error.status_code != 404 or Path(path).suffix:
                raise
            index = Path(str(self.directory)) / "index.html"
            answer = self.file_response(index, await anyio.Path(index).stat(), scope)
        named_by_content = path.startswith("assets/")
        answer.headers["Cache-Control"] = FOREVER if named_by_content else "no-cache"
        answer.headers["Content-Security-Policy"] = self.policy
        answer.headers["Permissions-Policy"] = ALLOWED
        return answer


def serve_console(app: FastAPI) -> None:
    """Nothing where the page has not been built."""
    if not (folder() / "index.html").is_file():
        return

    async def home(_: Request) -> RedirectResponse:
        return RedirectResponse(f"{CONSOLE}/")

    app.add_route("/", home, include_in_schema=False)
    app.mount(CONSOLE, Page(app.state.settings.tile_origins))


# vocabulary of the console -> where its words stand in the product's
WORDS = {
    "disaster": "kind", "capability": "capability", "level": "level", "unmet": "reason", "phase": "phase",
    "progress": "progress", "part": "staffing.part", "basis": "staffing.basis", "duty_role": "roster.role",
    "shift": "roster.shift", "measure": "roster.measure", "held_by": "held", "after": "after",
    "team_status": "team_status",
}  # fmt: skip


def vocabularies() -> dict[str, Any]:
    """Words that are also data: vocabulary -> code -> Chinese and English."""
    from api.access.roles import ROLES
    from inventory import kinds
    from inventory.care.words import patterns
    from scenarios.texts import catalogue

    words: dict[str, Any] = {
        "state": {**kinds.STATES, **kinds.ELSEWHERE}, "held": kinds.STATES, "kind": kinds.OPERATIONS,
        "reason": kinds.REASONS, "owner": kinds.OWNERS, "order": kinds.ORDER_STATES, "check": kinds.KINDS,
        "role": ROLES, "finding": patterns(),
    }  # fmt: skip
    for name, prefix in WORDS.items():
        assert name not in words, name
        words[name] = {
            key.removeprefix(f"{prefix}."): (said["zh"], said["en"])
            for key, said in catalogue().items()
            if key.startswith(f"{prefix}.") and "{" not in said["zh"]
        }
    return words


def write_sources(out: Path) -> None:
    """What the build of the console takes from the service: its OpenAPI page, words that are also data, and the
    columns of tables that are filled in."""
    from api.main import create_app
    from api.routes.tables_io import TABLES as IMPORTED
    from api.staffing.questions import TABLES
    from inventory.files.choices import choices_zh
    from inventory.files.dictionary import columns_of

    columns = {
        table: [
            {"name": one.name, "zh": one.name_zh, "type": one.type, "unit": one.unit, "required": one.required,
             "meaning": {"zh": one.meaning_zh, "en": one.meaning_en}, "choices": one.choices,
             "choices_zh": {value: word for word, value in choices_zh(one).items()}}
            for one in columns_of(table)
        ]
        for table in sorted({*TABLES, *IMPORTED})
    }  # fmt: skip
    for name, content in (("openapi", create_app().openapi()), ("vocabularies", vocabularies()), ("columns", columns)):
        (out / f"{name}.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    write_sources(Path(sys.argv[1]))
