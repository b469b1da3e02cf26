"""The shared metadata of all layers, and the column types that are exact on SQLite and PostgreSQL alike."""

from datetime import UTC, datetime
from decimal import Context, Decimal, Inexact, InvalidOperation
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, MetaData
from sqlalchemy.exc import DontWrapMixin
from sqlalchemy.types import TypeDecorator

from inventory.errors import InventoryError

MICRO = 1_000_000
MOST = 10**9  # of any one quantity, in units; nine thousand times that still fits 64 bits

APPEND_ONLY = "append_only"  # in the info of a table whose rows never change: guards.py sees to it
TRIGGERS = "triggers"  # in the info of a table: dialect -> the DDL of guards of its own

_EXACT = Context(prec=40, traps=[Inexact])  # the usual 28 digits would round a long tail away unseen

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""Every layer declares its tables here; one migration history (api/migrations) makes them."""

Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself only in an INTEGER key


class QuantityTooFine(InventoryError, DontWrapMixin):
    """A quantity with more than six decimals, or beyond 10^9, which cannot be kept exactly. Facts: quantity."""


@lru_cache(maxsize=65_536, typed=True)  # a bulk has few different quantities; 0.5 is not Decimal("0.5")
def to_micro(value: Decimal | int) -> int:
    """The whole number of millionths. Raises QuantityTooFine rather than rounding."""
    if isinstance(value, int):
        micro = value * MICRO
    else:
        try:
            scaled = value.scaleb(6, _EXACT) if value.is_finite() else None
        except (Inexact, InvalidOperation):
            scaled = None
        if scaled is None or (scaled and scaled.adjusted() > 18) or scaled != scaled.to_integral_value():
            raise QuantityTooFine(quantity=value)
        micro = int(scaled)
    if abs(micro) > MOST * MICRO:
        raise QuantityTooFine(quantity=value)
    return micro


@lru_cache(maxsize=65_536)
def from_micro(value: int) -> Decimal:
    whole, rest = divmod(value, MICRO)
    return Decimal(value).scaleb(-6).normalize() if rest else Decimal(whole)


class Quantity(TypeDecorator[Decimal]):
    """An exact decimal kept as a whole number of millionths: never a float, and sums are exact in SQL too."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else to_micro(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else from_micro(int(value))


class Instant(TypeDecorator[datetime]):
    """A moment with offset in, UTC out. SQLite keeps no offset, so UTC is what is stored."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant without offset")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def words(*allowed: str, column: str) -> str:
    """The SQL of a check that a column holds one of these words."""
    listed = ", ".join(f"'{word}'" for word in allowed)
    return f"{column} IN ({listed})"
