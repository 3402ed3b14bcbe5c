# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # A basin larger than memory
#
# A model is trained on a region and maps a basin. Windows are small, and the field may be as large as the disk. A
# Dataset opened with dask is lazy, and `reconstruct` returns lazy maps that are computed block by block while they are
# written. Here the basin is small enough to compare with a reconstruction in memory.

# %%
import os
from pathlib import Path

import numpy as np
import xarray as xr

import xdvn

SIZE = os.environ.get("XDVN_TUTORIAL", "small")  # "small": a minute; "full": a larger ocean, some minutes
OUT = Path("out")
OUT.mkdir(exist_ok=True)

# %% [markdown]
# ## A basin in a file, a model of one corner
#
# The basin must have the spacing of the model. On a grid of degrees, cells at another latitude have another size.
# `reconstruct` warns if they differ by more than 20 %.

# %%
twin = xdvn.osse.Twin.small(days=60) if SIZE == "small" else xdvn.osse.Twin(days=365)
basin = twin.make()
observations = basin.drop_vars(["ssh", "ssh_front"])  # with their offsets in the cells
observations.to_netcdf(OUT / "basin.nc")
corner = basin.isel(lat=slice(0, 10), lon=slice(0, 10))
model = corner.dvn.fit(
    "ssh_obs",
    truth="ssh",
    validation=0,
    windows={"time": 5, "lat": 8, "lon": 8} if SIZE == "small" else {"time": 9, "lat": 8, "lon": 8},
    training=xdvn.Training(epochs=1 if SIZE == "small" else 5),
)
print(model)

# %% [markdown]
# ## Lazy reconstruction
#
# With `chunks=`, `open_dataset` uses dask. Nothing is solved yet: each variable shows its future shape. For files of
# many gigabytes use zarr (`pip install 'xdvn[scale]'`, `xr.open_zarr`, `maps.to_zarr`).

# %%
lazy = xr.open_dataset(OUT / "basin.nc", chunks={"time": 20})
maps = lazy.dvn.reconstruct(model, block={"time": 20, "lat": 8})
print(maps["ssh"].data)

# %% [markdown]
# A block solves all windows that touch it, so the maps do not depend on chunks or blocks. A block should be much larger
# than a window: windows across its edges are solved more than once. By default a block reads at most 8 million cells.

# %%
maps.to_netcdf(OUT / "basin_maps.nc")

# %% [markdown]
# ## Comparison with a reconstruction in memory

# %%
in_memory = observations.dvn.reconstruct(model)
written = xr.open_dataset(OUT / "basin_maps.nc")
difference = float(np.abs(written["ssh"] - in_memory["ssh"]).max())
print(f"largest difference {difference:.1e} m")
assert difference < 1e-5

# %%
figure = written.dvn.plot("ssh")

# %% [markdown]
# ## On a cluster
#
# With a `dask.distributed.Client` the same call runs on its workers; each receives the network once. The command line
# resumes after an interruption: `xdvn reconstruct basin.zarr --model model.xdvn --out maps.zarr`
# ([Reliability](../docs/reliability.md)).
