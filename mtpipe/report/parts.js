"use strict";
// What the pages are made of: texts with marks, lists with filters and pages, tables that sort.
// Everything shown here comes from strangers' files: text reaches the page through textContent and nothing else.
const PAGE = 100;
const DIFF_LIMIT = 600; // words; beyond that a quadratic comparison would be felt
const SPACED_START = /[\p{sc=Latin}\p{sc=Cyrillic}\p{sc=Greek}]$/u; // scripts that put spaces between words
const SPACED_END = /^[\p{sc=Latin}\p{sc=Cyrillic}\p{sc=Greek}\p{M}]*/u;
const CONTROLS = /([\u0000-\u0008\u000b-\u001f\u00ad\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff])/;

function make(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name === "class") node.className = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat()) if (child !== null) node.append(child);
  return node;
}

function visible(text) { // the text's nodes, its invisible and reordering characters as labels
  return String(text).split(CONTROLS).filter(part => part).map(part => CONTROLS.test(part)
    ? make("span", {class: "control"}, "U+" + part.codePointAt(0).toString(16).toUpperCase().padStart(4, "0"))
    : document.createTextNode(part));
}

const number = value => Number(value || 0).toLocaleString("en-US");
const named = (table, key) => Object.hasOwn(table, key) ? table[key] : key;
const fold = text => String(text ?? "").toLocaleLowerCase();

function percent(met, required) {
  if (!required) return "–";
  if (!met || Number(met) === Number(required)) return (met ? "100" : "0") + "\u00a0%";
  return Math.min(Math.max(met / required * 100, 0.1), 99.9).toFixed(1) + "\u00a0%"; // never all or nothing by rounding
}

// ---- texts: layers of {start, end, tag, class} over a text, offsets in UTF-16 units

function units(text, spans) { // the pipeline counts code points
  const starts = [0];
  for (const char of text) starts.push(starts[starts.length - 1] + char.length);
  return (spans || []).map(([start, end]) => [starts[start] ?? text.length, starts[end] ?? text.length]);
}

function places(text, forms, kind) { // where forms begin a word, with the rest of that word (an ending, a compound)
  const lower = fold(text), marks = [];
  if (lower.length !== text.length) return marks; // folding moved the offsets (İ): better no mark than a wrong one
  for (const form of forms || []) {
    const key = fold(form);
    for (let at = lower.indexOf(key); key && at >= 0; at = lower.indexOf(key, at + key.length)) {
      const rest = SPACED_END.exec(lower.slice(at + key.length))[0].length;
      if (!SPACED_START.test(lower.slice(0, at)) || !SPACED_START.test(key[0]))
        marks.push({start: at, end: at + key.length + rest, tag: "mark", class: kind});
    }
  }
  return marks;
}

function tags(text) { // layers of inline tags
  return [...text.matchAll(/<\/?[A-Za-z][^<>]*>/g)].map(match => ({start: match.index, end: match.index + match[0].length, tag: "span", class: "inline"}));
}

function shortened(tag) { // <a href="…" class="…"> as <a …>
  const parts = /^<(\/?[\w:.-]+)\s[^>]*?(\/?)>$/.exec(tag);
  return parts ? `<${parts[1]} …${parts[2]}>` : tag.length > 28 ? tag.slice(0, 24) + "…" : tag;
}

function chip(text, start, layers) { // an inline tag in short, once: at its beginning
  const whole = layers.find(layer => layer.class === "inline");
  const full = text.slice(whole.start, whole.end);
  return start === whole.start ? make("span", {class: "inline", title: shortened(full) === full ? null : full}, ...visible(shortened(full))) : "";
}

