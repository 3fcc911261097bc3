"""Environment: `.venv/` with what the locks pin, made and renewed before a command of `tasks.py` runs.

Any Python from 3.11 runs this with nothing installed, so it imports the standard library alone; nor may
`authoring/__init__.py` import anything else.
"""

import hashlib
import importlib.metadata
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
INSTALLED = VENV / ".postil-lock"

BLOG_LOCK = "requirements.lock"
DEVELOPMENT_LOCK = "requirements-dev.lock"
DEVELOPMENT_TASKS = {"bench", "migration", "test"}

# pip before 22.3 cannot install into another environment than its own.
PIP_WITH_PYTHON_OPTION = (22, 3)


def step_inside(arguments: list[str]) -> None:
    """Go on in the environment, made or renewed first where that is needed; help needs none."""
    finish_replacing()
    from authoring import plain_help  # by now all files are of one release

    if told := plain_help.asked(arguments, ROOT / "tasks.py"):
        print(told)
        sys.exit(told.startswith("There is no"))
    ensure_installed(DEVELOPMENT_LOCK if for_contributors(arguments) else BLOG_LOCK)
    if inside():
        return
    command = [str(PYTHON), str(ROOT / "tasks.py"), *arguments]
    if os.name == "nt":  # os.execv would hand the terminal back while the command still runs.
        sys.exit(subprocess.call(command))
    os.execv(PYTHON, command)


def finish_replacing() -> None:
    """An upgrade that was stopped has left files of two releases: before anything else they are made one."""
    plan, program = (ROOT / "var/upgrade" / name for name in ("plan.json", "replace.py"))
    if plan.exists() and json.loads(plan.read_text(encoding="utf-8")).get("step") == "replacing":
        say("An upgrade was stopped half way. Its files are put in place first …")
        subprocess.run([sys.executable, str(program), str(ROOT)], check=True)


def for_contributors(arguments: list[str]) -> bool:
    """Whether a command needs more than the blog; authors never wait for the tools of others."""
    if arguments[0] == "check":
        return bool({"--code", "--fix"} & set(arguments) or os.environ.get("CI"))
    return arguments[0] in DEVELOPMENT_TASKS


def has_tools() -> bool:
    """Whether the environment holds the tools of contributors."""
    lines = INSTALLED.read_text().splitlines() if INSTALLED.exists() else []
    return any(line.startswith(DEVELOPMENT_LOCK) for line in lines)


def inside() -> bool:
    """Whether this is the environment's own Python already; .venv may be a link to a folder elsewhere."""
    return Path(sys.prefix).resolve() == VENV.resolve()


def ensure_installed(lock: str) -> None:
    """Make the environment hold what `lock` pins; costs one file's hash when it already does."""
    python = version_of(PYTHON)
    lines = INSTALLED.read_text().splitlines() if INSTALLED.exists() else []
    if any(line.startswith(DEVELOPMENT_LOCK) for line in lines):
        lock = DEVELOPMENT_LOCK  # It holds the other's pins too: both keep in step.
    wanted = [
        f"Python {python}",
        f"{lock} {hashlib.sha256((ROOT / lock).read_bytes()).hexdigest()}",
    ]
    if python and lines == wanted:
        return
    say(f"Installing the packages of {lock} into .venv/ …")
    started = time.monotonic()
    if not python or (lines and lines[0] != wanted[0]):
        make_environment()
        wanted[0] = f"Python {version_of(PYTHON)}"
    install(lock)
    INSTALLED.write_text("\n".join(wanted) + "\n")
    say(f"Installed in {time.monotonic() - started:.0f} s.\n")


