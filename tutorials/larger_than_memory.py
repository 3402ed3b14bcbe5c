# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # A basin that does not fit into memory
#
# A model is trained on a region and maps a basin: its windows are small, and the field may be as large as the disk.
# What is opened with dask stays lazy; `reconstruct` returns maps that are computed block by block when they are
# written. Here the basin is small enough to check that nothing has changed by that.

# %%
import os
from pathlib import Path

import numpy as np
import xarray as xr

import xdvn

SIZE = os.environ.get("XDVN_TUTORIAL", "small")  # "small": a minute; "full": a larger sea, some minutes
OUT = Path("out")
OUT.mkdir(exist_ok=True)

# %% [markdown]
# ## A basin in a file, a model of one corner of it
#
# The basin must have the model's spacing. On a grid of degrees the cells of another latitude have another size; a
# warning tells when that is more than 20 %.

# %%
twin = xdvn.osse.Twin.small(days=60) if SIZE == "small" else xdvn.osse.Twin(days=365)
basin = twin.make()
seen = basin.drop_vars(["ssh", "ssh_front"])  # observations, and where in their cells they were made
seen.to_netcdf(OUT / "basin.nc")
corner = basin.isel(lat=slice(0, 10), lon=slice(0, 10))
model = corner.dvn.fit(
    "ssh_obs",
    truth="ssh",
    patch={"time": 5, "lat": 8, "lon": 8} if SIZE == "small" else {"time": 9, "lat": 8, "lon": 8},
    epochs=1 if SIZE == "small" else 5,
    validation=0,
)
print(model)

# %% [markdown]
# ## Lazy in, lazy out
#
# `chunks={}` opens the file with dask. Nothing is solved yet: each variable says what it will be. For files of many
# gigabytes zarr is the better form (`pip install 'xdvn[scale]'`, `xr.open_zarr`, `maps.to_zarr`).

# %%
lazy = xr.open_dataset(OUT / "basin.nc", chunks={"time": 20})
maps = lazy.dvn.reconstruct(model, block={"time": 20, "lat": 8})
print(maps["ssh"].data)

# %% [markdown]
# A block solves all windows that touch it, so the maps do not depend on chunks or blocks. A block should be much larger
# than a window, or the windows across its edges are solved more than once; by default it reads at most 8 million cells.

# %%
maps.to_netcdf(OUT / "basin_maps.nc")

# %% [markdown]
# ## The same as in memory

# %%
at_once = seen.dvn.reconstruct(model)
written = xr.open_dataset(OUT / "basin_maps.nc")
difference = float(np.abs(written["ssh"] - at_once["ssh"]).max())
print(f"largest difference {difference:.1e} m")
assert difference < 1e-5

# %%
figure = written.dvn.plot("ssh")

# %% [markdown]
# ## On a cluster
#
# With a `dask.distributed.Client` the same call runs on its workers; the network is sent to each once. From the command
# line, with a restart where it was killed: `python -m xdvn reconstruct basin.zarr --model model.xdvn --out maps.zarr`
# ([Reliability](../docs/reliability.md)).
