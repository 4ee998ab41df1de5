"""How whoever reads us calls this program: a command that works when pasted where they are."""

import shlex
import shutil
import sys
from pathlib import Path
from typing import Final

PROGRAM: Final = "momento"


def own_command(started_as: str | None = None, *, directory: Path | None = None) -> str:
    """The command by which this program was started, ready to be pasted in `directory`.

    Relative where it lies below that directory, plain where the shell finds it by its name, else
    absolute. `started_as` is what the operating system says, `sys.argv[0]`; where another program
    runs us, it is the one beside our interpreter.
    """
    here = directory or Path.cwd()
    program = here / (started_as or sys.argv[0])
    if program.name != PROGRAM:
        program = Path(sys.executable).with_name(PROGRAM)
    if program.is_relative_to(here):
        relative = program.relative_to(here)
        # Without a slash the shell would look for it elsewhere.
        return shlex.quote(str(relative) if relative.parent.name else f"./{relative}")
    found = shutil.which(PROGRAM)
    if found is not None and program.exists() and Path(found).samefile(program):
        return PROGRAM
    return shlex.quote(str(program))
