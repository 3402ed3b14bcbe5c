"""What ``ds.dvn`` says when it is looked at: axes, variables, share observed, and what to type next."""

from __future__ import annotations

import xarray as xr

from xdvn.grid.axes import find_axes

__all__ = ["describe"]


def describe(ds: xr.Dataset) -> str:
    """Return a few lines about a Dataset; never raises for a Dataset that cannot be mapped, but says why."""
    try:
        axes = find_axes(ds)
    except ValueError as error:
        return f"<xdvn> cannot map this Dataset yet: {error}"
    lines = [f"<xdvn> {axes.describe()} ({' x '.join(str(ds.sizes[d]) for d in axes.dims)})"]
    gappy: list[str] = []
    complete: list[str] = []
    for name, da in ds.data_vars.items():
        if set(da.dims) != set(axes.dims) or da.dtype.kind != "f":
            continue
        if "_offset_" in str(name):
            continue
        share = float(da.notnull().mean())
        (complete if share > 0.5 else gappy).append(str(name))
        lines.append(f"  {name:<20} {da.attrs.get('units', 'no units'):<10} {100 * share:5.1f} % known")
    if complete and not gappy:
        return "\n".join([*lines, "  next: nothing here has gaps; ds.dvn.plot(), ds.dvn.score(truth)"])
    obs = gappy[0] if gappy else "observed_variable"
    truth = f", truth={complete[0]!r}" if complete else ""
    lines.append(f"  next: model = ds.dvn.fit(obs={obs!r}{truth}); ds.dvn.reconstruct(model)")
    return "\n".join(lines)
