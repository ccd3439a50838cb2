const $ = id => document.getElementById(id);
const query = {kind: "", status: "", document: "", term: "", text: "", order: "worst"};
const items = new Map(); // by number, in the order of the page
const nodes = new Map();
let terms = {}, words = {}, languages = {}, page = {total: 0, first: 0}, current = null, chain = Promise.resolve();
let isDrawing = false; // a box that is replaced while it has the focus says that it has changed
let actions = JSON.parse(sessionStorage.getItem("actions") || "[]"); // what this tab can undo

// ---- the server

class Refusal extends Error {
  constructor(status, body) { super(body.message || `error ${status}`); this.status = status; this.body = body; }
}

async function call(path, body) {
  const answer = await fetch(`api/${path}`, body === undefined ? {} : {
    method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(body)});
  const data = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refusal(answer.status, data);
  return data;
}

function say(text) { $("message").textContent = text; }

function queued(work) { // actions run one after the other, so that each knows the version that the last one made
  chain = chain.then(work).catch(error => say(error instanceof Refusal ? error.message : "The server does not answer: is mtpipe review still running?"));
  return chain;
}

function progress({statuses, kinds, unwritten}) {
  const all = statuses.all || 0, done = (statuses.approved || 0) + (statuses.rejected || 0);
  $("progress").max = all || 1;
  $("progress").value = done;
  $("progress-text").textContent = `${number(done)} of ${number(all)} reviewed, ${number(statuses.edited)} edited`;
  $("write").textContent = unwritten ? `Write documents (${number(unwritten)} to write)` : "Write documents";
  for (const button of $("kinds").children) button.textContent = `${named(words.kinds, button.dataset.kind)} ${number(kinds[button.dataset.kind])}`;
  for (const kind of [...Object.keys(kinds), query.kind]) if (kind && ![...$("kinds").children].some(button => button.dataset.kind === kind)) $("kinds").append(kindChip(kind, kinds[kind]));
}

function kindChip(kind, count) {
  return make("button", {type: "button", class: "chip", "data-kind": kind, "aria-pressed": String(query.kind === kind), onclick() {
    query.kind = query.kind === kind ? "" : kind;
    for (const other of $("kinds").children) other.setAttribute("aria-pressed", String(other.dataset.kind === query.kind));
    load();
  }}, `${named(words.kinds, kind)} ${number(count)}`);
}

async function load(edge = {}, at = "first") {
  const values = {...query, ...edge};
  for (const name of Object.keys(values)) if (values[name] === "" || values[name] === null) delete values[name];
  try {
    const data = await call(`sentences?${new URLSearchParams(values)}`);
    if (!data.items.length && Object.keys(edge).length) return say("No more sentences.");
    page = data;
    terms = data.terms;
    items.clear();
    for (const item of data.items) items.set(item.n, item);
    history.replaceState(null, "", `#${new URLSearchParams(query)}`);
    render(at);
  } catch (error) { say(error.message); }
}

// ---- the list

const layer = (text, spans, tag, kind) => units(text, spans).map(([start, end]) => ({start, end, tag, class: kind}));

function translation(item, text, codes) {
  const forms = item.matches.flatMap(([, , n]) => terms[n] && terms[n].status !== "forbidden" ? [...terms[n].targets, ...terms[n].forms] : []);
  const banned = item.errors.filter(error => error.kind === "forbidden").map(error => error.found);
  return [...layer(text, codes, "span", "inline"), ...places(text, banned, "bad"), ...places(text, forms, "ok")];
}

function complaint(error) {
  const expected = error.expected.slice(0, 4).join(" | ");
  const text = {missing: `${error.term} → ${expected}`, forbidden: `${error.term}: “${error.found}”`, changed: expected || error.term,
    altered: expected, check: error.rule}[error.kind] ?? error.rule;
  return make("span", {}, make("span", {class: `tag ${error.kind}`}, named(words.kinds, error.kind)), " ", make("bdi", {title: error.rule || null}, ...visible(text)));
}

