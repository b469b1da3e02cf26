"""Rule 1, the fixed custodian: one active primary and one active deputy, different people, no gap at a handover."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from inventory.errors import BadTable, RowFault
from inventory.files.cells import fault
from inventory.five_fixed.records import CustodianRecord, Finding

GAP_LOOKBACK_DAYS = 365  # a gap that ended longer ago is history; assumed
ROLES: dict[str, tuple[str, str]] = {"primary": ("主管", "primary"), "deputy": ("副管", "deputy")}

Scope = tuple[str | None, str | None]  # bin, item; (None, None) = the whole store


def custodian_findings(stores: Iterable[str], records: Iterable[CustodianRecord], *, day: date) -> Iterator[Finding]:
    """Findings of every store, severity major (a missing telephone: minor).

    The whole store needs its pair; a bin or an item that has people of its own needs a pair too, counting the
    store's people for the role it does not name. Raises BadTable for an unknown store or role.
    """
    wanted = sorted(set(stores))
    by_store: dict[str, dict[Scope, list[CustodianRecord]]] = {store: {} for store in wanted}
    faults: list[RowFault] = []
    for index, record in enumerate(records):
        if record.role not in ROLES:
            choices = ", ".join(ROLES)
            faults.append(fault(index + 2, "role", "NOT_CHOICE", value=record.role, choices=choices))
        if record.store not in by_store:
            faults.append(fault(index + 2, "store", "UNKNOWN_REFERENCE", value=record.store, target="stores"))
        if not faults:
            by_store[record.store].setdefault((record.bin, record.item), []).append(record)
    if faults:
        raise BadTable("custodians", faults)
    for store in wanted:
        scopes = by_store[store]
        whole = scopes.setdefault((None, None), [])
        for scope in sorted(scopes, key=lambda scope: (scope[0] or "", scope[1] or "")):
            yield from _scope_findings(store, scope, scopes[scope], whole, day)


def _scope_findings(
    store: str, scope: Scope, records: list[CustodianRecord], whole: list[CustodianRecord], day: date
) -> Iterator[Finding]:
    bin_, item = scope
    facts = {"bin": bin_ or "-"}
    active: dict[str, list[CustodianRecord]] = {}
    for role in ROLES:
        named = [record for record in records if record.role == role]
        if not named and scope != (None, None):
            named = [record for record in whole if record.role == role]
        elif named:
            yield from _gaps(store, item, role, named, day, facts)
        active[role] = [record for record in named if _is_active(record, day)]
        people = sorted({record.person for record in active[role]})
        if not people:
            code = "NO_PRIMARY" if role == "primary" else "NO_DEPUTY"
            yield Finding("custodian", code, "major", store, item, facts=facts)
        elif len(people) > 1:
            names = {**facts, "people": ", ".join(people)}
            code = "MANY_PRIMARIES" if role == "primary" else "MANY_DEPUTIES"
            yield Finding("custodian", code, "major", store, item, facts=names)
    both = {record.person for record in active["primary"]} & {record.person for record in active["deputy"]}
    for person in sorted(both):
        yield Finding("custodian", "SAME_PERSON", "major", store, item, facts={**facts, "person": person})
    reachable = {record.person for role in ROLES for record in active[role] if record.phone}
    everyone = {record.person for role in ROLES for record in active[role]}
    for person in sorted(everyone - reachable):
        yield Finding("custodian", "NO_PHONE", "minor", store, item, facts={**facts, "person": person})


def _is_active(record: CustodianRecord, day: date) -> bool:
    return record.valid_from <= day and (record.valid_to is None or day <= record.valid_to)


def _gaps(
    store: str, item: str | None, role: str, records: list[CustodianRecord], day: date, facts: dict[str, str]
) -> Iterator[Finding]:
    """Days between two people of a role that nobody covers, whether lately, now or already foreseeable."""
    covered: date | None = None
    for record in sorted(records, key=lambda record: (record.valid_from, record.valid_to or date.max, record.person)):
        if covered is not None and record.valid_from > covered + timedelta(days=1):
            first, last = covered + timedelta(days=1), record.valid_from - timedelta(days=1)
            if last >= day - timedelta(days=GAP_LOOKBACK_DAYS):
                role_zh, role_en = ROLES[role]
                gap = {**facts, "role_zh": role_zh, "role_en": role_en, "first": first, "last": last}
                yield Finding("custodian", "CUSTODIAN_GAP", "major", store, item, facts=gap)
        until = record.valid_to or date.max
        covered = until if covered is None or until > covered else covered
        if covered == date.max:
            return
