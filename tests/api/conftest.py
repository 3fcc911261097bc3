"""What API tests share: passwords that cost little to verify, and Rhea with her device."""

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher
from flask import Flask

from comments_service.models import Role
from tests import make
from tests.api.device import Device
from tests.api.people import of_role
from tests.conftest import Visitor


@pytest.fixture(scope="package", autouse=True)
def cheap_passwords() -> Iterator[PasswordHasher]:
    with make.cheap_passwords() as real:
        yield real


@pytest.fixture
def rhea(app: Flask) -> Visitor:
    """Rhea, whose browser has a session already."""
    return of_role(app, "Rhea", Role.READER)


@pytest.fixture
def device() -> Device:
    """What holds a reader's passkeys."""
    return Device()
