"""Finish: what the native parser wrote becomes the neutral HTML that everything behind it knows.

Each pattern has a tag or one of `signs` in it, which the parser writes in no other place: nothing is
found within code, where `<` is `&lt;`. Each step is taken only where a quick look finds it needed,
and in a time that is proportional to the text. Attributes in braces are `attributes`' work.
"""

import re
from html import escape, unescape
from urllib.parse import unquote

from plugins.site import bare

from . import attributes, signs
from .source import Prepared

IMAGE = re.compile(r'<img src="[^"]*" alt="[^"]*"(?: title="[^"]*")? />')
# Only code of which more is said than one word.
CODE = re.compile(
    r'<pre><code(?: data-meta="(?P<before>[^"]*)" class="language-(?P<last>[^"]*)"'
    r'| class="language-(?P<first>[^"]*)" data-meta="(?P<after>[^"]*)"'
    r'| class="language-(?P<only>[{.][^"]*|[^"=]*=[^"]*)")>'
)
FORMULA = re.compile(
    rf'<pre><code class="language-(?:{signs.FORMULA}|math" data-math-style="display)">([^<]*)</code></pre>'
)
# As GitHub and GitLab have it: $`a_b`$.
TICKED = re.compile(r'(?<=<span data-math-style="inline">)`([^<`]+)`(?=</span>)')
# Pelican's `{filename}` and its like, whose braces an address cannot have.
INDICATOR = re.compile(r'="%7(?:B(\w+)%7D|C(\w+)%7C)((?:&#?\w+;|[^"?#])*)')
BOX = re.compile(r'<li><input type="checkbox"( checked="")? disabled=""> (\n<p>)?')

# Footnotes as Python-Markdown writes them: `reading` and the theme know them by their classes.
FOOTNOTES = '<section class="footnotes" data-footnotes>\n<ol>\n'
REFERENCE = re.compile(
    r'<sup class="footnote-ref"><a href="#fn-(?P<name>[^"]*)" id="fnref-(?P=name)(?:-(?P<time>\d+))?"'
    r" data-footnote-ref>(?P<number>\d+)</a></sup>"
)
FOOTNOTE = re.compile(r'<li id="fn-([^"]*)">')
BACK = re.compile(
    r' ?<a href="#fnref-(?P<name>[^"]*)" class="footnote-backref" data-footnote-backref'
    r' data-footnote-backref-idx="\d+(?:-(?P<time>\d+))?" aria-label="[^"]*">↩(?:<sup[^>]*>\d+</sup>)?</a>'
)
BACK_ALONE = re.compile(r"^((?:&#160;<a class=\"footnote-backref\"[^>]*>&#8617;</a>)+)$", re.M)
PLACE = "<p>///Footnotes Go Here///</p>\n"

HEADING = re.compile(r"<h(?P<level>[1-6])>(?P<inner>(?:[^<]++|<(?!/h))*+)</h(?P=level)>")
ID = re.compile(r' id="([^"]+)"')
NOT_IN_AN_ID = re.compile(r"[^\w\s-]")
BETWEEN = re.compile(r"[-\s]+")
CONTENTS = "<p>[TOC]</p>"

QUOTATION = re.compile(
    r"<blockquote>(?:\n<p>\[!(?P<kind>\w+)\](?:[+-](?=\s|</p>))?(?P<title>.*?)</p>)?|</blockquote>",
    re.DOTALL,
)
TERMS = re.compile(r"<dt>(.*?)</dt>", re.DOTALL)
TIGHT = re.compile(rf"<dd>\n<p>{signs.TIGHT}(.*?)</p>(\n</dd>)?", re.DOTALL)
WORDS = re.compile(rf"<p>{signs.LINE}(.*?)</p>", re.DOTALL)
# Elements in which a word is not meant to be read as one.
LITERAL = "code|pre|script|style|textarea|kbd|samp"


