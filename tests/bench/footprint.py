"""Footprint: the constants of the model in docs/scale.md, measured, and the model beside three real blogs.

`bench scale --model` runs this. Sizes and counts come out the same on every machine; CPU times do not.
"""

import platform
from collections.abc import Callable, Mapping
from pathlib import Path

import sqlalchemy as sa

from comments_service.db import db
from comments_service.publishing import publisher
from formats import files
from tests import plans
from tests.bench import model
from tests.bench.large_blog import Size
from tests.bench.model import Constants
from tests.bench.report import load, machine, say, table, today
from tests.bench.scale import Blog, made
from tests.service import ROOT

# The two blogs whose difference is a thread's part, and a third one for a comment's.
# Five comments to a thread: the model then says rather too much of blogs with more talk, and hardly too little of others.
THREADS, COMMENTS = 300, 1_500
# Of the blogs that the model is compared with: how many of the threads, and comments for each of them. Where
# there are fewer threads there is more talk in each, so that no one ratio is all that was tried.
COMPARED = ((0.01, 20), (0.1, 5), (1, 2))
ROUNDS = 15
STATIC = ROOT / "comments_service" / "static"
# What a page with comments loads for its reader.
LOADED = ("embed.js", "embed.css")

Stored = dict[str, float]


def stored(blog: Blog) -> Stored:
    """Bytes and files, once all is published."""
    published = [path for path in blog.settings.published.rglob("*") if path.is_file()]
    return {
        "database": database_bytes(),
        "published": sum(path.stat().st_size for path in published),
        "files": len(published),
    }


def database_bytes() -> float:
    db.session.remove()
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            [(pages,)] = connection.exec_driver_sql("PRAGMA page_count").all()
            [(size,)] = connection.exec_driver_sql("PRAGMA page_size").all()
            return float(pages * size)
        asked = (
            "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c JOIN pg_namespace n"
            " ON n.oid = relnamespace WHERE nspname = current_schema() AND relkind = 'r'"
        )
        return float(connection.exec_driver_sql(asked).scalar_one())


def blog_of(database: str, threads: int, comments: int, look: Callable[[Blog], None]) -> Stored:
    """Make a blog, publish all of it, look at it, and tell what it takes."""
    say(f"  {threads:,} threads, {comments:,} comments on {database} …")
    # The first thread has one comment more.
    size = Size(threads, max(0, comments - 1), 0, ())
    with made(database, size) as blog, blog.app.app_context():
        publisher.publish_all(blog.settings)
        found = stored(blog)
        look(blog)
        return found


def nothing(_blog: Blog) -> None:
    pass


def constants(database: str) -> Constants:
    found: dict[str, float] = {}
    few = blog_of(database, THREADS, 1, nothing)
    more = blog_of(database, 2 * THREADS, 1, nothing)
    full = blog_of(database, THREADS, COMMENTS, lambda blog: found.update(acts(blog)))
    for what in few:
        each = (more[what] - few[what]) / THREADS
        found[f"{what}_thread"] = each
        found[f"{what}_empty"] = few[what] - THREADS * each
    for what in ("database", "published"):
        found[f"{what}_comment"] = (full[what] - few[what]) / (COMMENTS - 1)
    found["script"] = sum(packed(STATIC / name) for name in LOADED)
    # As the page says them, whose tables are worked out from these.
    return {name: round(found[name], 2) for name in model.MEANINGS}


def packed(path: Path) -> int:
    return len(files.packed(path.read_bytes(), ".br", files.THOROUGH))


def acts(blog: Blog) -> Stored:
    """What a reader is sent, a post asks, and a publication writes."""
    # The last thread has a few comments, as most have.
    talked = db.session.scalars(sa.text("SELECT max(id) FROM threads")).one()
    found = fragments(blog)

    def post() -> None:
        blog.post(talked)

    def publish() -> None:
        # What this session has read before is over: it would not see the post.
        db.session.rollback()
        assert publisher.publish_behind(blog.settings)

    def write() -> None:
        blog.post(talked, blog.people.reader)

    post()
    with plans.sent() as sent:
        post()
    found["post_statements"] = len(sent)
    blog.measure("post_ms", post, times=ROUNDS)
    write()
    publish()
    write()
    before = times(blog.settings.published)
    with plans.sent() as sent:
        publish()
    found["publish_statements"] = len(sent)
    after = times(blog.settings.published)
    found["writes_comment"] = sum(before.get(path) != time for path, time in after.items())
    blog.measure("publish_ms", publish, write, times=ROUNDS)
    return found | blog.found


