"""What is open in the studio: the policy's file, drafts of it, and who may write.

Every text of a policy is a *version* with a key: the file itself is `file`, a draft has the digest
of its text. An address of the studio names the version it shows, so it shows the same again.
"""

from __future__ import annotations

from collections import OrderedDict
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from attrs import evolve

from meter.errors import MeterError, PolicyError, problem_at, quoted
from meter.loading import check_text
from meter.loading.policies import read_placed
from meter.loading.together import Places, files_of
from meter.loading.together.files import INCLUDE
from meter.loading.toml import read_text
from meter.resources import MOST_BYTES, replace_file, templates_folder
from meter.studio.line_ends import as_the_file_is_written
from meter.studio.site import SitePreviews
from meter.studio.version import (
    FILE,
    ConflictError,
    NotSavedError,
    UnknownVersionError,
    Version,
)

if TYPE_CHECKING:
    from pathlib import Path

    from meter.errors import Problem
    from meter.policy import Policy

__all__ = [
    "FILE",
    "ConflictError",
    "Desk",
    "NotSavedError",
    "SitePreviews",
    "UnknownVersionError",
    "Version",
]

_Kept = TypeVar("_Kept")

_MOST_DRAFTS = 500
_MOST_UNDONE = 100
_MOST_CHECKED = 8
_MOST_SEEN = 32
_KEY = 16  # hexadecimal digits: 64 bits


