"""Postprocess: finishes the HTML that a Markdown parser wrote, where file and language are known.

Formulas become MathML, code is coloured, notes get a title in the language of their page, an image
alone with a title becomes a figure with a caption, and the boxes of task lists say what they mean.
It reads neutral HTML (what `commonmark` writes, and other parsers as far as they write the same), so
that a site may use any reader:

    <span data-math-style="inline">x^2</span>
    <pre><code class="language-python" data-meta="title=&quot;app.py&quot; hl_lines=&quot;2 4-5&quot;">…
    <aside class="note note-tip" role="note"><p class="note-title"></p>…
    <p><img src="…" alt="…" title="The caption"></p>
    <li><input type="checkbox" disabled> …

There is no script in what it writes and no style attribute. A formula that cannot be set stops the
build; a language that Pygments does not know is a warning. Both name file, line and remedy.

Settings: NOTE_TITLES ({"fr": {"tip": "Conseil"}}; where a site has words of its own), MATH_MACROS (what
a command stands for, by its name).
"""

import contextlib
import re
import sys
from collections.abc import Iterator
from functools import cached_property, partial
from html import escape, unescape
from importlib.metadata import version
from itertools import starmap
from pathlib import Path
from typing import Any, NamedTuple

import pygments
from math_core import LatexError, LatexToMathML
from pelican import readers, signals

from plugins import problems
from plugins.gettext import Said, gettext_of
from plugins.incremental import saved_page
from plugins.site import Article, Generator, Problem, as_typed

from . import footnotes, foreign, frontmatter, highlight, reader, tags

TRANSLATIONS = Path(__file__).parents[1] / "translations"
KINDS = ("note", "tip", "important", "warning", "caution")
# Words that other generators have for the same five.
SAME = {
    "info": "note",
    "hint": "tip",
    "attention": "warning",
    "danger": "caution",
    "error": "caution",
}

FORMULA = re.compile(r'<span data-math-style="(?P<style>inline|display)">(?P<tex>[^<]*)</span>')
ALONE = re.compile(r'<p>(<math display="block">.*?</math>)</p>', re.DOTALL)
CODE = re.compile(
    r'<pre><code(?: class="language-(?P<language>[^"]*)")?(?: data-meta="(?P<meta>[^"]*)")?>'
    r"(?P<code>[^<]*)</code></pre>"
)
META = re.compile(r"""(?P<key>[\w-]+)=(?:"(?P<a>[^"]*)"|'(?P<b>[^']*)'|(?P<c>\S+))""")
LINES = re.compile(r"(\d+)(?:-(\d+))?")
NOTE = re.compile(
    r'<aside class="note note-(?P<kind>[^"]+)" role="note">\s*<p class="note-title">(?P<title></p>)?'
)
ATTRIBUTES = r"""(?:[^>"']|"[^"]*"|'[^']*')*"""
FIGURE = re.compile(
    rf"<p>\s*(?P<open><a\b{ATTRIBUTES}>)?\s*(?P<image><img\b{ATTRIBUTES}>)\s*(?P<close></a>)?\s*</p>"
)
TITLE = re.compile(r'\s*\btitle="(?P<words>[^"]*)"')
BOX = re.compile(r'<li>(?P<p>\s*<p>)?<input (?P<given>[^>]*type="checkbox"[^>]*)>')
CELL = re.compile(r'<(t[hd]) align="(left|center|right)">')
# What Pelican's manual teaches, and Python-Markdown's codehilite reads: a language on the first line of code.
FIRST_LINE = re.compile(
    r"(?P<further>[ ]{0,3})(?:::+|(?P<shebang>#!))(?P<path>(?:/\w+)*[/ ])?(?P<language>[\w#.+-]+)[ \t]*(?P<meta>hl_lines=.*)?(?:\n|\Z)"
)
# Chinese and Japanese have no spaces between their words: a line's end would be shown as one.
IDEOGRAPH = "\u3001-\u303f\u3041-\u30ff\u3105-\u312f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff01-\uff60\U00020000-\U0003ffff"
BESIDE = f"{IDEOGRAPH}\u2014\u2018\u2019\u201c\u201d\u2026"
WITHIN = r"(?:</?(?:a|abbr|b|cite|del|em|i|ins|mark|q|s|small|span|strong|u)\b[^<>]*>)*"
LINES_END = re.compile(
    rf"(?P<pre><(?P<tag>pre|script|style|textarea)\b.*?</(?P=tag)>)"
    rf"|(?P<one>[{IDEOGRAPH}]{WITHIN})\n(?={WITHIN}[{BESIDE}])"
    rf"|(?P<two>[{BESIDE}]{WITHIN})\n(?={WITHIN}[{IDEOGRAPH}])",
    re.DOTALL,
)
# What stands before the language of code.
FENCE = r"(?:`{3,}|~{3,}|:::?|#!)[ {.]*"
STYLE = re.compile(r' style="(?P<style>[^"]*)"')
BOXED = re.compile(r'<menclose notation="box">(.*?)</menclose>', re.DOTALL)

