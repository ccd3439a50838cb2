// Run by Node with NODE_PATH where deepl-node is installed: its calls against the server at argv[2], as one JSON object.
const fs = require("fs");
const os = require("os");
const path = require("path");
const deepl = require("deepl-node");

async function main(url) {
  const client = new deepl.DeepLClient("any", {serverUrl: url, maxRetries: 0, minTimeout: 300000});
  const [text] = await client.translateText(["Open the <b>cell</b>."], "en", "de", {tagHandling: "html"});
  const usage = await client.getUsage();
  const glossary = await client.createGlossary("node", "en", "de", new deepl.GlossaryEntries({entries: {cell: "ZELLE"}}));
  const entries = await client.getGlossaryEntries(glossary.glossaryId);
  const termed = await client.translateText("A cell.", "en", "de", {glossary});
  await client.deleteGlossary(glossary.glossaryId);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "deepl-"));
  fs.writeFileSync(path.join(folder, "a.txt"), "Open it.\n");
  const status = await client.translateDocument(path.join(folder, "a.txt"), path.join(folder, "b.txt"), "en", "de");
  console.log(JSON.stringify({
    text: text.text, source: text.detectedSourceLang, billed: text.billedCharacters, usage: usage.character.count > 0,
    targets: (await client.getTargetLanguages()).map(language => language.code), entries: entries.entries(),
    termed: termed.text, status: status.status, document: fs.readFileSync(path.join(folder, "b.txt"), "utf8"),
  }));
}

main(process.argv[2]).catch(error => { console.error(error); process.exit(1); });
