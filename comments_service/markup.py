"""Markup: a reader's Markdown becomes safe HTML, here and nowhere else.

Pure: text in, HTML out. A native, linear parser renders; raw HTML is shown as the text that it
is; an allow-list then drops whatever is not a plain paragraph, list, quote, link or code.
"""

import re
import unicodedata
from html import unescape
from urllib.parse import quote, unquote

import comrak
import nh3

from comments_service import characters
from comments_service.errors import Message
from formats import bare_addresses

# Raised whenever the same source would give other HTML, so that old rows can be rendered anew.
RENDERER_VERSION = 5

# Ten levels are more than a conversation uses and keep the narrowest phone readable.
MAX_NESTING = 10
# Three times the longest Chinese source: ordinary text never grows this much, a bomb does.
MAX_HTML_BYTES = 100_000

_extensions = comrak.ExtensionOptions()
_extensions.strikethrough = True
_extensions.autolink = True
_extensions.cjk_friendly_emphasis = True
# A line of dashes below words is a rule, or the beginning of a signature: there are no headings here.
_parsing = comrak.ParseOptions()
_parsing.ignore_setext = True
_rendering = comrak.RenderOptions()
_rendering.escape = True
_rendering.hardbreaks = True

_cleaner = nh3.Cleaner(
    tags={
        *("p", "br", "hr", "strong", "em", "del", "code", "pre", "blockquote", "ul", "ol", "li"),
        "a",
    },
    attributes={"a": {"href", "title"}, "ol": {"start"}},
    url_schemes={"http", "https"},
    url_relative="deny",
    link_rel="nofollow ugc noopener",
)

# What begins a tag is a sign of ours for the parser: HTML then is text like any other, within its paragraph, and
# what stands in it is Markdown. An address between `<` and `>` is one, and `\<` is the parser's own.
_LESS = "\ufdd8"
_less = re.compile(r"(?<!\\)(?<!\]\()(?<!\]:)(?<!\]: )<(?!https?://[^\s<>]*>)", re.IGNORECASE)

# A definition of an address to which nothing refers, or of none, would be gone with its words: the parser
# makes nothing of it, and "[Edit]: done" is what people write. A sign of ours keeps it from being one.
_WORDS = "\ufdd9"
_definition = re.compile(
    r"^(?P<before>(?:[ \t]|>|[-*+][ \t]|\d{1,9}[.)][ \t])*)\[(?P<name>[^\[\]\n]+)\]:(?P<rest>[^\n]*)$",
    re.MULTILINE,
)
_leads_to = re.compile(r"\s*<?https?://", re.IGNORECASE)
_referred = re.compile(r"\[([^\[\]\n]+)\](?!:)")

_anchor = re.compile(r'(<a href="([^"]*)"[^>]*>)(.*?)</a>', re.DOTALL)
_image = re.compile(r'<img src="([^"]*)" alt="([^"]*)"(?: title="[^"]*")? />')
# A link whose address was taken away, or names no host, leads nowhere, and looks as if it did.
_dead = re.compile(r'<a(?: (?!href="(?i:https?)://[^/?#"])[a-z]+="[^"]*")*>(.*?)</a>', re.DOTALL)
_heading = re.compile(r"<(/?)h[1-6]>")
_nest = re.compile(r"<(/?)(?:blockquote|ul|ol)\b")
_tag = re.compile(r"<[^>]*>")
_link = re.compile(r"<a\b[^>]*\bhref=")
# What `inputs` refuses in a source comes back by a reference such as `&#x202E;`: control characters,
# what reverses the reading order, and what would make a feed no XML.
_hidden = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]")


