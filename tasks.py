#!/usr/bin/env python3
"""Every command of this blog:

    python3 tasks.py begin     make the blog yours: its name, address and language, a first article
    python3 tasks.py up        build the blog, serve it with its comments; open pages show what you save
    python3 tasks.py new       start an article: new "Its title" --series Birds --draft
    python3 tasks.py drafts    list the drafts, the one touched last first
    python3 tasks.py share     let others read a draft: share DRAFT --days 14 (share --list, --end DRAFT)
    python3 tasks.py notes     list what was said of it, with file and line: notes DRAFT
    python3 tasks.py schedule  list what waits for its date
    python3 tasks.py stats     count articles, words, tags and comments
    python3 tasks.py images    list the pictures, their sizes, who shows them (images --unused)
    python3 tasks.py import-site  bring articles of another blog (a dry run first)
    python3 tasks.py build     build the blog for publishing, into output/
    python3 tasks.py publish   build, check, and send what changed (publish --dry-run, --rollback)
    python3 tasks.py serve     migrate and serve without building: what a service manager runs
    python3 tasks.py upgrade   take over another release; what is yours stays (upgrade --dry-run, --back)
    python3 tasks.py test      run the tests; what follows goes to pytest (test -k feed -x)
    python3 tasks.py check     find broken links, bad dates and the like before readers do
                               (for contributors the code as well; check --fix formats it first)
    python3 tasks.py bench     measure: bench service, scale, pages, build, upgrade
    python3 tasks.py migration  write the next migration from changed models: migration "Pins"
    python3 tasks.py messages  collect all texts for translators (messages --language de)
    python3 tasks.py lock      write the locks from pyproject.toml (lock --upgrade: newest versions)

`python3 tasks.py up --help` tells a command's options. Nothing needs to be installed before: the
first command makes .venv/ and puts the locked packages there, later ones find it.
"""

# Any Python starts this file with nothing but the standard library, and `authoring/environment.py` makes
# the environment. Started again by that environment's Python, it is an ordinary Invoke task file.

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - this is where an older Python must be told
    sys.exit(
        "Postil needs Python 3.11 or newer; this is Python %d.%d (%s).\n"  # noqa: UP031
        "Install a newer one and start it by name, for example: python3.12 tasks.py up"
        % (sys.version_info[0], sys.version_info[1], sys.executable)
    )

