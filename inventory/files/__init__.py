"""The door for tables in and out of the whole product: CSV and workbooks against one data dictionary."""

from inventory.files.dictionary import Column, UnknownTable, dictionary, tables
from inventory.files.mending import FAULT_SHEET, write_mending
from inventory.files.read import MAX_BYTES, MAX_ROWS, Table, read_table
from inventory.files.references import check_references
from inventory.files.wording import told
from inventory.files.workbook import Sheet, write_workbook
from inventory.files.write import write_table

__all__ = [
    "FAULT_SHEET",
    "MAX_BYTES",
    "MAX_ROWS",
    "Column",
    "Sheet",
    "Table",
    "UnknownTable",
    "check_references",
    "dictionary",
    "read_table",
    "tables",
    "told",
    "write_mending",
    "write_table",
    "write_workbook",
]
