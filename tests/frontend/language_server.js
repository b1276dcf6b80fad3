// Ask the YAML language server, VS Code's engine, about specs. Arguments: a schema, then specs.
// Prints JSON: the findings in each spec, what hovering over keys shows, and completions.
"use strict";

const fs = require("fs");
const {getLanguageService} = require("yaml-language-server/lib/umd/languageservice/yamlLanguageService.js");
const {TextDocument} = require("vscode-languageserver-textdocument");

const [schema, ...specs] = process.argv.slice(2).map((path) => fs.readFileSync(path, "utf8"));
const service = getLanguageService({
  schemaRequestService: async () => schema,
  workspaceContext: {resolveRelativePath: (path) => path},
  telemetry: {send() {}, sendError() {}, sendTrack() {}},
});
service.configure({
  validate: true, hover: true, completion: true, customTags: [], yamlVersion: "1.2",
  schemas: [{uri: "file:///schema.json", fileMatch: ["*"], schema: JSON.parse(schema)}],
});
const document = (text, name) => TextDocument.create(`file:///${name}.yaml`, "yaml", 1, text);

async function hovers(text) {
  const spec = document(text, "hover");
  const shown = {};
  for (const match of text.matchAll(/^ *(\w+):/gm)) {
    const hover = await service.doHover(spec, spec.positionAt(match.index + match[0].length - 2));
    shown[match[1]] = hover ? hover.contents.value : "";
  }
  return shown;
}

async function completions(text) {
  const spec = document(text, "complete");
  const list = await service.doComplete(spec, spec.positionAt(text.length), false);
  return list.items.map((item) => item.label);
}

(async () => {
  const findings = [];
  for (const [place, text] of specs.entries()) {
    const found = await service.doValidation(document(text, place), false);
    findings.push(found.map((finding) => `${finding.range.start.line + 1}: ${finding.message}`));
  }
  const begun = "archdsl: 2\nname: a\ninput: [3, 8, 8]\nstages:\n  count: 1\n  aggregate: ";
  const answer = {findings, hovers: await hovers(specs[0]), completions: await completions(begun)};
  console.log(JSON.stringify(answer));
})();
