"""Settings: read from the environment, or refused with a remedy."""

import stat
from dataclasses import fields
from pathlib import Path

import pytest
from flask import Flask

from comments_service import config, create_app
from comments_service.config import Rate, SettingError, Settings, from_environment


def test_without_any_setting_the_service_runs_beside_the_blog() -> None:
    settings = from_environment({})
    assert settings.site_url == "http://localhost:8000"
    assert settings.comments_url == "http://localhost:8000/comments/"
    assert settings.base == settings.prefix == "/comments/"
    assert settings.manifest_source == "output/threads.json"
    assert settings.output_folder == Path("output")
    assert not settings.secure


def test_every_setting_can_be_given_and_is_what_was_given() -> None:
    given = {
        "SITE_URL": "https://example.org/blog/",
        "COMMENTS_URL": "https://talk.example.org/c/",
        "COMMENTS_DATABASE_URL": "postgresql://me@db/postil",
        "COMMENTS_PUBLISHED": "/srv/published",
        "COMMENTS_OUTPUT": "",
        "COMMENTS_MANIFEST": "https://example.org/list.json",
        "COMMENTS_MANIFEST_TOKEN": "t" * 32,
        "COMMENTS_METRICS_TOKEN": "m" * 32,
        "COMMENTS_SECRET_KEY": "k",
        "COMMENTS_MAIL_URL": "smtp://mail.example.org",
        "COMMENTS_MAIL_FROM": "c@example.org",
        "COMMENTS_WORKERS": "outside",
        "COMMENTS_LOG": "json",
        "POSTIL_PREVIEW": "1",
        "COMMENTS_HOOK_NETWORKS": "10.1.0.0/16 fd00::/8",
        "COMMENTS_ALLOWED_ORIGINS": "https://a.example https://b.example:8443/",
        "COMMENTS_TRUSTED_PROXIES": "1",
        "COMMENTS_GUESTS": "no",
        "COMMENTS_SIGN_UP": "False",
        "COMMENTS_PASSWORDS": "no",
        "COMMENTS_SIGN_IN_LETTERS": "no",
        "COMMENTS_PASSKEYS": "no",
        "COMMENTS_GITHUB": "an-id a-secret",
        "COMMENTS_GOOGLE": "an-id a-secret",
        "COMMENTS_GITLAB": "an-id a-secret",
        "COMMENTS_OPENID": "Example https://id.example.org an-id a-secret",
        "COMMENTS_SECOND_FACTOR": "optional",
        "COMMENTS_CONSENT": "[Yes](https://example.org/privacy/).",
        "COMMENTS_MAX_CHARS": "500",
        "COMMENTS_EDIT_MINUTES": "5",
        "COMMENTS_TRUST_AFTER": "0",
        "COMMENTS_MAX_LINKS": "1",
        "COMMENTS_SPAM_FILTER": "no",
        "COMMENTS_AKISMET": "a-key https://akismet.example.org/1.1/",
        "COMMENTS_SPAM_HOOK": "https://program.example.org whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "COMMENTS_PROOF_OF_WORK": "false",
        "COMMENTS_PAGE_SIZE": "50",
        "COMMENTS_LIMIT_POSTS": "1/10 2/20",
        "COMMENTS_VOTES": "both",
        "COMMENTS_GUEST_VOTES": "yes",
        "COMMENTS_REPORTS_HIDE": "yes",
        "COMMENTS_BACKUP": "/b",
        "COMMENTS_PUBLISHED_BUCKET": "s3://shared/comments",
        "COMMENTS_IMPORT_MB": "20",
        "COMMENTS_LIMIT_VOTES": "5/60",
        "COMMENTS_LIMIT_GUESTS": "5/60",
        "COMMENTS_LIMIT_SIGN_IN": "3/60",
        "COMMENTS_LIMIT_SIGN_UP": "4/60",
        "COMMENTS_FORGET_REJECTED_DAYS": "7",
        "COMMENTS_DELETE_REJECTED_DAYS": "14",
    }
    assert set(given) == {each.metadata["env"] for each in fields(Settings)}
    settings = from_environment(given)
    assert settings == Settings(
        published_bucket="s3://shared/comments",
        site_url="https://example.org/blog",
        comments_url="https://talk.example.org/c/",
        database_url="postgresql+psycopg://me@db/postil",
        published=Path("/srv/published"),
        output="",
        manifest="https://example.org/list.json",
        manifest_token="t" * 32,
        metrics_token="m" * 32,
        secret_key="k",
        mail_url="smtp://mail.example.org",
        mail_from="c@example.org",
        workers="outside",
        log="json",
        preview=True,
        hook_networks="10.1.0.0/16 fd00::/8",
        allowed_origins=("https://a.example", "https://b.example:8443"),
        trusted_proxies=1,
        guests=False,
        sign_up=False,
        passwords=False,
        magic_links=False,
        passkeys=False,
        github="an-id a-secret",
        google="an-id a-secret",
        gitlab="an-id a-secret",
        openid="Example https://id.example.org an-id a-secret",
        second_factor="optional",
        consent="[Yes](https://example.org/privacy/).",
        max_chars=500,
        edit_minutes=5,
        trust_after=0,
        max_links=1,
        spam_filter=False,
        akismet="a-key https://akismet.example.org/1.1/",
        spam_hook="https://program.example.org whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        proof_of_work=False,
        page_size=50,
        limit_posts=(Rate(1, 10), Rate(2, 20)),
        votes="both",
        guest_votes=True,
        reports_hide=True,
        backup="/b",
        limit_votes=(Rate(5, 60),),
        limit_guests=(Rate(5, 60),),
        limit_sign_in=(Rate(3, 60),),
        limit_sign_up=(Rate(4, 60),),
        forget_rejected_days=7,
        delete_rejected_days=14,
        import_mb=20,
    )
    assert settings.base == "https://talk.example.org/c/"
    assert settings.prefix == "/c/"
    assert settings.secure
    assert settings.output_folder is None
    assert settings.manifest_source == "https://example.org/list.json"


