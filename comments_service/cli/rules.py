"""`flask comments rules`: what makes a comment wait, who has said so, and another value."""

from typing import Any

import click

from comments_service import config, rules
from comments_service.cli.group import group, many, printable, refusals
from comments_service.inputs import RuleChanges, parse


@group.command("rules")
@click.option(
    "--set",
    "given",
    nargs=2,
    multiple=True,
    metavar="NAME VALUE",
    help="Another value; lists are separated by commas, and '' is none.",
)
def show(given: tuple[tuple[str, str], ...]) -> None:
    """Print what makes a comment wait, and whether .env, the dashboard or nobody has said so."""
    settings = config.current()
    rules.look()
    if given:
        values = {name: value_of(name, text) for name, text in given}
        with refusals():
            changed = rules.change(parse(RuleChanges, values), None, settings)
        click.echo(f"{many(changed, 'rule')} changed; the pages follow within seconds.")
    known = rules.known(settings)
    for name in rules.DEFAULTS:
        click.secho(name, bold=True, nl=False)
        said = known.source(name)
        source = f"{said}, {rules.SETTINGS[name]}" if said is rules.Source.ENV else said
        click.echo(f"={written(known.value(name))}  ({source})")


def value_of(name: str, text: str) -> Any:
    """What was typed, of the kind that the rule has; what is none is refused by its name."""
    if name not in rules.DEFAULTS:
        raise click.BadParameter(f"{name} is none of {', '.join(rules.DEFAULTS)}.")
    if isinstance(rules.DEFAULTS[name], list):
        return [each.strip() for each in text.split(",") if each.strip()]
    if name == "guests":
        return text
    return int(text) if text.isdecimal() and text.isascii() else -1


def written(value: Any) -> str:
    return printable(", ".join(value) if isinstance(value, list) else str(value))
