"""What every request passes through: its number, the bounds of its body, and the headers of its answer."""

import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.http.problems import of_domain, of_mistake
from inventory.errors import InventoryError

Message = MutableMapping[str, Any]
Next = Callable[[], Awaitable[Message]]
MIB = 1 << 20
UPLOADS = (
    "/api/v1/files",
    "/api/v1/imports/",
    "/api/v1/jobs/files",
    "/api/v1/staffing/tables/",
)  # whose bodies are files
HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    # answers are data: whatever a browser takes them for, nothing in them runs, and no other page holds them
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "object-src 'none'; sandbox",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
TLS_ALONE = "max-age=63072000; includeSubDomains"


class TooLarge(InventoryError):
    """A body larger than the service takes. Facts: most_mib."""


class BadCharacter(InventoryError):
    """A NUL in the path or the query: no name holds one, and no database takes one. No facts."""


class Door:
    """Plain ASGI, because a middleware class of the framework costs each request a task of its own."""

    def __init__(self, app: ASGIApp, *, body_mib: int, upload_mib: int) -> None:
        self.app, self.body_mib, self.upload_mib = app, body_mib, upload_mib

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        fine = 0 < len(given) <= 64 and given.isascii() and given.replace("-", "").isalnum()
        number = given if fine else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = number
        started = over = False
        most_mib = self.upload_mib if scope["path"].startswith(UPLOADS) else self.body_mib

        async def answered(message: Message) -> None:
            nonlocal started
            if over and not started:
                return  # what the framework makes of it: a body that cannot be read
            if message["type"] == "http.response.start":
                started = True
                out = MutableHeaders(scope=message)
                out["X-Request-ID"] = number
                if scope["scheme"] == "https":  # as the proxy says, if it is one whose word is believed
                    out["Strict-Transport-Security"] = TLS_ALONE
                for name, value in HEADERS.items():
                    out.setdefault(name, value)
            await send(message)

        async def refuse(error: InventoryError) -> None:
            nonlocal over
            over = False
            await of_domain(Request(scope), error)(scope, receive, answered)

        if "\0" in scope["path"] or b"%00" in scope["query_string"] or b"\0" in scope["query_string"]:
            await refuse(BadCharacter())
            return
        length = headers.get("content-length", "")
        if length.isdigit() and int(length) > most_mib * MIB:
            await refuse(TooLarge(most_mib=most_mib))
            return
        read = 0

        async def counted() -> Message:
            nonlocal read, over
            message = await receive()
            if message["type"] == "http.request":
                read += len(message.get("body", b""))
                if read > most_mib * MIB:
                    over = True
                    raise TooLarge(most_mib=most_mib)
            return message

        try:
            await self.app(scope, counted, answered)
        except TooLarge:
            if started:
                raise
            over = True
        except Exception as error:  # here, so that these answers, too, have their headers
            if started:
                raise
            await of_mistake(Request(scope), error)(scope, receive, answered)
        if over and not started:
            await refuse(TooLarge(most_mib=most_mib))
