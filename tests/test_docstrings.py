"""What is public says of every parameter what it is, and what comes back."""

import dataclasses
import inspect
import pkgutil
import re
from pathlib import Path

import pytest

PAGES = Path(__file__).resolve().parents[1] / "docs" / "api"
# Records are made by the package; what they hold is told under Attributes.
MADE_BY_US = ["Made by `", "not made by hand"]


def reference():
    """The names on pages of the reference; of a module, those that it offers."""
    for path in sorted(PAGES.glob("*.md")):
        module = ""
        for directive, name in re.findall(
            r"^\.\. (\w+):: ([\w.]+)$", path.read_text("utf-8"), re.MULTILINE
        ):
            if directive == "currentmodule":
                module = name
            elif directive == "automodule" and name != "sgns.sklearn":
                found = pkgutil.resolve_name(name)
                own = [
                    short
                    for short, thing in inspect.getmembers(found, inspect.isfunction)
                    if thing.__module__ == name and not short.startswith("_")
                ]
                yield from (f"{name}.{short}" for short in getattr(found, "__all__", own))
            elif directive in ("autoclass", "autofunction"):
                yield name if name.startswith("sgns.") else f"{module}.{name}"


def described(thing, qualified):
    """`thing`, and the methods of a class, each with a name."""
    yield qualified, thing
    if inspect.isclass(thing):
        for name, member in inspect.getmembers(thing, inspect.isroutine):
            home = getattr(member, "__module__", None) or ""
            is_ours = home.startswith("sgns") and member.__name__ == name
            if is_ours and not name.startswith("_"):
                yield f"{qualified}.{name}", member


def everything():
    for qualified in sorted(set(reference())):
        if qualified.startswith("sgns.sklearn"):
            continue  # needs scikit-learn; tested below
        thing = pkgutil.resolve_name(qualified)
        if callable(thing) and (inspect.isroutine(thing) or inspect.isclass(thing)):
            yield from described(thing, qualified)


def section(docstring, title):
    """The entries of a section: a line that names something, and what is said of it."""
    found = re.search(rf"^{title}\n-+\n(.*?)(?=\n\n\S[^\n]*\n---|\Z)", docstring, re.S | re.M)
    lines = found[1].splitlines() if found else []
    entries = {}
    for line in lines:
        if line.strip() and not line.startswith(" "):
            entries[line] = ""
        elif entries:
            entries[list(entries)[-1]] += line.strip() + " "
    return entries


def named(docstring, title="Parameters"):
    """The names in a section, with the line and the text of each."""
    return {
        name.strip().lstrip("*"): (line, text)
        for line, text in section(docstring, title).items()
        for name in re.split(r" :(?: |$)", line)[0].split(",")
    }


def refers_to(thing, docstring):
    """The docstrings that this one sends its readers to."""
    for name in re.findall(r"(?:[Ss]ee|[Aa]s) `([\w.]+)`", docstring):
        owner = thing.__module__
        around = thing.__qualname__.rpartition(".")[0]
        for candidate in (name, f"sgns.{name}", f"{owner}:{around}.{name}", f"{owner}:{name}"):
            try:
                yield inspect.getdoc(pkgutil.resolve_name(candidate)) or ""
            except (ImportError, AttributeError, ValueError):
                continue


def parameters(thing):
    try:
        signature = inspect.signature(thing)
    except ValueError:  # nothing of its own
        return []
    return [name for name in signature.parameters if name not in ("self", "cls")]


def missing(thing):
    """What a docstring leaves open."""
    docstring = inspect.getdoc(thing) or ""
    if not docstring:
        return ["a docstring"]
    is_record = inspect.isclass(thing) and (
        dataclasses.is_dataclass(thing) or issubclass(thing, tuple | Exception)
    )
    others = list(refers_to(thing, docstring))
    given = named(docstring)
    if is_record:
        given |= named(docstring, "Attributes")
    elsewhere = {name for other in others for name in named(other)}
    found = []
    if not any(mark in docstring for mark in MADE_BY_US):
        found += [name for name in parameters(thing) if name not in given.keys() | elsewhere]
    for name, (line, text) in named(docstring).items():
        if name not in parameters(thing):
            found.append(f"{name}, which is no parameter")
        if " : " not in line and not text.startswith("See `"):
            found.append(f"the type of {name}")
    if not inspect.isclass(thing):
        answer = inspect.signature(thing).return_annotation
        answers = [docstring, *others] if "Parameters\n---" not in docstring else [docstring]
        if answer not in ("None", "NoReturn") and not any(
            section(text, "Returns") or section(text, "Yields") for text in answers
        ):
            found.append("Returns")
    return found


@pytest.mark.parametrize(
    ("name", "thing"), list(everything()), ids=lambda it: it if isinstance(it, str) else ""
)
def test_public_things_are_described(name, thing):
    assert missing(thing) == [], name


def test_the_vectorizer_is_described():
    pytest.importorskip("sklearn", reason="needs the extra [sklearn]")
    from sgns.sklearn import DocumentVectorizer

    for name, thing in described(DocumentVectorizer, "DocumentVectorizer"):
        assert missing(thing) == [], name


def test_what_is_left_open_is_found():
    def vague(first: int, second: int) -> int:
        """Do something.

        Parameters
        ----------
        first
            A number.
        third : int
            What is this?
        """

    assert missing(vague) == [
        "second",
        "the type of first",
        "third, which is no parameter",
        "Returns",
    ]
