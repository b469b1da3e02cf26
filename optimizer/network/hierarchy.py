"""Customizable contraction hierarchy of one topology: ordered once (kept on disk), customized per metric.

The engine is RoutingKit through pyroutingkit. Every edge is given to it twice, as itself and reversed, so
that one order answers questions in both directions: many-to-many is fast from few sources to many targets,
and the reversed metric makes few sources out of few targets.
"""

import os
import shutil
import tempfile
from contextlib import suppress
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from pyroutingkit import INF_WEIGHT, CCHMetric, CCHTopology

from optimizer.errors import OptimizerError
from optimizer.network.profiles import NO_WAY_MS
from optimizer.units import UNREACHABLE, IntArray

CACHE_VARIABLE: Final = "WUDING_CACHE_DIR"
_PARTIAL_SHARE: Final = 0.01  # above this share of changed edges a full customization is quicker
_CACHED_FROM_NODES: Final = 1000  # smaller networks are ordered faster than a file is found
_TOPOLOGY_FILES: Final = ("tail", "head", "order", "rank", "node_count")
_MANIFEST: Final = "sha256"

assert INF_WEIGHT == NO_WAY_MS

Weights = npt.NDArray[np.uint32]


class WeightOutOfRange(OptimizerError):
    """An edge weight that the engine cannot hold: negative, or above its infinity."""


def cache_folder() -> Path:
    """Where orders are kept: $WUDING_CACHE_DIR, else wuding/ in the user's cache folder."""
    if chosen := os.environ.get(CACHE_VARIABLE):
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "wuding"


class Hierarchy:
    """The ordered topology of N nodes and E directed edges (parallel edges and loops allowed)."""

    def __init__(
        self,
        *,
        tail: npt.ArrayLike,
        head: npt.ArrayLike,
        lat: npt.ArrayLike,
        lon: npt.ArrayLike,
        cache: Path | None = None,
    ) -> None:
        """Coordinates guide the order and never change an answer. `cache` overrides `cache_folder()`."""
        self.tail = np.ascontiguousarray(tail, np.uint32)
        self.head = np.ascontiguousarray(head, np.uint32)
        self.node_count = len(np.asarray(lat))
        self.edge_count = len(self.tail)
        self.from_cache = False
        self.kept: dict[str, Any] = {}  # what else is derived from the order (see `sweep`)
        self._places = np.asarray(lat, np.float32), np.asarray(lon, np.float32)
        self._topology: Any = None
        self._folder: Path | None = None
        self._rank: npt.NDArray[np.uint32] | None = None
        self._lock = Lock()
        if self.node_count >= _CACHED_FROM_NODES:
            self._load_or_build(cache or cache_folder())

    @property
    def topology(self) -> Any:
        """The engine's own form, made when single ways are asked for: matrices need the order alone."""
        with self._lock:
            if self._topology is None:
                self._topology = self._build() if self._folder is None else _load(self._folder) or self._build()
            return self._topology

    @property
    def rank(self) -> npt.NDArray[np.uint32]:
        """(N,) position of each node in the order."""
        if self._rank is None:
            with tempfile.TemporaryDirectory(prefix="wuding-") as folder:  # the engine tells it only through files
                self.topology.save(folder)
                self._rank = np.fromfile(Path(folder) / "rank", np.uint32)
        return self._rank

    def _build(self) -> Any:
        topology = CCHTopology()
        both = np.concatenate((self.tail, self.head)), np.concatenate((self.head, self.tail))
        topology.build(*both, *self._places, self.node_count)
        return topology

    def _load_or_build(self, cache: Path) -> None:
        digest = sha256(f"{version('pyroutingkit')} {self.node_count} both ways".encode())
        for array in (self.tail, self.head, *self._places):
            digest.update(np.ascontiguousarray(array).tobytes())
        folder = cache / "orders" / digest.hexdigest()
        self._rank = _kept_rank(folder, self.node_count)
        if self._rank is not None:
            self._folder, self.from_cache = folder, True
            return
        self._topology = self._build()
        with suppress(OSError):  # a cache that cannot be written costs time, never the answer
            _store(self._topology, folder)


def _checksum(folder: Path) -> str:
    digest = sha256()
    for name in _TOPOLOGY_FILES:
        digest.update((folder / name).read_bytes())
    return digest.hexdigest()


def _kept_rank(folder: Path, nodes: int) -> npt.NDArray[np.uint32] | None:
    """The rank kept in `folder`, or None where anything in it is missing or damaged."""
    with suppress(OSError, UnicodeDecodeError):
        if (folder / _MANIFEST).read_text() == _checksum(folder):
            rank = np.fromfile(folder / "rank", np.uint32)
            return rank if len(rank) == nodes else None
    return None


