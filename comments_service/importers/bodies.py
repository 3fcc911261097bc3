"""Bodies: what somebody wrote elsewhere, as the Markdown from which our renderer makes the same words.

A comment here is its Markdown, so that it can be edited, exported and rendered anew. HTML becomes Markdown
where every word is still there once that is rendered; where one is not, it comes as its words alone.
"""

import re
import unicodedata
from html import unescape
from urllib.parse import parse_qsl, urlsplit

from bs4 import BeautifulSoup
from bs4.element import Tag
from markdownify import MarkdownConverter

from comments_service import markup
from comments_service.importers.records import Markup

# What our renderer gives a sign's meaning to, wherever it stands.
_signs = re.compile(r"([\\`*_{}\[\]<>#+!|~&^=-])")
_line_number = re.compile(r"^(\s*\d+)([.)])", re.MULTILINE)
_space = re.compile(r"\s+")
# What the check of a comment refuses, and no reader sees.
_unshown = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_gone = ("script", "style", "head", "title", "template", "noscript")
# Its source says what it shows where it has no words.
_pictures = {"img": "src", "iframe": "src", "video": "src", "audio": "src", "embed": "src"}


def markdown(body: str, written_in: Markup) -> str:
    """The Markdown of a body; empty where nothing of it would be seen."""
    body = clean(body)
    if written_in is Markup.SOURCE:
        return body
    if written_in is Markup.MARKDOWN:
        return _with_html(body)
    if written_in is Markup.TEXT:
        return _escaped(body)
    return _of_html(_with_lines(body) if written_in is Markup.LINES else body)


