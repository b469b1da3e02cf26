"""The data dictionary as a page: `python -m inventory.files.document docs/data-dictionary.md`."""

import sys
from pathlib import Path

from inventory.files.choices import choices_zh
from inventory.files.dictionary import Column, tables

TITLES = {  # table -> where it stands, its meaning in Chinese and English
    "places": ("places.csv", "地点：县、乡镇、村", "Places: county, towns, villages"),
    "stores": ("stores.csv", "储备库（点）", "Stores"),
    "stock": ("stock.csv", "库存：物资 × 批次 × 货位 × 状态", "Stock: item × lot × bin × state"),
    "custodians": ("custodians.csv", "保管人员", "Custodians"),
    "maintenance": ("maintenance.csv", "检查维护记录", "Checks that were done"),
    "teams": ("teams.csv", "救援队伍", "Rescue teams"),
    "vehicles": ("vehicles.csv", "运输车辆", "Vehicles"),
    "incidents": ("incidents.csv", "事件", "Incidents"),
    "tasks": ("tasks.csv", "任务", "Tasks of the incidents"),
    "demands": ("demands.csv", "物资需求", "Supplies the incidents need"),
    "road_nodes": ("roads/nodes.csv", "道路路口", "Road junctions"),
    "road_edges": ("roads/edges.csv", "道路路段", "Roads between junctions"),
    "origins": ("origins.csv", "行程起点", "Origins of a travel matrix"),
    "destinations": ("destinations.csv", "行程终点", "Destinations of a travel matrix"),
    "travel": ("travel.csv", "行程时间", "Travel times"),
    "items": ("catalogue.csv", "物资目录", "Catalogue of supplies"),
    "checks": ("five_fixed_periods.csv", "五定检查周期", "Periods of the five-fixed checks"),
    "rule_sets": ("five_fixed_rule_sets.csv", "五定规则集", "Rule sets of the five fixed"),
    "rule_map": ("five_fixed_rule_map.csv", "五定评定归类", "What falls under which rule"),
    "check_overrides": ("check_overrides.csv", "本县检查周期调整", "A county's own periods of checks"),
    "weight_overrides": ("weight_overrides.csv", "本县权重调整", "A county's own weights"),
    "lots": ("lots.csv", "批次", "Lots"),
    "bins": ("bins.csv", "货位", "Bins"),
    "packages": ("packages.csv", "包装换算", "Package conversions"),
    "kits": ("kits.csv", "成套物资", "Kits"),
    "village_profiles": ("village_profiles.csv", "村寨专用储备", "What villages of a kind hold besides"),
    "count_sheet": ("count_sheet.csv", "盘点表", "Count sheet of a stocktake"),
    "towns": ("towns.csv", "乡镇站：服务对象与现有人员", "Town stations: whom they serve, whom they have"),
    "coefficients": ("parameters.csv", "人员测算参数", "Coefficients of the sizing of staff"),
    "annual_plans": ("annual_plans.csv", "年度监督检查计划工作日", "Working days of annual supervision plans"),
    "town_posts": ("town_posts.csv", "分配岗位时各乡镇的限额", "Limits of towns when posts are shared out"),
    "district_posts": ("district_posts.csv", "分配岗位时各区县的限额", "Limits of districts when posts are shared out"),
    "duty_people": ("duty_people.csv", "值班人员", "People on duty rosters"),
    "duty_posts": ("duty_posts.csv", "值班岗位", "Posts of a duty roster"),
    "duty_requests": ("duty_requests.csv", "休假和排班要求", "Leave and requests for a duty roster"),
    "duty_roster": ("duty_roster.csv", "值班表", "A duty roster"),
    "minimum_overrides": ("minimum_overrides.csv", "本县最低储备调整", "A county's own least stock"),
    "patrol_dues": ("visits.csv", "应查事项（巡查计划）", "Inspections that are due (patrol plan)"),
    "patrol_stations": ("stations.csv", "镇站与巡查组", "Town stations and their pairs"),
    "patrol_grids": ("grids.csv", "网格与网格员", "Grids and their people"),
    "patrol_villages": ("villages.csv", "村夜巡队伍", "Night patrols of villages"),
    "patrol_hazards": ("hazards.csv", "隐患点", "Hazard points"),
    "patrol_rounds": ("rounds.csv", "巡查计划", "A patrol plan, visit by visit"),
    "patrol_record": ("record.csv", "检查记录", "Record of the visits that were made"),
    "patrol_places": ("register.csv", "企业和场所底册", "Register of enterprises and venues (patrols)"),
    "grid_villages": ("grid_villages.csv", "划分网格的村（社区）", "Villages to be divided into grids"),
    "grid_managers": ("grid_managers.csv", "网格员名册", "Managers of grids"),
}

_HEAD = """# 数据字典 · Data dictionary

<!-- written by `python -m inventory.files.document docs/data-dictionary.md` from inventory/data/columns.csv -->

文件为 UTF-8 的 CSV，或 .xlsx 工作簿；第 1 行为列名，列的次序不限，不认识的列会被退回。列名可用英文名，也可用中文名；
取值可用英文，也可用其后括号内的中文，是否类也可填“是”“否”；须一字不差。
日期只写 `2024-06-15`，时刻只写 `2024-06-15T08:30:00+08:00`，数字不带单位和千位分隔符，是否类填 `1` 或 `0`，
列表用 `|` 分开。以 `=`、`+`、`-`、`@` 开头的文字写出时前面加一个单引号，读入时去掉。

Files are CSV in UTF-8, or .xlsx workbooks; row 1 names the columns, in any order, and unknown columns are refused.
A column may be named in English or in Chinese, and a word of choice likewise (the Chinese one is given in brackets;
flags also 是 and 否), to the letter.
Dates are written `2024-06-15`, instants `2024-06-15T08:30:00+08:00`, numbers without unit or thousands separators,
flags `1` or `0`, lists parted by `|`. A text beginning with `=`, `+`, `-` or `@` is written with a single quote in
front, and read back without it.

**键 key**：这些列合起来，每行不得相同 · the key columns together differ on every row. **必填 required**：列要有，
格不能空 · the column is there and no cell is empty.
"""


def data_dictionary_markdown() -> str:
    """The page, in the order of columns.csv."""
    parts = [_HEAD]
    for name, columns in tables().items():
        file, title_zh, title_en = TITLES[name]
        parts.append(f"\n## `{file}` {title_zh} · {title_en}\n")
        parts.append("| 列 column | 中文列名 | 类型 type | 单位 unit | 键/必填 | 取值 values | 含义 | meaning |")
        parts.append("|---|---|---|---|---|---|---|---|")
        parts += [_row(column) for column in columns]
    return "\n".join(parts) + "\n"


def _row(column: Column) -> str:
    need = "key, required" if column.key and column.required else "key" if column.key else ""
    need = need or ("required" if column.required else "")
    cells = (
        f"`{column.name}`",
        column.name_zh,
        column.type,
        column.unit,
        need,
        _values(column),
        column.meaning_zh,
        column.meaning_en,
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _values(column: Column) -> str:
    parts = []
    if column.choices:
        chinese = {value: f"（{word}）" for word, value in choices_zh(column).items()}
        parts.append(", ".join(f"`{choice}`{chinese.get(choice, '')}" for choice in column.choices))
    if column.least is not None:
        parts.append(f"{'>' if column.above else '≥'} {column.least}")
    if column.most is not None:
        parts.append(f"≤ {column.most}")
    if column.ref:
        parts.append(f"→ `{column.ref}`")
    return ", ".join(parts)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(data_dictionary_markdown(), encoding="utf-8")
