"""Authoring: what the commands of an author do; `tasks.py` only takes the words of the command line.

These are no Pelican plugins: nothing here belongs into PLUGINS. A room for each command; what they
know of a site they ask of the plugins beside them.
"""
