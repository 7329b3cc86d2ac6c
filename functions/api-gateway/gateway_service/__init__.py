"""The one public door: which route goes to which function, and how a request is passed on."""
