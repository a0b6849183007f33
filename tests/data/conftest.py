"""The house of the acceptance tests, for real data."""

from tests.acceptance.conftest import furnished, new_house

__all__ = ["furnished", "new_house"]
