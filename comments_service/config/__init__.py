"""Settings: every value that the person who runs the blog may set.

Read once from the environment (and `.env`, which the environment overrules). A wrong value is
refused at start, with its name, what was found and what would do.

    settings   the definition of each, and what follows from several of them
    values     what one of them may hold
    providers  those that name a provider
    reading    from the environment, checked
    start      what the application takes from them
    documents  the files that explain them
"""

from comments_service.config.environment import from_environment, surrounding
from comments_service.config.providers import Client, trusted
from comments_service.config.settings import Settings
from comments_service.config.start import (
    MIGRATIONS,
    SECRET_KEY_FILE,
    absolute_database_url,
    current,
    make_folders,
    running_url,
    secret_key,
)
from comments_service.config.values import Rate, SettingError, origin_of, written

__all__ = [
    "MIGRATIONS",
    "SECRET_KEY_FILE",
    "Client",
    "Rate",
    "SettingError",
    "Settings",
    "absolute_database_url",
    "current",
    "from_environment",
    "make_folders",
    "origin_of",
    "running_url",
    "secret_key",
    "surrounding",
    "trusted",
    "written",
]
