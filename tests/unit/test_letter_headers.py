"""Every e-mail that there is, as it travels: its headers are those of the RFCs, its parts load and name nothing else."""

import re
from email.header import decode_header, make_header
from email.utils import getaddresses
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import i18n
from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.mail import letters
from comments_service.mail.letters import Letter
from comments_service.models import Account, Role, Thread, now
from tests import make
from tests.conftest import settings_for
from tests.letters import Loads, part, travelled
from tests.unit import telling
from tests.unit.telling import decide, follows, guest, posted

SITE = "https://blog.test"
TITLE = 'Grüße, "Vögel" & 鸟 <a@b>'
LINK = f"{SITE}/comments/verify/{'x' * 90}"
NAME = "<b>Анна</b>"
SECURITY = (
    *("totp-on", "totp-off", "codes-renewed", "recovery-used", "reset", "passkey-added"),
    *("passkey-removed", "provider-linked", "provider-unlinked"),
)
# What the templates are given, by their name; several where one says several things.
GIVEN: dict[str, list[dict[str, Any]]] = {
    "deleted": [{}],
    "email": [{"name": NAME, "link": LINK}],
    "email-changed": [{"name": NAME}],
    "known": [{"name": NAME, "link": each} for each in (f"{SITE}/comments/forgot", LINK)],
    "reset": [{"name": NAME, "link": LINK}],
    "security": [
        {"name": NAME, "what": each, "left": 1, "thing": '"><img src=//spy.test/>', "link": LINK}
        for each in SECURITY
    ],
    "sign-in": [{"name": each, "code": "123 456", "link": LINK} for each in (NAME, "")],
    "taken": [{"name": NAME}],
    "test": [{}],
    "unknown": [{"name": "", "code": "", "link": ""}],
    "verify": [{"name": NAME, "link": LINK}],
}


@pytest.fixture
def site_settings(tmp_path: Path) -> Settings:
    return settings_for("sqlite:///x", tmp_path, site_url=SITE, mail_from="blog@blog.test")


@pytest.mark.parametrize("lang", i18n.known())
@pytest.mark.parametrize("template", GIVEN)
def test_every_email_is_one_of_the_rfcs_and_loads_nothing(
    site_settings: Settings, template: str, lang: str
) -> None:
    for given in GIVEN[template]:
        letter = letters.render(lang, template, site_settings, TITLE, given)
        mail = travelled(letter, site_settings, TITLE)
        assert mail["From"].addresses[0].display_name == TITLE
        assert str(mail["Subject"]) == letter.subject
        assert "blog.test" not in letter.subject
        text, html = part(mail, "plain"), part(mail, "html")
        for line in text.splitlines():
            assert len(line) <= letters.WIDTH or LINK in line, line
        loads = Loads()
        loads.feed(html)
        assert loads.loaded == []
        assert "url(" not in html
        assert "@import" not in html
        assert loads.links
        assert all(each.startswith(f"{SITE}/") for each in loads.links)
        if given.get("link"):
            # Whole, in both.
            assert given["link"] in text.splitlines()
            assert given["link"] in loads.links
        if given.get("name"):
            assert NAME in text
            assert "&lt;b&gt;Анна&lt;/b&gt;" in html
        assert "<b>Анна" not in html
        said = text + html
        assert set(re.findall(r"[\w.+-]+@[\w-]+\.[\w.-]+", said)) == set()


def test_how_to_stop_it_stands_in_the_header_and_in_both_parts(site_settings: Settings) -> None:
    stop = f"{SITE}/comments/stop/{'y' * 150}?kind=thread&x=1"
    letter = letters.render(
        "en", "test", site_settings, TITLE, {}, unsubscribe_url=stop, thread=("a" * 110, "b")
    )
    mail = travelled(letter, site_settings, TITLE)
    assert str(mail["List-Unsubscribe"]).replace(" ", "") == f"<{stop}>"
    assert str(mail["List-Unsubscribe-Post"]) == "List-Unsubscribe=One-Click"
    assert str(mail["References"]).split() == [
        f"<postil-{'a' * 110}@blog.test>",
        "<postil-b@blog.test>",
    ]
    # As mail programs read it: what is encoded is no address to them.
    message = letters.message(letter, "a@example.org", "n" * 80, now(), site_settings, TITLE)
    raw = bytes(message).partition(b"\n\n")[0].decode("ascii").replace("\n ", " ")
    lines = dict(line.split(": ", 1) for line in raw.split("\n"))
    assert lines["List-Unsubscribe"] == f"<{stop}>"
    assert lines["References"] == f"<postil-{'a' * 110}@blog.test> <postil-b@blog.test>"
    assert lines["In-Reply-To"] == "<postil-b@blog.test>"
    assert lines["Message-ID"] == f"<postil-{'n' * 80}@blog.test>"
    assert stop in part(mail, "plain").splitlines()
    assert stop.replace("&", "&amp;") in part(mail, "html")


