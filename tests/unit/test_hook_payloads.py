"""What chats are sent of a commenter's words: as they were typed, calling nobody, and as short as they take it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comments_service.hooks import payloads
from comments_service.hooks.payloads import News
from comments_service.models import Act, HookEvent, HookFormat, now

CHATS = (HookFormat.SLACK, HookFormat.MATTERMOST, HookFormat.DISCORD)


def news(text: str = "They scoop.", event: HookEvent = HookEvent.PUBLISHED, **values: Any) -> News:
    given = {
        "event": event,
        "at": now(),
        "lang": "en",
        "site": "A blog",
        "site_url": "http://blog.test/",
        "article": "Pelicans",
        "url": "http://blog.test/pelicans/#comment-1",
        "moderate": "http://blog.test/comments/moderation/comments/1",
        "name": "Gus",
        **values,
    }
    return News(text=text, **given)


def sent(format: HookFormat, told: News, url: str = "https://chat.test/hook") -> Any:
    return json.loads(payloads.written(format, url, told)[1])


def shown(format: HookFormat, told: News) -> str:
    """The text that a chat shows."""
    data = sent(format, told)
    return str(data.get("text") or data.get("content"))


def test_a_chat_reads_who_wrote_where_and_what() -> None:
    assert shown(HookFormat.SLACK, news("They scoop.\nOften.")) == (
        "Gus wrote on “Pelicans”\n> They scoop.\n> Often.\n<http://blog.test/pelicans/#comment-1>"
    )


def test_whoever_decides_is_led_to_where_one_decides() -> None:
    assert shown(HookFormat.DISCORD, news(event=HookEvent.WAITING)).endswith(
        "<http://blog.test/comments/moderation/comments/1>"
    )


@pytest.mark.parametrize(
    ("act", "says"),
    [
        (Act.PUBLISH, "published a comment"),
        (Act.SPAM, "as spam"),
        (Act.DELETE, "deleted a comment"),
        (Act.UNDO, "took back a decision"),
    ],
)
def test_a_decision_is_told_with_its_reason_and_not_with_the_comment(act: Act, says: str) -> None:
    told = news("Words.", HookEvent.DECIDED, act=act, reason="Because.")
    text = shown(HookFormat.MATTERMOST, told)
    assert says in text
    assert "> Because." in text
    assert "Words" not in text


@pytest.mark.parametrize(
    "said",
    [
        *("@everyone", "@here", "@channel", "@all", "<!channel>", "<!everyone|x>", "<@U024BE7LH>"),
        *("<@&165511591545143296>", "<@80351110224678912>", "<#C024BE7LR>", "@gus"),
    ],
)
@pytest.mark.parametrize("format", CHATS)
def test_nobody_is_called_by_a_comment(format: HookFormat, said: str) -> None:
    for told in (news(said), news(name=said), news(article=said)):
        text = shown(format, told)
        assert said not in text
        # Neither whole nor after what a chat would take away.
        assert "@everyone" not in text.replace("\\", "")
        assert "<!" not in text
        assert "<@" not in text.replace("\\<", "")
    if format is HookFormat.DISCORD:
        assert sent(format, news(said))["allowed_mentions"] == {"parse": []}


@pytest.mark.parametrize("format", [HookFormat.MATTERMOST, HookFormat.DISCORD])
def test_no_link_hides_where_it_leads_and_no_picture_is_loaded(format: HookFormat) -> None:
    text = shown(format, news("![x](http://spy.test/a.png) [your bank](http://evil.test)"))
    assert "](" not in text.replace("\\]", "")
    assert "\\[your bank\\]" in text


def test_slack_gets_its_three_entities_and_no_previews() -> None:
    data = sent(HookFormat.SLACK, news("a < b && c > d <http://evil.test|your bank>"))
    assert "a &lt; b &amp;&amp; c &gt; d &lt;http://evil.test|your bank&gt;" in data["text"]
    assert (data["unfurl_links"], data["unfurl_media"]) == (False, False)


@pytest.mark.parametrize(
    "text", ["x" * 10_000, "@" * 10_000, "鹈" * 10_000, "&" * 10_000, "*\n" * 5_000]
)
def test_no_chat_gets_more_than_it_takes(text: str) -> None:
    assert len(shown(HookFormat.DISCORD, news(text))) <= 2_000
    for format in (HookFormat.SLACK, HookFormat.MATTERMOST):
        assert len(shown(format, news(text))) <= 3_000
    assert len(sent(HookFormat.NTFY, news(text))["message"].encode()) <= 4_096
    for format in CHATS:
        assert shown(format, news(text)).endswith("<http://blog.test/pelicans/#comment-1>")
        assert "…" in shown(format, news(text))


@given(st.text(max_size=3_000), st.text(max_size=60), st.text(max_size=400))
def test_whatever_is_said_it_is_whole_json_within_the_limits(
    text: str, name: str, article: str
) -> None:
    told = news(text, name=name, article=article)
    for format in HookFormat:
        url, body = payloads.written(format, "https://ntfy.test/topic", told)
        data = json.loads(body)
        assert data
        assert "\n" not in url
    assert len(shown(HookFormat.DISCORD, told)) <= 2_000


def test_ntfy_is_told_of_its_topic_at_its_root() -> None:
    url, body = payloads.written(HookFormat.NTFY, "https://ntfy.test/my-blog?auth=x", news())
    assert url == "https://ntfy.test/?auth=x"
    assert json.loads(body) == {
        "topic": "my-blog",
        "title": "Gus wrote on “Pelicans”",
        "message": "They scoop.",
        "click": "http://blog.test/pelicans/#comment-1",
    }


def test_a_test_says_that_it_is_one() -> None:
    told = News(HookEvent.TEST, now(), "en", "A blog", "http://blog.test/")
    assert sent(HookFormat.JSON, told)["type"] == "test"
    assert "A test" in shown(HookFormat.SLACK, told)
    assert sent(HookFormat.NTFY, told)["message"]
