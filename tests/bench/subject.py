"""What is measured on: invented conversations, a blog, and nginx in front."""

import os
import random
import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from flask_migrate import upgrade

from comments_service import comments, markup, sessions
from comments_service.db import db, writing
from comments_service.models import Comment, Role, Status, now
from comments_service.publishing import manifest
from tests import make, sites
from tests.service import SITE, Postil, Server, free_port

THREADS = {"page-0": 1_000, "page-1": 100, **{f"page-{number}": 10 for number in range(2, 20)}}
WORDS = re.findall(
    r"\w+",
    "pelicans fish together in a line and the line closes like a net while gulls wait for what"
    " falls out of the pouch which holds eleven litres of water and rather less of fish",
)

# Of each comment: who wrote it, in which words, and the position of the one that is answered.
Comments = Sequence[tuple[str, str, int | None]]


# ---- what is measured on


def conversation(size: int, seed: int) -> list[tuple[str, str, int | None]]:
    """Invented comments: writer, Markdown, and the position of the comment that is answered."""
    chance = random.Random(seed)
    made: list[tuple[str, str, int | None]] = []
    for number in range(size):
        sentences = [
            " ".join(chance.choices(WORDS, k=chance.randint(5, 18))).capitalize() + "."
            for _ in range(chance.randint(1, 5))
        ]
        if chance.random() < 0.2:
            sentences.append("See [this page](https://example.org/pelicans) and `a pouch`.")
        if chance.random() < 0.2:
            sentences.insert(0, "> As *you* wrote.\n\n")
        parent = chance.randrange(number) if number and chance.random() < 0.3 else None
        made.append((f"Reader {chance.randrange(200)}", " ".join(sentences), parent))
    return made


def build(folder: Path) -> None:
    """Twenty articles, built for publishing as a blog's author would."""
    content = folder / "content"
    (content / "pages").mkdir(parents=True)
    for name in THREADS:
        (content / f"{name}.md").write_text(
            f"Title: {name}\nDate: 2026-01-01\nSlug: {name}\n\n{' '.join(WORDS * 20)}\n"
        )
    done = sites.pelican(
        content,
        folder / "output",
        conf="publishconf.py",
        SITE_URL=SITE,
        COMMENTS_PUBLISHED=str(folder / "published"),
    )
    assert done.returncode == 0, done.stderr


def fill(service: Postil, threads: dict[str, Comments]) -> str:
    """The comments into our database, as published ones; returns a trusted writer's cookie."""
    with service.app.app_context():
        upgrade()
        manifest.sync(service.settings.manifest_source)
        trusted = make.account("Trude", role=Role.READER)
        with writing():
            _, token = sessions.begin(trusted, make.visitor())
        begin = now() - timedelta(days=30)
        for thread, written in threads.items():
            ids: list[int] = []
            with comments.changing(thread):
                for number, (name, text, parent) in enumerate(written):
                    values = {
                        "thread_id": thread,
                        "parent_id": None if parent is None else ids[parent],
                        "depth": 0 if parent is None else 1,
                        "account_id": trusted.id if number == 0 else None,
                        "name": name,
                        "source": text,
                        "html": markup.render(text),
                        "renderer_version": markup.RENDERER_VERSION,
                        "status": Status.PUBLISHED,
                        "key": f"bench-{number}",
                        "created_at": begin + timedelta(minutes=number),
                    }
                    made = sa.insert(Comment).values(values).returning(Comment.id)
                    ids.append(db.session.execute(made).scalar_one())
        db.session.remove()
        db.engine.dispose()
    return f"postil={token}"


def nginx(folder: Path, service_port: int) -> Server:
    """A web server as deploy/nginx.conf sets it up, with one worker as the service has one."""
    port = free_port()
    config = folder / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""
    config.write_text(
        f"""
{user}
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log warn;
worker_processes 1;
events {{ worker_connections 1024; }}
http {{
    include /etc/nginx/mime.types;
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000;
    gzip_static on;
    open_file_cache max=4096 inactive=60s;
    open_file_cache_valid 1s;
    charset utf-8;
    client_body_temp_path {folder}/nginx-body;
    proxy_temp_path {folder}/nginx-proxy;
    fastcgi_temp_path {folder}/nginx-fastcgi;
    uwsgi_temp_path {folder}/nginx-uwsgi;
    scgi_temp_path {folder}/nginx-scgi;
    server {{
        listen 127.0.0.1:{port};
        location /bare/ {{ alias {folder}/bare/; }}
        location ~ ^/comments/(threads/[^/]+\\.(?:html|json|atom)|counts\\.json|recent\\.[a-z]+|ui\\.[^/]+)$ {{
            root {folder}/published;
            rewrite ^/comments(/.*)$ $1 break;
            add_header Cache-Control no-cache;
            add_header Vary Accept-Encoding;
            add_header X-Content-Type-Options nosniff;
            add_header Access-Control-Allow-Origin *;
            add_header Cross-Origin-Resource-Policy cross-origin;
        }}
        location /comments/ {{
            proxy_pass http://127.0.0.1:{service_port};
            proxy_http_version 1.1;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header Connection "";
        }}
        location / {{ root {folder}/output; }}
    }}
}}
"""
    )
    command = ["nginx", "-c", str(config), "-e", str(folder / "nginx-error.log")]
    return Server(command, folder, os.environ, port, "/")
