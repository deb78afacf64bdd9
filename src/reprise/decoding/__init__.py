"""From what a file holds to an array of one fixed shape and dtype: the same for a stage and for the server."""
