"""mtpipe synthesize: prompts, replies, filters, the stage with a grammar for an LLM, the command with a server."""

import json
from dataclasses import replace
from math import lcm

import pytest
from click.testing import CliRunner

from mtpipe import corpora
from mtpipe.cli.main import main
from mtpipe.errors import ConfigError, GlossaryError, InputError, ModelError, OutputError
from mtpipe.glossary.loading import load_glossary
from mtpipe.glossary.model import Glossary, Term
from mtpipe.languages.tags import language_name
from mtpipe.llm import Reply
from mtpipe.llm.batch import BatchLLM
from mtpipe.llm.client import Caller, CallSettings
from mtpipe.llm.fake import FakeLLM
from mtpipe.llm.prompts import Prompt
from mtpipe.synthesis import back_translation, filters, replies
from mtpipe.synthesis.examples import Example, Examples
from mtpipe.synthesis.generation import SynthesisRecipe, synthesize
from mtpipe.synthesis.requests import Request, SentenceRequest, TermHistory, Writer
from mtpipe.tm.memory import Memories
from tests.support.llm_server import MODEL, LlmServer
from tests.support.template_llm import TemplateLLM

GLOSSARY = """source,target,status,forms,domain
cell range,Zellbereich,,,calc
formula bar,Rechenleiste|Formelleiste,,,calc
row height,Zeilenhöhe,,,calc
number format,Zahlenformat,,,calc
spreadsheet,Tabellendokument,,,calc
spreadsheet,Arbeitsmappe,forbidden,,calc
pivot table,Pivot-Tabelle,,,calc
"""
HELD_OUT = ("The secret test sentence about the cell range must never come up in any training.\t"
            "Der geheime Prüfsatz über den Zellbereich darf in keiner Schulung vorkommen.\n")  # fmt: skip
TM = ("Select the cell range that you want to print.\tMarkieren Sie den Zellbereich, den Sie drucken möchten.\n"
      "Each cell range needs a name of its own.\tJede Auswahl braucht einen eigenen Namen.\n"
      "The row height is set automatically by the program.\tDie Zeilenhöhe wird vom Programm festgelegt.\n"
      "Nothing of the kind stands in this sentence.\tNichts dergleichen steht in diesem Satz.\n"
      "Cell range\tZellbereich\n")  # fmt: skip
RANGE, BAR = Term(("cell range",), ("Zellbereich",)), Term(("formula bar",), ("Rechenleiste", "Formelleiste"))
WISH = ("a question", "4 to 8 words", "in the plural")


