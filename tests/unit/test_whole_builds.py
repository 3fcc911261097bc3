"""Building what changed, over and over, gives what building everything gives, byte for byte."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plugins.incremental import render_pages, skip_build
from tests.sites import Site, disconnect, everything

names = st.sampled_from(["fish", "bird", "cat", "dog"])
edits = st.lists(
    st.one_of(
        st.tuples(
            st.just("body"),
            names,
            st.sampled_from(["One.", "Two two.", "Three {words}.", "Four $\\R$."]),
        ),
        st.tuples(st.just("tag"), names, st.sampled_from(["air", "water", "land"])),
        st.tuples(st.just("date"), names, st.sampled_from(["2026-01-01", "2026-01-03"])),
        st.tuples(st.just("status"), names, st.sampled_from(["draft", "hidden", "published"])),
        st.tuples(st.just("summary"), names, st.sampled_from(["", "So.", "Other."])),
        st.tuples(st.just("delete"), names, st.just("")),
        st.tuples(st.just("rename"), names, names),
        st.tuples(st.just("link"), names, names),
        st.tuples(st.just("comment"), names, st.sampled_from(["Well.", "Ill."])),
        st.tuples(st.just("name"), st.just(""), st.sampled_from(["Sample", "Another"])),
        st.tuples(st.just("paginate"), st.just(""), st.sampled_from(["1", "10"])),
        st.tuples(st.just("macro"), st.just(""), st.sampled_from(["x", "y"])),
    ),
    min_size=1,
    max_size=4,
)


@pytest.mark.usefixtures("alone")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rounds=st.lists(edits, min_size=1, max_size=4), processes=st.sampled_from([1, 2]))
def test_building_what_changed_equals_building_everything(
    rounds: list[list[tuple[str, str, str]]], processes: int
) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(render_pages, "WORTH_A_PROCESS", 1)
        patch.setattr(render_pages, "AT_ONCE", 5)
        site = Site(Path(folder))
        said: dict[str, dict[str, str]] = {
            name: {"body": f"Words of {name}.", "Tags": "air", "Summary": "So."}
            for name in ("fish", "bird", "cat")
        }
        given: dict[str, Any] = {"RENDERING_PROCESSES": processes, "MATH_MACROS": {"R": "z"}}
        given["PELICAN_CLASS"] = skip_build.Pelican
        revision = 0
        for edits in [[], *rounds]:
            for what, name, value in edits:
                revision += 1
                if what == "name":
                    given["SITENAME"] = value
                elif what == "macro":
                    given["MATH_MACROS"] = {"R": value}
                elif what == "paginate":
                    given["DEFAULT_PAGINATION"] = int(value)
                elif what == "delete":
                    said.pop(name, None)
                elif what == "rename":
                    if name in said and value not in said:
                        said[value] = said.pop(name)
                elif what == "comment":
                    site.publish(name, revision=revision, words=value)
                else:
                    article = said.setdefault(name, {"body": "New."})
                    key = {"tag": "Tags", "link": "body"}.get(what, what.capitalize())
                    text = f"See [it]({{filename}}{value}.md)." if what == "link" else value
                    if key == "body" and what == "link" and value not in said:
                        continue
                    article["body" if what == "body" else key] = text
            for path in site.content.glob("*.md"):
                path.unlink()
            for name, article in said.items():
                keys = {key: value for key, value in article.items() if key != "body"}
                site.write(name, article["body"], **keys)
            site.build(**given)
        found = everything(site.output)
        shutil.rmtree(site.output)
        shutil.rmtree(site.folder / "cache")
        site.build(**given | {"RENDERING_PROCESSES": 1})
        assert found.keys() - everything(site.output).keys() <= {
            name for name in found if name.startswith("theme/")
        }
        clean = everything(site.output)
        assert {name: found.get(name) for name in clean} == clean
        disconnect()
