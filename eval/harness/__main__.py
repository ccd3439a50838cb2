"""python -m eval.harness"""

from eval.harness.cli import experiment

experiment(prog_name="python -m eval.harness")
