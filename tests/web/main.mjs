// All browser tests, one after the other: node main.mjs. TAP on stdout. Needs GIMLET_RECORDS (real records) and Chromium.
import { readdirSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { findChromium, finish, launch, pickRecords, prepare, remove, skip, startServer } from "./harness.mjs";

const only = process.argv[2] ?? "";
const here = dirname(fileURLToPath(import.meta.url));
const files = readdirSync(here).filter((name) => name.endsWith(".test.mjs") && name.includes(only));
const records = process.env.GIMLET_RECORDS;

if (!records || !findChromium()) {
  for (const name of files) skip(name.replace(".test.mjs", " in the browser"), records ? "no Chromium" : "no real records here");
} else {
  const picked = pickRecords(records, 6);
  const browser = await launch();
  for (const name of files) {
    const { run } = await import(`./${name}`);
    const data = prepare(picked); // every file starts from untouched labels
    const server = await startServer(data);
    try {
      await run({ server, browser, records: picked });
    } finally {
      await server.kill();
      remove(data, server.models);
    }
  }
  await browser.close();
  remove(picked);
}
finish();
