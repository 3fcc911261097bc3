"""Share a draft: a line in its front matter that lets the build give it an address nobody can guess, and its end.

What the line means says `plugins/comments/shared`. A file is changed only where its front matter, read again,
says what it said before and this line. The key from which addresses are made is in `.env`, never in
the blog's files.
"""

import re
import secrets
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import dotenv

from authoring import Refused
from authoring.blog import Blog, Source
from authoring.terminal import table
from plugins.comments import shared
from plugins.comments.shared import KEY, Share
from plugins.markdown import frontmatter

LINE = re.compile(r"[ \t]{0,3}[\"']?shared[\"']?[ \t]*[:=]", re.IGNORECASE)
MOST_DAYS = 365


def share(blog: Blog, environ: Mapping[str, str], draft: str, days: int) -> list[str]:
    """Write since when and until which day a draft is shared; what was done, and its address."""
    if not 1 <= days <= MOST_DAYS:
        raise Refused(f"--days {days}: a draft is shared for 1 to {MOST_DAYS} days.")
    source = of_name(blog, draft)
    if source.is_page:
        raise Refused(f"{source.shown} is a page. Only drafts of articles can be shared.")
    if source.status not in ("draft", "scheduled"):
        raise Refused(
            f"{source.shown} is no draft: it is {source.status}. Write `Status: draft` into it first."
        )
    key, told = key_of(blog.root, environ)
    before = share_of(source)
    since = before.since if before else f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}"
    until = (blog.now() + timedelta(days=days)).date()
    write(source, f"{since}/{until}")
    made = shared.share_of(f"{since}/{until}", blog.zone)
    assert made is not None  # noqa: S101 - as it was written
    return [
        *told,
        f"Shared until {until}, at an address that only those have whom you give it to:",
        f"    {address(source, made, key, environ)}",
    ]


def end(blog: Blog, draft: str) -> list[str]:
    """Take the line away; what was done."""
    source = of_name(blog, draft)
    if not source.get("shared"):
        raise Refused(
            f"{source.shown} is not shared. `python3 tasks.py share --list` tells what is."
        )
    write(source, "")
    return [
        f"{source.shown} is shared no more. What was said of it stays in the moderation; shared again, it"
        " has another address."
    ]


def listed(blog: Blog, environ: Mapping[str, str]) -> list[str]:
    """Every draft that is shared, the one that ends first first."""
    key = environ.get(KEY, "")
    found = [(made.until, source, made) for source in blog.articles if (made := share_of(source))]
    if not found:
        return ["No draft is shared. Share one: python3 tasks.py share content/its-file.md"]
    rows = []
    for until, source, made in sorted(found, key=lambda each: (each[0], each[1].shown)):
        where = address(source, made, key, environ) if key else f"({KEY} is not set here)"
        rows.append((f"{until.astimezone(blog.zone):%Y-%m-%d}", source.title, source.shown, where))
    return table(rows)


def of_name(blog: Blog, draft: str) -> Source:
    """The article of this file, or of this slug."""
    if not draft:
        raise Refused("Say which draft: python3 tasks.py share content/its-file.md")
    path = Path(draft).expanduser()
    paths = {(blog.root / path).resolve(), path.resolve()}
    found = [each for each in blog.sources if each.path.resolve() in paths]
    found = found or [each for each in blog.sources if draft in (each.slug, each.path.stem)]
    if len(found) > 1:
        names = ", ".join(each.shown for each in found)
        raise Refused(f'"{draft}" may be several: {names}. Write the whole path of one.')
    if not found:
        raise Refused(f'There is no article "{draft}". `python3 tasks.py drafts` lists the drafts.')
    return found[0]


def share_of(source: Source) -> Share | None:
    """How a draft is shared now; None where it is not, or no more."""
    made = shared.share_of(source.get("shared"), source.blog.zone)
    current = made is not None and made.until > datetime.now(UTC)
    return made if current and source.status in ("draft", "scheduled") else None


def word(source: Source, made: Share, key: str) -> str:
    return made.word(key, source.path.relative_to(source.blog.content).as_posix())


def address(source: Source, made: Share, key: str, environ: Mapping[str, str]) -> str:
    site = environ.get("SITE_URL") or "http://localhost:8000"
    return f"{site.rstrip('/')}/{quote(shared.url_of(word(source, made, key)))}"


def key_of(root: Path, environ: Mapping[str, str]) -> tuple[str, list[str]]:
    """The key of `.env`, made where there is none; and what there is to say of that."""
    if key := environ.get(KEY, ""):
        return key, []
    key = secrets.token_urlsafe(32)
    dotenv.set_key(root / ".env", KEY, key, quote_mode="never")
    return key, [
        f"{KEY} was written into .env. Where the blog is built on another machine too, such as by a"
        " timer, it has to be set to the same there."
    ]


def write(source: Source, value: str) -> None:
    """Let front matter say this of `Shared`, or nothing; raises Refused where that cannot be written safely."""
    text = source.path.read_bytes().decode("utf-8", "replace")
    new = with_line(text, value)
    if new is None:
        line = f"write it yourself: Shared: {value}" if value else "remove the line Shared yourself"
        raise Refused(f"{source.shown} was not changed, as its front matter is unusual; {line}")
    source.path.write_bytes(new.encode())


def with_line(text: str, value: str) -> str | None:
    """The text with this line in its front matter, or without it; None where that cannot be told."""
    try:
        before, body = frontmatter.split(text).fields, frontmatter.split(text).body
    except frontmatter.Unreadable:
        return None
    wanted = {name: said for name, said in before.items() if name != "shared"}
    if value:
        wanted["shared"] = [value]
    for made in attempts(text, value):
        try:
            parts = frontmatter.split(made)
        except frontmatter.Unreadable:
            continue
        if parts.fields == wanted and parts.body == body:
            return made
    return None


def attempts(text: str, value: str) -> Iterator[str]:
    """The text with the line below the title, or below all others, as each kind of front matter has it."""
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = text.split(newline)
    fence = next((sign for sign in ("---", "+++") if lines[0].rstrip() == sign), "")
    first = 1 if fence else 0
    last = next((n for n in range(first, len(lines)) if lines[n].rstrip() == fence), len(lines))
    head = [line for line in lines[first:last] if not LINE.match(line)]
    capital = not head or head[0][:1].isupper()
    name = "Shared" if capital else "shared"
    line = f'{name} = "{value}"' if fence == "+++" else f"{name}: {value}"
    for place in dict.fromkeys((min(1, len(head)), len(head))):
        made = [*head[:place], *([line] if value else []), *head[place:]]
        yield newline.join([*lines[:first], *made, *lines[last:]])
