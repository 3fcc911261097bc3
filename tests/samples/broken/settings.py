"""A site on which everything is wrong; its settings are the blog's own, but for what must be wrong."""

import sys
from pathlib import Path

here = Path(__file__).resolve().parent
sys.path[:0] = [str(here.parent / "blog"), str(here.parents[2])]
from publishconf import *  # noqa: E402, F403 - as publishconf.py does

PATH = str(here / "content")
SITEURL = "https://example.org"
SITE_PATH = ""
COMMENTS_URL = "/comments/"
SEARCH = SHARE_PICTURES = COMPRESS = False
# Pelican's own, for which C and C++ are one tag.
TAG_REGEX_SUBSTITUTIONS = [(r"[^\w\s-]", ""), (r"\A\s*|\s*\Z", ""), (r"[-\s]+", "-")]
CATEGORY_FEED_ATOM = AUTHOR_FEED_ATOM = "feeds/{slug}.atom.xml"
# A drawing of a few lines is a heavy picture here.
IMAGES_MAX_BYTES = 2_000
