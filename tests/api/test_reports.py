"""Reports by readers: who may, how often, and what three of them do; by JSON and by form."""

import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import account_deletion, comments, config, i18n, retention, sessions
from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.inputs import EditedComment, parse
from comments_service.models import Account, Comment, Report, ReportKind, Role, Session, Status, now
from comments_service.notifications import fan_out
from tests import make
from tests.api.payloads import SHORT
from tests.api.people import by_json_and_form, of_role, text, visiting
from tests.api.surfaces import check_pages, shows
from tests.conftest import Answer, Visitor, one_database


def report(
    visitor: Visitor, by: str, number: int, kind: str = "spam", words: str = "", address: str = ""
) -> Answer:
    given = {"kind": kind, "text": words}
    # Somebody on another network.
    environ: dict[str, Any] = {"environ_base": {"REMOTE_ADDR": address}} if address else {}
    if by == "json":
        return visitor.call("POST", f"comments/{number}/reports", given, **environ)
    return visitor.post(f"/comments/comment/{number}/report", given, **environ)


def taken(answer: Answer) -> bool:
    return answer.status_code in (202, 303)


def three(app: Flask, by: str, number: int, kind: str = "spam") -> None:
    """Three guests, each at home."""
    for each in range(3):
        assert taken(report(Visitor(app), by, number, kind, address=f"192.0.2.{each + 1}"))


def comment(number: int) -> Comment:
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(Comment, number)


@by_json_and_form
def test_a_pure_reader_reports_once_and_gets_no_cookie(
    app: Flask, guest: Visitor, stranger: Visitor, by: str
) -> None:
    make.thread()
    number = make.comment().id
    first = report(guest, by, number, "other", "He wrote\nthis of me.")
    assert taken(first)
    set_by_it = [each for each in first.headers.getlist("Set-Cookie") if "postil-flash" not in each]
    assert set_by_it == []
    assert db.session.scalars(sa.select(Session)).all() == []
    # Another browser on the same network is the same for all that anybody knows.
    assert report(stranger, by, number).status_code == 409
    assert taken(report(stranger, by, number, address="192.0.2.9"))
    made = db.session.scalars(sa.select(Report).order_by(Report.id)).all()
    assert [(each.kind, each.text) for each in made] == [
        ("other", "He wrote\nthis of me."),
        ("spam", ""),
    ]
    assert comment(number).status is Status.PUBLISHED
    assert comment(number).reports == 2


@by_json_and_form
def test_an_account_counts_by_itself_wherever_it_is(
    app: Flask, reader: Visitor, guest: Visitor, by: str
) -> None:
    make.thread()
    number = make.comment().id
    assert taken(report(reader, by, number))
    assert report(reader, by, number, address="192.0.2.7").status_code == 409
    assert taken(report(guest, by, number))
    assert comment(number).reports == 2


@by_json_and_form
def test_nobody_reports_himself_or_what_he_cannot_see(
    app: Flask, reader: Visitor, guest: Visitor, by: str
) -> None:
    make.thread()
    mine = make.comment(by=db.session.scalars(sa.select(Account)).one())
    hidden = make.comment(held=True)
    make.thread("gone", listed=False)
    gone = make.comment("gone")
    assert report(reader, by, mine.id).status_code == 403
    for each in (hidden.id, gone.id, 999):
        assert report(guest, by, each).status_code == 404
        assert guest.get(f"/comments/comment/{each}/report").status_code == 404


@by_json_and_form
def test_what_was_typed_comes_back_when_it_is_too_long(app: Flask, guest: Visitor, by: str) -> None:
    make.thread()
    number = make.comment().id
    answer = report(guest, by, number, "abuse", "x" * 501)
    assert answer.status_code == 422
    if by == "form":
        assert "x" * 501 in answer.text
        assert 'value="abuse" selected' in answer.text
    assert report(guest, by, number, "boring").status_code == 422


@by_json_and_form
def test_three_reports_put_a_comment_before_the_moderators(
    app: Flask, moderator: Visitor, fragment: Any, by: str
) -> None:
    make.thread()
    number = make.comment(body="Buy pelicans!").id
    for each in range(2):
        report(Visitor(app), by, number, address=f"192.0.2.{each + 1}")
    assert moderator.call("GET", "moderation/reported").json["total"] == 0
    assert taken(report(of_role(app, "Rhea", Role.READER), by, number, "abuse", "It is rude."))
    listed = moderator.call("GET", "moderation/reported").json
    assert listed["total"] == 1
    (one,) = listed["comments"]
    assert one["reasons"] == [
        "Reported by readers: 3.",
        "Reported as spam: 2.",
        "Reported as insulting or threatening: 1.",
    ]
    assert [(each["by"], each["text"]) for each in one["reports"]] == [
        ("", ""),
        ("", ""),
        ("Rhea", "It is rude."),
    ]
    assert "Reported 1" in text(moderator.get("/comments/moderation/").text)
    page = text(moderator.get("/comments/moderation/reported").text)
    for words in ("Buy pelicans!", "a guest", "Rhea", "It is rude."):
        assert words in page
    # In sight until somebody decides, and moderators are told as of what waits.
    assert "Buy pelicans!" in fragment()
    assert fan_out.fan_out() == 1


