"""How a page is read: commands, what is shown, what may differ from run to run."""

import os
from collections.abc import Iterator

import pytest

from tests.docs.pages import ROOT, Page
from tests.pages.console import commands
from tests.pages.output import differs

PAGE = """\
Type this:

```console
$ one -d '{"a": 1,
    "b": 2}'
{"ids":["x"]}
$ cat <<END
text
END
```

```console
$ three a#b          # exit code 2: so it is
```

- in a list
  ```console
  $ two \\
      --more
  ```
"""


@pytest.fixture
def page() -> Iterator[Page]:
    path = ROOT / ".local" / f"page-{os.getpid()}.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text(PAGE)
    yield Page(path)
    path.unlink()


def test_a_command_goes_on_until_the_shell_would_run_it(page: Page) -> None:
    found = commands(page)
    assert [command.text for command in found] == [
        'one -d \'{"a": 1,\n    "b": 2}\'',
        "cat <<END\ntext\nEND",
        "three a#b          # exit code 2: so it is",
        "two \\\n    --more",
    ]
    assert [command.first for command in found][2] == "three a#b"
    assert [command.code for command in found] == [0, 0, 2, 0]
    assert [command.shown for command in found] == [('{"ids":["x"]}',), (), (), ()]
    assert [command.line for command in found] == [4, 7, 13, 18]


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        ("", "anything"),
        ("ready  in 7.2 s", "ready in 41 s"),
        ("at 2019-11-23 10:30:02Z", "at 2020-02-29 23:59:59Z"),
        ("one\n…\nfour", "one\ntwo\nthree\nfour"),
        ('{"id":"…","a":1}', '{"id":"anything","a":1}'),
        ("a 1 ms · b 2 ms", "b 3 ms · a 4 ms"),
        ("wa-api  3008  1  ready  1s  1  68 MiB", "wa-api  26008  24011  ready  2m 3s  1  70 MiB"),
        ("one", "parley: settings from .local/env\none"),
    ],
)
def test_what_differs_from_run_to_run_is_the_same(shown: str, said: str) -> None:
    assert differs(shown.splitlines(), said) is None


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        ("one", "two"),
        ("one", "one\ntwo"),
        ("one\ntwo", "one"),
        ("3 dead letters", "2 dead letters"),
        ("one\n…\nfour", "one\ntwo"),
        ("ready in 7.2 s", "ready"),
    ],
)
def test_another_text_is_told_with_both(shown: str, said: str) -> None:
    fault = differs(shown.splitlines(), said)
    assert fault is not None
    assert shown.splitlines()[-1].split()[-1] in fault


def test_a_page_begins_its_blocks_with_a_command(page: Page) -> None:
    page.path.write_text("```console\nerror\n```\n")
    with pytest.raises(ValueError, match="begins with a command"):
        commands(page)
