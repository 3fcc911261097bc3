"""The harness of `bench build`: the same posts for every generator, and a report that says what it is of."""

import re
import sys
from datetime import datetime
from pathlib import Path

import pytest

from tests.bench import (
    build,
    build_report,
    builds,
    costs,
    full,
    invented,
    peers,
    posts,
    report,
    saves,
)
from tests.bench.costs import Cost
from tests.bench.posts import Post

POST = Post("fish", "Of fish", datetime(2020, 1, 2, 3), ("a-b", "c"), "notes", "Words.\n")  # noqa: DTZ001


def read(folder: Path, **files: str) -> dict[str, Post]:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return {post.slug: post for post in posts.read(folder).posts}


@pytest.mark.parametrize(
    "head",
    [
        "Title: On C++\nDate: 2014-05-03 10:20\nSlug: on-c\nTags: C++, Static Sites\nCategory: How To\n\n",
        "---\ntitle: On C++\ndate: 2014-05-03T10:20:00Z\nslug: on-c\ntags: [C++, Static Sites]\n"
        "categories: [How To]\n---\n",
        '+++\ntitle = "On C++"\ndate = 2014-05-03T12:20:00+02:00\nslug = "on-c"\n'
        'tags = ["C++", "Static Sites"]\ncategories = ["How To"]\n+++\n',
    ],
    ids=["Pelican", "YAML", "TOML"],
)
def test_front_matter_of_every_kind_comes_down_to_the_same(tmp_path: Path, head: str) -> None:
    found = read(tmp_path, old_md=f"{head}Words.\n")
    assert found == {
        "on-c": Post(
            "on-c",
            "On C++",
            datetime(2014, 5, 3, 10, 20),  # noqa: DTZ001
            ("c", "static-sites"),
            "how-to",
            "Words.\n",
        )
    }


def test_what_a_post_lacks_comes_from_its_place_and_its_text(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        pkg__README_md="# The *best* [pool](https://example.org)\n\nWords.",
        **{"2014-05-03-Fish_markdown": "Note: this is text.\n"},
        index_md="Under\n=====\n",
    )
    assert found["pkg"].title == "The best pool"
    assert found["fish"].date == datetime(2014, 5, 3)  # noqa: DTZ001
    assert found["fish"].body == "Note: this is text.\n"
    assert found["fish"].title == "Fish"
    assert found["index-2"].title == "Under"


def test_front_matter_that_nobody_can_read_is_not_shown(tmp_path: Path) -> None:
    found = read(tmp_path, a_md="---\ntitle: [\n---\nWords.\n", b_md="--- \n\nA line before.\n")
    assert found["a"].body == "Words.\n"
    assert found["b"].body == "--- \n\nA line before.\n"


def test_no_two_posts_share_an_address_or_a_moment(tmp_path: Path) -> None:
    text = "---\ndate: 2020-01-01\nslug: Fish\n---\nWords.\n"
    found = read(tmp_path, a_md=text, b__b_md=text, c_md=text, d_md="\n", e_txt=text)
    assert sorted(found) == ["fish", "fish-2", "fish-3"]
    assert len({post.date for post in found.values()}) == 3
    assert posts.read(tmp_path).empty == 1
    assert len(posts.read(tmp_path, 2).posts) == 2


def test_every_generator_gets_the_same_facts() -> None:
    assert posts.for_pelican(POST) == (
        "Title: Of fish\nDate: 2020-01-02 03:00:00\nSlug: fish\nCategory: notes\nTags: a-b, c\n\nWords.\n"
    )
    assert posts.for_eleventy(POST) == (
        '---\ntitle: "Of fish"\ndate: "2020-01-02T03:00:00Z"\nslug: "fish"\ntags: ["a-b", "c"]\n'
        'category: "notes"\n---\nWords.\n'
    )
    assert posts.for_hugo(POST).startswith('{"title": "Of fish", "date": "2020-01-02T03:00:00Z"')
    assert posts.for_hugo(POST).endswith('"categories": ["notes"]}\n\nWords.\n')


