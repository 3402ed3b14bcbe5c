"""``python -m xdvn``: the same as the console script ``xdvn``."""

from xdvn.cli.commands import main

if __name__ == "__main__":
    main()
