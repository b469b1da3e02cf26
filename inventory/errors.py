"""Domain errors of the inventory. They carry facts; their words in both languages stand in texts.csv,
under the class name (for `BadTable`, under the code of each fault)."""

from dataclasses import dataclass, field
from typing import Any


class InventoryError(Exception):
    """A domain error; `facts` fill the text of the same name in texts.csv."""

    def __init__(self, **facts: Any) -> None:
        self.facts = facts
        super().__init__(", ".join(f"{name}={value}" for name, value in facts.items()))

    def __reduce__(self) -> Any:
        """From one process to another, whatever its own arguments are."""
        return _again, (type(self), self.args, self.__dict__)


def _again(kind: type[InventoryError], args: tuple[Any, ...], state: dict[str, Any]) -> InventoryError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


@dataclass(frozen=True)
class RowFault:
    """One thing wrong with a table: row (1 = the header; None = the whole table), column, text code, facts."""

    row: int | None
    column: str | None
    code: str
    facts: dict[str, Any] = field(default_factory=dict)


class BadTable(InventoryError):
    """A table that cannot be taken as it is; holds every fault found, never only the first."""

    def __init__(self, source: str, faults: list[RowFault]) -> None:
        self.source = source
        self.faults = tuple(faults)
        super().__init__(source=source, faults=len(faults), first=self.faults[0] if faults else None)
