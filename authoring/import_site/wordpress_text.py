"""WordPress's text: HTML of its old editor or its block editor, with shortcodes, as Markdown.

The old editor leaves out what a browser needs: an empty line begins a paragraph, and a line a line. What a
shortcode of a plugin meant nobody can tell: it stands in the text and is named.
"""

import html
import json
import re
from typing import Any

from authoring.import_site import html_text, words
from authoring.import_site.html_text import Converted

CAPTION = re.compile(r"\[caption\b[^\]]*\](?P<inner>.*?)\[/caption\]", re.DOTALL)
CODE = re.compile(
    r"\[(?P<tag>code|sourcecode|php|python|javascript|css|bash|ruby|java|html|sql)"
    r"(?P<given>(?:\s[^\]]*|=[^\]]*)?)\](?P<code>.*?)\[/(?P=tag)\]",
    re.DOTALL,
)
PRE = re.compile(
    r"<pre\b.*?</pre>|<code\b.*?</code>|<script\b.*?</script>|<style\b.*?</style>",
    re.DOTALL | re.IGNORECASE,
)
SHORTCODE = re.compile(
    r"\[(?P<end>/?)(?P<name>[a-zA-Z][\w-]*)(?P<given>(?:\s[^\]\[]*)?|=[^\]\[\s]*)/?\](?!\()"
)
GIVEN = re.compile(r"([\w-]+)=(?:\"([^\"]*)\"|'([^']*)'|(\S+))")
LANG = re.compile(r"(?:\blang(?:uage)?=|^\s*=)[\"']?(\w+)|^\s+(\w+)\s*$")
LATEX = re.compile(r"\$latex\s+(?P<tex>[^$]+?)(?:&(?:amp;)?[bsf]g?=[^$]*)?\$")
BLOCK_EDITOR = re.compile(r"<!-- wp:[a-z]")
MEDIA = {
    "audio": ("mp3", "ogg", "m4a", "wav", "src"),
    "video": ("mp4", "webm", "ogv", "m4v", "src"),
}


class Library:
    """The files that an export speaks of, by number; and those that articles have shown."""

    def __init__(self, items: list[dict[str, Any]]) -> None:
        files = [item for item in items if item.get("wp:post_type") == "attachment"]
        self.urls = {
            item.get("wp:post_id", ""): item.get("wp:attachment_url", "") for item in files
        }
        self.words = {
            item.get("wp:post_id", ""): html.unescape(
                item.get("excerpt:encoded") or item.get("title", "")
            )
            for item in files
        }
        self.below: dict[str, list[str]] = {}
        for item in files:
            self.below.setdefault(item.get("wp:post_parent", ""), []).append(
                item.get("wp:post_id", "")
            )
        self.shown: set[str] = set()

    def picture(self, number: str) -> str:
        """A picture of the library as HTML; empty where the export has no such file."""
        if not (url := self.urls.get(number, "")):
            return ""
        said = html.escape(self.words.get(number, ""))
        return f'<figure><img src="{html.escape(url)}" alt="{said}"></figure>'

    def see(self, text: str) -> None:
        """Note down which files a text shows, in whatever size."""
        plain = re.sub(r"-\d+x\d+(?=\.\w+)", "", text)
        self.shown.update(url for url in self.urls.values() if url and url in plain)