if __name__ == "__main__" and (len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help", "help")):
    print((__doc__ or "").strip())
    sys.exit(0)

from authoring import environment

if __name__ == "__main__":
    try:
        environment.step_inside(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit("\nStopped. The same command goes on where this one was.")

import os
import shlex
from pathlib import Path

from invoke import Collection, Context, task

from authoring.command_line import Commands, blog, environ, refusals, with_remainder
from authoring.draft_tasks import drafts, notes, schedule, share
from authoring.environment import ROOT, say

# Each command imports what it needs when it runs, so that none waits for the packages of another.


@task(
    help={
        "name": "what the blog is called",
        "url": "the address at which readers will find it; may come later",
        "language": "the language you write in, such as en, de or zh-cn",
        "author": "your name, as it stands below articles",
        "again": "change what was said before",
    }
)
@refusals()
def begin(
    _: Context,
    name: str = "",
    url: str = "",
    language: str = "",
    author: str = "",
    again: bool = False,
) -> None:
    """Make the blog yours: ask for what is not given, take the samples away, start an article.

    Only samples that nobody has touched are taken away. Once begun, it changes nothing without --again.
    """
    from authoring import begin, terminal

    given = begin.Answers(name, url, language, author)
    say("\n".join(begin.begin(ROOT, environ(), given, again=again, ask=terminal.is_there())))
    say("Next: python3 tasks.py up")


@task(
    help={
        "port": "where to listen (default: the port of SITE_URL when that is this machine, or 8000)",
        "host": "the address to listen on; 0.0.0.0 lets other machines in",
    }
)
@refusals()
def up(_: Context, port: int = 0, host: str = "127.0.0.1") -> None:
    """Build the blog, serve it with its comments on one port, and rebuild on change."""
    from authoring.preview.up import up

    up(ROOT, environ(), host, port)


@task(
    help={
        "settings": "the settings file (default: publishconf.py)",
        "keep-going": "when the build fails, list everything that there is to correct",
    }
)
@refusals()
def build(_: Context, settings: str = "publishconf.py", keep_going: bool = False) -> None:
    """Build the blog for publishing, into output/."""
    from authoring.build import build

    build(ROOT, environ(), settings, keep_going=keep_going)


@task(
    help={
        "title": 'the title, in quotation marks: new "How pelicans fish"',
        "lang": "its language, such as zh-cn (default: the blog's)",
        "series": "the series that it is a part of",
        "draft": "keep it out of the published blog until you remove `Status: draft`",
        "slug": "its address (default: made from the title, 鹈鹕 becoming ti-hu)",
        "date": "its date, such as 2026-12-24 or '2026-12-24 18:30' (default: now)",
        "edit": "do not open it in $VISUAL or $EDITOR, as is done where there is a terminal",
    }
)
@refusals()
def new(
    _: Context,
    title: str,
    lang: str = "",
    series: str = "",
    draft: bool = False,
    slug: str = "",
    date: str = "",
    edit: bool = True,
) -> None:
    """Start an article: its file with title, date and address, and a folder for its pictures.

    A translation has the --slug of the original and another --lang. Nothing is overwritten.
    """
    from authoring import new_article, terminal

    made = new_article.article(
        blog(), title, lang=lang, series=series, draft=draft, slug=slug, date=date
    )
    say(f"Article   {terminal.strong(os.path.relpath(made.path, ROOT))}")
    say(f"Pictures  {os.path.relpath(made.pictures, ROOT)}/")
    if edit:
        new_article.edit(made.path)


@task
@refusals()
def stats(_: Context) -> None:
    """Count articles, words by language and year, tags, and comments where the service has them."""
    from authoring import stats

    say("\n".join(stats.stats(blog(), ROOT / (environ().get("COMMENTS_PUBLISHED") or "published"))))


@task(
    help={"unused": "only the names of pictures that nothing shows, one a line, for other programs"}
)
@refusals()
def images(_: Context, unused: bool = False) -> None:
    """List the pictures: weight, size in pixels, who shows them, and which deserve a look."""
    from authoring import list_images

    for line in list_images.listed(blog(), unused_only=unused):
        say(line)


@task(
    help={
        "origin": "an export of WordPress or Ghost, the folder of a Hugo, Jekyll or Pelican site, or either packed",
        "write": "write the files; without it you are told what would be written, and nothing is",
        "fetch-pictures": "bring pictures from other hosts, too",
        "comments": "bring their comments, too: those of WordPress' export itself, or of the FILE that follows",
        "me": "with --comments: your name or address there, so that what you wrote is yours here",
    },
    optional=["comments"],
)
@refusals()
def import_site(
    _: Context,
    origin: str,
    write: bool = False,
    fetch_pictures: bool = False,
    comments: str | bool = "",
    me: str = "",
) -> None:
    """Bring articles, pages, drafts and pictures of another blog; their old addresses become aliases.

    Tells what is left out and why; what you have changed since stays. docs/import.md has it by system.
    """
    from authoring.import_site import importer

    path, asked = Path(origin).expanduser(), (comments, me, environ())
    say("\n".join(importer.run(blog(), path, write=write, fetch=fetch_pictures, asked=asked)))


@task(
    help={
        "to": "the place, if not that of PUBLISH_TO, such as folder:/srv/www/blog",
        "dry-run": "tell what would change, and change nothing",
        "rollback": "send what was published before the last time; again, what was before that",
        "comments": "send only the pages whose comments have changed, without a build: for a timer",
    },
)
@refusals()
def publish(
    _: Context, to: str = "", dry_run: bool = False, rollback: bool = False, comments: bool = False
) -> None:
    """Build the blog, check it, and send what has changed to where readers are."""
    from authoring.publish import publication, push_manifest

    send = publication.roll_back if rollback else publication.publish
    send = publication.send_comments if comments else send
    sent = send(ROOT, to, environ(), dry_run=dry_run)
    say(publication.told(sent, dry_run=dry_run))
    if not comments and (pushed := push_manifest.push(sent.site, environ(), dry_run=dry_run)):
        say(pushed)


@task(
    help={
        "host": "the address to listen on",
        "port": "where to listen",
        "workers": "processes; one is enough until it fills a core",
    }
)
@refusals()
def serve(_: Context, host: str = "127.0.0.1", port: int = 8000, workers: int = 1) -> None:
    """Migrate and serve, without building or watching: what a service manager runs."""
    from authoring import server

    server.refuse_taken_port(host, port)
    server.migrate(ROOT, environ())
    server.serve(ROOT, environ(), host, port, workers)


@task(
    help={
        "from": "an archive, an unpacked folder, a repository, or the address of one (default: the clone's origin)",
        "to": "the version (default: the newest there)",
        "dry-run": "tell what would change and what it asks of you, and change nothing",
        "back": "be what was before the last upgrade; comments written since are kept",
        "blog": "upgrade the blog in that folder to this copy, for a blog that has no `upgrade` yet",
        "without-backup": "do not copy the database first",
        "finish": "do what follows once the files are exchanged; `upgrade` itself does so",
    }
)
@refusals()
def upgrade(
    _: Context,
    from_: str = "",
    to: str = "",
    dry_run: bool = False,
    back: bool = False,
    blog: str = "",
    without_backup: bool = False,
    finish: bool = False,
) -> None:
    """Take over another release: exchange our files, migrate after a backup, build, check.

    What is yours (content/, pelicanconf.py, .env, theme_overrides/) is not touched. Files of ours that
    you have changed are kept beside, and named. Stopped half way, the same command goes on.
    """
    from authoring.upgrade import steps

    root = Path(blog).expanduser().resolve() if blog else ROOT
    if finish:
        sys.exit(not steps.finish(root, environ(root)))
    if back:
        if steps.back(root, environ(root)):
            sys.exit(steps.go_on(root, "build"))
        return
    source, backup = from_ or (str(ROOT) if blog else ""), not without_backup
    if steps.upgrade(root, environ(root), source, to, dry_run=dry_run, backup=backup):
        sys.exit(steps.go_on(root, "upgrade", "--finish"))


# --- The program ----------------------------------------------------------------------------------


@task
def test(context: Context) -> None:
    """Run the tests; what follows goes to pytest (with invoke: after `--`). --browsers: the main journeys in each browser."""
    from tests import checks

    sys.exit(checks.run_tests(shlex.split(context.remainder)))


@task(
    help={
        "external": "follow links to other sites as well",
        "quick": "without html-validate and axe, which look at a sample of the pages",
        "content": "look at the blog only",
        "code": "look at the program too; installs the tools for it",
        "fix": "first format the program, and correct what the tools can correct by themselves",
        "keep-comments": "write into renamed articles the two lines that keep their comments",
    }
)
def check(
    _: Context,
    external: bool = False,
    quick: bool = False,
    content: bool = False,
    code: bool = False,
    fix: bool = False,
    keep_comments: bool = False,
) -> None:
    """Find broken links, bad dates and the like before readers do; for contributors the code, too."""
    from authoring.check import content_in_order

    tools = environment.has_tools()
    options = ["--external"] * external + ["--quick"] * (quick or not tools)
    if keep_comments:
        sys.exit(not content_in_order(ROOT, environ(), "--keep-comments", "--quick"))
    if content or not (code or fix or tools):
        sys.exit(not content_in_order(ROOT, environ(), *options))
    from tests import checks

    checks.prepare(fix=fix)
    in_order = content_in_order(ROOT, environ(), *options)
    # Its pages have everything that a page may have; those of an author may have little.
    in_order &= content_in_order(ROOT, environ(), "--settings", checks.SAMPLE, *options)
    sys.exit(not (checks.told() and in_order))


@task
def bench(context: Context) -> None:
    """Measure: `bench service` runs tests/bench/service.py, with what follows as its arguments."""
    from tests import bench

    sys.exit(bench.run(shlex.split(context.remainder)))


@task(help={"adds": 'what it adds, in quotation marks: migration "Pinned comments"'})
def migration(_: Context, adds: str) -> None:
    """Write the next migration, with what the models say and the last one does not make."""
    from comments_service.migrations import new

    path = new.write(adds)
    if path is None:
        sys.exit(
            "The models say what the last migration makes: change comments_service/models first."
        )
    say(f"{path.relative_to(ROOT)}: read it, since Alembic sees neither renamed columns nor rules.")


@task(help={"language": "start the catalogue of this language, such as de, pt_BR or zh_Hant"})
def messages(_: Context, language: str = "") -> None:
    """Bring the catalogues of service and theme up to date with their templates, or start new ones."""
    from authoring import catalogues

    found: dict[Path, list[str]] = {}
    try:
        for speaker in catalogues.speakers(ROOT):
            found |= catalogues.bring_up_to_date(speaker, language)
    except ValueError as error:
        sys.exit(str(error))
    say(catalogues.report(found, ROOT))


@task(help={"upgrade": "take the newest versions that pyproject.toml allows"})
def lock(_: Context, upgrade: bool = False) -> None:
    """Write the locks from pyproject.toml: every package with its hashes, no address of any index."""
    environment.write_locks(upgrade=upgrade)


# --- The command line -----------------------------------------------------------------------------

if __name__ == "__main__":
    namespace = Collection.from_module(sys.modules["__main__"])
    program = Commands(namespace=namespace, name="tasks.py", binary="python3 tasks.py")
    program.run(["tasks.py", *with_remainder(sys.argv[1:])])
