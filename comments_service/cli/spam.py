"""`flask comments spam …`: what the filter learned, how far it can be believed, and what it learned from."""

from collections.abc import Iterator
from pathlib import Path

import click
import orjson

from comments_service import i18n, learning, spam
from comments_service.cli.group import group, many, printable
from formats import files


@group.group("spam")
def spam_filter() -> None:
    """Look after the filter that learns from moderators' decisions."""


@spam_filter.command("status")
def status() -> None:
    """Print how much it learned, and how well it tells your own comments apart."""
    found = learning.progress()
    click.echo(f"Learned from {found.spam} spam and {found.genuine} genuine comments.")
    if found.accuracy is None:
        click.echo(
            f"It says nothing yet: it takes {found.needed} of either kind, as moderators decide."
        )
        return
    tried = found.accuracy
    click.echo(f"Each tenth of the latest {learning.LOOKED_AT:,} judged by the other nine:")
    click.echo(f"{'':14}{'held':>8}{'let through':>14}")
    click.echo(f"{'spam':14}{tried.spam_held:8}{tried.spam_passed:14}")
    click.echo(f"{'genuine':14}{tried.genuine_held:8}{tried.genuine_passed:14}")
    click.echo(f"Of what it holds, {_percent(tried.precision)} is spam (precision).")
    click.echo(f"Of what is spam, it holds {_percent(tried.recall)} (recall).")


def _percent(part: float | None) -> str:
    return "–" if part is None else f"{part:.1%}"


@spam_filter.command("export")
@click.argument("target", metavar="FILE")
def export(target: str) -> None:
    """Write what it learned from as JSON Lines: texts, what was decided, and when."""
    lines = [*_lines()]
    files.update(Path(target), b"".join(lines))
    click.echo(f"{target} holds {many(len(lines), 'comment')}; it is as private as the database.")


def _lines() -> Iterator[bytes]:
    for each in learning.lessons():
        line = {
            "text": each.source,
            "name": each.comment.name or "",
            "website": each.comment.website or "",
            "spam": each.spam,
            "decided_at": i18n.stamp(each.decision.made_at),
        }
        yield orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


@spam_filter.command("retrain")
def retrain() -> None:
    """Learn anew from all decisions, as after an upgrade that cuts words in another way."""
    click.echo(f"Learned anew from {many(learning.retrain(), 'comment')}.")


@spam_filter.command("test")
@click.argument("text")
def test(text: str) -> None:
    """Print how much a text is like spam, from 0 to 1, and the words that say so."""
    found = learning.looked_at(spam.Text(text))
    held = "held" if found.is_spam else "let through"
    click.echo(f"{found.score:.3f}, which is {held}: {printable(', '.join(found.words)) or '–'}")
    if learning.progress().accuracy is None:
        click.echo("It learned from too few comments to be asked about readers' comments yet.")
