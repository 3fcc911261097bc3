"""Policy: what of an export's HTML does not become Markdown, since no page would run or show it.

What stays in a text and would be kept from readers all the same, `plugins/markdown/blocked` knows.
"""

from bs4.element import Tag

SCRIPT = (
    "{what} does not run here, and was left out; a file for the whole blog is named in EXTRA_JS"
)
HANDLER = "{what} does not run here, and was left out"
STYLE = (
    "{what} has no effect here, and was left out; a file for the whole blog is named in EXTRA_CSS"
)
FRAME = "the player of {what} became a link"
FORM = "a form that sends to {what} was left out but for its words. Link to the page that has it"


def of_element(node: Tag) -> list[str]:
    """What of an element is left behind; its looks were a theme's, and go without a word."""
    given = {
        str(key).lower(): " ".join(value) if isinstance(value, list) else str(value or "")
        for key, value in node.attrs.items()
    }
    source = given.get("src") or given.get("data") or ""
    said = [HANDLER.format(what=f'{key}="…" of <{node.name}>') for key in given if key[:2] == "on"]
    if node.name == "script" and given.get("type") not in ("application/ld+json", "math/tex"):
        said.append(
            SCRIPT.format(what=f"the script {source}" if source else "a script in the text")
        )
    elif node.name in ("style", "link"):
        said.append(STYLE.format(what="a style sheet in the text"))
    elif node.name in ("iframe", "embed", "object", "frame") and source:
        said.append(FRAME.format(what=source))
    elif node.name == "form":
        said.append(FORM.format(what=given.get("action") or "this page"))
    return said
