"""Entry point of ``python -m generator``."""

import signal
import sys

from generator.command_line import main

# A polite kill is an interrupt: the half-written files are removed.
signal.signal(signal.SIGTERM, signal.default_int_handler)
sys.exit(main())
