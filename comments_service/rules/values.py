"""What is ruled: the value of each rule, and who has set it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cached_property
from typing import Any

from comments_service.config import Settings
from comments_service.rules.networks import Networks
from comments_service.rules.words import Words

SIGN_IN = "sign-in"


class Source(StrEnum):
    """Who has set a rule. What stands first wins."""

    ENV = ".env"
    DASHBOARD = "dashboard"
    DEFAULT = "default"


# In the order in which they are shown; three of them are settings as well.
DEFAULTS: Mapping[str, Any] = {
    "trust_after": None,
    "guests": None,
    "max_links": None,
    "new_account_days": 0,
    "old_thread_days": 0,
    "words": [],
    "networks": [],
    "scripts": [],
}
# By the rule, the setting in `.env` that wins over the dashboard.
SETTINGS: Mapping[str, str] = {
    each.name: each.metadata["env"] for each in fields(Settings) if each.name in DEFAULTS
}


@dataclass(frozen=True, eq=False)
class Rules:
    """The rules as they hold: `ruled` is what the dashboard says, by name."""

    settings: Settings
    ruled: Mapping[str, Any]
    revision: int = 0

    def source(self, name: str) -> Source:
        if self.settings.gives(name):
            return Source.ENV
        return Source.DASHBOARD if name in self.ruled else Source.DEFAULT

    def default(self, name: str) -> Any:
        """What holds where the dashboard says nothing."""
        if name not in SETTINGS:
            return DEFAULTS[name]
        value = getattr(self.settings, name)
        # The setting knows two answers.
        return ("allowed" if value else SIGN_IN) if name == "guests" else value

    def value(self, name: str) -> Any:
        of_dashboard = self.source(name) is Source.DASHBOARD
        return self.ruled[name] if of_dashboard else self.default(name)

    @cached_property
    def trust_after(self) -> int:
        return int(self.value("trust_after"))

    @cached_property
    def guests(self) -> str:
        """`allowed`, `wait`, or `sign-in`: whoever comments has an account."""
        return str(self.value("guests"))

    @cached_property
    def max_links(self) -> int:
        return int(self.value("max_links"))

    @cached_property
    def new_account_days(self) -> int:
        return int(self.value("new_account_days"))

    @cached_property
    def old_thread_days(self) -> int:
        return int(self.value("old_thread_days"))

    @cached_property
    def words(self) -> Words:
        return Words(self.value("words"))

    @cached_property
    def networks(self) -> Networks:
        return Networks(self.value("networks"))

    @cached_property
    def scripts(self) -> tuple[str, ...]:
        return tuple(self.value("scripts"))

    def with_changes(self, changes: Mapping[str, Any]) -> "Rules":
        return Rules(self.settings, {**self.ruled, **changes}, self.revision)
