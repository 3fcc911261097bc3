"""Other blogs to import, and a fresh blog of this one to import them into."""

import shutil
from pathlib import Path
from typing import Any

from pelican.settings import read_settings
from PIL import Image

from authoring import blog
from authoring.import_site import importer
from authoring.import_site.report import Plan
from tests.sites import ROOT, Site, disconnect

SAMPLES = ROOT / "tests" / "samples" / "import"
# Beside each sample lie pictures and files, which no repository needs to hold.
FILES = {
    "wordpress": [
        "wp-content/uploads/2019/05/austern.png",
        "wp-content/uploads/2019/05/deich.png",
        "wp-content/uploads/2019/05/plan.pdf",
    ],
    "ghost": ["content/images/2020/03/heron.png", "content/media/2020/song.mp3"],
    "hugo": ["content/ja/posts/kamome/gull one.png", "content/ja/posts/kamome/cover.png"],
    "jekyll": ["assets/moewe.png"],
    "pelican": ["content/images/bird.png"],
}
EXPORTS = {"wordpress": "export.xml", "ghost": "export.json"}


WXR = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:wp="http://wordpress.org/export/1.2/"><channel><title>Old</title><language>en-GB</language>
{items}
</channel></rss>
"""


def item(body: str = "", **fields: str) -> str:
    given = {
        "title": "On gulls &amp; terns",
        "link": "https://old.example/2019/05/gulls/",
        "dc:creator": "ada",
        "wp:post_name": "gulls",
        "wp:post_date_gmt": "2019-05-01 10:00:00",
        "wp:status": "publish",
        "wp:post_type": "post",
        **{key.replace("__", ":"): value for key, value in fields.items()},
    }
    lines = "".join(f"<{key}>{value}</{key}>\n" for key, value in given.items())
    return f"<item>\n{lines}<content:encoded><![CDATA[{body}]]></content:encoded>\n</item>"


def picture(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (3, 2)).save(path)


def sample(kind: str, folder: Path) -> Path:
    """A site as its generator keeps it: the export, or the folder."""
    shutil.copytree(SAMPLES / kind, folder / kind)
    for name in FILES[kind]:
        path = folder / kind / name
        if path.suffix == ".png":
            picture(path)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"not read by anybody")
    return folder / kind / EXPORTS.get(kind, "")


def old(folder: Path, **files: str) -> Path:
    """A site of these files."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def addresses() -> dict[str, Any]:
    """The blog's own settings of what is published where."""
    every = read_settings(str(ROOT / "pelicanconf.py"))
    return {
        key: value
        for key, value in every.items()
        if key.endswith(("_URL", "_SAVE_AS", "_SUBSTITUTIONS", "TEMPLATES", "_PATTERNS"))
        or "_FEED_" in key
    }


class Fresh:
    """A new blog without any article."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.site = Site(folder)
        self.settings = {**addresses(), "DEFAULT_LANG": "en", **settings}

    @property
    def root(self) -> Path:
        return self.site.folder

    @property
    def blog(self) -> blog.Blog:
        """As a command sees it: read anew."""
        site = {"TIMEZONE": "UTC", "SITEURL": "https://example.org", "COMMENTS_URL": "/comments/"}
        found = read_settings(override={**site, **self.settings})
        return blog.Blog(self.root, {**found, "PATH": "content"})

    def bring(self, origin: Path, *, write: bool = True) -> Plan:
        return importer.bring(self.blog, origin, write=write)

    def build(self) -> None:
        try:
            self.site.build(**self.settings)
        finally:
            disconnect()

    def text(self, name: str) -> str:
        return (self.site.content / name).read_text(encoding="utf-8")

    def names(self) -> list[str]:
        """Its articles and pages."""
        found = self.site.content.rglob("*.md")
        return sorted(path.relative_to(self.site.content).as_posix() for path in found)


def posts(folder: Path, **texts: str) -> Path:
    """A Jekyll site of articles; a text that names no title gets one."""
    for slug, text in texts.items():
        head = text if text.startswith("---") else f"---\ntitle: {slug}\n---\n{text}\n"
        old(folder, **{f"_posts/2020-01-01-{slug}.md": head})
    return folder
