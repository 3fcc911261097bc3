"""Importer: articles of another blog become files here; what their author has changed since is left alone.

A reader (`wordpress`, `ghost`, `hugo`, `jekyll`, `pelican_site`) yields a `Post` for each article or page,
and a `Note` for each thing that it leaves out, with file, line and reason. `plan` says what would be
written, `write_files` does it. The same export gives the same files, so that importing twice changes
nothing.

What is written can be built: what would stop a build is written differently, with a note.
"""

import re
import shutil
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from authoring import progress
from authoring.blog import Blog
from authoring.import_site import comments, fetch, links, origins, report, words
from authoring.import_site.names import Names
from authoring.import_site.post import Note, Post, Reader, outside_code
from authoring.import_site.report import Item, Plan, Record
from formats import files
from plugins.markdown import blocked, commonmark
from plugins.markdown.postprocess import FORMULA, Finishing

# What no page and no feed can have; noncharacters are the parser's own signs.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]")
# Where each kind has its feed, unless somebody has moved it.
FEEDS = {
    "WordPress": "/feed/",
    "Ghost": "/rss/",
    "Hugo": "/index.xml",
    "Jekyll": "/feed.xml",
    "Pelican": "/feeds/all.atom.xml",
}
ORDER = (
    *("Title", "Date", "Modified", "Slug", "Lang", "Status", "Category", "Tags", "Authors"),
    *("Series", "Pinned", "Comments", "Summary", "Aliases"),
)
# Dates that every calendar can show, in whatever zone.
YEARS = range(1900, 9999)


def run(
    blog: Blog,
    origin: Path,
    *,
    write: bool,
    fetch: bool = False,
    asked: comments.Asked = comments.NONE,
) -> Iterator[str]:
    """Plan it, do it with `write`, and tell which, as lines for a terminal; raises Refused."""
    wanted = comments.wanted(origin, asked)
    planned = bring(blog, origin, write=write, fetch_pictures=fetch)
    yield from report.told(blog, planned, done=write)
    if write:
        readable = report.readable(blog, origin).relative_to(blog.root)
        yield f"What came along, article by article: {readable}"
    if wanted:
        yield from comments.bring(blog, planned, wanted, write=write)


def bring(blog: Blog, origin: Path, *, write: bool, fetch_pictures: bool = False) -> Plan:
    """The plan, which is done with `write`; raises Refused for what is no blog."""
    known = report.record(blog)
    pictures = fetch.Pictures(blog.root / report.FOLDER / "pictures")
    with origins.folder(origin) as opened:
        reader = origins.reader(blog, opened, origin)
        fetched = pictures if write and fetch_pictures else pictures.kept
        with progress.waiting("Reading the other blog, and looking at its pictures …"):
            planned = plan(blog, reader, known, fetched)
        planned.notes.extend(fetch_notes(planned, pictures, write, fetch_pictures))
        if write:
            write_files(planned)
            report.write(blog, planned, origin, known)
    return planned


def fetch_notes(planned: Plan, pictures: fetch.Pictures, write: bool, wanted: bool) -> list[Note]:
    if wanted and not write:
        return [Note(planned.site.kind, 0, "pictures on other hosts are fetched with --write only")]
    return [Note(url, 1, f"was not fetched: {why}") for url, why in pictures.failed.items()]


def one_line(text: str) -> str:
    return " ".join(text.split())


def listed(names: list[str]) -> str:
    """A list as front matter has it; a name with a comma in it needs semicolons."""
    if not any("," in name for name in names):
        return ", ".join(names)
    return "; ".join(names) + ";" * (len(names) == 1)


def written(blog: Blog, post: Post, lang: str, slug: str, aliases: list[str], body: str) -> str:
    """The file's text: only lines that say something."""

    def moment(date: datetime | None) -> str:
        if date is None:
            return ""
        aware = date if date.tzinfo else date.replace(tzinfo=blog.zone)
        return aware.astimezone(blog.zone).isoformat(" ", "minutes")

    keys = {
        "Title": one_line(post.title),
        "Slug": slug,
        "Lang": lang if lang != blog.lang else "",
        "Status": "draft" if post.draft else "hidden" if post.hidden else "",
        "Summary": one_line(post.summary),
        "Aliases": ", ".join(aliases),
    }
    if not post.is_page:
        keys |= {
            "Date": moment(post.date),
            "Modified": "" if post.modified == post.date else moment(post.modified),
            "Category": post.category,
            "Tags": listed(post.tags),
            "Authors": listed(post.authors),
            "Series": one_line(post.series),
            "Pinned": "yes" if post.pinned else "",
            "Comments": post.comments,
        }
    head = "".join(f"{key}: {keys[key]}\n" for key in ORDER if keys.get(key))
    # Only empty lines go: what stands in a line's beginning may make code of it.
    whole = re.sub(r"\A(?:[ \t]*\n)+", "", body).rstrip()
    return f"{head}\n{whole}\n"


