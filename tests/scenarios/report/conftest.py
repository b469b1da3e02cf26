"""A synthetic county with its plan: a random planar road graph, 20 incidents, teams, stores, closures."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import networkx as nx
import numpy as np
import pytest
from scipy.spatial import Delaunay

from optimizer.dispatch.plan import (
    Level,
    Plan,
    Reason,
    Shipment,
    Status,
    Stop,
    StoppedBy,
    TeamOrder,
    Unmet,
)
from optimizer.dispatch.problem import (
    DEFAULT_TIERS,
    Demand,
    DispatchProblem,
    Incident,
    Item,
    StockLine,
    Store,
    Task,
    Team,
    Travel,
)
from scenarios.report import (
    Label,
    MapLayers,
    MapPlace,
    Names,
    OverdueCheck,
    ReportView,
    RuleState,
    Situation,
    map_layers,
    view_of,
)

AS_OF = datetime(2025, 6, 18, 14, 0, tzinfo=timezone(timedelta(hours=8)))
KINDS = {
    "landslide": Label("滑坡", "Landslide"),
    "flood": Label("内涝", "Flooding"),
    "trapped": Label("群众被困", "People trapped"),
    "road": Label("道路损毁", "Road damage"),
}
CAPABILITIES = {
    "search": Label("搜救", "Search and rescue"),
    "water": Label("水域救援", "Water rescue"),
    "medical": Label("医疗救护", "Medical aid"),
    "engineering": Label("工程抢险", "Engineering"),
}
ITEMS = (
    ("M001", "12㎡单帐篷", "Tent 12 m2", "顶", "each", "60", True),
    ("M002", "棉被", "Quilt", "床", "each", "3", False),
    ("M003", "瓶装饮用水", "Bottled water", "箱", "case", "12", True),
    ("M004", "方便食品", "Instant food", "箱", "case", "6", True),
    ("M005", "发电机", "Generator", "台", "each", "45", False),
    ("M006", "救生衣", "Life jacket", "件", "each", "0.8", True),
    ("M007", "编织袋", "Sandbag", "条", "each", "0.1", False),
)
_VILLAGES = "桃花 石板 青山 白果 龙洞 清溪 马鞍 杨柳 大坪 岩脚 双河 新寨 凤凰 茶园 银杏 水口 坝上 三岔 平桥 木叶"
VILLAGES = _VILLAGES.split()
_SPELT = (
    "Taohua Shiban Qingshan Baiguo Longdong Qingxi Maan Yangliu Daping Yanjiao Shuanghe Xinzhai Fenghuang "
    "Chayuan Yinxing Shuikou Bashang Sancha Pingqiao Muye"
)
SPELT = _SPELT.split()


@dataclass(frozen=True)
class Case:
    problem: DispatchProblem
    plan: Plan
    names: Names
    layers: MapLayers
    situation: Situation

    @property
    def view(self) -> ReportView:
        return view_of(self.problem, self.plan, names=self.names, situation=self.situation)


def build_case(*, nodes: int = 600, incidents: int = 20, teams: int = 16, stores: int = 24, seed: int = 7) -> Case:
    rng = np.random.default_rng(seed)
    lon, lat = 108.1 + rng.random(nodes) * 0.62, 27.6 + rng.random(nodes) * 0.42
    graph: nx.Graph = nx.Graph()
    for a, b, c in Delaunay(np.column_stack((lon, lat))).simplices:
        for one, two in ((a, b), (b, c), (c, a)):
            metres = float(np.hypot((lon[one] - lon[two]) * 98_000, (lat[one] - lat[two]) * 111_000))
            graph.add_edge(int(one), int(two), metres=metres)
    tree = nx.minimum_spanning_tree(graph, weight="metres")
    for one, two in sorted(graph.edges):
        if rng.random() < 0.22 and graph[one][two]["metres"] < 6000:
            tree.add_edge(one, two, metres=graph[one][two]["metres"])
    edges = np.array(sorted(tree.edges), dtype=np.int64)
    classes = rng.choice(["secondary", "unclassified", "track", "primary"], len(edges), p=[0.2, 0.55, 0.15, 0.1])
    shut = rng.random(len(edges)) < 0.012
    open_roads = tree.copy()
    open_roads.remove_edges_from(map(tuple, edges[shut].tolist()))
    main = sorted(max(nx.connected_components(open_roads), key=len))

    def spots(count: int) -> list[int]:
        return [int(one) for one in rng.choice(main, count, replace=False)]

    sites, bases, depots = spots(incidents), spots(teams), spots(stores)
    kinds = sorted(KINDS)
    problem_incidents = tuple(
        Incident(
            id=f"I{index + 1:03}",
            kind=kinds[index % 4],
            severity=int(1 + rng.integers(5)),
            reported_s=int(-60 * rng.integers(0, 20)),
            lat=float(lat[site]),
            lon=float(lon[site]),
            people_affected=int(rng.integers(4, 160)),
        )
        for index, site in enumerate(sites)
    )
    skills = sorted(CAPABILITIES)
    tasks = tuple(
        Task(
            id=f"{one.id}-T1",
            incident=one.id,
            capability=skills[index % 4],
            teams_needed=1 + (one.severity == 5),
            service_s=3600,
            due_s=1800,
        )
        for index, one in enumerate(problem_incidents)
    )
    tiers = ("3", "5", "5", "10")
    problem_teams = tuple(
        Team(
            id=f"T{index + 1:03}",
            tier=tiers[index % 4],
            capabilities=tuple(skills),
            headcount=12,
            profile="pickup",
            turnout_s=60,
            lat=float(lat[base]),
            lon=float(lon[base]),
        )
        for index, base in enumerate(bases)
    )
    problem_stores = tuple(
        Store(
            id=f"S{index + 1:03}",
            tier="county" if index == 0 else "town" if index < 8 else "village",
            lat=float(lat[depot]),
            lon=float(lon[depot]),
        )
        for index, depot in enumerate(depots)
    )
    items = tuple(Item(one[0], Decimal(one[5]), Decimal("0.05"), one[6]) for one in ITEMS)
    stock = tuple(
        StockLine(
            store=store.id,
            item=item.id,
            lot=f"L{index:02}{number}",
            quantity=Decimal(int(rng.integers(2, 40))),
            expires=date(2025, 9, 1) + timedelta(days=int(rng.integers(0, 400))) if number else None,
            blocked=(f"{store.id}/{item.id}/RUN",) if item.id == "M005" and index % 3 else (),
        )
        for index, store in enumerate(problem_stores)
        for item in items
        for number in range(2)
    )
    demands = tuple(
        Demand(one.id, item.id, Decimal(int(rng.integers(1, 20))))
        for one in problem_incidents
        for item in items
        if rng.random() < 0.4
    )

    def seconds(one: int, two: int) -> int:
        return int(nx.shortest_path_length(open_roads, one, two, weight="metres") / 10)

    def line(one: int, two: int) -> dict[str, object]:
        path = nx.shortest_path(open_roads, one, two, weight="metres")
        return {"type": "LineString", "coordinates": [[float(lon[n]), float(lat[n])] for n in path]}

    orders: dict[int, list[Stop]] = {}
    at = dict(enumerate(bases))
    free = dict.fromkeys(range(teams), 0)
    unmet: list[Unmet] = []
    for index, (task, incident) in enumerate(zip(tasks, problem_incidents, strict=True)):
        if index == 3:
            facts = {"capability": task.capability, "teams": 0}
            unmet.append(Unmet(incident.id, Decimal(task.teams_needed), Reason.NO_CAPABLE_TEAM, facts, task=task.id))
            continue
        ranked = sorted(range(teams), key=lambda one: (free[one] + seconds(at[one], sites[index]), one))
        for team in ranked[: task.teams_needed]:
            depart = free[team] + 60
            arrive = depart + seconds(at[team], sites[index])
            response = arrive - free[team]
            met = next((tier.id for tier in DEFAULT_TIERS if response <= tier.limit_s), None)
            route = line(at[team], sites[index]) if index % 5 else None
            stop = Stop(incident.id, task.id, depart, arrive, arrive, arrive + 3600, response, met, route)
            orders.setdefault(team, []).append(stop)
            at[team], free[team] = sites[index], arrive + 3600
    shipments: list[Shipment] = []
    for number, demand in enumerate(demands):
        site = sites[int(demand.incident[1:]) - 1]
        if demand.item == "M005" and number % 2:
            facts = {"tasks": ["S002/M005/RUN"], "units": "3"}
            unmet.append(Unmet(demand.incident, demand.quantity, Reason.FIVE_FIXED, facts, item="M005"))
            continue
        nearest = min(range(stores), key=lambda one: (seconds(depots[one], site), one))
        lot = next(one.lot for one in stock if one.store == f"S{nearest + 1:03}" and one.item == demand.item)
        shipments.append(
            Shipment(
                id=f"H{number + 1:03}",
                store=f"S{nearest + 1:03}",
                incident=demand.incident,
                item=demand.item,
                lot=lot,
                quantity=demand.quantity,
                depart_s=0,
                arrive_s=seconds(depots[nearest], site),
            )
        )
    levels = (
        Level("unserved", 4.0, 4.0, 0.0, 9.0),
        Level("critical_unmet", 0.0, 0.0, 0.0, 1.25),
        Level("completion", 312_456.0, 308_119.0, 0.01388, 390_212.0),
        Level("other_unmet", 3.5, 3.5, 0.0, 4.0),
        Level("fairness", (0.5, 0.75, 1.0), (0.5, 0.75, 1.0), 0.0, (0.25, 0.75, 1.0), 0.08, 0.13),
        Level("deprivation", 45_210.5, 45_210.5, 0.0, 46_000.0),
        Level("cost", 812_345.0, 790_000.0, 0.0275, 801_000.0),
    )
    zero = np.zeros((1, 1), dtype=np.int64)
    problem = DispatchProblem(
        as_of=AS_OF,
        items=items,
        incidents=problem_incidents,
        tasks=tasks,
        demands=demands,
        teams=problem_teams,
        stores=problem_stores,
        stock=stock,
        reserve_floor={("S001", "M003"): Decimal(5)},
        vehicles=(),
        travel=Travel(zero, zero[None].copy(), zero[0].copy(), zero.copy(), zero.copy()),
        service_s=np.full((len(tasks), teams), 3600, dtype=np.int64),
        sha256="ab" * 32,
    )
    plan = Plan(
        problem_sha256="ab" * 32,
        status=Status.FEASIBLE,
        seed=0,
        limits={"iterations": 20000, "deterministic_time": 2.0},
        stopped_by=StoppedBy.WORK,
        levels=levels,
        team_orders=tuple(TeamOrder(f"T{one + 1:03}", tuple(orders[one])) for one in sorted(orders)),
        shipments=tuple(shipments),
        unmet=tuple(unmet),
    )
    layers = map_layers(
        node_lon=lon,
        node_lat=lat,
        edge_from=edges[:, 0],
        edge_to=edges[:, 1],
        edge_class=classes.tolist(),
        edge_closed=shut,
        closures=(Label("省道S304 岩脚段", "Road S304 at Yanjiao"), Label("石板桥", "Shiban bridge")),
        places=tuple(
            MapPlace(Label(f"{zh}镇", f"{en} Town"), float(lon[site]) + 0.01, float(lat[site]) - 0.008)
            for zh, en, site in zip(VILLAGES[::3], SPELT[::3], sites[::3], strict=False)
        ),
    )
    return Case(problem, plan, _names(problem), layers, _situation())


def _names(problem: DispatchProblem) -> Names:
    def village(index: int) -> Label:
        return Label(VILLAGES[index % 20], SPELT[index % 20])

    def with_kind(index: int, one: Incident) -> Label:
        return Label(village(index).zh + "村" + KINDS[one.kind].zh, f"{KINDS[one.kind].en} at {village(index).en}")

    force = {
        "3": ("村突击队", "Village Team"),
        "5": ("镇综合救援队", "Town Team"),
        "10": ("县消防救援站", "County Fire Station"),
    }
    tier = {
        "county": ("县储备库", "County Store"),
        "town": ("镇储备库", "Town Store"),
        "village": ("村储备室", "Village Room"),
    }
    return Names(
        incidents={one.id: with_kind(index, one) for index, one in enumerate(problem.incidents)},
        teams={
            one.id: Label(village(index).zh + force[one.tier][0], f"{village(index).en} {force[one.tier][1]}")
            for index, one in enumerate(problem.teams)
        },
        stores={
            one.id: Label(village(index + 5).zh + tier[one.tier][0], f"{village(index + 5).en} {tier[one.tier][1]}")
            for index, one in enumerate(problem.stores)
        },
        items={one[0]: Label(one[1], one[2]) for one in ITEMS},
        units={one[0]: Label(one[3], one[4]) for one in ITEMS},
        capabilities=CAPABILITIES,
        kinds=KINDS,
        checks={"S002/M005/RUN": Label("清溪镇储备库发电机试机", "Generator run at Qingxi Town Store")},
    )


def _situation() -> Situation:
    rules = (
        ("定人", "Custodian"),
        ("定位", "Location"),
        ("定量", "Quantity"),
        ("定质", "Quality"),
        ("定期", "Period"),
    )
    return Situation(
        title=Label("黔山县暴雨演练", "Qianshan County rainstorm"),
        summary=Label(
            "6月18日强降雨,20处灾情同时发生,部分道路中断。",
            "Heavy rain on 18 June: 20 incidents at once, some roads are cut.",
        ),
        figures=((Label("储备点", "Stores"), "24"), (Label("救援队", "Teams"), "16")),
        five_fixed=tuple(
            RuleState(Label(zh, en), 168, 168 - 7 * index, critical=index, major=2 * index, minor=4 * index)
            for index, (zh, en) in enumerate(rules)
        ),
        overdue=tuple(
            OverdueCheck(
                Label("试机", "Run"), Label("清溪镇储备库", "Qingxi Town Store"), Label("发电机", "Generator"),
                date(2025, 6, 1 + index), index % 2 == 0, Decimal(3),
            )
            for index in range(4)
        ),
    )  # fmt: skip


@pytest.fixture(scope="session")
def make_case() -> Callable[..., Case]:
    return build_case


@pytest.fixture(scope="session")
def case() -> Case:
    return build_case()
