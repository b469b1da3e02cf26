"""A paced load generator in a process of its own: `python load.py < ask.json > answer.json`.

Open loop: each request has the moment at which it is due, whatever became of those before, and its latency counts
from that moment, so that a service that stalls cannot hide it (no coordinated omission). The client is a bare one
over asyncio streams, one connection kept alive for each virtual client: a full client library takes 0.5 ms of
processor for each request, which on two cores would be measured as the service's.
"""

import asyncio
import json
import random
import sys
import time
from typing import Any


class Connection:
    """HTTP/1.1 over one kept-alive connection."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, raw: bytes) -> tuple[int, bytes]:
        """Status and body. Raises OSError, EOFError (asyncio.IncompleteReadError) where nobody answers."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(self.host, self.port)
        reader, writer = self._streams
        try:
            writer.write(raw)
            head = await reader.readuntil(b"\r\n\r\n")
            length = 0
            for line in head.split(b"\r\n")[1:]:
                if line[:15].lower() == b"content-length:":
                    length = int(line[15:])
            return int(head[9:12]), await reader.readexactly(length)
        except BaseException:
            self._streams = None
            writer.close()
            raise

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()


def request(method: str, path: str, host: str, headers: dict[str, str], body: Any = None) -> bytes:
    content = b"" if body is None else json.dumps(body).encode()
    more = {**headers, "Host": host}
    if body is not None:
        more |= {"Content-Type": "application/json", "Content-Length": str(len(content))}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in more.items()), "", ""]
    return "\r\n".join(lines).encode() + content


async def one_after_another(asked: dict[str, Any]) -> dict[str, Any]:
    """One client; each kind of request in turn, so that all meet the same machine. Seconds by kind."""
    kinds = asked["kinds"]
    spent: dict[str, list[float]] = {name: [] for name in kinds}
    errors: list[str] = []
    connections = {name: Connection(asked["host"], kind["port"]) for name, kind in kinds.items()}
    for round_ in range(asked["rounds"] + asked["warm_up"]):
        for name, kind in kinds.items():
            raw = request(kind["method"], kind["path"], asked["host"], kind["headers"], kind.get("body"))
            began = time.perf_counter()
            status, body = await connections[name].ask(raw)
            if round_ >= asked["warm_up"]:
                spent[name].append(time.perf_counter() - began)
            if status != kind["status"]:
                errors.append(f"{name} {status} {body[:200].decode()}")
    for one in connections.values():
        one.close()
    return {"spent": spent, "errors": errors}


async def open_loop(asked: dict[str, Any]) -> dict[str, Any]:
    """`rate` requests a second for `seconds`, spread over `clients` connections; `writes` of them write."""
    draw = random.Random(asked["seed"])
    host, port, rate = asked["host"], asked["port"], asked["rate"]
    clients = [Connection(host, port) for _ in range(asked["clients"])]
    free: asyncio.LifoQueue[Connection] | asyncio.Queue[Connection] = asyncio.Queue()  # in turn: all stay in use
    for one in clients:
        one._streams = await asyncio.open_connection(host, port)
        free.put_nowait(one)
    late: list[tuple[str, float]] = []
    errors: list[str] = []
    accepted: dict[str, int] = {}

    async def send(due: float, kind: dict[str, Any]) -> None:
        client = await free.get()
        try:
            number = f"{asked['seed']}-{draw.getrandbits(64):x}"
            headers = {**kind["headers"], **({"Idempotency-Key": number} if kind["method"] == "POST" else {})}
            raw = request(kind["method"], kind["path"], host, headers, kind.get("body"))
            status, body = await asyncio.wait_for(client.ask(raw), asked.get("patience", 20))
            late.append((kind["name"], time.perf_counter() - due))
            if status in kind["status"]:
                accepted[f"{kind['name']} {status}"] = accepted.get(f"{kind['name']} {status}", 0) + 1
            else:
                errors.append(f"{kind['name']} {status} {body[:300].decode()}")
        except (OSError, EOFError) as error:  # TimeoutError too
            errors.append(f"{kind['name']} {error!r}")
        finally:
            free.put_nowait(client)

    reads = [one for one in asked["kinds"] if one["method"] == "GET"]
    writes = [one for one in asked["kinds"] if one["method"] != "GET"]
    began = time.perf_counter()
    running = set()
    for number in range(int(rate * asked["seconds"])):
        due = began + number / rate
        wait = due - time.perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        kind = draw.choice(writes if draw.random() < asked["writes"] else reads)
        task = asyncio.ensure_future(send(due, kind))
        running.add(task)
        task.add_done_callback(running.discard)
    if running:
        await asyncio.wait(running, timeout=30)
    took = time.perf_counter() - began
    for one in clients:
        one.close()
    return {"late": late, "errors": errors, "accepted": accepted, "unanswered": len(running), "took": took}


if __name__ == "__main__":
    given = json.load(sys.stdin)
    json.dump(asyncio.run({"turns": one_after_another, "open": open_loop}[given["way"]](given)), sys.stdout)
