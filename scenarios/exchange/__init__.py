"""The doors: problem.json in, plan.json out, both strict and with a canonical form."""
