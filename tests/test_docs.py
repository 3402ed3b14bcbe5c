"""The documentation: code blocks run, links and their sections exist, every page is in the navigation."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
PAGES += sorted((ROOT / "docs" / "reference").glob("*.md"))


def blocks(page):
    return re.findall(r"^```python\n(.*?)^```", page.read_text("utf-8"), re.S | re.M)


def test_the_page_on_extending_runs():
    shown = blocks(ROOT / "docs" / "extend.md")
    assert len(shown) >= 2
    space = {"__name__": "extend"}
    for block in shown:
        exec(compile(block, "docs/extend.md", "exec"), space)
    assert space["maps"].ssh.notnull().all()


def test_every_abstract_class_is_on_the_page_on_extending():
    page = (ROOT / "docs" / "extend.md").read_text("utf-8")
    sources = (path.read_text("utf-8") for path in (ROOT / "src").rglob("*.py"))
    found = {name for text in sources for name in re.findall(r"^class (Abstract\w+)", text, re.M)}
    assert not sorted(name for name in found if name not in page), "a row in docs/extend.md is missing"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_exist(page):
    for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
        assert link.startswith("http") or (page.parent / link).exists(), link


def anchors(page):
    """Anchors of the headings of a page, as MyST and GitHub make them."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.S | re.M), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", [*PAGES, *sorted((ROOT / "tutorials").glob("*.py"))], ids=lambda page: page.name)
def test_sections_that_links_name_exist(page):
    for link, anchor in re.findall(r"\]\(([^)#\s]+\.md)#([^)]+)\)", page.read_text("utf-8")):
        target = page.parent / link
        if target.name == "index.md":  # which includes a section of the README
            target = ROOT / "README.md"
        if not link.startswith("http"):
            assert anchor in anchors(target), f"{link}#{anchor}: expected one of {sorted(anchors(target))}"


def test_every_page_is_in_the_navigation():
    """Each page of docs/ is in a table of contents."""
    entries = re.compile(r"^[\w/]+$", re.M)
    text = "".join(page.read_text("utf-8") for page in (ROOT / "docs").glob("*.md"))
    listed = {name for toc in re.findall(r"```{toctree}(.*?)```", text, re.S) for name in entries.findall(toc)}
    pages = {page.stem for page in (ROOT / "docs").glob("*.md")} - {"index"}
    assert pages <= listed, f"list {sorted(pages - listed)} in docs/guide.md or docs/project.md"


@pytest.fixture
def extensions(monkeypatch):
    """The Sphinx extensions of docs/_ext, which need the packages of the documentation."""
    pytest.importorskip("sphinx", reason="installed by make docs")
    monkeypatch.syspath_prepend(ROOT / "docs" / "_ext")


def test_a_docstring_becomes_restructuredtext(extensions):
    from plain_docstrings import made_ready

    docstring = """The cost of *space:

    J = a * |x|

See doi:10.1000/182. And::

    literal * here

Parameters
----------
x : Array
    H.

Examples
--------
>>> 2 * 3
6"""
    ready = "\n".join(made_ready(docstring.split("\n")))
    assert r"The cost of \*space:" in ready
    assert ".. code-block:: text\n\n    J = a * |x|" in ready
    assert "`doi:10.1000/182 <https://doi.org/10.1000/182>`__. And::\n\n    literal * here" in ready
    assert "    H\\." in ready
    assert ">>> 2 * 3\n6" in ready


def test_links_of_the_repository_become_pages(extensions):
    from repository_links import in_pages, section

    assert in_pages("[a](../tutorials/first_map.py)") == "[a](tutorials/first_map.ipynb)"
    assert in_pages("[a](../README.md#how-good-is-it)") == "[a](index.md#how-good-is-it)"
    assert in_pages("[b.py](../benchmarks/b.py)") == "`b.py`"
    readme = (ROOT / "README.md").read_text("utf-8")
    assert section(readme, "How good is it").startswith("## How good is it\n")
    with pytest.raises(ValueError, match="no section 'Nothing'"):
        section(readme, "Nothing")


def test_a_tutorial_becomes_a_notebook(extensions):
    pytest.importorskip("jupytext", reason="installed by make docs")
    from tutorials import notebook_of

    notebook = notebook_of(ROOT / "tutorials" / "first_map.py")
    title, *rest = notebook.cells
    assert title.source.startswith("# Your first reconstruction\n\n*This page is {download}`a script")
    assert "../docs/" not in "".join(cell.source for cell in notebook.cells)
    assert "](own_file.ipynb)" in rest[-1].source
    assert [cell["id"] for cell in notebook.cells] == [f"cell-{i}" for i in range(len(notebook.cells))]
