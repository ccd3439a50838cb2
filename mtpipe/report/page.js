const data = JSON.parse(document.getElementById("data").textContent);
const words = data.words;

function columns(unit, forms, banned, unchanged = "Translation (no repair was accepted)") {
  const source = units(unit.source, unit.source_spans).map(([start, end]) => ({start, end, tag: "mark", class: "src"}));
  const parts = [column("Source", unit.source, [...tags(unit.source), ...source])];
  const marks = text => [...tags(text), ...places(text, banned, "bad"), ...places(text, forms, "ok")];
  const draft = unit.draft ?? "";
  if (unit.postedit === null || unit.postedit === undefined || unit.postedit === draft) {
    return make("div", {class: "texts"}, ...parts, column(unchanged, draft, marks(draft)));
  }
  const [removed, inserted] = difference(draft, unit.postedit);
  return make("div", {class: "texts"}, ...parts, column("First draft", draft, [...tags(draft), ...removed]),
    column(unit.editor === "person" ? "Edited by a person" : "After repair", unit.postedit, [...marks(unit.postedit), ...inserted]));
}

function bySentence(errors) { // several errors of one sentence are one thing to review
  const units = new Map();
  for (const error of errors) {
    const unit = units.get(error.id) ?? units.set(error.id, {...error, source_spans: [], errors: []}).get(error.id);
    unit.errors.push(error);
    unit.source_spans = [...unit.source_spans, ...(error.source_spans || [])];
  }
  return [...units.values()].sort((a, b) => severity(b.errors.map(error => error.kind)) - severity(a.errors.map(error => error.kind)));
}

const SEVERITY = {untranslated: 8, missing: 4, forbidden: 4, changed: 4, altered: 3, suspected: 3, check: 1};
const severity = kinds => kinds.reduce((sum, kind) => sum + (SEVERITY[kind] ?? 0), 0);

function complaint(error) {
  const wanted = (error.expected || []).slice(0, 6).join(" | ");
  const term = typeof error.term === "string" ? error.term : error.term?.source;
  const parts = {
    missing: [term, wanted && ` → ${wanted}`], forbidden: [term && `${term}: `, `“${error.found}”`],
    changed: [wanted || term],
  }[error.kind] ?? [error.rule];
  return [make("span", {class: `tag ${Object.hasOwn(words.kinds, error.kind) ? error.kind : ""}`}, ...visible(named(words.kinds, error.kind))),
    make("bdi", {title: error.rule || null}, ...visible(parts.filter(part => part).join("")))];
}

const review = filtered({kinds: unit => unit.errors.map(error => error.kind), labels: words.kinds, label: "sentences to review",
  documents: true, text: unit => [unit.id, unit.source, unit.draft, unit.postedit, ...unit.errors.flatMap(e => [e.term?.source ?? e.term, ...(e.expected || [])])]});
list(document.getElementById("errors"), bySentence(data.errors), {
  tools: review.tools, noun: "sentences", empty: "Every check is satisfied: nothing to review.",
  draw: some => make("div", {}, ...some.map(unit => make("article", {class: "unit"},
    make("p", {class: "what"}, ...unit.errors.flatMap(complaint), make("bdi", {class: "place"}, ...visible(unit.id))),
    columns(unit, [], unit.errors.map(error => error.kind === "forbidden" ? error.found : "").filter(form => form))))),
});

const editors = unit => String(unit.editor).split("+"); // several, where one repair followed another
const repaired = filtered({kinds: editors, labels: words.editors, label: "repaired sentences", documents: true,
  text: unit => [unit.id, unit.source, unit.draft, unit.postedit, ...(unit.terms || []).flatMap(term => [term.source, term.target])]});
list(document.getElementById("edits"), data.edited, {
  tools: repaired.tools, noun: "sentences", empty: "No sentence was changed after the first draft.",
  draw: some => make("div", {}, ...some.map(unit => make("article", {class: "unit"},
    make("p", {class: "what"}, make("span", {class: "tag edit"}, ...visible(editors(unit).map(name => named(words.editors, name)).join(" + "))),
      make("bdi", {}, ...visible((unit.terms || []).map(term => `${term.source} → ${term.target}`).join(", "))),
      make("bdi", {class: "place"}, ...visible(unit.id))),
    columns(unit, (unit.terms || []).map(term => term.target), [])))),
});

const sentences = data.sentences.map(([id, document, source, target, draft, kinds, editor, confidence, source_spans]) =>
  ({id, document, source, draft: draft ?? target, postedit: target, kinds, editor, confidence, source_spans}));
