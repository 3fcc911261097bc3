"""deploy/*.service: what systemd says of them, and that both processes are held as tightly."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.sites import ROOT

UNITS = sorted((ROOT / "deploy").glob("*.service"))
ANALYZE = shutil.which("systemd-analyze")
# Each its own; all else is the same for both.
OWN = {"execstart", "timeoutstopsec"}

needs_systemd = pytest.mark.skipif(ANALYZE is None, reason="NO systemd to ask about the units")


def service(unit: Path) -> list[tuple[str, str]]:
    """The lines of [Service], in order; a name may be there twice."""
    part = unit.read_text("utf-8").split("[Service]", 1)[1].split("\n[", 1)[0]
    lines = [line for line in part.splitlines() if line and not line.startswith("#")]
    return [(name.lower(), value) for name, _, value in (line.partition("=") for line in lines)]


def analyze(*arguments: str) -> str:
    done = subprocess.run([str(ANALYZE), *arguments], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def exposure(unit: Path) -> float:
    found = re.search(
        r"exposure level for \S+: ([\d.]+)", analyze("security", "--offline=yes", str(unit))
    )
    assert found
    return float(found[1])


def test_both_processes_are_held_in_the_same_way() -> None:
    assert [each.name for each in UNITS] == ["postil-worker.service", "postil.service"]
    first, second = ([line for line in service(each) if line[0] not in OWN] for each in UNITS)
    assert first == second


@needs_systemd
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_is_as_tight_as_the_documents_say(unit: Path) -> None:
    said = exposure(unit)
    assert said <= 1.5
    for text in (unit.read_text("utf-8"), (ROOT / "docs/operating.md").read_text("utf-8")):
        # Another systemd weighs a line more or less.
        promised = re.search(r"says ([\d.]+) of 10", text)
        assert promised
        assert abs(float(promised[1]) - said) <= 0.3


@needs_systemd
def test_a_unit_that_lets_more_pass_would_be_found(tmp_path: Path) -> None:
    loose = tmp_path / "postil.service"
    text = (ROOT / "deploy/postil.service").read_text("utf-8")
    loose.write_text(re.sub(r"^(SystemCall|Protect|Capability).*\n", "", text, flags=re.M), "utf-8")
    assert exposure(loose) > 3


@needs_systemd
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_reads_every_line_of_a_unit(unit: Path, tmp_path: Path) -> None:
    # What it starts is not on this machine, nor is whose it is.
    copied = tmp_path / unit.name
    text = re.sub(r"^ExecStart=.*$", "ExecStart=/bin/true", unit.read_text("utf-8"), flags=re.M)
    copied.write_text(text, "utf-8")
    said = analyze("verify", str(copied))
    about_it = [line for line in said.splitlines() if unit.name in line or "Unknown" in line]
    assert about_it == [], said


def test_a_unit_starts_what_there_is() -> None:
    started = {
        each.name: dict(service(each))["execstart"].removeprefix("/srv/blog/.venv/bin/")
        for each in UNITS
    }
    assert started["postil.service"].startswith("invoke serve --host 127.0.0.1")
    assert started["postil-worker.service"] == "flask --app comments_service comments work"
    for each in UNITS:
        parser = configparser.ConfigParser(strict=False, interpolation=None)
        parser.read_string(each.read_text("utf-8"))
        assert parser["Service"]["WorkingDirectory"] == "/srv/blog"
