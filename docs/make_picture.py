"""Draw the picture of the README from what ``make demo`` has written: ``python docs/make_picture.py [folder]``.

What four altimeters saw on one day, what two methods made of it and of the days around, and how wrong they were; the
mean front, which both know, is taken away.
"""

import sys
from pathlib import Path

import matplotlib as mpl
import xarray as xr
from PIL import Image

import xdvn
from xdvn.grid.heights import ANOMALIES
from xdvn.osse import BOX

DAY = "2012-11-12"


def main(folder: Path, picture: Path) -> None:
    """Draw one day of the demo's maps."""
    mpl.use("Agg")
    maps = xr.open_dataset(folder / "maps.nc").sel(BOX)
    sea = xdvn.datasets.eddies(progress=False).sel(BOX).sel(time=maps.time)
    eddies = {name: sea[name] - sea["ssh_front"] for name in ("ssh", "ssh_obs")}
    panels = {
        "optimal interpolation, tuned": maps["ssh_oi_tuned"] - sea["ssh_front"],
        "xdvn": maps["ssh"] - sea["ssh_front"],
    }
    for field in (*eddies.values(), *panels.values()):
        field.attrs = {"long_name": "sea surface height of the eddies", "standard_name": ANOMALIES[0], "units": "m"}
    figure = xdvn.plot.comparison(panels, eddies["ssh"], observations=eddies["ssh_obs"], time=DAY, limits=(-0.6, 0.6))
    figure.savefig(picture, dpi=100)
    with Image.open(picture) as image:
        image.convert("RGB").quantize(256, kmeans=2).save(picture, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "out"), Path(__file__).parent / "images" / "at_a_glance.png")
