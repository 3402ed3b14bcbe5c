"""The papers that a model rests on, gathered from the parts that it is made of.

Each class of xdvn names its papers in its docstring or in that of its file, "Authors year, doi:...": there and nowhere
else. ``cite`` walks through a model, a mapper or a network and collects them, so that another prior or first guess
brings its own papers along. Classes of your own take part when their docstrings name papers in the same way.
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
# What labels data or carries them is no method; what is outside xdvn is its user's.
_SILENT = ("xdvn.grid", "xdvn.metrics", "xdvn.plot")


@dataclasses.dataclass(frozen=True)
class Paper:
    """One paper, as short as a docstring names it.

    Parameters
    ----------
    authors, year : str
        As in "Fablet et al. 2021".
    where : str
        ``doi:`` or ``arXiv:`` and the number.
    parts : tuple of str
        Names of the classes that rest on it.
    """

    authors: str
    year: str
    where: str
    parts: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        """Address; reference managers take the number alone and find the rest."""
        kind, _, number = self.where.partition(":")
        return f"https://doi.org/{number}" if kind == "doi" else f"https://arxiv.org/abs/{number}"

    def __str__(self) -> str:
        return f"{self.authors} {self.year}, {self.url}\n    {', '.join(self.parts)}"


@dataclasses.dataclass(frozen=True, repr=False)
class Citation:
    """What to cite; print it.

    Parameters
    ----------
    software : str
        The package itself.
    papers : tuple of Paper
        By the number of parts that rest on each, then by year.
    """

    software: str
    papers: tuple[Paper, ...]

    def __str__(self) -> str:
        return "\n".join([self.software, *map(str, self.papers)])

    __repr__ = __str__


def cite(thing: Any) -> Citation:
    """Gather the papers that a model, or any part of one, rests on.

    Parameters
    ----------
    thing : Model, AbstractMapper, FourDVarNet or any part of these
        Walked through field by field; arrays, labels and settings are passed by.

    Returns
    -------
    Citation
        ``print`` it, or take its ``papers`` one by one.

    Examples
    --------
    >>> import xdvn
    >>> print(cite(xdvn.OptimalInterpolation("ssh_obs")).papers[0])
    Bretherton et al. 1976, https://doi.org/10.1016/0011-7471(76)90001-2
        OptimalInterpolation
    """
    from xdvn import __version__

    found: dict[str, Paper] = {}
    for cls in sorted(set(_classes(thing)), key=lambda c: c.__name__):
        for paper in papers_in(_documentation(cls)):
            known = found.get(paper.where, paper)
            found[paper.where] = dataclasses.replace(known, parts=(*known.parts, cls.__name__))
    papers = sorted(found.values(), key=lambda p: (-len(p.parts), p.year, p.authors))
    return Citation(f"the xdvn developers, xdvn {__version__}", tuple(papers))


def papers_in(text: str) -> list[Paper]:
    """Return the papers that a docstring names, each once.

    Examples
    --------
    >>> text = "Kingma & Ba 2015, arXiv:1412.6980; Elman 1990, doi:10.1207/s15516709cog1402_1."
    >>> [paper.where for paper in papers_in(text)]
    ['arXiv:1412.6980', 'doi:10.1207/s15516709cog1402_1']
    """
    found: dict[str, Paper] = {}
    for match in _PAPER.finditer(" ".join(text.split())):
        where = match["where"].rstrip(".,;")
        while where.count(")") > where.count("("):
            where = where[: where.rindex(")")]
        found.setdefault(where, Paper(match["authors"], match["year"], where))
    return list(found.values())


def _classes(thing: Any) -> Iterator[type]:
    """Yield the class of a thing and of all that it holds."""
    if isinstance(thing, dict):
        thing = tuple(thing.values())
    if isinstance(thing, (tuple, list)):
        for item in thing:
            yield from _classes(item)
    elif dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        cls = type(thing)
        if cls.__module__.startswith(_SILENT):
            return
        yield cls
        for field in dataclasses.fields(thing):
            yield from _classes(getattr(thing, field.name, None))


def _documentation(cls: type) -> str:
    """Return the docstrings of a class and of the file that defines it."""
    home = sys.modules.get(cls.__module__)
    return "\n\n".join([cls.__doc__ or "", inspect.getdoc(home) or ""])
