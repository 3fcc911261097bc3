"""Text fragments: what a link says after `#`, so that a browser finds words in a page (`#:~:text=`).

https://wicg.github.io/scroll-to-text-fragment/: a browser finds whole words only, and one that knows
nothing of it goes to the id that stands before.
"""

from urllib.parse import quote

from .passages import NEIGHBOUR_CHARACTERS, Passage

# Words of more than this are named by how they begin and how they end.
LONG_CHARS = 60
PART_CHARS = 28
# What stands beside them is cut by `passages`: as long as this, without spaces at its ends, within a word.
BESIDE_CHARS = NEIGHBOUR_CHARACTERS - 2
BESIDE_WORDS = 3


def of_note(comment_id: int, passage: Passage) -> str:
    """`at-17:~:text=…`: the id that a build gives to the place, and the words for when there is none yet."""
    return f"at-{comment_id}:~:text={directive(passage)}"


def directive(passage: Passage) -> str:
    """The words as the value of a text directive, with what stands beside them."""
    before = _beside(passage.prefix[::-1])[::-1]
    after = _beside(passage.suffix)
    parts = [
        f"{_encoded(before)}-" if before else "",
        *(_encoded(each) for each in _ends(passage.exact)),
        f"-{_encoded(after)}" if after else "",
    ]
    return ",".join(filter(None, parts))


def _ends(exact: str) -> tuple[str, ...]:
    words = exact.split()
    # Where words have no spaces between them, nobody can say here where one ends.
    if len(exact) <= LONG_CHARS or len(words) < 2 * BESIDE_WORDS:
        return (exact,)
    first, last = _as_many(words), _as_many(words[::-1])
    return (" ".join(first), " ".join(last[::-1]))


def _as_many(words: list[str]) -> list[str]:
    """As many as make a part, one at least, and not half of them."""
    taken = words[:1]
    for each in words[1 : len(words) // 2]:
        if len(" ".join((*taken, each))) > PART_CHARS:
            break
        taken.append(each)
    return taken


def _beside(text: str) -> str:
    """The nearest words of what stands beside a passage; its end is the far one, and may be cut."""
    words = text.split()
    if len(text) >= BESIDE_CHARS:
        words = words[:-1]
    return " ".join(words[:BESIDE_WORDS])


def _encoded(text: str) -> str:
    # These three separate the parts of a directive; of them `quote` leaves the first.
    return quote(text, safe="").replace("-", "%2D")
