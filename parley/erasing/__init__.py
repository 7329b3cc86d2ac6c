"""The steps of `parley erase`, each for one kind of place that a person's data may be in."""