# Declarations that math-core writes into style attributes, as classes of the theme's style sheet.
DECLARED = {
    "text-align:left": "math-start",
    "text-align:right": "math-end",
    "width:50%": "math-fill",
    "width:100%": "math-wide",
    "padding-left:1em": "math-apart",
}


def titles(lang: str, more: dict[str, dict[str, str]]) -> dict[str, Said]:
    """The titles of a language, English where it has none; a site's own come first."""
    _, _ngettext = gettext_of(TRANSLATIONS, lang.lower())
    own = {**more.get(lang.lower().split("-")[0], {}), **more.get(lang.lower(), {})}
    return {
        "note": _("Note"),
        "tip": _("Tip"),
        "important": _("Important"),
        "warning": _("Warning"),
        "caution": _("Caution"),
        "done": _("done"),
        "open": _("to do"),
        **{kind: Said.of(title, {}) for kind, title in own.items()},
    }


def without_styles(mathml: str) -> str:
    """MathML for a page whose policy forbids style attributes: colours as attributes, the rest as
    classes; what is only a nicety of spacing is left out.
    """

    def instead(found: re.Match[str]) -> str:
        classes, colour = [], ""
        for declaration in found["style"].split(";"):
            plain = declaration.replace(" ", "")
            if plain.startswith("color:"):
                colour = f' mathcolor="{plain.removeprefix("color:")}"'
            elif plain in DECLARED:
                classes.append(DECLARED[plain])
            elif plain.startswith("border-"):
                classes.append(f"math-{plain.partition(':')[0]}")
        return (f' class="{" ".join(classes)}"' if classes else "") + colour

    return BOXED.sub(r'<mrow class="math-box">\1</mrow>', STYLE.sub(instead, mathml))


def line_numbers(text: str, last: int) -> list[int]:
    """`2 4-5` as numbers; raises ValueError for what names no line of the code."""
    numbers: list[int] = []
    for part in re.split(r"[\s,]+", text.strip()):
        found = LINES.fullmatch(part)
        if not found:
            raise ValueError(part)
        first, end = int(found[1]), int(found[2] or found[1])
        if not 1 <= first <= end <= last:
            raise ValueError(part)
        numbers += range(first, end + 1)
    return numbers


class Remark(NamedTuple):
    """What there is to say of a text; `at` are words of it that tell the line, `of_code` where code begins."""

    at: str
    text: str
    stops: bool = False
    of_code: bool = False


