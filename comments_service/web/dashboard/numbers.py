"""The page of numbers: plots that are drawn here, and the same as a table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Blueprint, Response

from comments_service import numbers
from comments_service.numbers import Day
from comments_service.web import answers, visitor
from comments_service.web.routes import Guard, route

bp = Blueprint("numbers", __name__)

# Of a plot's own space, which the style sheet stretches over the page.
WIDTH, HEIGHT, GAP = 900, 100, 2


@dataclass(frozen=True)
class Bar:
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Plot:
    """A number of each day, drawn; `most` is what its highest bar stands for."""

    name: str
    bars: list[Bar]
    most: float


def plot(
    name: str, days: Sequence[Day], of: Callable[[Day], float | None], most: float = 0
) -> Plot:
    values = [of(day) for day in days]
    most = most or max((value for value in values if value is not None), default=0)
    step = WIDTH / len(days)
    bars = [
        Bar(round(number * step, 2), round(HEIGHT - height, 2), step - GAP, round(height, 2))
        for number, value in enumerate(values)
        # What is little is seen nevertheless, and nothing is no bar.
        if value is not None and (height := max(1.0, HEIGHT * value / (most or 1)))
    ]
    return Plot(name, bars, most)


@route(
    bp,
    "GET /moderation/numbers",
    "What came in, was held and decided, by day",
    guard=Guard.MODERATOR,
    who="moderators, owners",
)
def page() -> Response:
    days = numbers.by_day(visitor.moderator())
    return answers.page(
        "dashboard/numbers.html",
        days=days,
        width=WIDTH,
        height=HEIGHT,
        plots={
            "comments": plot("comments", days, lambda day: day.comments or None),
            "held": plot("held", days, lambda day: day.held or None),
            "spam": plot("spam", days, lambda day: day.spam or None),
            "precision": plot("precision", days, lambda day: day.precision, 1),
            "waited": plot("waited", days, lambda day: day.median_hours),
        },
        sums={
            "comments": sum(day.comments for day in days),
            "held": sum(day.held for day in days),
            "spam": sum(day.spam for day in days),
        },
    )
