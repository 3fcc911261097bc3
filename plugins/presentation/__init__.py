"""Presentation: what a page shows beside its text."""
