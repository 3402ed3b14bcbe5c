"""Resumable reconstruction from file to file: finished blocks are stored, and a new run computes the others.

Blocks are stored in a folder ``<out>.unfinished`` with the fingerprint of the job. When all are complete, the output is
written atomically. The same command resumes an interrupted one; another model, other data or other options have another
fingerprint.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dask
import dask.array
import numpy as np
import xarray as xr
from tqdm.auto import tqdm

from xdvn.io.atomic import atomic_write

__all__ = ["BlockStore", "job_fingerprint", "open_lazily", "write_atomically"]


def open_lazily(path: str | os.PathLike[str]) -> xr.Dataset:
    """Open a NetCDF file or a zarr store as dask arrays."""
    source = Path(path)
    if not source.exists():
        raise FileNotFoundError(f"{os.fspath(path)!r} does not exist: expected a NetCDF file or a zarr store.")
    if source.is_dir():
        return xr.open_zarr(source, chunks={}, consolidated=False)
    return xr.open_dataset(source, chunks={})


def job_fingerprint(model: Path, source: Path, ds: xr.Dataset, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fingerprint of a job: model, data and options."""
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
class BlockStore:
    """Finished blocks of lazy maps, in a folder.

    Parameters
    ----------
    folder : Path
        Folder of the blocks, created on first use.
    maps : xr.Dataset
        Maps to compute, on dask arrays.
    fingerprint : mapping
        Fingerprint of the job.

    Raises
    ------
    FileExistsError
        The folder contains blocks of another job.
    """

    folder: Path
    maps: xr.Dataset
    fingerprint: Mapping[str, Any]

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / "note.json"
        if not path.exists():
            with atomic_write(path) as stream:
                stream.write(json.dumps(dict(self.fingerprint)).encode())
        elif (stored := json.loads(path.read_text("utf-8"))) != dict(self.fingerprint):
            changed = ", ".join(k for k in self.fingerprint if stored.get(k) != self.fingerprint[k])
            raise FileExistsError(
                f"{str(self.folder)!r} contains blocks of another job (different: {changed}). Finish that job, or "
                "remove the folder."
            )

    @property
    def regions(self) -> list[dict[str, slice]]:
        """Regions of the blocks, in C order of the dimensions of the first map."""
        first = next(iter(self.maps.data_vars.values()))
        edges = [np.cumsum((0, *sizes)) for sizes in first.chunks or ()]
        cuts = [[slice(int(a), int(b)) for a, b in itertools.pairwise(e)] for e in edges]
        return [dict(zip(map(str, first.dims), slices, strict=True)) for slices in itertools.product(*cuts)]

    def compute(self, progress: bool = True) -> None:
        """Compute and store the missing blocks."""
        regions = self.regions
        missing = [i for i in range(len(regions)) if not self._part(i).exists()]
        with tqdm(
            total=len(regions), initial=len(regions) - len(missing), desc="reconstruct", unit="block",
            disable=not progress,
        ) as bar:  # fmt: skip
            for i in missing:
                region = {d: s for d, s in regions[i].items() if d in self.maps.dims}
                (part,) = dask.compute(self.maps.isel(region), scheduler="threads")
                with atomic_write(self._part(i)) as stream:
                    np.savez(stream, **{str(name): da.values for name, da in part.data_vars.items()})
                bar.update()

    def assemble(self) -> xr.Dataset:
        """Return the maps on dask arrays that read the stored blocks."""
        first = next(iter(self.maps.data_vars.values()))
        counts = [len(sizes) for sizes in first.chunks or ()]
        regions = self.regions
        variables = {}
        for name, da in self.maps.data_vars.items():
            if da.dims != first.dims:
                variables[name] = da.load()
                continue
            parts = np.empty(len(regions), object)
            for i, region in enumerate(regions):
                shape = tuple(s.stop - s.start for s in region.values())
                parts[i] = dask.array.from_delayed(dask.delayed(_read)(self._part(i), str(name)), shape, da.dtype)
            variables[name] = da.copy(data=dask.array.block(_nested(list(parts), counts)))
        return self.maps.assign(variables)

    def _part(self, i: int) -> Path:
        return self.folder / f"block_{i:06d}.npz"


def write_atomically(maps: xr.Dataset, out: Path) -> None:
    """Write maps atomically to a NetCDF file or, if ``out`` ends with .zarr, to a zarr store."""
    temporary = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        if out.suffix == ".zarr":
            maps.to_zarr(temporary, mode="w", consolidated=False)
        else:
            maps.to_netcdf(temporary)
        if out.is_dir():
            shutil.rmtree(out)
        os.replace(temporary, out)
    finally:
        if temporary.is_dir():
            shutil.rmtree(temporary)
        else:
            temporary.unlink(missing_ok=True)


def _read(path: Path, name: str) -> np.ndarray:
    with np.load(path, allow_pickle=False) as part:
        return part[name]


def _nested(parts: list[Any], counts: list[int]) -> list[Any]:
    if len(counts) == 1:
        return parts
    size = len(parts) // counts[0]
    return [_nested(parts[i : i + size], counts[1:]) for i in range(0, len(parts), size)]
