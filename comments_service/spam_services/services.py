"""The services: what each is sent about a comment, and what it answers. The sender is `hooks.connection`."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import orjson

from comments_service.config import Settings
from comments_service.hooks import signature
from comments_service.hooks.connection import Reply
from comments_service.models import Question
from comments_service.spam import outside

AKISMET = "https://rest.akismet.com/1.1/"
# Akismet wants the writer's address. It is kept by nobody here, and sent to nobody.
NO_ADDRESS = "127.0.0.1"
_akismet_calls = {
    Question.CHECK: "comment-check",
    Question.IS_SPAM: "submit-spam",
    Question.IS_GENUINE: "submit-ham",
}


class NoAnswer(Exception):
    """What was answered is no answer; the text says what came instead."""


@dataclass(frozen=True)
class About:
    """What a service is told of a comment: what everybody would read of it, if it were published."""

    id: int
    version: int
    text: str
    name: str
    website: str
    article: str
    url: str
    lang: str
    created_at: str


@dataclass(frozen=True)
class Sent:
    url: str
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Service:
    request: Callable[[Question, About, Settings], Sent]
    # Whether it says spam; None where it says nothing. Raises NoAnswer.
    verdict: Callable[[Question, Reply], bool | None]


def _to_akismet(question: Question, about: About, settings: Settings) -> Sent:
    key, _, other = settings.akismet.partition(" ")
    fields = {
        "api_key": key,
        "blog": f"{settings.site_url}/",
        "user_ip": NO_ADDRESS,
        "comment_type": "comment",
        "comment_author": about.name,
        "comment_author_url": about.website,
        "comment_content": about.text,
        "comment_date_gmt": about.created_at,
        "permalink": about.url,
        "blog_lang": about.lang,
        "blog_charset": "UTF-8",
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    url = (other.strip() or AKISMET) + _akismet_calls[question]
    return Sent(url, urlencode(fields).encode(), headers)


def _from_akismet(question: Question, reply: Reply) -> bool | None:
    said = reply.text.strip()
    if question is Question.CHECK and said in ("true", "false"):
        return said == "true"
    if question is not Question.CHECK and reply.status == 200 and said != "invalid":
        return None
    raise NoAnswer(f"{reply.status} {said[:200]}")


def _to_hook(question: Question, about: About, settings: Settings) -> Sent:
    url, _, secret = settings.spam_hook.partition(" ")
    data: dict[str, object] = {
        "id": about.id,
        "version": about.version,
        "text": about.text,
        "name": about.name,
        "website": about.website,
        "article": about.article,
        "url": about.url,
        "lang": about.lang,
        "created_at": about.created_at,
    }
    kind = "spam.check"
    if question is not Question.CHECK:
        kind = "spam.correction"
        data["spam"] = question is Question.IS_SPAM
    body = orjson.dumps({"type": kind, "version": 1, "data": data})
    key = f"spam_{about.id}_{about.version}_{question}"
    signed = signature.headers(secret.strip(), key, int(time.time()), body)
    return Sent(url, body, {"Content-Type": "application/json", **signed})


def _from_hook(question: Question, reply: Reply) -> bool | None:
    if not 200 <= reply.status < 300:
        # What it says may repeat the address that it was asked at.
        raise NoAnswer(str(reply.status))
    if question is not Question.CHECK or not reply.text.strip():
        return None
    try:
        said = orjson.loads(reply.text)
    except orjson.JSONDecodeError:
        said = None
    if not isinstance(said, dict) or not isinstance(said.get("spam"), bool):
        raise NoAnswer('no {"spam": true} or {"spam": false}')
    return bool(said["spam"])


SERVICES = {
    outside.AKISMET: Service(_to_akismet, _from_akismet),
    outside.HOOK: Service(_to_hook, _from_hook),
}
