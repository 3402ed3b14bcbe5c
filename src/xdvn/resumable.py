"""A reconstruction from file to file that survives being killed: each finished block is kept, a new run does the rest.

Blocks are stored one by one beside the output, in a folder ``<out>.unfinished`` with a note of what is being made; when
all are there they are written to the output, which then appears whole. The same command continues where a killed one
stopped; another model, other data or options are told apart by the note. Called by ``python -m xdvn reconstruct``.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dask
import dask.array
import numpy as np
import xarray as xr
from tqdm.auto import tqdm

from xdvn.atomic import appearing

__all__ = ["Unfinished", "note_of", "open_lazily", "write_whole"]


def open_lazily(path: str | os.PathLike[str]) -> xr.Dataset:
    """Open a NetCDF file or a zarr store as dask arrays."""
    where = Path(path)
    if not where.exists():
        raise FileNotFoundError(f"there is no {os.fspath(path)!r}; give a NetCDF file or a zarr store")
    if where.is_dir():
        return xr.open_zarr(where, chunks={}, consolidated=False)
    return xr.open_dataset(where, chunks={})


def note_of(model: Path, source: Path, ds: xr.Dataset, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what tells one piece of work from another: model, data and options."""
    coords = hashlib.sha256()
    for name in sorted(map(str, ds.coords)):
        coords.update(name.encode() + np.ascontiguousarray(ds[name].values).astype(str).tobytes())
    stat = source.stat()
    content = [stat.st_size, stat.st_mtime_ns] if source.is_file() else []
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    return {
        "model": digest, "data": str(source.resolve()), "content": content, "coordinates": coords.hexdigest(),
        "options": dict(options),
    }  # fmt: skip


@dataclass(frozen=True)
class Unfinished:
    """Finished blocks of lazy maps, in a folder.

    Parameters
    ----------
    folder : Path
        Where they are kept; made on first use.
    maps : xr.Dataset
        What is being computed, on dask arrays.
    note : mapping
        What it is made of.

    Raises
    ------
    FileExistsError
        The folder belongs to other work.
    """

    folder: Path
    maps: xr.Dataset
    note: Mapping[str, Any]

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        written = self.folder / "note.json"
        if not written.exists():
            with appearing(written) as stream:
                stream.write(json.dumps(dict(self.note)).encode())
        elif (found := json.loads(written.read_text("utf-8"))) != dict(self.note):
            changed = ", ".join(k for k in self.note if found.get(k) != self.note[k])
            raise FileExistsError(
                f"{str(self.folder)!r} holds unfinished work of another kind (it differs in: {changed}); finish that, "
                "or remove the folder"
            )

    @property
    def regions(self) -> list[dict[str, slice]]:
        """Where the blocks lie, in C order of the dimensions of the first map."""
        first = next(iter(self.maps.data_vars.values()))
        edges = [np.cumsum((0, *sizes)) for sizes in first.chunks or ()]
        cuts = [[slice(int(a), int(b)) for a, b in itertools.pairwise(e)] for e in edges]
        return [dict(zip(map(str, first.dims), each, strict=True)) for each in itertools.product(*cuts)]

    def compute(self, progress: bool = True) -> None:
        """Compute and keep the blocks that are not there yet."""
        regions = self.regions
        missing = [i for i in range(len(regions)) if not self._part(i).exists()]
        with tqdm(
            total=len(regions), initial=len(regions) - len(missing), desc="reconstruct", unit="block",
            disable=not progress,
        ) as bar:  # fmt: skip
            for i in missing:
                here = {d: s for d, s in regions[i].items() if d in self.maps.dims}
                (part,) = dask.compute(self.maps.isel(here), scheduler="threads")
                with appearing(self._part(i)) as stream:
                    np.savez(stream, **{str(name): da.values for name, da in part.data_vars.items()})
                bar.update()

    def whole(self) -> xr.Dataset:
        """Return the maps on dask arrays that read the finished blocks."""
        first = next(iter(self.maps.data_vars.values()))
        counts = [len(sizes) for sizes in first.chunks or ()]
        regions = self.regions
        found = {}
        for name, da in self.maps.data_vars.items():
            if da.dims != first.dims:
                found[name] = da.load()
                continue
            parts = np.empty(len(regions), object)
            for i, region in enumerate(regions):
                shape = tuple(s.stop - s.start for s in region.values())
                parts[i] = dask.array.from_delayed(dask.delayed(_read)(self._part(i), str(name)), shape, da.dtype)
            found[name] = da.copy(data=dask.array.block(_nested(list(parts), counts)))
        return self.maps.assign(found)

    def _part(self, i: int) -> Path:
        return self.folder / f"block_{i:06d}.npz"


def write_whole(maps: xr.Dataset, out: Path) -> None:
    """Write maps to a NetCDF file or, if ``out`` ends with .zarr, a zarr store, which appears whole or not at all."""
    beside = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        if out.suffix == ".zarr":
            maps.to_zarr(beside, mode="w", consolidated=False)
        else:
            maps.to_netcdf(beside)
        if out.is_dir():
            shutil.rmtree(out)
        os.replace(beside, out)
    finally:
        for left in _there(beside):
            shutil.rmtree(left) if left.is_dir() else left.unlink()


def _there(path: Path) -> Iterator[Path]:
    if path.exists():
        yield path


def _read(path: Path, name: str) -> np.ndarray:
    with np.load(path, allow_pickle=False) as part:
        return part[name]


def _nested(parts: list[Any], counts: list[int]) -> list[Any]:
    if len(counts) == 1:
        return parts
    each = len(parts) // counts[0]
    return [_nested(parts[i : i + each], counts[1:]) for i in range(0, len(parts), each)]
