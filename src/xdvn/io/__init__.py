"""Files that xdvn writes and reads: models and checkpoints (``model_file``), written atomically (``atomic``)."""
