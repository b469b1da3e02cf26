"""A caller, and the part of the county a permission reaches."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, false, or_, true

from api.access.roles import PERMITTED
from inventory.errors import InventoryError
from inventory.ledger.stock_lines import sub_tree


class NotPermitted(InventoryError):
    """The caller may not do this. Facts: permission, permission_zh, permission_en."""


class OutsideScope(InventoryError):
    """The caller may do this, but not there. Facts: permission, place."""


@dataclass(frozen=True, slots=True)
class Grant:
    role: str
    place: str | None  # none = everything
    team: str | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """Divisions (with everything below them) that one permission reaches."""

    permission: str
    everything: bool
    patterns: tuple[str, ...]  # LIKE patterns of division codes

    def covers(self, place: str | None) -> bool:
        """What has no division belongs to nobody in particular: only who reaches everything reaches it."""
        if self.everything:
            return True
        return place is not None and any(place.startswith(one.removesuffix("%")) for one in self.patterns)

    def check(self, place: str | None) -> None:
        """Raises OutsideScope."""
        if not self.covers(place):
            raise OutsideScope(permission=self.permission, place=place or "-")

    def where(self, column: ColumnElement[Any]) -> ColumnElement[bool]:
        """The same as SQL, on a column that holds a division code."""
        if self.everything:
            return true()
        return or_(*(column.like(one) for one in self.patterns)) if self.patterns else false()


@dataclass(frozen=True)
class Caller:
    """Who asks: an account, by its own sign-in or by a token that may narrow what it may do."""

    user_id: int
    name: str
    grants: tuple[Grant, ...]
    lang: str = "zh"
    only: frozenset[str] | None = None  # the permissions of a token
    token: str | None = None  # its name
    must_change: bool = field(default=False, compare=False)

    def permits(self, permission: str) -> bool:
        return (self.only is None or permission in self.only) and any(
            permission in PERMITTED[grant.role] for grant in self.grants
        )

    def scope(self, permission: str) -> Scope:
        """Where the caller may do this. Raises NotPermitted."""
        if not self.permits(permission):
            from api.access.roles import PERMISSIONS

            zh, en = PERMISSIONS[permission]
            raise NotPermitted(permission=permission, permission_zh=zh, permission_en=en)
        places = [grant.place for grant in self.grants if permission in PERMITTED[grant.role]]
        return Scope(permission, None in places, tuple(sorted({sub_tree(one) for one in places if one is not None})))

    @property
    def permissions(self) -> frozenset[str]:
        mine = frozenset[str]().union(*(PERMITTED[grant.role] for grant in self.grants))
        return mine if self.only is None else mine & self.only

    @property
    def teams(self) -> frozenset[str]:
        """Teams this caller leads."""
        return frozenset(grant.team for grant in self.grants if grant.team is not None)


Reach = Callable[[str], Scope]