function what(item) {
  const marks = [];
  if (item.status) marks.push(make("span", {class: `tag ${item.status}`}, item.status));
  if (item.is_edited) marks.push(make("span", {class: "tag edit"}, "edited"));
  if (item.notes.some(note => note.startsWith("Possible hallucination")) && !item.is_edited) marks.push(make("span", {class: "tag missing"}, "Possible hallucination"));
  const sure = item.confidence === null ? "" : ` · ${Math.round(item.confidence * 100)} %`;
  return make("p", {class: "what", onclick: () => select(item.n)}, ...marks, ...item.errors.map(complaint),
    make("bdi", {class: "place", title: "id · confidence of the model"}, ...visible(item.id + sure)));
}

function texts(item) {
  const draft = item.draft ?? "";
  const columns = [make("div", {}, make("h4", {}, "Source"), marked(item.source, [...layer(item.source, item.codes, "span", "inline"),
    ...layer(item.source, item.matches.map(([start, end]) => [start, end]), "mark", "src")], languages.source))];
  if (draft !== item.target) {
    const [removed, inserted] = difference(draft, item.target);
    columns.push(make("div", {}, make("h4", {}, "First draft"), marked(draft, [...layer(draft, item.draft_codes, "span", "inline"), ...removed], languages.target)));
    columns.push(make("div", {}, make("h4", {}, item.is_edited ? "Translation (edited)" : "Translation (repaired)"),
      marked(item.target, [...translation(item, item.target, item.target_codes), ...inserted], languages.target)));
  } else columns.push(make("div", {}, make("h4", {}, "Translation"), marked(item.target, translation(item, item.target, item.target_codes), languages.target)));
  return make("div", {class: "texts", onclick: () => getSelection().isCollapsed && select(item.n)}, ...columns);
}

function marked(text, layers, lang) {
  const node = painted(text, layers);
  node.lang = lang;
  return node;
}

function label(item) {
  const errors = item.errors.map(error => named(words.kinds, error.kind)).join(", ") || "no errors";
  return `${page.first + [...items.keys()].indexOf(item.n) + 1} of ${page.total}: ${item.status || "open"}, ${errors}`;
}

function draw(item) {
  const is_current = item.n === current, old = nodes.get(item.n);
  const node = make("li", {class: item.status || "open", tabindex: is_current ? "0" : "-1", "data-n": item.n, "aria-label": label(item),
    "aria-current": is_current ? "true" : null}, what(item), texts(item), ...(is_current ? [editor(item)] : []));
  nodes.set(item.n, node);
  if (old && old.isConnected) {
    const had = old.contains(document.activeElement) && (document.activeElement.dataset.part || "row");
    isDrawing = true;
    old.replaceWith(node);
    isDrawing = false;
    if (had) (had !== "row" && node.querySelector(`[data-part="${had}"]`) || node).focus({preventScroll: true});
  }
  return node;
}

function render(at) {
  nodes.clear();
  const numbers = [...items.keys()];
  current = numbers.length ? numbers[at === "last" ? numbers.length - 1 : 0] : null;
  isDrawing = true;
  $("list").replaceChildren(...[...items.values()].map(draw));
  isDrawing = false;
  if (!numbers.length) $("list").append(make("li", {}, "No sentence matches the filters."));
  const last = page.first + numbers.length;
  $("place").textContent = numbers.length ? `${number(page.first + 1)}–${number(last)} of ${number(page.total)} sentences` : "0 sentences";
  $("previous").disabled = !page.first;
  $("next").disabled = last >= page.total;
}

function select(n, focuses = true) {
  const before = current;
  current = n;
  if (before !== n) {
    if (items.has(before)) draw(items.get(before));
    draw(items.get(n));
  }
  const node = nodes.get(n);
  if (focuses && !node.contains(document.activeElement)) node.focus({preventScroll: true});
  node.scrollIntoView({block: "nearest"});
}

function move(by) {
  const numbers = [...items.keys()], at = numbers.indexOf(current) + by;
  if (numbers[at] !== undefined) return select(numbers[at]);
  if (by > 0 && !$("next").disabled) return turn(1);
  if (by < 0 && !$("previous").disabled) return turn(-1);
}