def test_what_is_written_out_is_read_in_as_the_same() -> None:
    settings = from_environment({})
    again = {
        each.metadata["env"]: config.written(getattr(settings, each.name))
        for each in fields(Settings)
    }
    assert from_environment(again) == settings


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("SITE_URL", "example.org", "https://example.org"),
        ("SITE_URL", "ftp://example.org", "https://example.org"),
        ("COMMENTS_URL", "/comments", "ends with a slash"),
        ("COMMENTS_URL", "http://[talk.example.org/", "write an address"),
        ("COMMENTS_URL", "http://talk.example.org:port/", "write an address"),
        ("SITE_URL", "https://[example.org", "write an address"),
        ("COMMENTS_URL", "/", "a folder of its own"),
        ("COMMENTS_URL", "http://localhost:8000/", "a folder of its own"),
        ("COMMENTS_URL", "https://example.org", "ends with a slash"),
        ("COMMENTS_URL", "https://example.org/?a=b", "a host of its own"),
        ("COMMENTS_DATABASE_URL", "mysql://x", "sqlite:///"),
        ("COMMENTS_MAIL_URL", "mail.example.org", "smtp://"),
        ("COMMENTS_MAIL_FROM", "Me <me@example.org>", "a bare address"),
        ("COMMENTS_MAIL_FROM", "me", "a bare address"),
        ("COMMENTS_LOG", "xml", "plain or json"),
        ("COMMENTS_SPAM_HOOK", "https://program.example.org", "an address and a secret"),
        ("COMMENTS_SPAM_HOOK", "https://program.example.org whsec_short", "This makes one"),
        ("COMMENTS_AKISMET", "key somewhere", "write the key"),
        ("COMMENTS_ALLOWED_ORIGINS", "https://a.example/path", "is not an origin"),
        ("COMMENTS_ALLOWED_ORIGINS", "*", "is not an origin"),
        ("COMMENTS_TRUSTED_PROXIES", "-1", "whole number"),
        ("COMMENTS_GUESTS", "maybe", "true or false"),
        ("COMMENTS_EDIT_MINUTES", "1.5", "whole number"),
        ("COMMENTS_FORGET_REJECTED_DAYS", "0", "from 1 to"),
        ("COMMENTS_FORGET_REJECTED_DAYS", "91", "which is 90"),
        ("COMMENTS_DELETE_REJECTED_DAYS", "4000", "at most 3650"),
        ("COMMENTS_IMPORT_MB", "0", "from 1 to 4000"),
        ("COMMENTS_PAGE_SIZE", "9", "from 10 to 1000"),
        ("COMMENTS_PAGE_SIZE", "1001", "from 10 to 1000"),
        ("COMMENTS_MAX_CHARS", "99", "from 100 to 10000"),
        ("COMMENTS_MAX_CHARS", "10001", "from 100 to 10000"),
        ("COMMENTS_LIMIT_POSTS", "5", "count/seconds"),
        ("COMMENTS_LIMIT_POSTS", "5/0", "count/seconds"),
        ("COMMENTS_GITHUB", "only-an-id", "id and its secret"),
        ("COMMENTS_GOOGLE", "an-id a-secret more", "id and its secret"),
        ("COMMENTS_OPENID", "https://id.example.org an-id a-secret", "separated by spaces"),
        ("COMMENTS_OPENID", "Example", "separated by spaces"),
        ("COMMENTS_OPENID", "Example http://id.example.org an-id a-secret", "https address"),
        ("COMMENTS_OPENID", "Example https://a@id.example.org an-id a-secret", "https address"),
        ("COMMENTS_OPENID", "Example https://[id an-id a-secret", "https address"),
        ("COMMENTS_OPENID", "GitLab https://a.org i s; gitlab https://b.org i s", "twice"),
        ("COMMENTS_OPENID", "A https://a.org i s; B https://a.org i s", "twice"),
    ],
)
def test_a_wrong_value_is_refused_with_its_name_and_a_remedy(
    name: str, value: str, remedy: str
) -> None:
    with pytest.raises(SettingError) as refused:
        from_environment({name: value})
    assert name in str(refused.value)
    assert remedy in str(refused.value)


