"""The bench's site for Pelican as it ships; what Postil adds stands in tests/bench/peers.py."""

SITENAME, SITEURL, TIMEZONE, DEFAULT_LANG = "Bench", "https://example.org", "UTC", "en"
PATH, THEME, OUTPUT_PATH, CACHE_PATH = "content", "theme", "output", "cache"
ARTICLE_URL, ARTICLE_SAVE_AS = "{slug}/", "{slug}/index.html"
TAG_URL, TAG_SAVE_AS = "tags/{slug}/", "tags/{slug}/index.html"
CATEGORY_URL, CATEGORY_SAVE_AS = "categories/{slug}/", "categories/{slug}/index.html"
AUTHOR_SAVE_AS = ""
DIRECT_TEMPLATES = ["index"]
THEME_STATIC_PATHS: list[str] = []
STATIC_PATHS: list[str] = []
DEFAULT_PAGINATION = 10
PAGINATION_PATTERNS = [
    (1, "{base_name}/", "{base_name}/index.html"),
    (2, "{base_name}/page/{number}/", "{base_name}/page/{number}/index.html"),
]
FEED_ALL_ATOM, FEED_MAX_ITEMS = "feed.xml", 10
CATEGORY_FEED_ATOM = TRANSLATION_FEED_ATOM = AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = None
