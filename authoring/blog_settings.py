"""Settings of the blog, read for a command: what is wrong with them is refused, a line each, by file and line."""

import runpy
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

from pelican.settings import DEFAULT_CONFIG, read_settings

from authoring import Refused
from plugins import problems, setting_kinds
from plugins.markdown import unread


def as_saved(path: Path, override: dict[str, Any] | None = None) -> dict[str, Any]:
    """Settings as the file has them now.

    Python knows the code that it keeps of a file by size and whole seconds: of one that was saved twice in a second
    it would run the first. `plugins/settings` does the same for Pelican's own command. And what a file imports of
    another one, as publishconf.py does, stays imported: from another blog, or from before it was saved.
    """
    for name in ("pelicanconf", "publishconf"):
        sys.modules.pop(name, None)
    for each in (path.parent / "__pycache__").glob("p*conf.*.pyc"):
        each.unlink(missing_ok=True)
    found: dict[str, Any] = read_settings(str(path), override=override)
    return found


def read(path: Path, **override: Any) -> dict[str, Any]:
    """Raises Refused where they cannot be read at all."""
    if not path.is_file():
        raise Refused(f"There is no {path.name} here. Name settings such as publishconf.py.")
    try:
        found = as_saved(path, override)
    except SyntaxError as error:
        name = Path(error.filename or path).name
        raise Refused(f"{name}:{error.lineno}: {error.msg}. Correct the line.") from None
    except Exception as error:
        places = traceback.extract_tb(error.__traceback__)
        own = [place for place in places if Path(place.filename).parent == path.parent]
        if not own:  # Pelican, which asks of them that PATH is there, and that is all.
            raise Refused("\n".join(misread(path)) or f"{path.name}: {error}") from None
        name, line = Path(own[-1].filename).name, own[-1].lineno
        raise Refused(
            f"{name}:{line}: {type(error).__name__}: {error}. Correct the line."
        ) from None
    return found


def misread(path: Path) -> list[str]:
    """What is wrong with settings that Pelican itself could not take."""
    said = runpy.run_path(str(path))
    found = list(setting_kinds.setting_problems({**DEFAULT_CONFIG, **said}))
    folder = said.get("PATH", "content")
    if isinstance(folder, str) and not (path.parent / folder).is_dir():
        found.append(f"{path.name}: PATH is {folder!r}, and there is no such folder. Make it.")
    return found


def wrong(settings: dict[str, Any]) -> list[str]:
    """What our plugins find wrong with them; the time zone, which all commands go by, without any plugin."""
    listed = settings.get("PLUGINS")
    named = (
        [each for each in listed if isinstance(each, ModuleType)]
        if isinstance(listed, list | tuple)
        else []
    )
    return problems.of_settings([unread, *named], settings)


def checked(path: Path) -> dict[str, Any]:
    """Those with which a build can begin; raises Refused with everything that is wrong."""
    found = read(path)
    if told := wrong(found):
        raise Refused("\n".join(told))
    return found
