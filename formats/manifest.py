"""Manifest: the site's list of its threads. Its version and name, and what may stand in an entry."""

VERSION = 1
NAME = "threads.json"
STATES = ("open", "held", "closed", "off")
# Both are parts of files' names, and of addresses.
THREAD = r"[a-z0-9][a-z0-9-]{0,127}"
# As a snapshot's name has it; the manifest's are in lower case.
LANG = r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*"
COLOUR = r"#[0-9a-fA-F]{6}"