def finish(html: str, prepared: Prepared) -> str:
    if " />" in html:
        html = void(html, " />" in prepared.text)
    if signs.FORMULA in html or 'data-math-style="' in html:
        html = TICKED.sub(r"\1", FORMULA.sub(block_formula, html))
    if "<pre><code " in html:
        html = CODE.sub(code, html)
    if '="%7' in html:
        html = INDICATOR.sub(
            lambda found: f'="{{{found[1] or found[2]}}}{as_written(found[3])}', html
        )
    if 'type="checkbox"' in html:
        html = BOX.sub(box, html)
    if html.endswith("</section>\n"):
        html = footnotes(html)
    if prepared.spans:
        html = WORDS.sub(r"\1", html)
    if prepared.definitions:
        html = TIGHT.sub(definition, TERMS.sub(terms, html))
    if prepared.notes:
        html = notes(html)
    if "{" in html:
        html = attributes.assigned(html)
    if "<h" in html:
        html = headings(html)
    elif CONTENTS in html:
        html = html.replace(CONTENTS, contents([]))
    if prepared.abbreviations:
        html = abbreviated(html, prepared.abbreviations)
    return signs.resolved(html, prepared.signs) if prepared.signs else html


def void(html: str, typed: bool) -> str:
    """Empty elements as HTML has them; what the author has typed in another way remains."""
    if not typed:
        return html.replace(" />", ">")
    html = html.replace("<br />", "<br>").replace("<hr />", "<hr>")
    html = html.replace('disabled="" />', 'disabled="">')
    return IMAGE.sub(lambda found: f"{found[0][:-3]}>", html)


# --- Code, formulas, addresses, tasks -------------------------------------------------------------


def language_and_meta(info: str) -> tuple[str, str]:
    """What stands behind the first three backticks: a language, and what else is said of the code."""
    info = info.strip()
    if info.startswith("{") and info.endswith("}"):
        info = info[1:-1].strip()
    language, _, meta = info.partition(" ")
    if "=" in language:
        language, meta = "", info
    return language.removeprefix("."), meta.strip()


def code(found: re.Match[str]) -> str:
    """The parser writes both attributes in any order, and takes the first word for the language."""
    words = (
        found["only"] or f"{found['first'] or found['last']} {found['after'] or found['before']}"
    )
    language, meta = language_and_meta(unescape(words))
    named = f' class="language-{escape(language)}"' if language else ""
    more = f' data-meta="{escape(meta)}"' if meta else ""
    return f"<pre><code{named}{more}>"


def as_written(name: str) -> str:
    """The name of a file or a tag, as it is in its folder; the parser writes an address. What would begin
    another part of that remains. (Pelican takes what stands here for a name, `&` and all.)
    """
    for sign in ("%23", "%3F", "%3f"):
        name = name.replace(sign, f"%25{sign[1:]}")
    return escape(unquote(unescape(name)), quote=False).replace("&amp;", "&").replace('"', "&quot;")


def block_formula(found: re.Match[str]) -> str:
    tex = found[1].strip().replace("&quot;", '"')
    return f'<p><span data-math-style="display">{tex}</span></p>'


def box(found: re.Match[str]) -> str:
    done = " checked" if found[1] else ""
    return f'<li>{found[2] or ""}<input type="checkbox"{done} disabled> '


# --- Footnotes ------------------------------------------------------------------------------------


def footnotes(html: str) -> str:
    def name(found: re.Match[str]) -> tuple[str, str]:
        time = found["time"] or ""
        return escape(unquote(found["name"])), time

    def reference(found: re.Match[str]) -> str:
        its, time = name(found)
        link = f'<a class="footnote-ref" href="#fn:{its}">{found["number"]}</a>'
        return f'<sup id="fnref{time}:{its}">{link}</sup>'

    def back(found: re.Match[str]) -> str:
        its, time = name(found)
        its = its.removesuffix(f"-{time}") if time else its
        space = "" if time else "&#160;"
        return f'{space}<a class="footnote-backref" href="#fnref{time}:{its}">&#8617;</a>'

    html = REFERENCE.sub(reference, html)
    text, found, below = html.rpartition(FOOTNOTES)
    if not found:
        return html
    below = FOOTNOTE.sub(lambda found: f'<li id="fn:{escape(unquote(found[1]))}">', below)
    below = BACK_ALONE.sub(lambda found: f"<p>{found[1][6:]}</p>", BACK.sub(back, below))
    below = f'<div class="footnote">\n<hr>\n<ol>\n{below.replace("</section>", "</div>")}'
    return text.replace(PLACE, below, 1) if PLACE in text else text + below


# --- Notes, definitions, abbreviations ------------------------------------------------------------


