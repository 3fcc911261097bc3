"""Discussions: a page with every conversation, the latest active first, for those who come to talk.

Reads the list that a comment service publishes and writes one page for each language of the blog.
The theme's template `discussions.html` prints the list between markers, so that the service can put
a newer one there without running Pelican:

    <!-- postil:discussions LANG -->
    …the list…
    <!-- postil:discussions-end -->

Without a list the page is built all the same, and says how to begin. Stands before `bake` in
PLUGINS, which holds the lock until the end of the build.

Settings: DISCUSSIONS_URL and DISCUSSIONS_SAVE_AS (without them there is no page),
DISCUSSIONS_LANG_URL and DISCUSSIONS_LANG_SAVE_AS for the other languages, COMMENTS_PUBLISHED
("published"). Templates get `discussions_pages`: the page's address for each language.
"""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from markupsafe import Markup
from pelican import signals
from pelican.generators import Generator as PelicanGenerator

import formats.bake
from formats import snapshots
from formats.files import THOROUGH
from plugins import files, site
from plugins.site import Generator, Pelican

from . import bake

STEM = "discussions"

# The pages of a build and the revision in each, from their writing until the end: by output folder.
_baked: dict[str, list[tuple[Path, str, int]]] = {}


def address(settings: dict[str, Any], lang: str, kind: str = "URL") -> str:
    """Where the page in a language is, or is written; empty where there is to be none."""
    own = lang == settings["DEFAULT_LANG"].lower()
    pattern = settings.get(f"DISCUSSIONS_{kind}" if own else f"DISCUSSIONS_LANG_{kind}") or ""
    return str(pattern).format(lang=lang)


def find(generator: Generator) -> None:
    """Which languages the blog speaks, and so which pages there are, before anybody links to them."""
    own = generator.settings["DEFAULT_LANG"].lower()
    langs = {own, *(one.lang.lower() for one in site.published(generator))}
    generator.context["discussions_pages"] = {
        lang: url for lang in sorted(langs) if (url := address(generator.settings, lang))
    }


class DiscussionsGenerator(PelicanGenerator):  # type: ignore[misc]  # Pelican is untyped
    """Writes the pages, once everything else about the blog is known."""

    def generate_output(self, writer: Any) -> None:
        langs = self.context["discussions_pages"]
        folder = Path(self.settings.get("COMMENTS_PUBLISHED", "published"))
        own = self.settings["DEFAULT_LANG"].lower()
        written = _baked[self.output_path] = []
        shown = [SimpleNamespace(lang=lang, url=url) for lang, url in langs.items()]
        for page in shown:
            page.translations = [other for other in shown if other is not page]
            found = bake.newest(folder, STEM, page.lang, snapshots.discussions)
            save_as = address(self.settings, page.lang, "SAVE_AS")
            # The base template takes the language from the page that it shows.
            writer.write_file(
                save_as,
                self.get_template("discussions"),
                self.context,
                relative_urls=self.settings["RELATIVE_URLS"],
                override_output=True,
                url=page.url,
                page=page,
                page_name="discussions",
                discussions=Markup(found.html) if found else None,  # noqa: S704 - checked above
                # The same below the service's address, for those who look again.
                discussions_name=snapshots.file_name(STEM, page.lang if page.lang != own else ""),
            )
            path = Path(self.output_path, save_as)
            written.append((path, page.lang, found.revision if found else -1))


def finish(pelican: Pelican) -> None:
    """Bake again what was published while the blog was being built; `bake` holds the lock yet."""
    folder = Path(pelican.settings.get("COMMENTS_PUBLISHED", "published"))
    for path, lang, revision in _baked.pop(pelican.settings["OUTPUT_PATH"], []):
        new = bake.newest(folder, STEM, lang, snapshots.discussions)
        if new is not None and new.revision > revision and path.is_file():
            html = formats.bake.discussions(path.read_bytes(), new)
            if html is not None:
                files.rewrite(path, html, THOROUGH)


def generators(pelican: Pelican) -> type[DiscussionsGenerator] | None:
    return DiscussionsGenerator if pelican.settings.get("DISCUSSIONS_SAVE_AS") else None


def register() -> None:
    signals.get_generators.connect(generators)
    signals.article_generator_finalized.connect(find)
    signals.finalized.connect(finish)
