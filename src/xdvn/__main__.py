"""The command line: ``python -m xdvn demo | fit | reconstruct | score | plot | info``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from xdvn import __version__
from xdvn.commands import add_commands, run

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the command line and run what it asks for."""
    parser = argparse.ArgumentParser(prog="python -m xdvn", description="Fill the gaps of satellite fields.")
    parser.add_argument("--version", action="version", version=f"xdvn {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    demo = commands.add_parser("demo", help="map a simulated sea from altimeter tracks, score it and draw it, offline")
    demo.add_argument("--seed", type=int, default=0, help="seed of the training (default 0)")
    demo.add_argument("--minutes", type=float, default=3.0, help="nominal training time on two cores (default 3)")
    demo.add_argument("--twin-seed", type=int, default=0, help="seed of the sea and of the orbits (default 0)")
    demo.add_argument("--out", default="out", help="folder for maps, model and pictures (default out)")
    add_commands(commands)
    given = parser.parse_args(arguments)
    if given.command != "demo":
        run(given.run, given)
        return
    if given.minutes <= 0:
        parser.error(f"--minutes {given.minutes:g} leaves no time to train; give a positive number such as 3")
    from xdvn.compilation import kept_programs
    from xdvn.demo import main as run_demo

    with kept_programs():
        run_demo(given.seed, given.minutes, given.twin_seed, given.out)


if __name__ == "__main__":
    main()
