"""Conversion of the plain docstrings of xdvn to reStructuredText.

An indented block in the prose is an equation or a table and becomes a literal block. Stars and bars are escaped
(``"*space channel"``, ``|x|``), and ``H.`` is a symbol, not a list. DOIs become links.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from sphinx.application import Sphinx

__all__ = ["made_ready", "setup"]

_LITERAL = re.compile(r"(``.*?``)")
_SECTION = re.compile(r"-{3,}\s*$")
_DOI = re.compile(r"\bdoi:(10\.\d{4,}/(?:[^\s`()]|\([^\s`()]*\))*(?:\w|\([^\s`()]*\)))")
_SYMBOL = re.compile(r"^(\s*)([A-Za-z])\.$")


def made_ready(lines: list[str]) -> list[str]:
    r"""Return the lines of a docstring as reStructuredText.

    Examples
    --------
    >>> made_ready(["The cost,", "", "    J = a * b", "", "of *x"])
    ['The cost,', '', '.. code-block:: text', '', '    J = a * b', '', 'of \\*x']
    """
    return list(_ready(lines))


def _ready(lines: list[str]) -> Iterator[str]:
    in_sections = literal = example = False
    for i, line in enumerate(lines):
        following = lines[i + 1] if i + 1 < len(lines) else ""
        in_sections = in_sections or bool(line.strip() and _SECTION.match(following.strip()))
        indented = line.startswith("    ")
        starts_block = indented and not literal and (i == 0 or not lines[i - 1].strip())
        if not in_sections and starts_block:
            literal = True
            if not _announced(lines[:i]):
                yield from (".. code-block:: text", "")
        elif literal and line.strip() and not indented:
            literal = False
        if line.lstrip().startswith(">>>"):
            example = True
        elif not line.strip():
            example = False
        yield line if literal or example else _text(line)


def _announced(before: list[str]) -> bool:
    """Return whether the last line of text ends with ``::``, which announces a block."""
    text = [line for line in before if line.strip()]
    return bool(text) and text[-1].rstrip().endswith("::")


def _text(line: str) -> str:
    parts = _LITERAL.split(_SYMBOL.sub(r"\1\2\\.", line))
    return "".join(p if p.startswith("``") else _DOI.sub(_link, re.sub(r"(?<!\\)([*|])", r"\\\1", p)) for p in parts)


def _link(doi: re.Match[str]) -> str:
    shown = doi[0].replace("<", r"\<")
    return f"`{shown} <https://doi.org/{quote(doi[1])}>`__"


def _process(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    lines[:] = made_ready(lines)


def _sign(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, signature: str | None, returned: str | None
) -> tuple[str | None, str | None]:
    """Shorten the name of JAX arrays in signatures."""
    return tuple(text and text.replace("jaxlib._jax.Array", "Array") for text in (signature, returned))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the conversion, to run before napoleon."""
    app.connect("autodoc-process-docstring", _process, priority=400)
    app.connect("autodoc-process-signature", _sign)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
