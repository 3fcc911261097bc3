"""Bake: a snapshot into the page it belongs to, between the two markers that keep its place.

The build bakes what was published while it ran; the service, what is published after it. Both call
this, so that they make the same bytes, and neither puts an older revision over a newer one. They
hold `files.lock_of` the site meanwhile.
"""

import re

from . import snapshots
from .snapshots import Snapshot

_discussions = re.compile(
    rb"(<!-- postil:discussions [^>]*-->)(.*?)(<!-- postil:discussions-end -->)", re.DOTALL
)


def thread(page: bytes, thread_id: str, new: Snapshot) -> bytes | None:
    """The page with the comments of this thread, and with their number; None where it has no place.

    A page that has newer ones already is given back as it is.
    """
    name = re.escape(thread_id).encode()
    place = re.compile(
        rb"(<!-- postil:begin %b(?: [^>]*)? -->)(.*?)(<!-- postil:end %b -->)" % (name, name),
        re.DOTALL,
    )
    found = place.search(page)
    if found is None:
        return None
    if snapshots.revision(found[2]) > new.revision:
        return page
    made = _put(page, found, new)
    if made != page:
        # What search engines are told of the comments has become old; the next build tells them anew.
        data = rb"(<!-- postil:data %b -->).*?(<!-- postil:data-end -->)" % name
        made = re.sub(data, rb"\1\2", made, flags=re.DOTALL)
    count = rb"(<!-- postil:count %b -->).*?(<!-- postil:count-end -->)" % name
    made = re.sub(count, rb"\g<1>%d\g<2>" % new.total, made)
    if not new.heading:
        return made
    heading = rb"(<!-- postil:heading %b -->).*?(<!-- postil:heading-end -->)" % name
    words = new.heading.encode()
    return re.sub(heading, lambda found: found[1] + words + found[2], made, flags=re.DOTALL)


def discussions(page: bytes, new: Snapshot) -> bytes | None:
    """The same for the page of all conversations."""
    found = _discussions.search(page)
    if found is None:
        return None
    return page if snapshots.revision(found[2]) > new.revision else _put(page, found, new)


def _put(page: bytes, place: re.Match[bytes], new: Snapshot) -> bytes:
    return page[: place.end(1)] + b"\n%b\n" % new.html.encode() + page[place.start(3) :]
