"""A client of the Wuding service in one file, to copy and change: typed, safe to send again, with plans as they come.

    pip install httpx2
    wuding serve &
    WUDING_PASSWORD='…' python docs/client.py --url http://127.0.0.1:8000 --user li

It reports an incident, makes a plan and prints each better one, approves the last, acknowledges the orders of every
team, and issues what the plan keeps. `mypy --strict` and a test against a running service are part of `make test`.
"""

import argparse
import getpass
import json
import os
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypedDict, cast

import httpx2

TRIES = 8  # of one request
SPARE_S = 30  # a token that ends so soon is renewed first


class Incident(TypedDict):
    situation: str
    code: str
    kind: str
    severity: int
    status: str
    likely_same: list[dict[str, Any]]


class Level(TypedDict):
    """One level of the objective, the first counts most."""

    name: str
    value: float | list[float]  # some levels are compared part by part
    bound: float | list[float] | None
    gap: float | list[float] | None
    practice: float | list[float] | None


class Draft(TypedDict):
    """A plan that is whole and checked; kept by the service under its number."""

    draft: int
    stage: int
    last: bool
    status: str
    levels: list[Level]
    seconds: dict[str, float]


class Reserved(TypedDict):
    store: str
    item: str
    lot: str
    quantity: str  # exact decimals travel as text


class Approved(TypedDict):
    plan: int
    draft: int
    replaces: int | None
    reserved: list[Reserved]
    released: list[Reserved]


class Order(TypedDict):
    plan: int
    team: str
    position: int
    incident: str
    task: str
    depart_s: int
    arrive_s: int
    status: str


class Entry(TypedDict):
    operation: int
    taken: list[dict[str, Any]]


class Refused(Exception):
    """An application/problem+json: `code` is stable; the words say what to do, in the caller's language."""

    def __init__(self, problem: Mapping[str, Any], retry_s: float | None = None) -> None:
        self.code = str(problem.get("code", "Unknown"))
        self.status = int(problem.get("status", 0))
        self.facts: Mapping[str, Any] = problem.get("facts", {})
        self.request_id = str(problem.get("request_id", ""))
        self.retry_s = retry_s  # where the same request may do later
        faults = [f"  {one['where']}: {one['message']}" for one in problem.get("errors", [])]
        super().__init__("\n".join([f"{self.code} ({self.status}): {problem.get('detail', '')}", *faults]))


@dataclass
class _Session:
    access: str
    refresh: str
    ends_at: float  # of the access token, by our clock


class Wuding:
    """Somebody's way to one service. Close it, or use it in a `with`."""

    def __init__(self, url: str, *, lang: Literal["zh", "en"] = "en", patience_s: float = 150) -> None:
        self._http = httpx2.Client(
            base_url=f"{url.rstrip('/')}/api/v1", headers={"Accept-Language": lang}, timeout=patience_s
        )
        self._session: _Session | None = None

    def __enter__(self) -> "Wuding":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    # signing in

    def sign_in(self, name: str, password: str) -> None:
        """Raises Refused: WrongPassword, LockedOut."""
        self._take(self._sent("POST", "/sign-in", {"name": name, "password": password}, {}, again=False))

    def refresh(self) -> None:
        """The next pair of tokens. A refresh token works once, and is never sent twice: a second use ends the
        session. Where the answer is lost, sign in again."""
        if self._session is not None:
            given = {"refresh_token": self._session.refresh}
            self._take(self._sent("POST", "/refresh", given, {}, again=False))

    def _take(self, answer: httpx2.Response) -> None:
        told = answer.json()
        self._session = _Session(told["access_token"], told["refresh_token"], time.monotonic() + told["expires_in"])

    def _signed(self) -> dict[str, str]:
        if self._session is None:
            return {}
        if time.monotonic() > self._session.ends_at - SPARE_S:
            self.refresh()
        return {"Authorization": f"Bearer {self._session.access}"}

    # what there is to ask

    def report_incident(self, facts: Mapping[str, Any], *, situation: str = "live") -> Incident:
        """`likely_same` of the answer names open incidents that may be the same."""
        return cast(Incident, self.post(f"/situations/{situation}/incidents", facts))

    def solve(self, *, situation: str = "live", replan: bool = False) -> Iterator[str | Draft]:
        """Phases as text, plans as drafts, each better than the one before. Leaving the loop ends the solve; drafts
        that came stay."""
        headers = {"Accept": "text/event-stream", **self._signed()}
        path, asked = f"/situations/{situation}/solve", {"replan": replan}
        with self._http.stream("POST", path, json=asked, headers=headers) as answer:
            if answer.status_code != 200:
                answer.read()
                raise _problem(answer)
            for kind, data in _events(answer.iter_lines()):
                if kind == "problem":
                    raise Refused(data)
                yield str(data["phase"]) if kind == "phase" else cast(Draft, data)

    def approve(self, draft: int, *, situation: str = "live") -> Approved:
        """Reserves the stock and orders the teams, at once or not at all. Raises Refused: DraftStale or PlanStale
        where something has changed since (solve again)."""
        return cast(Approved, self.post(f"/situations/{situation}/drafts/{draft}/approve", {}))

    def orders(self, plan: int) -> Iterator[Order]:
        yield from self.pages("/orders", plan=plan)

    def acknowledge(self, order: Order, *, situation: str = "live") -> None:
        """The team is on its way."""
        report = {"team": order["team"], "task": order["task"], "state": "en_route"}
        self.post(f"/situations/{situation}/progress", report)

    def issue_kept(self, store: str, *, situation: str = "live") -> Entry:
        """All that the plan keeps in a store leaves."""
        return cast(Entry, self.post("/stock/issue-reserved", {"reference": f"plan:{situation}", "store": store}))

    # how it is asked

    def pages(self, path: str, **filters: Any) -> Iterator[Any]:
        """Every row of a list, page by page."""
        cursor: str | None = None
        while True:
            page = self.get(path, limit=200, **filters, **({} if cursor is None else {"cursor": cursor}))
            yield from page["items"]
            cursor = page["next"]
            if cursor is None:
                return

    def get(self, path: str, **query: Any) -> Any:
        return self._sent("GET", path, None, query, again=True).json()

    def post(self, path: str, body: Mapping[str, Any], *, key: str | None = None) -> Any:
        """One write, done once however often it is sent. To go on after this program was stopped, pass a `key` that
        is kept with the work."""
        return self._sent("POST", path, body, {}, again=True, key=key or str(uuid.uuid4())).json()

    def _sent(
        self, method: str, path: str, body: Mapping[str, Any] | None, query: Mapping[str, Any], *, again: bool,
        key: str | None = None,
    ) -> httpx2.Response:  # fmt: skip
        """`again`: the same request may be sent again, where no answer came, or one that says when to come back."""
        named = {} if key is None else {"Idempotency-Key": key}
        for left in range(TRIES - 1, -1, -1):
            headers = named | (self._signed() if again else {})
            try:
                answer = self._http.request(method, path, json=body, params=dict(query), headers=headers)
            except httpx2.TransportError:
                if not (again and left):
                    raise
                time.sleep(0.2 * (TRIES - left))
                continue
            if answer.is_success:
                return answer
            problem = _problem(answer)
            if not (again and left):
                raise problem
            if problem.status in (429, 503) and problem.retry_s is not None:
                time.sleep(problem.retry_s)
            elif problem.status == 401 and self._session is not None and left == TRIES - 1:
                self.refresh()
            else:
                raise problem
        raise AssertionError


