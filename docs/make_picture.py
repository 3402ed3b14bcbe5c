"""Figure of the README, from the output of ``make demo``: ``python docs/make_picture.py [folder]``.

The observations of four altimeters on one day, two reconstructions and their errors. The mean front, which both methods
use, is subtracted.
"""

import sys
from pathlib import Path

import matplotlib as mpl
import xarray as xr
from PIL import Image

import xdvn
from xdvn.grid.sea_level import ANOMALIES
from xdvn.osse import BOX

DAY = "2012-11-12"


def main(folder: Path, picture: Path) -> None:
    """Draw one day of the demo's maps."""
    mpl.use("Agg")
    maps = xr.open_dataset(folder / "maps.nc").sel(BOX)
    ocean = xdvn.datasets.eddies(progress=False).sel(BOX).sel(time=maps.time)
    eddies = {name: ocean[name] - ocean["ssh_front"] for name in ("ssh", "ssh_obs")}
    panels = {
        "optimal interpolation, tuned": maps["ssh_oi_tuned"] - ocean["ssh_front"],
        "xdvn": maps["ssh"] - ocean["ssh_front"],
    }
    for field in (*eddies.values(), *panels.values()):
        field.attrs = {"long_name": "sea surface height anomaly", "standard_name": ANOMALIES[0], "units": "m"}
    figure = xdvn.plot.comparison(panels, eddies["ssh"], observations=eddies["ssh_obs"], time=DAY, limits=(-0.6, 0.6))
    figure.savefig(picture, dpi=100)
    with Image.open(picture) as image:
        image.convert("RGB").quantize(256, kmeans=2).save(picture, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "out"), Path(__file__).parent / "images" / "at_a_glance.png")
