"""MDX: what of it is plain Markdown is translated, and nothing else."""

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mtpipe.document import inline_codes
from mtpipe.formats.markdown.mdx import MdxFormat
from mtpipe.mt.fake import FakeTranslator

PAGE = """---
title: no
---
import Tabs from '@theme/Tabs';
import {
  x,
} from 'y';

# A title

Some **bold** words and `{code}` with a [link](./a.mdx).

<Tabs>
<TabItem value="a" label="no">

Inside a tab.

</TabItem>
</Tabs>

<Card
  title="no"
  onClick={() => go()}
>
  no
</Card>

Today is {date}: no.

Click <Icon name="x"/>: no.

{/* no */}

```jsx
<No>{x}</No>
```

- One item
- Another

export const a = 'no';

<>
The end.
</>
"""
SOURCES = ["A title", "Some **bold** words and `{code}` with a [link](./a.mdx).", "Inside a tab.", "One item",
           "Another", "The end."]  # fmt: skip


def read(text, tmp_path):
    path = tmp_path / "a.mdx"
    path.write_bytes(text.encode())
    return MdxFormat().read(path, "doc")


def written(document, targets, tmp_path):
    path = tmp_path / "b.mdx"
    segments = tuple(replace(s, draft=t) for s, t in zip(document.segments, targets, strict=True))
    MdxFormat().write(replace(document, segments=segments), path)
    return path.read_bytes().decode()


def test_plain_markdown_is_translated_and_all_else_stays(tmp_path):
    document = read(PAGE, tmp_path)
    assert [segment.source for segment in document.segments] == SOURCES
    capitals = [draft.text for draft in FakeTranslator().translate(document.segments)]
    expected = PAGE
    for source, capital in zip(SOURCES, capitals, strict=True):
        expected = expected.replace(source, capital)
    assert written(document, capitals, tmp_path) == expected
    for text in (PAGE, PAGE.replace("\n", "\r\n")):
        document = read(text, tmp_path)
        assert len(document.segments) == len(SOURCES)
        assert written(document, [None] * len(SOURCES), tmp_path) == text


def test_braces_that_a_translation_brings_are_escaped(tmp_path):
    assert written(read("Some words.\n", tmp_path), ["Ein {Wort}."], tmp_path) == "Ein \\{Wort\\}.\n"


PARTS = ["word ", "Ende.", "\n", "\n\n", "# ", "- ", "**b** ", "`{c}` ", "{x} ", "<A>", "</A>", "<A b={1}>", "<A\n",
         ">", "import a from 'b'\n", "export ", "```\n", "<>\n", "</>\n", "<p>", "---\n",
         "| a | b |\n|--|--|\n"]  # fmt: skip


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(parts=st.lists(st.sampled_from(PARTS), max_size=25))
def test_any_page_survives(parts, tmp_path):
    text = "".join(parts)
    document = read(text, tmp_path)
    assert written(document, [None] * len(document.segments), tmp_path) == text
    for segment in document.segments:
        assert inline_codes.broken(segment.source, segment.codes, segment.source) == []
        assert "{x}" not in segment.source and "<A" not in segment.source
