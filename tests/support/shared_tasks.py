"""Small folders laid out as the organisers of the terminology tasks publish theirs; the texts were made up here."""

import json

# the pieces from which sentences are made: source word → target word, by pair
WORDS = {
    "ende": [("folder", "Ordner"), ("table", "Tabelle"), ("printer", "Drucker")],
    "enes": [("folder", "carpeta"), ("table", "tabla"), ("printer", "impresora")],
    "enru": [("folder", "папка"), ("table", "таблица"), ("printer", "принтер")],
    "enzh": [("folder", "文件夹"), ("table", "表格"), ("printer", "打印机")],
    "zhen": [("文件夹", "folder"), ("表格", "table"), ("打印机", "printer")],
}
SENTENCES = {"en": "Open the {} now.", "de": "Öffnen Sie jetzt {}.", "es": "Abra ahora {}.", "ru": "Откройте {}.",
             "zh": "现在打开{}。"}


def jsonl(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def rows(pair, listed=False):
    source_lang, target_lang = pair[:2], pair[2:]
    for source, target in WORDS[pair]:
        yield {source_lang: SENTENCES[source_lang].format(source), target_lang: SENTENCES[target_lang].format(target),
               "proper": {source: [target] if listed else target}, "random": {}, "noterm": {}}


def outputs(pair, wrong=0):
    """The references, the first `wrong` of them without their term."""
    source_lang, target_lang = pair[:2], pair[2:]
    for number, row in enumerate(rows(pair)):
        text = SENTENCES[target_lang].format("…") if number < wrong else row[target_lang]
        yield {source_lang: row[source_lang], target_lang: text}


def wmt25_clone(root):
    """Track 1 for German, Spanish and Russian, track 2 both ways for two years; one team has dots in its name."""
    ranking = root / "ranking"
    for lang in ("de", "es", "ru"):
        jsonl(ranking / f"references/track1/full_data.en{lang}.jsonl", rows(f"en{lang}"))
        for team, wrong in (("good", 0), ("gpt-4.1-tiny", 2)):
            for mode in ("proper", "random", "noterm"):
                jsonl(ranking / f"submissions/track1/{team}/{team}.en{lang}.{mode}.jsonl", outputs(f"en{lang}", wrong))
    for year, pair in (("2015", "enzh"), ("2016", "zhen"), ("2017", "enzh")):
        jsonl(ranking / f"references/track2/full_data_{year}.jsonl", rows(pair, listed=True))
        for team, wrong in (("good", 0), ("gpt-4.1-tiny", 1)):
            jsonl(ranking / f"submissions/track2/{team}/{team}.{year}.{pair}.proper.jsonl", outputs(pair, wrong))
    # a copy for another metric, which is not to be counted twice
    jsonl(root / "term-consistency/data/submissions/track1/good.ende.proper.jsonl", outputs("ende"))
    jsonl(ranking / "submissions/track1/readme.jsonl", [])
    official = {
        lang: {"proper": {"good": figures(1.0), "gpt-4.1-tiny": figures(1 / 3), "late": {}}, "random": {}}
        for lang in ("de", "es", "ru")
    }
    (ranking / "metric_track1").mkdir()
    (ranking / "metric_track1/track1_score_dict.json").write_text(json.dumps(official))
    (ranking / "metric_track2/scores").mkdir(parents=True)
    documents = {"enzh": {"proper": {"good": figures(1.0)}}, "zhen": {"proper": {"good": figures(1.0)}}}
    (ranking / "metric_track2/scores/track2_score_dict.json").write_text(json.dumps(documents))
    return root


def figures(success):
    return {"bleu4": 100.0, "chrf2++": 100.0, "proper_term_success_rate": success, "random_term_success_rate": -1}


COLUMNS = ("terminology", "system", "dataset", "pair", "chrf", "comet", "cometkiwi", "consistency", "regex", "fuzzy90",
           "lemma_regex", "lemma_fuzzy90")  # fmt: skip


def wmt23_folder(root, spelt="term"):
    """DE-EN with an item of each kind of trouble: a source that comes twice, an item with one side only."""
    root.mkdir(parents=True, exist_ok=True)
    lines = [
        ("Die Tabelle ist leer.", "The table is empty.", [{"en": "table", "de": "Tabelle"}]),
        ("Der Drucker druckt.", "The printer prints.", [{"en": "printer", "de": "Drucker"}, {"en": "x", "de": ""}]),
        ("Die Tabelle ist leer.", "The table has no rows.", [{"en": "rows", "de": "leer"}]),
        ("Nichts weiter.", "Nothing more.", []),
    ]
    for name, texts in (("deen.de", [line[0] for line in lines]), ("deen.en", [line[1] for line in lines]),
                        (f"deen.{spelt}.proper", [json.dumps(line[2]) for line in lines]),
                        (f"deen.{spelt}.random", ["[]"] * len(lines))):
        (root / name).write_text("\n".join(texts), encoding="utf-8")  # as published: no newline at the end
    table = ["\t".join(("", *COLUMNS))]
    for mode, system, success in (("term", "OPUS", 1.0), ("base", "OPUS", 0.5), ("rand", "X", 0.1)):
        scores = [50.0, 0.7, 0.6, 0.5, *[success] * 4]
        table.append("\t".join(map(str, (0, mode, system, "blind", "de-en", *scores))))
    table.append("\t".join(map(str, (9, "term", "OPUS", "test", "de-en", *[0.0] * 8))))  # the smaller set
    (root / "official_scores.tsv").write_text("\n".join(table) + "\n")
    return root
