"""A list of the data files that prints itself: name, size, licence, what for, and whether each is already here.

``available()`` makes it from the registry; ``fetch(name)`` takes what it lists.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from xdvn.datasets.fetching import data_folder
from xdvn.datasets.registry import Entry, read_registry

__all__ = ["Catalogue", "available"]

_INDENT = "    "
_UNITS = ("B", "kB", "MB", "GB", "TB")


@dataclass(frozen=True)
class Catalogue:
    """What can be fetched; print it to read it.

    Iterating gives the names, ``catalogue[name]`` the ``Entry`` with everything known about one file.

    Parameters
    ----------
    entries : tuple of Entry
        The files.
    folder : Path
        Where fetched files are kept.
    """

    entries: tuple[Entry, ...]
    folder: Path

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[str]:
        return (entry.name for entry in self.entries)

    def __contains__(self, name: object) -> bool:
        return any(entry.name == name for entry in self.entries)

    def __getitem__(self, name: str) -> Entry:
        for entry in self.entries:
            if entry.name == name:
                return entry
        raise KeyError(f"no data file is called {name!r}; print(xdvn.datasets.available()) lists all names")

    def is_cached(self, name: str) -> bool:
        """Whether a file of this name is already in the folder (its hash is checked when it is fetched)."""
        return (self.folder / name).exists()

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a file, indexed by ``name``, with the fields of ``Entry``, ``check`` and ``cached``."""
        facts = ["about", "size", "licence", "doi", "check", "source", "hash"]
        rows = [[*(getattr(entry, f) for f in facts), self.is_cached(entry.name)] for entry in self.entries]
        table = pd.DataFrame(rows, columns=[*facts, "cached"], index=pd.Index(list(self), name="name"))
        return table.astype({"size": "Int64"})

    def __repr__(self) -> str:
        width = max(len(entry.name) for entry in self.entries)
        row = f"{{:{width}}}  {{:>8}}  {{:6}}  {{:6}}".format
        lines = [f"{len(self)} data files; what is fetched is kept in {self.folder}", ""]
        lines.append(row("name (below it: what for; licence)", "size", "cached", "check").rstrip())
        for entry in self.entries:
            here = "yes" if self.is_cached(entry.name) else "no"
            lines.append(row(entry.name, _readable(entry.size), here, entry.check).rstrip())
            doi = f"; doi:{entry.doi}" if entry.doi else ""
            for text in (f"{entry.about}{doi}", f"licence: {entry.licence}"):
                lines += textwrap.wrap(text, width + 22, initial_indent=_INDENT, subsequent_indent=_INDENT)
        return "\n".join(lines)


def available(start: str = "") -> Catalogue:
    """List the files that ``fetch`` knows.

    Parameters
    ----------
    start : str
        List only names that start so, such as ``"osse_2020a"`` or ``"ose_2021a/maps"``; by default all.

    Returns
    -------
    Catalogue
        Prints as a table; also a collection of names, and a DataFrame through ``to_dataframe()``.

    Raises
    ------
    ValueError
        If no name starts so.

    Examples
    --------
    >>> "tracks/l3_c2_subset.nc" in available()
    True
    >>> len(available("ose_2021a/maps"))
    7
    """
    known = read_registry()
    chosen = tuple(entry for entry in known.values() if entry.name.startswith(start))
    if not chosen:
        families = ", ".join(dict.fromkeys(name.split("/")[0] for name in known))
        raise ValueError(f"no data file's name starts with {start!r}; the families are {families}")
    return Catalogue(chosen, data_folder())


def _readable(size: int | None) -> str:
    if size is None:
        return "?"
    value, unit = float(size), 0
    while value >= 1000 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:.3g} {_UNITS[unit]}"
