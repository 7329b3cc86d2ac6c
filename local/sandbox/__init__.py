"""Strict simulators of Meta's Graph API and of the Genesys platform, in one process.

They share no code with what they test, so that a mistake there is not repeated here.
"""
