"""The bench of the indexing tests, for calamities."""

from tests.indexing.conftest import bench

__all__ = ["bench"]