@one_database
@pytest.mark.parametrize("lang", i18n.known())
def test_moderators_read_the_words_that_reporters_chose_in_each_language(
    app: Flask, guest: Visitor, moderator: Visitor, lang: str
) -> None:
    make.thread()
    number = make.comment().id
    page = guest.get(f"/comments/comment/{number}/report?lang={lang}").text
    offered = dict(re.findall(r'<option value="(\w+)">([^<]+)</option>', page))
    assert set(offered) == set(ReportKind)
    assert lang == "en" or "Something else" not in offered.values()
    for each, kind in enumerate(offered):
        assert taken(report(Visitor(app), "form", number, kind, address=f"192.0.2.{each + 1}"))
    seen = moderator.get(f"/comments/moderation/reported?lang={lang}").text
    assert [words for words in offered.values() if f"<strong>{words}</strong>" not in seen] == []


@by_json_and_form
@pytest.mark.parametrize("changed_settings", [{"reports_hide": True}])
def test_where_the_owner_wants_it_three_reports_hide_a_comment_until_it_is_decided_on(
    app: Flask, moderator: Visitor, fragment: Any, by: str
) -> None:
    make.thread()
    number = make.comment(body="Buy pelicans!").id
    assert "Buy pelicans!" in fragment()
    three(app, by, number)
    assert "Buy pelicans!" not in fragment()
    assert comment(number).status is Status.PENDING
    queue = moderator.call("GET", "moderation/queue").json["comments"]
    assert queue[0]["reasons"][0] == "Reported by readers: 3."
    decided = {"decision": "publish"}
    assert moderator.call("POST", f"comments/{number}/decisions", decided).status_code == 201
    assert "Buy pelicans!" in fragment()
    # Decided is decided: the same people are not heard again on the same words, and three others
    # put it before the moderators without taking it away.
    assert report(Visitor(app), by, number, address="192.0.2.1").status_code == 409
    for each in range(4, 7):
        assert taken(report(Visitor(app), by, number, address=f"192.0.2.{each}"))
    assert comment(number).status is Status.PUBLISHED
    assert comment(number).waits


@pytest.mark.parametrize("changed_settings", [{"reports_hide": True}])
def test_what_moderators_wrote_is_never_out_of_sight(app: Flask) -> None:
    make.thread()
    number = make.comment(by=make.account("Mona", role=Role.MODERATOR)).id
    three(app, "json", number)
    assert comment(number).status is Status.PUBLISHED
    assert comment(number).waits


def test_after_a_decision_the_next_reported_comment_is_next(app: Flask, moderator: Visitor) -> None:
    make.thread()
    first, second, third = (
        make.comment(body=f"Gulls {each}.", minutes_ago=9 - each).id for each in range(3)
    )
    for each in (first, second, third):
        three(app, "json", each)

    def decided(number: int, decision: str = "publish") -> str:
        page = moderator.get("/comments/moderation/reported").text
        card = page[page.index(f'id="comment-{number}"') :]
        form = dict(
            re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', card[: card.index("</form>")])
        )
        answer = moderator.post("/comments/moderation/decisions", {**form, "decision": decision})
        assert answer.status_code == 303
        return str(answer.headers["Location"])

    there = f"/comments/moderation/reported?decided={second}"
    assert decided(second) == f"{there}#comment-{third}"
    page = moderator.get(there).text
    assert "Published." in page
    assert f'id="comment-{second}"' not in page
    # One press of a button takes it back, as in the queue.
    undo = page[page.index('class="undo"') :]
    form = dict(
        re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', undo[: undo.index("</form>")])
    )
    answer = moderator.post("/comments/moderation/decisions", {**form, "decision": "undo"})
    # There it is again, and one stands on it.
    assert answer.headers["Location"] == f"/comments/moderation/reported#comment-{second}"
    page = moderator.get("/comments/moderation/reported").text
    assert f'id="comment-{second}"' in page
    # After the last one it is the one before; then there is nothing.
    assert decided(third).endswith(f"#comment-{second}")
    assert decided(second).endswith(f"#comment-{first}")
    assert decided(first, "spam").endswith(f"decided={first}")
    assert "Nothing is reported." in moderator.get("/comments/moderation/reported").text


@by_json_and_form
def test_keeping_a_comment_dismisses_its_reports(app: Flask, moderator: Visitor, by: str) -> None:
    make.thread()
    number = make.comment().id
    three(app, by, number)
    if by == "json":
        moderator.call("POST", f"comments/{number}/decisions", {"decision": "publish"})
    else:
        form = {"comment": str(number), "decision": "publish", "in_reported": "1"}
        assert moderator.post("/comments/moderation/decisions", form).status_code == 303
    assert comment(number).reports == 0
    assert not comment(number).waits
    assert moderator.call("GET", "moderation/reported").json["total"] == 0
    assert all(db.session.scalars(sa.select(Report.decided_at)).all())


