"""Links that are right in the repository are made right in the built pages.

A page may link to ``../tutorials/first_map.py`` or ``../CHANGELOG.md``, so that the link works wherever the repository
is read; here it becomes the page that is built from that file.
"""

from __future__ import annotations

import re

from sphinx.application import Sphinx

__all__ = ["in_pages", "setup"]

_PAGES = [
    (re.compile(r"\]\(\.\./tutorials/(\w+)\.py(#[\w-]*)?\)"), r"](tutorials/\1.ipynb\2)"),
    (re.compile(r"\]\(\.\./CHANGELOG\.md(#[\w-]*)?\)"), r"](changelog.md\1)"),
    (re.compile(r"\]\(\.\./CONTRIBUTING\.md(#[\w-]*)?\)"), r"](contributing.md\1)"),
    (re.compile(r"\]\(\.\./README\.md(#[\w-]*)?\)"), r"](index.md)"),
    (re.compile(r"\]\(docs/([\w./-]+\.md)(#[\w-]*)?\)"), r"](\1\2)"),
]


def in_pages(text: str) -> str:
    """Return a page with its links to files of the repository turned to pages.

    Examples
    --------
    >>> in_pages("[a first map](../tutorials/first_map.py)")
    '[a first map](tutorials/first_map.ipynb)'
    """
    for pattern, page in _PAGES:
        text = pattern.sub(page, text)
    return text


def _read(app: Sphinx, docname: str, source: list[str]) -> None:
    if app.env.doc2path(docname).suffix == ".md":
        source[0] = in_pages(source[0])


def setup(app: Sphinx) -> dict[str, bool]:
    """Turn links when a page is read."""
    app.connect("source-read", _read)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
