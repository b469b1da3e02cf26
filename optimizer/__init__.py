"""Pure decisions: road networks and travel times, the dispatch model, its independent checker."""