function painted(text, layers) {
  if (!text) return make("p", {class: "hint"}, "(empty)");
  const cuts = [...new Set([0, text.length, ...layers.flatMap(layer => [layer.start, layer.end])])]
    .filter(cut => cut >= 0 && cut <= text.length).sort((a, b) => a - b);
  const nodes = cuts.slice(1).map((end, i) => {
    const start = cuts[i], seen = new Set();
    const over = layers.filter(layer => layer.start <= start && end <= layer.end && !seen.has(layer.tag) && seen.add(layer.tag));
    const inside = over.some(layer => layer.class === "inline") ? [chip(text, start, over)] : visible(text.slice(start, end));
    return over.filter(layer => layer.class !== "inline").reduce((inner, layer) => [make(layer.tag, {class: layer.class || ""}, inner)], inside);
  });
  return make("p", {dir: "auto"}, ...nodes);
}

function tokens(text) {
  return [...text.matchAll(/\s+|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|[\p{L}\p{N}\p{M}]+|[^\s\p{L}\p{N}]/gu)]
    .map(match => ({text: match[0], start: match.index, end: match.index + match[0].length}));
}

function difference(before, after) { // [layers of what was removed, layers of what was inserted], by words
  const [old, now] = [tokens(before), tokens(after)];
  let head = 0, tail = 0;
  while (head < old.length && head < now.length && old[head].text === now[head].text) head++;
  while (tail < old.length - head && tail < now.length - head
    && old[old.length - 1 - tail].text === now[now.length - 1 - tail].text) tail++;
  const a = old.slice(head, old.length - tail), b = now.slice(head, now.length - tail);
  if (a.length > DIFF_LIMIT || b.length > DIFF_LIMIT) return [[], []];
  const best = Array.from({length: a.length + 1}, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) for (let j = b.length - 1; j >= 0; j--)
    best[i][j] = a[i].text === b[j].text ? best[i + 1][j + 1] + 1 : Math.max(best[i + 1][j], best[i][j + 1]);
  const removed = [], inserted = [];
  let i = 0, j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i].text === b[j].text) { i++; j++; }
    else if (j >= b.length || (i < a.length && best[i + 1][j] >= best[i][j + 1])) removed.push(a[i++]);
    else inserted.push(b[j++]);
  }
  return [joined(removed, "del"), joined(inserted, "ins")];
}

function joined(pieces, tag) {
  const layers = [];
  for (const {start, end} of pieces) {
    const last = layers[layers.length - 1];
    if (last && last.end === start) last.end = end; else layers.push({start, end, tag});
  }
  return layers;
}

function column(title, text, layers) {
  return make("div", {}, make("h4", {}, title), painted(text, layers));
}

// ---- lists: a filtered, sorted sequence of which one page is in the document

function list(root, items, {draw, tools = () => [], empty, noun, size = PAGE}) {
  let shown = items, page = 0;
  const body = make("div"), pager = make("div", {class: "pager", "aria-live": "polite"});
  const view = {
    show(next) { shown = next; page = 0; render(); },
    redraw() { render(); },
    all: items,
  };
  function turn(by) { page += by; render(); root.scrollIntoView({block: "start"}); }
  function render() {
    const first = page * size, some = shown.slice(first, first + size);
    body.replaceChildren(shown.length ? draw(some) : make("p", {class: "empty"}, items.length ? "Nothing matches the filter." : empty));
    const count = shown.length === items.length ? number(items.length) : `${number(shown.length)} of ${number(items.length)}`;
    pager.replaceChildren(...(shown.length > size ? [
      make("button", {type: "button", disabled: page === 0, onclick: () => turn(-1)}, "← Previous"),
      `${number(first + 1)}–${number(first + some.length)} of ${number(shown.length)} ${noun}`,
      make("button", {type: "button", disabled: first + size >= shown.length, onclick: () => turn(1)}, "Next →"),
    ] : items.length > 5 ? [`${count} ${noun}`] : []));
  }
  root.replaceChildren(...(items.length ? tools(view) : []), body, pager);
  render();
  return view;
}