def test_providers_are_known_by_a_word_and_by_their_issuer() -> None:
    settings = from_environment(
        {
            "COMMENTS_GITHUB": "id1 secret1",
            "COMMENTS_OPENID": "Our  Tea House https://id.example.org/tea id2 secret2;"
            " 茶馆 http://localhost:9000 id3 secret3;",
        }
    )
    assert [(each.key, each.name, each.kind, each.id) for each in settings.clients] == [
        ("github", "GitHub", "github", "id1"),
        ("our-tea-house", "Our Tea House", "https://id.example.org/tea", "id2"),
        ("openid", "茶馆", "http://localhost:9000", "id3"),
    ]
    assert "secret1" not in repr(settings.clients)


def test_a_service_that_nobody_could_write_to_does_not_start() -> None:
    off = dict.fromkeys(
        (
            "COMMENTS_GUESTS",
            "COMMENTS_PASSWORDS",
            "COMMENTS_SIGN_IN_LETTERS",
            "COMMENTS_PASSKEYS",
        ),
        "no",
    )
    with pytest.raises(SettingError, match="Nobody could write"):
        from_environment(off)
    for one in off:
        from_environment({**off, one: "yes"})
    from_environment({**off, "COMMENTS_GITHUB": "id secret"})


def test_everything_that_is_wrong_is_named_at_once_a_line_each() -> None:
    wrong = {
        "SITE_URL": "example.org",
        "COMMENTS_URL": "talk",
        "COMMENTS_GUESTS": "maybe",
        "COMMENTS_GEUSTS": "no",
        "COMMENTS_PAGE_SIZE": "3",
        "COMMENTS_MAIL_FROM": "nobody",
        "COMMENTS_GITHUB": "an-id",
        "COMMENTS_DATABASE_URL": "mysql://x",
        "COMMENTS_CLOSE": "90 days",
        "COMMENTS_ZZZ": "1",
    }
    with pytest.raises(SettingError) as refused:
        from_environment(wrong)
    first, *lines = str(refused.value).splitlines()
    assert first == "Please correct these settings:"
    assert len(lines) == len(wrong)
    for name in wrong:
        assert any(name in line for line in lines), name


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("COMMENTS_GEUSTS", "Did you mean COMMENTS_GUESTS?"),
        ("COMMENTS_PASSWORD", "Did you mean COMMENTS_PASSWORDS?"),
        ("COMMENTS_LIMIT_POST", "Did you mean COMMENTS_LIMIT_POSTS?"),
        ("COMMENTS_DEFAULT", "belongs into pelicanconf.py"),
        ("COMMENTS_QWERTZ", "lists all of them"),
    ],
)
def test_a_name_that_is_no_setting_is_refused_with_the_one_that_was_meant(
    name: str, says: str
) -> None:
    with pytest.raises(SettingError) as refused:
        from_environment({name: "no"})
    assert str(refused.value).startswith(name)
    assert says in str(refused.value)


