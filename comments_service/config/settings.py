"""The definition of each setting: its name, default, meaning, and whether it shapes the files.

From here come what is read and checked at start, `flask comments settings`, the table of
docs/operating.md, `.env.example`, and which settings shape the published files. What follows from
several of them stands below as properties.
"""

from dataclasses import InitVar, dataclass, fields
from functools import cached_property
from pathlib import Path

from comments_service.config.addresses import Addresses
from comments_service.config.definition import setting
from comments_service.config.providers import PRESETS, Client, clients
from comments_service.config.values import Rate


@dataclass(frozen=True, kw_only=True)
class Settings(Addresses):
    """The settings of one service."""

    site_url: str = setting(
        "SITE_URL",
        "http://localhost:8000",
        "Public address of the blog, for both halves. No slash at the end; it may carry a path"
        " (https://example.org/blog).",
        heading="Where the blog and the comments are",
        shapes=True,
    )
    comments_url: str = setting(
        "COMMENTS_URL",
        "comments/",
        "Public address of the service: relative to SITE_URL, or absolute; on a host of its own it"
        " needs no folder. Ends with a slash.",
        shapes=True,
    )
    allowed_origins: tuple[str, ...] = setting(
        "COMMENTS_ALLOWED_ORIGINS",
        (),
        "Further origins, separated by spaces, whose pages may post (scheme://host[:port]).",
        example="https://www.example.org",
    )
    trusted_proxies: int = setting(
        "COMMENTS_TRUSTED_PROXIES",
        0,
        "How many proxies (nginx, Caddy, a load balancer) stand before the service and append to"
        " X-Forwarded-For.",
    )
    guests: bool = setting(
        "COMMENTS_GUESTS",
        True,
        "Whether one may comment without an account. Set here, it wins over the page of rules (docs/rules.md),"
        " as do the two others that stand there.",
        heading="Who may write",
        shapes=True,
    )
    sign_up: bool = setting(
        "COMMENTS_SIGN_UP", True, "Whether readers may make accounts.", shapes=True
    )
    passwords: bool = setting(
        "COMMENTS_PASSWORDS",
        True,
        "Whether accounts have passwords and sign in with them.",
        shapes=True,
    )
    magic_links: bool = setting(
        "COMMENTS_SIGN_IN_LETTERS",
        True,
        "Whether one signs in by e-mail, with a link and a code of six digits.",
        shapes=True,
    )
    passkeys: bool = setting(
        "COMMENTS_PASSKEYS",
        True,
        "Whether one signs in with a passkey (WebAuthn).",
        shapes=True,
    )
    github: str = setting(
        "COMMENTS_GITHUB",
        "",
        "Sign-in with GitHub: the id and the secret of a client that you register there"
        " (docs/sign-in.md), separated by a space. Empty: off.",
        example="client-id client-secret",
        secret=True,
        shapes=True,
    )
    google: str = setting(
        "COMMENTS_GOOGLE",
        "",
        "Sign-in with Google, written in the same way.",
        example="client-id client-secret",
        secret=True,
        shapes=True,
    )
    gitlab: str = setting(
        "COMMENTS_GITLAB",
        "",
        "Sign-in with GitLab.com, written in the same way.",
        example="client-id client-secret",
        secret=True,
        shapes=True,
    )
    openid: str = setting(
        "COMMENTS_OPENID",
        "",
        "Sign-in with any OpenID provider: name, issuer's address, client's id and secret, separated"
        " by spaces; several providers separated by semicolons.",
        example="Example https://id.example.org client-id client-secret",
        secret=True,
        shapes=True,
    )
    second_factor: str = setting(
        "COMMENTS_SECOND_FACTOR",
        "auto",
        "Whether moderating needs a passkey or a second factor: required, optional, or auto, which"
        " is required as soon as COMMENTS_URL is https or COMMENTS_MAIL_URL is set.",
    )
    consent: str = setting(
        "COMMENTS_CONSENT",
        "",
        "What one agrees to by posting or making an account, in Markdown with a link. Empty: nothing"
        " is said.",
        example="By posting you agree to [the privacy notice](https://example.org/privacy/).",
        shapes=True,
    )
    max_chars: int = setting(
        "COMMENTS_MAX_CHARS", 10_000, "Characters that a comment may have, from 100 to 10000."
    )
    edit_minutes: int = setting(
        "COMMENTS_EDIT_MINUTES", 15, "How long a writer may edit or delete a comment."
    )
    reports_hide: bool = setting(
        "COMMENTS_REPORTS_HIDE",
        False,
        "Whether a comment that three readers have reported is out of sight until a moderator decides.",
    )
    trust_after: int = setting(
        "COMMENTS_TRUST_AFTER",
        1,
        "Published comments after which a person's next ones appear at once. 0: everybody's do.",
        shapes=True,
    )
    max_links: int = setting(
        "COMMENTS_MAX_LINKS", 3, "A comment with more links than this waits for a moderator."
    )
    spam_filter: bool = setting(
        "COMMENTS_SPAM_FILTER",
        True,
        "Whether what looks like comments that moderators called spam waits for a moderator.",
    )
    akismet: str = setting(
        "COMMENTS_AKISMET",
        "",
        "The key with which Akismet is asked about each comment, behind its back (docs/spam.md); after a"
        " space the address of another service that speaks as it does. Empty: nobody is asked.",
        example="0123456789ab",
        secret=True,
    )
    spam_hook: str = setting(
        "COMMENTS_SPAM_HOOK",
        "",
        "A program of yours that is asked in the same way: its address, and after a space the secret"
        " with which requests are signed.",
        example="https://program.example.org/spam whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        secret=True,
    )
    votes: str = setting(
        "COMMENTS_VOTES",
        "up",
        "Votes on comments: up, both (for and against), or off.",
        shapes=True,
    )
    guest_votes: bool = setting(
        "COMMENTS_GUEST_VOTES",
        False,
        "Whether one may vote without an account. A guest's vote needs a cookie.",
        shapes=True,
    )
    proof_of_work: bool = setting(
        "COMMENTS_PROOF_OF_WORK",
        True,
        "Whether a guest's browser computes for a moment while its reader types. A comment without"
        " that, as of readers without JavaScript, waits for a moderator unless its writer is trusted.",
        shapes=True,
    )
    mail_url: str = setting(
        "COMMENTS_MAIL_URL",
        "",
        "smtp://user:password@host:587 (STARTTLS when offered) or smtps://…:465. Empty: e-mails are"
        " written to var/mail/ as .eml files, which is right until you publish.",
        heading="E-mail",
        example="smtp://user:password@mail.example.org:587",
        secret=True,
    )
    mail_from: str = setting(
        "COMMENTS_MAIL_FROM", "comments@localhost", "Sender of every e-mail: a bare address."
    )
    hook_networks: str = setting(
        "COMMENTS_HOOK_NETWORKS",
        "",
        "Private networks that web hooks may reach, separated by spaces. Empty: the public internet"
        " alone.",
        heading="Web hooks",
        example="192.168.1.0/24",
    )
    database_url: str = setting(
        "COMMENTS_DATABASE_URL",
        "sqlite:///var/comments.sqlite3",
        "SQLite file or PostgreSQL (postgresql://user:password@host/name).",
        heading="Where things are kept",
        secret=True,
    )
    backup: str = setting(
        "COMMENTS_BACKUP",
        "",
        "Folder into which the database is copied once a day; the last seven are kept. Empty: none is made.",
        example="var/backups",
    )
    published: Path = setting(
        "COMMENTS_PUBLISHED", Path("published"), "Folder that the snapshots are written to."
    )
    published_bucket: str = setting(
        "COMMENTS_PUBLISHED_BUCKET",
        "",
        "Bucket of a storage that speaks S3, from which readers of several machines get what is published"
        " (docs/operating.md); its address and keys are those of `publish`, AWS_…. Empty: there is none.",
        example="s3://my-bucket/comments",
    )
    output: str = setting(
        "COMMENTS_OUTPUT",
        "output",
        "Folder of the built blog, served and re-baked by the service. Empty: it does neither.",
    )
    manifest: str = setting(
        "COMMENTS_MANIFEST",
        "",
        "File or http(s) address of the manifest. Empty: threads.json in COMMENTS_OUTPUT,"
        " or else under SITE_URL.",
    )
    manifest_token: str = setting(
        "COMMENTS_MANIFEST_TOKEN",
        "",
        "What `tasks.py publish` shows to push the manifest, the same on both machines: 32 characters"
        " or more. Empty: nobody may push one.",
        secret=True,
    )
    secret_key: str = setting(
        "COMMENTS_SECRET_KEY",
        "",
        "Signs the short messages that a page shows after a form. Empty: made at first start and"
        " kept in var/secret-key. Several machines need the same.",
        secret=True,
    )
    workers: str = setting(
        "COMMENTS_WORKERS",
        "inside",
        "Where snapshots are published and e-mails are sent: inside the process that answers requests,"
        " or outside of it, where `flask comments work` runs.",
    )
    log: str = setting(
        "COMMENTS_LOG",
        "plain",
        "How faults are written to standard error: plain lines, or json, an object a line, with each request"
        " that was answered as well.",
    )
    preview: bool = setting(
        "POSTIL_PREVIEW",
        False,
        "Set by `python3 tasks.py up` for what it starts, and by nobody else: no article is announced.",
    )
    metrics_token: str = setting(
        "COMMENTS_METRICS_TOKEN",
        "",
        "What a program shows to read the figures at /comments/metrics: 32 characters or more. Empty: there"
        " are none.",
        secret=True,
    )
    page_size: int = setting(
        "COMMENTS_PAGE_SIZE",
        100,
        "Comments on one page of a thread, from 10 to 1000.",
        heading="Sizes and limits",
        shapes=True,
    )
    limit_posts: tuple[Rate, ...] = setting(
        "COMMENTS_LIMIT_POSTS",
        (Rate(5, 60), Rate(50, 86_400)),
        "How often one person and one network may post: count/seconds pairs separated by spaces. After"
        " ten times as many from the networks around it (/24, /48), comments wait for a moderator.",
    )
    limit_guests: tuple[Rate, ...] = setting(
        "COMMENTS_LIMIT_GUESTS",
        (Rate(100, 600),),
        "How many comments guests may post on the whole site before those of guests who are not"
        " trusted wait for a moderator. Nobody is refused.",
    )
    limit_votes: tuple[Rate, ...] = setting(
        "COMMENTS_LIMIT_VOTES",
        (Rate(30, 60), Rate(300, 86_400)),
        "How often one account, or the guests of one network, may vote or change a vote.",
    )
    limit_sign_in: tuple[Rate, ...] = setting(
        "COMMENTS_LIMIT_SIGN_IN",
        (Rate(5, 900),),
        "Wrong passwords from one network for one account. One network may give four times as many for"
        " all accounts, and all networks ten times as many for one.",
    )
    limit_sign_up: tuple[Rate, ...] = setting(
        "COMMENTS_LIMIT_SIGN_UP",
        (Rate(5, 3_600),),
        "Sign-ups and e-mails asked for by one network, and e-mails to one address, by whichever form.",
    )
    import_mb: int = setting(
        "COMMENTS_IMPORT_MB",
        200,
        "Megabytes that a file of comments may have that an owner sends in the dashboard to import it.",
    )
    forget_rejected_days: int = setting(
        "COMMENTS_FORGET_REJECTED_DAYS",
        30,
        "Days after which a comment that was rejected or deleted by a moderator loses its writer's address"
        " and network.",
        heading="How long things are kept",
    )
    delete_rejected_days: int = setting(
        "COMMENTS_DELETE_REJECTED_DAYS",
        90,
        "Days after which such a comment goes itself. Until then its decision can be undone.",
    )

    # The fields that the environment gives: these win over what is ruled in the dashboard.
    given: InitVar[frozenset[str]] = frozenset()

    def __post_init__(self, given: frozenset[str]) -> None:
        object.__setattr__(self, "given", given)

    def gives(self, name: str) -> bool:
        """Whether a field was given, were it as it is by default."""
        return name in self.given  # type: ignore[attr-defined]  # kept by __post_init__

    @cached_property
    def shape(self) -> str:
        """What of the settings shapes the published files; of the providers, their names only."""
        plain = [
            (each.name, str(getattr(self, each.name)))
            for each in fields(self)
            if each.metadata["shapes"] and not each.metadata["secret"]
        ]
        return repr([*plain, *(client.name for client in self.clients)])

    @cached_property
    def staff_need_two(self) -> bool:
        """Whether moderating needs a passkey or a second factor."""
        if self.second_factor == "auto":
            return self.secure or bool(self.mail_url)
        return self.second_factor == "required"

    @cached_property
    def clients(self) -> tuple[Client, ...]:
        """The providers that one can sign in with. Raises SettingError."""
        return clients({key: getattr(self, key) for key in PRESETS}, self.openid)

    @cached_property
    def spam_services(self) -> tuple[str, ...]:
        """Who is asked about comments, as `spam.outside` calls them."""
        given = (("akismet", self.akismet), ("hook", self.spam_hook))
        return tuple(name for name, value in given if value)

    @cached_property
    def output_folder(self) -> Path | None:
        return Path(self.output) if self.output else None

    @cached_property
    def manifest_source(self) -> str:
        if self.manifest:
            return self.manifest
        return (
            str(Path(self.output) / "threads.json")
            if self.output
            else f"{self.site_url}/threads.json"
        )
