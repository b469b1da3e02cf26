"""Places, stores, people, catalogue, lots, teams and vehicles."""

import sqlalchemy as sa
from alembic import op

from inventory.tables.base import Id, Instant, Quantity

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "items",
        sa.Column("id", Id, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("class_no", sa.Integer(), nullable=False),
        sa.Column("class_zh", sa.String(length=4000), nullable=False),
        sa.Column("class_en", sa.String(length=4000), nullable=False),
        sa.Column("name_zh", sa.String(length=4000), nullable=False),
        sa.Column("name_en", sa.String(length=4000), nullable=False),
        sa.Column("unit_zh", sa.String(length=64), nullable=False),
        sa.Column("unit_en", sa.String(length=64), nullable=False),
        sa.Column("mass_kg", Quantity(), nullable=False),
        sa.Column("volume_m3", Quantity(), nullable=False),
        sa.Column("shelf_life_months", sa.Integer(), nullable=True),
        sa.Column("equipment_class", sa.String(length=64), nullable=False),
        sa.Column("item_checks", sa.JSON(), nullable=True),
        sa.Column("consumable", sa.Boolean(), nullable=False),
        sa.Column("serialised", sa.Boolean(), nullable=False),
        sa.Column("hazards", sa.JSON(), nullable=False),
        sa.Column("criticality", sa.Integer(), nullable=False),
        sa.Column("life_critical", sa.Boolean(), nullable=False),
        sa.Column("need_code", sa.String(length=64), nullable=True),
        sa.Column("need_per_unit", Quantity(), nullable=True),
        sa.Column("county_min", Quantity(), nullable=False),
        sa.Column("town_min", Quantity(), nullable=False),
        sa.Column("village_min", Quantity(), nullable=False),
        sa.Column("target_factor", Quantity(), nullable=False),
        sa.Column("max_factor", Quantity(), nullable=False),
        sa.Column("gbt38565_major", sa.String(length=64), nullable=True),
        sa.Column("note", sa.String(length=4000), nullable=True),
        sa.CheckConstraint("criticality BETWEEN 1 AND 3", name=op.f("ck_items_criticality")),
        sa.CheckConstraint("mass_kg > 0 AND volume_m3 > 0", name=op.f("ck_items_size")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_items")),
        sa.UniqueConstraint("code", name=op.f("uq_items_code")),
    )
    op.create_table(
        "kits",
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=4000), nullable=False),
        sa.Column("name_en", sa.String(length=4000), nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_kits")),
    )
    op.create_table(
        "people",
        sa.Column("id", Id, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=4000), nullable=True),
        sa.Column("phone", sa.String(length=64), nullable=True),
        sa.Column("source", sa.String(length=64), nullable=True),
        sa.Column("roles", sa.JSON(), server_default="[]", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("code", name=op.f("uq_people_code")),
    )
    op.create_table(
        "places",
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=4000), nullable=False),
        sa.Column("name_en", sa.String(length=4000), nullable=True),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("parent_code", sa.String(length=12), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("population", sa.Integer(), nullable=True),
        sa.Column("households", sa.Integer(), nullable=True),
        sa.CheckConstraint("level IN ('county', 'town', 'village')", name=op.f("ck_places_level")),
        sa.CheckConstraint("length(code) = 12", name=op.f("ck_places_code")),
        sa.ForeignKeyConstraint(
            ["parent_code"], ["places.code"], name=op.f("fk_places_parent_code"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_places")),
    )
    op.create_index(op.f("ix_places_parent_code"), "places", ["parent_code"], unique=False)
    op.create_table(
        "kit_items",
        sa.Column("kit_code", sa.String(length=64), nullable=False),
        sa.Column("item_id", Id, nullable=False),
        sa.Column("quantity", Quantity(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_kit_items_quantity")),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_kit_items_item_id")),
        sa.ForeignKeyConstraint(["kit_code"], ["kits.code"], name=op.f("fk_kit_items_kit_code")),
        sa.PrimaryKeyConstraint("kit_code", "item_id", name=op.f("pk_kit_items")),
    )
    op.create_table(
        "lots",
        sa.Column("id", Id, nullable=False),
        sa.Column("item_id", Id, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.String(length=16), nullable=False),
        sa.Column("made", sa.Date(), nullable=True),
        sa.Column("expires", sa.Date(), nullable=True),
        sa.Column("usable_until", sa.Date(), nullable=True),
        sa.Column("unit_price", Quantity(), nullable=True),
        sa.Column("supplier", sa.String(length=4000), nullable=True),
        sa.Column("recalled_at", Instant(), nullable=True),
        sa.CheckConstraint(
            "owner IN ('county', 'town', 'village', 'entrusted', 'agreement')", name=op.f("ck_lots_owner")
        ),
        sa.CheckConstraint("made IS NULL OR expires IS NULL OR made <= expires", name=op.f("ck_lots_days")),
        sa.CheckConstraint("unit_price IS NULL OR unit_price >= 0", name=op.f("ck_lots_unit_price")),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_lots_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lots")),
    )
    op.create_index(
        "uq_lots_identity",
        "lots",
        [
            "item_id",
            "code",
            "owner",
            sa.literal_column("coalesce(made, '0001-01-01')"),
            sa.literal_column("coalesce(expires, '0001-01-01')"),
            sa.literal_column("coalesce(unit_price, -1)"),
        ],
        unique=True,
    )
    op.create_table(
        "packages",
        sa.Column("item_id", Id, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("units", Quantity(), nullable=False),
        sa.CheckConstraint("units > 0", name=op.f("ck_packages_units")),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_packages_item_id")),
        sa.PrimaryKeyConstraint("item_id", "name", name=op.f("pk_packages")),
    )
    op.create_table(
        "stores",
        sa.Column("id", Id, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=4000), nullable=False),
        sa.Column("name_en", sa.String(length=4000), nullable=True),
        sa.Column("tier", sa.String(length=16), nullable=False),
        sa.Column("place_code", sa.String(length=12), nullable=True),
        sa.Column("area_m2", Quantity(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("profiles", sa.JSON(), server_default="[]", nullable=False),
        sa.CheckConstraint(
            "(tier <> 'town' OR area_m2 IS NULL OR area_m2 >= 200000000) AND (tier <> 'village' OR area_m2 IS NULL OR area_m2 >= 30000000)",
            name=op.f("ck_stores_area"),
        ),
        sa.CheckConstraint("tier IN ('county', 'town', 'village')", name=op.f("ck_stores_tier")),
        sa.ForeignKeyConstraint(["place_code"], ["places.code"], name=op.f("fk_stores_place_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stores")),
        sa.UniqueConstraint("code", name=op.f("uq_stores_code")),
    )
    op.create_index(op.f("ix_stores_place_code"), "stores", ["place_code"], unique=False)
    op.create_table(
        "teams",
        sa.Column("id", Id, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=4000), nullable=True),
        sa.Column("name_en", sa.String(length=4000), nullable=True),
        sa.Column("tier", sa.String(length=64), nullable=False),
        sa.Column("place_code", sa.String(length=12), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("capabilities", sa.JSON(), nullable=False),
        sa.Column("headcount", sa.Integer(), nullable=False),
        sa.Column("profile", sa.String(length=64), nullable=False),
        sa.Column("turnout_s", sa.Integer(), nullable=False),
        sa.Column("available_from", Instant(), nullable=True),
        sa.Column("available_until", Instant(), nullable=True),
        sa.Column("status", sa.String(length=16), server_default="ready", nullable=False),
        sa.CheckConstraint("status IN ('ready', 'out', 'resting', 'disbanded')", name=op.f("ck_teams_status")),
        sa.CheckConstraint("headcount > 0 AND turnout_s >= 0", name=op.f("ck_teams_size")),
        sa.ForeignKeyConstraint(["place_code"], ["places.code"], name=op.f("fk_teams_place_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teams")),
        sa.UniqueConstraint("code", name=op.f("uq_teams_code")),
    )
    op.create_index(op.f("ix_teams_place_code"), "teams", ["place_code"], unique=False)
    op.create_table(
        "assets",
        sa.Column("lot_id", Id, nullable=False),
        sa.Column("serial", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=4000), nullable=True),
        sa.Column("maker", sa.String(length=4000), nullable=True),
        sa.Column("acquired", sa.Date(), nullable=True),
        sa.Column("note", sa.String(length=4000), nullable=True),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_assets_lot_id")),
        sa.PrimaryKeyConstraint("lot_id", name=op.f("pk_assets")),
        sa.UniqueConstraint("serial", name=op.f("uq_assets_serial")),
    )
    op.create_table(
        "shifts",
        sa.Column("id", Id, nullable=False),
        sa.Column("team_id", Id, nullable=False),
        sa.Column("person_id", Id, nullable=True),
        sa.Column("starts", Instant(), nullable=False),
        sa.Column("ends", Instant(), nullable=False),
        sa.CheckConstraint("ends > starts", name=op.f("ck_shifts_range")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_shifts_person_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_shifts_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shifts")),
    )
    op.create_index("ix_shifts_team_id", "shifts", ["team_id", "starts"], unique=False)
    op.create_table(
        "team_members",
        sa.Column("team_id", Id, nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("role", sa.String(length=16), server_default="member", nullable=False),
        sa.CheckConstraint("role IN ('leader', 'core', 'member', 'auxiliary')", name=op.f("ck_team_members_role")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_team_members_person_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_team_members_team_id")),
        sa.PrimaryKeyConstraint("team_id", "person_id", name=op.f("pk_team_members")),
    )
    op.create_table(
        "vehicles",
        sa.Column("id", Id, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("store_id", Id, nullable=False),
        sa.Column("payload_kg", Quantity(), nullable=False),
        sa.Column("volume_m3", Quantity(), nullable=False),
        sa.Column("profile", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), server_default="ready", nullable=False),
        sa.CheckConstraint("status IN ('ready', 'out', 'repair', 'retired')", name=op.f("ck_vehicles_status")),
        sa.CheckConstraint("payload_kg > 0 AND volume_m3 > 0", name=op.f("ck_vehicles_size")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_vehicles_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vehicles")),
        sa.UniqueConstraint("code", name=op.f("uq_vehicles_code")),
    )
    op.create_index(op.f("ix_vehicles_store_id"), "vehicles", ["store_id"], unique=False)
    op.create_table(
        "zones",
        sa.Column("id", Id, nullable=False),
        sa.Column("store_id", Id, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=4000), nullable=True),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_zones_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zones")),
        sa.UniqueConstraint("store_id", "code", name=op.f("uq_zones_store_id_code")),
    )
    op.create_table(
        "bins",
        sa.Column("id", Id, nullable=False),
        sa.Column("store_id", Id, nullable=False),
        sa.Column("zone_id", Id, nullable=True),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("volume_m3", Quantity(), nullable=True),
        sa.CheckConstraint("volume_m3 IS NULL OR volume_m3 > 0", name=op.f("ck_bins_volume")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_bins_store_id")),
        sa.ForeignKeyConstraint(["zone_id"], ["zones.id"], name=op.f("fk_bins_zone_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bins")),
        sa.UniqueConstraint("store_id", "code", name=op.f("uq_bins_store_id_code")),
    )
    op.create_index(op.f("ix_bins_zone_id"), "bins", ["zone_id"], unique=False)
    op.create_table(
        "custodianships",
        sa.Column("id", Id, nullable=False),
        sa.Column("store_id", Id, nullable=False),
        sa.Column("bin_id", Id, nullable=True),
        sa.Column("item_id", Id, nullable=True),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("phone", sa.String(length=64), nullable=True),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint("role IN ('primary', 'deputy')", name=op.f("ck_custodianships_role")),
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name=op.f("ck_custodianships_range")),
        sa.ForeignKeyConstraint(["bin_id"], ["bins.id"], name=op.f("fk_custodianships_bin_id")),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_custodianships_item_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_custodianships_person_id")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_custodianships_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custodianships")),
    )
    op.create_index(op.f("ix_custodianships_person_id"), "custodianships", ["person_id"], unique=False)
    op.create_index("ix_custodianships_store_id", "custodianships", ["store_id"], unique=False)
    op.create_index(
        "uq_custodianships_primary",
        "custodianships",
        ["store_id", sa.literal_column("coalesce(bin_id, 0)"), sa.literal_column("coalesce(item_id, 0)")],
        unique=True,
        sqlite_where=sa.text("role = 'primary' AND valid_to IS NULL"),
        postgresql_where=sa.text("role = 'primary' AND valid_to IS NULL"),
    )
