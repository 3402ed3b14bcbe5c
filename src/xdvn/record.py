"""What a training reads: a record in memory in one or several takes, or a long one slab by slab.

Called by ``fit``, which asks for batches and does not care where they come from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import xarray as xr

from xdvn.core.augmentation import AbstractAugmentation
from xdvn.grid.familiar import Familiar
from xdvn.grid.holdout import Holdout
from xdvn.grid.packed import Packed
from xdvn.grid.spec import GridSpec
from xdvn.mapper import AbstractMapper
from xdvn.retakes import AbstractRetake, AsObserved, Withheld
from xdvn.slabs import Slabs, fits_in_memory
from xdvn.turns import Turns

__all__ = ["Record", "read_record"]


@dataclass(frozen=True)
class Record:
    """A record cut into batches.

    Parameters
    ----------
    batches : Turns or Slabs
        Where they come from.
    packed : Packed
        Arrays of the record, or of its first slab.
    familiar : Familiar
        What it looks like.
    """

    batches: Turns | Slabs
    packed: Packed
    familiar: Familiar


def read_record(
    ds: xr.Dataset,
    names: Sequence[tuple[str, str]],
    spec: GridSpec,
    split: Holdout,
    *,
    supervised: bool,
    valid: xr.DataArray | None,
    tracks: xr.Dataset | None,
    mapper: AbstractMapper | None,
    retake: AbstractRetake | None,
    n_retakes: int,
    batch_size: int,
    augmentation: AbstractAugmentation | None,
    seed: int,
    progress: bool,
) -> Record:
    """Return the record of ``fit``'s arguments.

    Raises
    ------
    ValueError
        What is asked for cannot be had together.
    """
    if not fits_in_memory(ds, names):
        asked = {"first_guess=": mapper, "tracks=": tracks, "retake=": retake, "no truth": not supervised or None}
        if wrong := [option for option, value in asked.items() if value is not None]:
            raise ValueError(
                f"a record that is read piece by piece is trained on with a truth alone, not with {', '.join(wrong)}; "
                "take fewer days or load them, as in ds.isel(time=slice(365)).load()"
            )
        slabs = Slabs(ds, names, spec, split, batch_size, augmentation, valid)
        return Record(slabs, slabs.sample, slabs.familiar)
    retake = retake or (AsObserved() if supervised else Withheld())
    target = spec.normalised(ds, [true for _, true in names]) if supervised else None
    takes = retake.takes(ds, names, spec.axes, 1 if isinstance(retake, AsObserved) else n_retakes, seed)
    if tracks is not None:
        takes = [retake.along_tracks(take, tracks, names, spec.axes, seed + i) for i, take in enumerate(takes)]
    pack = partial(spec.pack, valid=valid)
    turns = Turns(takes, pack, target, mapper, spec, split, batch_size, augmentation, progress)
    packed = pack(takes[0].seen, tracks=takes[0].tracks)
    seen = Familiar.measure(ds, [v.obs for v in spec.variables], packed, target, spec.axes, spec.patch[0])
    return Record(turns, packed, seen)
