"""`make faults`: breaks everything in turn under traffic, and counts what became of it all."""
