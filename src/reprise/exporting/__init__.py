"""Export: a trained network as a bundle that is proved to answer as the network does."""
