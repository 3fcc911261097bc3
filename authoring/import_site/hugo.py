"""Hugo: `content/` with its sections, permalinks by section, and shortcodes."""

import re
from pathlib import Path
from typing import Any

from authoring.import_site.post import Post
from authoring.import_site.site_folder import Folder, filled, texts

GIVEN = re.compile(r"(\w+)=(?:\"([^\"]*)\"|'([^']*)'|`([^`]*)`|(\S+))")


class Hugo(Folder):
    """The folder in which `hugo` was started."""

    CONFIGURATIONS = ("hugo", "config", "config/_default/hugo", "config/_default/config")
    SOURCES = (("content", "**/*"),)
    PICTURES = ("static", "assets")
    NOTATION = re.compile(
        r"\{\{(?P<open>[<%])\s*(?P<end>/?)\s*(?P<name>[\w/-]+)(?P<rest>.*?)[>%]\}\}", re.DOTALL
    )
    HIGHLIGHT = (
        r"\{\{[<%]\s*highlight\s+\"?(\w+)\"?[^>%]*[>%]\}\}\n?(.*?)\n?"
        r"\{\{[<%]\s*/\s*highlight\s*[>%]\}\}"
    )

    def tags(self, keys: dict[str, Any]) -> list[str]:
        return texts(keys.get("tags") or keys.get("tag"))

    def categories(self, keys: dict[str, Any]) -> list[str]:
        return texts(keys.get("categories") or keys.get("category"))

    def address(
        self, post: Post, keys: dict[str, Any], path: Path, stem: str, categories: list[str]
    ) -> str:
        if said := str(keys.get("url") or ""):
            return said
        slug = str(keys.get("slug") or stem)
        parts = path.relative_to(self.folder / "content").parts[:-1]
        parts = parts[:-1] if path.stem == "index" else parts
        section = parts[0] if parts else ""
        patterns = self.settings.get("permalinks") or {}
        patterns = patterns.get("page", patterns) if isinstance(patterns, dict) else {}
        if pattern := patterns.get(section):
            where = str(pattern).replace(":sections", "/".join(parts)).replace(":section", section)
            where = where.replace(":contentbasename", stem).replace(":filename", stem)
            where = where.replace(":slugorcontentbasename", slug).replace(":slugorfilename", slug)
            title = self.blog.slug(post.title)
            return filled(where.replace(":title", title), post.date, slug)
        return "/" + "/".join((*parts, slug)).lower().replace(" ", "-") + "/"

    def translated(self, found: re.Match[str]) -> str | None:
        name, rest = found["name"], found["rest"].strip().rstrip("/").strip()
        given = {
            key: next(v for v in values if v or v == values[-1])
            for key, *values in GIVEN.findall(rest)
        }
        first = rest.strip("\"'`").partition("#")
        if name in ("ref", "relref") and (file := self.file_named(first[0].strip().lstrip("/"))):
            return file + first[1] + first[2]
        if name == "figure" and given.get("src"):
            caption = given.get("caption") or given.get("title") or ""
            title = f' "{caption}"'.replace('""', "") if caption else ""
            return f"![{given.get('alt', '')}]({given['src']}{title})"
        if name in ("youtube", "vimeo") and (given.get("id") or first[0]):
            host = {"youtube": "www.youtube.com/watch?v=", "vimeo": "vimeo.com/"}[name]
            return f"<https://{host}{given.get('id') or first[0].split()[0]}>"
        return None

    def named(self, found: re.Match[str]) -> str:
        return f"the shortcode {found['name']}"
