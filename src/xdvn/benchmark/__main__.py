"""The command line: ``python -m xdvn.benchmark twin --observations nadir4 --method oi 4dvarnet my_maps.nc``."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from xdvn.benchmark.challenge import Challenge
from xdvn.benchmark.evaluation import GriddedEvaluation
from xdvn.benchmark.leaderboard import Leaderboard, run_challenge
from xdvn.benchmark.methods import (
    AbstractMethod,
    DineofMethod,
    Interpolation,
    MapsFromFile,
    Network,
    SavedModel,
    TunedInterpolation,
)
from xdvn.benchmark.ose_2021a import ose_2021a, ose_2021a_sample
from xdvn.benchmark.osse_2020a import osse_2020a
from xdvn.benchmark.regridding import regrid
from xdvn.benchmark.twin import twin

__all__ = ["main"]

_CHALLENGES: dict[str, Callable[..., Challenge]] = {
    "twin": twin,
    "2020a": osse_2020a,
    "2021a": ose_2021a,
    "2021a-sample": ose_2021a_sample,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the command line, run the challenge and print the leaderboard."""
    parser = argparse.ArgumentParser(
        prog="python -m xdvn.benchmark",
        description="Run methods on an SSH mapping challenge and print the leaderboard.",
    )
    parser.add_argument("challenge", choices=list(_CHALLENGES), help="challenge; twin and 2021a-sample are small")
    parser.add_argument(
        "--observations", help="twin, 2020a: nadir4 (default) or nadir4swot; 2021a: nadir5; 2021a-sample: nadir1"
    )
    parser.add_argument(
        "--method", nargs="+", default=["oi"], metavar="NAME|FILE",
        help="oi (tuned), oi-challenge, dineof, 4dvarnet, a model.xdvn, or maps in a NetCDF file (default: oi)",
    )  # fmt: skip
    parser.add_argument("--epochs", type=int, default=7, help="training epochs of 4dvarnet (default: 7, three minutes)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the training (default: 0)")
    parser.add_argument("--variable", help="name of the sea surface height in the NetCDF file")
    parser.add_argument("--reference", help="2020a: folder of the hourly truth at 1/60 degree, to score on its grid")
    parser.add_argument("--out", help="folder for maps, table and figure")
    options = parser.parse_args(arguments)
    if options.reference and options.challenge != "2020a":
        parser.error(
            f"--reference {options.reference}: expected the challenge 2020a, got {options.challenge}. Omit it."
        )
    make = _CHALLENGES[options.challenge]
    try:
        methods = [_method(word, options) for word in options.method]
    except ValueError as error:
        parser.error(str(error))
    more = {"reference": options.reference} if options.reference else {}
    challenge = partial(make, **more)(options.observations) if options.observations else make(**more)
    board = run_challenge(challenge, methods)
    print(f"\n{board}")
    if options.out:
        _write(board, Path(options.out))


def _method(word: str, options: argparse.Namespace) -> AbstractMethod:
    if word in (methods := _methods(options)):
        return methods[word]
    path = Path(word)
    if not path.is_file():
        raise ValueError(f"--method {word}: expected a file or one of {', '.join(methods)}. Check the path.")
    return SavedModel(path) if path.suffix == ".xdvn" else MapsFromFile(path, options.variable)


def _methods(options: argparse.Namespace) -> dict[str, AbstractMethod]:
    return {
        "oi": TunedInterpolation(),
        "oi-challenge": Interpolation(),
        "dineof": DineofMethod(),
        "4dvarnet": Network(options.epochs, options.seed),
    }


def _write(board: Leaderboard, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "leaderboard.txt").write_text(f"{board}\n", encoding="utf-8")
    for entry in board.entries:
        entry.maps.to_netcdf(folder / f"{re.sub('[^A-Za-z0-9]+', '_', entry.title).strip('_')}.nc")
    evaluation = board.challenge.evaluation
    if isinstance(evaluation, GriddedEvaluation):
        from xdvn import plot

        truth = evaluation.truth
        panels = {e.title: regrid(e.maps, truth).assign_attrs(e.maps.attrs) for e in board.entries}
        middle = str(truth["time"].values[truth.sizes["time"] // 2])[:10]
        picture = plot.comparison(panels, truth, time=middle)
        picture.savefig(folder / "maps.png", dpi=120)


if __name__ == "__main__":
    main()
