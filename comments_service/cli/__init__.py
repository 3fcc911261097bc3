"""Commands: `flask comments …`, for whoever sits at the server.

They call what the web calls, so the same rules hold; a command acts without a moderator's name.
"""

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import click
import orjson
from flask import Flask, current_app
from flask_migrate import Migrate

from comments_service import (
    banning,
    comments,
    config,
    moderation_queue,
    people,
    sitemap,
    threads,
)
from comments_service.accounts import roles, totp
from comments_service.cli import backup, doctor, mail, newsletter, rules, spam, transfer, work
from comments_service.cli.group import group, printable, refusals
from comments_service.config.documents import documents
from comments_service.db import db
from comments_service.errors import CommentChanged, ServiceError
from comments_service.inputs import Anchor, NewBan, NewDecision, parse, seen
from comments_service.models import Account, Comment, Role, Status
from comments_service.publishing import manifest, publisher, rebake, unbaked
from comments_service.supervision import Faults
from comments_service.web import route_tables
from formats import files

# Whose commands hang in the group once they are read.
__all__ = [
    "backup",
    "doctor",
    "group",
    "mail",
    "newsletter",
    "register",
    "rules",
    "spam",
    "transfer",
    "work",
]


def register(app: Flask) -> None:
    """Hang `flask comments …` and `flask db …` into the application."""
    Migrate(app, db, directory=config.MIGRATIONS, render_as_batch=True, compare_type=True)
    app.cli.add_command(group)


@group.command("publish")
@click.option("--all", "everything", is_flag=True, help="Make every file again.")
@click.option("--stale", is_flag=True, help="Look at every file, and make what is missing or old.")
@click.option("--manifest", "source", default="", help="Take over this manifest first.")
def publish(everything: bool, stale: bool, source: str) -> None:
    """Write the snapshots of threads that are behind, and bake them into the built pages."""
    settings = config.current()
    try:
        manifest.sync(source or settings.manifest_source)
    except manifest.ManifestError as error:
        raise click.ClickException(str(error)) from error
    publisher.close_overdue()
    publisher.end_shares()
    if everything or stale:
        comments.rearrange(comments.misplaced())
    how = (
        publisher.publish_all
        if everything
        else publisher.mend
        if stale
        else publisher.publish_behind
    )
    written, baked = publish_now(how)
    click.echo(f"Published {written} threads, baked {baked} pages.")


