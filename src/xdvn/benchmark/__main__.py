"""The command line: ``python -m xdvn.benchmark twin --observations nadir4 --method oi 4dvarnet my_maps.nc``."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from xdvn.benchmark.challenge import Challenge
from xdvn.benchmark.evaluation import AgainstTruth
from xdvn.benchmark.leaderboard import Leaderboard, compete
from xdvn.benchmark.methods import (
    AbstractMethod,
    EmpiricalModes,
    Interpolation,
    MapsOfFile,
    Network,
    SavedModel,
    TunedInterpolation,
)
from xdvn.benchmark.ose_2021a import ose_2021a, ose_2021a_sample
from xdvn.benchmark.osse_2020a import osse_2020a
from xdvn.benchmark.twin import twin

__all__ = ["main"]

_CHALLENGES: dict[str, Callable[..., Challenge]] = {
    "twin": twin,
    "2020a": osse_2020a,
    "2021a": ose_2021a,
    "2021a-sample": ose_2021a_sample,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the command line, take up the challenge and print the leaderboard."""
    parser = argparse.ArgumentParser(
        prog="python -m xdvn.benchmark",
        description="Take up an SSH mapping challenge and print its leaderboard.",
    )
    parser.add_argument("challenge", choices=list(_CHALLENGES), help="twin and 2021a-sample are small")
    parser.add_argument("--observations", help="nadir4 (default) or nadir4swot of twin and 2020a; nadir5 of 2021a")
    parser.add_argument(
        "--method", nargs="+", default=["oi"], metavar="NAME|FILE",
        help="oi (tuned), oi-challenge, dineof, 4dvarnet, a model.xdvn, or maps in a NetCDF file; default oi",
    )  # fmt: skip
    parser.add_argument("--epochs", type=int, default=7, help="of 4dvarnet's training (default 7, three minutes)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the training (default 0)")
    parser.add_argument("--variable", help="which variable of a NetCDF file is the sea surface height")
    parser.add_argument("--reference", help="2020a: folder of the hourly truth at 1/60 degree, to score on its grid")
    parser.add_argument("--out", help="folder to write maps, table and picture to")
    given = parser.parse_args(arguments)
    if given.reference and given.challenge != "2020a":
        parser.error(f"--reference belongs to 2020a, not to {given.challenge}; leave it out")
    make = _CHALLENGES[given.challenge]
    try:
        methods = [_method(word, given) for word in given.method]
    except ValueError as refusal:
        parser.error(str(refusal))
    options = {"reference": given.reference} if given.reference else {}
    challenge = partial(make, **options)(given.observations) if given.observations else make(**options)
    board = compete(challenge, methods)
    print(f"\n{board}")
    if given.out:
        _write(board, Path(given.out))


def _method(word: str, given: argparse.Namespace) -> AbstractMethod:
    if word in (known := _methods(given)):
        return known[word]
    path = Path(word)
    if not path.is_file():
        raise ValueError(f"--method {word}: neither a file nor one of {', '.join(known)}")
    return SavedModel(path) if path.suffix == ".xdvn" else MapsOfFile(path, given.variable)


def _methods(given: argparse.Namespace) -> dict[str, AbstractMethod]:
    return {
        "oi": TunedInterpolation(),
        "oi-challenge": Interpolation(),
        "dineof": EmpiricalModes(),
        "4dvarnet": Network(given.epochs, given.seed),
    }


def _write(board: Leaderboard, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "leaderboard.txt").write_text(f"{board}\n", encoding="utf-8")
    for entry in board.entries:
        entry.maps.to_netcdf(folder / f"{re.sub('[^A-Za-z0-9]+', '_', entry.title).strip('_')}.nc")
    evaluation = board.challenge.evaluation
    if isinstance(evaluation, AgainstTruth):
        from xdvn import plot

        truth = evaluation.truth
        panels = {e.title: e.maps.sel({d: truth[d] for d in truth.dims}, method="nearest") for e in board.entries}
        panels = {k: v.assign_coords({d: truth[d] for d in truth.dims}) for k, v in panels.items()}
        middle = str(truth["time"].values[truth.sizes["time"] // 2])[:10]
        picture = plot.comparison(panels, truth, time=middle)
        picture.savefig(folder / "maps.png", dpi=120)


if __name__ == "__main__":
    main()
