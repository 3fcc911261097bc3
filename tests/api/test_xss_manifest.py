"""Titles, languages and addresses of the manifest on every surface: text, or refused."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from comments_service.config import Settings
from comments_service.db import db
from comments_service.models import Role, Thread
from comments_service.publishing import manifest
from tests import make
from tests.api.payloads import SHORT
from tests.api.people import of_role
from tests.api.surfaces import check_pages, check_public, shows, surfaces
from tests.conftest import SITE, one_database

# What a page does with words does not depend on where they were kept.
pytestmark = one_database


def test_titles_and_languages_of_the_manifest_are_shown_as_text(
    app: Flask, settings: Settings, tmp_path: Path
) -> None:
    entries = []
    for number, payload in enumerate(SHORT):
        entries.append(
            {
                "id": f"t{number}",
                "url": f"{SITE}/t{number}/?a=b&c=%22%3E",
                "aliases": [f"/{payload}"],
                "title": payload,
                "published": "2026-11-20T00:00:00+00:00",
                "lang": "en",
                "authors": [payload],
                "comments": "open",
                "translations": [
                    {"lang": "zh-cn", "url": f"{SITE}/zh/t{number}/", "title": payload}
                ],
            }
        )
    source = tmp_path / "threads.json"
    site = {"url": SITE, "title": "<script>alert(1)</script>", "lang": "en"}
    source.write_text(json.dumps({"version": 1, "site": site, "threads": entries}))
    assert manifest.sync(str(source))
    for number in range(len(SHORT)):
        make.comment(f"t{number}", held=number % 2 == 0)
    files = surfaces(settings)
    check_public(files)
    feeds = "".join(data for name, data in files.items() if name.endswith(".atom"))
    moderator = of_role(app, "Mona", Role.MODERATOR)
    for number, payload in enumerate(SHORT):
        page = check_pages(
            moderator, [f"/comments/threads/t{number}", f"/comments/threads/t{number}?lang=zh-cn"]
        )
        assert shows(page, payload)
        assert payload in " ".join(ET.fromstring(files[f"threads/t{number}.atom"]).itertext())
    check_pages(moderator, ["/comments/moderation/", "/comments/moderation/comments/1"])
    assert "<script>" not in feeds


@pytest.mark.parametrize(
    "changed",
    [
        {"id": "../../etc/passwd"},
        {"id": "<script>"},
        {"id": ""},
        {"url": "javascript:alert(1)"},
        {"comments": "anybody"},
        {"lang": "../../secret"},
        {"lang": '"><script>'},
        {"translations": [{"lang": "../x", "url": f"{SITE}/x/", "title": "x"}]},
        {"translations": [{"lang": "de", "url": "javascript:alert(1)", "title": "x"}]},
    ],
)
def test_a_manifest_that_names_no_file_and_no_address_is_refused(
    app: Flask, tmp_path: Path, changed: dict[str, Any]
) -> None:
    entry = {
        "id": "pelicans",
        "url": f"{SITE}/pelicans/",
        "title": "Pelicans",
        "published": "2026-11-20T00:00:00+00:00",
        "lang": "en",
        "comments": "open",
    }
    source = tmp_path / "threads.json"
    site = {"url": SITE, "title": "Blog", "lang": "en"}
    source.write_text(json.dumps({"version": 1, "site": site, "threads": [{**entry, **changed}]}))
    with pytest.raises(manifest.ManifestError):
        manifest.sync(str(source))
    assert db.session.query(Thread).count() == 0