const state = unit => unit.kinds.length ? unit.kinds : [editors(unit).includes("person") ? "edited" : unit.editor ? "repaired" : "unchanged"];
const every = filtered({kinds: state, labels: words.kinds, label: "all sentences", documents: true, text: unit => [unit.id, unit.source, unit.draft, unit.postedit],
  orders: [["as in the documents", null], ["worst first", (a, b) => severity(b.kinds) - severity(a.kinds) || (a.confidence ?? 1) - (b.confidence ?? 1)],
    ["least confident first", (a, b) => (a.confidence ?? 1) - (b.confidence ?? 1)]]});
list(document.getElementById("all"), sentences, {
  tools: every.tools, noun: "sentences", empty: "There were no sentences.", size: 50,
  draw: some => make("div", {}, ...some.map(unit => make("article", {class: "unit"},
    make("p", {class: "what"}, ...unit.kinds.map(kind => make("span", {class: `tag ${kind}`}, named(words.kinds, kind))),
      ...(unit.editor ? [make("span", {class: "tag edit"}, ...visible(editors(unit).map(name => named(words.editors, name)).join(" + ")))] : []),
      make("bdi", {class: "place"}, ...visible(unit.id + (unit.confidence === null ? "" : ` · ${Math.round(unit.confidence * 100)} %`)))),
    columns(unit, [], [], "Translation")))),
});

function toReview(name) {
  review.set.document(name);
  document.getElementById("review").scrollIntoView();
}

const urgency = row => row.state === "failed" ? 0 : row.errors ? 1 : 2;
table(document.getElementById("document-table"), [...data.documents].sort((a, b) => urgency(a) - urgency(b)), [
  {title: "Document", value: row => row.path, show: row => Object.hasOwn(data.links, row.path)
    ? make("a", {href: data.links[row.path]}, make("bdi", {}, ...visible(row.path))) : make("bdi", {}, ...visible(row.path))},
  {title: "State", value: row => row.state, show: row => make("span", {class: row.state === "failed" ? "failed" : ""}, ...visible(named(words.states, row.state)))},
  {title: "Sentences", number: true, value: row => row.segments},
  {title: "Words", number: true, value: row => row.words},
  {title: "Terms needed", number: true, value: row => row.required},
  {title: "In first draft", number: true, value: row => row.required ? row.met_draft / row.required : 2, show: row => percent(row.met_draft, row.required)},
  {title: "In the end", number: true, value: row => row.required ? row.met / row.required : 2, show: row => bar(row.met, row.required)},
  {title: "Problems", number: true, value: row => row.errors, show: row => row.errors && review.set.document
    ? make("button", {type: "button", class: "link", onclick: () => toReview(row.path)}, number(row.errors)) : number(row.errors)},
  {title: "Remarks", value: row => [row.message, ...(row.notes || [])].filter(note => note).join("; ")},
], {empty: "There were no documents.", noun: "documents", text: row => [row.path, row.state, row.message, ...(row.notes || [])]});

table(document.getElementById("term-table"), data.per_term, [
  {title: "Source", value: row => row.source, show: row => make("bdi", {}, ...visible(row.source))},
  {title: "Target", value: row => row.target, show: row => make("bdi", {}, ...visible(row.target),
    ...(named(words.statuses, row.status) ? [" ", make("span", {class: "tag"}, ...visible(named(words.statuses, row.status)))] : []))},
  {title: "Needed", number: true, value: row => row.required},
  {title: "In first draft", number: true, value: row => row.required ? row.met_draft / row.required : 2, show: row => percent(row.met_draft, row.required)},
  {title: "In the end", number: true, value: row => row.required ? row.met / row.required : 2, show: row => bar(row.met, row.required)},
  {title: "Missing", number: true, value: row => row.required - row.met},
], {empty: "None of the glossary’s terms occurs in these documents.", noun: "terms", text: row => [row.source, row.target, row.status], order: 5});

if (data.refusals.length) table(document.getElementById("refusals"), data.refusals, [
  {title: "Sentence", value: row => row.id},
  {title: "Repair", value: row => named(words.editors, row.editor)},
  {title: "Proposal", value: row => row.candidate, show: row => make("bdi", {}, ...visible(row.candidate))},
  {title: "Rejected because", value: row => named(words.reasons, row.reason)},
], {empty: "", noun: "proposals", text: row => [row.id, row.candidate, row.reason]});

table(document.getElementById("note-table"), data.notes, [
  {title: "Where", value: row => row.id ?? row.path ?? ""},
  {title: "Note", value: row => row.note},
], {empty: "There are no other notes on this run.", noun: "notes", text: row => [row.id, row.path, row.note]});