@pytest.fixture
def recipe(tmp_path):
    """Of three pairs a term, with an evaluation set and a memory."""
    for name, text in (("glossary.csv", GLOSSARY), ("held.tsv", HELD_OUT), ("tm.tsv", TM)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return SynthesisRecipe(
        glossary=tmp_path / "glossary.csv", out=tmp_path / "pairs.jsonl", source_lang="en", target_lang="de",
        pairs_per_term=3, exclude=(tmp_path / "held.tsv",), tm=(tmp_path / "tm.tsv",),
    )  # fmt: skip


def caller(recipe, llm, **settings):
    recipe.folder.mkdir(exist_ok=True)
    return Caller(llm, CallSettings(**settings), recipe.folder / "llm.sqlite")


def rows(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def request(*terms, user="Write pairs.", number=1):
    return Request(tuple(SentenceRequest(term, WISH) for term in terms), number, Prompt("You write.", user))


# prompts


def test_a_prompt_says_all_there_is_to_say(recipe, tmp_path):
    (tmp_path / "cs.csv").write_text("source,target\ncell range,oblast buněk\n", encoding="utf-8")
    about = replace(RANGE, domain="calc", note="cells side\nby side", targets=("Zellbereich", "Bereich"))
    writer = Writer(replace(recipe, domain="spreadsheets"), {"cs": load_glossary(tmp_path / "cs.csv", "en", "cs")})
    known = {about: TermHistory(("Old sentence.",), 1, ("“cell range”: echo",)), BAR: TermHistory()}
    examples = {about: [Example("A b c.", "D e f."), Example("G h.", "I j.")], BAR: [Example("K l.", "M n.")]}
    (made,) = writer.requests({about: 2, BAR: 1}, known, examples, 2)
    said = made.prompt.user
    for wanted in (
        "about: spreadsheets\n", "attempt 2", "Old sentence.\n", "“cell range”: echo\n",
        "1. English (en): cell range = German (de): Zellbereich = Czech (cs): oblast buněk; allowed as well: Bereich "
        "(calc; cells side by side)\n", "2. English (en): formula bar = German (de): Rechenleiste; allowed",
        "English (en): A b c.\nGerman (de): D e f.\nEnglish (en): K l.\nGerman (de): M n.\n", "n = 3: term 1; ",
    ):  # fmt: skip
        assert wanted in said
    assert "G h." not in said  # two examples, one of each term first
    schema = json.loads(made.prompt.schema)["properties"]["pairs"]
    assert (schema["minItems"], schema["items"]["required"]) == (3, ["n", "source", "target"])
    assert [item.term for item in made.items] == [about, BAR, about]


def test_each_round_asks_for_fewer_pairs_a_prompt_and_back_translation_for_targets_only(recipe):
    needs, known = {RANGE: 9}, {RANGE: TermHistory()}
    sizes = [[len(made.items) for made in Writer(recipe, {}).requests(needs, known, {}, n)] for n in (1, 2, 5)]
    assert sizes == [[8, 1], [4, 4, 1], [1] * 9]
    made = next(Writer(replace(recipe, way="back-translate"), {}).requests(needs, known, {}, 1))
    assert "source" not in json.loads(made.prompt.schema)["properties"]["pairs"]["items"]["properties"]
    assert "translated into English (en) by a machine" in made.prompt.system


def test_wishes_come_in_all_combinations_and_the_seed_orders_them(recipe):
    def wishes(seed, requests=0):
        writer = Writer(replace(recipe, seed=seed), {})
        made = writer.requests({RANGE: 168}, {RANGE: TermHistory(requests=requests)}, {}, 1)
        return [item.wish for request in made for item in request.items]

    assert len(set(wishes(1))) == lcm(8, 3, 7) and wishes(1) == wishes(1) != wishes(2)
    assert wishes(1, requests=10)[:158] == wishes(1)[10:]


def test_wishes_of_lists_with_a_common_divisor_come_in_all_combinations_too(recipe, tmp_path):
    lines = [f"{kind}: {kind}{i}" for kind, n in (("register", 4), ("length", 2), ("form", 2)) for i in range(n)]
    (tmp_path / "synthesize-wishes.txt").write_text("\n".join(lines))
    writer = Writer(replace(recipe, prompts=tmp_path), {})
    made = writer.requests({RANGE: 16}, {RANGE: TermHistory()}, {}, 1)
    assert len({item.wish for request in made for item in request.items}) >= 8


@pytest.mark.parametrize("text, said", [
    ("register: a\nlength: b\nform c", "synthesize-wishes.txt:3: not a wish; a line is one of register, length, form"),
    ("# only\nregister: a\nlength: b", "no line begins with 'form:'"),
])  # fmt: skip
def test_wishes_that_are_none_are_refused_with_their_line(recipe, tmp_path, text, said):
    (tmp_path / "synthesize-wishes.txt").write_text(text)
    with pytest.raises(ConfigError, match=said):
        Writer(replace(recipe, prompts=tmp_path), {})


def test_ones_own_prompt_is_used_and_shows_in_the_digests(recipe, tmp_path):
    (tmp_path / "synthesize.txt").write_text("Be brief.\n---\n{{ terms[0].chain }}", encoding="utf-8")
    own, usual = Writer(replace(recipe, prompts=tmp_path), {}), Writer(recipe, {})
    made = next(own.requests({RANGE: 1}, {RANGE: TermHistory()}, {}, 1))
    assert made.prompt.system == "Be brief."
    assert made.prompt.user == "English (en): cell range = German (de): Zellbereich"
    assert own.digests["synthesize"] != usual.digests["synthesize"]
    assert own.digests["synthesize-wishes"] == usual.digests["synthesize-wishes"]


@pytest.mark.parametrize("lang, name", [("de", "German (de)"), ("de-AT", "German (de-AT)"), ("nb", "Norwegian (nb)"),
                                        ("xx", "xx")])  # fmt: skip
def test_languages_have_names(lang, name):
    assert language_name(lang) == name


def test_examples_hold_the_term_on_both_sides_or_are_near_to_it(recipe, tmp_path):
    memories = Memories.made_of(recipe.tm, "en", "de", tmp_path / "tm")
    found = Examples(memories, Glossary.of((RANGE, BAR), "en", "de"))
    assert [example.source for example in found.of(RANGE, 5)] == [
        "Select the cell range that you want to print.", "Each cell range needs a name of its own."]
    assert found.of(RANGE, 0) == [] == found.of(BAR, 5)


# replies

PAIR = {"n": 1, "source": "A b.", "target": "C d."}


@pytest.mark.parametrize("text, pairs, faults", [
    (json.dumps({"pairs": [PAIR, {**PAIR, "n": 2}]}), [RANGE, BAR], []),
    (f"```json\n{json.dumps([PAIR, {**PAIR, 'n': '2'}])}\n```", [RANGE, BAR], []),
    (f"Sure! Here you are: {json.dumps(PAIR)} and {json.dumps({**PAIR, 'n': 2})} {{done}}", [RANGE, BAR], []),
    (json.dumps({"pairs": [PAIR, PAIR, {**PAIR, "n": 9}]})[:-30], [RANGE, RANGE], []),
    (json.dumps({"data": {"pairs": [{**PAIR, "n": None}, {**PAIR, "n": 77}]}}), [RANGE, BAR], []),
    (json.dumps({"pairs": [PAIR]}), [RANGE], [replies.TOO_FEW]),
    (json.dumps([PAIR, {"n": 2, "en": "A.", "de": "B."}]), [RANGE], [replies.WRONG_KEYS]),
    (json.dumps([{**PAIR, "source": None}, PAIR]), [RANGE], [replies.WRONG_KEYS]),
    ("I can't do that.", [], [replies.NO_PAIRS]),
    ('{"pairs": []}', [], [replies.NO_PAIRS]),
    ("[" * 5000 + '{"a":' * 5000, [], [replies.NO_PAIRS]),
])  # fmt: skip
def test_replies_are_read_for_whatever_pairs_they_hold(text, pairs, faults):
    found, wrong = replies.read(request(RANGE, BAR), Reply(text), False)
    assert [proposal.item.term for proposal in found] == pairs
    assert [fault.reason for fault in wrong] == faults


def test_a_call_without_an_answer_says_why():
    found, (fault,) = replies.read(request(RANGE), Reply("", problem="the server hung up"), False)
    assert not found and (fault.reason, fault.text) == (replies.NO_ANSWER, "the server hung up")


# filters

GOOD = ("Please select the cell range before you print the sheet.",
        "Bitte markieren Sie den Zellbereich, bevor Sie das Blatt drucken.")  # fmt: skip
ADDED = " und noch viel mehr davon und von allem anderen auch, was es hier in diesem Haus sonst noch so gibt"


def reasons(*pairs, term=RANGE, user="Write pairs.", score=None):
    held = [tuple(HELD_OUT.rstrip().split("\t"))]
    sheet = Term(("sheet",), ("Blatt",)), Term(("sheet",), ("Bogen",), "forbidden")
    glossary = Glossary.of((RANGE, BAR, *sheet), "en", "de")
    asked = request(term, user=user)
    proposals = [replies.Proposal(asked.items[0], asked, *pair, score) for pair in pairs]
    return [reason for _, _, reason in filters.Filters(glossary, held, -0.8).judged(proposals)]


@pytest.mark.parametrize("source, target, reason", [
    (*GOOD, ""),
    ("Are there 1,000 cell ranges, or 2.5?", "Gibt es 1.000 Zellbereiche, oder 2,5?", ""),
    ("The <b>cell range</b> of {name} is wrong.", "Der <b>Zellbereich</b> von {name} ist falsch.", ""),
    ("", GOOD[1], "empty"),
    (GOOD[0], GOOD[0], "source = target"),
    (GOOD[0], GOOD[1] + ADDED, "length ratio"),
    (GOOD[0], "Выберите диапазон ячеек перед печатью листа.", "wrong script"),
    (GOOD[0], "This is not the language that you have asked for, Zellbereich.", "wrong language"),
    ("Xqz wvu cell range bnm rty.", "Xqz wvu Zellbereich bnm rty.", "unknown words"),
    (GOOD[0] + " Ask {name}.", GOOD[1] + " Fragen Sie.", "placeholder parity"),
    ("The <b>cell range</b> is wrong.", "Der </b>Zellbereich<b> ist falsch.", "broken markup"),
    ("Translation: " + GOOD[0], GOOD[1], "commentary"),
    (f'"{GOOD[0]}"', GOOD[1], "commentary"),
    (GOOD[0], GOOD[1] + "\nI hope this helps.", "commentary"),
    ("```json", GOOD[1], "commentary"),
    ("I cannot write a pair about a cell range.", "Der Zellbereich ist hier.", "commentary"),
    ("I cannot find the cell range.", "Ich finde den Zellbereich nicht.", ""),
    ("cell range", "Zellbereich", "no sentence"),
    ("Please select the whole part before you print it.", GOOD[1], "source lacks the term"),
    (GOOD[0], "Bitte markieren Sie den Teil, bevor Sie das Blatt drucken.", "target lacks the term"),
    (GOOD[0], "Bitte markieren Sie den Zellbereich, bevor Sie die Seite drucken.", "another term wrong"),
    (GOOD[0], "Bitte markieren Sie den Zellbereich, bevor Sie das Blatt, also den Bogen, drucken.",
     "another term wrong"),
    (GOOD[0], "Bitte markieren Sie den Zellbereich, ja den Zellbereich, bevor Sie das Blatt drucken.",
     "term over-repeated"),
    ("A cell range is a cell range and stays a cell range.",
     "Ein Zellbereich ist ein Zellbereich und bleibt ein Zellbereich.", "term over-repeated"),
    ("The cell range has 3 rows here.", "Der Zellbereich hat hier 4 Zeilen.", "numbers differ"),
    ("The cell range is here and there.",
     "Der Zellbereich ist hier und da und hier und da und hier und da und hier.", "repetition"),
    ("We know the secret test sentence about the cell range must never come up in any training.",
     "Das wissen wir ja alle noch nicht, doch der Zellbereich bleibt, wie er eben ist.", "contamination"),
    ("It is known that nobody here may ever talk of this cell range.",
     "Der geheime Prüfsatz über den Zellbereich darf in keiner Schulung vorkommen.", "contamination"),
])  # fmt: skip
def test_each_filter_gives_its_reason(source, target, reason):
    assert reasons((source, target)) == [reason]


def test_inflected_forms_and_admitted_targets_count():
    assert reasons(("The formula bars are gone.", "Die Formelleisten sind weg."), term=BAR) == [""]
    assert reasons(GOOD, term=BAR) == ["source lacks the term"]


def test_what_was_kept_is_not_kept_again():
    near = (GOOD[0].replace("the sheet", "a sheet"), "Vor dem Druck eines Blatts ist der Zellbereich zu markieren.")
    other = ("A cell range is easily forgotten.", "Ein Zellbereich wird leicht vergessen.")
    assert reasons(GOOD, GOOD, near, other) == ["", "near-duplicate", "near-duplicate", ""]


def test_what_the_prompt_says_is_an_echo():
    user = f"Examples:\nEnglish (en): {GOOD[0]}\nGerman (de): Nichts.\nn = 1: term 1; a question"
    assert reasons(GOOD, user=user) == ["echo"]


def test_a_short_sentence_around_its_term_is_no_echo_of_the_list_of_terms():
    user = "Terms:\n1. English (en): cell range = German (de): Zellbereich; a cell range to the left of a table"
    short = ("A cell range to the left.", "Ein Zellbereich zur Linken.")
    assert reasons(short, user=user) == [""]
    assert reasons(short, user="A cell range to the left of") == ["echo"]


def test_a_translation_that_its_model_doubts_is_refused():
    assert reasons(GOOD, score=-1.2) == ["doubtful translation"] and reasons(GOOD, score=-0.5) == [""]


# the stage


def test_pairs_are_kept_refused_and_accounted_for(recipe):
    told = []
    outcome = synthesize(recipe, caller(recipe, TemplateLLM(bad=0.5)), told.append)
    kept, refused, manifest = rows(recipe.out), rows(recipe.refused), json.loads(recipe.manifest.read_text("utf-8"))
    assert outcome.pairs == len(kept) == manifest["pairs"] and outcome.manifest == manifest
    assert len(refused) == sum(manifest["refused"].values()) and len(manifest["refused"]) > 8
    assert list(kept[0]) == ["id", "source", "reference", "term", "round", "register", "length", "form", "terms",
                             "origin"]  # fmt: skip
    assert len({row["id"] for row in kept}) == len(kept) and kept[0]["origin"] == "llm"
    assert max(len(found) for found in manifest["samples"].values()) == 3
    assert manifest["left_out"] == {"spreadsheet = Arbeitsmappe": "a forbidden term: no pairs are written for it"}
    assert sum(manifest["variety"]["register"].values()) == len(kept)
    assert manifest["out"]["name"] == "pairs.jsonl" and list(manifest["exclude"]) == ["held.tsv"]
    assert outcome.is_complete == (not outcome.short) and told[0].startswith("round 1: ")
    counts = {term: sum(row["term"] == term for row in kept) for term in {row["term"] for row in kept}}
    assert max(counts.values()) <= recipe.pairs_per_term
    assert {name.split(" = ")[0]: n for name, n in outcome.short.items()}.items() <= counts.items()
    assert not any("secret test sentence" in row["source"] for row in kept)
    pairs = list(corpora.pairs(recipe.out, "en", "de"))  # as `mtpipe finetune` reads them
    assert pairs == [(row["source"], row["reference"]) for row in kept]


def test_the_same_replies_give_the_same_pairs_and_nothing_is_paid_twice(recipe):
    synthesize(recipe, caller(recipe, TemplateLLM()))
    first, llm = recipe.out.read_bytes(), TemplateLLM()
    again = caller(recipe, llm)
    synthesize(recipe, again)
    assert recipe.out.read_bytes() == first and not llm.prompts and again.usage.calls == 0 < again.usage.cached


def test_an_interrupted_run_leaves_what_it_has_and_goes_on(recipe, monkeypatch):
    monkeypatch.setattr("mtpipe.synthesis.generation.CHUNK", 1)
    synthesize(recipe, caller(recipe, TemplateLLM()))
    whole = recipe.out.read_bytes()
    for path in (recipe.out, recipe.folder / "llm.sqlite"):
        path.unlink()

    def stop(line):
        if line.startswith("round 1: 2 of "):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        synthesize(recipe, caller(recipe, TemplateLLM()), stop)
    assert not recipe.out.exists()
    partial = recipe.out.with_name("pairs.jsonl.part").read_bytes()
    assert partial and whole.startswith(partial)
    llm = caller(recipe, TemplateLLM())
    synthesize(recipe, llm)
    assert recipe.out.read_bytes() == whole and llm.usage.cached == 2


def test_a_spent_budget_stops_with_what_there_is(recipe):
    outcome = synthesize(recipe, caller(recipe, TemplateLLM(bad=0), max_calls=1))
    assert outcome.stopped == "max_calls or max_cost is reached" and not outcome.is_complete
    assert 0 < outcome.pairs == len(rows(recipe.out)) and outcome.manifest["usage"]["calls"] == 1
    whole = synthesize(recipe, caller(recipe, TemplateLLM(bad=0), max_calls=50))
    assert whole.stopped == "" and whole.pairs > outcome.pairs and whole.manifest["usage"]["cached"] == 1


def test_requests_go_out_in_a_file_and_each_round_goes_on_with_the_answers(recipe, tmp_path):
    writer, places = TemplateLLM(), (tmp_path / "ask.jsonl", tmp_path / "got.jsonl")
    expected = synthesize(recipe, caller(recipe, TemplateLLM())).pairs
    whole = recipe.out.read_bytes()
    recipe.out.unlink()

    def run():
        return synthesize(recipe, caller(recipe, BatchLLM("m", *places)))

    outcome, runs = run(), 1
    assert outcome.pairs == 0 and not recipe.out.exists() and not outcome.is_complete
    assert outcome.stopped == f"{len(rows(places[0]))} prompts wait for an answer"
    while outcome.stopped:
        with places[1].open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(answered(row, writer)) + "\n" for row in rows(places[0]))
        outcome, runs = run(), runs + 1
    assert outcome.pairs == expected and recipe.out.read_bytes() == whole and runs <= 1 + recipe.rounds
    assert not places[0].exists()


def answered(request, llm):
    """A row of a result file, as the service would write it."""
    messages, schema = request["body"]["messages"], request["body"]["response_format"]["json_schema"]["schema"]
    text = llm._reply(Prompt(messages[0]["content"], messages[1]["content"], json.dumps(schema))).text
    body = {"choices": [{"message": {"content": text}, "finish_reason": "stop"}]}
    return {"custom_id": request["custom_id"], "response": {"status_code": 200, "body": body}}


def test_terms_short_of_pairs_are_asked_for_again_with_the_reasons(recipe):
    llm = FakeLLM(script=lambda prompt: "No." if "attempt 1" in prompt.user else TemplateLLM(0)._reply(prompt).text)
    outcome = synthesize(recipe, caller(recipe, llm))
    assert outcome.pairs > 6 and {row["round"] for row in rows(recipe.out)} <= {2, 3}
    assert outcome.manifest["refused"][replies.NO_PAIRS] == 3


def test_surplus_pairs_are_refused_as_such(recipe):
    def twice(prompt):
        pairs = json.loads(TemplateLLM(0)._reply(prompt).text)["pairs"]
        more = json.loads(TemplateLLM(0, seed=2)._reply(prompt).text)["pairs"]
        return json.dumps({"pairs": pairs + more})

    outcome = synthesize(replace(recipe, pairs_per_term=1), caller(recipe, FakeLLM(script=twice)))
    assert outcome.manifest["refused"]["more pairs than requested"] > 2


@pytest.mark.parametrize("replies_, said", [
    (["I'd rather not."], "not one pair was kept of 0 that the LLM proposed.*no pairs in the answer 3.*rejected.jsonl"),
    ([json.dumps([{"n": 1, "source": "Qwe rty uio.", "target": "Asd fgh jkl."}] * 8)],
     "kept of 24 that the LLM proposed.*unknown words 24"),
])  # fmt: skip
def test_no_pair_at_all_is_an_error_that_says_why_and_writes_no_empty_file(recipe, replies_, said):
    recipe.out.write_text("of an earlier run")
    with pytest.raises(ModelError, match=f"(?s){said}"):
        synthesize(replace(recipe, rounds=1), caller(recipe, FakeLLM(replies_)))
    assert recipe.out.read_text() == "of an earlier run" and rows(recipe.refused)
    assert not list(recipe.out.parent.glob("*.part"))


@pytest.mark.parametrize("text, error, said", [
    ("source,target\n", GlossaryError, "no terms in it"),
    ("en,cs\ncell range,oblast buněk\n", GlossaryError, "en → cs, the job is en → de"),
    ("source,target,status\nsheet,Bogen,forbidden\n", GlossaryError, "no term to ask for.*no pairs are written for it"),
    (f"source,target\n{'long ' * 40}term,Wort\n", GlossaryError, "204 characters, 125 fit into a sentence"),
])  # fmt: skip
def test_glossaries_that_give_nothing_are_refused_before_anything_is_asked(recipe, text, error, said):
    recipe.glossary.write_text(text, encoding="utf-8")
    llm = FakeLLM()
    with pytest.raises(error, match=f"(?s){said}"):
        synthesize(recipe, caller(recipe, llm))
    assert not llm.prompts


def test_a_term_too_long_is_left_out_and_told(recipe):
    with recipe.glossary.open("a", encoding="utf-8") as file:
        file.write(f"{'long ' * 40}term,Wort,,,\n")
    outcome = synthesize(recipe, caller(recipe, TemplateLLM()))
    assert any("fit into a sentence" in why for why in outcome.manifest["left_out"].values())


def test_an_output_that_can_not_be_written_is_known_before_anything_is_paid(recipe, tmp_path):
    (tmp_path / "file").write_text("")
    llm = FakeLLM()
    with pytest.raises(OutputError, match="file.pairs.jsonl: can't be written"):
        synthesize(replace(recipe, out=tmp_path / "file" / "pairs.jsonl", tm=()), caller(recipe, llm))
    assert not llm.prompts


def test_a_broken_evaluation_set_is_an_error(recipe, tmp_path):
    (tmp_path / "bad.jsonl").write_text('{"source": "a"}\n{"text": "b"}\n')
    with pytest.raises(InputError, match="bad.jsonl:2: a segment needs \"source\""):
        synthesize(replace(recipe, exclude=(tmp_path / "bad.jsonl",)), caller(recipe, FakeLLM()))


def test_a_recipe_that_can_not_be_says_all_that_is_wrong(tmp_path):
    with pytest.raises(ConfigError) as raised:
        SynthesisRecipe(glossary=tmp_path / "g.csv", out=tmp_path / "out.tsv", source_lang="en", target_lang="de",
                        pairs_per_term=0, way="sideways", shots=-1, prompts=tmp_path / "none")  # fmt: skip
    for problem in ("pairs_per_term = 0: give 1 or more", "shots = -1: give 0 or more",
                    "way = 'sideways': use 'pairs' or 'back-translate'", "none': is not a folder",
                    "out.tsv': is not a .jsonl file"):  # fmt: skip
        assert problem in str(raised.value)


def test_back_translation_uses_the_bundled_model_under_the_glossary_turned_round(recipe):
    sentences = {"Zellbereich": "Markieren Sie den Zellbereich, den Sie drucken möchten.",
                 "Zeilenhöhe": "Geben Sie die Zeilenhöhe im Dialog an."}  # fmt: skip

    def script(prompt):
        said = [text for term, text in sentences.items() if f": {term}" in prompt.user]
        return json.dumps({"pairs": [{"n": 1, "target": text} for text in said]})

    recipe.glossary.write_text("source,target\ncell span,Zellbereich\nrow height,Zeilenhöhe\n", encoding="utf-8")
    asked = replace(recipe, way="back-translate", tm=(), terms_per_call=1, rounds=1, min_score=-3.0)
    back = back_translation.translator(asked)
    outcome = synthesize(asked, caller(asked, FakeLLM(script=script)), back=back)
    made = {row["term"]: row for row in rows(asked.out)}
    # "cell span" is no word that the model would choose by itself
    assert "cell span" in made["cell span"]["source"] and "row height" in made["row height"]["source"]
    assert {row["origin"] for row in made.values()} == {"back-translation"} and outcome.manifest["back"] == back.digest
    assert back_translation.translator(recipe) is None


def test_reversed_terms_find_all_targets_and_want_the_sources():
    term = Term(("a", "b"), ("x", "y"), "admitted", ("z",), True, "d")
    turned = back_translation.reverse(term)
    assert (turned.sources, turned.targets, turned.status) == (("x", "y", "z"), ("a", "b"), "admitted")
    keep = Term(("mtpipe",), ("mtpipe",), "do-not-translate")
    assert back_translation.reverse(keep) == keep


# the command


def run(recipe, *arguments, **environment):
    given = [str(recipe.glossary), "-s", "en", "-t", "de", "-o", str(recipe.out), *map(str, arguments)]
    return CliRunner().invoke(main, ["synthesize", *given], env=environment)


def served(prompted):
    """The grammar's answer to a request of chat completions."""
    system, user = (message["content"] for message in prompted["messages"])
    schema = json.dumps(prompted["response_format"]["json_schema"]["schema"]) if "response_format" in prompted else "{}"
    return TemplateLLM(0.2)._reply(Prompt(system, user, schema)).text


def test_the_command_with_a_server_that_fails_at_times(recipe):
    with LlmServer(served, faults=["429", "", "500", "reset"]) as server:
        options = ("--llm", "openai", "--llm-option", f"base_url={server.url}", "--llm-option", f"model={MODEL}")
        first = run(recipe, *options, "-p", 2, "--exclude", *recipe.exclude, "--domain", "spreadsheets")
        assert first.exit_code in (0, 4), first.output
        calls, made = len(server.received), recipe.out.read_bytes()
        assert "pairs for 6 terms" in first.output and "round 1: " in first.output and "written: " in first.output
        again = run(recipe, *options, "-p", 2, "--exclude", *recipe.exclude, "--domain", "spreadsheets", "--json", "-q")
    assert len(server.received) == calls and recipe.out.read_bytes() == made
    facts = json.loads(again.stdout)
    assert facts["usage"]["calls"] == 0 and facts["usage"]["cached"] and facts["llm"]["name"] == MODEL
    assert again.exit_code == (0 if facts["is_complete"] else 4)


@pytest.mark.parametrize("options, code, said", [
    ((), 2, "name the LLM that writes: --llm openai"),
    (("--llm", "fake"), 1, "not one pair was kept of 0 that the LLM proposed"),
    (("--llm", "fake", "--also", "cs"), 2, "'cs': give LANG=FILE"),
    (("--llm", "openai", "--llm-option", "model=x"), 1, "OPENAI_API_KEY"),
    (("--llm", "none-such"), 1, "no such llm plug-in 'none-such'"),
    (("--llm", "fake", "--way", "back-translate", "-t", "xx"), 1, "xx"),
])  # fmt: skip
def test_the_command_says_what_is_wrong(recipe, options, code, said):
    result = run(recipe, *options, "-q", OPENAI_API_KEY=None)
    assert result.exit_code == code and said in result.output and "Traceback" not in result.output
    assert not recipe.out.exists()


def test_the_command_says_that_it_is_not_all(recipe):
    llm = "tests.support.template_llm:TemplateLLM"
    result = run(recipe, "--llm", llm, "--llm-option", "bad=0", "--max-calls", 1, "-q")
    assert result.exit_code == 4 and "incomplete: max_calls or max_cost is reached: " in result.stdout
