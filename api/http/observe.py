"""What those who run the service see of it: one line of log for each request, metrics, health.

Metrics are for the network, not for a person: they are given to addresses of `WUDING_METRICS_FROM` (this machine,
where nothing is set) that ask directly; what came through a proxy is answered as if nothing were there.
"""

import ipaddress
import logging
import sys
import time
from collections.abc import Callable, Iterator, MutableMapping
from functools import cache
from typing import Any, Literal

import structlog
from fastapi import APIRouter, Request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api.http.caller import public
from api.http.settings import ServiceSettings
from inventory.database import now, reading
from inventory.errors import InventoryError
from inventory.five_fixed import shanghai_day
from inventory.tables.care import tasks

LOOK_AGAIN_S = 10.0  # how old a number read from the database may be
READY_AGAIN_S = 1.0  # so that nobody keeps the database busy by asking
REQUEST_S = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
SOLVE_S = (0.5, 1, 2, 5, 10, 20, 40, 80, 120, 300)
FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")
router = APIRouter(tags=["operations"])
log = structlog.get_logger("wuding.request")


def set_up_logs(settings: ServiceSettings) -> None:
    """Everything this process logs, libraries too, as one JSON object or one readable line each, on stdout."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Any] = (
        [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer(ensure_ascii=False)]
        if settings.log_json
        else [structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty())]
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)
    for noisy in ("alembic", "httpx", "httpx2"):  # the latter log whole addresses, with what is asked in them
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *(one for one in shared if not isinstance(one, structlog.stdlib.ExtraAdder)),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


class Metrics:
    """The numbers of one process; a database is asked once in ten seconds, however many look."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.requests = Histogram(
            "wuding_request_seconds", "Time to the last byte of an answer; streams are not in it",
            ("method", "route", "status"), buckets=REQUEST_S, registry=registry,
        )  # fmt: skip
        self.streams = Counter("wuding_streams", "Streams that ended", ("route",), registry=registry)
        self.under_way = Gauge("wuding_requests_under_way", "Requests not yet answered", registry=registry)
        self.entries = Counter("wuding_stock_entries", "Entries made in the ledger", ("action",), registry=registry)
        self.solve_s = Histogram(
            "wuding_solve_seconds", "A solve from its start to its last plan", ("outcome",), buckets=SOLVE_S,
            registry=registry,
        )  # fmt: skip
        self.gap = Gauge("wuding_solve_gap", "Gap of the last plan by level, 0 to 1", ("level",), registry=registry)
        self._looks: dict[str, tuple[str, Callable[[Engine], float]]] = {}
        self._read: dict[str, tuple[float, float]] = {}
        self._engine: Engine | None = None
        self._children: dict[tuple[str, str, int], Any] = {}
        registry.register(self)  # type: ignore[arg-type]

    def look(self, name: str, words: str, read: Callable[[Engine], float]) -> None:
        """A number of the whole office that is read when somebody asks: overdue tasks, waiting jobs."""
        self._looks[name] = words, read

    def read_from(self, engine: Engine) -> None:
        self._engine = engine
        self._read.clear()

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        key = method, route, status
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = self.requests.labels(method, route, str(status))
        child.observe(seconds)

    def entered(self, written: list[dict[str, Any]]) -> None:
        """After a write was committed: its audit rows."""
        for one in written:
            if one["resource"] == "operations":
                self.entries.labels(one["action"]).inc()

    def solved(self, seconds: float, found: Any) -> None:
        """The end of a solve; `found` its last plan, if any."""
        outcome = "none" if found is None else str(found.status) if found.last else "stopped"
        self.solve_s.labels(outcome).observe(seconds)
        for level in () if found is None else found.levels:
            if level.get("gap") is not None:
                self.gap.labels(str(level["name"])).set(float(level["gap"]))

    def describe(self) -> list[Any]:
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        if self._engine is None:
            return
        moment = time.monotonic()
        for name, (words, read) in self._looks.items():
            known = self._read.get(name)
            if known is None or moment - known[0] > LOOK_AGAIN_S:
                try:
                    known = self._read[name] = moment, read(self._engine)
                except (InventoryError, SQLAlchemyError):  # no number is better than an old one
                    self._read.pop(name, None)
                    continue
            yield GaugeMetricFamily(name, words, value=known[1])


