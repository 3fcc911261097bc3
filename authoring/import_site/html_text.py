"""HTML text: the HTML in which WordPress, Ghost and others keep an article, as Markdown.

What Markdown has no sign for, and what means something all the same (`<sup>`, `<kbd>`, `<ruby>`, a table
without a head), stays HTML. What a page's policy would not let through becomes a link, or is named.
"""

import html
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

from bs4 import BeautifulSoup
from bs4.element import PageElement, Tag

from authoring.import_site import html_lines, words
from authoring.import_site.html_lines import (
    BLOCKS,
    FILMS,
    GONE,
    KEPT_BLOCKS,
    KEPT_INLINE,
    MEDIA,
    address,
)

LANGUAGE = re.compile(r"\b(?:lang(?:uage)?|brush)\s*[-:]\s*(?P<a>[\w+#-]+)|\bsrc src-(?P<b>\w+)")
# Where a line may begin with a sign that means something to Markdown.
LINE_START = re.compile(
    r"^(?P<before>\s*)(?:(?P<sign>[#>+\-=:|]|!!!|///)|(?P<number>\d{1,9})(?P<dot>[.)])(?=\s|$))",
    re.MULTILINE,
)


class Converted(NamedTuple):
    """Markdown, the words that readers saw, and what there is to say."""

    text: str
    words: Counter[str]
    troubles: list[str]


def converted(
    source: str, *, breaks: bool = False, footnotes: dict[str, str] | None = None
) -> Converted:
    """HTML as Markdown; with `breaks`, lines and empty lines in it mean what they do to WordPress."""
    try:
        return of_tree(source, Conversion(breaks, footnotes or {}))
    except RecursionError:
        text = html.escape(words.plain(source))
        trouble = "it is nested too deeply to be read as HTML, and comes as its words alone"
        return Converted(f"{text}\n", words.of_html(source), [trouble])


def of_tree(source: str, work: "Conversion") -> Converted:
    soup = BeautifulSoup(source, "html.parser")
    work.referred = {str(link["href"])[1:] for link in soup.find_all("a", href=re.compile(r"^#."))}
    read = words.of_html(source)
    text = "\n\n".join(work.blocks(soup))
    for number, name in enumerate(work.footnotes, 1):
        if name in work.used:
            note = converted(work.footnotes[name])
            read += note.words
            inner = note.text.strip().replace("\n", "\n    ")
            text += f"\n\n[^{number}]: {inner}"
            work.troubles += note.troubles
    return Converted(text.strip() + "\n", read, list(dict.fromkeys(work.troubles)))