def version_of(python: Path) -> str:
    """Such as 3.13, or nothing when that Python is missing or no longer starts."""
    try:
        tell = [str(python), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        return subprocess.run(tell, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def make_environment() -> None:
    """An empty .venv/, without pip: making that takes six seconds, and uv does its work."""
    base = getattr(sys, "_base_executable", sys.executable)
    done = run([base, "-m", "venv", "--clear", "--without-pip", str(VENV)])
    if done.returncode:
        give_up("Python could not make the environment .venv/.", done.stdout, missing_pieces())


def install(lock: str) -> None:
    uv = shutil.which("uv", path=str(BIN)) or shutil.which("uv") or installed_uv()
    if uv:
        # Bytecode is written now, so that the first start has not to do it one import at a time.
        where = ["--python", str(PYTHON), "--compile-bytecode"]
        done = run([uv, "pip", "install", *where, "--require-hashes", "-r", str(ROOT / lock)])
        if done.returncode == 0:
            return
        say("uv could not install them; trying pip, which takes longer …")
    done = run([*pip(), "install", "--require-hashes", "-r", str(ROOT / lock)])
    if done.returncode:
        give_up(
            "The packages could not be installed.",
            done.stdout,
            "Is there a connection to the Internet? Behind a proxy set HTTPS_PROXY; where you have\n"
            "a package index of your own, set PIP_INDEX_URL. Then start the same command again.",
        )


def installed_uv() -> str | None:
    """The uv that the lock names, put into the environment; None where it cannot be had."""
    pin = re.search(r"^uv==.*(?:\n[ \t].*)*", (ROOT / BLOG_LOCK).read_text(), re.MULTILINE)
    if not pin:
        return None
    with tempfile.TemporaryDirectory() as folder:
        requirement = Path(folder) / "uv.txt"
        requirement.write_text(pin[0] + "\n")
        # From source it would need a Rust compiler and minutes: then rather pip for everything.
        wheel = ["--only-binary=:all:", "--require-hashes", "-r", str(requirement)]
        run([*pip(), "install", *wheel])
    return shutil.which("uv", path=str(BIN))


def pip() -> list[str]:
    """The start of a command by which pip installs into the environment."""
    if importlib.util.find_spec("pip") and not inside():
        version = re.findall(r"\d+", importlib.metadata.version("pip"))
        if tuple(map(int, version[:2])) >= PIP_WITH_PYTHON_OPTION:
            return [sys.executable, "-m", "pip", "--python", str(PYTHON)]
    own = [str(PYTHON), "-m", "pip"]
    if run([*own, "--version"]).returncode:
        done = run([str(PYTHON), "-m", "ensurepip"])
        if done.returncode:
            give_up("This Python can install no packages.", done.stdout, missing_pieces())
    return own


def missing_pieces() -> str:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return (
        "Debian and Ubuntu keep the missing pieces in a package of their own:\n"
        f"    sudo apt install python{version}-venv\n"
        "Elsewhere install pip for this Python, or uv. Then start the same command again."
    )


def write_locks(*, upgrade: bool) -> None:
    """Every package of pyproject.toml with its hashes; no address of any index."""
    uv = shutil.which("uv", path=str(BIN)) or shutil.which("uv")
    if not uv:
        sys.exit("uv is needed for this: install it, or start `python3 tasks.py lock` instead.")
    compile_ = [uv, "pip", "compile", "--universal", "--generate-hashes", "--no-emit-index-url"]
    compile_ += ["--no-header", "--no-annotate", "--extra", "setup", "pyproject.toml"]
    compile_ += ["--upgrade"] if upgrade else []
    development = ["--extra", "dev", "--constraints", BLOG_LOCK]
    for name, more in ((BLOG_LOCK, []), (DEVELOPMENT_LOCK, development)):
        done = run([*compile_, *more, "--output-file", name])
        if done.returncode:
            give_up(f"{name} could not be written.", done.stdout, "Nothing was installed.")
        say(f"{name}: {len(re.findall(r'^[^ ]+==', (ROOT / name).read_text(), re.M))} packages")


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run quietly; what it printed, errors included, is in `stdout`."""
    environ = {**os.environ, "PYTHONUTF8": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    environ.setdefault("PIP_RETRIES", "2")
    environ.setdefault("UV_PYTHON_DOWNLOADS", "never")
    # uv does not read what pip is told about the network.
    for theirs, ours in (("UV_DEFAULT_INDEX", "PIP_INDEX_URL"), ("SSL_CERT_FILE", "PIP_CERT")):
        if environ.get(ours):
            environ.setdefault(theirs, environ[ours])
    try:
        return subprocess.run(
            command,
            cwd=ROOT,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        return subprocess.CompletedProcess(command, 127, stdout=str(error))


def say(text: str = "") -> None:
    print(text, flush=True)


def give_up(what: str, report: str, remedy: str) -> NoReturn:
    """End with one message: what happened, the program's own words, and what to do."""
    lines = report.strip().splitlines()
    words = [line for line in lines if line.lower().startswith("error")] or lines[-6:]
    sys.exit("\n".join([what, *(f"    {line[:200]}" for line in words), remedy]))
