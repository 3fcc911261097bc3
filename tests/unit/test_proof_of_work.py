"""What a browser computed says of a comment what the service signed, and nothing else."""

import json
from base64 import b64decode, b64encode
from datetime import timedelta
from typing import Any

import altcha
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comments_service import proof_of_work
from comments_service.models import now
from comments_service.spam import Proof

SECRET, THREAD, KEY = "a key for tests", "pelicans", "a-key-of-eight"
LONG_ENOUGH = timedelta(seconds=4)


def asked(load: float = 0, ago: timedelta = LONG_ENOUGH, key: str = KEY) -> dict[str, Any]:
    return proof_of_work.challenge(THREAD, key, SECRET, load, now() - ago)


def solved(challenge: dict[str, Any]) -> str:
    asked = altcha.Challenge.from_dict(challenge)
    solution = altcha.solve_challenge(asked)
    assert solution is not None
    return altcha.Payload(asked, solution).to_base64()


def judged(given: str, thread: str = THREAD, key: str = KEY, secret: str = SECRET) -> Proof:
    return proof_of_work.judge(given, thread, key, secret, now())


def test_a_solved_challenge_is_a_proof_for_its_thread_and_key_alone() -> None:
    proof = solved(asked())
    assert len(proof) < proof_of_work.MAX_CHARS
    assert judged(proof) is Proof.GIVEN
    assert judged(proof, thread="gulls") is Proof.MISSING
    assert judged(proof, key="another-key") is Proof.MISSING
    assert judged(proof, secret="another secret") is Proof.MISSING


def test_the_longest_names_fit() -> None:
    made = proof_of_work.challenge("t" * 128, "k" * 80, SECRET, 0, now() - LONG_ENOUGH)
    proof = solved(made)
    assert len(proof) <= proof_of_work.MAX_CHARS
    assert judged(proof, "t" * 128, "k" * 80) is Proof.GIVEN


def test_its_moment_is_the_forms() -> None:
    assert judged(solved(asked(ago=timedelta(0)))) is Proof.HASTY
    assert judged(solved(asked(ago=proof_of_work.LASTS))) is Proof.OLD


def changed(proof: str, **parameters: Any) -> str:
    data = json.loads(b64decode(proof))
    data["challenge"]["parameters"].update(parameters)
    return b64encode(json.dumps(data).encode()).decode()


@pytest.mark.parametrize(
    "forged",
    [
        {"expiresAt": 2**40},
        {"cost": 1},
        {"keyPrefix": ""},
        {"keySignature": None},
        {"data": {"thread": "gulls", "key": KEY, "at": 0}},
        {"data": None},
    ],
)
def test_whatever_is_changed_is_no_proof(forged: dict[str, Any]) -> None:
    assert judged(changed(solved(asked()), **forged)) is Proof.MISSING


def test_what_was_not_solved_is_no_proof() -> None:
    challenge = altcha.Challenge.from_dict(asked())
    wrong = altcha.Solution(0, "00" * 32)
    assert judged(altcha.Payload(challenge, wrong).to_base64()) is Proof.MISSING


@given(st.one_of(st.text(), st.binary().map(lambda each: b64encode(each).decode())))
def test_nonsense_is_no_proof(nonsense: str) -> None:
    assert judged(nonsense) is Proof.MISSING


_json = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
)
_names = st.sampled_from(["parameters", "signature", "counter", "derivedKey", "nonce", "data"])


@given(
    st.fixed_dictionaries(
        {
            "challenge": st.one_of(_json, st.dictionaries(_names, _json)),
            "solution": st.one_of(_json, st.dictionaries(_names, _json)),
        }
    )
)
def test_nonsense_in_its_shape_is_no_proof(nonsense: dict[str, Any]) -> None:
    assert judged(b64encode(json.dumps(nonsense).encode()).decode()) is Proof.MISSING


def tries(load: float) -> int:
    """The most that was needed of many: they are drawn between none and the most there may be."""
    return max(_counter(asked(load)) for _ in range(40))


def _counter(challenge: dict[str, Any]) -> int:
    solution = altcha.solve_challenge(altcha.Challenge.from_dict(challenge))
    assert solution is not None
    return solution.counter


def test_it_is_harder_in_a_flood_and_never_too_hard(monkeypatch: pytest.MonkeyPatch) -> None:
    # How often one tries is what counts here, not how long each takes.
    monkeypatch.setattr(proof_of_work, "ITERATIONS", 1)
    day = proof_of_work.TRIES
    assert 0.8 * day < tries(0) < day
    assert 0.8 * day < tries(0.25) < day
    assert 0.8 * 4 * day < tries(1) < 4 * day
    assert 0.8 * 16 * day < tries(1000) < 16 * day
