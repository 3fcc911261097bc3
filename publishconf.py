"""What readers get: the settings of pelicanconf.py, without drafts and with compressed copies."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from pelicanconf import *  # noqa: F403 - this is how Pelican's settings are layered

COMPRESS = True
PREVIEW = False
# An empty name is a page that is not written; what a preview wrote is removed by plugins/delivery/drafts.py.
DRAFT_SAVE_AS = DRAFT_LANG_SAVE_AS = DRAFT_PAGE_SAVE_AS = DRAFT_PAGE_LANG_SAVE_AS = ""
