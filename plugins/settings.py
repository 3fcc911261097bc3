"""Settings: what a blog needs of Pelican, our plugins and theme; `pelicanconf.py` says what is its own.

    from plugins.settings import *

Each value may be said differently below that line. What differs from one machine to another comes from
the environment, and where that is silent from `.env` in the blog's folder: SITE_URL, COMMENTS_URL,
COMMENTS_PUBLISHED, COMMENTS_OUTPUT. A published blog adds `published_settings`.
"""

import os
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from dotenv import dotenv_values

import plugins
from plugins.incremental import skip_build

root = Path(__file__).resolve().parents[1]
environment = {**dotenv_values(root / ".env"), **os.environ}

# The code that Python has just kept of the settings: it would take it for that of others, of the same size, that
# are saved within this second.
for _code in (root / "__pycache__").glob("p*conf.*.pyc"):
    _code.unlink(missing_ok=True)


def setting(name: str, default: str) -> str:
    return environment.get(name) or default


# Names

SITENAME = "Postil"
SITESUBTITLE = ""
AUTHOR = ""
DEFAULT_LANG = "en"
TIMEZONE = "UTC"
# Dates are set by the theme, in the page's language; the machine's locale must not matter.
LOCALE = ["C"]

# Looks (docs/theme.md tells what each may be; without any of them a site looks right)

MENUITEMS: list[tuple[str, str]] = []
SOCIAL: list[tuple[str, str]] = []
ACCENT: tuple[str, str] | tuple[()] = ()
LICENCE: str | tuple[str, str] = ""
EDIT_LINK = ""
# Names of files in theme_overrides/static; the footer is a line of Markdown.
ICON = LOGO = FOOTER = ""
EXTRA_CSS: list[str] | tuple[str, ...] = ()
EXTRA_JS: list[str] | tuple[str, ...] = ()

# What pages may load besides their own: hosts, such as "images.example.org" (docs/security.md)

ALLOW_IMAGES_FROM: list[str] | tuple[str, ...] = ()
ALLOW_MEDIA_FROM: list[str] | tuple[str, ...] = ()
ALLOW_FRAMES_FROM: list[str] | tuple[str, ...] = ()
ALLOW_SCRIPTS_FROM: list[str] | tuple[str, ...] = ()
ALLOW_STYLES_FROM: list[str] | tuple[str, ...] = ()
ALLOW_FONTS_FROM: list[str] | tuple[str, ...] = ()
ALLOW_CONNECTIONS_TO: list[str] | tuple[str, ...] = ()
ALLOW_FORMS_TO: list[str] | tuple[str, ...] = ()

# Whom to tell of a security fault, in /.well-known/security.txt: an e-mail address, or that of a page

SECURITY_CONTACT: str | list[str] = ""

# Addresses

SITEURL = setting("SITE_URL", "http://localhost:8000").rstrip("/")
# The theme's own links begin with the site's path: they work on every host that serves the files.
SITE_PATH = urlsplit(SITEURL).path
COMMENTS_URL = urljoin(f"{SITEURL}/", setting("COMMENTS_URL", "comments/")).rstrip("/") + "/"
if urlsplit(COMMENTS_URL)[:2] == urlsplit(SITEURL)[:2]:
    COMMENTS_URL = urlsplit(COMMENTS_URL).path

