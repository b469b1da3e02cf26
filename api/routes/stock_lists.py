"""What is held and what was done: stock, movements, operations, reservations, transfers, counts, loans, overrides."""

from sqlalchemy import Select, func, type_coerce

from api.http.resources import Resource, field
from inventory.kinds import ELSEWHERE
from inventory.tables.base import Quantity
from inventory.tables.care import overrides
from inventory.tables.goods import items, lots
from inventory.tables.orders import counts, loans, transfers
from inventory.tables.places import bins, stores
from inventory.tables.stock import balances, movements, operations, reservations

_B, _O, _L = balances.c, operations.c, lots.c
_TO = stores.alias("to_store")


def _lines(rows: Select[tuple[object, ...]]) -> Select[tuple[object, ...]]:
    """A balance with its store, item, lot and bin."""
    return (
        rows.join(stores, stores.c.id == _B.store_id)
        .join(items, items.c.id == _B.item_id)
        .join(lots, lots.c.id == _B.lot_id)
        .outerjoin(bins, bins.c.id == _B.bin_id)
    )


STOCK = Resource(
    "stock", "stock.read", "库存明细", "lines of stock",
    (
        field("id", _B.id, "序号", "number of the line"),
        field("store", stores.c.code, "库点代码", "code of the store"),
        field("item", items.c.code, "物资代码", "code of the item"),
        field("lot", _L.code, "批号（空为无批号）", "lot number (empty: none)"),
        field("bin", bins.c.code, "货位（空为待上架）", "bin (null: not put away)", required=False),
        field("state", _B.state, "状态", "state"),
        field("quantity", _B.quantity, "数量（物资单位）", "units"),
        field("reserved", _B.reserved, "其中已预留", "of these reserved"),
        field("owner", _L.owner, "权属", "owner"),
        field("made", _L.made, "生产日期", "day it was made"),
        field("expires", _L.expires, "有效期至（当日仍可用）", "last day of use"),
        field("received", _B.received, "入库日期", "received on"),
        field("unit_price", _L.unit_price, "单价（元）", "price of a unit (CNY)"),
    ),
    key=_B.id, places=(stores.c.place_code,), code="id", sort="store,item,lot",
    searched=(stores.c.name, stores.c.name_en, items.c.name_zh, items.c.name_en),
    joined=lambda rows: _lines(rows.select_from(balances)),
    fixed=(_B.quantity > 0, _B.state.not_in(list(ELSEWHERE))),
)  # fmt: skip

_LINE = balances.alias("line")
MOVEMENTS = Resource(
    "movements", "stock.read", "台账流水", "rows of the ledger",
    (
        field("id", movements.c.id, "流水号", "number of the row"),
        field("operation", movements.c.operation_id, "单据号", "number of the operation"),
        field("kind", movements.c.kind, "类别", "kind"),
        field("reason", _O.reason, "事由", "reason"),
        field("store", stores.c.code, "库点代码", "code of the store"),
        field("item", items.c.code, "物资代码", "code of the item"),
        field("lot", _L.code, "批号", "lot number"),
        field("quantity", movements.c.quantity, "数量（物资单位）", "units"),
        field("recorded_at", _O.recorded_at, "记账时间", "recorded at"),
        field("occurred_at", _O.occurred_at, "发生时间", "happened at"),
        field("actor", _O.actor, "经办", "who"),
        field("reference", _O.reference, "关联单号", "reference"),
        field("note", _O.note, "备注", "note"),
    ),
    key=movements.c.id, places=(stores.c.place_code,), code="id", sort="-id",
    joined=lambda rows: rows.select_from(movements)
    .join(operations, _O.id == movements.c.operation_id)
    .join(_LINE, _LINE.c.id == func.coalesce(movements.c.from_id, movements.c.to_id))
    .join(stores, stores.c.id == _LINE.c.store_id)
    .join(items, items.c.id == _LINE.c.item_id)
    .join(lots, lots.c.id == _LINE.c.lot_id),
)  # fmt: skip

