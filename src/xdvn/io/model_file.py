"""Model files: a JSON header line, then arrays. No pickle: a file contains data, never code.

An object (equinox module or dataclass) is written field by field: plain values in the header, arrays after it as .npy
records in the same order, and the SHA-256 digest of both at the end. The reader accepts only classes of the package
and classes passed by the caller, and allocates no more memory than the file holds. Formats 1 (without digest) and 2
(classes named by their defining module, ``io.moved``) are still read.
"""

from __future__ import annotations

import contextlib
import dataclasses
import enum
import hashlib
import importlib
import json
import math
import os
import sys
import tokenize
from collections.abc import Iterator, Sequence
from typing import IO, Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from xdvn.io.atomic import atomic_write
from xdvn.io.moved import FIELDS, MOVED

__all__ = ["FORMAT", "header_of", "read", "write"]

FORMAT = 3
_MAGIC = "xdvn-model"
_LONGEST = 1 << 24  # bytes of a header: a hundred times what any model needs
_RECORD = 1 << 12  # bytes that the head of one array may take
_DIGEST = len("sha256 \n") + 64
_BAD = (
    EOFError, LookupError, TypeError, ValueError, AttributeError, OverflowError, RecursionError, MemoryError,
    SyntaxError, tokenize.TokenError,
)  # fmt: skip
"""Exceptions of a damaged file, those of NumPy's array headers included."""


class _UnknownClassError(ValueError):
    """A class that is unknown; the file may be intact."""


def write(path: str | os.PathLike[str], obj: Any, about: dict[str, Any]) -> None:
    """Write ``obj`` with the metadata ``about`` to ``path``, atomically."""
    arrays: list[np.ndarray] = []
    header = {"xdvn": _MAGIC, "format": FORMAT, "about": about, "object": _encode(obj, arrays, type(obj).__name__)}
    with atomic_write(path) as stream:
        whole = _Hashed(stream)
        whole.write(json.dumps(header).encode() + b"\n")
        for array in arrays:
            np.lib.format.write_array(whole, array, version=(1, 0), allow_pickle=False)
        stream.write(f"sha256 {whole.digest.hexdigest()}\n".encode())


class _Hashed:
    """A stream that computes the digest of the bytes written."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.digest = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        return self._stream.write(data)


def read(path: str | os.PathLike[str], classes: Sequence[type] = ()) -> Any:
    """Read a file that ``write`` wrote.

    Parameters
    ----------
    path : path-like
        The file.
    classes : sequence of type
        Your own classes that the file may contain.

    Raises
    ------
    ValueError
        The file is not an xdvn model, of a newer format, damaged, or names an unknown class.
    """
    with open(path, "rb") as stream:
        header = _header(stream, path)
        known = {_name(c): c for c in classes}
        try:
            end = _end(stream, header)
            obj = _decode(header["object"], _Arrays(stream, end), known)
            if stream.tell() != end:
                raise EOFError(f"{end - stream.tell()} bytes are left over")
            return obj
        except _UnknownClassError:
            raise
        except _BAD as error:
            reason = str(error) or type(error).__name__
            raise ValueError(
                f"{os.fspath(path)!r} is damaged or cut short ({reason}); copy or save it again"
            ) from error


def header_of(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the header of a model file without reading the arrays."""
    with open(path, "rb") as stream:
        return _header(stream, path)


def _header(stream: IO[bytes], path: str | os.PathLike[str]) -> dict[str, Any]:
    try:
        header = json.loads(stream.readline(_LONGEST))
        if header["xdvn"] != _MAGIC:
            raise KeyError
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ValueError(f"{os.fspath(path)!r} is not an xdvn model file; write one with model.save(path)") from None
    if header.get("format") not in range(1, FORMAT + 1):
        raise ValueError(
            f"{os.fspath(path)!r} has format {header.get('format')!r}, this xdvn reads 1 to {FORMAT}; install the "
            "version that wrote it, or train again"
        )
    return header


def _end(stream: IO[bytes], header: dict[str, Any]) -> int:
    """Return the end of the arrays, after checking sizes and digest."""
    first, size = stream.tell(), os.fstat(stream.fileno()).st_size
    end = size if header["format"] == 1 else size - _DIGEST
    promised = [math.prod(shape) * dtype.itemsize for shape, dtype in _promised(header["object"])]
    if not sum(promised) <= end - first <= sum(promised) + _RECORD * len(promised):
        raise EOFError(f"it has {end - first} bytes of arrays where about {sum(promised)} were promised")
    if header["format"] > 1:
        stream.seek(0)
        digest = hashlib.sha256()
        for start in range(0, end, 1 << 20):
            digest.update(stream.read(min(1 << 20, end - start)))
        if stream.read() != f"sha256 {digest.hexdigest()}\n".encode():
            raise ValueError("its bytes are not those that were written: the SHA-256 differs")
        stream.seek(first)
    return end


