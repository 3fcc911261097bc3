"""What every API test shares: passwords that cost little to verify."""

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

from tests import make


@pytest.fixture(scope="package", autouse=True)
def cheap_passwords() -> Iterator[PasswordHasher]:
    with make.cheap_passwords() as real:
        yield real
