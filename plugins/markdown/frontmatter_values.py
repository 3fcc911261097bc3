"""Values of front matter: one key of an article, asked for by whoever gives it a meaning; and what is wrong.

Whoever gives a key its meaning (`comments/manifest`, `delivery/redirects`, `presentation/reading`) asks
here for what was written, and says here what is wrong with it, which stops the build (`problems`).
"""

from typing import Any

from plugins import problems
from plugins.site import Article, as_typed

from . import frontmatter


class Metadata:
    """One pass over the front matter of a site."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings

    def name(self, content: Article) -> str:
        return as_typed(content.source_path)

    def refuse(self, content: Article, key: str, text: str) -> None:
        line = frontmatter.line_of(content.source_path, key)
        problems.refuse_line(self.settings, content, line, text)

    def text(self, content: Article, key: str) -> str | None:
        """The one value of a key, or None; a key that is set twice is a problem."""
        value = content.metadata.get(key)
        if isinstance(value, list):
            self.refuse(content, key, f"{key.capitalize()} is set more than once. Keep one line.")
            return None
        return value.strip() if isinstance(value, str) else None

    def one(self, group: list[Article], key: str, values: list[str | None]) -> str | None:
        """What a group of translations says together; two different answers are a problem."""
        said = [(member, value) for member, value in zip(group, values, strict=True) if value]
        if not said:
            return None
        first, answer = said[0]
        for member, value in said[1:]:
            if value != answer:
                self.refuse(
                    member,
                    key,
                    f'{key.capitalize()}: "{value}" here, but "{answer}" in {self.name(first)}.'
                    " Translations share one thread: write it in one of them.",
                )
        return answer
