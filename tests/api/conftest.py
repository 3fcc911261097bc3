"""What every API test shares: passwords that cost little to verify."""

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

from comments_service.accounts import passwords
from tests import make


@pytest.fixture(scope="package", autouse=True)
def cheap_passwords() -> Iterator[PasswordHasher]:
    """The same argon2id with 8 KiB instead of 64 MiB; gives the hasher that the service uses."""
    real, secret = passwords._hasher, make.SECRET
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    passwords._nobody.cache_clear()
    make.SECRET = passwords._hasher.hash(make.PASSWORD)
    yield real
    passwords._hasher, make.SECRET = real, secret
    passwords._nobody.cache_clear()