def clean(text: str) -> str:
    """Text without what hides or reverses other text, with newlines as line ends."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _unshown.sub("", text).strip()


def _words(text: str) -> str:
    """What readers see of a text, whatever white space and typography do between its words."""
    return "".join(unicodedata.normalize("NFKC", text).split())


_any_tag = re.compile(r"<[^>]*>")


def _shown(made: str) -> str:
    """The words of what our renderer makes of Markdown, in which every `<` begins a tag."""
    return _words(unescape(_any_tag.sub(" ", markup.render(made))))


def _of_html(body: str) -> str:
    if "<" not in body:
        return _escaped(_wrapped.sub(lambda found: unwrapped(found[0]), unescape(body)))
    tree = BeautifulSoup(body, "html.parser")
    for each in tree.find_all(True):
        if each.decomposed:
            continue
        if each.name in _gone:
            each.decompose()
        elif each.name in _pictures:
            _link_picture(tree, each)
        elif each.name == "a":
            if href := each.get("href"):
                each["href"] = unwrapped(str(href))
            _show_whole(each)
    for said in tree.find_all(string=_wrapped):
        said.replace_with(_wrapped.sub(lambda found: unwrapped(found[0]), said))
    wanted = _words(tree.get_text())
    made = _converted(tree)
    try:
        if _shown(made) == wanted:
            return made
    except markup.MarkupError:
        pass
    return _escaped(_text(tree))


def _converted(tree: BeautifulSoup) -> str:
    try:
        return (
            _Converter(heading_style="ATX", bullets="-", strong_em_symbol="*", escape_misc=True)
            .convert_soup(tree)
            .strip()
        )
    except RecursionError:
        return ""


class _Converter(MarkdownConverter):
    """Markdown of comments: line breaks stay, and a heading is what it becomes here, bold."""

    def convert_br(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        return " " if "_inline" in parent_tags and "td" in parent_tags else "\n"

    def convert_a(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        href = str(el.get("href") or "")
        if not text.strip():
            return ""
        if not href.startswith(("http://", "https://")):
            return text
        if text.replace("\\", "") == href and not re.search(r"[\s<>]", href):
            return f"<{href}>"
        return f"[{text.strip()}](<{href.replace('>', '%3E').replace('<', '%3C')}>)"


def _link_picture(tree: BeautifulSoup, each: Tag) -> None:
    """A picture, or a film, becomes a link to it: nothing foreign is loaded here."""
    source = str(each.get(_pictures[each.name]) or "")
    if not source:
        inner = each.find("source")
        source = str(inner.get("src") or "") if isinstance(inner, Tag) else ""
    said = str(each.get("alt") or each.get("title") or "").strip()
    if not source.startswith(("http://", "https://")):
        each.replace_with(said)
        return
    link = tree.new_tag("a", href=source)
    link.string = said or source
    each.replace_with(link)


# Through which Disqus counted who followed a link, with a word of its own behind the address.
_wrapped = re.compile(r"https?://(?:www\.)?disq\.us/url\?[^\s<>\"']+")


def unwrapped(href: str) -> str:
    """The address that was meant, where a link leads to it by way of Disqus."""
    if not _wrapped.fullmatch(href):
        return href
    inner = next((value for name, value in parse_qsl(urlsplit(href).query) if name == "url"), "")
    inner = re.sub(r":[\w-]{27}\Z", "", inner)
    return inner if _scheme.match(inner) and not re.search(r"[\s<>]", inner) else href


_scheme = re.compile(r"^https?://")


def _show_whole(link: Tag) -> None:
    """Show the whole of an address of which only the beginning was shown, as Disqus does."""
    href, said = str(link.get("href") or ""), link.get_text().strip()
    begins = said.removesuffix("...").removesuffix("…")
    if begins and begins != said and _scheme.sub("", href).startswith(_scheme.sub("", begins)):
        link.string = href


_blocks = re.compile(r"(<pre\b.*?</pre>)", re.IGNORECASE | re.DOTALL)
_beside_block = re.compile(
    r"\s*(</?(?:p|div|blockquote|ul|ol|li|h[1-6]|table|tr|td|hr)\b[^<>]*>)\s*", re.IGNORECASE
)


def _with_lines(body: str) -> str:
    """HTML in which lines and empty lines mean what they do in a letter, as WordPress keeps comments."""
    parts = _blocks.split(body)
    return "".join(
        part
        if at % 2
        else re.sub(r"\n", "<br>", re.sub(r"\n{2,}", "<br><br>", _beside_block.sub(r"\1", part)))
        for at, part in enumerate(parts)
    )


def _text(tree: BeautifulSoup) -> str:
    """The words with their lines: what stands in another block begins on another line."""
    for each in tree(["br"]):
        each.replace_with("\n")
    for each in tree(["td", "th"]):
        each.append(" ")
    for each in tree(
        [
            "p",
            "div",
            "li",
            "blockquote",
            "pre",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "tr",
            "ul",
            "ol",
        ]
    ):
        each.append("\n\n")
    lines = (_space.sub(" ", line).strip() for line in clean(tree.get_text()).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _escaped(text: str) -> str:
    """Text whose signs mean nothing. Addresses stay what they are, so that they are links."""
    parts = re.split(r"(https?://[^\s<>\"']+)", text)
    made = "".join(part if at % 2 else _signs.sub(r"\\\1", part) for at, part in enumerate(parts))
    made = _line_number.sub(r"\1\\\2", made)
    # Spaces at a line's beginning would make it code.
    return "\n".join(line.strip() for line in made.split("\n"))


_tag = re.compile(
    r"</?(?:a|b|i|p|br|em|strong|code|pre|blockquote|ul|ol|li|img|del|s|u|span|div)\b[^<>]*>",
    re.IGNORECASE,
)
_code = re.compile(r"(```.*?```|~~~.*?~~~|`[^`\n]*`)", re.DOTALL)
_simple = {"b": "**", "strong": "**", "i": "*", "em": "*", "del": "~~", "s": "~~", "code": "`"}


def _with_html(body: str) -> str:
    """Markdown in which other systems let HTML stand: here it would be shown as it was typed."""
    parts = _code.split(body)
    return "".join(part if at % 2 else _untagged(part) for at, part in enumerate(parts)).strip()


def _untagged(part: str) -> str:
    if not _tag.search(part):
        return part

    def instead(found: re.Match[str]) -> str:
        tag = found[0]
        name = re.sub(r"^</?(\w+).*", r"\1", tag, flags=re.DOTALL).lower()
        if name in _simple:
            return _simple[name]
        if name == "br":
            return "\n"
        if name in ("p", "div", "blockquote", "pre", "ul", "ol"):
            return "\n\n"
        return "\n- " if name == "li" and not tag.startswith("</") else ""

    part = re.sub(
        r'<a\b[^<>]*?\bhref=["\']?(https?://[^"\'\s<>]+)["\']?[^<>]*>(.*?)</a>',
        lambda link: f"[{link[2] or link[1]}](<{unescape(link[1])}>)",
        part,
        flags=re.IGNORECASE | re.DOTALL,
    )
    part = re.sub(
        r'<img\b[^<>]*?\bsrc=["\']?(https?://[^"\'\s<>]+)["\']?[^<>]*>',
        lambda image: f"<{unescape(image[1])}>",
        part,
        flags=re.IGNORECASE,
    )
    return re.sub(r"\n{3,}", "\n\n", _tag.sub(instead, part))
