"""One person found in what may not name them, and taken out of it. Pure: values in, values out."""
