"""The groups of commands. Each module has `register(app, kit)`; the same use cases serve HTTP."""