def _problem(answer: httpx2.Response) -> Refused:
    after = answer.headers.get("Retry-After", "")
    retry_s = float(after) if after.isdigit() else None
    if "problem+json" in answer.headers.get("Content-Type", ""):
        return Refused(answer.json(), retry_s)
    return Refused({"code": "NotWuding", "status": answer.status_code, "detail": answer.text[:200]}, retry_s)


def _events(lines: Iterator[str]) -> Iterator[tuple[str, Any]]:
    """Server-sent events: (event, data)."""
    kind, data = "message", ""
    for line in lines:
        name, _, value = line.partition(": ")
        if name == "event":
            kind = value
        elif name == "data":
            data += value
        elif not line and data:
            yield kind, json.loads(data)
            kind, data = "message", ""


def main() -> int:
    asked = argparse.ArgumentParser(description="Report an incident, plan, approve, order, issue.")
    asked.add_argument("--url", default="http://127.0.0.1:8000")
    asked.add_argument("--user", required=True)
    asked.add_argument("--situation", default="live")
    asked.add_argument("--lat", type=float, help="of the incident; by default where the first team stands")
    asked.add_argument("--lon", type=float)
    given = asked.parse_args()
    situation: str = given.situation
    password = os.environ.get("WUDING_PASSWORD") or getpass.getpass()
    try:
        with Wuding(given.url) as wuding:
            wuding.sign_in(given.user, password)
            lat, lon = given.lat, given.lon
            if lat is None or lon is None:
                team = wuding.get("/teams", limit=1)["items"][0]
                lat, lon = team["lat"], team["lon"]
            facts = {
                "kind": "flood", "severity": 3, "lat": lat, "lon": lon, "people_affected": 40,
                "tasks": [{"capability": "evacuation", "teams_needed": 1, "service_s": 3600}],
            }  # fmt: skip
            incident = wuding.report_incident(facts, situation=situation)
            print(
                f"incident {incident['code']}; perhaps the same: {[one['incident'] for one in incident['likely_same']]}"
            )
            best: Draft | None = None
            for found in wuding.solve(situation=situation):
                if isinstance(found, str):
                    print(f"… {found}")
                else:
                    best = found
                    print(f"plan {found['draft']} ({found['status']}):", _levels(found["levels"]))
            assert best is not None  # else it was refused
            approved = wuding.approve(best["draft"], situation=situation)
            print(f"approved as plan {approved['plan']}, {len(approved['reserved'])} lots kept")
            for order in wuding.orders(approved["plan"]):
                if order["position"] == 1:
                    wuding.acknowledge(order, situation=situation)
                    print(f"{order['team']} is on its way to {order['incident']}")
            for store in sorted({one["store"] for one in approved["reserved"]}):
                entry = wuding.issue_kept(store, situation=situation)
                print(f"{store}: entry {entry['operation']}, {len(entry['taken'])} lots left")
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 1
    return 0


def _levels(levels: list[Level]) -> str:
    return ", ".join(f"{one['name']} {one['value']}" for one in levels)


if __name__ == "__main__":
    sys.exit(main())
