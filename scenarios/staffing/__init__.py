"""Staffing for people: tables in; workbooks, pictures, reports and sentences out."""
