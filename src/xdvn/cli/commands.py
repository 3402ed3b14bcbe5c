"""The commands ``xdvn fit | reconstruct | score | plot | info | demo``, which read and write files.

Exit codes: 0 success; 1 error in data, model or options, with the reason on stderr; 2 wrong command line; 3 the output
exists and --overwrite is not set; 130 interrupted. Output is written atomically.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from xdvn._version import __version__

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the command line and run the command."""
    parser = argparse.ArgumentParser(prog="xdvn", description="Reconstruct gappy ocean fields with 4DVarNet.")
    parser.add_argument("--version", action="version", version=f"xdvn {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    demo = commands.add_parser("demo", help="map a simulated sea from altimeter tracks, score and plot the maps")
    demo.add_argument("--seed", type=int, default=0, help="seed of the training (default: 0)")
    demo.add_argument("--minutes", type=float, default=3.0, help="nominal training time on two cores (default: 3)")
    demo.add_argument("--twin-seed", type=int, default=0, help="seed of the sea and of the orbits (default: 0)")
    demo.add_argument("--out", default="out", help="folder for maps, model and figures (default: out)")
    _add_commands(commands)
    options = parser.parse_args(arguments)
    if options.command != "demo":
        _run(options.run, options)
        return
    if options.minutes <= 0:
        parser.error(f"--minutes {options.minutes:g}: expected a positive number. Use e.g. 3.")
    from xdvn.cli.demo import main as run_demo
    from xdvn.core.compilation import persistent_compilation_cache

    with persistent_compilation_cache():
        run_demo(options.seed, options.minutes, options.twin_seed, options.out)


def _add_commands(commands: Any) -> None:
    """Add the sub-commands other than ``demo``."""
    _add_reconstruct(commands)
    _add_fit(commands)
    score = commands.add_parser("score", help="score maps against the truth")
    score.add_argument("maps", type=Path, help="NetCDF file or zarr store of maps")
    score.add_argument("truth", type=Path, help="NetCDF file or zarr store of the truth: a gridded field, or a track")
    score.add_argument("--variable", required=True, help="name of the truth, and of the map unless --map is set")
    score.add_argument("--map", help="name of the map")
    score.set_defaults(run=_score)
    plot = commands.add_parser("plot", help="plot one day of maps")
    plot.add_argument("maps", type=Path, help="NetCDF file or zarr store of maps")
    plot.add_argument("--out", type=Path, required=True, help="figure to write: .png, .pdf or .svg")
    plot.add_argument("--variable", nargs="+", default=[], help="variables to plot (default: all with a time)")
    plot.add_argument(
        "--time", help="day to plot, such as 2013-08-20, or its position, such as -1 (default: the middle one)"
    )
    _add_overwrite(plot)
    plot.set_defaults(run=_plot)
    info = commands.add_parser("info", help="show the contents of a model file")
    info.add_argument("model", type=Path, help="model file (.xdvn)")
    info.set_defaults(run=_info)


def _run(command: Callable[[argparse.Namespace], None], options: argparse.Namespace) -> None:
    """Run a command; if it fails, print one line and end the process with its exit code."""
    try:
        command(options)
    except FileExistsError as error:
        _stop(3, error)
    except (KeyError, ValueError, TypeError, OSError) as error:
        _stop(1, error)
    except KeyboardInterrupt:
        _stop(130, InterruptedError("interrupted; run the same command again to continue"))


def _stop(code: int, error: BaseException) -> None:
    # The text of a KeyError is in quotes; that of an OSError begins with its number.
    text: Any = error.args[0] if isinstance(error, KeyError) and error.args else error
    if isinstance(error, OSError) and error.strerror:
        text = error.strerror if error.filename is None else f"{error.strerror}: {error.filename!r}"
    print(f"xdvn: {text}", file=sys.stderr)
    raise SystemExit(code)


def _add_reconstruct(commands: Any) -> None:
    parser = commands.add_parser("reconstruct", help="map gappy observations with a trained model, block by block")
    parser.add_argument("observations", type=Path, help="NetCDF file or zarr store")
    parser.add_argument("--model", type=Path, required=True, help="model file (.xdvn)")
    parser.add_argument("--out", type=Path, required=True, help="NetCDF file, or a zarr store if it ends with .zarr")
    parser.add_argument("--batch-size", type=int, default=4, help="windows solved at once (default: 4)")
    parser.add_argument("--block", nargs="+", default=[], metavar="DIM=STEPS", help="block sizes, as time=30 lat=200")
    parser.add_argument("--quiet", action="store_true", help="hide the progress bar")
    _add_overwrite(parser)
    parser.set_defaults(run=_reconstruct)


def _add_fit(commands: Any) -> None:
    parser = commands.add_parser("fit", help="train a model on observations and their truth")
    parser.add_argument("data", type=Path, help="NetCDF file or zarr store with observations and truth")
    parser.add_argument("--obs", nargs="+", required=True, help="observed variables")
    parser.add_argument("--truth", nargs="+", required=True, help="complete variables, in the same order")
    parser.add_argument("--out", type=Path, required=True, help="model file to write (.xdvn)")
    parser.add_argument("--windows", nargs="+", default=[], metavar="DIM=STEPS", help="window sizes, as time=15 lat=32")
    parser.add_argument(
        "--overlap", nargs="+", default=[], metavar="DIM=STEPS", help="steps that neighbouring windows share"
    )
    parser.add_argument("--covariates", nargs="+", default=[], help="variables that are known everywhere")
    parser.add_argument("--epochs", type=int, help="passes over the training windows (default: about 1000 updates)")
    parser.add_argument("--batch-size", type=int, default=2, help="windows per update (default: 2)")
    parser.add_argument(
        "--validation", type=float, default=0.15, help="last fraction of days, for validation (default: 0.15)"
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of weights and window order (default: 0)")
    parser.add_argument("--init-from", type=Path, metavar="MODEL", help="model file to continue from (.xdvn)")
    parser.add_argument("--quiet", action="store_true", help="hide the progress bar")
    _add_overwrite(parser)
    parser.set_defaults(run=_fit)


def _add_overwrite(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--overwrite", action="store_true", help="replace an existing output")


def _checked_output(out: Path, options: argparse.Namespace) -> Path:
    if out.exists() and not options.overwrite:
        raise FileExistsError(f"{str(out)!r} exists: expected a new file. Choose another --out, or use --overwrite.")
    if not out.parent.is_dir():
        raise FileNotFoundError(f"--out: there is no folder {str(out.parent)!r}. Create it first.")
    return out


# Imports are inside the functions because ``--help`` needs none of them.


def _reconstruct(options: argparse.Namespace) -> None:
    from xdvn.api import reconstruct
    from xdvn.cli.resumable import BlockStore, job_fingerprint, open_lazily, write_atomically
    from xdvn.model import load

    out, block = _checked_output(options.out, options), _steps(options.block, "--block")
    model = load(options.model)
    ds = open_lazily(options.observations)
    settings = {"batch_size": options.batch_size, "block": block}
    # Chunks make the reconstruction lazy, so that it runs block by block.
    maps = reconstruct(ds.chunk(), model, progress=False, **settings)
    folder = out.with_name(f"{out.name}.unfinished")
    store = BlockStore(folder, maps, job_fingerprint(options.model, options.observations, ds, settings))
    store.compute(not options.quiet)
    write_atomically(store.assemble(), out)
    shutil.rmtree(folder)


def _fit(options: argparse.Namespace) -> None:
    from xdvn.api import fit
    from xdvn.cli.resumable import open_lazily
    from xdvn.grid.patches import Windows
    from xdvn.model import load
    from xdvn.training.settings import Training

    out = _checked_output(options.out, options)
    ds = open_lazily(options.data)
    model = fit(
        ds,
        options.obs,
        truth=options.truth,
        covariates=options.covariates,
        windows=Windows(_steps(options.windows, "--windows"), _steps(options.overlap, "--overlap")),
        training=Training(
            epochs=options.epochs,
            batch_size=options.batch_size,
            seed=options.seed,
            checkpoint=out.with_name(f"{out.name}.checkpoint"),
        ),
        validation=options.validation,
        init_from=load(options.init_from) if options.init_from else None,
        progress=not options.quiet,
    )
    model.save(out)
    out.with_name(f"{out.name}.checkpoint").unlink(missing_ok=True)


def _score(options: argparse.Namespace) -> None:
    from xdvn.api import score
    from xdvn.cli.resumable import open_lazily

    truth = open_lazily(options.truth)
    if options.variable not in truth.variables:
        raise KeyError(
            f"--variable {options.variable}: expected one of {', '.join(map(str, truth))} in {str(options.truth)!r}. "
            "Choose one of them."
        )
    scores = score(open_lazily(options.maps).load(), truth[options.variable].load(), name=options.map)
    for name, value in scores.data_vars.items():
        if value.ndim == 0 and value.dtype.kind == "f":
            print(f"{name!s:<16}{float(value):>12.4g} {value.attrs.get('units', '')}".rstrip())


def _plot(options: argparse.Namespace) -> None:
    from xdvn import plot
    from xdvn.cli.resumable import open_lazily

    out = _checked_output(options.out, options)
    maps = open_lazily(options.maps)
    position = options.time and re.fullmatch(r"-?\d{1,3}", options.time)
    time = int(options.time) if position else options.time or None
    figure: Any = plot.overview(maps, *options.variable, time=time)
    figure.savefig(out)


def _info(options: argparse.Namespace) -> None:
    from xdvn.io.model_file import header_of
    from xdvn.model import load

    header = header_of(options.model)
    model = load(options.model)
    print(repr(model))
    print(f"  file         format {header['format']}, written by xdvn {header['about'].get('xdvn_version')}")
    if model.training_domain is not None:
        dims = zip(model.spec.axes.space, model.training_domain.region, strict=True)
        print(f"  trained on   {', '.join(f'{d} {low:g} to {high:g}' for d, (low, high) in dims)}")


def _steps(words: Sequence[str], option: str) -> dict[str, int] | None:
    """Parse words such as ``time=15 lat=32``."""
    bad = [w for w in words if not re.fullmatch(r"[^=]+=[0-9]+", w)]
    if bad:
        raise ValueError(f"{option} {bad[0]}: expected DIM=STEPS. Write e.g. time=15.")
    return {dim: int(steps) for dim, steps in (w.split("=") for w in words)} or None
