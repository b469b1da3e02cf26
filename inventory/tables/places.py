"""Where things are: places, stores, zones and bins; and who keeps them."""

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    func,
    text,
)

from inventory.places import MIN_STORE_AREA_M2, TIERS
from inventory.tables.base import MICRO, Id, Quantity, metadata, words

_AREAS = " AND ".join(
    f"(tier <> '{tier}' OR area_m2 IS NULL OR area_m2 >= {int(least * MICRO)})"
    for tier, least in MIN_STORE_AREA_M2.items()
    if least is not None
)

places = Table(
    "places",
    metadata,
    Column("code", String(12), primary_key=True),
    Column("name", String(4000), nullable=False),
    Column("name_en", String(4000)),
    Column("level", String(16), nullable=False),
    Column("parent_code", String(12), ForeignKey("places.code", deferrable=True, initially="DEFERRED"), index=True),
    Column("lat", Float),
    Column("lon", Float),
    Column("population", Integer),
    Column("households", Integer),
    CheckConstraint("length(code) = 12", name="code"),
    CheckConstraint(words(*TIERS, column="level"), name="level"),
)

stores = Table(
    "stores",
    metadata,
    Column("id", Id, primary_key=True),
    Column("code", String(64), nullable=False, unique=True),
    Column("name", String(4000), nullable=False),
    Column("name_en", String(4000)),
    Column("tier", String(16), nullable=False),
    Column("place_code", String(12), ForeignKey("places.code"), index=True),
    Column("area_m2", Quantity),
    Column("lat", Float),
    Column("lon", Float),
    Column("profiles", JSON, nullable=False, server_default="[]"),  # of a village: what its ground is prone to
    CheckConstraint(words(*TIERS, column="tier"), name="tier"),
    CheckConstraint(_AREAS, name="area"),
)

zones = Table(
    "zones",
    metadata,
    Column("id", Id, primary_key=True),
    Column("store_id", Id, ForeignKey("stores.id"), nullable=False),
    Column("code", String(64), nullable=False),
    Column("name", String(4000)),
    UniqueConstraint("store_id", "code"),
)

bins = Table(
    "bins",
    metadata,
    Column("id", Id, primary_key=True),
    Column("store_id", Id, ForeignKey("stores.id"), nullable=False),
    Column("zone_id", Id, ForeignKey("zones.id"), index=True),
    Column("code", String(64), nullable=False),
    Column("volume_m3", Quantity),
    UniqueConstraint("store_id", "code"),
    CheckConstraint("volume_m3 IS NULL OR volume_m3 > 0", name="volume"),
)

people = Table(
    "people",
    metadata,
    Column("id", Id, primary_key=True),
    Column("code", String(64), nullable=False, unique=True),
    Column("name", String(4000)),
    Column("phone", String(64)),
    Column("source", String(64)),  # public-welfare post, militia, volunteer, social worker
    Column("roles", JSON, nullable=False, server_default="[]"),
)

custodianships = Table(
    "custodianships",
    metadata,
    Column("id", Id, primary_key=True),
    Column("store_id", Id, ForeignKey("stores.id"), nullable=False),
    Column("bin_id", Id, ForeignKey("bins.id")),  # none = the whole store
    Column("item_id", Id, ForeignKey("items.id")),  # none = every item
    Column("person_id", Id, ForeignKey("people.id"), nullable=False, index=True),
    Column("phone", String(64)),
    Column("role", String(16), nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),  # the last day; none = no end
    CheckConstraint(words("primary", "deputy", column="role"), name="role"),
    CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="range"),
)
# at most one primary without an end for one scope; ranges that meet are refused by a trigger (guards.py)
Index(
    "uq_custodianships_primary",
    custodianships.c.store_id,
    func.coalesce(custodianships.c.bin_id, 0),
    func.coalesce(custodianships.c.item_id, 0),
    unique=True,
    sqlite_where=text("role = 'primary' AND valid_to IS NULL"),
    postgresql_where=text("role = 'primary' AND valid_to IS NULL"),
)
Index("ix_custodianships_store_id", custodianships.c.store_id)
