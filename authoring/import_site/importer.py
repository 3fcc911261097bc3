"""Importer: posts of another blog become files here; nothing that is here is ever changed.

A reader (`wordpress`, `hugo`, `jekyll`) yields a `Post` for each article or page, and a `Note` for each
thing that it leaves out, with file, line and reason. `plan` says what would be written, `write_files`
does it. The same export gives the same files, so that importing twice changes nothing; a file that
differs, since its author has worked on it, is left as it is.
"""

import re
import shutil
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

from authoring import Refused, progress
from authoring.blog import PICTURES, Blog
from authoring.import_site import wordpress
from authoring.import_site.hugo import Hugo
from authoring.import_site.jekyll import Jekyll
from authoring.import_site.post import Finder, Note, Post, outside_code
from authoring.import_site.site_folder import Folder
from formats import files

MAX_SLUG_CHARS = 120
PICTURE = re.compile(
    r"!\[(?P<alt>[^\]]*)\]\(\s*<?(?P<md>[^\s)>]+)>?(?P<title>\s+(?:\"[^\"]*\"|'[^']*'))?\s*\)"
    r"|<img\b[^>]*?\bsrc=[\"'](?P<html>[^\"']+)[\"'][^>]*>",
    re.IGNORECASE,
)


class Item(NamedTuple):
    """A file to be: its path, its text, and the pictures that go with it."""

    post: Post
    path: Path
    text: str
    pictures: dict[Path, Path]


class Plan(NamedTuple):
    """What importing would do."""

    new: list[Item]
    same: list[Item]
    kept: list[Item]
    notes: list[Note]


def run(blog: Blog, origin: Path, *, write: bool) -> Iterator[str]:
    """Plan it, do it with `write`, and tell which, as lines for a terminal; raises Refused."""
    planned = from_origin(blog, origin)
    if write:
        write_files(planned)
    return told(blog, planned, done=write)


def from_origin(blog: Blog, origin: Path) -> Plan:
    """The plan for an export or a folder; raises Refused for what is neither."""
    if origin.is_dir():
        folder = folder_of(blog, origin)
        return plan(blog, folder.read(), folder.find)
    if origin.suffix.lower() != ".xml" or not origin.is_file():
        raise Refused(
            f"{origin} is neither a folder nor a WordPress export (.xml). Name the folder in which"
            " Hugo or Jekyll was started, or the file from WordPress's Tools, Export."
        )
    return plan(blog, wordpress.read(origin), wordpress.pictures_beside(origin))


def folder_of(blog: Blog, origin: Path) -> Folder:
    """The folder of a Hugo or a Jekyll site; raises Refused for what is neither."""
    if (origin / "_posts").is_dir() or (origin / "_config.yml").exists():
        return Jekyll(origin, blog)
    if (origin / "content").is_dir():
        return Hugo(origin, blog)
    raise Refused(
        f"{origin} looks like neither Hugo's (it has a folder content/) nor Jekyll's (it has _posts/)."
        " Name the folder that the generator was started in, or a WordPress export (.xml)."
    )


def one_line(text: str) -> str:
    return " ".join(text.split())


def listed(names: Iterable[str]) -> str:
    """A list as front matter has it; a name with a comma in it needs semicolons."""
    names = list(dict.fromkeys(one_line(name).replace(";", ",") for name in names if name.strip()))
    if not any("," in name for name in names):
        return ", ".join(names)
    return "; ".join(names) + ";" * (len(names) == 1)


def address(blog: Blog, lang: str, slug: str) -> str:
    return f"/{lang}/{slug}/" if lang != blog.lang else f"/{slug}/"


def aliases(blog: Blog, post: Post, lang: str, slug: str) -> list[str]:
    """The paths under which links know it, without the one that it has now."""
    now = address(blog, lang, slug).strip("/")
    found = []
    for each in post.addresses:
        path = unquote(urlsplit(each).path)
        if path.strip("/") and path.strip("/") != now and "//" not in path:
            # A comma ends an alias, and is itself only when it is written so.
            found.append(quote("/" + path.lstrip("/"), safe="/:@!$&'()*+;=~").replace(",", "%2C"))
    return list(dict.fromkeys(found))


def with_pictures(
    post: Post, slug: str, find: Finder, folder: Path, notes: list[Note]
) -> tuple[str, dict[Path, Path]]:
    """The text with the blog's own names for its pictures, and the copies that this takes."""
    copies: dict[Path, Path] = {}

    def change(text: str, before: int) -> str:
        def renamed(match: re.Match[str]) -> str:
            written = match["md"] or match["html"]
            if written.startswith(("{", "data:")):
                return match[0]
            found = find(post, unquote(urlsplit(written).path))
            if found is None or found.suffix.lower() not in PICTURES:
                line = post.body_line + before + text.count("\n", 0, match.start())
                why = (
                    "stays where it is, on another host"
                    if urlsplit(written).netloc
                    else "is not among the files; put it into content/images/ and correct the link"
                )
                notes.append(Note(post.place, line, f"the picture {written} {why}"))
                return match[0]
            target = next((copy for source, copy in copies.items() if source == found), None)
            if target is None:
                target = folder / slug / re.sub(r"[^\w.-]+", "-", found.name)
                stem, number = target.stem, 2
                while target in copies.values():
                    target = target.with_name(f"{stem}-{number}{target.suffix}")
                    number += 1
                copies[found] = target
            link = "{static}/images/" + quote(target.relative_to(folder).as_posix())
            return match[0].replace(written, link, 1)

        return PICTURE.sub(renamed, text)

    return outside_code(post.body, change), copies


