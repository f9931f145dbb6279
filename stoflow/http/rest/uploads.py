"""Files that come as the parts of a form: each is streamed to a file of its own, so that memory stays bounded."""

from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, Final, cast

from anyio import to_thread
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from stoflow.domain.errors import InputError
from stoflow.domain.files import GivenFile
from stoflow.domain.outcome import FieldError
from stoflow.http.rest.problems import Malformed

FORM: Final = "multipart/form-data"
SPOOLED_BYTES: Final = 64 * 1024  # of each file, before it goes to the disk
WORD_BYTES: Final = 1024
SHOWN_CHARACTERS: Final = 200


@dataclass(frozen=True, slots=True)
class Upload:
    """What an operation takes of files: the name of their parts, and how many of them."""

    part: str
    most: int


@dataclass(frozen=True, slots=True)
class Uploaded:
    """The files of one request, in the order of their parts; they are there until it is answered."""

    files: tuple[GivenFile, ...]


class _Parser(MultiPartParser):
    spool_max_size = SPOOLED_BYTES


async def read_form(upload: Upload, request: Request) -> FormData:
    """Return the parts of a form, its files on the disk; the caller closes it. Raise Malformed."""
    parser = _Parser(
        request.headers, request.stream(), max_files=upload.most, max_fields=upload.most, max_part_size=WORD_BYTES
    )
    try:
        return await parser.parse()
    except MultiPartException as error:
        raise Malformed(f"The form cannot be read: {error.message.removesuffix('.')}.") from None


def files_of(upload: Upload, form: FormData) -> Uploaded:
    """Return the files of a form; raise InputError where there are none, naming each part that is none."""
    files, wrong = list[GivenFile](), list[FieldError]()
    for name, part in form.multi_items():
        if name == upload.part and isinstance(part, UploadFile):
            files.append(GivenFile(part.filename or "", part.file))
        else:
            wrong.append(FieldError(name[:SHOWN_CHARACTERS], f'Send each file as a part called "{upload.part}".'))
    if wrong or not files:
        errors = tuple(wrong) or (FieldError(upload.part, "Send one file at least."),)
        raise InputError("The form is not right.", errors)
    return Uploaded(tuple(files))


async def read_file(request: Request) -> BinaryIO:
    """Return the whole body as a file, at its beginning; the caller closes it."""
    file = cast("BinaryIO", SpooledTemporaryFile(SPOOLED_BYTES))  # noqa: SIM115  it outlives this function
    try:
        async for chunk in request.stream():
            await to_thread.run_sync(file.write, chunk)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file
