"""A Ray cluster of two nodes on this machine, of which a worker, the second node and the head are killed.

python -m tests.benchmarks.scale.ray_nodes [PAGES]: the speed of two nodes of a core over that of one of two cores, with
the bundled model; each is a whole command on a cluster that is there.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.benchmarks import data
from tests.benchmarks.scale.campaign import ROOT, Campaign, Outcome, environment, kill, processes

_PATIENCE = 180.0  # seconds, for a command without a head to end and for its workers to do so
_OPTIONS = ("--engine", "ray", "--workers", "3")
_STEPS = 8  # of a job, between what happens to it


def disturbed(campaign: Campaign, name: str = "ray-nodes") -> Outcome:
    """A worker is killed, then the second node, then the head; a new cluster goes on with the job."""
    start, events = time.monotonic(), []
    with nodes(2, 2) as (cluster, second):
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
    _until_all_ended()
    with nodes(2, 2) as (cluster, _):
        campaign.run(name, *_OPTIONS, address=cluster.address)
    return campaign.outcome(name, f"{', '.join(events)}; then a new cluster", start)


@contextmanager
def nodes(*cores: int) -> Iterator[tuple[Any, Any]]:
    """A cluster of nodes with so many cores, and the last of them."""
    from ray.cluster_utils import Cluster  # on use: Ray is not always there

    os.environ |= environment() | {"RAY_USAGE_STATS_ENABLED": "0", "RAY_gcs_rpc_server_reconnect_timeout_s": "10"}
    memory = {"object_store_memory": 128 << 20}
    head = {"num_cpus": cores[0], "include_dashboard": False, **memory}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    try:
        others = [cluster.add_node(num_cpus=count, **memory) for count in cores[1:]]
        yield cluster, others[-1] if others else cluster.head_node
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


def _until_all_ended() -> None:
    """Workers outlive their head for some seconds, and keep their states locked as long."""
    end = time.monotonic() + _PATIENCE
    while any(command.startswith(b"ray::") for *_, command in processes()) and time.monotonic() < end:
        time.sleep(0.5)


def seconds(source: Path, out: Path, *cores: int) -> float:
    """What a command takes on a cluster of such nodes, with a worker a core."""
    with nodes(*cores) as (cluster, _):
        command = [sys.executable, "-m", "mtpipe", "translate", str(source), "--out", str(out), "-s", "en", "-t", "de",
                   "--editors", "", "--quiet", "--engine", "ray", "--workers", str(sum(cores))]  # fmt: skip
        start = time.monotonic()
        subprocess.run(command, cwd=ROOT, env=environment() | {"RAY_ADDRESS": cluster.address}, check=True)
        return time.monotonic() - start


def main(pages: int = 150) -> int:
    with TemporaryDirectory() as folder:
        source = data.fill(Path(folder, "in"), pages)
        one, two = seconds(source, Path(folder, "one"), 2), seconds(source, Path(folder, "two"), 1, 1)
    print(f"{pages} pages: one node of two cores {one:.1f} s, two nodes of one core {two:.1f} s, ratio {one / two:.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
