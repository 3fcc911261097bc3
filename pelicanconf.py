"""Your blog's settings: no release changes this file. docs/theme.md tells what each may be.

What plugins/settings.py says can be said differently here, below the import.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from plugins.settings import *

# Names
SITENAME = "Postil"
SITESUBTITLE = "A blog with room in its margins"
AUTHOR = "Postil"
DEFAULT_LANG = "en"
TIMEZONE = "UTC"

# Looks
MENUITEMS = []
SOCIAL = []
ACCENT = ()
LICENCE = ""
EDIT_LINK = ""
