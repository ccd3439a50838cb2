"""python -m mtpipe"""

from mtpipe.cli import main

main(prog_name="mtpipe")
