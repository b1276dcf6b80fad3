"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const part = (id) => document.getElementById(id);
const [text, settings, view] = [part("text"), part("settings"), part("view")];
const live = !data.looks;
const WAIT = 250;  // milliseconds without typing before the spec is read again

let timer = 0;
let request = null;

text.value = data.text;
text.readOnly = !live;
part("choice").hidden = !live;
part("copy").addEventListener("click", () => navigator.clipboard.writeText(part("code").textContent));

if (live) {
  text.addEventListener("input", soon);
  text.addEventListener("keydown", indent);
  settings.addEventListener("input", soon);
  settings.addEventListener("submit", (event) => event.preventDefault());
  view.addEventListener("input", ask);
  ask();
} else {
  for (const [name, values] of Object.entries(data.varied)) settings.append(slider(name, values));
  settings.addEventListener("input", choose);
  choose();
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(ask, WAIT);
}

async function ask() {
  clearTimeout(timer);
  request?.abort();
  const current = request = new AbortController();
  part("state").textContent = "reading";
  try {
    const answer = await fetch("look", {
      method: "POST",
      headers: {"Content-Type": "application/json"},
      body: JSON.stringify({text: text.value, settings: asked(), view: view.value || null}),
      signal: current.signal,
    });
    if (!answer.ok) throw new Error(await answer.text());
    show(await answer.json());
    part("state").textContent = "";
  } catch (error) {
    if (error.name !== "AbortError") part("state").textContent = `no answer: ${error.message}`;
  }
}

// Until the first answer there are no fields, and the page has the settings that it was opened with.
function asked() {
  return settings.childElementCount ? chosen() : data.settings;
}

function chosen() {
  const fields = [...settings.querySelectorAll("input")].filter((field) => field.value.trim());
  return Object.fromEntries(fields.map((field) => [field.name, field.value]));
}

// A page without a server: the values of the sliders number the looks as `itertools.product` does.
function choose() {
  let place = 0;
  for (const field of settings.querySelectorAll("input")) {
    const values = data.varied[field.name];
    place = place * values.length + Number(field.value);
    field.nextElementSibling.textContent = values[field.value];
  }
  show(data.looks[place]);
}

function slider(name, values) {
  const [label, field] = [element("label", name), element("input")];
  Object.assign(field, {type: "range", name, min: 0, max: values.length - 1, value: 0});
  label.append(field, element("output", values[0]));
  return label;
}

function show(look) {
  const fine = look.code !== "";
  part("name").textContent = look.name || "archdsl";
  document.title = `${look.name || "spec"} - archdsl`;
  part("diagnostics").replaceChildren(...look.diagnostics.map(finding));
  if (live && look.parameters) fields(look.parameters);
  for (const id of ["picture", "counts", "emitted"]) part(id).classList.toggle("stale", !fine);
  if (!fine) return;  // what was right last stays, in grey
  part("picture").hidden = !look.picture;
  if (look.picture) part("picture").src = "data:image/svg+xml," + encodeURIComponent(look.picture);
  part("counts").replaceChildren(...look.counts.map(row));
  part("code").textContent = look.code;
  part("lines").textContent = `${look.code.split("\n").length - 1} lines`;
}

function fields(parameters) {
  const now = [...settings.querySelectorAll("input")].map((field) => field.name);
  const names = Object.keys(parameters);
  if (now.join() !== names.join()) {
    const before = {...data.settings, ...chosen()};
    settings.replaceChildren(...names.map((name) => setting(name, before[name] ?? "")));
    data.settings = {};
  }
  for (const field of settings.querySelectorAll("input")) field.placeholder = parameters[field.name];
}

function setting(name, value) {
  const [label, field] = [element("label", name), element("input")];
  Object.assign(field, {type: "text", name, value});
  label.append(field);
  return label;
}

function finding(diagnostic) {
  const item = element("li");
  item.className = diagnostic.level;
  const message = `${diagnostic.level}[${diagnostic.code}]: ${diagnostic.message}`;
  if (diagnostic.line && diagnostic.path === "spec") {
    const link = element("button", `line ${diagnostic.line}`);
    link.type = "button";
    link.addEventListener("click", () => select(diagnostic));
    item.append(link, " ");
  }
  item.append(message);
  for (const key of ["note", "help"]) {
    if (diagnostic[key]) item.append(labelled(key, diagnostic[key]));
  }
  return item;
}

function labelled(key, words) {
  const line = element("span", `${key}: ${words}`);
  line.className = "help";
  return line;
}

function select({line, column, end_column}) {
  const lines = text.value.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  text.focus();
  text.setSelectionRange(start + column - 1, start + end_column - 1);
  text.scrollTop = text.scrollHeight * (line - 1) / lines.length - text.clientHeight / 2;
}

function row([title, value]) {
  const line = element("tr");
  line.append(element("th", title), element("td", value));
  line.firstChild.scope = "row";
  return line;
}

function indent(event) {
  if (event.key !== "Tab" || event.shiftKey || event.ctrlKey || event.altKey) return;
  event.preventDefault();  // Escape, then Tab, leaves the field
  text.setRangeText("  ", text.selectionStart, text.selectionEnd, "end");
  soon();
}

function element(name, words = "") {
  const made = document.createElement(name);
  made.textContent = words;
  return made;
}
