"""A Ray cluster of two nodes on this machine, of which a worker, the second node and the head are killed."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.benchmarks.scale.campaign import Campaign, Outcome, environment, kill, processes

_PATIENCE = 180.0  # seconds, for a command without a head to end and for its workers to do so
_OPTIONS = ("--engine", "ray", "--workers", "3")
_STEPS = 8  # of a job, between what happens to it


def disturbed(campaign: Campaign, name: str = "ray-nodes") -> Outcome:
    """A worker is killed, then the second node, then the head; a new cluster goes on with the job."""
    start, events = time.monotonic(), []
    with two_nodes() as (cluster, second):
        process = campaign.begin(name, *_OPTIONS, address=cluster.address)
        campaign.wait(name, process, _STEPS)
        if process.poll() is None and (pids := actors()):
            kill(pids[0])
            events.append("a worker killed")
        campaign.wait(name, process, _STEPS)
        if process.poll() is None:
            cluster.remove_node(second, allow_graceful=False)
            events.append("the second node")
        campaign.wait(name, process, _STEPS)
        if process.poll() is None:
            cluster.remove_node(cluster.head_node, allow_graceful=False)
            events.append("the head")
        events.append(_end(process))
    _until_no_actors()
    with two_nodes() as (cluster, _):
        campaign.run(name, *_OPTIONS, address=cluster.address)
    return campaign.outcome(name, f"{', '.join(events)}; then a new cluster", start)


@contextmanager
def two_nodes() -> Iterator[tuple[Any, Any]]:
    """The cluster and its second node, two cores each."""
    from ray.cluster_utils import Cluster  # on use: Ray is not always there

    os.environ |= environment() | {"RAY_USAGE_STATS_ENABLED": "0", "RAY_gcs_rpc_server_reconnect_timeout_s": "10"}
    settings = {"num_cpus": 2, "object_store_memory": 128 << 20, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=settings)
    try:
        yield cluster, cluster.add_node(num_cpus=2, object_store_memory=128 << 20)
    finally:
        cluster.shutdown()


def actors() -> list[int]:
    """The processes of Ray Data's workers on this machine."""
    return [pid for pid, _, command in processes() if command.startswith(b"ray::") and b"MapWorker" in command]


def _end(process: subprocess.Popen[bytes]) -> str:
    """How the command ended that lost its cluster."""
    try:
        process.communicate(timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return "the command waited and was killed"
    return f"the command ended with exit code {process.returncode}"


def _until_no_actors() -> None:
    end = time.monotonic() + _PATIENCE
    while actors() and time.monotonic() < end:
        time.sleep(0.5)
