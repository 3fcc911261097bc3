"""Passage fields: the words of an article that a note is about, as an address asks for them and a form holds them."""

from flask import request
from werkzeug.datastructures import CombinedMultiDict, MultiDict

from comments_service import threads
from comments_service.errors import InvalidInput
from comments_service.inputs import NewPassage, parse
from comments_service.models import Thread

NAMES = tuple(f"passage_{name}" for name in NewPassage.model_fields)


def asked(thread: Thread) -> tuple[MultiDict[str, str], InvalidInput | None]:
    """The fields of a form for `?exact=…&prefix=…&suffix=…`, and what is wrong with those words.

    Words that cannot be noted, or are in an address of a thread that takes no notes, are in no field.
    """
    exact = request.args.get("exact", "")
    if not (thread.notes and exact):
        return request.args, None
    given = {name: request.args.get(name, "") for name in ("exact", "prefix", "suffix")}
    try:
        passage = parse(NewPassage, given)
    except InvalidInput as error:
        return request.args, InvalidInput(fields={"passage": next(iter(error.fields.values()))})
    fields = {f"passage_{name}": text for name, text in passage.model_dump().items()}
    # Of which page they are, the address says as it does of the thread.
    lang = request.args.get("lang", "")
    fields["passage_lang"] = lang if lang in threads.languages(thread) else thread.lang
    return CombinedMultiDict([MultiDict(fields), request.args]), None


def taken_off() -> MultiDict[str, str]:
    """What was typed, without the words that it was about."""
    kept = request.form.copy()
    for name in NAMES:
        kept.pop(name, None)
    return kept
