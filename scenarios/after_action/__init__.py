"""The after-action report of a situation: what happened when, what was promised, what came, what practice would have
done. A pure function of the database: no clock is read, so the same rows give the same report."""

from scenarios.after_action.gather import Logged, after_action
from scenarios.after_action.model import AfterAction, Event, IncidentRow, LevelRow, NeedRow, StopRow, TierRow
from scenarios.after_action.write import as_document, write_pdf, write_xlsx

__all__ = [
    "AfterAction",
    "Event",
    "IncidentRow",
    "LevelRow",
    "Logged",
    "NeedRow",
    "StopRow",
    "TierRow",
    "after_action",
    "as_document",
    "write_pdf",
    "write_xlsx",
]
