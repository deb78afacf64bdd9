"""Training: the loop, what it saves to go on after a stop, and what it shows."""