def plan(blog: Blog, reader: Reader, known: Record, fetched: links.Fetch) -> Plan:
    """What would be written, without writing it."""
    result = Plan(reader.site, [], [], [], [], [])
    posts: list[Post] = []
    for each in reader.read():
        if isinstance(each, Note):
            result.notes.append(each)
        else:
            posts.append(each)
    result.notes.extend(of_the_site(blog, reader))
    of_post = [language(blog, post.lang or reader.site.lang) for post in posts]
    languages = {blog.lang, *of_post}
    # What came from elsewhere than this blog is an article of ours like every other.
    ours = {post.source: known.files[post.source] for post in posts if post.source in known.files}
    names, leads = Names(blog, ours, languages), links.Links(blog, reader, fetched)
    placed: list[tuple[Post, str, str]] = []
    reader.written = {}
    for post, lang in zip(posts, of_post, strict=True):
        sound(blog, post)
        slug, why = names.slug_for(post, lang)
        if why:
            post.note(why)
        placed.append((post, lang, slug))
        file = reader.written[post.source] = names.below_content(post.is_page, lang, slug)
        leads.know(post, file)
    said: dict[str, str] = {}
    finishing, allowed = Finishing(blog.settings), blocked.sources(blog.settings)
    for post, lang, slug in placed:
        # Translations share their comments, and one of them says how.
        if said.setdefault(slug, post.comments) != post.comments:
            post.comments = ""
        post.tags = names.spelling(post, "TAG", post.tags)
        post.authors = names.spelling(post, "AUTHOR", post.authors)
        post.category = (names.spelling(post, "CATEGORY", [post.category]) or [""])[0]
        body, copies = leads.led(post, slug)
        body = settled(post, body, finishing)
        post.summary = settled(post, post.summary, finishing)
        html = commonmark.html(body)
        for line, said_of_it in blocked.lines(body, blocked.found(html, allowed)):
            post.note(said_of_it, post.body_line + line - 1)
        name_what_is_lost(post, html)
        if spare := reader.unshown(post):
            post.note(f"with it lie files that no text shows: {', '.join(spare)}")
        address = names.address(post, lang, slug)
        text = written(blog, post, lang, slug, names.aliases(post, address), body)
        item = Item(
            post, blog.root / names.path(post.is_page, lang, slug), text, slug, address, copies
        )
        sorted_in(blog, result, item, known)
    if leads.elsewhere:
        what = f"pictures that stay on other hosts: {leads.elsewhere:,}"
        result.notes.append(Note(reader.site.kind, 0, f"{what}; --fetch-pictures brings them here"))
    return result


def sorted_in(blog: Blog, result: Plan, item: Item, known: Record) -> None:
    """Put an article where it belongs: new, the same, changed by nobody but us, or by its author."""
    here = item.path.relative_to(blog.root).as_posix()
    if not item.path.exists():
        result.new.append(item)
        return
    data = item.path.read_bytes()
    if data == item.text.encode():
        result.same.append(item)
    elif report.digest(data) == known.digests.get(here):
        result.renewed.append(item)
    else:
        result.kept.append(item)
        item.post.note(f"{here} is there already and says something else; it was left as it is")


