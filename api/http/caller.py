"""Who asks, and whether they may: every route names its permission, or says that it is open to all."""

import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool
from starlette.routing import compile_path

from api.access.roles import PERMISSIONS
from api.access.scope import Caller, Scope
from api.access.sign_in import MustChange, caller_of, machine_of
from api.access.tokens import MACHINE, NotSignedIn, kept, read_access_token
from api.http.settings import ServiceSettings
from inventory.database import now, reading

REMEMBERED_S = 5.0  # how long a closed account or an ended session may still be let in by a process
MOST_REMEMBERED = 10_000

bearer = HTTPBearer(auto_error=False, description="access token of /api/v1/sign-in, or a machine token (wdt_…)")


class Doorman:
    """Finds the account behind a token. One for each process; what it found it remembers for five seconds."""

    def __init__(self, engine: Engine, settings: ServiceSettings) -> None:
        self.engine, self.settings = engine, settings
        self._known: OrderedDict[str, tuple[float, Caller]] = OrderedDict()
        self._lock = Lock()

    def remembered(self, token: str) -> Caller | None:
        """Without a look at the database."""
        with self._lock:
            known = self._known.get(kept(token))
        return known[1] if known is not None and time.monotonic() - known[0] < REMEMBERED_S else None

    def caller(self, token: str) -> Caller:
        """Raises NotSignedIn, SessionOver."""
        key, moment, at = kept(token), time.monotonic(), now()
        with reading(self.engine) as connection:
            if token.startswith(MACHINE):
                found = machine_of(connection, token, at=at)
            else:
                found = caller_of(connection, read_access_token(self.settings.key, token, at=at), at=at)
        with self._lock:
            self._known[key] = moment, found
            self._known.move_to_end(key)
            while len(self._known) > MOST_REMEMBERED:
                self._known.popitem(last=False)
        return found

    def forget(self) -> None:
        """After a change of accounts in this process: the change holds here at once."""
        with self._lock:
            self._known.clear()


async def _caller(
    request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)] = None
) -> Caller:
    """Not `def`: nearly always the answer is remembered, and a thread for that would cost more than all the rest."""
    if given is None:
        raise NotSignedIn
    doorman: Doorman = request.app.state.doorman
    caller = doorman.remembered(given.credentials)
    if caller is None:
        caller = await run_in_threadpool(doorman.caller, given.credentials)
    request.state.caller, request.state.lang = caller, _lang(request, caller)
    request.app.state.limits.check(caller)
    return caller


def _lang(request: Request, caller: Caller) -> str:
    asked = request.headers.get("accept-language", "").lower()[:2]
    return asked if asked in ("zh", "en") else caller.lang


AnyCaller = Annotated[Caller, Depends(_caller)]
"""Whoever is signed in, also those who still have to change their password."""


class Needs:
    """A dependency that lets in whoever has the permission, and gives the `Scope` it reaches."""

    def __init__(self, permission: str) -> None:
        assert permission in PERMISSIONS, permission
        self.permission = permission

    async def __call__(self, caller: AnyCaller) -> Scope:
        if caller.must_change:
            raise MustChange
        return caller.scope(self.permission)


def needs(permission: str) -> Any:
    """`scope: Annotated[Scope, needs("stock.read")]`."""
    return Depends(Needs(permission))


def public(route: Callable[..., Any]) -> Callable[..., Any]:
    """Marks a route that is open without sign-in."""
    route.__wuding_public__ = True  # type: ignore[attr-defined]
    return route


def guard_of(route: Any) -> str | None:
    """The permission of a route; "" where any signed-in caller may, "public" where anybody; None if nothing says."""
    if getattr(route.endpoint, "__wuding_public__", False):
        return "public"
    seen: list[Any] = [route.dependant]
    found: str | None = None
    while seen:
        one = seen.pop()
        if isinstance(one.call, Needs):
            return one.call.permission
        if one.call is _caller:
            found = ""
        seen.extend(one.dependencies)
    return found


def routes_of(app: FastAPI) -> list[Any]:
    """Every route of the service with its whole path, also of routers that were included: `app.routes` itself holds
    only the routers."""
    return [route for route in iter_route_contexts(app.routes) if isinstance(route.original_route, APIRoute)]


def methods_of(app: FastAPI, path: str) -> list[str]:
    """What may be asked of a path: the methods of all its routes. Of `/jobs/files` and `/jobs/{code}` it is the one
    with fewer parameters."""
    found: dict[str, set[str]] = {}
    for route in routes_of(app):
        if compile_path(route.path)[0].match(path):
            found.setdefault(route.path, set()).update(route.methods)
    nearest = min(found, key=lambda one: one.count("{"), default="")
    return sorted(found.get(nearest, ()))
