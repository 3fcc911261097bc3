"""What follows from the addresses of the blog and of the service."""

import pytest

from comments_service.config import from_environment


@pytest.mark.parametrize(
    ("site", "url", "comments_url", "base"),
    [
        ("https://example.org", "comments/", "https://example.org/comments/", "/comments/"),
        ("https://example.org/blog", "comments/", "https://example.org/blog/comments/", "/blog/comments/"),
        ("https://example.org/blog", "/talk/", "https://example.org/talk/", "/talk/"),
        ("https://example.org", "https://t.example.org/c/", "https://t.example.org/c/", "https://t.example.org/c/"),
        ("https://example.org", "http://example.org/c/", "http://example.org/c/", "http://example.org/c/"),
    ],
)  # fmt: skip
def test_links_are_paths_on_the_blogs_own_origin_and_whole_elsewhere(
    site: str, url: str, comments_url: str, base: str
) -> None:
    settings = from_environment({"SITE_URL": site, "COMMENTS_URL": url})
    assert settings.comments_url == comments_url
    assert settings.base == base


def test_the_origins_are_the_blogs_the_services_and_those_allowed() -> None:
    settings = from_environment(
        {
            "SITE_URL": "https://Example.org/blog",
            "COMMENTS_URL": "https://talk.example.org/c/",
            "COMMENTS_ALLOWED_ORIGINS": "https://other.example",
        }
    )
    assert settings.origins == {
        "https://example.org",
        "https://talk.example.org",
        "https://other.example",
    }


def test_on_a_developers_machine_all_names_of_it_are_one_place() -> None:
    settings = from_environment({"SITE_URL": "http://127.0.0.1:8123"})
    assert settings.origins == {
        "http://127.0.0.1:8123",
        "http://localhost:8123",
        "http://[::1]:8123",
    }


@pytest.mark.parametrize("url", ["http://localhost.evil.example", "https://127.0.0.1.example:80"])
def test_a_name_that_only_begins_like_this_machine_is_not_it(url: str) -> None:
    assert not any("//localhost:" in each or each.endswith("//localhost")
                   for each in from_environment({"SITE_URL": url}).origins)  # fmt: skip


@pytest.mark.parametrize(
    ("url", "party"),
    [
        ("https://Example.org/comments/", ("example.org", "https://example.org")),
        ("https://talk.example.org:8443/c/", ("talk.example.org", "https://talk.example.org:8443")),
        ("http://localhost:8000/comments/", ("localhost", "http://localhost:8000")),
        ("http://127.0.0.1:8000/comments/", ("localhost", "http://localhost:8000")),
        ("http://[::1]/comments/", ("localhost", "http://localhost")),
        ("https://192.0.2.7/comments/", None),
        ("https://[2001:db8::1]/comments/", None),
    ],
)
def test_passkeys_belong_to_a_name(url: str, party: tuple[str, str] | None) -> None:
    assert from_environment({"COMMENTS_URL": url}).relying_party == party
