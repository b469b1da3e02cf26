"""The one door for road files: the suffix says which reader."""

from pathlib import Path
from typing import Final
from xml.etree.ElementTree import ParseError

import networkx as nx

from optimizer.errors import BadInput, Fault
from optimizer.network.convert import from_networkx
from optimizer.network.graph import RoadNetwork
from optimizer.network.tables import read_tables

OSM_SUFFIXES: Final = (".osm", ".osm.gz", ".osm.bz2", ".osm.pbf", ".pbf")
GRAPHML_SUFFIXES: Final = (".graphml", ".graphml.gz")


def read_network(path: str | Path, *, crs: str | None = None) -> RoadNetwork:
    """A network from an OpenStreetMap extract (.osm.pbf, .osm.gz, .osm), a GraphML file, or a folder with
    nodes.csv and edges.csv (or the path of either).

    `crs` declares the coordinate system of CSV and GraphML files that do not say it themselves; OSM is
    WGS-84 and takes none. Raises `BadInput` with every fault and its place.
    """
    path = Path(path)
    source, name = str(path), path.name.lower()
    if not path.exists():
        raise BadInput(source, [Fault(source, "road_no_such_file", {"file": source})])
    if path.is_dir():
        return read_tables(path, crs=crs)
    if name in ("nodes.csv", "edges.csv", "roads.json"):
        return read_tables(path.parent, crs=crs)
    if name.endswith(GRAPHML_SUFFIXES):
        return from_networkx(_read_graphml(path), crs=crs, source=source)
    if name.endswith(OSM_SUFFIXES):
        if crs is not None:
            raise BadInput(source, [Fault(source, "road_osm_takes_no_crs", {"crs": crs})])
        from optimizer.network.osm import read_osm  # osmium is loaded only where OSM is read

        return read_osm(path)
    known = ", ".join((*OSM_SUFFIXES, *GRAPHML_SUFFIXES))
    raise BadInput(source, [Fault(source, "road_unknown_road_file", {"file": path.name, "known": known})])


def _read_graphml(path: Path) -> nx.Graph:
    try:
        return nx.read_graphml(path)
    except (ParseError, nx.NetworkXError, OSError, EOFError, UnicodeDecodeError, ValueError, KeyError) as error:
        fault = Fault(str(path), "road_not_graphml", {"file": path.name, "reason": str(error)})
        raise BadInput(str(path), [fault]) from error
