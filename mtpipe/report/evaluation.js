const data = JSON.parse(document.getElementById("data").textContent);
const systems = data.systems, HUMAN = "human", ROWS = 20, FEW = 8;
const digits = name => systems.some(row => Math.abs(row.scores[name] ?? 0) > 1) ? 2 : 3;
const figure = (name, value) => value === null || value === undefined ? "–" : value.toFixed(digits(name));
const metric = name => data.metrics.find(each => each.name === name);

// ---- drawing

function draw(tag, props = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(props)) node.setAttribute(name, value);
  for (const child of children.flat()) node.append(child);
  return node;
}

function range(rows, name) { // what an axis must hold, intervals included, with room at the ends
  const figures = rows.flatMap(row => [row.scores[name], ...(row.intervals[name] ?? [])]);
  const [low, high] = [Math.min(...figures), Math.max(...figures)], room = (high - low || Math.abs(high) || 1) * 0.07;
  return [low - room, high + room];
}

function ticks(low, high) {
  const rough = (high - low) / 6, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map(times => times * power).find(size => size >= rough);
  const ticks = [];
  for (let at = Math.ceil(low / step) * step; at <= high + step / 1e6; at += step) ticks.push(Number(at.toFixed(10)));
  return ticks;
}

function ahead(rows, x, y) { // the Pareto front, by x
  const [dx, dy] = [metric(x).better || 1, metric(y).better || 1];
  const at = row => [row.scores[x] * dx, row.scores[y] * dy];
  return rows.filter(row => !rows.some(other => {
    const [[a, b], [c, d]] = [at(row), at(other)];
    return c >= a && d >= b && (c > a || d > b);
  })).sort((a, b) => a.scores[x] - b.scores[x]);
}

// ---- quality against terms

