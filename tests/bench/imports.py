"""What an import costs: a file of Disqus of 100,000 comments, invented here, read and taken over.

    python3 tasks.py bench imports               100,000 comments on SQLite
    python3 tasks.py bench imports --comments N  fewer, or more

A third of them stand in one thread, and a tenth comes before what it answers. Seconds, comments a
second, and the most memory that the process held.
"""

import argparse
import random
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from flask_migrate import upgrade

from comments_service import create_app, importers
from comments_service.db import db
from tests import make
from tests.bench.report import machine, say
from tests.conftest import settings_for

THREADS = 500
WORDS = (
    *("the", "bird", "saw", "a", "fish", "and", "dived", "into"),
    *("warm", "green", "water", "near", "our", "boat", "before", "noon"),
)
_HEAD = '<?xml version="1.0"?>\n<disqus xmlns="http://disqus.com" xmlns:dsq="http://disqus.com/disqus-internals">\n'


def file(comments: int) -> Iterator[str]:
    """An invented export: the same for the same number."""
    dice = random.Random(1)
    yield _HEAD
    for thread in range(THREADS):
        yield f'<thread dsq:id="t{thread}"><id>thread-{thread}</id><link>https://old.example/{thread}/</link></thread>\n'
    threads = [0 if dice.random() < 1 / 3 else dice.randrange(THREADS) for _ in range(comments)]
    latest: dict[int, list[int]] = {}
    posts = []
    for number, thread in enumerate(threads):
        before = latest.setdefault(thread, [])
        parent = (
            f'<parent dsq:id="{dice.choice(before[-50:])}"/>'
            if before and dice.random() < 0.5
            else ""
        )
        before.append(number)
        text = " ".join(dice.choices(WORDS, k=dice.randint(5, 80)))
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1_400_000_000 + number * 60))
        posts.append(
            f'<post dsq:id="{number}"><message><![CDATA[<p>{text} <b>{number}</b></p>]]></message><createdAt>{at}</createdAt>'
            f"<isDeleted>false</isDeleted><isSpam>false</isSpam><author><name>Reader {number % 900}</name></author>"
            f'<thread dsq:id="t{thread}"/>{parent}</post>\n'
        )
    for place in range(0, comments - 1, 10):
        posts[place], posts[place + 1] = posts[place + 1], posts[place]
    yield from posts
    yield "</disqus>\n"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python3 tasks.py bench imports", description=__doc__)
    parser.add_argument("--comments", type=int, default=100_000)
    comments = parser.parse_args(arguments).comments
    with tempfile.TemporaryDirectory(prefix="postil-imports-") as name:
        folder = Path(name)
        export = folder / "export.xml"
        with export.open("w", encoding="utf-8") as out:
            out.writelines(file(comments))
        settings = settings_for(f"sqlite:///{folder}/comments.sqlite3", folder)
        app = create_app(settings)
        with app.app_context():
            upgrade()
            make.site()
            for number in range(THREADS):
                make.thread(f"thread-{number}")
            for what, apply in (("dry run", False), ("taken over", True), ("again", True)):
                began, cpu = time.monotonic(), time.process_time()
                report = importers.run(export, importers.Wishes(), settings, apply=apply)
                seconds = time.monotonic() - began
                say(
                    f"{what}: {report.counts.new:,} new, {report.counts.known:,} known of {report.found:,} in {seconds:.1f} s"
                    f" ({time.process_time() - cpu:.1f} s CPU), {comments / seconds:,.0f} a second"
                )
            db.engine.dispose()
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    say(f"The most memory held: {most:.0f} MB. {machine()}")


if __name__ == "__main__":
    main()