def _load(folder: Path) -> Any | None:
    """The topology in `folder`, or None. Checked before loading: the engine trusts its files blindly."""
    try:
        if (folder / _MANIFEST).read_text() == _checksum(folder):
            topology = CCHTopology()
            topology.load(str(folder))
            return topology
    except (OSError, RuntimeError, UnicodeDecodeError):
        pass
    return None


def _store(topology: Any, folder: Path) -> None:
    """Written beside and renamed, so that nobody ever reads half of it; the first of several writers wins."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".new-", dir=folder.parent))
    try:
        topology.save(str(aside))
        (aside / _MANIFEST).write_text(_checksum(aside))
        try:
            aside.rename(folder)
        except OSError:  # there already: another writer's, or one that is damaged
            if _load(folder) is None:
                broken = Path(tempfile.mkdtemp(prefix=".old-", dir=folder.parent))
                folder.rename(broken / "order")
                aside.rename(folder)
                shutil.rmtree(broken, ignore_errors=True)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


class _Customized:
    """One direction of a hierarchy with one set of weights at a time. It moves to another set by a partial
    update where few edges differ, so that the state before and after a closure share it."""

    def __init__(self, hierarchy: Hierarchy, *, reverse: bool) -> None:
        self.hierarchy = hierarchy
        self.metric: Any = None
        self.edges = hierarchy.edge_count
        self.reverse = reverse
        self.weights: Weights | None = None
        self.full = 0
        self.partial = 0

    def use(self, weights: Weights) -> Any:
        """The engine's metric, customized for these weights."""
        if self.weights is weights:
            return self.metric
        changed = None if self.weights is None else np.flatnonzero(self.weights != weights)
        if changed is not None and len(changed) <= max(64, _PARTIAL_SHARE * self.edges):
            if len(changed):
                arcs = changed + self.edges if self.reverse else changed
                self.metric.update_weights(arcs.astype(np.uint32), weights[changed])
                self.partial += 1
        else:
            closed = np.full(self.edges, INF_WEIGHT, np.uint32)
            both = (closed, weights) if self.reverse else (weights, closed)
            if self.metric is None:
                self.metric = CCHMetric(self.hierarchy.topology)
            self.metric.customize(np.concatenate(both))
            self.full += 1
        self.weights = weights
        return self.metric


class Metric:
    """Answers over one hierarchy for whatever weights are asked; close sets of weights are cheap to switch
    between. Thread-safe. Distances are sums of weights in their own whole unit."""

    def __init__(self, hierarchy: Hierarchy) -> None:
        self.hierarchy = hierarchy
        self._forward = _Customized(hierarchy, reverse=False)
        self._backward = _Customized(hierarchy, reverse=True)
        self._lock = Lock()

    @property
    def customizations(self) -> tuple[int, int]:
        """How often weights were taken in (fully, partially)."""
        forward, backward = self._forward, self._backward
        return forward.full + backward.full, forward.partial + backward.partial

    def distances(self, weights: Weights, *, sources: npt.ArrayLike, targets: npt.ArrayLike) -> IntArray:
        """(len(sources), len(targets)) least weight sums between nodes; `UNREACHABLE` where no way."""
        from_, to = np.asarray(sources, np.uint32), np.asarray(targets, np.uint32)
        if len(from_) == 0 or len(to) == 0:
            return np.empty((len(from_), len(to)), np.int64)
        with self._lock:
            # The cost grows with the side it starts from, so it starts from the smaller one.
            if len(from_) > len(to):
                found = self._backward.use(weights).distances_many_to_many(to, from_).T
            else:
                found = self._forward.use(weights).distances_many_to_many(from_, to)
        distances: IntArray = np.ascontiguousarray(found, dtype=np.int64)
        distances[distances >= INF_WEIGHT] = UNREACHABLE
        return distances

    def paths(self, weights: Weights, *, pairs: npt.NDArray[np.int64]) -> list[list[int] | None]:
        """Edges of the least way of each (source, target) row of nodes; None where there is none."""
        with self._lock:
            query = self._forward.use(weights).query
            found = [query(source, target) for source, target in pairs.tolist()]
        return [None if distance >= INF_WEIGHT else edges for distance, _, edges in found]


def engine_weights(weights: npt.ArrayLike) -> Weights:
    """Integer weights as the engine takes them. Raises `WeightOutOfRange`."""
    values = np.asarray(weights)
    if not np.issubdtype(values.dtype, np.integer):
        raise TypeError("weights are integers (milliseconds, or any whole unit)")
    bad = np.flatnonzero((values < 0) | (values > INF_WEIGHT))
    if len(bad):
        raise WeightOutOfRange(edge=int(bad[0]), weight=int(values[bad[0]]), edges=len(bad))
    found = values.astype(np.uint32)
    found.setflags(write=False)
    return found