function scatter(x, y) {
  const [width, height, left, bottom, top, right] = [900, 500, 64, 52, 14, 24];
  const rows = systems.filter(row => row.system !== HUMAN && [x, y].every(name => typeof row.scores[name] === "number"));
  if (!rows.length) return make("p", {class: "empty"}, "No system has both figures.");
  const [[xLow, xHigh], [yLow, yHigh]] = [range(rows, x), range(rows, y)];
  const px = value => left + (value - xLow) / (xHigh - xLow) * (width - left - right);
  const py = value => height - bottom - (value - yLow) / (yHigh - yLow) * (height - bottom - top);
  const grid = [
    ...ticks(xLow, xHigh).map(at => [draw("line", {class: "grid", x1: px(at), x2: px(at), y1: top, y2: height - bottom}),
      draw("text", {class: "tick", x: px(at), y: height - bottom + 18, "text-anchor": "middle"}, String(at))]),
    ...ticks(yLow, yHigh).map(at => [draw("line", {class: "grid", x1: left, x2: width - right, y1: py(at), y2: py(at)}),
      draw("text", {class: "tick", x: left - 8, y: py(at) + 4, "text-anchor": "end"}, String(at))]),
  ].flat();
  const front = ahead(rows, x, y);
  const bars = rows.flatMap(row => [
    ...(row.intervals[x] ? [draw("line", {class: "error", x1: px(row.intervals[x][0]), x2: px(row.intervals[x][1]), y1: py(row.scores[y]), y2: py(row.scores[y])})] : []),
    ...(row.intervals[y] ? [draw("line", {class: "error", x1: px(row.scores[x]), x2: px(row.scores[x]), y1: py(row.intervals[y][0]), y2: py(row.intervals[y][1])})] : []),
  ]);
  const points = rows.map(row => {
    const [cx, cy] = [px(row.scores[x]), py(row.scores[y])];
    const is = front.includes(row) ? "ahead" : "";
    const node = row.system === data.baseline ? draw("rect", {class: front.includes(row) ? "ahead base" : "base", x: cx - 6, y: cy - 6, width: 12, height: 12})
      : draw("circle", {class: is, cx, cy, r: 7});
    node.append(draw("title", {}, `${row.system}: ${x} ${figure(x, row.scores[x])}, ${y} ${figure(y, row.scores[y])}`));
    return node;
  });
  const human = systems.find(row => row.system === HUMAN)?.scores[x];
  const limit = typeof human === "number" && human >= xLow && human <= xHigh
    ? [draw("line", {class: "human", x1: px(human), x2: px(human), y1: top, y2: height - bottom})] : [];
  const arrow = name => ({1: " →", 0: "", "-1": " (lower is better)"})[metric(name).better];
  return draw("svg", {viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${y} against ${x}; the same figures are in the table above`},
    grid, limit, front.length > 1 ? draw("polyline", {class: "front", points: front.map(row => `${px(row.scores[x])},${py(row.scores[y])}`).join(" ")}) : [],
    bars, points, labels(rows, front, row => [px(row.scores[x]), py(row.scores[y])], width - right, top, height - bottom),
    draw("text", {x: (left + width - right) / 2, y: height - 8, "text-anchor": "middle"}, x + arrow(x)),
    draw("text", {transform: `translate(16 ${(top + height - bottom) / 2}) rotate(-90)`, "text-anchor": "middle"}, y + arrow(y)));
}

function labels(rows, front, place, right, top, bottom) { // names beside their points, where there is room for them
  const taken = rows.map(place).map(([x, y]) => [x - 8, y - 8, x + 8, y + 8]);
  return [...rows].sort((a, b) => front.includes(b) - front.includes(a)).map(row => {
    const [x, y] = place(row), text = row.system.length > 34 ? row.system.slice(0, 33) + "…" : row.system, wide = text.length * 7.8;
    const spots = [0, -16, 16, -32, 32, -48, 48, -64, 64].flatMap(shift => [[x + 12, y + 4 + shift], [x - 12 - wide, y + 4 + shift]]);
    const box = ([left, base]) => [left, base - 12, left + wide, base + 4];
    const free = spots.find(spot => {
      const [a, b, c, d] = box(spot);
      return a > 66 && c < right && b > top && d < bottom && !taken.some(([e, f, g, h]) => a < g && e < c && b < h && f < d);
    }) ?? spots[x + 12 + wide < right ? 0 : 1];
    taken.push(box(free));
    return draw("text", {class: front.includes(row) ? "halo best" : "halo", x: free[0], y: free[1]}, text);
  });
}

function plot(root) {
  const choose = (axis, label) => make("label", {}, `${label} `, make("select", {onchange: event => { data.axes[axis] = event.target.value; show(); }},
    ...data.metrics.filter(({name}) => systems.some(row => typeof row.scores[name] === "number"))
      .map(({name}) => make("option", {value: name, selected: name === data.axes[axis]}, name))));
  const body = make("div");
  const show = () => body.replaceChildren(scatter(data.axes.x, data.axes.y));
  root.replaceChildren(make("div", {class: "axes"}, choose("y", "Upwards"), choose("x", "To the right")), body);
  show();
}

// ---- metric by metric

function panel({name, better, about}) {
  const rows = systems.filter(row => row.system !== HUMAN || (row.scores[name] ?? 100) < 100);
  const known = rows.filter(row => typeof row.scores[name] === "number");
  if (!known.length) return null;
  const isShare = known.every(row => row.scores[name] >= 0 && row.scores[name] <= 1) && !name.startsWith("COMET");
  const most = Math.max(...known.flatMap(row => [row.scores[name], ...(row.intervals[name] ?? [])]));
  const [low, high] = isShare ? [0, [0.05, 0.1, 0.25].find(end => end >= most) ?? 1] : range(known, name);
  const at = value => (Math.min(Math.max(value, low), high) - low) / (high - low) * 100;
  const base = systems.find(row => row.system === data.baseline).scores[name];
  return make("figure", {}, make("figcaption", {}, name), make("p", {class: "small"}, about),
    make("table", {class: "chart"}, make("tbody", {},
      ...rows.map(row => make("tr", {}, make("th", {scope: "row"}, make("bdi", {}, ...visible(row.system))),
        make("td", {class: "bar"}, strip(row.scores[name], row.intervals[name], base, at, isShare, better)),
        make("td", {class: "value"}, make("b", {}, figure(name, row.scores[name])), " ", make("span", {}, change(row, name, base))))),
      make("tr", {class: "scale"}, make("td"), make("td", {}, make("div", {}, make("span", {}, isShare ? "0" : low.toFixed(1)), make("span", {}, isShare ? String(high) : high.toFixed(1)))), make("td")))));
}

function strip(value, interval, base, at, isShare, better) {
  const line = (where, kind, y1 = 0, y2 = 10) => draw("line", {class: kind, x1: at(where), x2: at(where), y1, y2});
  const bar = (from, to, kind) => draw("rect", {class: kind, x: at(from), width: Math.max(0, at(to) - at(from)), height: 10});
  const parts = [draw("rect", {class: "track", width: 100, height: 10})];
  if (typeof value === "number" && isShare) {
    const known = typeof base === "number" ? base : value;
    parts.push(bar(0, Math.min(value, known), "base"));
    if (better) parts.push((value - known) * better > 0 ? bar(Math.min(value, known), Math.max(value, known), "gain")
      : bar(Math.min(value, known), Math.max(value, known), "lost"));
    else parts.push(bar(Math.min(value, known), value, "base"));
  }
  if (interval && isShare) parts.push(draw("line", {class: "whisker", x1: at(interval[0]), x2: at(interval[1]), y1: 5, y2: 5}));
  if (interval && !isShare) parts.push(bar(interval[0], interval[1], "band"));
  if (typeof value === "number" && !isShare) parts.push(line(value, "point"));
  if (typeof base === "number") parts.push(line(base, "ref"));
  return draw("svg", {viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true"}, parts);
}

function change(row, name, base) {
  if (row.system === data.baseline || typeof base !== "number" || typeof row.scores[name] !== "number") return "";
  const by = row.scores[name] - base, pValues = Object.values(row.p_values[name] ?? {});
  return `${by < 0 ? "−" : "+"}${figure(name, Math.abs(by))}${pValues.length && Math.max(...pValues) < 0.05 ? "*" : ""}`;
}

// ---- terms

function lack(root, browse) {
  const total = term => term.missing.reduce((sum, count) => sum + count, 0);
  const button = (term, at) => {
    const count = term.missing[at], shade = count / term.needed;
    if (!count) return make("span", {class: "none"}, "0");
    return make("button", {type: "button", class: "link", title: `Segments in which ${systems[at].system} lacks it`, onclick: () => browse(term, at)},
      make("span", {class: "heat", style: `background: color-mix(in srgb, var(--bad) ${Math.round(shade * 100)}%, transparent)`}, number(count)));
  };
  table(root, data.terms.map((term, at) => ({...term, at})), [
    {title: "Source", value: term => term.source, show: term => make("bdi", {}, ...visible(term.source))},
    {title: "Target", value: term => term.target, show: term => make("bdi", {}, ...visible(term.target))},
    {title: "Needed", number: true, value: term => term.needed},
    {title: "Missing", number: true, value: total},
    ...systems.map((row, at) => ({title: row.system, number: true, value: term => term.missing[at], show: term => button(term, at)})),
  ], {empty: "No term is required in these sources.", noun: "terms", text: term => [term.source, term.target], order: 3, size: ROWS});
}

// ---- segments

const [TEXT, FOUND, MISSING, GRADE] = [0, 1, 2, 3];

function browser(root) {
  const wanted = {text: "", view: "all", system: -1, term: null, order: "set", against: systems.length > 1 ? data.baseline : "reference"};
  const shown = new Set(systems.map((_, at) => at).slice(0, FEW));
  const grades = text => text.outputs.map(output => output[GRADE]).filter(grade => grade !== null);
  const orders = {set: "as in the test set", worst: `lowest ${data.grade} first`, spread: "systems furthest apart first"};
  const views = {all: "All", missing: "Term missing", differ: "Translations differ", split: "Some have the term, some not"};
  const inSystem = (text, test) => wanted.system < 0 ? text.outputs.some(test) : test(text.outputs[wanted.system]);
  const holds = {
    all: () => true,
    missing: text => inSystem(text, output => wanted.term === null ? output[MISSING].length : output[MISSING].includes(wanted.term)),
    differ: text => inSystem(text, output => output[TEXT] !== opposite(text)),
    split: text => new Set(text.outputs.map(output => output[MISSING].length > 0)).size > 1,
  };
  const opposite = text => wanted.against === "reference" ? text.reference ?? "" : text.outputs[systems.findIndex(row => row.system === wanted.against)][TEXT];
  const keys = {set: null, worst: text => Math.min(...grades(text)), spread: text => Math.min(...grades(text)) - Math.max(...grades(text))};
  const select = (label, names, value, set) => make("label", {}, label, make("select", {onchange: event => { set(event.target.value); apply(); }},
    ...Object.entries(names).map(([key, name]) => make("option", {value: key, selected: key === String(value)}, ...visible(name).map(node => node.textContent)))));
  let view;
  function apply() {
    const key = keys[wanted.order];
    let texts = data.texts.filter(text => holds[wanted.view](text) && (!wanted.text
      || (text.haystack ??= fold([text.id, text.source, text.reference, ...text.outputs.map(output => output[TEXT])].join("\n"))).includes(wanted.text)));
    if (key) texts = texts.map(text => [key(text), text]).filter(([grade]) => Number.isFinite(grade)).sort((a, b) => a[0] - b[0]).map(([, text]) => text);
    for (const chip of chips) chip.setAttribute("aria-pressed", String(chip.dataset.view === wanted.view));
    about.replaceChildren(...(wanted.term === null ? [] : [make("span", {class: "tag missing"}, ...visible(`${data.terms[wanted.term].source} → ${data.terms[wanted.term].target}`)),
      " ", make("button", {type: "button", onclick: () => { wanted.term = null; apply(); }}, "All terms")]));
    view.show(texts);
  }
  const chips = Object.entries(views).filter(([key]) => systems.length > 1 || key !== "split").map(([key, name]) => make("button",
    {type: "button", class: "chip", "data-view": key, "aria-pressed": String(key === "all"), onclick: () => { wanted.view = key; if (key !== "missing") wanted.term = null; apply(); }},
    `${name} ${number(data.texts.filter(holds[key]).length)}`));
  const about = make("span", {"aria-live": "polite"});
  const search = make("input", {type: "search", placeholder: "Search in all texts", "aria-label": "Search in all texts", oninput: event => { wanted.text = fold(event.target.value.trim()); apply(); }});
  const names = Object.fromEntries([["-1", "any system"], ...systems.map((row, at) => [String(at), row.system])]);
  const holder = select("in", names, -1, value => { wanted.system = Number(value); });
  const against = Object.fromEntries([...(data.texts.some(text => text.reference) ? [["reference", "the reference"]] : []), ...systems.map(row => [row.system, row.system])]);
  const bars = [make("div", {class: "tools"}, ...chips, systems.length > 1 ? holder : null, about),
    make("div", {class: "tools"}, search, select("Compared with", against, wanted.against, value => { wanted.against = value; }),
      data.grade ? select("Order", orders, "set", value => { wanted.order = value; }) : null)];
  const picks = systems.length > 2 ? [make("fieldset", {}, make("legend", {}, `Systems shown (${number(shown.size)} of ${number(systems.length)})`), make("div", {class: "picks"},
    ...systems.map((row, at) => make("label", {}, make("input", {type: "checkbox", checked: shown.has(at), onchange: event => {
      event.target.checked ? shown.add(at) : shown.delete(at);
      event.target.closest("fieldset").querySelector("legend").textContent = `Systems shown (${number(shown.size)} of ${number(systems.length)})`;
      view.redraw();
    }}), " ", ...visible(row.system)))))] : [];
  view = list(root, data.texts, {tools: () => [...bars, ...picks], draw: some => make("div", {}, ...some.map(text => unit(text, opposite(text), [...shown].sort((a, b) => a - b)))),
    empty: "There are no segments.", noun: "segments", size: ROWS});
  return (term, at) => {
    Object.assign(wanted, {view: "missing", term: term.at, system: at});
    holder.querySelector("select").value = String(at);
    apply();
    document.getElementById("segments").scrollIntoView();
  };
}

function unit(text, other, shown) {
  return make("article", {class: "unit"},
    make("p", {class: "what"}, ...text.terms.map(at => make("bdi", {class: "tag"}, ...visible(`${data.terms[at].source} → ${data.terms[at].target}`))),
      make("bdi", {class: "place"}, ...visible(text.id))),
    make("div", {class: "texts common"}, column("Source", text.source, marks(text.source, text.spans, "src")),
      ...(text.reference === null ? [] : [column("Reference", text.reference, [])])),
    make("div", {class: "texts outputs"}, ...shown.map(at => output(at, text.outputs[at], other))));
}

const marks = (text, spans, kind) => units(text, spans).map(([start, end]) => ({start, end, tag: "mark", class: kind}));

function output(at, [text, present, missing, grade], other) {
  const inserted = text === other ? [] : difference(other, text)[1];
  return make("div", {class: missing.length ? "lacks" : ""},
    make("h4", {}, make("bdi", {}, ...visible(systems[at].system)), grade === null ? null : make("span", {class: "small"}, ` ${grade.toFixed(grade > 1 ? 1 : 3)}`),
      ...missing.map(term => make("span", {class: "tag missing"}, ...visible(`lacks ${data.terms[term].target}`)))),
    painted(text, [...marks(text, present, "ok"), ...inserted]));
}

if (document.getElementById("plot")) plot(document.getElementById("plot"));
document.getElementById("panels").replaceChildren(...data.metrics.map(panel).filter(node => node));
lack(document.getElementById("term-table"), browser(document.getElementById("browser")));
