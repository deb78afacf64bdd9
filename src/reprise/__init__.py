"""Machine-learning tasks from raw files to a served model, the same byte for byte each time."""