function turn(by) {
  const numbers = [...items.keys()];
  if (!numbers.length) return;
  const edge = by > 0 ? {after: numbers[numbers.length - 1]} : {before: numbers[0]};
  return load(edge, by > 0 ? "first" : "last").then(() => { if (current !== null) { nodes.get(current).focus(); scrollTo(0, by > 0 ? 0 : document.body.scrollHeight); } });
}

// ---- the editor

function editor(item) {
  const errors = make("ul", {class: "errors", "aria-live": "polite", "aria-label": "What the checks find"});
  const show = found => errors.replaceChildren(...(found.length ? found.map(error => make("li", {}, complaint(error))) : [make("li", {class: "small"}, "✓ no errors")]));
  show(item.errors);
  let timer = 0, asked = 0;
  const area = make("textarea", {id: "target", "data-part": "target", lang: languages.target, dir: "auto", spellcheck: "true", rows: 3,
    oninput() {
      clearTimeout(timer);
      timer = setTimeout(async () => {
        const mine = ++asked, data = await call("check", {n: item.n, target: area.value}).catch(() => null);
        if (data && mine === asked) show(data.errors);
      }, 150);
    },
    onkeydown(event) {
      if (event.key === "Escape") { event.stopPropagation(); area.value = items.get(item.n).target; nodes.get(item.n).focus(); }
      else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); approve(item.n); }
      else if (event.altKey && /^[1-9]$/.test(event.key) && item.codes[event.key - 1]) { event.preventDefault(); insert(Number(event.key) - 1); }
    },
    onchange() { if (!isDrawing && area.value !== items.get(item.n).target) decide(item.n); },
  });
  area.value = item.mine ?? item.target;
  const literals = units(item.source, item.codes).map(([start, end]) => item.source.slice(start, end));
  function insert(place) {
    area.focus();
    area.setRangeText(literals[place], area.selectionStart, area.selectionEnd, "end");
    area.dispatchEvent(new Event("input"));
  }
  const parts = [];
  if (item.mine !== undefined) parts.push(make("p", {class: "theirs", role: "alert"}, "Somebody else changed this sentence in the meantime: theirs is shown above, yours is in the box. ",
    make("button", {type: "button", onclick() { const mine = item.mine; delete item.mine; decide(item.n, {target: mine}); }}, "Save mine"), " ",
    make("button", {type: "button", onclick() { delete item.mine; draw(item); }}, "Keep theirs")));
  parts.push(make("div", {}, make("label", {for: "target"}, "Translation"), area, errors));
  if (literals.length) parts.push(make("div", {class: "choices", role: "group", "aria-label": "Insert an inline tag"}, ...literals.map((tag, i) =>
    make("button", {type: "button", class: "inline", onmousedown: event => event.preventDefault(), title: tag, onclick: () => insert(i)}, ...visible(shortened(tag)), ...(i < 9 ? [" ", make("kbd", {}, `Alt+${i + 1}`)] : [])))));
  if (item.suggestions.length) parts.push(make("div", {}, make("h4", {}, "Suggestions"), make("ol", {class: "suggestions"}, ...item.suggestions.map((other, i) =>
    make("li", {}, make("button", {type: "button", onmousedown: event => event.preventDefault(), onclick: () => decide(item.n, {target: other.text})}, make("kbd", {}, i + 1), " ", ...visible(other.text)))))));
  const own = [...new Set(item.matches.map(([, , n]) => n))].filter(n => terms[n]);
  if (own.length) parts.push(make("div", {class: "entries"}, ...own.map(n => entry(terms[n]))));
  const comment = make("input", {id: "comment", class: "comment", "data-part": "comment", value: item.comment, maxlength: 10000,
    onchange() { if (!isDrawing && comment.value !== items.get(item.n).comment) decide(item.n); },
    onkeydown(event) { if (event.key === "Escape" || event.key === "Enter") { event.preventDefault(); event.stopPropagation(); nodes.get(item.n).focus(); } }});
  parts.push(make("div", {}, make("label", {for: "comment"}, "Comment"), comment));
  if (item.notes.length) parts.push(make("p", {class: "small"}, ...visible(item.notes.join("; "))));
  const button = (name, key, kind, act) => make("button", {type: "button", class: kind, "aria-keyshortcuts": key, "data-part": kind || key,
    onmousedown: event => event.preventDefault(), onclick: act}, name, " ", make("kbd", {}, key));
  parts.push(make("div", {class: "choices"},
    button("Approve", "a", "approve", () => approve(item.n)), button("Reject", "r", "reject", () => settle(item.n, "rejected")),
    ...(item.status ? [button("Open again", "o", "", () => decide(item.n, {status: ""}))] : []),
    ...(item.equal ? [button(`Approve with ${number(item.equal)} equal`, "b", "", () => equal(item.n))] : [])));
  return make("div", {class: "editor"}, ...parts);
}

