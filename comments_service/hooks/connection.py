"""Connection: one POST to an address that the owner wrote down, and to nothing behind it.

The host is looked up once, every address that it has is looked at, and one of those is connected to: a
name that answers differently the second time gains nothing. Private and local networks are refused unless
the settings allow them. No redirect is followed, no proxy asked; the whole of it ends within seconds.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

# Of each address that a name has.
CONNECT_SECONDS = 5.0
# For all addresses together; and again for all that follows: TLS, the request and its answer. What drips ends as well.
WHOLE_SECONDS = 10.0
# Of an answer nobody needs more than a reason.
MAX_ANSWER_BYTES = 4_096

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# What an address is written with, escapes included; other letters are escaped.
_WRITTEN = "/?:@!$&'()*+,;=~-._%[]"
# A third of a century: what has more digits is no more patience.
_DIGITS = 9
# What is routed of IPv6; and the gateway to IPv4, whose addresses end in those that they stand for.
_unicast, _nat64 = ipaddress.IPv6Network("2000::/3"), ipaddress.IPv6Network("64:ff9b::/96")


# What goes wrong between here and there.
FAILURES = (OSError, http.client.HTTPException)


class Refused(Exception):
    """An address that is not connected to, or not at all; the text says why."""


@dataclass(frozen=True)
class Reply:
    status: int
    # How long the receiver asks to be left alone.
    retry_after_seconds: int
    text: str


def networks(text: str) -> tuple[Network, ...]:
    """Networks as the settings name them. Raises ValueError."""
    return tuple(ipaddress.ip_network(word) for word in text.split())


def reachable(address: Address, allowed: Sequence[Network]) -> bool:
    """Whether it is one of the public internet, or of a network that the owner allows."""
    if any(address in network for network in allowed):
        return True
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global and not address.is_multicast
    # Addresses of IPv4 in the clothes of IPv6: what they name counts.
    if (mapped := address.ipv4_mapped) is not None:
        return reachable(mapped, allowed)
    if address in _nat64:
        return reachable(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF), allowed)
    tunnel = address.sixtofour or address.teredo
    return address in _unicast and address.is_global and not tunnel


def looked_up(host: str, port: int, allowed: Sequence[Network]) -> list[str]:
    """The addresses of a host, if all of them may be connected to. Raises Refused, OSError."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        # A name that is too long, or has a hole, cannot even be asked for.
        said = error.strerror if isinstance(error, socket.gaierror) else error
        raise Refused(f"{host} is not found: {said}") from error
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
    for each in addresses:
        if not reachable(ipaddress.ip_address(each), allowed):
            raise Refused(
                f"{host} is {each}, which is no address of the public internet;"
                " COMMENTS_HOOK_NETWORKS names what may be reached beside it"
            )
    return addresses


def post(url: str, body: bytes, headers: Mapping[str, str], allowed: Sequence[Network]) -> Reply:
    """Send a body; returns what was answered. Raises Refused, FAILURES."""
    parts = urlsplit(url)
    host, secure = parts.hostname, parts.scheme == "https"
    if not host or parts.scheme not in ("http", "https"):
        raise Refused("no http or https address")
    port = parts.port or (443 if secure else 80)
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    talking = kind(host, port)
    # It never connects by itself: that would look the host up again.
    talking.auto_open = 0
    talking.sock = _connected(looked_up(host, port, allowed), port)
    if secure:
        # The handshake is awaited below, where the watch ends it if need be.
        talking.sock = ssl.create_default_context().wrap_socket(
            talking.sock, server_hostname=host, do_handshake_on_connect=False
        )
    watch = _Watch(talking.sock)
    try:
        if isinstance(talking.sock, ssl.SSLSocket):
            talking.sock.do_handshake()
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        talking.request("POST", quote(path, _WRITTEN), body, {"Connection": "close", **headers})
        answer = talking.getresponse()
        text = answer.read(MAX_ANSWER_BYTES).decode("utf-8", "replace")
    except (*FAILURES, ValueError) as error:
        watch.check(error)
        raise
    finally:
        watch.cancel()
        talking.close()
    # What was cut off may look as if it had been all.
    watch.check()
    after = answer.getheader("Retry-After") or ""
    return Reply(answer.status, int(after[:_DIGITS]) if after.isdecimal() else 0, text)


def _connected(addresses: Sequence[str], port: int) -> socket.socket:
    """A socket to the first address that answers; a name that has a hundred is not waited for longer."""
    until = time.monotonic() + WHOLE_SECONDS
    failure = OSError("no address")
    for each in addresses:
        if (left := until - time.monotonic()) <= 0:
            break
        try:
            found = socket.create_connection((each, port), min(CONNECT_SECONDS, left))
        except OSError as error:
            failure = error
        else:
            # From here on the watch ends what takes too long; until then whoever answers may think.
            found.settimeout(None)
            return found
    raise failure


class _Watch(threading.Timer):
    """Ends a conversation that takes too long: whoever waits for it goes on at once."""

    def __init__(self, connected: socket.socket) -> None:
        super().__init__(WHOLE_SECONDS, self._end, [connected])
        self.daemon = True
        self._over = False
        self.start()

    def _end(self, connected: socket.socket) -> None:
        self._over = True
        # Below TLS, whose own way would wait for the other side.
        with suppress(OSError):
            socket.socket.shutdown(connected, socket.SHUT_RDWR)

    def check(self, cause: Exception | None = None) -> None:
        """Raises TimeoutError where the conversation was ended."""
        if self._over:
            raise TimeoutError(f"no whole answer within {WHOLE_SECONDS:g} seconds") from cause
