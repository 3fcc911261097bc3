"""HTML without what means nothing: for comparing what two parsers wrote."""

import re
from html import escape
from html.parser import HTMLParser

BLOCKS = (
    "p div section aside blockquote ul ol li dl dt dd table thead tbody tr td th pre h1 h2 h3 h4 h5 h6"
    " hr details summary figure figcaption"
)
EDGE = re.compile(rf"\s*(</?(?:{'|'.join(BLOCKS.split())})\b[^<>]*>)\s*")
VERBATIM = re.compile(r"(<pre>.*?</pre>)", re.DOTALL)


class Writer(HTMLParser):
    """Attributes in the order of their names, references as the letters they are."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self.verbatim = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.verbatim += tag == "pre"
        ordered = sorted((key, value or "") for key, value in attrs)
        written = "".join(f' {key}="{escape(value)}"' for key, value in ordered)
        self.out.append(f"<{tag}{written}>")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        self.verbatim -= tag == "pre"
        self.out.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        data = escape(data, quote=False)
        self.out.append(data if self.verbatim else re.sub(r"\s+", " ", data))

    def handle_comment(self, data: str) -> None:
        self.out.append(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        self.out.append(f"<!{decl}>")

    def handle_pi(self, data: str) -> None:
        self.out.append(f"<?{data}>")


def normal(html: str) -> str:
    """One line for each block, and no white space that a browser would not show."""
    writer = Writer()
    writer.feed(html.strip())
    writer.close()
    parts = VERBATIM.split("".join(writer.out))
    parts[::2] = [
        "\n".join(line for line in EDGE.sub(r"\n\1\n", part).split("\n") if line.strip())
        for part in parts[::2]
    ]
    return "\n".join(part for part in parts if part)
