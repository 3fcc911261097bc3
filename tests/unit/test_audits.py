"""Known vulnerabilities: what a blog runs on refuses a commit, tools are told of, silence is no fault."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests import audits
from tests.receiver import Receiver
from tests.service import free_port
from tests.sites import ROOT

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def osv() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest.fixture
def blog(tmp_path: Path) -> Path:
    hashed = " \\\n    --hash=sha256:00\n"
    lock = f"flask==3.1.0{hashed}pywin32==300 ; sys_platform == 'win32'{hashed}"
    (tmp_path / "requirements.lock").write_text(lock)
    (tmp_path / "requirements-dev.lock").write_text(f"{lock}pytest==9.0{hashed}")
    (tmp_path / "node_modules").mkdir()
    packages = {"node_modules/a/node_modules/@b/c": {"version": "1.2.3"}, "node_modules/d": {}}
    (tmp_path / "node_modules/.package-lock.json").write_text(json.dumps({"packages": packages}))
    return tmp_path


def answering(receiver: Receiver, known: dict[str, str]) -> str:
    """Let it answer as OSV does, of packages by their names; its address."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked = receiver.got[-1].json["queries"]
        names = [each["package"]["name"] for each in asked]
        results = [{"vulns": [{"id": known[name]}]} if name in known else {} for name in names]
        said = json.dumps({"results": results}).encode()
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(said)))
        handler.end_headers()
        handler.wfile.write(said)

    receiver.answer = answer
    return f"http://127.0.0.1:{receiver.port}"


def test_everything_is_asked_for_at_once_under_its_own_name(blog: Path, osv: Receiver) -> None:
    found = audits.look(blog, answering(osv, {}))
    [got] = osv.got
    assert got.path == "/v1/querybatch"
    asked = [(each["package"]["ecosystem"], each["package"]["name"], each["version"])
             for each in got.json["queries"]]  # fmt: skip
    assert asked == [
        ("PyPI", "flask", "3.1.0"),
        ("PyPI", "pywin32", "300"),
        ("PyPI", "pytest", "9.0"),
        ("npm", "@b/c", "1.2.3"),
    ]
    assert audits.told(found) == (True, ["ok: 4 packages without a known vulnerability"])


def test_what_blogs_run_on_refuses_and_a_tool_is_told(blog: Path, osv: Receiver) -> None:
    url = answering(osv, {"flask": "GHSA-1", "@b/c": "GHSA-2"})
    passes, said = audits.told(audits.look(blog, url))
    assert not passes
    assert "flask 3.1.0: https://osv.dev/GHSA-1" in said
    assert "@b/c 1.2.3: https://osv.dev/GHSA-2" in said
    passes, said = audits.told(audits.look(blog, answering(osv, {"pytest": "PYSEC-3"})))
    assert passes
    assert "pytest 9.0: https://osv.dev/PYSEC-3" in said


def test_what_was_accepted_with_a_reason_refuses_nothing(
    blog: Path, osv: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(audits.ACCEPTED, "GHSA-1", "Only of a debug server.")
    assert audits.told(audits.look(blog, answering(osv, {"flask": "GHSA-1"})))[0]


def test_without_network_it_is_said_and_nothing_is_refused(blog: Path) -> None:
    passes, [said] = audits.told(audits.look(blog, f"http://127.0.0.1:{free_port()}"))
    assert passes
    assert said.startswith("left out: known vulnerabilities of 4 packages: http://127.0.0.1")


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"results": []}', b'{"results": [1, 2, 3, 4]}']
)
def test_what_is_no_answer_is_taken_for_none(blog: Path, osv: Receiver, body: bytes) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    osv.answer = answer
    passes, said = audits.told(audits.look(blog, f"http://127.0.0.1:{osv.port}"))
    assert passes
    assert said[0].startswith("left out")


def test_the_locks_of_the_product_can_be_read() -> None:
    names = {each.name for each in audits.pinned(ROOT / "requirements.lock")}
    assert {"flask", "pelican", "granian", "sqlalchemy"} <= {name.lower() for name in names}