def test_values_that_cannot_be_read_are_named_all_at_once() -> None:
    with pytest.raises(SettingError) as refused:
        from_environment({"COMMENTS_GUESTS": "maybe", "COMMENTS_PAGE_SIZE": "many"})
    assert "COMMENTS_GUESTS" in str(refused.value)
    assert "COMMENTS_PAGE_SIZE" in str(refused.value)


def test_the_environment_overrules_the_env_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text(
        "SITE_URL=http://file.test\nCOMMENTS_EDIT_MINUTES=7\nCOMMENTS_X\n"
    )
    monkeypatch.setenv("SITE_URL", "http://environment.test")
    monkeypatch.delenv("COMMENTS_EDIT_MINUTES", raising=False)
    settings = from_environment()
    assert settings.site_url == "http://environment.test"
    assert settings.edit_minutes == 7


def test_a_manifest_is_looked_for_where_the_site_is() -> None:
    assert (
        from_environment({"COMMENTS_OUTPUT": "/srv/www"}).manifest_source == "/srv/www/threads.json"
    )
    remote = {"COMMENTS_OUTPUT": "", "SITE_URL": "https://example.org"}
    assert from_environment(remote).manifest_source == "https://example.org/threads.json"


def test_a_relative_database_is_taken_from_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    url = config.absolute_database_url(from_environment({}))
    assert url == f"sqlite:///{tmp_path}/var/comments.sqlite3"
    whole = {"COMMENTS_DATABASE_URL": "postgresql://db/x"}
    assert config.absolute_database_url(from_environment(whole)) == "postgresql+psycopg://db/x"


def test_the_secret_key_is_made_once_and_kept_from_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config.make_folders(from_environment({}))
    first = config.secret_key(from_environment({}))
    assert len(first) >= 43
    assert config.secret_key(from_environment({})) == first
    assert stat.S_IMODE(config.SECRET_KEY_FILE.stat().st_mode) == 0o600
    assert config.secret_key(from_environment({"COMMENTS_SECRET_KEY": "mine"})) == "mine"


def test_the_application_knows_its_settings(tmp_path: Path) -> None:
    settings = from_environment(
        {}, database_url=f"sqlite:///{tmp_path}/deep/down/x.sqlite3", secret_key="k"
    )
    app: Flask = create_app(settings)
    with app.app_context():
        assert config.current() is settings
    assert (tmp_path / "deep" / "down").is_dir()


def test_without_settings_the_application_reads_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COMMENTS_PAGE_SIZE", "33")
    assert create_app().extensions["settings"].page_size == 33


@pytest.mark.parametrize("rule", ["auto", "required", "optional"])
@pytest.mark.parametrize("mail", ["", "smtps://mail.example.org"])
@pytest.mark.parametrize("site", ["http://localhost:8000", "https://example.org"])
def test_staff_needs_two_once_the_blog_is_public_or_as_its_owner_says(
    rule: str, mail: str, site: str
) -> None:
    settings = from_environment(
        {"SITE_URL": site, "COMMENTS_MAIL_URL": mail, "COMMENTS_SECOND_FACTOR": rule}
    )
    public = bool(mail) or site.startswith("https")
    assert settings.staff_need_two is {"required": True, "optional": False}.get(rule, public)
