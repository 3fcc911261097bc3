"""Preview: what `tasks.py up` does: build, serve, and build again when somebody saves."""
