"""python -m mtpipe"""

from mtpipe.cli.main import main

main(prog_name="mtpipe")