_quote = re.compile(r"<blockquote>(?:(?!</?blockquote>).)*</blockquote>", re.DOTALL)
_any_tag = r'<[^<>"]*(?:"[^"]*"[^<>"]*)*>'
_inline = re.compile(r'</?(?:a|code|del|em|strong)(?: [^<>"]*(?:"[^"]*"[^<>"]*)*)?>')
_block = re.compile(_any_tag)
# Joiners, what colours a face, what spells a flag, and the later parts of Korean syllables.
_extends = re.compile("[\u200d\u1160-\u11ff\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
_flag = re.compile("[\U0001f1e6-\U0001f1ff]")
_flags_before = re.compile("[\U0001f1e6-\U0001f1ff]+$")
_unfinished = re.compile(r'(?:<[^<>"]*(?:"[^"]*"[^<>"]*)*(?:"[^"]*)?|&[^;\s]{0,12})$')


class MarkupError(ValueError):
    """Markdown that is refused; the message says what to change."""

    def __init__(self, message: Message) -> None:
        super().__init__(message)
        self.message = message


def render(source: str) -> str:
    """Safe HTML for a comment's Markdown.

    Images become links (nothing foreign is loaded), headings become bold paragraphs (the page's
    outline is its author's). Raises MarkupError for text that nests or grows beyond the limits.
    """
    source = source.replace(_LESS, "").replace(_WORDS, "")
    source = _less.sub(_LESS, bare_addresses.ended(_as_words(source), html=False))
    html = comrak.render_markdown(
        source,
        extension_options=_extensions,
        parse_options=_parsing,
        render_options=_rendering,
    )
    html = bare_addresses.whole(html).replace(_LESS, "&lt;").replace(quote(_LESS), "%3C")
    html = html.replace(_WORDS, "")
    if _deepest(html) > MAX_NESTING:
        raise MarkupError(
            Message("Quotes and lists may be nested at most {max} deep.", max=MAX_NESTING)
        )
    html = _image.sub(_linked_image, _anchor.sub(_seen_link, html))
    html = _heading.sub(lambda tag: "</strong></p>" if tag[1] else "<p><strong>", html)
    html = _hidden.sub("", _dead.sub(r"\1", _cleaner.clean(html))).strip()
    if len(html.encode()) > MAX_HTML_BYTES:
        raise MarkupError(
            Message("This text becomes far too long when it is shown; please shorten it.")
        )
    return html


def _as_words(source: str) -> str:
    """A text whose lines `[name]: words` are words, but for those that say where a link of it leads."""
    if "]:" not in source:
        return source
    referred = {" ".join(name.split()).casefold() for name in _referred.findall(source)}

    def one(found: re.Match[str]) -> str:
        known = " ".join(found["name"].split()).casefold() in referred
        if known and _leads_to.match(found["rest"]):
            return found[0]
        return f"{found['before']}[{found['name']}]{_WORDS}:{found['rest']}"

    return _definition.sub(one, source)


def visible_text(html: str) -> str:
    """What is left of rendered HTML when its tags are taken away: nothing, if nothing would show."""
    text = _tag.sub("", html).strip()
    return text if characters.show(unescape(text)) else ""


def excerpt(html: str, most_chars: int = 200) -> str:
    """How a comment begins, as plain text: what its writer quotes is left out, if there is more.

    Takes HTML whose end may be missing. Cut between words where that loses little, as it does not
    in Chinese, and never within what a reader sees as one character.
    """
    html = _unfinished.sub("", html)
    own = html
    while (fewer := _quote.sub(" ", own)) != own:
        own = fewer
    text = plain(own) or plain(html)
    if len(text) <= most_chars:
        return text
    cut = most_chars - 1
    space = text.rfind(" ", 0, cut + 1)
    if space > cut * 3 // 4:
        cut = space
    else:
        while cut and _joined(text, cut):
            cut -= 1
    return f"{text[:cut].rstrip()}…"


def plain(html: str) -> str:
    """The words of rendered HTML, on one line."""
    return " ".join(unescape(_block.sub(" ", _inline.sub("", html))).split())


def _joined(text: str, at: int) -> bool:
    """Whether the character at a place belongs to the one before it: an accent, half a flag."""
    if _extends.match(text, at) or text[at - 1] == "\u200d":
        return True
    flags = _flags_before.search(text, 0, at)
    return bool(flags and len(flags[0]) % 2 and _flag.match(text, at)) or unicodedata.category(
        text[at]
    ).startswith("M")


def targets(html: str) -> list[str]:
    """Where the links of rendered HTML lead."""
    return [unquote(unescape(address)) for _, address, _ in _anchor.findall(html)]


def links(html: str) -> int:
    """How many links rendered HTML holds."""
    return len(_link.findall(html))


def _seen_link(link: re.Match[str]) -> str:
    """A link holds no other, and nobody can follow one in which nothing shows."""
    inner = _image.sub(lambda image: image[2] or image[1], link[3])
    return f"{link[1]}{inner if visible_text(inner) else link[2]}</a>"


def _linked_image(image: re.Match[str]) -> str:
    return f'<a href="{image[1]}">{image[2] or image[1]}</a>'


def _deepest(html: str) -> int:
    depth = deepest = 0
    for tag in _nest.finditer(html):
        depth += -1 if tag[1] else 1
        deepest = max(deepest, depth)
    return deepest
