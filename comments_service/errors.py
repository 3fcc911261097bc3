"""Errors: what can go wrong, each with a word for a code and an HTTP status.

Rooms raise these; only `web` turns them into responses. `detail` is for people: what happened
and what to do next. The table in docs/api.md lists every code, and a test keeps it complete.
"""

from collections.abc import Mapping


class ServiceError(Exception):
    """Something that the person who asked can be told."""

    status = 400
    code = "bad_request"
    title = "This request cannot be understood"

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
    title = "The body is not JSON that can be read"


class SignInRequired(ServiceError):
    status = 401
    code = "sign_in_required"
    title = "Please sign in first"


class WrongCredentials(ServiceError):
    status = 401
    code = "wrong_credentials"
    title = "This address and password do not belong together"


class NotAllowed(ServiceError):
    status = 403
    code = "not_allowed"
    title = "This is not yours to do"


class WrongOrigin(ServiceError):
    status = 403
    code = "wrong_origin"
    title = "This request did not come from a page of this site"


class UnknownPage(ServiceError):
    status = 404
    code = "unknown_page"
    title = "There is nothing at this address"


class UnknownThread(ServiceError):
    status = 404
    code = "unknown_thread"
    title = "There is no such thread"


class UnknownComment(ServiceError):
    status = 404
    code = "unknown_comment"
    title = "There is no such comment"


class UnknownToken(ServiceError):
    status = 404
    code = "unknown_token"
    title = "This link is used up or too old"


class WrongMethod(ServiceError):
    status = 405
    code = "wrong_method"
    title = "This address does not take such a request"


class ThreadClosed(ServiceError):
    status = 409
    code = "thread_closed"
    title = "This thread takes no new comments"


class MissingParent(ServiceError):
    status = 409
    code = "missing_parent"
    title = "The comment that you answer is not there any more"


class KeyReused(ServiceError):
    status = 409
    code = "key_reused"
    title = "This key already belongs to another comment"


class EditWindowOver(ServiceError):
    status = 409
    code = "edit_window_over"
    title = "The time to change this comment is over"


class NothingToUndo(ServiceError):
    status = 409
    code = "nothing_to_undo"
    title = "There is no decision to undo"


class TooLarge(ServiceError):
    status = 413
    code = "too_large"
    title = "This request is larger than the service takes"


class WrongContentType(ServiceError):
    status = 415
    code = "wrong_content_type"
    title = "Please send JSON with the content type application/json"


class InvalidInput(ServiceError):
    """Fields that cannot be taken, all at once: `fields` has a message for each."""

    status = 422
    code = "invalid_input"
    title = "Please look at the marked fields"


class TooMany(ServiceError):
    status = 429
    code = "too_many"
    title = "That was a little fast"


class Unavailable(ServiceError):
    status = 503
    code = "unavailable"
    title = "The service cannot write just now"


class Failure(ServiceError):
    """Something that should not have happened; the log has what."""

    status = 500
    code = "failure"
    title = "Something went wrong here, and it is not your fault"
