"""The registry of data files, ``data_registry.txt``, with one ``Entry`` per file.

The format is that of pooch: a line ``name hash address`` per file, with the hash ``sha256:...``, ``md5:...`` or
``unknown``. Comment lines ``# key: value`` with the keys ``about``, ``size`` [bytes], ``licence``, ``doi`` and
``source`` apply to all files up to the next empty line. Lines ``# mirror: address`` apply to the next file only;
mirrors are tried in order after the address.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

__all__ = ["Entry", "read_registry", "registry_path"]

_KEYS = ("about", "size", "licence", "doi", "source")
_DIGITS = {"sha256": 64, "md5": 32}


@dataclass(frozen=True)
class Entry:
    """One file of the registry.

    Parameters
    ----------
    name : str
        Name of the file: its path inside the data folder.
    hash : str, optional
        ``"sha256:..."`` or ``"md5:..."``; None if unknown.
    addresses : tuple of str
        Addresses in the order in which they are tried.
    description : str
        Contents and use of the file.
    licence : str
        Licence as the source states it.
    source : str
        Source of the address and the hash.
    size : int, optional
        Size [bytes]; None if unknown.
    doi : str
        Digital object identifier of the data, or "".

    Raises
    ------
    ValueError
        The hash is neither a SHA-256 nor an MD5, or there is no address.
    """

    name: str
    hash: str | None
    addresses: tuple[str, ...]
    description: str
    licence: str
    source: str
    size: int | None = None
    doi: str = ""

    def __post_init__(self) -> None:
        if not self.addresses:
            raise ValueError(f"{self.name} has no address: expected a line 'name hash address'")
        if self.hash is not None:
            algorithm, _, digest = self.hash.partition(":")
            if len(digest) != _DIGITS.get(algorithm) or not set(digest) <= set("0123456789abcdef"):
                raise ValueError(
                    f"{self.name}: {self.hash!r} is not a hash: expected 'sha256:' with 64 hexadecimal digits, 'md5:' "
                    "with 32, or 'unknown'"
                )

    @property
    def check(self) -> str:
        """Hash algorithm of the check: ``"sha256"``, ``"md5"`` (detects damage, not forgery) or ``"none"``."""
        return self.hash.partition(":")[0] if self.hash else "none"


def read_registry(path: Path | None = None) -> dict[str, Entry]:
    """Return all entries by name, in the order of the registry.

    Parameters
    ----------
    path : Path, optional
        File of the registry. If None, ``registry_path()``.

    Raises
    ------
    ValueError
        If a line is malformed, or a name occurs twice.
    """
    path = path or registry_path()
    entries: dict[str, Entry] = {}
    metadata: dict[str, str] = {}
    mirrors: list[str] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        words = line.split()
        if not words:
            metadata, mirrors = {}, []
        elif line.startswith("#"):
            key, _, value = (part.strip() for part in line[1:].partition(":"))
            if key == "mirror":
                mirrors.append(value)
            else:
                metadata[key] = value
        else:
            if len(words) != 3 or words[0] in entries:
                reason = "the name occurs twice" if words[0] in entries else "expected 'name hash address'"
                raise ValueError(f"{path.name}, line {number}: {line!r}: {reason}")
            name, digest, address = words
            entries[name] = _entry(name, digest, (address, *mirrors), {k: metadata.get(k, "") for k in _KEYS})
            mirrors = []
    return entries


def registry_path() -> Path:
    """Return the path of the registry: inside an installed package, else at the root of the repository.

    Raises
    ------
    FileNotFoundError
        If there is no registry.
    """
    for path in (Path(str(files("xdvn"))) / "data_registry.txt", Path(__file__).parents[3] / "data_registry.txt"):
        if path.is_file():
            return path
    raise FileNotFoundError("data_registry.txt is missing from this installation. Reinstall xdvn with pip install xdvn")


def _entry(name: str, digest: str, addresses: tuple[str, ...], metadata: dict[str, str]) -> Entry:
    return Entry(
        name=name,
        hash=None if digest == "unknown" else digest,
        addresses=addresses,
        description=metadata["about"],
        licence=metadata["licence"],
        source=metadata["source"],
        size=int(metadata["size"]) if metadata["size"] else None,
        doi=metadata["doi"],
    )
