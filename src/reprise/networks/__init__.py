"""Networks: from decoded items to the probabilities of the classes."""
