"""The papers of a model, collected from the docstrings of its parts.

Each class names its papers in its docstring or in that of its module, as "Authors year, doi:...". ``cite`` collects
those of all parts of a model, a mapper or a network. Custom classes are included if they name papers in the same way.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import sys
from collections.abc import Iterator
from typing import Any

__all__ = ["Citation", "Paper", "cite", "papers_in"]

_PAPER = re.compile(
    r"(?P<authors>(?:[A-Z][\w'-]*)(?:(?:, | & | and | )[A-Z][\w'-]*)*(?: et al\.)?) \(?(?P<year>\d{4})\)?"
    r"(?:, [^,;:]*)?, (?P<where>doi:10\.\S+|arXiv:[\d.]+)"
)
# Packages without methods, whose parts are not cited.
_NOT_CITED = ("xdvn.grid", "xdvn.metrics", "xdvn.plot")


@dataclasses.dataclass(frozen=True)
class Paper:
    """A short reference to one paper.

    Parameters
    ----------
    authors, year : str
        As in "Fablet et al. 2021".
    where : str
        ``doi:`` or ``arXiv:`` and the number.
    parts : tuple of str
        Names of the classes that cite it.
    """

    authors: str
    year: str
    where: str
    parts: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        """Address of the paper."""
        kind, _, number = self.where.partition(":")
        return f"https://doi.org/{number}" if kind == "doi" else f"https://arxiv.org/abs/{number}"

    def __str__(self) -> str:
        return f"{self.authors} {self.year}, {self.url}\n    {', '.join(self.parts)}"


@dataclasses.dataclass(frozen=True, repr=False)
class Citation:
    """The software and the papers to cite; ``print`` shows them.

    Parameters
    ----------
    software : str
        Reference to the package.
    papers : tuple of Paper
        Papers, sorted by the number of parts that cite them, then by year.
    """

    software: str
    papers: tuple[Paper, ...]

    def __str__(self) -> str:
        return "\n".join([self.software, *map(str, self.papers)])

    __repr__ = __str__


def cite(thing: Any) -> Citation:
    """Return the papers of a model or of any part of one.

    Parameters
    ----------
    thing : Model, AbstractMapper, FourDVarNet or any part of these
        Object whose fields are searched recursively.

    Returns
    -------
    Citation
        Printable list of ``papers``.

    Examples
    --------
    >>> import xdvn
    >>> print(cite(xdvn.OptimalInterpolation("ssh_obs")).papers[0])
    Bretherton et al. 1976, https://doi.org/10.1016/0011-7471(76)90001-2
        OptimalInterpolation
    """
    from xdvn._version import __version__

    by_address: dict[str, Paper] = {}
    for cls in sorted(set(_classes(thing)), key=lambda c: c.__name__):
        for paper in papers_in(_documentation(cls)):
            previous = by_address.get(paper.where, paper)
            by_address[paper.where] = dataclasses.replace(previous, parts=(*previous.parts, cls.__name__))
    papers = sorted(by_address.values(), key=lambda p: (-len(p.parts), p.year, p.authors))
    return Citation(f"the xdvn developers, xdvn {__version__}", tuple(papers))


def papers_in(text: str) -> list[Paper]:
    """Return the distinct papers that a docstring names.

    Examples
    --------
    >>> text = "Kingma & Ba 2015, arXiv:1412.6980; Elman 1990, doi:10.1207/s15516709cog1402_1."
    >>> [paper.where for paper in papers_in(text)]
    ['arXiv:1412.6980', 'doi:10.1207/s15516709cog1402_1']
    """
    papers: dict[str, Paper] = {}
    for match in _PAPER.finditer(" ".join(text.split())):
        where = match["where"].rstrip(".,;")
        while where.count(")") > where.count("("):
            where = where[: where.rindex(")")]
        papers.setdefault(where, Paper(match["authors"], match["year"], where))
    return list(papers.values())


def _classes(thing: Any) -> Iterator[type]:
    """Yield the classes of an object and of its fields, recursively."""
    if isinstance(thing, dict):
        thing = tuple(thing.values())
    if isinstance(thing, (tuple, list)):
        for item in thing:
            yield from _classes(item)
    elif dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        cls = type(thing)
        if cls.__module__.startswith(_NOT_CITED):
            return
        yield cls
        for field in dataclasses.fields(thing):
            yield from _classes(getattr(thing, field.name, None))


def _documentation(cls: type) -> str:
    """Return the docstrings of a class and of its module."""
    module = sys.modules.get(cls.__module__)
    return "\n\n".join([cls.__doc__ or "", inspect.getdoc(module) or ""])