class Finishing:
    """Texts of one site on their way to its pages, and what there is to say of them."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.remarks: list[Remark] = []

    @cached_property
    def formulas(self) -> LatexToMathML:
        macros = self.settings.get("MATH_MACROS") or None
        return LatexToMathML(macros=macros, fancy_error=False)

    def warn(self, at: str, text: str) -> None:
        self.remarks.append(Remark(at, text))

    def finish(self, html: str) -> str:
        """All that is the same in every language."""
        html, said = tags.whole(html)
        self.remarks += starmap(Remark, said)
        if "data-math-style" in html:
            html = ALONE.sub(r'<div class="math">\1</div>', FORMULA.sub(self.formula, html))
        if "<pre><code" in html:
            html = CODE.sub(self.code, html)
        if "title=" in html:
            html = FIGURE.sub(self.figure, html)
        if "align=" in html:
            # What Markdown writes is no HTML any more, and a style attribute is no choice either.
            html = CELL.sub(r'<\1 class="to-\2">', html)
        if not html.isascii():
            html = LINES_END.sub(lambda found: found["pre"] or found["one"] or found["two"], html)
        return html

    def speak(self, html: str, lang: str) -> str:
        """The words that a page's own language has for notes and tasks."""
        if 'role="note"' not in html and 'type="checkbox"' not in html:
            return html
        known = titles(lang, self.settings.get("NOTE_TITLES", {}))
        return BOX.sub(partial(self.box, known), NOTE.sub(partial(self.note, known), html))

    def formula(self, found: re.Match[str]) -> str:
        tex = unescape(found["tex"])
        try:
            display = found["style"] == "display"
            mathml = self.formulas.convert_with_local_state(tex, displaystyle=display)
        except LatexError as error:
            reason = " ".join(str(error).split()).removeprefix("Error: ")
            text = (
                f"The formula {' '.join(tex.split())} cannot be set: {reason} Correct it, or"
                r" write \$ where a dollar is meant."
            )
            self.remarks.append(Remark(tex, text, stops=True))
            return found[0]
        return without_styles(mathml)

    def code(self, found: re.Match[str]) -> str:
        language, code = unescape(found["language"] or ""), unescape(found["code"])
        meta = {
            part["key"]: part["a"] or part["b"] or part["c"] or ""
            for part in META.finditer(unescape(found["meta"] or ""))
        }
        if not language and (first := FIRST_LINE.match(code)):
            language, code, meta = self.first_line(first, code, meta)
        for key in meta.keys() - {"title", "hl_lines"}:
            self.warn(
                f"{key}=", f'Code has no "{key}". What it may have is title="…" and hl_lines="…".'
            )
        marked: list[int] = []
        if lines := meta.get("hl_lines"):
            try:
                marked = line_numbers(lines, code.count("\n"))
            except ValueError as error:
                self.warn(
                    lines,
                    f'hl_lines="{lines}": "{error}" names no line of this code. Write line numbers'
                    ' such as "2 4-5", counted from 1.',
                )
        shown = self.coloured(language, code, marked)
        block = f'<div class="highlight"><pre><code>{shown}</code></pre></div>'
        if not meta.get("title"):
            return block
        name = escape(meta["title"])
        return f'<figure class="code"><figcaption>{name}</figcaption>{block}</figure>'

    def first_line(
        self, found: re.Match[str], code: str, meta: dict[str, str]
    ) -> tuple[str, str, dict[str, str]]:
        """The language that the first line of code names; the line goes, where it is no part of the code."""
        language = found["language"]
        if found["shebang"] and not highlight.is_known(language):
            return "", code, meta
        if lines := META.match(found["meta"] or ""):
            meta = {**meta, "hl_lines": lines["a"] or lines["b"] or lines["c"] or ""}
        is_a_path = (found["path"] or "").startswith("/")
        # In a list, what is further in than CommonMark asks belongs to no line of the code.
        code = code if is_a_path else code[found.end() :]
        return language, re.sub(rf"(?m)^ {{0,{len(found['further'])}}}", "", code), meta

    def coloured(self, language: str, code: str, marked: list[int]) -> str:
        try:
            return highlight.coloured(language, code, tuple(marked))
        except highlight.UnknownLanguage:
            self.remarks.append(Remark(language, self.unknown(language), of_code=True))
            return highlight.coloured("", code, tuple(marked))

    def unknown(self, language: str) -> str:
        close = highlight.suggestion(language)
        meant = f"Did you mean {close}?" if close else "Write text, or nothing."
        return (
            f"The language {language} of this code is not known, so it is shown without colours."
            f" {meant} `pygmentize -L lexers` lists the names."
        )

    def note(self, known: dict[str, Said], found: re.Match[str]) -> str:
        kind = found["kind"].lower()
        one = SAME.get(kind, kind)
        if one not in KINDS:
            self.warn(kind, f"There is no note of the kind {kind}. Write {', '.join(KINDS)}.")
            one = "note"
        start = f'<aside class="note note-{one}" role="note">\n<p class="note-title">'
        return start + (f"{known[one]}</p>" if found["title"] else "")

    def figure(self, found: re.Match[str]) -> str:
        title = TITLE.search(found["image"])
        if not title or bool(found["open"]) != bool(found["close"]):
            return found[0]
        image = found["image"].replace(title[0], "")
        return (
            f"<figure>\n{found['open'] or ''}{image}{found['close'] or ''}\n"
            f"<figcaption>{title['words']}</figcaption>\n</figure>"
        )

    def box(self, known: dict[str, Said], found: re.Match[str]) -> str:
        done = "checked" in found["given"]
        name, sign = ("done", "☑") if done else ("open", "☐")
        says = known[name].plain
        return (
            f'<li class="task task-{name}">{found["p"] or ""}'
            f'<span class="box" role="img" aria-label="{says}">{sign}</span>'
        )


