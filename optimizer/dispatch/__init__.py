"""The dispatch decision: problem, models, practice, plan, checker."""