def language(blog: Blog, lang: str) -> str:
    """A language as this blog names it: `en-GB` is no other than its own `en`.

    Where a country makes another language of it, as for Chinese, it stays.
    """
    lang = lang.replace("_", "-").lower()
    if not re.fullmatch(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", lang):
        return blog.lang
    both, base = (lang, blog.lang), lang.partition("-")[0]
    if base == blog.lang.partition("-")[0] and any("-" not in each for each in both):
        return blog.lang
    return lang if base in ("zh", "pt", "sr") or lang == blog.lang else base


def of_the_site(blog: Blog, reader: Reader) -> Iterable[Note]:
    """What belongs into settings, which an import does not touch."""
    site = reader.site
    if site.lang and (lang := language(blog, site.lang)) != blog.lang:
        yield Note(
            site.kind,
            0,
            f"it is written in {lang}, and this blog in {blog.lang}: its articles get addresses below"
            f' /{lang}/. If this blog is to be in {lang}, write DEFAULT_LANG = "{lang}" into'
            " pelicanconf.py before you import",
        )
    if site.zone and site.zone != str(blog.zone):
        yield Note(
            site.kind,
            0,
            f"its times are those of {site.zone}, and here those of {blog.zone}: write"
            f' TIMEZONE = "{site.zone}" into pelicanconf.py before you import',
        )
    feed = f"/{blog.settings.get('FEED_ALL_ATOM') or 'feeds/all.atom.xml'}"
    if (old := FEEDS[site.kind]) != feed:
        text = f"its feed was at {old}, and here it is at {feed}"
        yield Note(site.kind, 0, f"{text}: let the server lead readers there (docs/import.md)")
    if site.menu:
        listed_menu = ", ".join(f"({words!r}, {address!r})" for words, address in site.menu)
        yield Note(site.kind, 0, f"its menu, for pelicanconf.py: MENUITEMS = [{listed_menu}]")


def sound(blog: Blog, post: Post) -> None:
    """A title, a date that a calendar knows, and no signs that pages cannot have."""
    for key in ("title", "slug", "body", "category", "series", "summary"):
        given = getattr(post, key)
        if found := CONTROL.search(given):
            post.note(f"U+{ord(found[0]):04X}, which no page can have, was taken out of its {key}")
            setattr(post, key, CONTROL.sub("", given))
    post.tags = [CONTROL.sub("", tag) for tag in post.tags]
    post.authors = [CONTROL.sub("", author) for author in post.authors]
    post.title = one_line(post.title)
    if not post.title:
        shown = one_line(re.sub(r"<[^>]*>", "", commonmark.html(post.body[:2000])))
        post.title = shown[:60].rstrip() or (
            f"{post.date:%Y-%m-%d}" if post.date else post.slug or "Untitled"
        )
        post.note(f'it has no title, and is called "{post.title}"')
    if post.date and post.date.year not in YEARS:
        post.note(f"its date {post.date:%Y-%m-%d} is before {YEARS[0]}, or too far to come")
        post.date = None
    if post.modified and post.modified.year not in YEARS:
        post.modified = None
    if post.date is None and not post.is_page:
        # Not today's: importing again tomorrow would change it.
        post.date, post.draft = datetime(2000, 1, 1, tzinfo=blog.zone), True
        post.note("it has no date, and is a draft. Write its Date, and take out Status")


def settled(post: Post, text: str, finishing: Finishing) -> str:
    """A text whose formulas can be set; dollars of those that cannot are dollars."""
    if "$" not in text:
        return text
    for _ in range(2):
        finishing.remarks.clear()
        FORMULA.sub(finishing.formula, commonmark.html(text))
        wrong = [remark for remark in finishing.remarks if remark.stops]
        for remark in wrong:
            post.note(f"{remark.text} Its dollars stand in the text")
            found = re.search(rf"\$\$?{re.escape(remark.at)}\$\$?", text)
            if found:
                text = text.replace(found[0], found[0].replace("$", "\\$"))
        if not wrong:
            return text
    return outside_code(text, lambda part, _: re.sub(r"(?<!\\)\$", r"\\$", part))


def name_what_is_lost(post: Post, html: str) -> None:
    """Whatever a reader has overlooked is told here."""
    shown = words.of_html(html)
    head = (post.title, post.summary, post.category, post.series, *post.tags, *post.authors)
    for each in head:
        shown += words.counted(each)
    if gone := words.lost(post.words, shown):
        post.note(f"words of it that are not in the page: {' '.join(gone)}")


def write_files(planned: Plan) -> int:
    """Write what is new, copies of files first; gives how many were copied."""
    copied = 0
    written = [*planned.new, *planned.renewed]
    pairs = [pair for item in (*written, *planned.same) for pair in item.copies.items()]
    with progress.bar("Bringing articles", len(pairs) + len(written)) as step:
        for source, target in pairs:
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)
                copied += 1
            step()
        for item in written:
            files.write(item.path, item.text.encode())
            step()
    return copied
