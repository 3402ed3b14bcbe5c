"""The registry of data files: what ``data_registry.txt`` says, one ``Entry`` a file.

The format is pooch's, a line ``name hash address`` a file, with the hash written ``sha256:...``, ``md5:...`` or, where
none is known, ``unknown``. Comment lines ``# key: value`` above it say more and hold for the lines that follow, up to
the next empty line: ``about``, ``size`` [bytes], ``licence``, ``doi``, ``source``. ``# mirror: address`` (any number)
holds for the next file only; mirrors are tried in their order after the address.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

__all__ = ["Entry", "read_registry", "registry_path"]

_FACTS = ("about", "size", "licence", "doi", "source")
_DIGITS = {"sha256": 64, "md5": 32}


@dataclass(frozen=True)
class Entry:
    """One file that can be fetched.

    Parameters
    ----------
    name : str
        Name to fetch it by, and its path inside the data folder.
    hash : str, optional
        ``"sha256:..."`` or ``"md5:..."``; None if nobody has told one.
    addresses : tuple of str
        Where it lies, best first.
    about : str
        What it is and what it is for.
    licence : str
        What the source states, word for word where it states something.
    source : str
        Where the address and the hash were found.
    size : int, optional
        Size [bytes], None if unknown.
    doi : str
        Digital object identifier of the data, "" if they have none.

    Raises
    ------
    ValueError
        If the hash is neither SHA-256 nor MD5 in full, or if there is no address.
    """

    name: str
    hash: str | None
    addresses: tuple[str, ...]
    about: str
    licence: str
    source: str
    size: int | None = None
    doi: str = ""

    def __post_init__(self) -> None:
        if not self.addresses:
            raise ValueError(f"{self.name} has no address; a registry line reads: name hash address")
        if self.hash is not None:
            kind, _, digest = self.hash.partition(":")
            if len(digest) != _DIGITS.get(kind) or not set(digest) <= set("0123456789abcdef"):
                raise ValueError(
                    f"{self.name}: {self.hash!r} is no hash; expected sha256: and 64 hexadecimal digits, md5: and 32, "
                    "or unknown"
                )

    @property
    def check(self) -> str:
        """How well a copy can be checked: ``"sha256"``, ``"md5"`` (finds damage, not forgery) or ``"none"``."""
        return self.hash.partition(":")[0] if self.hash else "none"


def read_registry(path: Path | None = None) -> dict[str, Entry]:
    """Return all entries by name, in the registry's order.

    Parameters
    ----------
    path : Path, optional
        Another registry than the one that is shipped.

    Raises
    ------
    ValueError
        If a line cannot be understood, or a name comes twice.
    """
    path = path or registry_path()
    entries: dict[str, Entry] = {}
    facts: dict[str, str] = {}
    mirrors: list[str] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        words = line.split()
        if not words:
            facts, mirrors = {}, []
        elif line.startswith("#"):
            key, _, value = (part.strip() for part in line[1:].partition(":"))
            if key == "mirror":
                mirrors.append(value)
            else:
                facts[key] = value
        else:
            if len(words) != 3 or words[0] in entries:
                reason = "comes a second time" if words[0] in entries else "expected: name hash address"
                raise ValueError(f"{path.name}, line {number}: {line!r}: {reason}")
            name, digest, address = words
            entries[name] = _entry(name, digest, (address, *mirrors), {k: facts.get(k, "") for k in _FACTS})
            mirrors = []
    return entries


def registry_path() -> Path:
    """Return where the shipped registry is: inside an installed package, else at the root of the repository.

    Raises
    ------
    FileNotFoundError
        If this copy of xdvn has none.
    """
    for path in (Path(str(files("xdvn"))) / "data_registry.txt", Path(__file__).parents[3] / "data_registry.txt"):
        if path.is_file():
            return path
    raise FileNotFoundError("data_registry.txt is missing from this copy of xdvn; reinstall it with pip install xdvn")


def _entry(name: str, digest: str, addresses: tuple[str, ...], facts: dict[str, str]) -> Entry:
    return Entry(
        name=name,
        hash=None if digest == "unknown" else digest,
        addresses=addresses,
        about=facts["about"],
        licence=facts["licence"],
        source=facts["source"],
        size=int(facts["size"]) if facts["size"] else None,
        doi=facts["doi"],
    )
