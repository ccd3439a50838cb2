"""python -m eval.harness"""

from eval.harness.cli import harness

harness(prog_name="python -m eval.harness")
