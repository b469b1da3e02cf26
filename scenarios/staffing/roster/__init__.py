"""Duty rosters from tables: people, posts and requests in; a roster, its workbook and calendar out."""

from scenarios.staffing.roster.make import Made, make_roster, mend_roster
from scenarios.staffing.roster.read import Statement, read_roster, read_statement

__all__ = ["Made", "Statement", "make_roster", "mend_roster", "read_roster", "read_statement"]