function entry(term) {
  const more = [named(words.statuses, term.status), term.domain, term.definition, term.note].filter(text => text);
  return make("div", {class: "entry"},
    make("p", {}, make("b", {}, ...visible(term.sources.join(", "))), " → ", ...visible([...term.targets, ...term.forms].slice(0, 8).join(", "))),
    ...(more.length ? [make("p", {class: "small"}, ...visible(more.join(" · ")))] : []),
    make("p", {class: "small"}, `in ${number(term.sentences)} ${term.sentences === 1 ? "sentence" : "sentences"}, missing in ${number(term.missing)} `,
      make("button", {type: "button", onclick() { query.term = String(term.n); $("term").value = term.sources[0]; load(); }}, "show them")));
}

// ---- actions

function accept(data) {
  Object.assign(terms, data.terms);
  progress(data);
  for (const item of data.items) if (items.has(item.n)) { items.set(item.n, item); draw(item); }
}

function remember(action) {
  actions = [...actions, action].slice(-200);
  sessionStorage.setItem("actions", JSON.stringify(actions));
  $("undo").disabled = !actions.length;
}

function unsaved(n) { // what was typed and has not been sent yet
  const item = items.get(n), area = nodes.get(n)?.querySelector("textarea"), comment = nodes.get(n)?.querySelector("#comment");
  return {...(area && area.value !== item.target ? {target: area.value} : {}), ...(comment && comment.value !== item.comment ? {comment: comment.value} : {})};
}

function decide(n, decision = {}) {
  const changes = {...unsaved(n), ...decision};
  return queued(async () => {
    const item = items.get(n);
    try {
      const data = await call("decide", {n, version: item.version, ...changes});
      accept(data);
      remember(data.action);
      say("Saved.");
      return true;
    } catch (error) { await conflict(error, n, changes); }
  });
}

async function conflict(error, n, changes) { // somebody else was faster: show theirs, keep what was typed here
  if (!(error instanceof Refusal) || error.status !== 409) throw error;
  const data = await call(`sentences/${n}`);
  Object.assign(terms, data.terms);
  const item = data.items[0];
  if (changes.target !== undefined && changes.target !== item.target) item.mine = changes.target;
  items.set(n, item);
  if (current === n) draw(item); else select(n);
  say("Somebody else changed this sentence in the meantime; nothing was overwritten.");
}

function settle(n, status) {
  return decide(n, {status}).then(is_saved => { if (is_saved && current === n) move(1); });
}

const approve = n => settle(n, "approved");

function equal(n) {
  return queued(async () => {
    try {
      const data = await call("equal", {n, version: items.get(n).version});
      accept(data);
      remember(data.action);
      say(`${number(data.count)} sentences approved.`);
    } catch (error) { await conflict(error, n, {}); }
  });
}

function undo() {
  return queued(async () => {
    if (!actions.length) return say("Nothing to undo.");
    const action = actions.pop();
    sessionStorage.setItem("actions", JSON.stringify(actions));
    $("undo").disabled = !actions.length;
    const data = await call("undo", {action});
    accept(data);
    const first = data.items.find(item => items.has(item.n));
    if (first) select(first.n);
    say(first ? "Undone." : `Undone: ${data.items.map(item => item.id).slice(0, 3).join(", ")}`);
  });
}