@pytest.mark.parametrize(
    "evil",
    [
        "Birds\r\nBcc: spy@example.org",
        "Birds\nBcc: spy@example.org\n\nWords",
        "Birds\x00\u2028Bcc: spy@example.org",
        "=?utf-8?q?Birds=0D=0ABcc:_spy@example.org?=",
        'Birds" <spy@example.org>, "',
        "Birds, spy@example.org",
        "鸟" * 100,
        "x" * 300,
    ],
)
def test_no_title_and_no_subject_becomes_another_header_or_address(
    site_settings: Settings, evil: str
) -> None:
    mail = travelled(Letter(subject=evil, text="Words.\n"), site_settings, evil)
    assert mail["Bcc"] is None
    assert "\n" not in str(mail["Subject"])
    assert str(mail["Subject"]) == letters.one_line(evil)
    assert part(mail, "plain").replace("\r\n", "\n") == "Words.\n"


@pytest.mark.parametrize(
    "title",
    [
        "Notes from the margin: birds, books and bicycles, by Jane Q. Public and (others)",
        'A "blog" of words, words and yet more words; all of them: in one line <here@example.org>',
        "Büro: Notizen, Gedanken (und mehr) aus München, Köln und dem ganzen großen Rest",
        "鸟类观察者的博客 (关于鸟类, 摄影, 旅行和生活的点滴记录以及更多的内容分享给大家)",
        "] '  שלום)\t" + "鸟" * 60 + "?=_😀  :a],",
        "x" * 300 + ", " + "é" * 100,
    ],
)
def test_however_long_a_title_is_there_is_one_sender_of_that_name(
    site_settings: Settings, title: str
) -> None:
    letter = Letter(subject="Words", text="Words.\n")
    message = letters.message(letter, "a@example.org", "17", now(), site_settings, title)
    head = message.as_bytes().partition(b"\nTo:")[0].decode("ascii")
    assert all(len(line) <= 78 for line in head.split("\n"))
    # By no reader of whole messages: Python's own puts spaces between encoded words of a name.
    ((name, address),) = getaddresses([head.removeprefix("From: ").replace("\n", "")])
    assert address == "blog@blog.test"
    assert str(make_header(decode_header(name))) == letters.one_line(title)


@pytest.mark.parametrize("lang", i18n.known())
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_emails_about_comments_are_such_and_hold_nobodys_address(
    app: Flask, site_settings: Settings, lang: str
) -> None:
    evil = '"><img src=//spy.test/> {{ 7 * 7 }}\r\nBcc: spy'
    make.site(title=TITLE)
    make.thread(title=evil)
    make.account("Mona", role=Role.MODERATOR)
    rhea, ida = make.account("Rhea"), make.account("Ida")
    with writing():
        db.session.execute(sa.update(Thread).values(lang=lang))
        db.session.execute(sa.update(Account).values(name=Account.name + " <b>x</b>"))
    first = make.comment(by=rhea, body="![](https://spy.test/p.png) <https://spy.test/>")
    follows(guest("other@example.net"))
    posted("> quoted\n\n" + "word " * 60 + "https://spy.test/" + "z" * 80, by=ida, parent=first)
    held = posted(evil, by=rhea, held=True)
    made = telling.letters()
    decide(held, "spam", tell=True, reason=evil)
    made += [each for each in telling.letters() if each not in made]
    assert len(made) >= 4
    for letter in made:
        mail = travelled(letter, site_settings, TITLE)
        loads = Loads()
        loads.feed(part(mail, "html"))
        assert loads.loaded == []
        assert all(each.startswith(("http://blog.test/", SITE)) for each in loads.links)
        said = part(mail, "plain") + part(mail, "html") + str(mail["Subject"])
        assert re.findall(r"[\w.+-]+@[\w-]+\.[\w.-]+", said) == []
        assert mail["Bcc"] is None
        assert re.fullmatch(r"<postil-[\w-]+@blog\.test>", str(mail["References"]))
