"""What is there: places, stores, catalogue, lots, assets, teams, vehicles, people."""

from typing import Any

from sqlalchemy import ColumnElement, Select, exists, true

from api.access.scope import Scope
from api.http.resources import Resource, field
from inventory.tables.forces import team_members, teams, vehicles
from inventory.tables.goods import assets, items, lots
from inventory.tables.places import bins, custodianships, people, places, stores
from inventory.tables.stock import balances

_P, _S, _I, _L, _T, _V = places.c, stores.c, items.c, lots.c, teams.c, vehicles.c


def _held(scope: Scope) -> ColumnElement[bool]:
    """A lot belongs to no county, its price and supplier to whoever holds or held some of it."""
    if scope.everything:
        return true()
    of_lot = (balances.c.lot_id == lots.c.id) & (stores.c.id == balances.c.store_id)
    return exists().where(of_lot, scope.where(stores.c.place_code)).correlate(lots)


def _store(rows: Select[Any]) -> Select[Any]:
    return rows.join(stores, stores.c.id == vehicles.c.store_id)


PLACES = Resource(
    "places", "registers.read", "行政区划", "administrative divisions",
    (
        field("code", _P.code, "12 位统计区划代码", "12-digit division code"),
        field("name", _P.name, "名称", "name"),
        field("name_en", _P.name_en, "英文名", "English name"),
        field("level", _P.level, "层级：county、town、village", "level: county, town, village"),
        field("parent", _P.parent_code, "上级代码", "code one level up"),
        field("lat", _P.lat, "纬度（WGS-84，度）", "latitude (WGS-84, degrees)"),
        field("lon", _P.lon, "经度（WGS-84，度）", "longitude (WGS-84, degrees)"),
        field("population", _P.population, "人口（人）", "people"),
        field("households", _P.households, "户数", "households"),
    ),
    key=_P.code, places=(_P.code,), code="code", sort="code", point=("lat", "lon"),
)  # fmt: skip

STORES = Resource(
    "stores", "registers.read", "储备库点", "stores",
    (
        field("code", _S.code, "库点代码", "code of the store"),
        field("name", _S.name, "名称", "name"),
        field("name_en", _S.name_en, "英文名", "English name"),
        field("tier", _S.tier, "层级：county、town、village", "tier: county, town, village"),
        field("place", _S.place_code, "所在区划代码", "division code"),
        field("area_m2", _S.area_m2, "面积（平方米）", "area (m²)"),
        field("lat", _S.lat, "纬度（WGS-84，度）", "latitude (WGS-84, degrees)"),
        field("lon", _S.lon, "经度（WGS-84，度）", "longitude (WGS-84, degrees)"),
        field("profiles", _S.profiles, "村寨灾害特征", "what the village is prone to", kind=list),
    ),
    key=_S.code, places=(_S.place_code,), code="code", sort="code", point=("lat", "lon"),
)  # fmt: skip

BINS = Resource(
    "bins", "registers.read", "货位", "bins",
    (
        field("store", _S.code, "库点代码", "code of the store"),
        field("code", bins.c.code, "货位代码", "code of the bin"),
        field("volume_m3", bins.c.volume_m3, "容积（立方米）", "volume (m³)"),
    ),
    key=bins.c.id, places=(_S.place_code,), joined=lambda rows: rows.join(stores, stores.c.id == bins.c.store_id),
    sort="store,code",
)  # fmt: skip

ITEMS = Resource(
    "items", "registers.read", "物资目录", "catalogue of items",
    (
        field("code", _I.code, "物资代码", "code of the item"),
        field("name_zh", _I.name_zh, "中文名", "Chinese name"),
        field("name_en", _I.name_en, "英文名", "English name"),
        field("class_no", _I.class_no, "类号", "number of its class"),
        field("class_zh", _I.class_zh, "类名", "Chinese name of its class"),
        field("class_en", _I.class_en, "英文类名", "English name of its class"),
        field("unit_zh", _I.unit_zh, "单位", "Chinese unit"),
        field("unit_en", _I.unit_en, "英文单位", "English unit"),
        field("mass_kg", _I.mass_kg, "单件质量（千克）", "mass of one unit (kg)"),
        field("volume_m3", _I.volume_m3, "单件体积（立方米）", "volume of one unit (m³)"),
        field("shelf_life_months", _I.shelf_life_months, "保质期（月）", "shelf life (months)"),
        field("consumable", _I.consumable, "是否消耗品", "used up when issued"),
        field("serialised", _I.serialised, "是否逐件编号", "each unit has a number"),
        field("life_critical", _I.life_critical, "是否保命物资", "lives depend on it"),
        field("criticality", _I.criticality, "重要度 1–3", "criticality 1–3"),
        field("hazards", _I.hazards, "适用灾种", "hazards it is for", kind=list),
        field("county_min", _I.county_min, "县级最低数", "least of a county store"),
        field("town_min", _I.town_min, "乡镇最低数", "least of a town store"),
        field("village_min", _I.village_min, "村级最低数", "least of a village room"),
    ),
    key=_I.code, places=(), code="code", sort="class_no,code",
)  # fmt: skip

