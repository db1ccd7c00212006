"""Jobs that do not depend on each other: where they run, and how their results outlast a killed run.

They run in processes of this machine, or on the workers of a Dask cluster.
"""
