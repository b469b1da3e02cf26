"""The service: `uvicorn api.main:app`, or `wuding serve`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from sqlalchemy import Engine

from api.http import problems
from api.http.asgi import Door
from api.http.caller import Doorman, guard_of
from api.http.limits import Limits
from api.http.reads import add_reads
from api.http.settings import ServiceSettings
from api.routes import (
    alerts,
    care,
    files,
    forces_write,
    incidents,
    orders,
    plans,
    registers,
    registers_write,
    relief,
    sign_in,
    stock,
    stock_lists,
    stock_looks,
    tables_io,
    users,
)
from api.solvers import Solvers

PREFIX = "/api/v1"


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
    app.add_middleware(Door, body_mib=settings.body_mib, upload_mib=settings.upload_mib)
    api = APIRouter(prefix=PREFIX)
    api.include_router(sign_in.router)
    for part in (
        users, stock, orders, incidents, alerts, plans, relief, care, files, tables_io, registers_write, forces_write,
        stock_looks,
    ):  # fmt: skip
        api.include_router(part.router)
    lists = APIRouter(responses=None)
    for resource in (
        *registers.ALL,
        *stock_lists.ALL,
        *incidents.ALL,
        *plans.ALL,
        *relief.ALL,
        *care.ALL,
        *files.ALL,
        *forces_write.ALL,
        users.AUDIT,
    ):
        add_reads(lists, resource)
    api.include_router(lists)
    app.include_router(api)
    unguarded = [route.path for route in app.routes if isinstance(route, APIRoute) and guard_of(route) is None]
    if unguarded:
        raise RouteUnguarded(", ".join(unguarded))
    return app
