"""`flask comments backup` and `move`: all of the database as a file while the service runs, or in another database."""

from pathlib import Path

import click
import sqlalchemy as sa
from rich.progress import Progress, TaskID

from comments_service import backups, config, database_move, exporters, supervision
from comments_service.cli.group import group
from comments_service.db import db


@group.command("backup")
@click.argument("folder", required=False, type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--keep",
    type=click.IntRange(min=1),
    help="How many of them stay; older ones in this folder are removed.",
)
def backup(folder: Path | None, keep: int | None) -> None:
    """Copy the database into a folder (by default COMMENTS_BACKUP). The service may run meanwhile."""
    settings = config.current()
    folder = folder or (Path(settings.backup) if settings.backup else None)
    if folder is None:
        raise click.ClickException("Say into which folder, or set COMMENTS_BACKUP.")
    try:
        made = backups.make(
            folder, settings.database_url, lambda path: exporters.write_all(path, settings)
        )
    except backups.CopyError as error:
        raise click.ClickException(str(error)) from error
    if made.suffix == ".jsonl":
        click.echo(
            "PostgreSQL's pg_dump is not on this machine: these are all comments, and no accounts, decisions or"
            " rules. Install postgresql-client for a copy of everything.",
            err=True,
        )
    click.echo(f"{made}: {made.stat().st_size:,} bytes")
    gone = backups.prune(folder, keep) if keep else []
    if gone:
        click.echo(f"Removed: {', '.join(each.name for each in gone)}")


@group.command("move")
@click.argument("url")
def move(url: str) -> None:
    """Copy the whole database into an empty other one: a SQLite file, or PostgreSQL.

    Stop the service first. The old database stays as it is.
    """
    settings = config.current()
    try:
        address = config.absolute_database_url(config.from_environment({}, database_url=url))
    except config.SettingError as error:
        raise click.ClickException(str(error)) from error
    signs = [supervision.sign(worker, settings) for worker in supervision.WORKERS]
    if any(each and each.age_seconds < 2 * supervision.BEAT_SECONDS for each in signs):
        raise click.ClickException(
            "The service runs, or did a moment ago: what it took from now on would stay behind. Stop it, and come"
            " back in half a minute."
        )
    db.session.rollback()
    try:
        with Progress(transient=True) as bar:
            tasks: dict[str, TaskID] = {}

            def progress(table: str, rows: int) -> None:
                if table not in tasks:
                    tasks[table] = bar.add_task(table, total=None)
                bar.update(tasks[table], completed=rows)

            rows = database_move.move(db.engine, address, progress)
    except database_move.MoveError as error:
        raise click.ClickException(str(error)) from error
    shown = sa.make_url(url).render_as_string()
    click.echo(
        f"{rows:,} rows are there, each compared with the one here. Now write\n"
        f"    COMMENTS_DATABASE_URL={shown}\n"
        "with its password into .env, and start the service. The old database is as it was."
    )
