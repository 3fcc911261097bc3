"""Signing in with GitHub, Google, GitLab or any OpenID provider; and linking them with one's account.

A provider sends people back by a GET, which changes nothing: it shows a form with what they bring,
and a script presses its button. Setting out begins on a page as well, for a form's answer may not
redirect to another site.
"""

from flask import Blueprint, Response, request, url_for

from comments_service.accounts import providers
from comments_service.accounts.providers import Callback
from comments_service.config import Client, Settings
from comments_service.errors import InvalidInput, Message, NotAllowed
from comments_service.inputs import ChosenName, from_form
from comments_service.web import answers, cookies, visitor
from comments_service.web.accounts.entering import entered, proved_again
from comments_service.web.form_page import form_page
from comments_service.web.params import next_path, row_id
from comments_service.web.routes import Guard, route

bp = Blueprint("providers", __name__)

# A provider's code may hold a whole token: those of Azure B2C have passed 4,000 characters.
MAX_CHARS = 8_000


@route(
    bp,
    "POST /with/<key>",
    "A page that leads on to the provider",
    guard=Guard.OPEN,
    who="everybody, within limits; freshly proved to link",
)
def set_out(key: str, settings: Settings) -> Response:
    client = providers.of_key(key, settings.clients)
    purpose = request.form.get("purpose", "")
    target = next_path(request.form.get("next"))
    if purpose == "link":
        visitor.freshly_proved()
    elif purpose == "prove":
        visitor.signed_in()
    elif purpose:
        raise InvalidInput
    browser = cookies.browser_or_new()
    address = providers.authorize(
        client, visitor.current(), settings, browser=browser, target=target, intent=purpose
    )
    return cookies.keep_browser(
        answers.page("accounts/provider.html", client=client, address=address), browser
    )


@route(
    bp,
    "GET POST /with/<key>/back",
    "Signs in, links, or proves who one is",
    guard=Guard.OPEN,
    who="whoever set out in the same browser, with the state",
)
def come_back(key: str, settings: Settings) -> Response:
    client = providers.of_key(key, settings.clients)
    state, code = (request.values.get(name, "")[:MAX_CHARS] for name in ("state", "code"))

    def act() -> Response:
        browser = cookies.browser()
        back = providers.callback(client, settings.comments_url, state, code, browser)
        return received(client, back, settings)

    # What a provider says of an error is not shown: anybody could have written it into the address.
    going = bool(state and code) and request.method == "GET"
    return form_page(
        "accounts/provider-back.html", act, client=client, going=going, state=state, given=code
    )


def received(client: Client, returned: Callback, settings: Settings) -> Response:
    """Do what somebody set out for who is back from a provider."""
    target, lang = next_path(returned.target), visitor.language()
    if returned.intent == "link":
        _, account = visitor.signed_in()
        providers.link(client, returned, account, lang, settings)
        answers.say(Message("From now on {provider} signs you in as well.", provider=client.name))
        return answers.see_other(target)
    if returned.intent == "prove":
        session, account = visitor.signed_in()
        if not providers.proves(returned, account):
            raise NotAllowed(
                Message(
                    "This account with {provider} is not connected with yours.",
                    provider=client.name,
                )
            )
        return proved_again(session, target)
    browser = cookies.browser()
    signed_in = providers.sign_in(
        client, returned.person, visitor.current(), browser, lang, settings
    )
    if signed_in.entry is None:
        return name_page(client, signed_in.ticket, target, returned.person.name)
    if signed_in.linked:
        answers.say(
            Message(
                "You had an account with the same address: {provider} is connected with it now.",
                provider=client.name,
            )
        )
    return entered(signed_in.entry, target)


def name_page(
    client: Client, ticket: str, target: str, name: str, error: InvalidInput | None = None
) -> Response:
    return answers.page(
        "accounts/provider-name.html",
        error.status if error else 200,
        client=client,
        ticket=ticket,
        next=target,
        values={"name": name},
        error=error,
        errors=error.fields if error else {},
    )


@route(
    bp,
    "POST /with/<key>/name",
    "An account for somebody new",
    guard=Guard.OPEN,
    who="whoever set out in the same browser, with the ticket",
)
def choose_name(key: str, settings: Settings) -> Response:
    client = providers.of_key(key, settings.clients)
    ticket, target = request.form.get("ticket", ""), next_path(request.form.get("next"))
    try:
        name = from_form(ChosenName, request.form).name
        entry = providers.make_account(
            client, ticket, name, cookies.browser(), visitor.current(), settings
        )
    except InvalidInput as error:
        return name_page(client, ticket, target, request.form.get("name", ""), error)
    return entered(entry, target)


@route(
    bp,
    "GET POST /account/providers",
    "What is linked; unlinks",
    guard=Guard.SIGNED_IN,
    who="oneself; freshly proved for every change",
)
def linked(settings: Settings) -> Response:
    _, account = visitor.signed_in()

    def act() -> Response:
        visitor.freshly_proved()
        if number := request.form.get("identity", type=row_id):
            providers.unlink(account, number, visitor.language(), settings)
            answers.say(Message("It is disconnected."))
        return answers.see_other(url_for("providers.linked"))

    clients = settings.clients
    found = [(each, providers.called(each, clients)) for each in providers.linked(account)]
    kinds = {each.kind for each, _ in found}
    more = [each.kind for each in clients if each.kind not in kinds]
    return form_page("accounts/providers.html", act, linked=found, more=more)