# --- What the reader asks, before it keeps a text -------------------------------------------------


def depends_on(settings: dict[str, Any]) -> list[Any]:
    """All that a finished text depends on, besides itself."""
    return [pygments.__version__, version("math-core"), settings.get("MATH_MACROS")]


def of_signs(typed: str, html: str) -> Iterator[Remark]:
    """What there is to say of signs in a text that became nothing but words."""
    yield from starmap(Remark, footnotes.unmatched(typed, html))
    yield from starmap(Remark, foreign.shown(typed, partial(footnotes.words, html)))


def finished(html: str, settings: dict[str, Any], typed: str) -> tuple[str, list[Any]]:
    """A text as far as it is the same in every language, and what to say of it."""
    finishing = Finishing(settings)
    finishing.remarks += of_signs(typed, html)
    return finishing.finish(html), finishing.remarks


def tell(source: str, settings: dict[str, Any], remarks: list[Any]) -> None:
    """Warn of what is shown all the same; note down what has to stop the build."""
    name = as_typed(source)
    text, body = "", 0
    with contextlib.suppress(OSError, frontmatter.Unreadable):
        text = frontmatter.normal(Path(source).read_text(encoding="utf-8", errors="replace"))
        body = len(text) - len(frontmatter.split(text).body)
    behind: dict[str, int] = {}
    for remark in starmap(Remark, remarks):
        wanted = next((line.strip() for line in remark.at.splitlines() if line.strip()), "")
        words = re.compile((FENCE if remark.of_code else "") + re.escape(wanted))
        # Each behind the one before it; what a text does not have stands in its front matter.
        found = words.search(text, behind.get(wanted, body)) or words.search(text)
        behind[wanted] = found.end() if found else body
        line = text.count("\n", 0, found.end()) + 1 if found else 1
        if remark.stops:
            problems.refuse(settings, Problem(name, line, remark.text))
        else:
            problems.warn(settings, f"{name}:{line}: {remark.text}")


# --- What Pelican tells ---------------------------------------------------------------------------


def finish(content: Article) -> None:
    """Every article and page, as soon as it has been read, by whatever reader."""
    if not isinstance(content._content, str):
        return
    finishing = Finishing(content.settings)

    def done(html: str) -> str:
        html = html if isinstance(html, reader.Finished) else finishing.finish(html)
        return finishing.speak(html, content.lang)

    if not isinstance(content._content, reader.Finished):
        finishing.remarks += signs_of(content)
    content._content = done(content._content)
    if isinstance(content.metadata.get("summary"), str):
        # Pelican writes the one over the other later on.
        content._summary = content.metadata["summary"] = done(content.metadata["summary"])
    if finishing.remarks:
        tell(content.source_path or "", content.settings, finishing.remarks)


def signs_of(content: Article) -> Iterator[Remark]:
    """What there is to say of the signs of a text that another reader of Markdown has read."""
    path = Path(content.source_path or "")
    if path.suffix[1:] not in readers.MarkdownReader.file_extensions:
        return
    with contextlib.suppress(OSError, frontmatter.Unreadable):
        fields, body = frontmatter.split(path.read_text(encoding="utf-8", errors="replace"))
        yield from of_signs(body, content._content)
        for name in fields.keys() & set(content.settings["FORMATTED_FIELDS"]):
            html = str(content.metadata.get(name, ""))
            yield from of_signs("\n".join(fields[name]), html)


def again(content: Article, generators: list[Generator]) -> None:
    """What is wrong with one text that was saved since."""
    problems.stop(content.settings)


def register() -> None:
    problems.listen()
    reader.finishers.append(sys.modules[__name__])
    signals.content_object_init.connect(finish)
    saved_page.again.connect(again)
