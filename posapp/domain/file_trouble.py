"""What went wrong with a file, as one sentence with what to do: for commands, which speak English.

Knows the numbers of errors that systems give; refuses to look at the disk itself.
"""

from __future__ import annotations

import errno
from typing import Final

_SENTENCES: Final = {
    errno.ENOENT: "{name} does not exist: check the name, and that its folder exists",
    errno.EISDIR: "{name} is a folder: name a file",
    errno.ENOTDIR: "{name} lies in something that is no folder: name another place",
    errno.EEXIST: "{name} is there already: name another, or remove it first",
    errno.EACCES: "no permission for {name}: give it to this user, or run this as a user who has it",
    errno.EPERM: "no permission for {name}: give it to this user, or run this as a user who has it",
    errno.EROFS: "{name} lies on a disk that may only be read: name another place",
    errno.ENOSPC: "the disk of {name} is full: make room, then run this again",
    errno.EDQUOT: "this user may keep no more on the disk of {name}: make room, then run this again",
    errno.EMFILE: "too many files are open: close some, then run this again",
    errno.ENAMETOOLONG: "the name {name} is too long: name a shorter one",
    errno.EADDRINUSE: "the port is in use by another program: end that, or name another port",
    errno.ECONNREFUSED: "nothing answers there: check the address, and that the other side runs",
}


def file_sentence(trouble: OSError) -> str:
    """One sentence about a file that could not be read or written."""
    name = trouble.filename if trouble.filename2 is None else trouble.filename2
    shown = name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name or "the file")
    sentence = _SENTENCES.get(trouble.errno or 0)
    if sentence is not None:
        return sentence.format(name=shown)
    return f"cannot read or write {shown}: {trouble.strerror or trouble}; check it, then run this again"
