"""A printable list of the data files: name, size, licence, description, and whether a file is stored."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from xdvn.datasets.fetching import data_folder
from xdvn.datasets.registry import Entry, read_registry

__all__ = ["Catalogue", "list_files"]

_INDENT = "    "
_UNITS = ("B", "kB", "MB", "GB", "TB")


@dataclass(frozen=True)
class Catalogue:
    """A printable table of the files that ``fetch`` can download.

    Iterate over the names; ``catalogue[name]`` is the ``Entry`` of a file.

    Parameters
    ----------
    entries : tuple of Entry
        The files.
    folder : Path
        Folder of the downloaded files.
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
        raise KeyError(f"there is no data file {name!r}. List all names with print(xdvn.datasets.list_files())")

    def is_cached(self, name: str) -> bool:
        """Return whether a file of this name is in the folder; ``fetch`` checks its hash."""
        return (self.folder / name).exists()

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row per file, indexed by ``name``, with the fields of ``Entry``, ``check`` and ``cached``."""
        fields = ["description", "size", "licence", "doi", "check", "source", "hash"]
        rows = [[*(getattr(entry, f) for f in fields), self.is_cached(entry.name)] for entry in self.entries]
        table = pd.DataFrame(rows, columns=[*fields, "cached"], index=pd.Index(list(self), name="name"))
        return table.astype({"size": "Int64"})

    def __repr__(self) -> str:
        width = max(len(entry.name) for entry in self.entries)
        row = f"{{:{width}}}  {{:>8}}  {{:6}}  {{:6}}".format
        lines = [f"{len(self)} data files; fetch stores them in {self.folder}", ""]
        lines.append(row("name (below it: description; licence)", "size", "cached", "check").rstrip())
        for entry in self.entries:
            cached = "yes" if self.is_cached(entry.name) else "no"
            lines.append(row(entry.name, _readable(entry.size), cached, entry.check).rstrip())
            doi = f"; doi:{entry.doi}" if entry.doi else ""
            for text in (f"{entry.description}{doi}", f"licence: {entry.licence}"):
                lines += textwrap.wrap(text, width + 22, initial_indent=_INDENT, subsequent_indent=_INDENT)
        return "\n".join(lines)


def list_files(start: str = "") -> Catalogue:
    """List the files that ``fetch`` can download.

    Parameters
    ----------
    start : str
        Beginning of the names, such as ``"osse_2020a"`` or ``"ose_2021a/maps"``. Default: "", all files.

    Returns
    -------
    Catalogue
        A printable table, and a collection of names.

    Raises
    ------
    ValueError
        If no name begins with ``start``.

    Examples
    --------
    >>> "tracks/l3_c2_subset.nc" in list_files()
    True
    >>> len(list_files("ose_2021a/maps"))
    7
    """
    registry = read_registry()
    chosen = tuple(entry for entry in registry.values() if entry.name.startswith(start))
    if not chosen:
        families = ", ".join(dict.fromkeys(name.split("/")[0] for name in registry))
        raise ValueError(f"start={start!r}: expected the beginning of a file name. The families are {families}")
    return Catalogue(chosen, data_folder())


def _readable(size: int | None) -> str:
    if size is None:
        return "?"
    value, unit = float(size), 0
    while value >= 1000 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:.3g} {_UNITS[unit]}"
