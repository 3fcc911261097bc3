"""Assets: what is published carries no comments and indents, and means the same."""

import re
from pathlib import Path

import pytest

from plugins.delivery.assets import smaller
from tests.sites import ROOT, Site


@pytest.mark.parametrize(
    ("css", "less"),
    [
        ("/* Why. */\na {\n  color: red;\n}\n", "a{color:red}\n"),
        ("a :is(b, c) {\n  margin: 0 auto;\n}", "a *:is(b,c){margin:0 auto}\n"),
        ("@layer x {\n  .a {\n    top: 0;\n  }\n\n  .a :is(b, c) {\n    top: 1px;\n  }\n}",
         "@layer x{.a{top:0}.a *:is(b,c){top:1px}}\n"),
        ("@layer x {\n  a {\n    top: 0;\n\n    & :focus {\n      top: 1px;\n    }\n  }\n}",
         "@layer x{a{top:0;& *:focus{top:1px}}}\n"),
        ("a {\n  &:hover,\n  & > b {\n    top: 0;\n  }\n}", "a{&:hover,& >b{top:0}}\n"),
        ('q { content: "/* kept;  } */ " }', 'q{content:"/* kept;  } */ "}\n'),
        ("@media (width >= 60rem) {\n  a { b: calc(1px + 2px); }\n}",
         "@media (width>=60rem){a{b:calc(1px + 2px)}}\n"),
        ("a {\n  height: 100vh;\n  height: 100dvh;\n}", "a{height:100vh;height:100dvh}\n"),
        (":root { --a: light-dark(#fff, #000); }", ":root{--a:light-dark(#fff,#000)}\n"),
    ],
)  # fmt: skip
def test_a_style_means_the_same_without_its_spaces(css: str, less: str) -> None:
    assert smaller("site.css", css) == less


def test_a_script_keeps_every_line_that_does_something() -> None:
    script = (
        "// Why.\n(() => {\n  /**\n   * @param {string} x\n   */\n"
        '  const one = (x) => "// " + x; // Stays.\n\n  /** @type {string} */\n  const two = one(`a`);\n})();\n'
    )
    assert smaller("site.js", script) == (
        '(() => {\nconst one = (x) => "// " + x; // Stays.\n\nconst two = one(`a`);\n})();\n'
    )


def test_a_script_with_a_template_over_several_lines_stays_as_it_is() -> None:
    script = "const page = `\n  // not a comment\n`;\n"
    assert smaller("site.js", script) == script


def test_only_what_is_published_is_made_smaller(site: Site) -> None:
    site.write("one")
    site.build(COMPRESS=False)
    site.build(COMPRESS=True, OUTPUT_PATH=str(site.output) + "-published")
    for suffix, comment in (("css", "/*"), ("js", "//")):
        (source,) = site.output.glob(f"theme/site.*.{suffix}")
        (published,) = Path(f"{site.output}-published").glob(f"theme/site.*.{suffix}")
        assert comment in source.read_text("utf-8")
        assert published.stat().st_size < 0.8 * source.stat().st_size


STYLES = sorted(
    [*(ROOT / "theme/static/css").glob("*.css"), *(ROOT / "comments_service/static").glob("*.css")]
)
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def selectors(css: str) -> list[str]:
    """What stands before each block, written in one way that keeps what a space means."""
    found = re.findall(r"([^{};]+)\{", COMMENT.sub("", css))
    plain = (re.sub(r"\s+", " ", each.strip()).replace(" *:", " :") for each in found)
    meaningless = r"(?<=[(>+~,:=]) | (?=[)>+~,<])|(?<=<) (?!=)"
    return [re.sub(meaningless, "", each) for each in plain]


@pytest.mark.parametrize("path", STYLES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_every_selector_still_chooses_the_same(path: Path) -> None:
    text = path.read_text("utf-8")
    assert selectors(smaller(path.name, text)) == selectors(text)


@pytest.mark.parametrize(
    "path", sorted((ROOT / "theme/static/css").glob("*.css")), ids=lambda p: p.name
)
def test_no_rule_of_the_theme_is_lost(path: Path) -> None:
    text = path.read_text("utf-8")
    less = smaller(path.name, text)
    assert less.count("{") == less.count("}") > 0
    assert "/*" not in less
    assert smaller(path.name, less) == less
