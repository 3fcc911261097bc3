"""Problems: what stops a build, noted by whoever finds it and told all at once, before anything takes long.

What is wrong with the settings comes first of all (`WrongSetting`), that of every plugin at once. A plugin that
finds something wrong in what an author wrote calls `refuse` and goes on; `stop` then raises
`Refused` with all that was found. `images` asks it before it makes pictures, and so does every build before it
writes its first page. What is worth a warning, `warn` keeps until it is known that nothing stops the build,
so that the errors of one that fails stand alone.
"""

import logging
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pelican import signals

from . import setting_kinds, setting_places
from .site import Article, Pelican, Problem, as_typed

logger = logging.getLogger(__name__)

Settings = dict[str, Any]

# By output folder, until they are told.
_refused: dict[str, dict[Problem, None]] = {}
_warned: dict[str, dict[str, None]] = {}


class Refused(Exception):
    """What stops the build: every problem at once, so that one round of corrections is enough."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems))
        many = len(self.problems) != 1
        listed = "\n".join(str(problem) for problem in self.problems)
        super().__init__(
            f"{len(self.problems)} problem{'s' * many}; nothing was written.\n{listed}"
        )


class WrongSetting(ValueError):
    """Settings with which nothing can be built; each text says what to write."""

    def __init__(self, *texts: str) -> None:
        self.problems = texts
        head = f"{len(texts)} settings cannot be used; nothing was built.\n" * (len(texts) > 1)
        super().__init__(head + "\n".join(texts))


def refuse(settings: Settings, problem: Problem) -> None:
    _refused.setdefault(settings["OUTPUT_PATH"], {})[problem] = None


def refuse_line(settings: Settings, content: Article, line: int, text: str) -> None:
    refuse(settings, Problem(as_typed(content.source_path), line, text))


def is_refused(settings: Settings, path: str | Path, line: int = 0) -> bool:
    """Whether anything is noted of this file, or of this line of it."""
    name = as_typed(path)
    noted = _refused.get(settings["OUTPUT_PATH"], ())
    return any(each.path == name and line in (0, each.line) for each in noted)


def warn(settings: Settings, text: str) -> None:
    _warned.setdefault(settings["OUTPUT_PATH"], {})[text] = None


def warnings(settings: Settings) -> list[str]:
    """What there is to warn of; it counts as told."""
    return list(_warned.pop(settings["OUTPUT_PATH"], ()))


def stop(settings: Settings) -> None:
    """Raise Refused with everything that was found wrong so far; without any of it, tell the warnings."""
    if noted := _refused.pop(settings["OUTPUT_PATH"], None):
        raise Refused(noted)
    for text in warnings(settings):
        logger.warning("%s", text)


# --- What Pelican tells ---------------------------------------------------------------------------


class Plainly(logging.Filter):
    """Pelican's last words on a build that was refused are what to correct, without a traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = sys.exc_info()[1]
        if isinstance(error, Refused | WrongSetting):
            record.msg, record.args, record.exc_info = "%s", (str(error),), None
        return True


PLAINLY = Plainly()


def of_settings(plugins: Iterable[object], settings: Settings) -> list[str]:
    """What any plugin finds wrong with the settings: each that reads some may have `setting_problems`."""
    asked = [getattr(plugin, "setting_problems", None) for plugin in plugins]
    sound = setting_kinds.of_their_kinds(settings)
    told = [*setting_kinds.setting_problems(settings), *setting_places.setting_problems(sound)]
    # No plugin stumbles over what was told already.
    told += [text for ask in asked if ask for text in ask(sound)]
    return list(dict.fromkeys(told))


def check_settings(pelican: Pelican) -> None:
    """Before anything is read."""
    if found := of_settings(pelican.plugins, pelican.settings):
        raise WrongSetting(*found)


def begin(pelican: Pelican) -> None:
    """What an earlier build of this process left untold is not this one's."""
    _refused.pop(pelican.settings["OUTPUT_PATH"], None)
    _warned.pop(pelican.settings["OUTPUT_PATH"], None)


def before_writing(pelican: Pelican) -> None:
    stop(pelican.settings)


def listen() -> None:
    """Called by every plugin that may refuse anything; no plugin by itself."""
    logging.getLogger("pelican").addFilter(PLAINLY)
    signals.initialized.connect(check_settings)
    signals.get_generators.connect(begin)
    signals.get_writer.connect(before_writing)
