"""The page of the API for people, from this service alone: an office without internet has it, too."""

import re
from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.staticfiles import StaticFiles
from starlette.responses import HTMLResponse

DOCS, OPENAPI = "/docs", "/openapi.json"
ASSETS = f"{DOCS}/assets"


def serve_docs(app: FastAPI) -> None:
    """Swagger UI out of the package `fastapi_offline`: of it only the files, not its own way to make an app."""
    folder = Path(str(files("fastapi_offline"))) / "static"
    shown = get_swagger_ui_html(
        openapi_url=OPENAPI,
        title=f"{app.title} - Swagger UI",
        swagger_js_url=f"{ASSETS}/swagger-ui-bundle.js",
        swagger_css_url=f"{ASSETS}/swagger-ui.css",
        swagger_favicon_url=f"{ASSETS}/favicon.png",
    )
    text = bytes(shown.body).decode()
    policy = _policy(text)

    async def page(_: Request) -> HTMLResponse:
        return HTMLResponse(text, headers={"Content-Security-Policy": policy})

    app.add_route(DOCS, page, include_in_schema=False)
    app.mount(ASSETS, StaticFiles(directory=folder))


def _policy(page: str) -> str:
    """Runs what this service serves, and of what stands in the page its own script alone, by hash."""
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    hashes = " ".join(f"'sha256-{b64encode(sha256(one.encode()).digest()).decode()}'" for one in scripts)
    return (
        f"default-src 'none'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"
    )
