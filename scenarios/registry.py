"""The named scenarios: what there is, what it shows, and how to build it."""

from collections.abc import Callable
from dataclasses import dataclass

from optimizer.errors import OptimizerError
from scenarios.generate.drills import flood_drill
from scenarios.generate.recipes import city_year, county, panshi_rainstorm
from scenarios.world import World


class UnknownScenario(OptimizerError):
    """No scenario of that name. Facts: name, known."""


@dataclass(frozen=True)
class Scenario:
    name: str
    title_zh: str
    title_en: str
    size_zh: str
    size_en: str
    build: Callable[[int], World]


SCENARIOS = (
    Scenario(
        "county",
        "山区县暴雨：县乡村三级储备，24 起险情，道路中断",
        "A mountain county in a rainstorm: three-tier stock, 24 incidents, roads cut",
        "1 个县、20 个镇、320 个村，341 个储备点，约 1.2 万个路口",
        "1 county, 20 towns, 320 villages, 341 stores, about 12,000 junctions",
        county,
    ),
    Scenario(
        "panshi-rainstorm",
        "2022-06-03 盘石镇暴雨：滑坡前转移 62 户 138 人",
        "Panshi rainstorm of 2022-06-03: 62 households, 138 people moved before the slide",
        "3 个镇、24 个村，1 起险情",
        "3 towns, 24 villages, 1 incident",
        panshi_rainstorm,
    ),
    Scenario(
        "flood-drill",
        "内涝演练：橡皮艇、水泵、油锯到位才能开工，水域救援须协同开始",
        "Flood drill: work that waits for boats, pumps and saws, and a water rescue begun together",
        "3 个镇、24 个村，5 起险情",
        "3 towns, 24 villages, 5 incidents",
        flood_drill,
    ),
    Scenario(
        "city-year",
        "全市规模：一年 122 起事件同时发生",
        "City scale: a year's 122 incidents at once",
        "10 个县、181 个镇、2911 个村，3102 个储备点，约 11 万条库存，3070 支队伍，约 10 万路段",
        "10 counties, 181 towns, 2,911 villages, 3,102 stores, about 110,000 stock lines, 3,070 teams, "
        "about 100,000 road segments",
        city_year,
    ),
)


def find_scenario(name: str) -> Scenario:
    """The scenario of that name. Raises UnknownScenario."""
    for scenario in SCENARIOS:
        if scenario.name == name:
            return scenario
    raise UnknownScenario(name=name, known=", ".join(scenario.name for scenario in SCENARIOS))