def converted(source: str, library: Library, item: dict[str, Any]) -> Converted:
    """WordPress's HTML as Markdown, and what in it has no meaning here."""
    blocks = bool(BLOCK_EDITOR.search(source))
    text = source.replace("\r\n", "\n")
    text = CODE.sub(code_block, text) if "[/" in text else text
    formulas: list[str] = []

    def formula(found: re.Match[str]) -> str:
        formulas.append(html.unescape(found["tex"]).strip())
        return f"\ue000{len(formulas) - 1}\ue001"

    unknown: set[str] = set()

    def shortcode(found: re.Match[str]) -> str:
        if found["end"]:
            return "" if found["name"] in MEDIA else found[0]
        given = {
            key: next(filter(None, values), "")
            for key, *values in GIVEN.findall(html.unescape(found["given"]))
        }
        made = meant(found["name"].lower(), given, found["given"].strip(" ="), library, item)
        if made is None:
            unknown.add(found["name"])
            return found[0]
        return made

    def change(part: str) -> str:
        part = LATEX.sub(formula, CAPTION.sub(captioned, part))
        return SHORTCODE.sub(shortcode, embedded(part))

    parts, at = [], 0
    for found in PRE.finditer(text):
        parts += [change(text[at : found.start()]), found[0]]
        at = found.end()
    text = "".join([*parts, change(text[at:])])
    picture = library.picture(item["meta"].get("_thumbnail_id", ""))
    troubles = [
        f"the shortcode [{name}] has no meaning here and stands in the text"
        for name in sorted(unknown)
    ]
    if picture and library.urls[item["meta"]["_thumbnail_id"]] not in text:
        text = f"{picture}\n\n{text}"
        troubles.append("its featured picture stands before its text")
    elif item["meta"].get("_thumbnail_id") and not picture:
        troubles.append("its featured picture is not in the export")
    library.see(text)
    made = html_text.converted(text, breaks=not blocks, footnotes=footnotes(item))
    body = re.sub(r"\ue000(\d+)\ue001", lambda found: f"${formulas[int(found[1])]}$", made.text)
    # What readers saw of it is what it said, not the names of files that a gallery has.
    seen = SHORTCODE.sub(
        lambda found: found[0] if found["name"] in unknown else " ",
        LATEX.sub(" ", CODE.sub(r" \g<code> ", source)),
    )
    read = words.of_html(seen)
    if footnotes(item):
        read += words.of_html(" ".join(footnotes(item).values()))
        read -= words.of_html(" ".join(re.findall(r"<sup data-fn.*?</sup>", source)))
    return Converted(body, read, [*troubles, *made.troubles])


def code_block(found: re.Match[str]) -> str:
    named = LANG.search(found["given"])
    lang = (
        named[1] or named[2]
        if named
        else ""
        if found["tag"] in ("code", "sourcecode")
        else found["tag"]
    )
    code = found["code"].strip("\n")
    if "<" in code or ">" in code:
        code = code.replace("<", "&lt;").replace(">", "&gt;")
    return f'\n\n<pre data-lang="{lang}">{code}</pre>\n\n'


def captioned(found: re.Match[str]) -> str:
    shown = re.search(r"(?:<a\b[^>]*>\s*)?<img\b[^>]*>(?:\s*</a>)?", found["inner"])
    if not shown:
        return found["inner"]
    words = found["inner"].replace(shown[0], "", 1).strip()
    image = re.sub(r"\stitle=([\"']).*?\1", "", shown[0])
    return f"\n\n<figure>{image}<figcaption>{words}</figcaption></figure>\n\n"


def embedded(text: str) -> str:
    return re.sub(r"\[embed[^\]]*\]\s*(\S+?)\s*\[/embed\]", r"\n\n\1\n\n", text)


def meant(
    name: str, given: dict[str, str], rest: str, library: Library, item: dict[str, Any]
) -> str | None:
    """WordPress's own shortcodes as HTML; None for those of plugins."""
    if name == "gallery":
        numbers = re.findall(r"\d+", given.get("ids") or given.get("include") or "")
        numbers = numbers or library.below.get(item.get("wp:post_id", "?"), [])
        pictures = [library.picture(number) for number in numbers]
        return "\n\n".join(pictures) if pictures and all(pictures) else None
    if name in MEDIA:
        source = next((given[key] for key in MEDIA[name] if given.get(key)), "")
        return f'\n\n<{name} src="{html.escape(source)}"></{name}>\n\n' if source else None
    if name in ("youtube", "vimeo", "tweet", "instagram", "gist", "soundcloud") and re.match(
        r"https?://\S+$", rest
    ):
        return f"\n\n{rest}\n\n"
    return "" if name in ("nextpage", "more") else None


def footnotes(item: dict[str, Any]) -> dict[str, str]:
    """The block editor's footnotes, which stand beside the text, by their names."""
    try:
        listed = json.loads(item["meta"].get("footnotes") or "[]")
        return {str(each["id"]): str(each["content"]) for each in listed}
    except (ValueError, TypeError, KeyError):
        return {}