def notes(html: str) -> str:
    """Quotations that begin with `[!KIND]` become notes, also those within others."""
    ends: list[str] = []

    def instead(found: re.Match[str]) -> str:
        if found[0][1] == "/":
            return ends.pop() if ends else found[0]
        if not found["kind"]:
            ends.append("</blockquote>")
            return found[0]
        ends.append("</aside>")
        title = found["title"].strip()
        shown = "" if title == signs.UNTITLED else f'\n<p class="note-title">{title}</p>'
        return f'<aside class="note note-{found["kind"].lower()}" role="note">{shown}'

    return QUOTATION.sub(instead, html)


def terms(found: re.Match[str]) -> str:
    """Each line above a definition is a term of its own."""
    return "\n".join(f"<dt>{line}</dt>" for line in found[1].split("\n"))


def definition(found: re.Match[str]) -> str:
    """What stands directly below its term, and has nothing below it, is no paragraph."""
    return f"<dd>{found[1]}</dd>" if found[2] else found[0]


def abbreviated(html: str, known: dict[str, str]) -> str:
    shorts = "|".join(re.escape(short) for short in sorted(known, key=len, reverse=True))
    pattern = re.compile(
        rf"<(?P<end>/?)(?P<literal>{LITERAL}|span data-math-style)?[^<>]*>|\b(?P<short>{shorts})\b"
    )
    within = ""

    def instead(found: re.Match[str]) -> str:
        nonlocal within
        if found["short"]:
            long = known[found["short"]]
            if within or not long:
                return found[0]
            return f'<abbr title="{escape(long)}">{found[0]}</abbr>'
        tag = (found["literal"] or "").partition(" ")[0]
        if not within and not found["end"]:
            within = tag
        elif within and found[0].startswith(f"</{within}"):
            within = ""
        return found[0]

    return pattern.sub(instead, html)


# --- Headings and contents ------------------------------------------------------------------------


def headings(html: str) -> str:
    """Give each heading that has no attributes an id, and `[TOC]` the list of them.

    The parser could make ids as well; thousands of equal headings would take it minutes.
    """
    found = [(each, *attributes.of_heading(each["inner"])) for each in HEADING.finditer(html)]
    used = {*ID.findall(html), *(its["id"] or "" for _, _, its in found if "id" in its)}
    counts: dict[str, int] = {}
    listed, out, last = [], [], 0
    for each, inner, its in found:
        level, name = each["level"], title(inner)
        label: str | None = ""
        more = ""
        given = its.pop("id", None) or unique(slug(name), used, counts)
        if its:
            label = its.pop("data-toc-label", None)
            more = attributes.written(its)
        out.append(html[last : each.start()])
        out.append(f'<h{level} id="{escape(given)}"{more}>{inner}</h{level}>')
        last = each.end()
        listed.append((int(level), given, escape(label, quote=False) if label else name))
    out.append(html[last:])
    html = "".join(out)
    return html.replace(CONTENTS, contents(listed)) if CONTENTS in html else html


def title(inner: str) -> str:
    """The words of a heading, without those that lead to its notes."""
    if "<" in inner:
        inner = bare(re.sub(r'<sup id="fnref.*?</sup>', "", inner))
    return " ".join(inner.split())


def slug(name: str) -> str:
    words = unescape(name) if "&" in name else name
    return BETWEEN.sub("-", NOT_IN_AN_ID.sub("", words).strip().lower())


def unique(name: str, used: set[str], counts: dict[str, int]) -> str:
    """The name, or the name with the first number behind it that nobody has."""
    if not name or name in used:
        base, _, end = name.rpartition("_")
        base, number = (base, int(end)) if base and end.isdecimal() else (name, 0)
        number = max(number, counts.get(base, 0)) + 1
        while f"{base}_{number}" in used:
            number += 1
        counts[base] = number
        name = f"{base}_{number}"
    used.add(name)
    return name


def contents(listed: list[tuple[int, str, str]]) -> str:
    """The headings as lists in lists, each below the nearest one above it that is greater."""
    out, open_levels = ['<div class="toc">\n<ul>'], [0]
    first = True
    for level, name, words in listed:
        if not first and level > open_levels[-1]:
            out.append("<ul>")
            open_levels.append(level)
        else:
            while len(open_levels) > 1 and level <= open_levels[-2]:
                out.append("</li>\n</ul>")
                open_levels.pop()
            out.append("" if first else "</li>")
            open_levels[-1] = level
        out.append(f'\n<li><a href="#{escape(name)}">{words}</a>')
        first = False
    out.append("" if first else "</li>")
    out.append("\n</ul>\n</li>" * (len(open_levels) - 1))
    return "".join([*out, "\n</ul>\n</div>"])
