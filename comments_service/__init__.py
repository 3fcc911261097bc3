"""The comment service: takes comments and keeps sessions, and writes what readers read as files."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from comments_service.config import Settings


def create_app(settings: "Settings | None" = None, *, commands: bool = True) -> "Flask":
    """The application, without its threads: `loading` starts the workers.

    A server does without the `flask` commands: loading Alembic takes a tenth of its start.
    """
    # Imported here, so that asking for one module of this package does not load all of them.
    from flask import Flask

    from comments_service import config, db, web

    try:
        settings = settings or config.from_environment()
        config.make_folders(settings)
    except config.SettingError as error:
        if not commands:
            raise
        import click

        # What to write instead is all that whoever types a command needs.
        raise click.ClickException(str(error)) from error
    app = Flask(__name__, static_folder=None, template_folder=None)
    app.config.update(
        SQLALCHEMY_DATABASE_URI=config.absolute_database_url(settings),
        SQLALCHEMY_ENGINE_OPTIONS=db.engine_options(settings.database_url),
        SECRET_KEY=config.secret_key(settings),
    )
    app.extensions["settings"] = settings
    db.db.init_app(app)
    web.register(app)
    if commands:
        from comments_service import cli

        cli.register(app)
    return app
