"""The service: `uvicorn api.main:app`, or `wuding serve`."""

import logging
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI, Request
from fastapi.routing import APIRoute
from sqlalchemy import Engine
from starlette.middleware.base import RequestResponseEndpoint
from starlette.responses import Response

from api.http import problems
from api.http.caller import Doorman, guard_of
from api.http.limits import Limits
from api.http.reads import add_reads
from api.http.settings import ServiceSettings
from api.routes import incidents, orders, plans, registers, relief, sign_in, stock, stock_lists, users
from api.solvers import Solvers

PREFIX = "/api/v1"
log = logging.getLogger("wuding")


class RouteUnguarded(Exception):
    """A route that says neither what permission it needs nor that it is open to all."""


def serve_from(app: FastAPI, engine: Engine) -> None:
    """The database of the service: ready for use, and closed by whoever opened it."""
    app.state.engine = engine
    app.state.doorman = Doorman(engine, app.state.settings)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    from api.settings import database

    settings: ServiceSettings = app.state.settings
    with database() as opened:
        serve_from(app, opened)
        app.state.solvers = Solvers(processes=settings.solve_processes, limit_s=settings.solve_limit_s)
        app.state.solvers.warm()
        try:
            yield
        finally:
            app.state.solvers.close()


def create_app(settings: ServiceSettings | None = None) -> FastAPI:
    """The whole service."""
    settings = settings or ServiceSettings()
    app = FastAPI(
        title="Wuding 五定调度",
        version="1",
        summary="County stock, teams and roads in; checked, bounded, explained dispatch plans out.",
        lifespan=lifespan,
        docs_url="/docs" if settings.docs else None,
        redoc_url=None,
        openapi_url="/openapi.json" if settings.docs else None,
    )
    app.state.settings = settings
    app.state.limits = Limits(requests=settings.requests_per_minute, sign_ins=settings.sign_ins_per_minute)
    problems.install(app)
    app.middleware("http")(identified)
    api = APIRouter(prefix=PREFIX)
    api.include_router(sign_in.router)
    for part in (users, stock, orders, incidents, plans, relief):
        api.include_router(part.router)
    lists = APIRouter(responses=None)
    for resource in (*registers.ALL, *stock_lists.ALL, *incidents.ALL, *plans.ALL, *relief.ALL, users.AUDIT):
        add_reads(lists, resource)
    api.include_router(lists)
    app.include_router(api)
    unguarded = [route.path for route in app.routes if isinstance(route, APIRoute) and guard_of(route) is None]
    if unguarded:
        raise RouteUnguarded(", ".join(unguarded))
    return app


async def identified(request: Request, call_next: RequestResponseEndpoint) -> Response:
    """Every request has a number, which its answer, its log lines and its audit rows name."""
    given = request.headers.get("x-request-id", "")
    fine = 0 < len(given) <= 64 and given.isascii() and given.replace("-", "").isalnum()
    request.state.request_id = given if fine else uuid.uuid4().hex
    answer = await call_next(request)
    answer.headers["X-Request-ID"] = request.state.request_id
    answer.headers.setdefault("Cache-Control", "no-store")
    answer.headers.setdefault("X-Content-Type-Options", "nosniff")
    return answer
