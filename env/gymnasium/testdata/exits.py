"""Ends the process while it is imported."""

import os

print("so long")
os._exit(5)
