"""Incremental: why a build costs what changed; what is skipped, kept, divided and swapped in."""
