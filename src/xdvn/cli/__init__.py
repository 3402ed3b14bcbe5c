"""The command line program ``xdvn``: fit, reconstruct, score, plot, info and demo."""
