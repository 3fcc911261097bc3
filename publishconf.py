"""What readers get: the settings of pelicanconf.py, without drafts and with compressed copies."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from pelicanconf import *  # noqa: F403 - this is how Pelican's settings are layered
from plugins.published_settings import *  # noqa: F403