class Conversion(html_lines.Lines):
    """One text on its way, a block after the other."""

    def blocks(self, node: Tag) -> list[str]:
        """What a container holds, a block each; words that stand free between blocks are paragraphs."""
        made: list[str] = []
        run: list[PageElement] = []

        def flush() -> None:
            made.extend(self.paragraphs(run))
            run.clear()

        for child in node.children:
            if isinstance(child, Tag) and (child.name in BLOCKS or self.holds_blocks(child)):
                flush()
                made += self.anchors(child)
                before = made[-1] if made else ""
                found = [block for block in self.block(child, before) if block.strip()]
                made += directed(child, found)
            else:
                run.append(child)
        flush()
        return made

    def holds_blocks(self, node: Tag) -> bool:
        """An element of a line around whole blocks, as in a linked card."""
        if node.name in KEPT_INLINE | FILMS | MEDIA | GONE | {"button", "svg", "math", "select"}:
            return False
        return node.find(list(BLOCKS)) is not None

    def block(self, node: Tag, before: str) -> list[str]:
        self.watch(node)
        name = node.name
        if re.fullmatch(r"h[1-6]", name):
            text = re.sub(r"#(?=#*$)", r"\\#", self.line(node))
            given = str(node.get("id") or "")
            mark = f" {{#{given}}}" if re.fullmatch(r"[\w.-]+", given) else ""
            return [f"{'#' * int(name[1])} {text}{mark}"] if text else []
        special: dict[str, Callable[[Tag, str], list[str]]] = {
            "ul": self.items,
            "ol": self.items,
            "li": lambda each, _: [self.item(each, "- ")],
            "blockquote": lambda each, _: [indented("\n\n".join(self.blocks(each)), "> ", "> ")],
            "pre": lambda each, _: [self.code_block(each)],
            "table": lambda each, _: self.table(each),
            "hr": lambda *_: ["* * *"],
            "figure": lambda each, _: self.figure(each),
            "dl": lambda each, _: [self.definitions(each)],
        }
        if name in special:
            return special[name](node, before)
        if name == "noscript" and self.is_shown_already(node):
            return []
        if name in KEPT_BLOCKS:
            return self.kept_block(node)
        inner = self.blocks(node)
        if name == "a" and (link := str(node.get("href") or "")) and not node.find("a"):
            inner.append(f"<{link}>" if re.match(r"https?://\S+$", link) else f"[{link}]({link})")
        return inner

    def is_shown_already(self, node: Tag) -> bool:
        """A picture for browsers without scripts, beside the one that a script loads later."""
        if not (image := node.find("img")):
            return False
        before = node.find_previous_siblings("img")
        source = str(image.get("src") or "")
        return any(source == address(each) for each in before)

    def kept_block(self, node: Tag) -> list[str]:
        summary = node.find("summary", recursive=False)
        head = ""
        if isinstance(summary, Tag):
            head = f"\n<summary>{self.line(summary)}</summary>"
            summary.extract()
        return [f"<{node.name}>{head}", *self.blocks(node), f"</{node.name}>"]

    def paragraphs(self, run: list[PageElement]) -> Iterator[str]:
        for piece in re.split(r"\n[ \t]*(?:\n[ \t]*)+", self.joined(run)):
            if piece.strip():
                lines = LINE_START.sub(escaped_start, re.sub(r" *\n[ \t]*", "\n", piece.strip()))
                yield lines.replace("\n", "\\\n")

    def items(self, node: Tag, before: str) -> list[str]:
        if node.get("reversed") is not None or node.get("type"):
            self.troubles.append("a list with numbers of another kind is numbered 1, 2, 3")
        lists = [each for each in node.children if isinstance(each, Tag)]
        flat: list[Tag] = []
        for each in lists:
            flat += unnested(each)
        ordered = node.name == "ol"
        start = str(node.get("start") or "1")
        number = int(start) if ordered and start.isdigit() and len(start) < 9 else 1
        # Two lists that follow each other would be one.
        other = bool(re.match(r"\d+\.(?= )" if ordered else r"- ", before))
        made = []
        for each in flat:
            mark = f"{number}{')' if other else '.'} " if ordered else "* " if other else "- "
            number += ordered
            made.append(
                self.item(each, mark)
                if each.name == "li"
                else indented("\n\n".join(self.block(each, "")), " " * len(mark))
            )
        loose = any("\n\n" in each for each in made)
        stray = list(self.paragraphs([each for each in node.children if not isinstance(each, Tag)]))
        return [*stray, ("\n\n" if loose else "\n").join(each for each in made if each.strip())]

    def item(self, node: Tag, mark: str) -> str:
        self.watch(node)
        blocks = [*self.anchors(node), *directed(node, self.blocks(node))]
        tight = len(blocks) == 2 and re.match(r"(?:[-*]|1[.)]) ", blocks[1])
        inner = ("\n" if tight else "\n\n").join(blocks)
        return mark + indented(inner, " " * len(mark)).lstrip(" ") if inner else mark.rstrip()

    def code_block(self, node: Tag) -> str:
        for line_break in node.find_all("br"):
            line_break.replace_with("\n")
        code = node.get_text().strip("\n").replace("\r", "")
        said = " ".join(
            f"{' '.join(each.get('class') or [])}"
            + "".join(
                f" lang-{each.get(key)}"
                for key in ("data-lang", "data-language", "data-enlighter-language", "lang")
                if each.get(key)
            )
            for each in (node, *node.find_all("code"))
        )
        found = LANGUAGE.search(said)
        lang = (found["a"] or found["b"]).lower() if found else ""
        fence = "`" * max(3, 1 + max(map(len, re.findall(r"`+", code)), default=0))
        return f"{fence}{lang}\n{code}\n{fence}"

    def definitions(self, node: Tag) -> str:
        made: list[str] = []
        for each in node.find_all(["dt", "dd"]):
            if each.name == "dt":
                words = LINE_START.sub(escaped_start, self.line(each))
                made.append(("\n" if made else "") + words)
            else:
                inner = "\n\n".join(self.blocks(each))
                made.append(": " + indented(inner, "    ").lstrip())
        return "\n".join(made)

    def figure(self, node: Tag) -> list[str]:
        caption = node.find("figcaption", recursive=node.find("figure") is None)
        words = self.line(caption).strip() if isinstance(caption, Tag) else ""
        simple = words and not caption.find(True) if isinstance(caption, Tag) else False
        if isinstance(caption, Tag):
            caption.extract()
        images = node.find_all("img")
        inner = self.blocks(node)
        if not words:
            return inner
        if simple and len(images) == 1 and len(inner) == 1 and not images[0].get("title"):
            title = html.escape(" ".join(caption.get_text().split())) if caption else ""
            image = re.sub(r'( ".*")?\)', lambda found: f' "{title}")', inner[0], count=1)
            if re.fullmatch(r"!\[[^\n]*\)|\[!\[[^\n]*\)", inner[0]):
                return [image]
        return [*inner, words]

    def table(self, node: Tag) -> list[str]:
        rows = [row for row in node.find_all("tr") if row.find_parent("table") is node]
        cells = [row.find_all(["td", "th"], recursive=False) for row in rows]
        width = {len(row) for row in cells}
        head = bool(cells) and (
            (rows[0].parent is not None and rows[0].parent.name == "thead")
            or all(cell.name == "th" for cell in cells[0])
        )
        plain_cells = not node.find(["table", "pre", "ul", "ol", "caption", "blockquote", "tfoot"])
        spans = any(
            cell.get("colspan") or cell.get("rowspan") or (cell.name == "th" and number)
            for number, row in enumerate(cells)
            for cell in row
        )
        several = any(len(cell.find_all("p")) > 1 for row in cells for cell in row)
        if not (head and plain_cells and len(width) == 1 and 0 not in width) or spans or several:
            return [self.as_html(node)]
        self.in_table = True
        lines = ["| " + " | ".join(self.line(cell) or " " for cell in row) + " |" for row in cells]
        self.in_table = False
        lines.insert(1, "|" + " --- |" * len(cells[0]))
        return ["\n".join(lines)]


def directed(node: Tag, made: list[str]) -> list[str]:
    """Blocks that are read from the right amid others that are not."""
    if str(node.get("dir")).lower() != "rtl" or not made:
        return made
    if node.name == "p" and len(made) == 1 and not made[0].startswith(("<", "![", "[![")):
        return [f'{made[0]}\n{{: dir="rtl" }}']
    return ['<div dir="rtl">', *made, "</div>"]


def unnested(node: Tag) -> list[Tag]:
    """Items that a browser would see side by side: `<li>a<li>b` closes the first."""
    inner = (
        [each for each in node.children if isinstance(each, Tag) and each.name == "li"]
        if node.name == "li"
        else []
    )
    for each in inner:
        each.extract()
    return [node, *(more for each in inner for more in unnested(each))]


def indented(text: str, before: str, first: str | None = None) -> str:
    """A text with something before each of its lines; empty ones stay empty but for a quotation's sign."""
    lines = text.split("\n")
    return "\n".join(
        (before if line else before.rstrip()) + line if first or number else line
        for number, line in enumerate(lines)
    )


def escaped_start(found: re.Match[str]) -> str:
    if found["number"]:
        return f"{found['before']}{found['number']}\\{found['dot']}"
    return f"{found['before']}\\{found['sign']}"
