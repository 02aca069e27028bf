"""Two worker processes of Dask on this machine, for what is dealt over several."""

from __future__ import annotations

import warnings
from contextlib import contextmanager

import pytest

__all__ = ["dask_client"]


@contextmanager
def dask_client(folder):
    """Yield a client of two worker processes, which keep their files in a folder."""
    distributed = pytest.importorskip("distributed", reason="Dask is not installed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Dask's own
        with (
            distributed.LocalCluster(
                n_workers=2,
                threads_per_worker=1,
                processes=True,
                dashboard_address=None,
                silence_logs=50,
                local_directory=folder,
            ) as cluster,
            distributed.Client(cluster) as client,
        ):
            yield client
