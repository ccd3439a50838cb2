"""Human translations as drafts for a client's glossary."""

import json

from eval.harness import client_drafts


def test_every_second_pair_with_a_term_is_a_draft_and_the_others_are_left_to_learn_from(tmp_path):
    pairs, terms, out = tmp_path / "en-ru.docs.tsv", tmp_path / "terms.csv", tmp_path / "out"
    lines = [f"Open the {what} that you have chosen\tОткройте {what}\tmore" for what in ("folder", "folder", "image")]
    pairs.write_text("\n".join([*lines, lines[0], "Open the <b>folder</b> that is here\tx"]) + "\n", encoding="utf-8")
    terms.write_text("source,target\nfolder,каталог\n", encoding="utf-8")
    assert client_drafts.write(pairs, terms, "en", "ru", 2, out) == 1
    row = json.loads((out / "drafts.jsonl").read_text(encoding="utf-8"))
    assert row["id"] == "docs.en-ru#0" and row["terms"] == [{"source": "folder", "target": "каталог"}]
    assert row["draft"] == row["reference"] == "Откройте folder"
    assert len((out / "rest.tsv").read_text(encoding="utf-8").splitlines()) == 2
