"""The embedded sample data: one deterministic maker a task, offline, in seconds."""