ARTICLE_URL = PAGE_URL = "{slug}/"
ARTICLE_SAVE_AS = PAGE_SAVE_AS = "{slug}/index.html"
ARTICLE_LANG_URL = PAGE_LANG_URL = "{lang}/{slug}/"
ARTICLE_LANG_SAVE_AS = PAGE_LANG_SAVE_AS = "{lang}/{slug}/index.html"
DRAFT_URL = DRAFT_PAGE_URL = "drafts/{slug}/"
DRAFT_SAVE_AS = DRAFT_PAGE_SAVE_AS = "drafts/{slug}/index.html"
DRAFT_LANG_URL = DRAFT_PAGE_LANG_URL = "drafts/{lang}/{slug}/"
DRAFT_LANG_SAVE_AS = DRAFT_PAGE_LANG_SAVE_AS = "drafts/{lang}/{slug}/index.html"
TAG_URL, TAG_SAVE_AS = "tags/{slug}/", "tags/{slug}/index.html"
CATEGORY_URL, CATEGORY_SAVE_AS = "categories/{slug}/", "categories/{slug}/index.html"
AUTHOR_URL, AUTHOR_SAVE_AS = "authors/{slug}/", "authors/{slug}/index.html"
YEAR_ARCHIVE_URL, YEAR_ARCHIVE_SAVE_AS = "{date:%Y}/", "{date:%Y}/index.html"
ARCHIVES_URL, ARCHIVES_SAVE_AS = "archives/", "archives/index.html"
TAGS_URL, TAGS_SAVE_AS = "tags/", "tags/index.html"
CATEGORIES_URL, CATEGORIES_SAVE_AS = "categories/", "categories/index.html"
AUTHORS_URL, AUTHORS_SAVE_AS = "authors/", "authors/index.html"
DISCUSSIONS_URL, DISCUSSIONS_SAVE_AS = "discussions/", "discussions/index.html"
DISCUSSIONS_LANG_URL = "{lang}/discussions/"
DISCUSSIONS_LANG_SAVE_AS = "{lang}/discussions/index.html"
INDEX_URL = ""
DIRECT_TEMPLATES = ["index", "archives", "tags", "categories", "authors", "404"]
# Each article stays on its page of a list: a new one changes the first page alone.
PAGINATION_PATTERNS = [
    (1, "{base_name}/", "{base_name}/index.html"),
    (
        2,
        "{base_name}/page/{number.from_oldest}/",
        "{base_name}/page/{number.from_oldest}/index.html",
    ),
]
DEFAULT_PAGINATION = 10
# Pelican drops "+" and "#", so that C, C++ and C# would share one page.
TAG_REGEX_SUBSTITUTIONS = [
    (r"\+", "p"),
    (r"#", "-sharp"),
    (r"[^\w\s-]", ""),
    (r"\A\s*|\s*\Z", ""),
    (r"[-\s]+", "-"),
]

FEED_ALL_ATOM = "feeds/all.atom.xml"
TRANSLATION_FEED_ATOM = "feeds/{lang}.atom.xml"
TAG_FEED_ATOM = "feeds/tags/{slug}.atom.xml"
CATEGORY_FEED_ATOM = "feeds/categories/{slug}.atom.xml"
AUTHOR_FEED_ATOM = "feeds/authors/{slug}.atom.xml"
AUTHOR_FEED_RSS = None

# Folders

PATH = "content"
OUTPUT_PATH = setting("COMMENTS_OUTPUT", "output")
# Deleting comes before building: a build that fails would leave no site.
DELETE_OUTPUT_DIRECTORY = False
THEME = str(root / "theme")
# The author's own templates, in which `!theme/base.html` is ours, and files for the site's root.
THEME_TEMPLATES_OVERRIDES = [str(root / "theme_overrides" / "templates")]
ROOT_FILES = str(root / "theme_overrides" / "static")
THEME_STATIC_PATHS = ["static/files"]
STATIC_PATHS = ["images"]
USE_FOLDER_AS_CATEGORY = False
DEFAULT_CATEGORY = "Notes"
WITH_FUTURE_DATES = False
# `tasks.py up` says so: pages renew themselves, and show what is not published yet.
PREVIEW = setting("POSTIL_PREVIEW", "") == "1"
# Slugs are the files' names; `tasks.py new` makes one of a title (authoring/blog.py).
SLUGIFY_SOURCE = "basename"
# What was made of pictures once; it may be deleted at any time.
CACHE_PATH = str(root / "var" / "cache")

# Comments

COMMENTS_DEFAULT = "open"
COMMENTS_CLOSE: str | None = None
COMMENTS_NOTES = True
COMMENTS_PUBLISHED = str(root / setting("COMMENTS_PUBLISHED", "published"))
# Of drafts that are shared the addresses are made with it; `tasks.py share` writes it into .env.
SHARE_KEY = setting("SHARE_KEY", "")
COMMENTS_EMBED = str(root / "comments_service" / "static")

# Where nothing has changed since the last build, there is none.
PELICAN_CLASS = skip_build.Pelican

PLUGINS = plugins.in_order()
COMPRESS = False

# Templates

JINJA_ENVIRONMENT = {"autoescape": True, "trim_blocks": True, "lstrip_blocks": True}