LOTS = Resource(
    "lots", "stock.read", "批次", "lots",
    (
        field("id", _L.id, "批次序号", "number of the lot"),
        field("item", _I.code, "物资代码", "code of the item"),
        field("code", _L.code, "批号（空为无批号）", "lot number (empty: none)"),
        field("owner", _L.owner, "权属", "owner"),
        field("made", _L.made, "生产日期", "day it was made"),
        field("expires", _L.expires, "有效期至（当日仍可用）", "last day of use"),
        field("unit_price", _L.unit_price, "单价（元）", "price of a unit (CNY)"),
        field("supplier", _L.supplier, "供应商", "supplier"),
        field("recalled_at", _L.recalled_at, "召回时间", "recalled at"),
    ),
    key=_L.id, places=(), code="id", joined=lambda rows: rows.join(items, items.c.id == lots.c.item_id),
    sort="item,code", within=_held,
)  # fmt: skip

ASSETS = Resource(
    "assets", "stock.read", "逐件编号装备", "serialised units",
    (
        field("serial", assets.c.serial, "编号", "serial number"),
        field("item", _I.code, "物资代码", "code of the item"),
        field("model", assets.c.model, "型号", "model"),
        field("maker", assets.c.maker, "厂家", "maker"),
        field("acquired", assets.c.acquired, "购置日期", "acquired on"),
        field("note", assets.c.note, "备注", "note"),
    ),
    key=assets.c.lot_id, places=(), code="serial", sort="serial", within=_held,
    joined=lambda rows: rows.join(lots, lots.c.id == assets.c.lot_id).join(items, items.c.id == lots.c.item_id),
)  # fmt: skip

TEAMS = Resource(
    "teams", "registers.read", "救援队伍", "rescue teams",
    (
        field("code", _T.code, "队伍代码", "code of the team"),
        field("name", _T.name, "名称", "name"),
        field("name_en", _T.name_en, "英文名", "English name"),
        field("tier", _T.tier, "层级", "tier"),
        field("place", _T.place_code, "所在区划代码", "division code"),
        field("lat", _T.lat, "纬度（WGS-84，度）", "latitude (WGS-84, degrees)"),
        field("lon", _T.lon, "经度（WGS-84，度）", "longitude (WGS-84, degrees)"),
        field("capabilities", _T.capabilities, "能力", "capabilities", kind=list),
        field("headcount", _T.headcount, "人数", "people"),
        field("profile", _T.profile, "行驶类型", "travel profile"),
        field("turnout_s", _T.turnout_s, "出动时间（秒）", "turnout (s)"),
        field("available_from", _T.available_from, "何时起可用", "available from"),
        field("available_until", _T.available_until, "可用至", "available until"),
        field("carries", _T.carries, "自带装备", "items it carries", kind=list, required=False),
        field("store", _S.code, "驻地库点代码", "code of the store at its base", required=False),
        field("status", _T.status, "状态：ready、out、resting、disbanded", "status: ready, out, resting, disbanded"),
    ),
    key=_T.code, places=(_T.place_code,), code="code", sort="code", point=("lat", "lon"),
    joined=lambda rows: rows.select_from(teams).outerjoin(stores, _S.id == _T.store_id),
)  # fmt: skip

MEMBERS = Resource(
    "members", "people.read", "队员", "members of teams",
    (
        field("team", _T.code, "队伍代码", "code of the team"),
        field("person", people.c.code, "人员代码", "code of the person"),
        field("name", people.c.name, "姓名", "name"),
        field("role", team_members.c.role, "角色：leader、core、member、auxiliary",
              "role: leader, core, member, auxiliary"),
    ),
    key=people.c.code, places=(_T.place_code,), sort="team",
    joined=lambda rows: rows.select_from(team_members).join(teams, teams.c.id == team_members.c.team_id).join(
        people, people.c.id == team_members.c.person_id),
)  # fmt: skip

VEHICLES = Resource(
    "vehicles", "registers.read", "运输车辆", "vehicles",
    (
        field("code", _V.code, "车辆代码", "code of the vehicle"),
        field("store", _S.code, "所属库点", "code of its store"),
        field("payload_kg", _V.payload_kg, "载重（千克）", "payload (kg)"),
        field("volume_m3", _V.volume_m3, "容积（立方米）", "volume (m³)"),
        field("profile", _V.profile, "行驶类型", "travel profile"),
        field("available_from", _V.available_from, "何时起可用", "available from"),
        field("status", _V.status, "状态：ready、out、repair、retired", "status: ready, out, repair, retired"),
    ),
    key=_V.code, places=(_S.place_code,), code="code", sort="code", joined=_store,
)  # fmt: skip

CUSTODIANS = Resource(
    "custodians", "people.read", "定人：库点责任人", "custodians of stores",
    (
        field("store", _S.code, "库点代码", "code of the store"),
        field("person", people.c.code, "人员代码", "code of the person"),
        field("name", people.c.name, "姓名", "name"),
        field("role", custodianships.c.role, "primary 或 deputy", "primary or deputy"),
        field("valid_from", custodianships.c.valid_from, "起始日", "first day"),
        field("valid_to", custodianships.c.valid_to, "截止日", "last day"),
    ),
    key=custodianships.c.id, places=(_S.place_code,), sort="store,valid_from",
    joined=lambda rows: rows.select_from(custodianships).join(stores, stores.c.id == custodianships.c.store_id).join(
        people, people.c.id == custodianships.c.person_id),
)  # fmt: skip

ALL = (PLACES, STORES, BINS, ITEMS, LOTS, ASSETS, TEAMS, MEMBERS, VEHICLES, CUSTODIANS)
