"""Whom to tell of a security fault, as RFC 9116 says it, and until when that can be believed."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from comments_service.static_files import Files
from plugins.delivery import security_txt
from plugins.incremental import skip_build
from plugins.problems import WrongSetting
from tests.api.wsgi.steps import ask
from tests.conftest import settings_for
from tests.sites import Site, disconnect

PAGE = "https://example.org/security/"


@pytest.fixture
def site(site: Site) -> Site:
    site.write("fish")
    return site


def said(site: Site) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in (site.output / security_txt.NAME).read_text("ascii").splitlines():
        name, _, value = line.partition(": ")
        found.setdefault(name, []).append(value)
    return found


def test_without_a_contact_there_is_no_file(site: Site) -> None:
    site.build()
    assert not (site.output / security_txt.NAME).exists()


def test_a_contact_is_told_where_programs_look_and_served_as_text(site: Site) -> None:
    site.build(SECURITY_CONTACT=["security@example.org", PAGE])
    found = said(site)
    assert found["Contact"] == ["mailto:security@example.org", PAGE]
    assert found["Canonical"] == ["https://example.org/.well-known/security.txt"]
    assert found["Preferred-Languages"] == ["en"]
    [expires] = found["Expires"]
    left = datetime.fromisoformat(expires) - datetime.now(UTC)
    assert timedelta(days=175) < left < timedelta(days=365)
    served = ask(
        Files(settings_for("sqlite:///never-opened", site.folder)), f"/{security_txt.NAME}"
    )
    assert served.status == "200 OK"
    assert served.headers["Content-Type"] == "text/plain; charset=utf-8"


def test_it_goes_with_its_setting(site: Site) -> None:
    site.build(SECURITY_CONTACT=PAGE)
    disconnect()
    site.build()
    assert not (site.output / security_txt.NAME).exists()


def test_all_builds_of_a_month_write_the_same_and_those_of_the_next_renew_it(site: Site) -> None:
    settings = {"SECURITY_CONTACT": PAGE, "DEFAULT_LANG": "en", "SITEURL": "https://example.org"}

    def expires(moment: str) -> str:
        text = security_txt.document(settings, datetime.fromisoformat(f"{moment}+00:00"))
        found = re.search(r"^Expires: (.*)$", text, re.M)
        assert found
        return found[1]

    assert expires("2026-01-01T00:00") == expires("2026-01-31T23:59") == "2026-08-01T00:00:00Z"
    assert expires("2026-05-31T00:00") == "2026-12-01T00:00:00Z"
    assert expires("2026-06-01T00:00") == "2027-01-01T00:00:00Z"
    assert expires("2026-12-31T00:00") == "2027-07-01T00:00:00Z"


def test_a_build_to_which_nothing_was_given_renews_it_with_the_month(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given: dict[str, Any] = {"SECURITY_CONTACT": PAGE, "PELICAN_CLASS": skip_build.Pelican}

    def nothing_was_done() -> bool:
        disconnect()
        capsys.readouterr()
        site.build(**given)
        return "Nothing has changed" in capsys.readouterr().out

    assert not nothing_was_done()
    before = said(site)["Expires"]
    # Twice: at the turn of a month the first of both renews it.
    assert nothing_was_done() or nothing_was_done()

    class Later(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + timedelta(days=32)

    monkeypatch.setattr(skip_build, "datetime", Later)
    monkeypatch.setattr(security_txt, "datetime", Later)
    assert not nothing_was_done()
    assert said(site)["Expires"] > before


def test_the_authors_own_file_comes_instead(site: Site, tmp_path: Path) -> None:
    own = tmp_path / "root" / security_txt.NAME
    own.parent.mkdir(parents=True)
    own.write_text("Contact: tel:+123\n", "ascii")
    site.build(SECURITY_CONTACT=PAGE, ROOT_FILES=str(tmp_path / "root"))
    assert said(site) == {"Contact": ["tel:+123"]}


@pytest.mark.parametrize(
    "value",
    [
        *("nobody", "http://example.org/", "javascript:x", "https://", "@example.org", "https://["),
        *("a b@example.org", "a@example.org\nExpires: 2099", "ä@example.org", 5, [None], [""]),
    ],
)
def test_what_is_no_contact_is_refused_by_the_settings_name(site: Site, value: Any) -> None:
    with pytest.raises(WrongSetting, match="SECURITY_CONTACT"):
        site.build(SECURITY_CONTACT=value)


def test_a_blog_below_a_path_is_told_that_nobody_looks_there(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site.build(SITEURL="https://example.org/blog", SECURITY_CONTACT=PAGE)
    assert "copy .well-known/security.txt" in caplog.text