RESERVATIONS = Resource(
    "reservations", "stock.read", "预留", "what is kept for somebody",
    (
        field("id", reservations.c.id, "序号", "number"),
        field("reference", reservations.c.reference, "关联单号", "for what"),
        field("store", stores.c.code, "库点代码", "code of the store"),
        field("item", items.c.code, "物资代码", "code of the item"),
        field("lot", _L.code, "批号", "lot number"),
        field("quantity", reservations.c.quantity, "数量（物资单位）", "units"),
        field("expires_at", reservations.c.expires_at, "保留至", "until"),
    ),
    key=reservations.c.id, places=(stores.c.place_code,), code="id", sort="reference,store,item",
    joined=lambda rows: _lines(rows.select_from(reservations).join(balances, _B.id == reservations.c.balance_id)),
    fixed=(reservations.c.quantity > 0,),
)  # fmt: skip

TRANSFERS = Resource(
    "transfers", "stock.read", "调拨单", "transfers",
    (
        field("number", transfers.c.number, "单号", "number"),
        field("status", transfers.c.status, "状态", "status"),
        field("from_store", stores.c.code, "调出库点", "from store"),
        field("to_store", _TO.c.code, "调入库点", "to store"),
        field("reason", transfers.c.reason, "事由", "reason"),
        field("requested_at", transfers.c.requested_at, "申请时间", "asked for at"),
        field("note", transfers.c.note, "备注", "note"),
    ),
    key=transfers.c.id, places=(stores.c.place_code, _TO.c.place_code), sort="-requested_at",
    joined=lambda rows: rows.select_from(transfers)
    .join(stores, stores.c.id == transfers.c.from_store_id)
    .join(_TO, _TO.c.id == transfers.c.to_store_id),
)  # fmt: skip

COUNTS = Resource(
    "counts", "stock.read", "盘点单", "stocktakes",
    (
        field("number", counts.c.number, "单号", "number"),
        field("store", stores.c.code, "库点代码", "code of the store"),
        field("status", counts.c.status, "状态", "status"),
        field("blind", counts.c.blind, "盲盘（不示账面数）", "without book quantities"),
        field("opened_at", counts.c.opened_at, "开始时间", "opened at"),
    ),
    key=counts.c.id, places=(stores.c.place_code,), sort="-opened_at",
    joined=lambda rows: rows.select_from(counts).join(stores, stores.c.id == counts.c.store_id),
)  # fmt: skip

LOANS = Resource(
    "loans", "stock.read", "未归还的借用", "units on loan",
    (
        field("operation", loans.c.operation_id, "借出单据号", "operation that lent them"),
        field("store", stores.c.code, "库点代码", "code of the store"),
        field("item", items.c.code, "物资代码", "code of the item"),
        field("lot", _L.code, "批号", "lot number"),
        field("quantity", type_coerce(loans.c.quantity - loans.c.returned, Quantity), "未还数量", "still out",
              required=True),
        field("borrower", loans.c.borrower, "借用方", "borrower"),
        field("due_back", loans.c.due_back, "应还日期", "due back"),
    ),
    key=loans.c.id, places=(stores.c.place_code,), sort="due_back",
    joined=lambda rows: _lines(rows.select_from(loans).join(balances, _B.id == loans.c.home_id)),
    fixed=(loans.c.returned < loans.c.quantity,),
)  # fmt: skip

OVERRIDES = Resource(
    "overrides", "stock.read", "应急放行记录", "emergency overrides",
    (
        field("id", overrides.c.id, "序号", "number"),
        field("operation", overrides.c.operation_id, "单据号", "operation"),
        field("recorded_at", overrides.c.recorded_at, "时间", "when"),
        field("store", stores.c.code, "库点代码", "code of the store"),
        field("item", items.c.code, "物资代码", "code of the item"),
        field("lot", _L.code, "批号", "lot number"),
        field("quantity", overrides.c.quantity, "数量", "units"),
        field("blocked", overrides.c.blocked, "被什么拦住", "what held them", kind=list),
        field("person", overrides.c.person, "谁负责", "who answers for it"),
        field("reason", overrides.c.reason, "理由", "why"),
    ),
    key=overrides.c.id, places=(stores.c.place_code,), code="id", sort="-id",
    joined=lambda rows: _lines(rows.select_from(overrides).join(balances, _B.id == overrides.c.balance_id)),
)  # fmt: skip

ALL = (STOCK, MOVEMENTS, RESERVATIONS, TRANSFERS, COUNTS, LOANS, OVERRIDES)