def times(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def fragments(blog: Blog) -> Stored:
    """Of the fragments that are there: what one without comments takes, and each comment in one."""
    asked = sa.text("SELECT id, comment_count FROM threads ORDER BY id")
    sizes: list[tuple[int, int]] = []
    for thread_id, count in db.session.execute(asked):
        path = blog.settings.published / "threads" / f"{thread_id}.html.br"
        sizes.append((min(count, blog.settings.page_size), path.stat().st_size))
    db.session.rollback()
    # The line that has the least squares of what is beside it.
    many = len(sizes)
    middle = sum(count for count, _ in sizes) / many, sum(size for _, size in sizes) / many
    above = sum((count - middle[0]) * (size - middle[1]) for count, size in sizes)
    each = above / sum((count - middle[0]) ** 2 for count, _ in sizes)
    return {"fragment_comment": each, "fragment_empty": middle[1] - each * middle[0]}


# ---- the model beside what is


def compared(measured: Mapping[str, Constants], threads: int) -> str:
    rows: list[tuple[str, ...]] = [("blog", "on", "what", "predicted", "measured", "deviation")]
    for part, comments_each in COMPARED:
        many = max(2, round(threads * part))
        blog = model.Blog(many, many * comments_each, 0, 0)
        for database, of in measured.items():
            found = blog_of(database, blog.threads, blog.comments, nothing)
            said = model.needs(blog, of)
            named = f"{blog.threads:,} threads, {blog.comments:,} comments"
            for what, predicted, unit in (
                ("database, MB", said.database, 1e6),
                ("`published/`, MB", said.published, 1e6),
                ("files", said.files, 1),
            ):
                is_there = found[what.partition(",")[0].strip("`/")]
                off = f"{100 * (predicted / is_there - 1):+.1f} %"
                digits = 2 if unit > 1 else 0
                sizes = [f"{each / unit:,.{digits}f}" for each in (predicted, is_there)]
                rows.append((named, database, what, *sizes, off))
    return table(rows)


def document(measured: Mapping[str, Constants], beside: str, asked: str) -> str:
    return f"""# Scale

What a blog needs, of what its owner knows: threads, comments, readers and comments a day. Posts cost the service and the
database; reading is handing out files, which a CDN or nginx does at the same figures however many comments there are in all.
[Performance](performance.md) tells what one act costs; this page adds up.

Your own blog: `{model.COMMAND} --threads 5000 --comments 100000 --readers 20000 --posts 200`, and with `--price-stored`
(of a GB for a month), `--price-traffic` (of a GB), `--price-writes` (of a million files written) and `--price-cpu` (of a core's hour)
what that costs a month. Prices are yours to fill in: those of your host, or nothing for what your machine has anyway.

## Constants

Measured by `{asked}` on {today()}, on {machine()}, Python {platform.python_version()}. {load()}
Bytes, files and statements are exact; CPU is the least of {ROUNDS} rounds, the database server's included.
The comments are invented, from few words: what people write packs less well, so that `fragment_comment` is the least.

{model.constants_table(measured)}

## The model

```
{model.FORMULAS}```

`seen` is how many comments there are in the thread that a reader has before him, 20 where nothing else is said, at most a page of 100.
A comment counts as one that comes alone: where they come one after the other, the lists of the whole site follow every five seconds only.
Every reader counts as one who has never been here: who comes again is answered by a line that nothing is new. Not in it: the
pages of the blog itself, the posts that are refused, and the disk's own blocks, of which each file leaves half of one empty.
`cost_a_month` is in whatever money the prices are in.

## Three blogs

{model.examples_table(measured)}

## Predicted and measured

Blogs that were made and published, beside what the model says of them. Its constants come of {COMMENTS // THREADS} comments to a thread:
where there are more, the packed forms grow by less for each, and a feed has the newest only.

{beside}
"""


def run(databases: tuple[str, ...], threads: int, asked: str, *, keep: bool) -> None:
    say("Measuring the constants …")
    measured = {database: constants(database) for database in databases}
    beside = compared(measured, threads)
    text = document(measured, beside, asked)
    say(f"\n{text}")
    if keep:
        model.DOCUMENT.write_text(text, "utf-8")
        say(f"Written to {model.DOCUMENT.relative_to(ROOT)}.")