@pytest.mark.parametrize(
    ("body", "escaped"),
    [
        ("{{ x }} and {% y %}", "{{ x }} and {% y %}"),
        ('{{< figure src="a" >}}', '{{</* figure src="a" */>}}'),
        ("{{% note %}}Words{{% /note %}}", "{{%/* note */%}}Words{{%/* /note */%}}"),
        ("{{< never closed", "{{< angle >}} never closed"),
        ("{{< one\ntwo >}}", "{{< angle >}} one\ntwo >}}"),
        ("{{</* shown */>}}", "{{< angle >}}/* shown */>}}"),
        ("a {{%b {{<c>}}", "a {{< percent >}}b {{</*c*/>}}"),
    ],
)
def test_hugo_sees_no_shortcode_in_a_body(body: str, escaped: str) -> None:
    assert posts.without_shortcodes(body) == escaped


def test_invented_posts_are_the_same_in_every_run_and_like_real_ones() -> None:
    made = invented.blog(80)
    assert invented.blog(80) == made
    assert len({post.date for post in made}) == 80
    text = "\n".join(post.body for post in made)
    fences = re.findall(r"^```(\w*)\n(?:.*\n)+?```$", text, re.M)
    assert set(invented.NAMED) <= set(fences)
    assert 0.2 < fences.count("") / len(fences) < 0.45
    for part in ("\n- ", "\n1. ", "| --- |", "](https://", "![", "\n> ", "[^1]:", "。"):
        assert part in text
    words = sorted(len(post.body.split()) for post in made if post.body.isascii())
    assert 700 < words[len(words) // 2] < 1_200
    assert words[-1] > 3 * words[len(words) // 2]


def test_pictures_without_files_are_no_reason_to_refuse_a_post() -> None:
    text = "![a](./img/a.png \"T\") <img src='/b.png'> ![c](https://example.net/c.png)"
    assert full.with_pictures_elsewhere(text) == (
        "![a](https://example.org/img/a.png \"T\") <img src='https://example.org/b.png'>"
        " ![c](https://example.net/c.png)"
    )


def test_an_editor_saves_in_two_ways(tmp_path: Path) -> None:
    path = tmp_path / "fish.md"
    for way in (saves.in_place, saves.replaced):
        way(path, way.__name__)
        assert path.read_text() == way.__name__
    assert [each.name for each in tmp_path.iterdir()] == ["fish.md"]


def test_a_cost_counts_all_processes_and_a_failure_tells_what_was_said(tmp_path: Path) -> None:
    burn = "import time\nwhile time.process_time() < 0.2: pass"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {burn!r}])"
    cost = costs.run([sys.executable, "-c", child], tmp_path, {})
    assert cost.cpu_seconds >= 0.2
    assert cost.memory_mb > 1
    with pytest.raises(costs.Failed, match="no fish"):
        costs.run([sys.executable, "-c", "import sys; sys.exit('no fish')"], tmp_path, {})


def test_a_site_that_lacks_the_edit_is_told_by_its_places(tmp_path: Path) -> None:
    places = ["index", "fish/index", "categories/notes/index", "tags/a-b/index", "tags/c/index"]
    for place in [*(f"{each}.html" for each in places), "feed.xml"]:
        path = tmp_path / "output" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("new" if "tags" not in place else "old")
    assert builds.without(tmp_path, POST, "new") == ["tags/a-b/index.html", "tags/c/index.html"]


def fussy(name: str, ending: str) -> peers.Kind:
    """A generator that copies posts, and ends as told for those with "bad" in them."""
    program = (
        "import pathlib, sys\n"
        "for path in sorted(pathlib.Path('content').glob('*.md')):\n"
        "    text = path.read_text()\n"
        f"    if 'bad' in text: {ending}\n"
        "    page = pathlib.Path('output', path.stem, 'index.html')\n"
        "    page.parent.mkdir(parents=True)\n"
        "    page.write_text(text)\n"
    )
    command = [sys.executable, "-c", program]
    return peers.Kind(name, "hugo", "content", posts.for_pelican, lambda: command, lambda _: [])


@pytest.mark.parametrize(
    "ending",
    ["continue", "sys.exit(f'cannot read {path}')", "sys.exit('something is wrong')"],
    ids=["passes over", "names", "does not name"],
)
def test_posts_that_one_generator_refuses_are_left_out_for_all(tmp_path: Path, ending: str) -> None:
    written = [
        Post(f"p{n}", "P", POST.date, (), "notes", "bad" if n in (2, 5) else "good")
        for n in range(7)
    ]
    kinds = [fussy("fussy", ending)]
    results = build_report.Results(0, "posts")
    found = build.accepted(kinds, tmp_path, posts.Found(written, 1), results)
    assert [post.slug for post in found] == ["p0", "p1", "p3", "p4", "p6"]
    assert results.left_out == [
        "files without words: 1",
        "posts that fussy refuses: 2 (such as p2, p5)",
    ]


