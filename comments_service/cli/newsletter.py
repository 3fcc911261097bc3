"""`flask comments newsletter`: what is new in the feed goes to those who asked for it."""

from contextlib import suppress

import click

from comments_service import config, newsletter
from comments_service.cli.group import group, many, printable
from comments_service.newsletter.announcing import EACH, WEEKLY
from comments_service.publishing import manifest


@group.command("newsletter")
@click.option("--dry-run", is_flag=True, help="Only say what would go to how many.")
def send(dry_run: bool) -> None:
    """Announce what is new in the blog's feed, as the service does by itself."""
    settings = config.current()
    # As the service does that may not run. What is wrong with it is the publisher's to tell.
    with suppress(manifest.ManifestError):
        manifest.sync(settings.manifest_source)
    if not newsletter.is_offered():
        raise click.ClickException(
            "this blog has no newsletter: write NEWSLETTER = True into pelicanconf.py, and build it"
        )
    try:
        plan = newsletter.planned(settings)
        if not dry_run:
            newsletter.announce(settings)
    except newsletter.FeedError as error:
        raise click.ClickException(str(error)) from error
    for item, readers in plan.news:
        click.secho(printable(item.title), bold=True)
        click.echo(f"    {item.url}")
        click.echo(f"    to {readers[EACH]} at once, to {readers[WEEKLY]} with the weekly e-mail")
    if plan.passed_over:
        click.echo(f"Too old to be news, and told to nobody: {many(plan.passed_over, 'article')}.")
    if not plan.news:
        click.echo("Nothing is new.")
