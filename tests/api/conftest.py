"""What every API test shares: passwords that cost little to verify."""

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

from comments_service import accounts
from tests import make


@pytest.fixture(scope="package", autouse=True)
def cheap_passwords() -> Iterator[PasswordHasher]:
    """The same argon2id with 8 KiB instead of 64 MiB; gives the hasher that the service uses."""
    real, secret = accounts._hasher, make.SECRET
    accounts._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    accounts._nobody.cache_clear()
    make.SECRET = accounts._hasher.hash(make.PASSWORD)
    yield real
    accounts._hasher, make.SECRET = real, secret
    accounts._nobody.cache_clear()