class Desk:
    """The open policy file, the drafts made of it, and what *Undo* gives back.

    Safe for threads. Nothing is written unless `may_write`, and then only files of the policy's own
    folder: its file, tests beside it that are new, and tests whose new answers are accepted.
    """

    def __init__(
        self, path: Path, *, may_write: bool = False, site: SitePreviews | None = None
    ) -> None:
        self.path = path.absolute()
        self.may_write = may_write
        self.site = site
        """The publisher's site, where links to it may be made."""
        self.log: Path | None = None
        """The log that was replayed last, as events in order of time."""
        self.log_name: str | None = None
        """What whoever gave the log calls it, where that is not the name of its file."""
        self._lock = Lock()
        self._drafts: OrderedDict[str, Version] = OrderedDict()
        self._seen: OrderedDict[str, str] = OrderedDict()
        self._undone: list[bytes] = []
        self._good: Policy | None = None
        self._checked: OrderedDict[str, tuple[Policy | None, tuple[Problem, ...]]] = OrderedDict()

    @property
    def folder(self) -> Path:
        """The folder of the policy: the only one that is ever written to."""
        return self.path.parent

    def file(self) -> Version:
        """Return the file as it is on disk now. A file that cannot be read has problems."""
        try:
            text = read_text(self.path)
        except PolicyError as error:
            return Version(
                key=FILE,
                text="",
                digest=digest(b""),
                base=digest(b""),
                began=digest(b""),
                policy=None,
                problems=error.problems,
            )
        file = self._version(FILE, text, _bytes(text))
        if file.policy is not None:
            self._good = file.policy
        with self._lock:
            _note(self._seen, file.digest, text, _MOST_SEEN)
        return file

    def seen(self, whole: str) -> str | None:
        """Return a text that the file had since the studio was started, by its digest."""
        with self._lock:
            return self._seen.get(whole)

    def version(self, key: str | None) -> Version:
        """Return the version of a key; without one, the file.

        Raises `UnknownVersionError` for a draft that is not kept.
        """
        if key is None or key in ("", FILE):
            return self.file()
        with self._lock:
            draft = self._drafts.get(key)
            if draft is not None:
                self._drafts.move_to_end(key)
        if draft is None:
            raise UnknownVersionError(
                f"the studio keeps no draft `{key[:_KEY]}`: it is of an earlier start, or many"
                " drafts ago; begin again from the file"
            )
        if INCLUDE not in draft.text:
            return draft
        policy, problems = self._check(draft.text, draft.digest)  # other files may have changed
        return evolve(draft, policy=policy, problems=problems)

    def keep(self, text: str, *, base: str | None = None, after: Version | None = None) -> Version:
        """Keep a text as a draft, and return its version; the file's own text is the file.

        `base` is the digest of the file that the text was made from, by default of the file as it
        is; `after` is the version that was changed to this text. A draft's key says all that, so
        that the same address always shows the same. Raises `PolicyError` for a text that is larger
        than a policy may be.
        """
        file = self.file()
        text = as_the_file_is_written(text, file.text)
        raw = _bytes(text)
        if len(raw) > MOST_BYTES:
            raise PolicyError(
                [
                    problem_at(
                        "too-large",
                        "this text is too large for a policy",
                        f"keep it under {MOST_BYTES} bytes",
                        name=self.path.name,
                    )
                ]
            )
        base = base or file.digest
        if text == file.text:
            return file
        began = base if after is None or after.is_file else after.began
        draft = self._version("", text, raw, base=base, began=began)
        if draft.policy is None:
            draft = evolve(draft, good=self.in_force(after or file))
        named = "" if draft.good is None else draft.good.digest
        key = digest(f"{base} {began} {named} ".encode() + raw)[:_KEY]
        draft = evolve(draft, key=key)
        with self._lock:
            _note(self._drafts, draft.key, draft, _MOST_DRAFTS)
        return draft

    def in_force(self, version: Version) -> Policy | None:
        """Return the version's policy; of a broken text, the last good one before it.

        That is the policy of the draft or file that a broken draft was made from. Of a broken file
        it is the last one that the file had since the studio began: never a draft's.
        """
        if version.policy is not None:
            return version.policy
        if version.is_file:
            return self._good
        return version.good

    def places_of(self, version: Version) -> Places:
        """Return where each part of a version's policy was written.

        Raises `PolicyError` for a text that is no usable policy.
        """
        return read_placed(files_of(version.text, str(self.path), self.folder))[1]

    def prompts_of(self, policy: Policy) -> Path | None:
        """Return the folder of the prompts that a policy brings along, if it names one."""
        named = policy.publication.templates
        return None if named is None else templates_folder(named, self.folder)

    def save(self, draft: Version, *, expected: str) -> Version:
        """Write a draft to the file, and return the file.

        `expected` is the digest of the file when the edit began. Raises `ConflictError` where the
        file holds something else now (it is left as it is), `PolicyError` for a draft that is no
        usable policy, and `MeterError` where nothing may be written.
        """
        self._check_may_write()
        if draft.policy is None:
            raise PolicyError(draft.problems)
        with self._lock:
            before = self._expected_bytes(expected, draft.key)
            self._write(_bytes(draft.text), draft.key)
            self._undone.append(before)
            del self._undone[:-_MOST_UNDONE]
        return self.file()

    @property
    def can_undo(self) -> bool:
        """Whether there is a *Save* of this studio to take back."""
        return bool(self._undone)

    def undo(self, *, expected: str) -> Version:
        """Give the file the bytes it had before the last *Save*.

        Raises like `save`, and `MeterError` where nothing was saved.
        """
        self._check_may_write()
        with self._lock:
            if not self._undone:
                raise MeterError("there is nothing to undo: the studio has saved nothing yet")
            self._expected_bytes(expected, FILE)
            self._write(self._undone[-1], FILE)
            self._undone.pop()
        return self.file()

    def add_file(self, name: str, text: str) -> Path:
        """Write a new file beside the policy, and return its path.

        Raises `MeterError` where nothing may be written, for a name that is no plain file name, and
        where a file is so called already.
        """
        self._check_may_write()
        path = self.folder / name
        if path.parent != self.folder or name.startswith(".") or not name.isprintable():
            raise MeterError(f"{quoted(name)} is not the name of a file beside the policy")
        try:
            with path.open("x", encoding="utf-8", newline="") as file:
                file.write(text)
        except FileExistsError:
            raise MeterError(f"there is a file {quoted(name)} already; choose another") from None
        except OSError as error:
            if path.is_file():  # an empty rest of this very attempt
                path.unlink(missing_ok=True)
            raise MeterError(f"{quoted(name)} cannot be written: {_reason(error)}") from None
        return path

    def rewrite_file(self, name: str, text: str, *, expected: str) -> None:
        """Write a new text into a file beside the policy that holds what `expected` says.

        `expected` is the digest of its bytes when they were read. Raises `ConflictError` where it
        holds something else now, and `MeterError` where nothing may be written or it is elsewhere.
        """
        self._check_may_write()
        path = self.folder / name
        if path.resolve().parent != self.folder.resolve() or not path.is_file():
            raise MeterError(f"{quoted(name)} is not the name of a file beside the policy")
        if digest(path.read_bytes()) != expected:
            raise ConflictError(f"{quoted(name)} was changed outside the studio meanwhile")
        try:
            replace_file(path, _bytes(text))
        except OSError as error:
            raise MeterError(f"{quoted(name)} cannot be written: {_reason(error)}") from None

    def _check_may_write(self) -> None:
        if not self.may_write:
            raise MeterError("the studio was started without `--write`, so it changes no file")

    def _expected_bytes(self, expected: str, draft: str) -> bytes:
        """Return what the file holds, where that is what somebody began with."""
        name = self.path.name
        if self.path.resolve().parent != self.folder.resolve():
            raise NotSavedError(
                f"`{name}` is a link to a file in another folder, and only the opened folder is"
                " written to; open that file itself",
                draft,
            )
        try:
            raw = self.path.read_bytes()
        except OSError as error:
            raise NotSavedError(f"`{name}` cannot be read: {_reason(error)}", draft) from None
        if digest(raw) != expected:
            raise ConflictError(f"`{name}` was changed outside the studio meanwhile")
        return raw

    def _write(self, raw: bytes, draft: str) -> None:
        try:
            replace_file(self.path, raw)
        except OSError as error:
            name = self.path.name
            raise NotSavedError(f"`{name}` cannot be written: {_reason(error)}", draft) from None

    def _version(
        self, key: str, text: str, raw: bytes, base: str | None = None, began: str | None = None
    ) -> Version:
        whole = digest(raw)
        policy, problems = self._check(text, whole)
        return Version(
            key=key,
            text=text,
            digest=whole,
            base=base or whole,
            began=began or base or whole,
            policy=policy,
            problems=problems,
        )

    def _check(self, text: str, whole: str) -> tuple[Policy | None, tuple[Problem, ...]]:
        """Return what a text comes to; of the last few that need no other file it is known."""
        with self._lock:
            found = self._checked.get(whole)
        if found is None:
            found = check_text(text, str(self.path), folder=self.folder)
            policy, _ = found
            if policy is not None and policy.publication.templates is not None:
                return found
            if INCLUDE in text:  # other files may change by themselves
                return found
            with self._lock:
                _note(self._checked, whole, found, _MOST_CHECKED)
        return found


def digest(raw: bytes) -> str:
    """Return the digest of a file: SHA-256 in hexadecimal digits."""
    return sha256(raw).hexdigest()


def _note(kept: OrderedDict[str, _Kept], key: str, value: _Kept, most: int) -> None:
    """Keep a value as the newest; of many, the oldest goes."""
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > most:
        kept.popitem(last=False)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _reason(error: OSError) -> str:
    return (error.strerror or "nobody says why").lower()