def test_another_text_can_be_reported_again_and_counts_once(
    app: Flask, settings: Settings, guest: Visitor
) -> None:
    make.thread()
    with writing():
        session, token = sessions.begin(None, make.visitor())
    number = make.comment(session=session).id
    assert taken(report(guest, "json", number))
    new = parse(EditedComment, {"body": "Worse."})
    comments.edit(number, make.visitor(session=sessions.of_token(token)), new, settings)
    with comments.changing():
        db.session.execute(sa.update(Comment).values(status=Status.PUBLISHED))
    assert taken(report(guest, "json", number))
    assert comment(number).reports == 1


def test_who_reports_all_day_is_asked_to_wait(app: Flask, guest: Visitor) -> None:
    make.thread()
    numbers = [make.comment().id for _ in range(11)]
    answers = [report(guest, "json", each).status_code for each in numbers]
    assert answers == [202] * 10 + [429]


def test_reports_are_forgotten_in_time(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    make.thread()
    decided, open_one, alone = (make.comment() for _ in range(3))
    for each in (decided, open_one):
        three(app, "json", each.id)
    assert taken(report(Visitor(app), "json", alone.id))
    with writing():
        db.session.execute(
            sa.update(Report).where(Report.comment_id == decided.id).values(decided_at=now())
        )
    moment = now()

    def after(days: float) -> dict[int, int]:
        monkeypatch.setattr(retention, "now", lambda: moment + timedelta(days=days))
        retention.clean(config.current())
        counted = sa.select(Report.comment_id, sa.func.count()).group_by(Report.comment_id)
        db.session.rollback()
        return {row[0]: row[1] for row in db.session.execute(counted)}

    assert after(89) == {decided.id: 3, open_one.id: 3, alone.id: 1}
    assert db.session.scalars(sa.select(Report.network)).all() == [None] * 7
    # What waits for a decision waits with its reasons.
    assert after(91) == {open_one.id: 3}
    assert comment(alone.id).reports == 0


def test_an_account_that_goes_takes_its_reports_along(app: Flask, settings: Settings) -> None:
    make.thread()
    number = make.comment().id
    rhea = make.account("Rhea")
    assert taken(report(visiting(app, rhea), "json", number))
    account_deletion.delete(rhea, keep=True, lang="en", settings=settings)
    assert comment(number).reports == 0
    assert db.session.scalars(sa.select(Report)).all() == []


def test_a_decision_on_what_nobody_reported_costs_nothing_more(
    app: Flask, moderator: Visitor, statements: list[str]
) -> None:
    make.thread()
    number = make.comment(held=True).id
    statements.clear()
    moderator.call("POST", f"comments/{number}/decisions", {"decision": "publish"})
    assert [each for each in statements if "reports " in each and "UPDATE reports" in each] == []


def test_the_list_of_reports_costs_the_same_however_long_it_is(
    app: Flask, moderator: Visitor, statements: list[str]
) -> None:
    def cost() -> int:
        statements.clear()
        assert moderator.get("/comments/moderation/reported").status_code == 200
        return len(statements)

    make.thread()
    three(app, "json", make.comment().id)
    few = cost()
    for _ in range(5):
        three(app, "json", make.comment().id)
        with writing():
            db.session.execute(sa.text("DELETE FROM rate_counts"))
    assert cost() == few


@one_database
def test_no_payload_of_a_report_or_a_reason_becomes_markup(app: Flask) -> None:
    make.thread(title="Pelicans & <b>gulls</b>")
    make.thread("herons", title='"><script>alert(1)</script>')
    number = make.comment(name="<s>Gus</s>").id
    moderator = of_role(app, "Mona", Role.MODERATOR)
    for each, payload in enumerate(SHORT):
        # The same words in both; what no field takes is refused, and shown nowhere.
        report(Visitor(app), "json", number, "other", payload, address=f"192.0.2.{each + 1}")
        given = {"thread": "pelicans" if each % 2 else "herons", "reason": payload}
        moderator.call("POST", f"comments/{number}/move", given)
    standing = comment(number).thread_id
    paths = (
        *("moderation/threads", "moderation/reported", "moderation/threads?q=%3Cb%3E"),
        *(f"moderation/threads/{standing}?comment={number}", f"threads/{standing}"),
        f"comment/{number}/report",
    )
    seen = check_pages(moderator, [f"/comments/{path}" for path in paths])
    texts = db.session.scalars(sa.select(Report.text).where(Report.text != "")).all()
    assert len(texts) > len(SHORT) / 2
    assert all(shows(seen, each) for each in texts)
