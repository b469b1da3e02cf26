"""Staffing on real inputs: tables of towns, reports, workbooks."""