@group.command("manifest")
@click.option("--from-sitemap", "source", required=True, help="The address of the site's sitemap.")
@click.option("--to", "target", default="", help="The file to write, rather than the screen.")
@click.option(
    "--every-page", is_flag=True, help="Take every page, whether it holds a thread or not."
)
def write_manifest(source: str, target: str, every_page: bool) -> None:
    """Write the list of threads of a site that Pelican does not build."""
    try:
        made, remarks = sitemap.manifest(source, config.current().site_url, every_page=every_page)
    except sitemap.SitemapError as error:
        raise click.ClickException(str(error)) from error
    data = orjson.dumps(made, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    manifest.parse(data)
    for remark in remarks:
        click.echo(remark, err=True)
    if not target:
        click.echo(data.decode(), nl=False)
        return
    files.update(Path(target), data)
    click.echo(
        f"{target} lists {len(made['threads'])} threads: flask comments publish takes them over."
    )


@group.command("owner")
@click.option("--if-none", is_flag=True, help="Only while the blog has no owner.")
def owner(if_none: bool) -> None:
    """Print a one-time link; whoever opens it within a day becomes an owner."""
    if not (if_none and roles.has_owner()):
        click.echo("Whoever opens this within a day becomes an owner of the blog; it works once:")
        click.echo(roles.owner_link(config.running_url(config.current())))


@group.command("role")
@click.argument("email")
@click.argument("role", type=click.Choice([str(role) for role in Role]))
def role(email: str, role: str) -> None:
    """Give the account with this mail address a role; it signs in anew."""
    with refusals():
        account = roles.set_role(email, Role(role))
    publish_now()
    click.echo(f"{account.name} is now {role}.")


@group.command("reset-second-factor")
@click.argument("email")
def reset_second_factor(email: str) -> None:
    """Remove the app, the recovery codes and the passkeys of somebody who lost them; sessions end."""
    with refusals():
        account = roles.known(email)
        totp.reset(account, config.current())
    click.echo(f"{account.name} signs in without a second factor and sets one up anew.")


@group.command("ban")
@click.argument("email")
@click.option("--for", "lasts", type=click.Choice([*banning.SPANS]), default="ever")
@click.option("--reason", default="No reason was given.", help="Why; whoever is banned reads it.")
def ban(email: str, lasts: str, reason: str) -> None:
    """Take nothing more of the account with this mail address, until the ban ends."""
    with refusals():
        account = roles.known(email)
        new = parse(NewBan, {"lasts": lasts, "reason": reason})
        made = banning.ban(people.of_account(account), None, new)
    until = f"until {made.ends_at:%Y-%m-%d %H:%M} UTC" if made.ends_at else "until you end it"
    click.echo(f"{account.name} is banned {until}.")


@group.command("unban")
@click.argument("email")
def unban(email: str) -> None:
    """End every ban of the account with this mail address."""
    with refusals():
        account = roles.known(email)
        ended = banning.end_all(account)
    click.echo(f"{account.name} may write again." if ended else f"{account.name} is not banned.")


@group.command("queue")
@click.option("--status", type=click.Choice([str(each) for each in Status]), default="pending")
@click.option("--page", default=1, type=click.IntRange(min=1))
def queue(status: str, page: int) -> None:
    """List comments that wait, or that are in another state."""
    wanted = moderation_queue.Filter(Status(status))
    found = moderation_queue.queue(Account(role=Role.OWNER), wanted, page=page)
    for comment, shown in zip(found.comments, threads.shown(found.comments), strict=True):
        click.secho(f"{comment.as_seen}  {shown.name}", bold=True, nl=False)
        click.echo(f"  on {comment.thread.title}, {comment.created_at:%Y-%m-%d %H:%M} UTC")
        for reason in comment.reasons:
            click.secho(f"    {reason}", fg="yellow")
        print_words(comment)
        click.echo()
    click.echo(f"{found.total} {status}; page {found.page} of {found.pages}.")


def print_words(comment: Comment) -> None:
    for line in comment.source.splitlines():
        click.echo(f"    {printable(line)}")


@group.command("decide")
@click.argument("decision", type=click.Choice(["publish", "spam", "delete", "undo"]))
@click.argument("numbers", nargs=-1, required=True)
@click.option("--reason", default="", help="Why; kept with the decision.")
@click.option("--tell", is_flag=True, help="E-mail writers that it is not published, and why.")
def decide(decision: str, numbers: tuple[str, ...], reason: str, tell: bool) -> None:
    """Publish, reject or delete comments by number, or undo the last decision on them.

    The number is what `queue` prints; 17.2 is comment 17 as it was after its first edit. What was
    edited since is printed as it stands now, and not decided on.
    """
    failed = 0
    try:
        named = [seen(each) for each in numbers]
    except ValueError as error:
        raise click.BadParameter(f"{error} is not the number of a comment.") from error
    for number, version in named:
        try:
            given = {"decision": decision, "reason": reason, "version": version, "tell": tell}
            new = parse(NewDecision, given)
            made = comments.decide(number, None, new)
            click.echo(f"{number}: {made.status_before} → {made.status_after}")
        except ServiceError as error:
            failed += 1
            click.echo(f"{number}: {error.detail}", err=True)
            if isinstance(error, CommentChanged):
                now = threads.comment(number)
                click.secho(f"{now.as_seen}", bold=True)
                print_words(now)
    publish_now()
    if failed:
        raise click.exceptions.Exit(1)


@group.command("anchor")
@click.argument("number", type=int)
@click.argument("words", default="")
@click.option(
    "--quote", is_flag=True, help="About none: its text begins with the old ones, quoted."
)
def anchor(number: int, words: str, quote: bool) -> None:
    """Let a note, by its number, be about other WORDS of its article.

    For one whose words the article has no longer, as a build says. They have to stand in the built
    page exactly once.
    """
    with refusals():
        new = parse(Anchor, {"words": None if quote else words})
        comment = comments.anchor(number, None, new, config.current())
    publish_now()
    if comment.passage is None:
        click.echo(f"{number} is a comment that quotes.")
    else:
        click.echo(f"{number} is about: {printable(comment.passage.exact)}")


@group.command("render")
@click.option("--all", "everything", is_flag=True, help="Those of this release's renderer as well.")
def render(everything: bool) -> None:
    """Render comments anew whose HTML another release made, and publish what looks different."""
    done = comments.rerender(everything=everything)
    publish_now()
    click.echo(f"Rendered {done.total} comments, of which {done.changed} look different.")
    if done.refused:
        raise click.ClickException(
            "these stay as they were, because their Markdown is refused by now: "
            + ", ".join(map(str, done.refused))
        )


def publish_now(
    how: Callable[[config.Settings, Faults], list[str]] = publisher.publish_behind,
) -> tuple[int, int]:
    """Write what a command changed: how many threads, and pages.

    What is wrong with one stops no other, and ends the command; a service that runs tries it again.
    """
    settings, faults = config.current(), Faults(rebake.Busy)
    published = how(settings, faults)
    baked = rebake.bake_waiting(settings, faults, set()) if unbaked.sites(settings) else 0
    if faults.known:
        raise click.ClickException(
            "\n".join(f"{name} failed: {text}" for name, text in faults.known.items())
        )
    return len(published), baked


@group.command("routes")
@click.option("--document", is_flag=True, help="For developers: write the files that list them.")
def routes(document: bool) -> None:
    """Print every address of the service, and who may ask it."""
    if not document:
        click.echo(route_tables.guards(current_app), nl=False)
        return
    for name in route_tables.TABLES:
        path = Path(name)
        path.write_text(route_tables.brought_up_to_date(current_app, path, name), "utf-8")


@group.command("settings")
@click.option("--document", is_flag=True, help="For developers: write the files that explain them.")
def settings(document: bool) -> None:
    """Print every setting, its value here, and what it means."""
    if document:
        for path, text in documents().items():
            path.write_text(text, "utf-8")
        return
    current = config.current()
    for each in fields(config.Settings):
        value = getattr(current, each.name)
        hidden = value and each.metadata.get("secret")
        click.secho(each.metadata["env"], bold=True, nl=False)
        click.echo(f"={'…' if hidden else config.written(value)}")
        click.echo(f"    {each.metadata['meaning']}")
