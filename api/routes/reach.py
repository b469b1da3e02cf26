"""The division a look is about, where the caller names none; stores and persons that lie outside are not there."""

from collections.abc import Iterable

from sqlalchemy import Connection

from api.access.scope import OutsideScope, Scope
from api.office import UnknownPlace, known
from inventory.intake.forces import NoSuchPerson, places_of_persons
from inventory.ledger.errors import UnknownStore
from inventory.ledger.stock_lines import sub_tree


def place_in_reach(connection: Connection, scope: Scope, place: str | None) -> str | None:
    """The division asked about; without one the caller's own, None = everything. What lies outside is not there.

    Raises UnknownPlace, BadDivisionCode; OutsideScope where none is named by somebody who reaches several.
    """
    if place is not None:
        known(connection, place=place)
        if not scope.covers(place):
            raise UnknownPlace(place=place)
        return place
    if scope.everything:
        return None
    own = [f"{one.removesuffix('%'):0<12}" for one in scope.patterns]
    widest = [one for one in own if all(other.startswith(sub_tree(one).removesuffix("%")) for other in own)]
    if not widest:
        raise OutsideScope(permission=scope.permission, place="-")
    return widest[0]


def store_in_reach(connection: Connection, scope: Scope, store: str) -> str | None:
    """The division of a store the caller may look at. Raises UnknownStore, also for one that lies outside."""
    from api.routes.stock import place_of

    place = place_of(connection, store)
    if not scope.covers(place):
        raise UnknownStore(store=store)
    return place


def check_persons(connection: Connection, scope: Scope, codes: Iterable[str]) -> None:
    """Who serves or keeps a store, but only outside, is nobody to be bound here: name and telephone would come along.
    Raises NoSuchPerson."""
    if scope.everything:
        return
    for code, places in sorted(places_of_persons(connection, codes).items()):
        if not any(scope.covers(place) for place in places):
            raise NoSuchPerson(person=code)
