"""What is held: the catalogue, package conversions, kits, lots, serialised assets."""

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    text,
)

from inventory.kinds import OWNERS
from inventory.tables.base import Id, Instant, Quantity, metadata, words

items = Table(
    "items",
    metadata,
    Column("id", Id, primary_key=True),
    Column("code", String(64), nullable=False, unique=True),
    Column("class_no", Integer, nullable=False),
    Column("class_zh", String(4000), nullable=False),
    Column("class_en", String(4000), nullable=False),
    Column("name_zh", String(4000), nullable=False),
    Column("name_en", String(4000), nullable=False),
    Column("unit_zh", String(64), nullable=False),
    Column("unit_en", String(64), nullable=False),
    Column("mass_kg", Quantity, nullable=False),
    Column("volume_m3", Quantity, nullable=False),
    Column("shelf_life_months", Integer),
    Column("equipment_class", String(64), nullable=False),
    Column("item_checks", JSON),
    Column("consumable", Boolean, nullable=False),
    Column("serialised", Boolean, nullable=False),
    Column("hazards", JSON, nullable=False),
    Column("criticality", Integer, nullable=False),
    Column("life_critical", Boolean, nullable=False),
    Column("need_code", String(64)),
    Column("need_per_unit", Quantity),
    Column("county_min", Quantity, nullable=False),
    Column("town_min", Quantity, nullable=False),
    Column("village_min", Quantity, nullable=False),
    Column("target_factor", Quantity, nullable=False),
    Column("max_factor", Quantity, nullable=False),
    Column("gbt38565_major", String(64)),
    Column("note", String(4000)),
    CheckConstraint("criticality BETWEEN 1 AND 3", name="criticality"),
    CheckConstraint("mass_kg > 0 AND volume_m3 > 0", name="size"),
)

packages = Table(
    "packages",
    metadata,
    Column("item_id", Id, ForeignKey("items.id"), primary_key=True),
    Column("name", String(64), primary_key=True),  # case, pallet
    Column("units", Quantity, nullable=False),  # of the item in one package
    CheckConstraint("units > 0", name="units"),
)

kits = Table(
    "kits",
    metadata,
    Column("code", String(64), primary_key=True),
    Column("name", String(4000), nullable=False),
    Column("name_en", String(4000)),
)

kit_items = Table(
    "kit_items",
    metadata,
    Column("kit_code", String(64), ForeignKey("kits.code"), primary_key=True),
    Column("item_id", Id, ForeignKey("items.id"), primary_key=True),
    Column("quantity", Quantity, nullable=False),
    CheckConstraint("quantity > 0", name="quantity"),
)

lots = Table(
    "lots",
    metadata,
    Column("id", Id, primary_key=True),
    Column("item_id", Id, ForeignKey("items.id"), nullable=False),
    Column("code", String(64), nullable=False),  # "" = stock that has no lot number
    Column("owner", String(16), nullable=False),
    Column("made", Date),
    Column("expires", Date),  # the last day on which it may be issued
    Column("usable_until", Date),  # the earlier of expiry and retirement, by the rules in force
    Column("unit_price", Quantity),  # CNY
    Column("supplier", String(4000)),
    Column("recalled_at", Instant),
    CheckConstraint(words(*OWNERS, column="owner"), name="owner"),
    CheckConstraint("made IS NULL OR expires IS NULL OR made <= expires", name="days"),
    CheckConstraint("unit_price IS NULL OR unit_price >= 0", name="unit_price"),
)
# one row for each lot as it is described; stock without a lot number has one row per owner and expiry (a lot that
# a file gives two expiry days is two rows, so that neither day is lost)
Index(
    "uq_lots_identity",
    lots.c.item_id,
    lots.c.code,
    lots.c.owner,
    text("coalesce(made, '0001-01-01')"),
    text("coalesce(expires, '0001-01-01')"),
    text("coalesce(unit_price, -1)"),
    unique=True,
)

assets = Table(
    "assets",
    metadata,
    Column("lot_id", Id, ForeignKey("lots.id"), primary_key=True),  # a serialised unit is a lot of one
    Column("serial", String(64), nullable=False),
    Column("model", String(4000)),
    Column("maker", String(4000)),
    Column("acquired", Date),
    Column("note", String(4000)),
    UniqueConstraint("serial"),
)
