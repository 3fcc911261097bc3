"""SMTP: the connection to the mail server, what is said on it, and what its answers mean.

Three things can go wrong. The server cannot be used at all (`ServerTrouble`): it is away, or what the
settings say of it is wrong, and every e-mail waits. It will never take this one (`Refused`). Anything
else is a matter of time, and of this e-mail alone.
"""

import re
import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from comments_service.config import Settings
from comments_service.config.values import LOOPBACK_HOSTS
from comments_service.supervision import Patient
from formats import files

# Where e-mails lie while no mail server is set.
FOLDER = Path("var/mail")
# How long each answer is waited for.
SECONDS = 20.0
AWAY_SECONDS = 10.0
# Mail servers shut those out who come again and again with a wrong password.
WRONG_SECONDS = 300.0

# What says that nobody is at an address, in the words of RFC 3463: 5.4.1 is one big provider's.
_nobody = re.compile(r"\b5\.(?:1\.\d+|2\.1|4\.1)\b")
_enhanced = re.compile(r"\b5\.\d{1,3}\.\d{1,3}\b")
_plain_nobody = frozenset({521, 550, 551, 553, 556})
# Said of who sends rather than of who is to receive.
_of_the_sender = re.compile(r"\b5\.7\.\d+\b|\brelay", re.IGNORECASE)
_sign_in_first = frozenset({503, 530, 534, 535, 538})
_too_big = frozenset({523, 552})


class ServerTrouble(Patient):
    """No e-mail can be sent at the moment."""


class Refused(Exception):
    """An e-mail that the mail server will never take; with `address`, because nobody is there."""

    def __init__(self, text: str, *, address: bool = False) -> None:
        super().__init__(text)
        self.address = address


class NotNow(Exception):
    """An answer that asks to come again later, or that another setting would change."""


class _Recording(smtplib.SMTP):
    """Keeps what was said, without what signs in."""

    _signs_in = False

    def __init__(self, dialogue: list[str], host: str, port: int, **options: object) -> None:
        self._dialogue = dialogue
        super().__init__(host, port, **options)  # type: ignore[arg-type]

    def login(
        self, user: str, password: str, *, initial_response_ok: bool = True
    ) -> tuple[int, bytes]:
        self._signs_in = True
        try:
            return super().login(user, password, initial_response_ok=initial_response_ok)
        finally:
            self._signs_in = False

    def putcmd(self, cmd: str, args: str = "") -> None:
        said = f"{cmd} {args}".strip()
        if self._signs_in:
            said = f"AUTH {args.partition(' ')[0]} …" if cmd.upper() == "AUTH" else "…"
        self._dialogue.append(f"→ {said}")
        super().putcmd(cmd, args)

    def getreply(self) -> tuple[int, bytes]:
        code, said = super().getreply()
        self._dialogue.extend(f"← {code} {line}" for line in _text(said).split("\n"))
        return code, said


class _RecordingTLS(_Recording, smtplib.SMTP_SSL):
    pass


