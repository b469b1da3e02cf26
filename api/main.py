"""The service: `uvicorn api.main:app`, or `wuding serve`."""

import re
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from sqlalchemy import Engine
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.routing import Match
from starlette.types import Scope

from api.http import observe, problems
from api.http.asgi import Door
from api.http.caller import Doorman, guard_of, routes_of
from api.http.console import serve_console
from api.http.docs import OPENAPI, serve_docs
from api.http.limits import Limits
from api.http.oidc import Provider
from api.http.page import page
from api.http.reads import add_reads
from api.http.settings import ServiceSettings
from api.jobs import book
from api.routes import (
    after_action,
    alerts,
    background,
    care,
    comparison,
    files,
    forces_write,
    incident_lists,
    incidents,
    jobs,
    oidc,
    orders,
    plans,
    reasons,
    registers,
    registers_write,
    relief,
    roads,
    scenarios,
    shipments,
    sign_in,
    situations,
    staffing,
    stock,
    stock_lists,
    stock_looks,
    studies,
    tables_io,
    users,
)
from api.solvers import Solvers

if TYPE_CHECKING:
    from api.jobs.worker import Worker

PREFIX = "/api/v1"
PACKED = ("application/pdf", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")  # themselves already


def operation_id(route: APIRoute) -> str:
    """`post_stock_receive`: of the method and the path alone, so that clients made from the page keep their names."""
    (method,) = route.methods
    return "_".join([method.lower(), *re.findall(r"[A-Za-z0-9]+", route.path_format.removeprefix(PREFIX))])


class RouteUnguarded(Exception):
    """A route that says neither what permission it needs nor that it is open to all."""


def include(app: FastAPI, router: APIRouter) -> None:
    """Many small routers, each of which says no by the first part of the path alone: the framework tries the pattern
    of every route in turn, some two hundred, and took a third of the time of a read for it."""
    firsts = {f"{PREFIX}/{one.path.split('/')[1]}" for one in router.routes}
    every, end = router.matches, len(PREFIX) + 1

    def matches(scope: Scope) -> tuple[Match, Scope]:
        path = scope["path"]
        stop = path.find("/", end)
        if not scope.get("root_path") and (path if stop < 0 else path[:stop]) not in firsts:
            return Match.NONE, {}
        return every(scope)

    router.matches = matches  # type: ignore[method-assign]
    app.include_router(router, prefix=PREFIX)


def serve_from(app: FastAPI, engine: Engine) -> None:
    """The database of the service: ready for use, and closed by whoever opened it."""
    app.state.engine = engine
    app.state.doorman = Doorman(engine, app.state.settings)
    app.state.metrics.read_from(engine)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    from api.settings import database

    settings: ServiceSettings = app.state.settings
    with database() as opened:
        serve_from(app, opened)
        app.state.solvers = Solvers(processes=settings.solve_processes, limit_s=settings.solve_limit_s)
        app.state.solvers.warm()
        # of their own, so that nobody who asks why keeps a plan from being made; warm once there is a plan
        app.state.explainers = Solvers(processes=1, limit_s=settings.solve_limit_s)
        reader = threading.Thread(target=roads.make_ready, args=(opened,), daemon=True)
        reader.start()
        worker = None
        try:
            # in a thread: DBOS starts nothing where an event loop runs
            worker = await anyio.to_thread.run_sync(_embedded_worker, opened, settings)
            yield
        finally:
            if worker is not None:
                await anyio.to_thread.run_sync(worker.stop)
            app.state.explainers.close()
            app.state.solvers.close()
            await anyio.to_thread.run_sync(reader.join)


def _embedded_worker(engine: Engine, settings: ServiceSettings) -> "Worker | None":
    """On SQLite the service works jobs off itself; on PostgreSQL it only asks for them (`wuding worker`)."""
    if engine.dialect.name != "sqlite":
        return None
    from api.jobs.worker import Worker

    worker = Worker(engine, settings)
    worker.start()
    return worker


def create_app(settings: ServiceSettings | None = None) -> FastAPI:
    """The whole service."""
    settings = settings or ServiceSettings()
    app = FastAPI(
        title="Wuding 五定调度",
        version="1",
        summary="County stock, teams and roads in; checked, bounded, explained dispatch plans out.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=operation_id,
        openapi_url=OPENAPI if settings.docs else None,
    )
    app.state.settings = settings
    app.state.explainers = None  # while it does not serve
    app.state.limits = Limits(requests=settings.requests_per_minute, sign_ins=settings.sign_ins_per_minute)
    app.state.oidc = Provider(settings) if settings.oidc_issuer else None
    problems.install(app)
    # what does not fit one packet; networks are bad
    app.add_middleware(GZipMiddleware, minimum_size=1400, compresslevel=6,
                       exclude_content_types=(*DEFAULT_EXCLUDED_CONTENT_TYPES, *PACKED))  # fmt: skip
    app.add_middleware(Door, body_mib=settings.body_mib, upload_mib=settings.upload_mib)
    app.state.metrics = observe.Metrics()
    app.state.metrics.look("wuding_tasks_overdue", "Five-fixed tasks past their day", observe.overdue_tasks)
    app.state.metrics.look("wuding_jobs_waiting", "Jobs that no worker has begun", book.waiting)
    app.add_middleware(observe.Observe, metrics=app.state.metrics)
    app.include_router(observe.router)
    if settings.docs:
        serve_docs(app)
    serve_console(app)
    for part in (
        sign_in, oidc, users, stock, orders, incidents, alerts, plans, relief, care, files, tables_io, registers_write,
        forces_write, stock_looks, jobs, after_action, situations, shipments, scenarios, roads, background,
        studies, staffing, comparison, reasons,
    ):  # fmt: skip
        include(app, part.router)
    for resource in (
        *registers.ALL,
        *stock_lists.ALL,
        *incident_lists.ALL,
        *plans.ALL,
        *shipments.ALL,
        *relief.ALL,
        *care.ALL,
        *files.ALL,
        *forces_write.ALL,
        jobs.JOBS,
        studies.STUDIES,
        users.AUDIT,
    ):
        lists = APIRouter()
        add_reads(lists, resource)
        include(app, lists)
    app.openapi = page(app, PREFIX)  # type: ignore[method-assign]
    unguarded = [route.path for route in routes_of(app) if guard_of(route) is None]
    if unguarded:
        raise RouteUnguarded(", ".join(unguarded))
    return app
