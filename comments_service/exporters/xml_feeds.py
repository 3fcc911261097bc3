"""XML: what WordPress (WXR 1.2) and Disqus read, for whoever goes on with one of them or what imports theirs."""

from collections.abc import Iterator
from datetime import datetime
from xml.sax.saxutils import escape, quoteattr

from comments_service.exporters import rows
from comments_service.exporters.rows import Choice, Said
from comments_service.models import Status, Thread

_WXR_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" \
xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="http://wordpress.org/export/1.2/">
<channel><link>{site}</link><wp:wxr_version>1.2</wp:wxr_version><wp:base_blog_url>{site}</wp:base_blog_url>
"""
_approved = {
    Status.PUBLISHED: "1",
    Status.PENDING: "0",
    Status.REJECTED: "spam",
    Status.DELETED: "trash",
}
_DISQUS_HEAD = """<?xml version="1.0" encoding="utf-8"?>
<disqus xmlns="http://disqus.com" xmlns:dsq="http://disqus.com/disqus-internals">
"""


def wxr(choice: Choice, site_url: str) -> Iterator[bytes]:
    """Articles by their addresses alone, with their comments. Numbers are ours."""
    yield _WXR_HEAD.format(site=escape(site_url)).encode()
    for number, thread in enumerate(rows.threads(choice), 1):
        yield (
            f"<item><title>{escape(thread.title)}</title><link>{escape(thread.url)}</link>"
            f"<wp:post_id>{number}</wp:post_id><wp:post_name>{escape(thread.id)}</wp:post_name>"
            f"<wp:status>{'publish' if thread.listed else 'private'}</wp:status><wp:post_type>post</wp:post_type>\n"
        ).encode()
        for each in rows.of(thread, choice):
            yield _wxr_comment(each).encode()
        yield b"</item>\n"
    yield b"</channel></rss>\n"


def _wxr_comment(each: Said) -> str:
    fields = {
        "comment_id": str(each.number),
        "comment_author": each.name or "",
        "comment_author_email": each.email or "",
        "comment_author_url": each.website or "",
        "comment_date": _moment(each.written_at),
        "comment_date_gmt": _moment(each.written_at),
        "comment_content": each.html,
        "comment_approved": _approved[each.status],
        "comment_type": "comment",
        "comment_parent": str(each.parent_number or 0),
    }
    inner = "".join(f"<wp:{name}>{_cdata(value)}</wp:{name}>" for name, value in fields.items())
    return f"<wp:comment>{inner}</wp:comment>\n"


def disqus(choice: Choice, _site_url: str) -> Iterator[bytes]:
    """Threads first, as Disqus has it, then what was said in them."""
    yield _DISQUS_HEAD.encode()
    for thread in rows.threads(choice):
        yield _disqus_thread(thread).encode()
    for thread in rows.threads(choice):
        for each in rows.of(thread, choice):
            yield _disqus_post(each, thread).encode()
    yield b"</disqus>\n"


def _disqus_thread(thread: Thread) -> str:
    return (
        f"<thread dsq:id={quoteattr(thread.id)}><id>{escape(thread.id)}</id><link>{escape(thread.url)}</link>"
        f"<title>{escape(thread.title)}</title><createdAt>{_zulu(thread.created_at)}</createdAt>"
        f"<isClosed>false</isClosed><isDeleted>{_said(not thread.listed)}</isDeleted></thread>\n"
    )


def _disqus_post(each: Said, thread: Thread) -> str:
    parent = f'<parent dsq:id="{each.parent_number}"/>' if each.parent_number else ""
    waits = "<isApproved>false</isApproved>" if each.status is Status.PENDING else ""
    return (
        f'<post dsq:id="{each.number}"><id/>'
        f"<message>{_cdata(each.html)}</message>"
        f"<createdAt>{_zulu(each.written_at)}</createdAt>"
        f"<isDeleted>{_said(each.status is Status.DELETED)}</isDeleted>"
        f"<isSpam>{_said(each.status is Status.REJECTED)}</isSpam>{waits}"
        f"<author><email>{escape(each.email or '')}</email><name>{escape(each.name or '')}</name>"
        f"<link>{escape(each.website or '')}</link><isAnonymous>true</isAnonymous></author>"
        f"<thread dsq:id={quoteattr(thread.id)}/>{parent}</post>\n"
    )


def _cdata(text: str) -> str:
    return f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>" if text else ""


def _said(yes: bool) -> str:
    return "true" if yes else "false"


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def _zulu(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
