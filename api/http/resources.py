"""A list of rows as a resource: its fields, what it is filtered, sorted and cut by, and where it lies on the map."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, get_origin

from sqlalchemy import Column, ColumnElement, Select, Text, cast, or_

from api.access.scope import Scope
from inventory.ledger.stock_lines import sub_tree
from inventory.tables.base import Instant, Quantity


@dataclass(frozen=True)
class Field:
    """`name` as callers see it; `source`: a column or an expression; `zh`, `en`: what it means, with its unit."""

    name: str
    source: ColumnElement[Any]
    kind: type  # str, int, float, bool, Decimal, date, datetime, dict, list (of texts, or as it says)
    zh: str
    en: str
    required: bool = True  # never null
    filtered: bool = True
    nested: bool = False  # a JSON column: shown, neither filtered nor sorted


@dataclass(frozen=True)
class Resource:
    """`rows`: the SELECT of all fields in order, then `key` (unique, orders what is otherwise equal)."""

    name: str  # plural, as in the path
    permission: str
    zh: str
    en: str
    fields: tuple[Field, ...]
    key: ColumnElement[Any]
    places: tuple[ColumnElement[Any], ...]  # the divisions one of which must be in reach to see a row; none: everybody
    joined: Callable[[Select[Any]], Select[Any]] = lambda rows: rows
    code: str | None = None  # the field that names one row in the path; None: there are only lists
    sort: str | None = None  # by default
    point: tuple[str, str] | None = None  # lat, lon
    fixed: tuple[ColumnElement[bool], ...] = ()
    searched: tuple[ColumnElement[Any], ...] = ()  # what `q` looks in besides: names of what has a code
    within: Callable[[Scope], ColumnElement[bool]] | None = None  # where no column of the row says where it is

    def field(self, name: str) -> Field:
        return next(one for one in self.fields if one.name == name)

    @property
    def sortable(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.fields if not one.nested and one.kind is not bool)


def field(name: str, source: Any, zh: str, en: str, *, kind: type | None = None, required: bool | None = None,
          filtered: bool = True) -> Field:  # fmt: skip
    """A field, with its type and whether it may be empty read off the column."""
    column = source if isinstance(source, Column) else None
    read = kind or _kind(source)
    if required is None:
        required = column is not None and not column.nullable
    nested = (get_origin(read) or read) in (list, dict)
    return Field(name, source, read, zh, en, required, filtered and not nested, nested)


def _kind(source: Any) -> type:
    if isinstance(source.type, Quantity):
        return Decimal
    if isinstance(source.type, Instant):
        return datetime
    try:
        found: type = source.type.python_type
    except NotImplementedError:
        found = str
    return dict if found is dict else found


RANGED: tuple[type, ...] = (int, float, Decimal, date, datetime)
"""Kinds that can be asked for as `__gte` and `__lte` as well."""

WITHIN = "within"
Filters = Mapping[str, Any]


def conditions(resource: Resource, asked: Filters) -> Sequence[ColumnElement[bool]]:
    """`{name}`: one of these values; `{name}__gte`, `{name}__lte`: a range; `q`: words, each in some text field
    or name; `within`: a division with all that lies in it."""
    found: list[ColumnElement[bool]] = []
    for name, value in asked.items():
        if value is None:
            continue
        if name == "q":
            texts = [one.source for one in resource.fields if one.kind is str and one.filtered]
            for word in str(value).split() if texts else ():
                like = "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
                found.append(or_(*(cast(one, Text).ilike(like, escape="\\") for one in (*texts, *resource.searched))))
            continue
        if name == WITHIN:
            found.append(or_(*(place.like(sub_tree(str(value))) for place in resource.places)))
            continue
        base, _, way = name.partition("__")
        column = resource.field(base).source
        if way == "gte":
            found.append(column >= value)
        elif way == "lte":
            found.append(column <= value)
        elif isinstance(value, list):
            found.append(column.in_(value))
        else:
            found.append(column == value)
    return found