function filtered({kinds, labels, label, documents, text, orders}) { // the tools above a list: chips, menus of documents and orders, a search box
  const choice = {kind: null, document: "", text: "", order: null};
  const set = {};
  const tools = view => {
    const sorted = items => choice.order ? items.sort(choice.order) : items;
    const apply = () => view.show(sorted(view.all.filter(item =>
      (!choice.kind || kinds(item).includes(choice.kind)) && (!choice.document || item.document === choice.document)
      && (!choice.text || (item.haystack ??= fold(text(item).join("\n"))).includes(choice.text)))));
    const counts = new Map();
    for (const item of view.all) for (const kind of new Set(kinds(item))) counts.set(kind, (counts.get(kind) || 0) + 1);
    const chips = [...counts].sort((a, b) => b[1] - a[1]).map(([kind, count]) => make("button", {type: "button", class: "chip",
      "aria-pressed": "false", onclick(event) {
        choice.kind = choice.kind === kind ? null : kind;
        for (const chip of chips) chip.setAttribute("aria-pressed", String(chip === event.currentTarget && choice.kind !== null));
        apply();
      }}, ...visible(`${named(labels, kind)} ${number(count)}`)));
    const names = documents ? [...new Set(view.all.map(item => item.document))].filter(name => name).sort() : [];
    const menu = make("select", {"aria-label": "Document", onchange: event => { choice.document = event.target.value; apply(); }},
      make("option", {value: ""}, `All ${number(names.length)} documents`),
      ...names.map(name => make("option", {value: name}, ...visible(name).map(node => node.textContent))));
    set.document = name => { menu.value = name; choice.document = menu.value; apply(); };
    const order = orders ? make("select", {"aria-label": "Order", onchange: event => { choice.order = orders[event.target.value][1]; apply(); }},
      ...orders.map(([name], i) => make("option", {value: i}, name))) : null;
    const search = make("input", {type: "search", placeholder: "Search", "aria-label": `Search ${label}`,
      oninput: event => { choice.text = fold(event.target.value.trim()); apply(); }});
    return [make("div", {class: "tools"}, ...(chips.length > 1 ? chips : []), names.length > 1 ? menu : null, order, search)];
  };
  return {tools, set};
}

function table(root, items, fields, {empty, noun, text, order, size = PAGE}) {
  const sorted = {field: null, down: false};
  const heads = fields.map(field => make("th", {scope: "col", class: field.number ? "num" : ""},
    make("button", {type: "button", onclick: () => sort(field)}, field.title)));
  const head = make("thead", {}, make("tr", {}, ...heads));
  const {tools} = filtered({kinds: () => [], labels: {}, label: noun, text});
  const draw = some => make("div", {class: "scroll"}, make("table", {class: "plain"}, head, make("tbody", {}, ...some.map(item =>
    make("tr", {}, ...fields.map((field, i) => make(i ? "td" : "th", {class: field.number ? "num" : "", scope: i ? null : "row"},
      field.show ? field.show(item) : visible(field.number ? number(field.value(item)) : field.value(item)))))))));
  let view;
  function sort(field) {
    sorted.down = sorted.field === field ? !sorted.down : Boolean(field.number);
    sorted.field = field;
    fields.forEach((other, i) => other === field
      ? heads[i].setAttribute("aria-sort", sorted.down ? "descending" : "ascending") : heads[i].removeAttribute("aria-sort"));
    const compare = field.number ? (a, b) => field.value(a) - field.value(b)
      : (a, b) => String(field.value(a)).localeCompare(String(field.value(b)));
    view.all.sort((a, b) => sorted.down ? compare(b, a) : compare(a, b));
    view.show(view.all);
    const search = root.querySelector("input");
    if (search && search.value) search.dispatchEvent(new Event("input"));
  }
  view = list(root, items, {draw, tools: current => items.length > 10 ? tools(current) : [], empty, noun, size});
  if (order !== undefined && items.length) sort(fields[order]);
  return view;
}

function bar(met, required) {
  const fill = make("i");
  fill.style.width = required ? `${met / required * 100}%` : "0";
  return [percent(met, required), make("span", {class: "share", "aria-hidden": "true"}, fill)];
}
