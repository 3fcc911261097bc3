"""`flask comments import` and `export`: what other systems have kept, and everything to take along."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click
import orjson
from rich.progress import Progress

from comments_service import config, exporters, importers
from comments_service.cli.group import group, printable
from comments_service.db import db
from comments_service.models import Thread
from comments_service.publishing import manifest


@group.command("import")
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--from",
    "system",
    default="",
    type=click.Choice(["", *(each.name for each in importers.ALL)]),
    help="The system that has written it; recognised otherwise.",
)
@click.option(
    "--map",
    "pairs",
    nargs=2,
    multiple=True,
    metavar="OLD NEW",
    help="A page's old address, and its new one.",
)
@click.option(
    "--map-file", type=click.Path(exists=True, path_type=Path), help="A CSV file of such pairs."
)
@click.option(
    "--me",
    default="",
    metavar="NAME-OR-ADDRESS",
    help="Who you were there: those comments are yours here.",
)
@click.option(
    "--site",
    default="",
    metavar="NAME",
    help="Tells a second blog of the same system from the first.",
)
@click.option("--pings", is_flag=True, help="Pingbacks and trackbacks of WordPress as well.")
@click.option(
    "--apply", is_flag=True, help="Take them over; otherwise it only says what would come."
)
@click.option(
    "--report", type=click.Path(path_type=Path), help="Write all of what is said here, as JSON."
)
def import_comments(
    file: Path,
    system: str,
    pairs: tuple[tuple[str, str], ...],
    map_file: Path | None,
    me: str,
    site: str,
    pings: bool,
    apply: bool,
    report: Path | None,
) -> None:
    """Bring comments from another system. Without --apply it only says what would come.

    It may be stopped and started again, and run again with a later, longer file: what is here stays as it
    is. Nobody is e-mailed.
    """
    settings = config.current()
    try:
        manifest.sync(settings.manifest_source)
        wishes = importers.Wishes(system, site, importers.Rules.read(pairs, map_file), me, pings)
        with Progress(transient=True) as bar:
            task = bar.add_task("Comments", total=None)
            done = importers.run(
                file,
                wishes,
                settings,
                apply=apply,
                progress=lambda now, of: bar.update(task, completed=now, total=of),
            )
    except (importers.Damaged, manifest.ManifestError) as error:
        raise click.ClickException(str(error)) from error
    if report is not None:
        report.write_bytes(
            orjson.dumps(done.as_json(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        )
    for line in done.lines(applied=apply):
        click.echo(printable(line))
    if done.damaged:
        raise click.ClickException(done.damaged)
    if not apply and done.counts.new:
        click.echo("Nothing was changed: add --apply to take them over.")


@group.command("export")
@click.option(
    "--format",
    "form",
    default="postil",
    type=click.Choice(exporters.FORMATS),
    help="postil: all that there is.",
)
@click.option(
    "--to",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write, rather than the screen.",
)
@click.option("--thread", default="", help="Only this thread.")
@click.option("--since", type=click.DateTime(), help="Only what was written since (UTC).")
@click.option(
    "--without-personal-data",
    "public",
    is_flag=True,
    help="No addresses, and only what everybody can read.",
)
def export_comments(
    form: str, target: Path | None, thread: str, since: datetime | None, public: bool
) -> None:
    """Write all comments as a file, in our own format, or in one that others read."""
    choice = exporters.Choice(thread, since.replace(tzinfo=UTC) if since else None, public)
    site_url = config.current().site_url
    if thread and db.session.get(Thread, thread) is None:
        raise click.ClickException(f"There is no thread {printable(thread)}.")
    if target is not None:
        try:
            exporters.write(target, form, choice, site_url)
        except OSError as error:
            raise click.ClickException(f"{target} cannot be written: {error.strerror}.") from error
        click.echo(f"{target} holds them: flask comments import reads it.", err=True)
    elif form == "isso":
        raise click.ClickException("Isso's format is a database: say which file by --to.")
    else:
        for piece in exporters.STREAMS[form](choice, site_url):
            sys.stdout.buffer.write(piece)
