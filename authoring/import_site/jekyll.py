"""Jekyll: `_posts/`, `_drafts/` and pages, permalinks by style, and Liquid tags."""

import re
from pathlib import Path
from typing import Any

from authoring.blog import Blog
from authoring.import_site.post import Post
from authoring.import_site.site_folder import Folder, filled, texts

STYLES = {
    "date": "/:categories/:year/:month/:day/:title:output_ext",
    "pretty": "/:categories/:year/:month/:day/:title/",
    "ordinal": "/:categories/:year/:y_day/:title:output_ext",
    "weekdate": "/:categories/:year/W:week/:short_day/:title:output_ext",
    "none": "/:categories/:title:output_ext",
}


class Jekyll(Folder):
    """The folder in which `jekyll build` was started."""

    CONFIGURATIONS = ("_config",)
    SOURCES = (("_posts", "**/*"), ("_drafts", "**/*"), (".", "*"))
    PICTURES = (".",)
    NOTATION = re.compile(
        r"\{%-?\s*(?P<tag>\w+)(?P<rest>[^%]*?)-?%\}|\{\{-?\s*(?P<value>[^}]*?)\s*-?\}\}"
    )
    HIGHLIGHT = r"\{%-?\s*highlight\s+(\w+)[^%]*%\}\n?(.*?)\n?\{%-?\s*endhighlight\s*-?%\}"

    def __init__(self, folder: Path, blog: Blog) -> None:
        super().__init__(folder, blog)
        self.base = str(self.settings.get("baseurl") or "").strip("/")

    def tags(self, keys: dict[str, Any]) -> list[str]:
        """Separated by spaces, or by commas where there are some."""
        value = keys.get("tags") or keys.get("tag")
        if isinstance(value, str):
            parts = re.split("," if "," in value else r"\s+", value)
            return [tag.strip() for tag in parts if tag.strip()]
        return texts(value)

    def categories(self, keys: dict[str, Any]) -> list[str]:
        if isinstance(keys.get("categories"), str) and keys["categories"]:
            return str(keys["categories"]).split()
        return texts(keys.get("categories") or keys.get("category"))

    def address(
        self, post: Post, keys: dict[str, Any], path: Path, stem: str, categories: list[str]
    ) -> str:
        said = str(keys.get("permalink") or "")
        slug = str(keys.get("slug") or stem)
        base = str(self.settings.get("baseurl") or "").rstrip("/")
        default = STYLES["date"] if not post.is_page else "/:title:output_ext"
        pattern = said or (not post.is_page and self.settings.get("permalink")) or default
        where = STYLES.get(str(pattern), str(pattern))
        where = where.replace(":categories", "/".join(self.blog.slug(c) for c in categories))
        where = where.replace(":output_ext", ".html")
        return "/" + f"{base}/{filled(where, post.date, slug).lstrip('/')}".lstrip("/")

    def translated(self, found: re.Match[str]) -> str | None:
        tag, value = found["tag"], (found["value"] or "").replace(" ", "")
        if tag in ("raw", "endraw", "comment", "endcomment"):
            return ""
        if value.startswith(("site.baseurl", "site.url")):
            return ""
        if literal := re.fullmatch(r"[\"']([^\"']*)[\"']\|(?:relative_url|absolute_url)", value):
            return literal[1]
        return self.file_named(found["rest"].strip()) if tag in ("post_url", "link") else None

    def named(self, found: re.Match[str]) -> str:
        return found[0]
