"""Markdown: from an article's file to HTML."""