def overdue_tasks(engine: Engine) -> float:
    """Five-fixed tasks that are open after the day they were due."""
    late = select(func.count()).where(tasks.c.status.in_(("open", "assigned")), tasks.c.due < shanghai_day(now()))
    with reading(engine) as connection:
        return float(connection.execute(late).scalar_one())


class Observe:
    """Outermost: it sees what really was answered, and how long it took."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self.app, self.metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status, streams = time.perf_counter(), 500, False

        async def noted(message: MutableMapping[str, Any]) -> None:
            nonlocal status, streams
            if message["type"] == "http.response.start":
                status = message["status"]
                streams = any(name == b"content-type" and value.startswith(b"text/event-stream")
                              for name, value in message["headers"])  # fmt: skip
            await send(message)

        self.metrics.under_way.inc()
        try:
            await self.app(scope, receive, noted)
        finally:
            self.metrics.under_way.dec()
            spent, route, state = time.perf_counter() - began, template_of(scope), scope.get("state", {})
            method = scope["method"] if scope["method"] in METHODS else "OTHER"
            if streams:
                self.metrics.streams.labels(route).inc()
            else:
                self.metrics.answered(method, route, status, spent)
            caller = state.get("caller")
            log.log(
                logging.WARNING if status >= 500 else logging.INFO, "request", method=method, route=route,
                status=status, ms=round(spent * 1000, 1), request_id=state.get("request_id"),
                account=None if caller is None else caller.name,
            )  # fmt: skip


METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))


def template_of(scope: Scope) -> str:
    """/api/v1/stock/{code}, never what somebody typed: paths and queries may name people."""
    context = scope.get("fastapi", {}).get("effective_route_context")
    route = context if context is not None else scope.get("route")
    return str(getattr(route, "path", "-"))


class Health(BaseModel):
    """`ok` or `failed`, as a whole and by part."""

    status: Literal["ok", "failed"]
    parts: dict[str, Literal["ok", "failed"]] = {}


@router.get("/health/live", summary="进程在运行 / the process runs")
@public
async def live() -> Health:
    return Health(status="ok")


@router.get("/health/ready", summary="可以受理请求 / ready for requests",
            responses={503: {"model": Health, "description": "不能受理 / not ready"}})  # fmt: skip
@public
def ready(request: Request) -> Health:
    """数据库可达且版本相符、求解进程在运行 / the database answers and is of this version; solver processes run."""
    state = request.app.state
    known: tuple[float, Health] | None = getattr(state, "ready", None)
    if known is None or time.monotonic() - known[0] > READY_AGAIN_S:
        solvers = getattr(state, "solvers", None)
        fine = {"database": _fits(state.engine), "solvers": solvers is None or solvers.alive()}
        parts: Any = {name: "ok" if one else "failed" for name, one in fine.items()}
        known = state.ready = time.monotonic(), Health(status="ok" if all(fine.values()) else "failed", parts=parts)
    if known[1].status == "failed":
        return JSONResponse(known[1].model_dump(), 503)  # type: ignore[return-value]
    return known[1]


@cache
def _needed() -> str:
    from api.migrations import newest

    return newest()


def _fits(engine: Engine) -> bool:
    from api.migrations import version

    try:
        with reading(engine) as connection:
            return version(connection) == _needed()
    except InventoryError:
        return False


@router.get("/metrics", include_in_schema=False)
@public
def metrics(request: Request) -> Response:
    asked_by = request.client.host if request.client else ""
    through = any(name in request.headers for name in FORWARDED)
    if through or not allowed(asked_by, request.app.state.settings.metrics_from):
        raise HTTPException(404)
    return Response(generate_latest(request.app.state.metrics.registry), media_type=CONTENT_TYPE_LATEST)


def allowed(address: str, networks: tuple[str, ...]) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(found in ipaddress.ip_network(one) for one in networks)
