"""The blog that tests build and pictures show: its settings, which no author changes."""

from plugins.settings import *  # noqa: F403 - as pelicanconf.py does

SITENAME = "Postil"
SITESUBTITLE = "Notes in the margin of a blog"
AUTHOR = "Postil"