def written(blog: Blog, post: Post, lang: str, slug: str, body: str) -> str:
    """The file's text: only lines that say something."""

    def moment(date: datetime | None) -> str:
        if date is None:
            return ""
        aware = date if date.tzinfo else date.replace(tzinfo=blog.zone)
        return aware.astimezone(blog.zone).isoformat(" ", "minutes")

    keys = {
        "Title": one_line(post.title),
        "Date": "" if post.is_page else moment(post.date),
        "Modified": "" if post.is_page or post.modified == post.date else moment(post.modified),
        "Slug": slug,
        "Lang": lang if lang != blog.lang else "",
        "Status": "draft" if post.draft else "",
        "Category": "" if post.is_page else one_line(post.category),
        "Tags": "" if post.is_page else listed(post.tags),
        "Authors": "" if post.is_page else listed(post.authors),
        "Series": "" if post.is_page else one_line(post.series),
        "Summary": one_line(post.summary),
        "Aliases": ", ".join(aliases(blog, post, lang, slug)),
    }
    head = "".join(f"{key}: {value}\n" for key, value in keys.items() if value)
    return f"{head}\n{body.strip()}\n"


def plan(blog: Blog, found: Iterable[Post | Note], find: Finder) -> Plan:
    """What would be written, without writing it."""
    result = Plan([], [], [], [])
    taken: dict[tuple[bool, str, str], str] = {}
    for post in found:
        if isinstance(post, Note):
            result.notes.append(post)
            continue
        slug = blog.slug(post.slug or post.title)[:MAX_SLUG_CHARS].strip("-")
        if not slug or not post.title.strip():
            result.notes.append(Note(post.place, post.line, "left out: it has no title"))
            continue
        lang = (post.lang or blog.lang).replace("_", "-").lower()
        slug, wanted, number = slug, slug, 2
        while (post.is_page, lang, slug) in taken:
            slug, number = f"{wanted}-{number}", number + 1
        if slug != wanted:
            other = taken[post.is_page, lang, wanted]
            text = f"{other} has the address {wanted} too; this one gets {slug}"
            result.notes.append(Note(post.place, post.line, text))
        taken[post.is_page, lang, slug] = post.place
        images = blog.content / "images"
        body, pictures = with_pictures(post, slug, find, images, result.notes)
        text = written(blog, post, lang, slug, body)
        folder = blog.content / "pages" if post.is_page else blog.content
        path = folder / f"{slug}{f'.{lang}' * (lang != blog.lang)}.md"
        item = Item(post, path, text, pictures)
        if not path.exists():
            result.new.append(item)
        elif path.read_text(encoding="utf-8", errors="replace") == text:
            result.same.append(item)
        else:
            result.kept.append(item)
            here = path.relative_to(blog.root)
            told = f"{here} is there already and says something else; it was left as it is"
            result.notes.append(Note(post.place, post.line, told))
    return result


def write_files(planned: Plan) -> int:
    """Write what is new, pictures first; gives how many pictures were copied."""
    copied = 0
    pictures = [pair for item in (*planned.new, *planned.same) for pair in item.pictures.items()]
    with progress.bar("Bringing articles", len(pictures) + len(planned.new)) as step:
        for source, target in pictures:
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)
                copied += 1
            step()
        for item in planned.new:
            files.write(item.path, item.text.encode())
            step()
    return copied


def told(blog: Blog, planned: Plan, *, done: bool) -> Iterator[str]:
    """The plan, or what became of it, as lines for a terminal."""
    for item in planned.new:
        state = "  draft" if item.post.draft else ""
        yield f"  {item.path.relative_to(blog.root)}{state}"
    if planned.new:
        yield ""
    pictures = {target for item in planned.new for target in item.pictures.values()}
    drafts = sum(item.post.draft for item in planned.new)
    verb = "Written" if done else "To write"
    yield f"{verb}: {len(planned.new):,} files, {drafts:,} of them drafts, with {len(pictures):,} pictures"
    if planned.same or planned.kept:
        yield f"There already: {len(planned.same):,}, and {len(planned.kept):,} that you have changed"
    if planned.notes:
        yield ""
        yield "To look at"
        yield from (f"  {note}" for note in planned.notes)
    if not done and planned.new:
        yield ""
        yield "Nothing was written yet. Add --write to do it."
