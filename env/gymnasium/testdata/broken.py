"""A module whose class cannot be made."""


class Raises:
    def __init__(self):
        1 / 0
