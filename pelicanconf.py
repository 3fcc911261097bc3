"""Your blog's settings; docs/theme.md tells what each may be. No release changes this file.

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
ICON = LOGO = FOOTER = LICENCE = EDIT_LINK = ""
EXTRA_CSS = EXTRA_JS = ()

# Comments
COMMENTS_DEFAULT = "open"
COMMENTS_CLOSE = None