function write() {
  say("Writing the documents …");
  return queued(async () => {
    const data = await call("write", {});
    progress(data);
    say(`${number(data.documents)} ${data.documents === 1 ? "document" : "documents"} written again${data.memory ? `, ${number(data.memory)} sentences in the memory` : ""}.`);
  });
}

// ---- keys

const KEYS = {
  j: () => move(1), k: () => move(-1), ArrowDown: () => move(1), ArrowUp: () => move(-1),
  e: () => edit(), Enter: () => edit(), a: () => approve(current), r: () => settle(current, "rejected"), o: () => decide(current, {status: ""}),
  b: () => items.get(current).equal && equal(current), c: () => nodes.get(current).querySelector("#comment").focus(), u: undo,
  n: () => turn(1), p: () => turn(-1), "/": () => $("text").focus(), "?": () => $("keys").showModal(),
};

function edit() {
  const area = nodes.get(current).querySelector("textarea");
  area.focus();
  area.setSelectionRange(area.value.length, area.value.length);
}

document.addEventListener("keydown", event => {
  const target = event.target, isRow = target === document.body || target.closest("#list li") === target;
  if (event.ctrlKey || event.metaKey || event.altKey || $("keys").open || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) return;
  if (/^(Enter|Arrow)/.test(event.key) ? !isRow : !$("single-keys").checked) return;
  const item = items.get(current);
  if (/^[1-9]$/.test(event.key) && item?.suggestions[event.key - 1]) decide(current, {target: item.suggestions[event.key - 1].text});
  else if (Object.hasOwn(KEYS, event.key) && (item || "/?un".includes(event.key))) KEYS[event.key]();
  else return;
  event.preventDefault();
});

// ---- filters

function choose(name, value) { query[name] = value; load(); }

for (const name of ["status", "order", "document"]) $(name).addEventListener("change", event => choose(name, event.target.value));
let typing = 0;
$("text").addEventListener("input", event => { clearTimeout(typing); typing = setTimeout(() => choose("text", event.target.value.trim()), 200); });
$("term").addEventListener("focus", async () => { // with its statistics, when it is needed
  if ($("terms").children.length) return;
  const all = await call("terms").catch(() => []);
  $("terms").replaceChildren(...all.slice(0, 2000).map(term => make("option", {value: term.sources[0], "data-n": term.n},
    `${term.targets[0]}: ${number(term.sentences)}, missing in ${number(term.missing)}`)));
});
$("term").addEventListener("input", event => {
  const option = [...$("terms").children].find(each => each.value === event.target.value);
  if (option || !event.target.value) choose("term", option ? option.dataset.n : "");
});
$("undo").addEventListener("click", undo);
$("write").addEventListener("click", write);
$("help").addEventListener("click", () => $("keys").showModal());
$("previous").addEventListener("click", () => turn(-1));
$("next").addEventListener("click", () => turn(1));
$("single-keys").checked = localStorage.getItem("single-keys") !== "off";
$("single-keys").addEventListener("change", event => localStorage.setItem("single-keys", event.target.checked ? "on" : "off"));

async function start() {
  for (const [name, value] of new URLSearchParams(location.hash.slice(1))) if (Object.hasOwn(query, name)) query[name] = value;
  try {
    const job = await call("job");
    words = job.words;
    languages = {source: job.source_lang, target: job.target_lang};
    document.title = `Review ${job.source_lang} → ${job.target_lang}`;
    $("title").textContent = document.title;
    $("document").append(...job.documents.map(each => make("option", {value: each.path}, `${each.path} (${number(each.sentences)})`)));
    const order = Object.keys(words.kinds);
    $("kinds").replaceChildren(...Object.entries(job.kinds).sort(([a], [b]) => order.indexOf(a) - order.indexOf(b)).map(([kind, count]) => kindChip(kind, count)));
    progress(job);
    for (const name of ["status", "order", "document", "text"]) $(name).value = query[name];
    $("undo").disabled = !actions.length;
    await load();
  } catch (error) { say(error instanceof Refusal ? error.message : "The server does not answer: is mtpipe review still running?"); }
}

start();
