"""`flask comments mail …`: what becomes of e-mails, and whether one arrives."""

import click

from comments_service import config, i18n
from comments_service.cli.group import group, many, printable
from comments_service.mail import overview


@group.group("mail")
def mail() -> None:
    """Look after the e-mails."""


@mail.command("test")
@click.argument("address")
@click.option("--lang", default=i18n.DEFAULT, help="The language of the e-mail.")
def test(address: str, lang: str) -> None:
    """Send a test e-mail at once, and print what was said with the mail server."""
    tested = overview.test(address, lang, config.current())
    for line in tested.dialogue:
        click.echo(printable(line))
    if tested.error:
        raise click.ClickException(printable(tested.error))
    click.echo("Sent: look whether it has arrived, and not among the spam.")


@mail.command("list")
def list_given_up() -> None:
    """Print what waits, and what was given up."""
    found = overview.overview()
    click.echo(
        f"{many(found.waiting, 'e-mail')} wait, {found.sent_lately} were sent within a day,"
        f" {found.given_up} were given up."
    )
    for each in overview.given_up():
        click.secho(f"{each.id}  {printable(each.recipient)}", bold=True, nl=False)
        click.echo(f"  {printable(each.subject)}")
        click.secho(f"    {printable(each.error)}", fg="yellow")


@mail.command("again")
def again() -> None:
    """Let every e-mail that was given up be tried again."""
    click.echo(f"{many(overview.again(), 'e-mail')} to be tried again.")
