"""Settings of a blog that is to be imported; nobody runs them."""

AUTHOR = "林一"
SITENAME = "纸边"
SITEURL = ""
PATH = "content"
TIMEZONE = "Asia/Shanghai"
DEFAULT_LANG = "zh-cn"
DEFAULT_PAGINATION = int("10")
ARTICLE_URL = "posts/{date:%Y}/{slug}/"
ARTICLE_SAVE_AS = "posts/{date:%Y}/{slug}/index.html"
PAGE_URL = "pages/{slug}.html"
STATIC_PATHS = ["images", "files"]
FILENAME_METADATA = r"(?P<date>\d{4}-\d{2}-\d{2})_(?P<slug>.*)"
PLUGINS = ["sitemap", "liquid_tags", "tipue_search"]
MENUITEMS = (("首页", "/"), ("关于", "/pages/about.html"))
BASE = "x"
DEFAULT_CATEGORY = "随笔"
