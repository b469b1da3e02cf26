"""Every error of the product has words in both languages, and its status is a decision."""

import importlib
from pathlib import Path

import api
import inventory
import optimizer
import scenarios
from api.http.problems import STATUS
from inventory.errors import InventoryError
from optimizer.errors import OptimizerError
from scenarios.texts import catalogue

BASES = {"InventoryError", "OptimizerError"}


def errors():
    for package in (optimizer, inventory, scenarios, api):  # by file: folders without __init__.py are not walked
        folder = Path(package.__path__[0])
        for file in sorted(folder.rglob("*.py")):
            parts = file.relative_to(folder.parent).with_suffix("").parts
            if "migrations" not in parts and parts[-1] != "__init__":
                importlib.import_module(".".join(parts))
    found, left = {}, [InventoryError, OptimizerError]
    while left:
        kind = left.pop()
        left.extend(kind.__subclasses__())
        if kind.__module__.split(".")[0] in ("api", "inventory", "optimizer", "scenarios"):
            found[kind.__name__] = kind
    return found


def test_every_error_has_words():
    known = catalogue()
    assert sorted(name for name in errors() if name not in known and name not in BASES) == []


def test_every_status_is_of_an_error_that_there_is():
    assert sorted(set(STATUS) - set(errors())) == []


def test_what_is_a_mistake_of_the_request_is_listed():
    """422 is right where what was sent cannot be taken as it is; whoever adds an error decides here."""
    assert sorted(set(errors()) - set(STATUS) - BASES) == sorted(REQUEST.split())


REQUEST = """
AboutWhat BackupDisagrees BadArrival BadCharacter BadCode BadDirective BadDivisionCode BadEvidence BadFile BadInput
BadLabelCode BadLot BadPayload BadQuantity BadSort BadTable CannotBeStored CountedWhen DamagedBackup DoneInFuture
FilesWithoutFolder ImportRefused KeyReused LabelCodeTooLong LabelSheetDoesNotFit NaiveInstant NoAnswerInTime
NoFileGiven NoLevelAbove NoRoads NobodyResponsible NotABackup NotACounty NotInExercise NotInOrder NotToday NotWhole
NothingAsked NothingShort NothingToExplain OtherVersion OverrideIncomplete PlanNotValid PlanOfOthers QuantityTooFine
SameStore SerialsDiffer ShiftEndsFirst StoreTooSmall TravelTimeOverflow TwoLeaders UnknownPermission UnknownPreset
UnknownProfile UnknownReason UnknownRole WeakPassword WeightOutOfRange WholeStoreCheck WrongCursor WrongExercise
AskAsStudy DeskOverloaded NotComparable PostsImpossible RosterNotFound
"""
