// The first-run guide: from an empty data directory and a folder of records to a result, without the command line.
import { mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { api, equal, freePort, ok, openWindow, remove, Server, test, until, watch } from "./harness.mjs";

const countFiles = (folder) =>
  readdirSync(folder, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile()).length;

export async function run({ browser, records }) {
  const data = mkdtempSync(join(tmpdir(), "gimlet-empty-"));
  const server = new Server(data, join(data, "models"), await freePort());
  await server.start();
  try {
    await test("a newcomer is led from a folder of records to the result of a first model", async () => {
      const page = watch(await openWindow(browser, "Lea"));
      await page.goto(server.url);
      await page.waitForSelector("text=Drop a folder of records here");
      equal(await page.evaluate(() => location.hash), "#/start", "where an empty server leads");
      await page.setInputFiles("input[aria-label=Folder]", records);
      await page.waitForSelector("text=/files read|All records are read/", { timeout: 60000 });
      if (await page.isVisible("text=All records are read")) await page.click("text=See what was found");
      await page.waitForSelector(".figure:has-text('files read')");
      const read = Number(await page.textContent(".figure:has-text('files read') b"));
      equal(read, countFiles(records), "files that were read");
      await page.waitForSelector(".hole-plot svg .band");
      await page.click("text=Go on to training");
      await page.click("text=Start the first look");
      await page.waitForSelector(".plot canvas", { timeout: 90000 });
      await page.waitForSelector(".plain-result", { timeout: 400000 });
      const [model] = (await api(server, "/models")).items;
      ok(model, "a model is there");
      const words = await page.textContent(".plain-result");
      ok(/mean error on \d+ holes/.test(words), `plain words, not ${words}`);
      await page.click("text=Try it on a record");
      await page.waitForSelector("h1:has-text('Models')");
    });

    await test("a folder without records is told so, and the guide stays reachable", async () => {
      const page = watch(await openWindow(browser, "Lea"));
      await page.goto(`${server.url}/#/start/records`);
      await page.setInputFiles("input[aria-label=Files]", {
        name: "notes.pdf",
        mimeType: "application/pdf",
        buffer: Buffer.from("x"),
      });
      await page.waitForSelector("text=There is no record in it");
      await page.fill("input[placeholder='/data/records']", "/nowhere/at/all");
      await page.click("text=Read this folder");
      await page.waitForSelector(".toast:has-text('/nowhere/at/all')");
    });
  } finally {
    await server.kill();
    remove(data);
  }
}
