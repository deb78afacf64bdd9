"""Raw data of every format as labelled examples, their splits, and the store that the later stages read."""
