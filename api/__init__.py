"""Settings, use cases and the command line: what people and programs call."""