def test_ours_makes_a_site_that_is_right_after_an_edit_and_a_rename(tmp_path: Path) -> None:
    told: list[Cost] = []
    written = invented.blog(3)
    found, stale = builds.four(peers.NATIVE, tmp_path / "site", written, told.append)
    assert found == told
    assert len(found) == len(build_report.BUILDS)
    assert not stale


def results() -> build_report.Results:
    def four(cpu: float) -> dict[str, Cost]:
        return {name: Cost(cpu, 2 * cpu, 100 * cpu) for name in build_report.BUILDS}

    found = build_report.Results(
        1_000, "invented posts", left_out=["Eleventy: there is no npm here"]
    )
    found.builds = {"stock Pelican": four(20), "Postil": four(2), "Hugo": four(4)}
    found.large = {"Postil": Cost(9, 9, 250), "Hugo": Cost(10, 10, 1_300)}
    found.waits = {"Postil": saves.Waits([40, 60], [50, 70]), "Hugo": saves.Waits([400], [500])}
    found.stale = {"Hugo"}
    return found


def test_the_report_tells_goals_ratios_and_what_was_left_out() -> None:
    text = build_report.section(results(), 2, "the command")
    assert text.startswith(f"{report.BUILD_HEADING}\n")
    assert re.search(r"\| Postil, of Hugo's +\| 0\.50 \| +0\.50 \| .* 0\.12 \|\n", text)
    assert re.search(r"\| bare, cold, of Hugo's +\| +≤ 1 \| +0\.50 \| +met \|", text)
    assert "Not met in this run: from saving to the page, Postil, median ms (55.00 inst" in text
    assert "| Postil" in text
    assert "- Eleventy: there is no npm here" in text
    assert "still\nthere with: Hugo." in text


def test_a_part_of_the_report_is_replaced_and_the_others_stay() -> None:
    before = f"# Performance\n\nOne.\n\n## Two\n\n{report.BUILD_HEADING}\n\nThree.\n"
    after = report.written(before, report.PAGES_HEADING, f"{report.PAGES_HEADING}\n\nNew.\n")
    assert after == (
        f"# Performance\n\nOne.\n\n## Two\n\n{report.PAGES_HEADING}\n\nNew.\n\n"
        f"{report.BUILD_HEADING}\n\nThree.\n"
    )
    assert report.written(after, report.PAGES_HEADING, f"{report.PAGES_HEADING}\n\nNew.\n") == after


def test_what_an_author_does_is_looked_at_on_the_full_site(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Cost] = []
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    found = full.measured(tmp_path / "site", invented.blog(12), full.ACTS, told.append)
    assert list(found) == list(full.ACTS)
    # An author's programs are compiled once, and not by every build.
    assert (tmp_path / "site" / "plugins" / "__pycache__").is_dir()
    assert list(found.values()) == told
    assert found["nothing changed"].cpu_seconds < found["cold"].cpu_seconds


def test_an_act_that_the_site_does_not_show_is_told(tmp_path: Path) -> None:
    site = tmp_path / "site"
    blog = full.Blog(site, invented.blog(3))
    page = site / "output" / "index.html"
    page.parent.mkdir()
    page.write_text("old")
    with pytest.raises(builds.Wrong, match="is missing in the first page"):
        full.new(blog)()


def test_posts_that_are_repeated_differ_in_name_and_moment() -> None:
    many = posts.repeated(invented.blog(4), 11)
    assert len({post.slug for post in many}) == len({post.date for post in many}) == 11
    assert many[0] == invented.blog(4)[0]
    assert many[10].body == many[2].body


def test_the_report_tells_how_one_edit_grows_with_the_blog() -> None:
    found = results()
    found.full = {name: Cost(2, 2, 300) for name in full.ACTS}
    found.full_large = {"cold": Cost(90, 90, 290), "body edit": Cost(10, 10, 200)}
    text = build_report.section(found, 2, "the command")
    assert re.search(r"\| body edit +\| +2\.00 \| +300 \| +10\.00 \| +200 \|", text)
    assert re.search(r"\| everything on, title, CPU seconds +\| +≤ 2 \| +2\.00 \| +met \|", text)
    assert re.search(r"\| one edit: exponent of the number of posts +\| ≤ 0\.5 \| +1\.00 \|", text)
