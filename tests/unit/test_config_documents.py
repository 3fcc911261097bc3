"""Settings explained: the documents, the example, and which of them shape the files."""

import re
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from comments_service.config import Settings, from_environment
from comments_service.config.documents import EXAMPLE, documents
from comments_service.publishing import site_snapshots, snapshots
from tests import make


def test_every_setting_has_a_name_and_a_meaning() -> None:
    for each in fields(Settings):
        metadata: Any = each.metadata
        assert metadata["env"].startswith(("COMMENTS_", "SITE_", "POSTIL_"))
        assert metadata["meaning"].endswith(".")
        # A table of Markdown has no other use for it.
        assert "|" not in metadata["meaning"]
    assert fields(Settings)[0].metadata["heading"]


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.name)
def test_the_documents_say_what_the_definitions_say(path: Path) -> None:
    assert path.read_text("utf-8") == documents()[path], (
        "run: flask --app comments_service comments settings --document"
    )


def test_the_example_can_be_used_as_it_is_and_each_line_of_it_alone() -> None:
    lines = documents()[EXAMPLE].splitlines()
    named = dict(each[1:].split("=", 1) for each in lines if re.match(r"#[A-Z_]+=", each))
    known = {each.metadata["env"]: each for each in fields(Settings)}
    assert known.keys() <= named.keys()
    for name in known:
        if named[name]:
            from_environment({name: named[name]})


class Watched(Settings):
    """Settings that remember which of them were looked at."""

    def __getattribute__(self, name: str) -> Any:
        if name in {each.name for each in fields(Settings)}:
            looked_at.add(name)
        return super().__getattribute__(name)


looked_at: set[str] = set()


def test_whatever_setting_the_files_are_made_of_is_said_to_shape_them(app: Flask) -> None:
    # With all that a file can show: several languages and pages, a form, every way to sign in.
    settings = from_environment(
        {
            "SITE_URL": "http://blog.test",
            "COMMENTS_PAGE_SIZE": "10",
            "COMMENTS_CONSENT": "[Yes](https://example.org/privacy/).",
            "COMMENTS_GITHUB": "an-id a-secret",
        }
    )
    thread = make.thread(translations=[{"lang": "de", "url": "http://blog.test/de/", "title": "X"}])
    for _ in range(11):
        make.comment()
    watched = Watched(**{each.name: getattr(settings, each.name) for each in fields(Settings)})
    looked_at.clear()
    made = [*snapshots.rendered(thread, watched), *site_snapshots.rendered(watched)]
    assert len(made) > 10
    assert looked_at == {each.name for each in fields(Settings) if each.metadata["shapes"]}


def test_what_shapes_the_files_is_known_without_any_secret() -> None:
    plain = from_environment({})
    changed = replace(plain, page_size=33)
    assert plain.shape == from_environment({"COMMENTS_MAX_LINKS": "9"}).shape != changed.shape
    provider = replace(plain, openid="Example https://id.example.org an-id a-secret")
    assert "Example" in provider.shape
    assert "secret" not in provider.shape
    assert provider.shape == replace(provider, openid=provider.openid + "2").shape
