"""What `up` and `serve` start, and what they say when they cannot."""

import os
import socket
from pathlib import Path

import pytest

from authoring import Refused, server
from comments_service.config import from_environment, running_url

ROOT = Path(__file__).resolve().parents[2]


def test_a_local_address_tells_the_port_and_a_public_one_does_not() -> None:
    assert server.local_port("http://localhost:8080") == 8080
    assert server.local_port("http://127.0.0.1:8081/blog") == 8081
    assert server.local_port("https://example.org:8443") == 0
    assert server.local_port("") == 0


@pytest.mark.parametrize(
    ("set", "given", "site", "comments"),
    [
        ({}, {}, "http://localhost:8765", None),
        ({"SITE_URL": "https://blog.example"}, {}, "http://localhost:8765", None),
        ({"SITE_URL": "https://a.example/blog/"}, {}, "http://localhost:8765/blog", None),
        ({"SITE_URL": "http://127.0.0.1:8000"}, {}, "http://127.0.0.1:8765", None),
        ({"SITE_URL": "http://[::1]:8000"}, {}, "http://[::1]:8765", None),
        ({"COMMENTS_URL": "https://talk.example/"}, {}, "http://localhost:8765", "comments/"),
        ({"COMMENTS_URL": "/talk/"}, {}, "http://localhost:8765", "/talk/"),
        # Said for this very command: a machine that others reach by that name.
        (
            {"SITE_URL": "https://b.example"},
            {"SITE_URL": "https://b.example"},
            "https://b.example",
            None,
        ),
    ],
    ids=str,
)
def test_a_preview_is_written_on_where_it_is_read(
    set: dict[str, str], given: dict[str, str], site: str, comments: str | None
) -> None:
    found = server.preview_settings(set, given, 8765)
    assert found["SITE_URL"] == site
    assert found.get("COMMENTS_URL") == comments


@pytest.mark.enable_socket
def test_the_owner_s_link_leads_to_the_preview_that_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = from_environment({})
    assert running_url(settings) == "http://localhost:8000/comments/"
    with socket.socket() as preview:
        preview.bind(("127.0.0.1", 0))
        preview.listen()
        here = f"http://127.0.0.1:{preview.getsockname()[1]}"
        server.tell_running(tmp_path, {"SITE_URL": here})
        assert running_url(settings) == f"{here}/comments/"
        # That of other comments says nothing of ours.
        server.tell_running(tmp_path, {"SITE_URL": here, "COMMENTS_DATABASE_URL": "sqlite:///b"})
        assert running_url(settings) == "http://localhost:8000/comments/"
        server.tell_running(tmp_path, {"SITE_URL": here})
    assert running_url(settings) == "http://localhost:8000/comments/"


@pytest.mark.enable_socket
def test_a_taken_port_is_told_with_one_that_is_free() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(Refused, match=r"taken by another program.*: --port \d+"):
            server.refuse_taken_port("127.0.0.1", other.getsockname()[1])


@pytest.mark.enable_socket
def test_a_port_that_cannot_be_is_refused() -> None:
    with pytest.raises(Refused, match=r"[^.]\. Choose another --host or --port"):
        server.refuse_taken_port("127.0.0.1", 99999)


@pytest.mark.skipif(os.name == "nt", reason="there is no such limit")
def test_no_more_connections_are_kept_than_the_system_allows_files() -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (600, before[1]))
        command = server.command("127.0.0.1", 8000)
        connections = int(command[command.index("--backpressure") + 1])
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        assert hard == before[1]
        assert 600 < soft <= hard
        assert connections == min(server.MAX_CONNECTIONS, soft - server.OTHER_FILES)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_database_that_cannot_be_opened_is_told_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        server.migrate(ROOT, {**os.environ, "COMMENTS_DATABASE_URL": f"sqlite:///{tmp_path}"})
    assert len(str(refused.value).splitlines()) == 1
    assert "COMMENTS_DATABASE_URL" in str(refused.value)
