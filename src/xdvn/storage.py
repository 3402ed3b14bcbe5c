"""One file per model: a JSON line that says what is there, then the numbers. No pickle: a file is data, never code.

An object (equinox module or dataclass) is written field by field: plain values go into the JSON, arrays follow it as
.npy records in the order they were met. Reading looks every class up in a table of known ones (the package's own,
and those the caller vouches for), so a hostile file can name a class but not bring one.
"""

from __future__ import annotations

import contextlib
import dataclasses
import enum
import importlib
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import jax
import jax.numpy as jnp
import numpy as np

__all__ = ["FORMAT", "read", "write"]

FORMAT = 1
_MAGIC = "xdvn-model"


def write(path: str | os.PathLike[str], obj: Any, about: dict[str, Any]) -> None:
    """Write ``obj`` and a few facts ``about`` it to ``path``; the file appears whole or not at all."""
    arrays: list[np.ndarray] = []
    header = {"xdvn": _MAGIC, "format": FORMAT, "about": about, "object": _encode(obj, arrays, type(obj).__name__)}
    with _atomic(Path(path)) as stream:
        stream.write(json.dumps(header).encode() + b"\n")
        for array in arrays:
            np.lib.format.write_array(stream, array, allow_pickle=False)


def read(path: str | os.PathLike[str], classes: Sequence[type] = ()) -> Any:
    """Read what ``write`` wrote.

    Parameters
    ----------
    path : path-like
        The file.
    classes : sequence of type
        Your own classes that the file may contain.

    Raises
    ------
    ValueError
        The file is not an xdvn model, of a newer format, truncated, or names an unknown class.
    """
    with open(path, "rb") as stream:
        try:
            header = json.loads(stream.readline(1 << 26))
            if header["xdvn"] != _MAGIC:
                raise KeyError
        except (ValueError, KeyError, TypeError, UnicodeDecodeError):
            raise ValueError(
                f"{os.fspath(path)!r} is not an xdvn model file; write one with model.save(path)"
            ) from None
        if header.get("format") != FORMAT:
            raise ValueError(
                f"{os.fspath(path)!r} has format {header.get('format')!r}, this xdvn reads {FORMAT}; "
                "install the version that wrote it, or train again"
            )
        known = {_name(c): c for c in classes}
        try:
            return _decode(header["object"], stream, known)
        except (EOFError, KeyError, TypeError, OSError) as error:
            raise ValueError(f"{os.fspath(path)!r} is damaged or cut short ({error}); copy or save it again") from error


def _name(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


def _encode(value: Any, arrays: list[np.ndarray], where: str) -> Any:
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return {"float": value.hex()}
    if isinstance(value, enum.Enum):
        return {"enum": _name(type(value)), "member": value.name}
    if isinstance(value, (np.ndarray, jax.Array)):
        array = np.asarray(value)
        arrays.append(array)
        kind = "jax" if isinstance(value, jax.Array) else "numpy"
        return {"array": kind, "shape": list(array.shape), "dtype": array.dtype.str}
    if isinstance(value, (tuple, list)):
        return {type(value).__name__: [_encode(v, arrays, f"{where}[{i}]") for i, v in enumerate(value)]}
    if isinstance(value, dict) and all(isinstance(k, str) for k in value):
        return {"dict": {k: _encode(v, arrays, f"{where}[{k!r}]") for k, v in value.items()}}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        cls = type(value)
        if "<locals>" in cls.__qualname__:
            raise TypeError(f"{where} is a {cls.__qualname__}, a class made inside a function; define it in a module")
        fields = {
            f.name: _encode(getattr(value, f.name), arrays, f"{where}.{f.name}") for f in dataclasses.fields(value)
        }
        return {"class": _name(cls), "fields": fields}
    raise TypeError(
        f"{where} is a {type(value).__name__}, which a model file cannot hold; use arrays, numbers, strings and "
        "equinox modules (a function or lambda inside a prior must become an importable equinox Module)"
    )


def _decode(node: Any, stream: IO[bytes], known: dict[str, type]) -> Any:
    if node is None or isinstance(node, (bool, int, str)):
        return node
    if "float" in node:
        return float.fromhex(node["float"])
    if "enum" in node:
        return _lookup(node["enum"], known)[node["member"]]  # type: ignore[index]
    if "array" in node:
        array = np.lib.format.read_array(stream, allow_pickle=False)
        if list(array.shape) != node["shape"] or array.dtype.str != node["dtype"]:
            raise TypeError(f"an array of {array.shape} {array.dtype} stands where {node['shape']} was promised")
        return jnp.asarray(array) if node["array"] == "jax" else array
    if "tuple" in node:
        return tuple(_decode(v, stream, known) for v in node["tuple"])
    if "list" in node:
        return [_decode(v, stream, known) for v in node["list"]]
    if "dict" in node:
        return {k: _decode(v, stream, known) for k, v in node["dict"].items()}
    cls = _lookup(node["class"], known)
    expected = {f.name for f in dataclasses.fields(cls)}
    if expected != set(node["fields"]):
        raise KeyError(f"{node['class']} has the fields {sorted(expected)}, the file {sorted(node['fields'])}")
    obj: Any = object.__new__(cls)
    for name, value in node["fields"].items():
        object.__setattr__(obj, name, _decode(value, stream, known))
    return obj


def _lookup(name: str, known: dict[str, type]) -> type:
    if name in known:
        return known[name]
    module, _, qualname = name.rpartition(".")
    if module == "xdvn" or module.startswith("xdvn."):
        with contextlib.suppress(ImportError):
            found = getattr(importlib.import_module(module), qualname, None)
            if isinstance(found, type) and (dataclasses.is_dataclass(found) or issubclass(found, enum.Enum)):
                return found
    raise ValueError(
        f"the file contains a {name}, which this xdvn does not know; if it is yours, import it and pass "
        f"xdvn.load(path, classes=[{qualname}])"
    )


@contextlib.contextmanager
def _atomic(path: Path) -> Iterator[IO[bytes]]:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(temporary, "wb") as stream:
            yield stream
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