def _promised(node: Any) -> Iterator[tuple[tuple[int, ...], np.dtype]]:
    """Yield shape and type of every array in a header."""
    if isinstance(node, dict) and isinstance(node.get("array"), str):  # a field may be called "array" too
        yield _shape_of(node)
    elif isinstance(node, dict | list):
        for each in node.values() if isinstance(node, dict) else node:
            yield from _promised(each)


def _shape_of(node: dict[str, Any]) -> tuple[tuple[int, ...], np.dtype]:
    shape, dtype = tuple(node["shape"]), np.dtype(node["dtype"])
    if dtype.kind not in "biufc" or not all(isinstance(n, int) and n >= 0 for n in shape):
        raise TypeError(f"an array of {shape} {dtype} is none of numbers")
    return shape, dtype


def _name(cls: type) -> str:
    """Return the public path of a class: the shortest xdvn package that exports it, else its module."""
    parts = cls.__module__.split(".")
    if parts[0] == "xdvn" and "." not in cls.__qualname__:
        for n in range(1, len(parts)):
            package = sys.modules.get(".".join(parts[:n]))
            # vars(), not getattr(): the lazy names of xdvn would import their modules.
            if vars(package or object).get(cls.__name__) is cls:
                return f"{'.'.join(parts[:n])}.{cls.__name__}"
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


@dataclasses.dataclass
class _Arrays:
    """Array records of a file, up to ``end``."""

    stream: IO[bytes]
    end: int

    def next(self, node: dict[str, Any]) -> np.ndarray:
        """Read the next array, which must match ``node``."""
        shape, dtype = _shape_of(node)
        if np.lib.format.read_magic(self.stream) != (1, 0):
            raise TypeError("an array has a head of another version")
        found, by_columns, kind = np.lib.format.read_array_header_1_0(self.stream)
        if found != shape or kind.str != dtype.str:
            raise TypeError(f"an array of {found} {kind} stands where {shape} {dtype} was promised")
        size = math.prod(shape) * dtype.itemsize
        if size > self.end - self.stream.tell():
            raise EOFError(f"an array of {size} bytes does not fit in what is left")
        # From a bytearray, so that the array is writable.
        flat = np.frombuffer(bytearray(self.stream.read(size)), dtype)
        return flat.reshape(shape[::-1]).T if by_columns else flat.reshape(shape)


def _decode(node: Any, arrays: _Arrays, known: dict[str, type]) -> Any:
    if node is None or isinstance(node, (bool, int, str)):
        return node
    if "float" in node:
        return float.fromhex(node["float"])
    if "enum" in node:
        return _lookup(node["enum"], known)[node["member"]]  # type: ignore[index]
    if "array" in node:
        array = arrays.next(node)
        return jnp.asarray(array) if node["array"] == "jax" else array
    if "tuple" in node:
        return tuple(_decode(v, arrays, known) for v in node["tuple"])
    if "list" in node:
        return [_decode(v, arrays, known) for v in node["list"]]
    if "dict" in node:
        return {k: _decode(v, arrays, known) for k, v in node["dict"].items()}
    return _object(_lookup(node["class"], known), node["fields"], arrays, known)


def _object(cls: type, values: dict[str, Any], arrays: _Arrays, known: dict[str, type]) -> Any:
    fields = {f.name: f for f in dataclasses.fields(cls)}
    earlier = FIELDS.get(f"{cls.__module__}.{cls.__qualname__}", {})
    values = {earlier.get(name, name): value for name, value in values.items()}
    # A field added later has its default value in older files.
    missing = dataclasses.MISSING
    late = {n for n, f in fields.items() if f.default is not missing or f.default_factory is not missing}
    if not set(fields) - late <= set(values) <= set(fields):
        raise KeyError(f"{_name(cls)} has the fields {sorted(fields)}, the file {sorted(values)}")
    obj: Any = object.__new__(cls)
    for name, value in values.items():
        object.__setattr__(obj, name, _decode(value, arrays, known))
    for name in set(fields) - set(values):
        factory = fields[name].default_factory
        default = fields[name].default if factory is missing else factory()
        object.__setattr__(obj, name, default)
    _check(cls, obj)
    return obj


def _check(cls: type, obj: Any) -> None:
    """Run the checks that the class runs on construction."""
    if not issubclass(cls, eqx.Module):
        if hasattr(cls, "__post_init__"):
            obj.__post_init__()
        return
    for each in cls.__mro__:
        if "__check_init__" in vars(each):
            vars(each)["__check_init__"](obj)


def _lookup(name: str, known: dict[str, type]) -> type:
    if name in known:
        return known[name]
    name = MOVED.get(name, name)
    module, _, qualname = name.rpartition(".")
    if module == "xdvn" or module.startswith("xdvn."):
        with contextlib.suppress(ImportError):
            found = getattr(importlib.import_module(module), qualname, None)
            if isinstance(found, type) and (dataclasses.is_dataclass(found) or issubclass(found, enum.Enum)):
                return found
    raise _UnknownClassError(
        f"the file contains a {name}, which this xdvn does not know; if it is yours, import it and pass "
        f"xdvn.load(path, classes=[{qualname}])"
    )
