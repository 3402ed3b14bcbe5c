"""What an operator runs: ``python -m xdvn fit | reconstruct | score | plot | info``, from files to files.

Exit codes: 0 done; 1 the data, the model or the options do not fit, and a line on stderr says why; 2 the command line
is wrong; 3 there is something in the place of the output, and nothing was asked to be overwritten; 130 interrupted.
Nothing that is written appears before it is whole.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

__all__ = ["add_commands", "run"]


def add_commands(commands: Any) -> None:
    """Add the sub-commands to those of an ``argparse`` parser."""
    _add_reconstruct(commands)
    _add_fit(commands)
    told = commands.add_parser("score", help="score maps against the truth")
    told.add_argument("maps", type=Path, help="NetCDF file or zarr store of maps")
    told.add_argument("truth", type=Path, help="the same of the truth: a gridded field, or a track")
    told.add_argument("--variable", required=True, help="name of the truth; of the maps too unless --map is given")
    told.add_argument("--map", help="name of the map")
    told.set_defaults(run=_score)
    drawn = commands.add_parser("plot", help="draw one day of maps")
    drawn.add_argument("maps", type=Path, help="NetCDF file or zarr store of maps")
    drawn.add_argument("--out", type=Path, required=True, help="picture to write: .png, .pdf or .svg")
    drawn.add_argument("--variable", nargs="+", default=[], help="what to draw (default: all that vary in time)")
    drawn.add_argument("--time", help="the day, such as 2013-08-20 (default: the middle one)")
    _may_overwrite(drawn)
    drawn.set_defaults(run=_plot)
    about = commands.add_parser("info", help="say what a model file holds")
    about.add_argument("model", type=Path, help="a model.xdvn")
    about.set_defaults(run=_info)


def run(command: Callable[[argparse.Namespace], None], given: argparse.Namespace) -> None:
    """Run a command, and end the process with its exit code and one line where it fails."""
    try:
        command(given)
    except FileExistsError as error:
        _stop(3, error)
    except (KeyError, ValueError, TypeError, OSError) as error:
        _stop(1, error)
    except KeyboardInterrupt:
        _stop(130, InterruptedError("interrupted; the same command continues where it stopped"))


def _stop(code: int, error: BaseException) -> None:
    # A KeyError shows its message in quotes; an OSError begins with its number.
    said = error.args[0] if isinstance(error, KeyError) and error.args else getattr(error, "strerror", None) or error
    print(f"xdvn: {said}", file=sys.stderr)
    raise SystemExit(code)


def _add_reconstruct(commands: Any) -> None:
    parser = commands.add_parser("reconstruct", help="map gappy observations with a trained model, block by block")
    parser.add_argument("observations", type=Path, help="NetCDF file or zarr store")
    parser.add_argument("--model", type=Path, required=True, help="a model.xdvn")
    parser.add_argument("--out", type=Path, required=True, help="NetCDF file, or a zarr store if it ends with .zarr")
    parser.add_argument("--batch-size", type=int, default=4, help="windows solved at once (default 4)")
    parser.add_argument("--block", nargs="+", default=[], metavar="DIM=STEPS", help="steps that a block maps")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    _may_overwrite(parser)
    parser.set_defaults(run=_reconstruct)


def _add_fit(commands: Any) -> None:
    parser = commands.add_parser("fit", help="train a model on observations and their truth")
    parser.add_argument("data", type=Path, help="NetCDF file or zarr store with observations and truth")
    parser.add_argument("--obs", nargs="+", required=True, help="observed variables")
    parser.add_argument("--truth", nargs="+", required=True, help="their complete counterparts, in the same order")
    parser.add_argument("--out", type=Path, required=True, help="the model.xdvn to write")
    parser.add_argument("--patch", nargs="+", default=[], metavar="DIM=STEPS", help="window sizes, as time=15 lat=32")
    parser.add_argument("--overlap", nargs="+", default=[], metavar="DIM=STEPS", help="steps that windows share")
    parser.add_argument("--covariates", nargs="+", default=[], help="fields known everywhere")
    parser.add_argument("--epochs", type=int, help="passes over the training windows (default: 1000 updates)")
    parser.add_argument("--batch-size", type=int, default=2, help="windows per update (default 2)")
    parser.add_argument(
        "--validation", type=float, default=0.15, help="last share of days, to choose by (default 0.15)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of weights and order (default 0)")
    parser.add_argument("--continue-from", type=Path, metavar="MODEL", help="a model.xdvn to go on training")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    _may_overwrite(parser)
    parser.set_defaults(run=_fit)


def _may_overwrite(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--overwrite", action="store_true", help="replace what is there")


def _free(out: Path, given: argparse.Namespace) -> Path:
    if out.exists() and not given.overwrite:
        raise FileExistsError(f"{str(out)!r} is there already; give another --out, or --overwrite to replace it")
    if not out.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {str(out.parent)!r} to write to; make it first")
    return out


# Imported where they are used: ``--help`` needs none of them.


def _reconstruct(given: argparse.Namespace) -> None:
    from xdvn.model import load
    from xdvn.pipeline import reconstruct
    from xdvn.resumable import Unfinished, note_of, open_lazily, write_whole

    out, block = _free(given.out, given), _steps(given.block, "--block")
    model = load(given.model)
    ds = open_lazily(given.observations)
    options = {"batch_size": given.batch_size, "block": block}
    # Also what is not chunked in a file is mapped lazily, block by block.
    maps = reconstruct(ds.chunk(), model, progress=False, **options)
    folder = out.with_name(f"{out.name}.unfinished")
    work = Unfinished(folder, maps, note_of(given.model, given.observations, ds, options))
    work.compute(not given.quiet)
    write_whole(work.whole(), out)
    shutil.rmtree(folder)


def _fit(given: argparse.Namespace) -> None:
    from xdvn.model import load
    from xdvn.pipeline import fit
    from xdvn.resumable import open_lazily

    out = _free(given.out, given)
    ds = open_lazily(given.data)
    model = fit(
        ds,
        given.obs,
        truth=given.truth,
        covariates=given.covariates,
        patch=_steps(given.patch, "--patch"),
        overlap=_steps(given.overlap, "--overlap"),
        epochs=given.epochs,
        batch_size=given.batch_size,
        validation=given.validation,
        model=load(given.continue_from) if given.continue_from else None,
        seed=given.seed,
        checkpoint=out.with_name(f"{out.name}.checkpoint"),
        progress=not given.quiet,
    )
    model.save(out)
    out.with_name(f"{out.name}.checkpoint").unlink(missing_ok=True)


def _score(given: argparse.Namespace) -> None:
    from xdvn.resumable import open_lazily
    from xdvn.scoring import score

    truth = open_lazily(given.truth)
    if given.variable not in truth.variables:
        raise KeyError(f"{given.variable!r} is not in {str(given.truth)!r}; it has {', '.join(map(str, truth))}")
    scores = score(open_lazily(given.maps).load(), truth[given.variable].load(), name=given.map)
    for name, value in scores.data_vars.items():
        if value.ndim == 0 and value.dtype.kind == "f":
            print(f"{name!s:<16}{float(value):>12.4g} {value.attrs.get('units', '')}".rstrip())


def _plot(given: argparse.Namespace) -> None:
    from xdvn import plot
    from xdvn.resumable import open_lazily

    out = _free(given.out, given)
    maps = open_lazily(given.maps)
    options = {"time": given.time} if given.time else {}
    drawn: Any = plot.fields(maps, *given.variable, **options)
    drawn.savefig(out)


def _info(given: argparse.Namespace) -> None:
    from xdvn.model import load
    from xdvn.storage import header_of

    header = header_of(given.model)
    model = load(given.model)
    print(repr(model))
    print(f"  file         format {header['format']}, written by xdvn {header['about'].get('xdvn_version')}")
    if model.familiar is not None:
        dims = zip(model.spec.axes.space, model.familiar.region, strict=True)
        print(f"  trained on   {', '.join(f'{d} {low:g} to {high:g}' for d, (low, high) in dims)}")


def _steps(words: Sequence[str], option: str) -> dict[str, int] | None:
    """Read ``time=15 lat=32``."""
    bad = [w for w in words if not re.fullmatch(r"[^=]+=[0-9]+", w)]
    if bad:
        raise ValueError(f"{option} {bad[0]}: expected a dimension and steps, such as time=15")
    return {dim: int(steps) for dim, steps in (w.split("=") for w in words)} or None
