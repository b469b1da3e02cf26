"""Situations: the World, the named scenarios, and the builder that turns a World into a problem."""
