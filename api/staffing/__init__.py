"""Staffing over HTTP: questions with their tables as rows, answers as plain values, studies that keep both."""
