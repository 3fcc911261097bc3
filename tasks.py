#!/usr/bin/env python3
"""Every command of this blog:

    python3 tasks.py up        build the blog, serve it with its comments; open pages show what you save
    python3 tasks.py new       start an article: new "Its title" --series Birds --draft
    python3 tasks.py drafts    list the drafts, the one touched last first
    python3 tasks.py schedule  list what waits for its date
    python3 tasks.py stats     count articles, words, tags and comments
    python3 tasks.py images    list the pictures, their sizes, who shows them (images --unused)
    python3 tasks.py import-site  bring articles from WordPress, Hugo or Jekyll (a dry run first)
    python3 tasks.py build     build the blog for publishing, into output/
    python3 tasks.py publish   build, check, and send what changed (publish --dry-run, --rollback)
    python3 tasks.py serve     migrate and serve without building: what a service manager runs
    python3 tasks.py test      run the tests; what follows goes to pytest (test -k feed -x)
    python3 tasks.py check     find broken links, bad dates and the like before readers do
                               (for contributors the code as well; check --fix formats it first)
    python3 tasks.py bench     measure: bench service, bench pages, bench build
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
import subprocess
import textwrap
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from dotenv import dotenv_values
from invoke import Collection, Context, Program, task

from authoring.environment import ROOT, say

if TYPE_CHECKING:
    from authoring.blog import Blog
    from authoring.preview.builder import Told


@task(
    help={
        "port": "where to listen (default: the port of SITE_URL when that is this machine, or 8000)",
        "host": "the address to listen on; 0.0.0.0 lets other machines in",
    }
)
def up(_: Context, port: int = 0, host: str = "127.0.0.1") -> None:
    """Build the blog, serve it with its comments on one port, and rebuild on change."""
    from authoring import server
    from plugins.incremental import live_reload

    environ = {**from_file(), **os.environ}
    port = port or server.local_port(environ.get("SITE_URL", "")) or 8000
    environ["SITE_URL"] = environ.get("SITE_URL") or f"http://localhost:{port}"
    environ["POSTIL_PREVIEW"] = "1"
    with refusals():
        server.refuse_taken_port(host, port)
    output = ROOT / (environ.get("COMMENTS_OUTPUT") or "output")
    earlier = (output / "index.html").exists()
    started: list[subprocess.Popen[bytes]] = []
    server.listen_for_stop()
    try:
        with refusals(), ThreadPoolExecutor() as pool:
            builder = server.Builder(ROOT, environ)
            started.append(builder.process)
            migrated = server.flask(ROOT, environ, "db", "upgrade")
            server.refuse_failed(migrated, "The database could not be made ready.")
            owner = pool.submit(server.flask, ROOT, environ, "comments", "owner", "--if-none")
            if not earlier:
                tell_first_build(builder.next(), earlier)
            serving = server.start_server(ROOT, environ, host, port)
            started.append(serving)
            if earlier:
                tell_first_build(builder.next(), earlier)
            server.wait_until_it_answers(serving, host, port)
            link = owner.result()
            server.refuse_failed(link, "The owner's link could not be made.")
            say(f"\n  Your blog   {strong(environ['SITE_URL'])}")
            if urlsplit(environ["SITE_URL"]).port != port:
                say(f"  Here        {strong(f'http://localhost:{port}')}")
            if link.stdout.strip():
                say(f"  Its owner   {strong(link.stdout.split()[-1])}")
                say(
                    "              Open it to become the owner and choose a password. It works once."
                )
            say("\nSave an article and open pages show it by themselves. Ctrl-C stops everything.")
            while True:
                tell_change(builder.next(serving))
    except KeyboardInterrupt:
        say("\nStopped.")
    finally:
        for process in reversed(started):
            server.stop(process)
        live_reload.end(output)


@task(
    help={
        "settings": "the settings file (default: publishconf.py)",
        "keep-going": "when the build fails, list everything that there is to correct",
    }
)
def build(_: Context, settings: str = "publishconf.py", keep_going: bool = False) -> None:
    """Build the blog for publishing, into output/."""
    from authoring import progress, server

    environ = {**from_file(), **os.environ}
    if not environ.get("SITE_URL"):
        say("SITE_URL is not set: links will lead to http://localhost:8000. Set it in .env.")
    with progress.waiting("Building the blog …"):
        built = server.build(ROOT, environ, settings)
    if not built.succeeded and keep_going:
        say("The build failed; the site is as it was. Everything that there is to correct:")
        check_content(False, True, "--settings", settings)
        sys.exit(1)
    if not built.succeeded:
        sys.exit(
            f"The build failed; the site is as it was.\n{built.report}\n"
            "`python3 tasks.py build --keep-going` lists everything that there is to correct."
        )
    say(f"Built in {built.seconds:.1f} s: {built.report}")


@task(
    help={
        "title": 'the title, in quotation marks: new "How pelicans fish"',
        "lang": "its language, such as zh-cn (default: the blog's)",
        "series": "the series that it is a part of",
        "draft": "keep it out of the published blog until you remove `Status: draft`",
        "slug": "its address (default: made from the title, 鹈鹕 becoming ti-hu)",
        "edit": "open it in $VISUAL or $EDITOR when there is a terminal (--no-edit: do not)",
    }
)
def new(
    _: Context,
    title: str,
    lang: str = "",
    series: str = "",
    draft: bool = False,
    slug: str = "",
    edit: bool = True,
) -> None:
    """Start an article: its file with title, date and address, and a folder for its pictures.

    A translation has the --slug of the original and another --lang. Nothing is overwritten.
    """
    from authoring import new_article

    with refusals():
        made = new_article.article(blog(), title, lang=lang, series=series, draft=draft, slug=slug)
        say(f"Article   {strong(os.path.relpath(made.path, ROOT))}")
        say(f"Pictures  {os.path.relpath(made.pictures, ROOT)}/")
        if edit:
            new_article.edit(made.path)


@task
def drafts(_: Context) -> None:
    """List the drafts, the one touched last first, with their lengths."""
    from authoring import stats

    say("\n".join(stats.drafts(blog())))


@task
def schedule(_: Context) -> None:
    """List the articles whose date is still to come, the next first; a later build publishes them."""
    from authoring import stats

    say("\n".join(stats.schedule(blog())))


@task
def stats(_: Context) -> None:
    """Count articles, words by language and year, tags, and comments where the service has them."""
    from authoring import stats

    environ = {**from_file(), **os.environ}
    published = ROOT / (environ.get("COMMENTS_PUBLISHED") or "published")
    say("\n".join(stats.stats(blog(), published)))


@task(
    help={"unused": "only the names of pictures that nothing shows, one a line, for other programs"}
)
def images(_: Context, unused: bool = False) -> None:
    """List the pictures: weight, size in pixels, who shows them, and which deserve a look."""
    from authoring import list_images

    say("\n".join(list_images.listed(blog(), unused_only=unused)))


@task(
    help={
        "origin": "a WordPress export (.xml), or the folder of a Hugo or Jekyll site",
        "write": "write the files; without it you are told what would be written, and nothing is",
    }
)
def import_site(_: Context, origin: str, write: bool = False) -> None:
    """Bring articles, pages, drafts and pictures of another blog; their old addresses become aliases.

    Tells what is left out and why, with file and line. Files that are there are never changed, so
    that it can be run again. Pictures of WordPress are copied from wp-content/uploads/ beside the
    export. Comments are not articles: they do not come along.
    """
    from authoring.import_site import importer

    with refusals():
        own = blog()
        planned = importer.from_origin(own, Path(origin).expanduser())
        if write:
            importer.write(planned)
        say("\n".join(importer.told(own, planned, done=write)))


@task(
    help={
        "to": "the place, if not that of PUBLISH_TO, such as folder:/srv/www/blog",
        "dry-run": "tell what would change, and change nothing",
        "rollback": "send what was published before the last time; again, what was before that",
    },
)
def publish(_: Context, to: str = "", dry_run: bool = False, rollback: bool = False) -> None:
    """Build the blog, check it, and send what has changed to where readers are."""
    from authoring.publish import build_and_send, push_manifest

    environ = {**from_file(), **os.environ, "PYTHONUTF8": "1"}
    with refusals():
        place = build_and_send.place_of(to, environ)
        send = build_and_send.roll_back if rollback else build_and_send.publish
        sent = send(ROOT, place, environ, dry_run=dry_run)
        say(build_and_send.told(sent.changes, dry_run=dry_run))
        if pushed := push_manifest.push(sent.site, environ, dry_run=dry_run):
            say(pushed)


@task(
    help={
        "host": "the address to listen on",
        "port": "where to listen",
        "workers": "processes; one is enough until it fills a core",
    }
)
def serve(_: Context, host: str = "127.0.0.1", port: int = 8000, workers: int = 1) -> None:
    """Migrate and serve, without building or watching: what a service manager runs."""
    from authoring import server

    environ = {**from_file(), **os.environ}
    with refusals():
        server.refuse_taken_port(host, port)
        migrated = server.flask(ROOT, environ, "db", "upgrade")
        server.refuse_failed(migrated, "The database could not be made ready.")
    server.serve(ROOT, environ, host, port, workers)


@task
def test(context: Context) -> None:
    """Run the tests; what follows goes to pytest (with invoke: after `--`)."""
    from tests import checks, cores

    if missing := checks.node_is_missing():
        say(f"The built pages' HTML is not validated: {missing}.")
    command = [sys.executable, "-m", "pytest", *cores.spread(shlex.split(context.remainder))]
    if os.environ.get("CI"):  # Here the whole suite runs, so its coverage can be judged.
        command += ["-p", "tests.no_skips", "--cov", "--cov-report=term:skip-covered"]
    sys.exit(subprocess.call(command, cwd=ROOT))


@task
def bench(context: Context) -> None:
    """Measure: `bench service` runs tests/bench/service.py, with what follows as its arguments."""
    # The other files there are what these are made of.
    known = sorted(
        path.stem
        for path in (ROOT / "tests/bench").glob("[a-z]*.py")
        if "\ndef main(" in path.read_text(encoding="utf-8")
    )
    name, *arguments = shlex.split(context.remainder) or [""]
    if name not in known:
        sys.exit("Say what to measure: " + ", ".join(known))
    sys.exit(subprocess.call([sys.executable, "-m", f"tests.bench.{name}", *arguments], cwd=ROOT))


@task(help={"upgrade": "take the newest versions that pyproject.toml allows"})
def lock(_: Context, upgrade: bool = False) -> None:
    """Write the locks from pyproject.toml: every package with its hashes, no address of any index."""
    environment.write_locks(upgrade=upgrade)


@task(help={"language": "start the catalogue of this language, such as de, pt_BR or zh_Hant"})
def messages(_: Context, language: str = "") -> None:
    """Bring the catalogues of service and theme up to date with their templates, or start new ones."""
    from comments_service import i18n as catalogues
    from plugins.presentation import i18n

    try:
        waiting = catalogues.bring_up_to_date(language)
        waiting += i18n.bring_up_to_date(ROOT / "theme", language)
    except ValueError as error:
        sys.exit(str(error))
    say("\n".join(waiting) or "Every catalogue is complete.")


@task(
    help={
        "external": "follow links to other sites as well",
        "quick": "without html-validate and axe, which look at a sample of the pages",
        "content": "look at the blog only",
        "code": "look at the program too; installs the tools for it",
        "fix": "first format the program, and correct what the tools can correct by themselves",
    }
)
def check(
    _: Context,
    external: bool = False,
    quick: bool = False,
    content: bool = False,
    code: bool = False,
    fix: bool = False,
) -> None:
    """Find broken links, bad dates and the like before readers do; for contributors the code, too."""
    quick = quick or not environment.has_tools()
    if content or not (code or fix or environment.has_tools()):
        sys.exit(not check_content(external, quick))
    from tests import checks

    if fix:
        checks.fix()
    missing = checks.node_is_missing()
    in_order = check_content(external, quick)
    results = checks.outcomes(browser_code=not missing)
    for result in results:
        if not result.succeeded:
            say(f"\n{strong('— ' + result.name)}\n{result.report.strip()}")
    say()
    for result in results:
        say(
            f"  {'ok    ' if result.succeeded else 'FAILED'}  {result.seconds:5.1f} s  {result.name}"
        )
    if missing:
        say(f"  {'left out':6}          {', '.join(checks.NODE_CHECKS)}: {missing}")
    if missing and os.environ.get("CI"):
        sys.exit("In CI nothing may be left out.")
    sys.exit(not (in_order and all(result.succeeded for result in results)))


# --- What several commands need -------------------------------------------------------------------


def from_file() -> dict[str, str]:
    return {
        name: value for name, value in dotenv_values(ROOT / ".env").items() if value is not None
    }


@contextmanager
def refusals() -> Iterator[None]:
    """What somebody has to correct is told as a sentence, without a traceback."""
    from authoring import Refused

    try:
        yield
    except Refused as refused:
        sys.exit(str(refused))


def strong(text: str) -> str:
    plain = (
        not sys.stdout.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    )
    return text if plain else f"\033[1m{text}\033[0m"


def tell_first_build(told: "Told", earlier: bool) -> None:
    report = textwrap.indent(told.report, "    ")
    if told.what == "built":
        say(f"Built the blog in {told.seconds:.1f} s.")
    elif earlier:
        say(f"The blog could not be built; the earlier one is served:\n{report}")
    else:
        sys.exit(f"The blog could not be built:\n{report}\nCorrect this and start again.")


def tell_change(told: "Told") -> None:
    """One line for each thing that was done, and what there is to correct below it."""
    name = told.names[0] if len(told.names) == 1 else f"{len(told.names)} files"
    done = {
        "saved": f"its page is right after {told.seconds * 1000:.0f} ms",
        "built": f"everything is right after {told.seconds:.1f} s",
        "failed": "changed, and the build failed:",
    }
    say(f"{time.strftime('%H:%M:%S')}  {name}  {done[told.what]}")
    if told.report:
        say(textwrap.indent(told.report, "    "))


def check_content(external: bool = False, quick: bool = False, *options: str) -> bool:
    """Whether authoring/check/, which says what it finds, finds nothing to correct.

    In a process of its own, since a build runs in it.
    """
    environ = {**from_file(), **os.environ, "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "authoring.check", *options]
    command += ["--external"] * external + ["--quick"] * quick
    return subprocess.call(command, cwd=ROOT, env=environ, stdin=subprocess.DEVNULL) == 0


# --- What the commands of an author are made of ----------------------------------------------------


NEEDED = {
    "new": 'Say its title: python3 tasks.py new "How pelicans fish"',
    "import-site": "Say where it is: python3 tasks.py import-site ../old-blog (or export.xml)",
}


def blog() -> "Blog":
    from authoring.blog import Blog

    return Blog(ROOT)


def with_remainder(arguments: list[str]) -> list[str]:
    """`test -k feed` as Invoke would have it: `test -- -k feed`; and `new --help`: `--help new`."""
    if arguments[0] in NEEDED and len(arguments) == 1:
        sys.exit(NEEDED[arguments[0]])
    if arguments[0] in NEEDED and {"--help", "-h"} & set(arguments[1:]):
        return ["--help", arguments[0]]  # Invoke would take the word for what it needs.
    # `bench --help` is Invoke's to answer, `bench build --help` that measurement's own.
    ours = "--" in arguments or {"--help", "-h"} & set(arguments[1:2])
    passes_on = arguments[0] in ("bench", "test") and not ours
    return [arguments[0], "--", shlex.join(arguments[1:])] if passes_on else arguments


if __name__ == "__main__":
    namespace = Collection.from_module(sys.modules["__main__"])
    program = Program(namespace=namespace, name="tasks.py", binary="python3 tasks.py")
    program.run(["tasks.py", *with_remainder(sys.argv[1:])])
