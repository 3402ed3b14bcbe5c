"""What the documentation shows runs as it stands, block after block of a page, and its links lead somewhere."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(page):
    return re.findall(r"^```python\n(.*?)^```", page.read_text("utf-8"), re.S | re.M)


def test_the_page_on_extending_runs():
    shown = blocks(ROOT / "docs" / "extend.md")
    assert len(shown) >= 2
    space = {"__name__": "extend"}
    for block in shown:
        exec(compile(block, "docs/extend.md", "exec"), space)
    assert space["maps"].ssh.notnull().all()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
        assert link.startswith("http") or (page.parent / link).exists(), link
