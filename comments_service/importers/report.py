"""Report: what an import would bring, or has brought; for people, and as JSON for programs."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from comments_service.importers.spool import CIRCLE, DEEP, ELSEWHERE, MAX_DEPTH
from comments_service.importers.storing import Counts


@dataclass(frozen=True)
class Unmatched:
    """A page of which no page of this blog is known; `suggestion` is the thread that it may be."""

    source: str
    url: str
    suggestion: str = ""


@dataclass
class Report:
    format: str
    found: int = 0
    pages: int = 0
    matched: int = 0
    unmatched: list[Unmatched] = field(default_factory=list)
    empty_pages: int = 0
    # Answers that stand without what they answer, by the reason.
    apart: dict[str, list[str]] = field(default_factory=dict)
    counts: Counts = field(default_factory=Counts)
    # Where reading ended before the file did, and why.
    damaged: str = ""

    def as_json(self, most: int | None = None) -> dict[str, Any]:
        """For programs: all, or of each list so much and how long it is."""
        counts = self.counts
        shown: dict[str, Any] = {
            "format": self.format,
            "threads": {
                "found": self.pages,
                "matched": self.matched,
                "unmatched": [
                    {"source": each.source, "url": each.url, "suggestion": each.suggestion}
                    for each in self.unmatched[:most]
                ],
            },
            "comments": {
                "found": self.found,
                "new": counts.new,
                "known": counts.known,
                "changed": 0,
                "skipped": [
                    {"where": each.where, "why": each.why} for each in counts.skipped[:most]
                ],
            },
            "replies": counts.replies,
            "depth": counts.depth,
            "states": dict(sorted(counts.states.items())),
            "undated": counts.undated,
            "apart": {why: numbers[:most] for why, numbers in self.apart.items()},
            "damaged": self.damaged,
        }
        if most is not None:
            shown["lengths"] = {
                "unmatched": len(self.unmatched),
                "skipped": len(counts.skipped),
                "apart": {why: len(numbers) for why, numbers in self.apart.items()},
            }
        return shown

    def lines(self, *, applied: bool, most: int = 20) -> Iterator[str]:
        """For people; of long lists the beginning."""
        counts = self.counts
        yield f"{self.format}: {_counted(self.found, 'comment')} on {_counted(self.pages, 'page')}."
        words = {
            "published": "published",
            "pending": "waiting",
            "rejected": "spam",
            "deleted": "deleted",
        }
        states = ", ".join(
            f"{number:,} {words[name]}" for name, number in sorted(counts.states.items())
        )
        if states:
            yield f"  {states}; {counts.replies:,} are answers, the deepest on level {counts.depth + 1}."
        yield f"  {'Taken over' if applied else 'New'}: {counts.new:,}. Here already, and left as they are: {counts.known:,}."
        if not self.found:
            yield "  The file holds no comments. If that is wrong, export it again with all that it can hold, or say by --from which system wrote it."
        if counts.undated:
            yield f"  Without a date, and put beside what they answer: {counts.undated:,}."
        for why, because in (
            (ELSEWHERE, "what they answer is on another page"),
            (CIRCLE, "they answer each other in a circle"),
            (DEEP, f"the chain of answers is longer than {MAX_DEPTH:,}"),
        ):
            if numbers := self.apart.get(why):
                yield f"  Answers shown without what they answer, since {because}: {len(numbers):,}."
        yield f"  Known in this blog: {_counted(self.matched, 'page')}."
        if self.unmatched:
            yield (
                f"  Not known here: {_counted(len(self.unmatched), 'page')}. Their comments are kept, and shown once"
                " you say which page they belong to (--map OLD NEW, or in the dashboard)."
            )
            for each in self.unmatched[:most]:
                hint = f"  perhaps {each.suggestion}: --map {each.url or each.source} {each.suggestion}"
                yield f"    {each.url or each.source}{hint if each.suggestion else ''}"
            yield from _more(len(self.unmatched), most)
        if counts.skipped:
            yield f"  Left out: {len(counts.skipped):,}."
            for skipped in counts.skipped[:most]:
                yield f"    {skipped.where}: {skipped.why}"
            yield from _more(len(counts.skipped), most)


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _more(number: int, most: int) -> Iterator[str]:
    if number > most:
        yield f"    … and {number - most:,} more; --report FILE.json names all."
