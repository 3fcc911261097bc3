"""Settings: every value that the person who runs the blog may set."""

from comments_service.config.settings import (
    MIGRATIONS,
    SECRET_KEY_FILE,
    Client,
    Rate,
    SettingError,
    Settings,
    absolute_database_url,
    current,
    from_environment,
    origin_of,
    secret_key,
    trusted,
    written,
)

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
    "origin_of",
    "secret_key",
    "trusted",
    "written",
]
