"""The control interface: how tests and the demo set up, drive and question the simulators."""
