"""The layers under the functions. Nothing here imports a function."""
