"""Errors: what can go wrong, each with a word for a code and an HTTP status.

Every module raises these; only `web` turns them into responses. `detail` is for people: what happened
and what to do next. The table in docs/api.md lists every code, and a test keeps it complete.
"""

from collections.abc import Mapping


class Message(str):
    """What a person is told: English as it stands, and what it takes to say it in other languages.

    `Message("At most {max}, please.", max=9)`: `template` is what translators see, with a word in
    braces for each of the `values`.
    """

    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str, **values: object) -> "Message":
        made = super().__new__(cls, template.format(**values) if values else template)
        made.template = template
        made.values = values
        return made


def as_message(text: str) -> Message:
    """What a person is told, also where there is nothing to say in other languages, such as what a library says."""
    if isinstance(text, Message):
        return text
    # By a name, which translators are not shown.
    plain = text
    return Message(plain)


class ServiceError(Exception):
    """Something that the person who asked can be told."""

    status = 400
    code = "bad_request"
    # Until it is said in somebody's language (`i18n.translate`), as detail and fields are.
    title: str = Message("This request could not be understood")

    def __init__(
        self,
        detail: str = "",
        *,
        fields: Mapping[str, str] | None = None,
        retry_after_seconds: int | None = None,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.fields = dict(fields or {})
        self.retry_after_seconds = retry_after_seconds


class MalformedJSON(ServiceError):
    code = "malformed_json"
    title = Message("The body is not valid JSON")


class SignInRequired(ServiceError):
    status = 401
    code = "sign_in_required"
    title = Message("Please sign in first")


class WrongCredentials(ServiceError):
    status = 401
    code = "wrong_credentials"
    title = Message("This e-mail address and password don't match")


class WrongToken(ServiceError):
    """A program that wants in does not have the token of the settings."""

    status = 401
    code = "wrong_token"
    title = Message("This needs a valid token")


class SecondFactorRequired(ServiceError):
    """The first factor was right; `ticket` is sent back with the second one."""

    status = 401
    code = "second_factor_required"
    title = Message("Please use your second factor as well")

    def __init__(self, ticket: str) -> None:
        super().__init__()
        self.ticket = ticket


class ProofRequired(ServiceError):
    """Nothing was done: what cannot be taken back needs a fresh proof of who asks."""

    status = 401
    code = "proof_required"
    title = Message("Please confirm that it is you")


class SecondFactorMissing(ServiceError):
    """Whoever moderates here has to have one."""

    status = 403
    code = "second_factor_missing"
    title = Message("Moderating needs a passkey or a second factor")


class NotAllowed(ServiceError):
    status = 403
    code = "not_allowed"
    title = Message("You are not allowed to do this")


class Banned(ServiceError):
    """Nothing is taken of whoever asks until a stated day; the detail says which, and why."""

    status = 403
    code = "banned"
    title = Message("You cannot write here at the moment")


class WrongOrigin(ServiceError):
    status = 403
    code = "wrong_origin"
    title = Message("This request did not come from a page of this site")


class UnknownPage(ServiceError):
    status = 404
    code = "unknown_page"
    title = Message("There is nothing at this address")


class UnknownThread(ServiceError):
    status = 404
    code = "unknown_thread"
    title = Message("There is no such conversation")


class UnknownComment(ServiceError):
    status = 404
    code = "unknown_comment"
    title = Message("There is no such comment")


class UnknownPerson(ServiceError):
    status = 404
    code = "unknown_person"
    title = Message("There is no such person")


class UnknownBan(ServiceError):
    status = 404
    code = "unknown_ban"
    title = Message("There is no such ban")


class UnknownHook(ServiceError):
    status = 404
    code = "unknown_hook"
    title = Message("There is no such web hook, or no such delivery")


class UnknownImport(ServiceError):
    status = 404
    code = "unknown_import"
    title = Message("There is no such import")


class UnknownEmail(ServiceError):
    status = 404
    code = "unknown_email"
    title = Message("There is no such e-mail, or nobody has given it up")


class UnknownReply(ServiceError):
    status = 404
    code = "unknown_reply"
    title = Message("There is no such saved reply")


class UnknownToken(ServiceError):
    status = 404
    code = "unknown_token"
    title = Message("This link has been used or has expired")


class WrongMethod(ServiceError):
    status = 405
    code = "wrong_method"
    title = Message("This address does not accept such a request")


class ThreadClosed(ServiceError):
    status = 409
    code = "thread_closed"
    title = Message("Comments are closed here")


class MissingParent(ServiceError):
    status = 409
    code = "missing_parent"
    title = Message("The comment you are replying to no longer exists")


class AlreadyThere(ServiceError):
    """Nothing was moved: it stands where it was to go, or has been moved on since."""

    status = 409
    code = "already_there"
    title = Message("There is nothing to move")


class AlreadyReported(ServiceError):
    status = 409
    code = "already_reported"
    title = Message("You have reported this comment already")


class KeyReused(ServiceError):
    status = 409
    code = "key_reused"
    title = Message("This key already belongs to another comment")


class EditWindowOver(ServiceError):
    status = 409
    code = "edit_window_over"
    title = Message("The time to edit this comment is over")


class CommentChanged(ServiceError):
    """Nothing was decided: what the moderator saw is not what stands there now."""

    status = 409
    code = "comment_changed"
    title = Message("This comment was edited after you saw it")

    def __init__(self, comment_id: int, seen: int = 1) -> None:
        super().__init__(
            Message(
                "This comment was edited after you saw it, and nothing was changed. Please read it as"
                " it stands now, then decide."
            )
        )
        self.comment_id = comment_id
        self.seen = seen


class TooManyEdits(ServiceError):
    status = 409
    code = "too_many_edits"
    title = Message("This comment has been edited very often")


class NothingToUndo(ServiceError):
    status = 409
    code = "nothing_to_undo"
    title = Message("There is no decision to undo")


class TooManyPasskeys(ServiceError):
    status = 409
    code = "too_many_passkeys"
    title = Message("Your account already has 20 passkeys; remove one that you do not use")


class TooSlow(ServiceError):
    status = 408
    code = "too_slow"
    title = Message("This request took too long to arrive")


class TooLarge(ServiceError):
    status = 413
    code = "too_large"
    title = Message("This request is too large")


class WrongContentType(ServiceError):
    status = 415
    code = "wrong_content_type"
    title = Message("Please send JSON with the content type application/json")


class InvalidInput(ServiceError):
    """Fields that cannot be taken, all at once: `fields` has a message for each."""

    status = 422
    code = "invalid_input"
    title = Message("Please check the marked fields")


class InvalidManifest(ServiceError):
    status = 422
    code = "invalid_manifest"
    title = Message("This list of threads cannot be used")


class TooMany(ServiceError):
    status = 429
    code = "too_many"
    title = Message("That was a little fast")


class Unavailable(ServiceError):
    status = 503
    code = "unavailable"
    title = Message("The service cannot save anything just now")


class Busy(ServiceError):
    """Nothing was tried, and nothing counted: others' costly work comes first."""

    status = 503
    code = "busy"
    title = Message("Many people are signing in just now")


class ProviderFailed(ServiceError):
    status = 502
    code = "provider_failed"
    title = Message("The provider did not answer as it should")


class Failure(ServiceError):
    """Something that should not have happened; the log has what."""

    status = 500
    code = "failure"
    title = Message("Something went wrong here, and it is not your fault")
