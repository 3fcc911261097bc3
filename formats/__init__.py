"""Formats: what the built site and the comment service agree on; docs/formats.md in code.

Pure: no Flask, no Pelican, no database. Both halves import this package, and nothing of each other.
"""
