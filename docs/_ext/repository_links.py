"""Conversion of repository links to links between built pages.

A page links to ``../tutorials/first_map.py`` or ``../CHANGELOG.md``, which works in the repository. The built page
links to the page of that file instead. Sections of the README are included by a comment.
"""

from __future__ import annotations

import re
from pathlib import Path

from sphinx.application import Sphinx

__all__ = ["in_pages", "setup"]

_PAGES = [
    (re.compile(r"\]\(\.\./tutorials/(\w+)\.py(#[\w-]*)?\)"), r"](tutorials/\1.ipynb\2)"),
    (re.compile(r"\]\(\.\./CHANGELOG\.md(#[\w-]*)?\)"), r"](changelog.md\1)"),
    (re.compile(r"\]\(\.\./CONTRIBUTING\.md(#[\w-]*)?\)"), r"](contributing.md\1)"),
    (re.compile(r"\]\(\.\./README\.md(#[\w-]*)?\)"), r"](index.md\1)"),
    (re.compile(r"\]\(docs/([\w./-]+\.md)(#[\w-]*)?\)"), r"](\1\2)"),
    (re.compile(r"\[([^\]]*)\]\(\.\./(?:benchmarks|docs)/[\w./]+\.py\)"), r"`\1`"),
]
_FROM_README = re.compile(r"<!-- from README\.md: (.*) -->")


def in_pages(text: str) -> str:
    """Return a page with links to pages instead of repository files.

    Examples
    --------
    >>> in_pages("[a first map](../tutorials/first_map.py)")
    '[a first map](tutorials/first_map.ipynb)'
    """
    for pattern, page in _PAGES:
        text = pattern.sub(page, text)
    return text


def section(text: str, title: str) -> str:
    r"""Return a section of a page, its title included.

    Examples
    --------
    >>> section("# A\n\n## B\n\nYes.\n\n## C\n", "B")
    '## B\n\nYes.\n'
    """
    found = re.search(rf"^## {re.escape(title)}\n.*?(?=^## |\Z)", text, re.S | re.M)
    if found is None:
        raise ValueError(f"there is no section {title!r} in README.md, from which a page takes it")
    return found[0].rstrip("\n") + "\n"


def _read(app: Sphinx, docname: str, source: list[str]) -> None:
    if app.env.doc2path(docname).suffix == ".md":
        readme = Path(app.srcdir).parent / "README.md"
        whole = _FROM_README.sub(lambda m: section(readme.read_text("utf-8"), m[1]), source[0])
        source[0] = in_pages(whole)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the conversion, which runs when Sphinx reads a page."""
    app.connect("source-read", _read)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
