"""What `up` and `serve` start, and what they say when they cannot."""

import socket

import pytest

from authoring import Refused, server


def test_a_local_address_tells_the_port_and_a_public_one_does_not() -> None:
    assert server.local_port("http://localhost:8080") == 8080
    assert server.local_port("http://127.0.0.1:8081/blog") == 8081
    assert server.local_port("https://example.org:8443") == 0
    assert server.local_port("") == 0


@pytest.mark.enable_socket
def test_a_taken_port_is_told_with_one_that_is_free() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(Refused, match=r"taken by another program.*\n.*--port \d+"):
            server.refuse_taken_port("127.0.0.1", other.getsockname()[1])


@pytest.mark.enable_socket
def test_a_port_that_cannot_be_is_refused() -> None:
    with pytest.raises(Refused, match="Choose another --host or --port"):
        server.refuse_taken_port("127.0.0.1", 99999)
