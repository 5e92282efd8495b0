"""Imports what nobody has."""

import no_such_dependency
