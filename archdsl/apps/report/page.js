"use strict";

// Tables: a click on a head sorts by it, a second one turns the order around.
for (const table of document.querySelectorAll("table")) {
  const heads = [...table.tHead.rows[0].cells];
  const body = table.tBodies[0];
  const first = [...body.rows];
  heads.forEach((head, place) => {
    head.querySelector("button").addEventListener("click", () => {
      const falling = head.getAttribute("aria-sort") === "ascending";
      for (const other of heads) other.setAttribute("aria-sort", "none");
      head.setAttribute("aria-sort", falling ? "descending" : "ascending");
      body.append(...ordered(first, place, falling));
    });
  });
}

function ordered(rows, place, falling) {
  const side = falling ? -1 : 1;
  const value = (row) => {
    const cell = row.cells[place];
    return "number" in cell.dataset ? Number(cell.dataset.number) : cell.textContent;
  };
  return [...rows].sort((one, other) => {
    const [a, b] = [value(one), value(other)];
    if (a === "" || b === "") return (a === "") - (b === "");  // what is not known comes last
    if (typeof a === "number" && typeof b === "number") return side * (a - b);
    return side * String(a).localeCompare(String(b));
  });
}

// Topologies: the layer under the pointer, or in focus, shows what it reads and what it feeds.
for (const figure of document.querySelectorAll(".topology")) {
  const svg = figure.querySelector("svg");
  const output = figure.querySelector("output");
  const name = (element) => element.querySelector("title").textContent;
  const nodes = new Map([...svg.querySelectorAll(".node")].map((node) => [name(node), node]));
  const links = [...svg.querySelectorAll(".edge")].map((edge) => [name(edge).split("->"), edge]);
  const layer = (key) => Number(key.split(".")[1]);
  const said = (keys) => keys.map((key) => "F" + layer(key)).join(", ") || "nothing";

  function show(key) {
    clear();
    const into = links.filter(([[, target]]) => target === key);
    const out = links.filter(([[source]]) => source === key);
    const reads = into.map(([[source]]) => source).sort((a, b) => layer(b) - layer(a));
    const feeds = out.map(([[, target]]) => target).sort((a, b) => layer(a) - layer(b));
    svg.classList.add("active");
    nodes.get(key).classList.add("chosen");
    for (const [, edge] of into) edge.classList.add("into");
    for (const [, edge] of out) edge.classList.add("out");
    for (const read of reads) nodes.get(read).classList.add("read");
    for (const fed of feeds) nodes.get(fed).classList.add("fed");
    output.textContent = `F${layer(key)} reads ${said(reads)}; feeds ${said(feeds)}`;
  }

  function clear() {
    svg.classList.remove("active");
    output.textContent = "";
    for (const element of svg.querySelectorAll(".into, .out, .read, .fed, .chosen")) {
      element.classList.remove("into", "out", "read", "fed", "chosen");
    }
  }

  for (const [key, node] of nodes) {
    node.setAttribute("tabindex", "0");
    node.setAttribute("role", "button");
    node.setAttribute("aria-label", "F" + layer(key));
    node.addEventListener("pointerenter", () => show(key));
    node.addEventListener("click", () => show(key));
    node.addEventListener("focus", () => show(key));
    node.addEventListener("pointerleave", clear);
    node.addEventListener("blur", clear);
  }
}