class Connection:
    """A connection for several e-mails. It is open from the beginning, and opened again where it breaks."""

    def __init__(
        self, settings: Settings, beat: Callable[[], None], seconds: float | None = None
    ) -> None:
        self._seconds = SECONDS if seconds is None else seconds
        self.dialogue: list[str] = []
        self._settings = settings
        self._beat = beat
        self._client: smtplib.SMTP | None = None
        self._used = False

    def __enter__(self) -> Self:
        """Raises ServerTrouble."""
        if self._settings.mail_url:
            self._open()
        return self

    def __exit__(self, *_: object) -> None:
        if self._client is not None:
            try:
                self._client.quit()
            except OSError:
                self._client.close()
            self._client = None

    def _open(self) -> smtplib.SMTP:
        self._beat()
        try:
            self._client = _connected(self._settings, self.dialogue, self._beat, self._seconds)
        except ServerTrouble:
            raise
        except smtplib.SMTPAuthenticationError as error:
            text = f"{error.smtp_code} {_text(error.smtp_error)}"
            if error.smtp_code < 500:
                raise ServerTrouble(text, AWAY_SECONDS) from error
            raise ServerTrouble(
                "The mail server refuses the user or the password of COMMENTS_MAIL_URL: " + text,
                WRONG_SECONDS,
            ) from error
        except (ssl.SSLError, smtplib.SMTPNotSupportedError, socket.gaierror) as error:
            raise ServerTrouble(
                "The mail server cannot be talked to in the way that COMMENTS_MAIL_URL says"
                f" ({type(error).__name__}: {error}).",
                AWAY_SECONDS,
            ) from error
        except OSError as error:
            raise ServerTrouble(
                f"The mail server is away ({type(error).__name__}: {error}).", AWAY_SECONDS
            ) from error
        self._used = False
        return self._client

    def send(self, mail: EmailMessage, recipient: str, name: str) -> None:
        """By SMTP, or as a file that a developer opens.

        Raises ServerTrouble, Refused, or whatever may be otherwise the next time.
        """
        if not self._settings.mail_url:
            path = FOLDER / f"{name}.eml"
            files.write(path, bytes(mail))
            self.dialogue.append(f"· {path}")
            return
        client = self._ready()
        try:
            self._say(client, mail, recipient)
        except OSError:
            # Nobody knows what has become of it.
            client.close()
            self._client = None
            raise

    def _ready(self) -> smtplib.SMTP:
        """The connection, which the server may have closed since the last e-mail."""
        if self._client is not None and self._used:
            try:
                self._client.rset()
            except OSError:
                self._client.close()
                self._client = None
        client = self._client or self._open()
        self._used = True
        return client

    def _say(self, client: smtplib.SMTP, mail: EmailMessage, recipient: str) -> None:
        sender = self._settings.mail_from
        international = not (sender + recipient).isascii()
        if international and not client.has_extn("smtputf8"):
            raise Refused("The mail server takes no address with other letters than those of ASCII")
        policy: Any = mail.policy
        data = mail.as_bytes(policy=policy.clone(linesep="\r\n", utf8=international))
        options = [f"SIZE={len(data)}"] if client.has_extn("size") else []
        options += ["BODY=8BITMIME", "SMTPUTF8"] if international else []
        self._beat()
        code, said = client.mail(sender, options)
        if code >= 500 and code not in _too_big:
            raise ServerTrouble(
                f"The mail server refuses COMMENTS_MAIL_FROM as the sender: {code} {_text(said)}",
                WRONG_SECONDS,
            )
        _taken(code, said)
        self._beat()
        code, said = client.rcpt(recipient)
        _taken(code, said, to_an_address=True)
        self._beat()
        try:
            code, said = client.data(data)
        except smtplib.SMTPDataError as error:
            code, said = error.smtp_code, error.smtp_error  # type: ignore[assignment]  # bytes here
        _taken(code, said)


def _connected(
    settings: Settings, dialogue: list[str], beat: Callable[[], None], seconds: float
) -> smtplib.SMTP:
    url = urlsplit(settings.mail_url)
    host, context = url.hostname or "localhost", ssl.create_default_context()
    dialogue.append(f"· {host}:{url.port or (465 if url.scheme == 'smtps' else 25)}")
    if url.scheme == "smtps":
        client: smtplib.SMTP = _RecordingTLS(
            dialogue, host, url.port or 465, timeout=seconds, context=context
        )
    else:
        client = _Recording(dialogue, host, url.port or 25, timeout=seconds)
    try:
        beat()
        client.ehlo()
        secure = url.scheme == "smtps"
        if not secure and client.has_extn("starttls"):
            beat()
            client.starttls(context=context)
            client.ehlo()
            secure = True
        if url.username:
            if not secure and host not in LOOPBACK_HOSTS:
                raise ServerTrouble(
                    "The mail server offers no TLS, so that anybody on the way could read the password"
                    " of COMMENTS_MAIL_URL: write smtps:// or another port, mostly 465 or 587.",
                    WRONG_SECONDS,
                )
            beat()
            client.login(unquote(url.username), unquote(url.password or ""))
    except BaseException:
        client.close()
        raise
    return client


def _taken(code: int, said: bytes, *, to_an_address: bool = False) -> None:
    """Go on where the server says yes. Raises Refused, NotNow."""
    if 200 <= code < 300:
        return
    text = _text(said)
    answer = f"{code} {text}".replace("\n", " ")
    if code < 500:
        raise NotNow(answer)
    if not to_an_address:
        raise Refused(answer)
    if code in _sign_in_first or _of_the_sender.search(text):
        raise NotNow(answer)
    nobody = _nobody.search(text) if _enhanced.search(text) else code in _plain_nobody
    raise Refused(answer, address=bool(nobody))


def _text(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said


def forget_files(before: datetime) -> None:
    """Remove e-mails that were written as files before this moment."""
    for path in FOLDER.glob("*.eml"):
        with suppress(OSError):
            if path.stat().st_mtime < before.timestamp():
                path.unlink()
