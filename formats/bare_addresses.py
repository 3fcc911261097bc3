"""Bare addresses: where an address in a text ends, in scripts whose punctuation is not that of ASCII.

GitHub's rule, which the parser follows, knows the signs of ASCII alone: in Chinese and Japanese, where no space
follows an address, it would take the rest of the sentence, the next address included, for a part of it. So
a space and a sign that no text has a use for are put where an address ends, and taken out of the HTML again.
The articles' reader and the comments' both do. The sign alone keeps what stands within a link in HTML from becoming
a link in the link.
"""

import re
from urllib.parse import quote

# A noncharacter of Unicode, kept for a program's own use.
SIGN = "\ufdd7"
END = f" {SIGN}"
QUOTED = quote(SIGN)
WIDE = "\u060c\u061b\u061f\u06d4\u0964\u0965\u3000-\u3002\u3008-\u3011\u3014-\u301c\uff01\uff08\uff09\uff0c\uff0e\uff1a\uff1b\uff1f\uff3b\uff3d\uff5b\uff5d-\uff64\u2014\u2018\u2019\u201c\u201d\u2026"
# Not what Markdown or HTML has between signs of its own.
ADDRESS = re.compile(
    rf"(?<!\]\()(?<!\]: )(?<![A-Za-z0-9<\"'=/])((?:https?://|ftp://|www\.)[^\s<>{WIDE}]+)(?=[{WIDE}])",
    re.IGNORECASE,
)


# Before a sign behind a backslash as well; not what Markdown has between signs of its own, or before them.
BEFORE_A_TAG = re.compile(
    r"(?<!\]\()(?:(?<!<)|(?<=\\<))((?:https?://|ftp://|www\.)[^\s<>\"\\]+)(?<!\]\()(?<!\]:)"
    r"(?=[<\"]|\\[<>\"])",
    re.IGNORECASE,
)
# A link that is written in HTML, up to its end or that of the paragraph, and what the parser would make a link of.
LINK = re.compile(r"<a\s[^<>]*+>(?:[^<\n]|<(?!/?a[\s>])|\n(?!\s*\n))*+</a>", re.IGNORECASE)
IN_A_LINK = re.compile(
    r"(?<!\]\()(?<![\"'=<])\b(?:(?:https?|ftp):(?=//)|www(?=\.))|\w(?=@\w)", re.IGNORECASE
)


# `[name]: <address>` is words to the parser where the text ends with it.
LAST = re.compile(r"\]:[ \t]*<[^<>\n]*>[ \t]*\Z")


def ended(text: str, html: bool = True) -> str:
    """A text for the parser, with the end of each bare address marked, and of a definition in its last line.

    Without `html`, what looks like a tag is text, and ends an address as well.
    """
    if LAST.search(text):
        text += "\n"
    if not ("://" in text or "www." in text or "@" in text):
        return text
    text = text.replace(SIGN, "")
    if html and LINK.search(text):
        text = LINK.sub(lambda link: IN_A_LINK.sub(rf"\g<0>{SIGN}", link[0]), text)
    elif not html and "<" in text:
        text = BEFORE_A_TAG.sub(rf"\1{END}", text)
    return text if text.isascii() else ADDRESS.sub(rf"\1{END}", text)


def whole(html: str) -> str:
    """The HTML without those marks, also where the parser took one into an address."""
    if QUOTED in html:
        html = html.replace(f"%20{QUOTED}", "").replace(QUOTED, "")
    return html.replace(END, "").replace(SIGN, "") if SIGN in html else html
