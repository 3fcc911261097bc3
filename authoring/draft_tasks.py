"""Draft tasks: the commands about what is not published yet, as `tasks.py` has the others."""

from invoke import Context, task

from authoring.command_line import blog, environ, refusals
from authoring.environment import ROOT, say

# Each command imports what it needs when it runs, so that none waits for the packages of another.


@task
@refusals()
def drafts(_: Context) -> None:
    """List the drafts, the one touched last first, with their lengths."""
    from authoring import list_drafts

    say("\n".join(list_drafts.drafts(blog())))


@task(
    positional=["draft"],
    help={
        "draft": "its file, such as content/how-pelicans-fish.md, or its slug",
        "days": "for how many days; given again, it counts from today",
        "list": "tell which drafts are shared, until when, and where",
        "end": "share this draft no more",
        "later": "only write it down: the next publication does the rest",
    },
)
@refusals()
def share(
    _: Context,
    draft: str = "",
    days: int = 14,
    list_: bool = False,
    end: str = "",
    later: bool = False,
) -> None:
    """Let others read and discuss a draft, at an address that only they have, until a day; then publish."""
    from authoring import share_draft
    from authoring.build import build
    from authoring.publish import publication, push_manifest

    if list_:
        say("\n".join(share_draft.listed(blog(), environ())))
        return
    done = (
        share_draft.end(blog(), end) if end else share_draft.share(blog(), environ(), draft, days)
    )
    if later:
        say("\n".join([*done, "The next publication does it: python3 tasks.py publish"]))
    elif environ().get("PUBLISH_TO"):
        sent = publication.publish(ROOT, "", environ())
        say(publication.told(sent, dry_run=False))
        say(push_manifest.push(sent.site, environ()))
        say("\n".join(done))
    else:
        build(ROOT, environ(), "publishconf.py", keep_going=False)
        say("\n".join(done))


@task(
    help={
        "draft": "its file, such as content/how-pelicans-fish.md, or its slug",
        "newest": "what was said last comes first, not what is about the first lines",
        "json": "for programs",
    }
)
@refusals()
def notes(_: Context, draft: str, newest: bool = False, json: bool = False) -> None:
    """List what was said of a draft that is shared: notes with file and line, then other comments."""
    from authoring import review

    say(review.notes(blog(), environ(), draft, newest=newest, as_json=json))


@task
@refusals()
def schedule(_: Context) -> None:
    """List the articles whose date is still to come, the next first; a later build publishes them."""
    from authoring import list_drafts

    say("\n".join(list_drafts.schedule(blog())))
