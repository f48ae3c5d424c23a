// The Quality page: the figures of the report, the way down to the hole, and live while records are read.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { api, equal, ok, openWindow, test, until, watch } from "./harness.mjs";

async function open(browser, server, options) {
  const page = watch(await openWindow(browser, "Lea", options));
  await page.goto(`${server.url}/#/quality`);
  await page.waitForSelector(".figures");
  return page;
}

const figure = async (page, words) =>
  Number((await page.locator(".figure", { hasText: words }).locator("b").textContent()).replaceAll(",", ""));

export async function run({ server, browser, records }) {
  const report = JSON.parse(readFileSync(join(server.data, "quality", "report.json"), "utf8"));

  await test("the totals are those of the report that prepare wrote", async () => {
    const page = await open(browser, server);
    equal(await figure(page, "records"), report.totals.files, "records");
    equal(await figure(page, "warning"), report.totals.warning, "warnings");
    equal(await figure(page, "not fit"), report.totals.failed, "failed");
    equal(await figure(page, "unreadable"), report.totals.error, "errors");
    const rows = await page.locator("table", { hasText: "Family" }).first().locator("tbody tr").count();
    equal(rows, Object.keys(report.totals.families).length, "families");
  });

  await test("a finding leads to its holes, and from there into Review", async () => {
    const page = await open(browser, server);
    const [check, counts] = Object.entries(report.totals.checks).sort((a, b) => b[1].files - a[1].files)[0];
    const row = page.locator("tr.opens", { hasText: check }).first();
    equal(Number(await row.locator("td.n").textContent()), counts.files, `records with ${check}`);
    await row.focus();
    await page.keyboard.press("Enter");
    const total = (await api(server, `/holes?limit=1&finding=${check}`)).total;
    await page.waitForSelector(`text=/^${total}\\s*holes? with/`);
    await page.waitForSelector(".cards .hole-plot svg .band");
    await page.click("text=Go through them in Review");
    await page.waitForSelector(".queue-foot");
    await until(
      async () => (await page.textContent(".queue-foot")).startsWith(`${total} hole`),
      "only the holes of this finding",
    );
  });

  await test("the page follows while records are read, without a reload", async () => {
    const page = await open(browser, server);
    const before = await figure(page, "records");
    const text = readFileSync(firstRecord(records));
    // one more byte: another record to the server, the same to the reader
    const path = "added/again.xls";
    await api(server, `/records/${path}`, { method: "PUT", body: Buffer.concat([text, Buffer.from("\n")]) });
    await api(server, "/jobs", { method: "POST", body: JSON.stringify({ kind: "prepare", options: {} }) });
    await until(async () => (await figure(page, "records")) !== before, "another number of records", 20000);
    ok(page.url().includes("#/quality"), "still on the page");
  });

  await test("a job that is over is put into the trash after a question", async () => {
    const page = watch(await openWindow(browser, "Lea"));
    const [job] = (await api(server, "/jobs")).items;
    await until(async () => (await api(server, `/jobs/${job.id}`)).state === "done", "the end of the job", 20000);
    await page.goto(`${server.url}/#/start`);
    const row = page.locator("section:has(h2:text-is('Jobs')) tbody tr");
    await row.locator("text=done").waitFor();
    await row.locator("button:has-text('Delete')").click();
    await page.click("dialog button:has-text('Keep it')");
    equal((await api(server, "/jobs")).items.length, 1, "jobs after thinking again");
    await row.locator("button:has-text('Delete')").click();
    await page.click("dialog button:has-text('Into the trash')");
    await until(async () => (await row.count()) === 0, "no job in the list");
    ok(existsSync(join(server.data, "jobs", ".trash", job.id, "job.json")), "the folder is kept");
  });

  await test("dark colours, and 1280 by 800 without a horizontal scroll bar", async () => {
    const page = await open(browser, server, { colorScheme: "dark" });
    const wider = await page.evaluate(() => {
      const main = document.querySelector("main");
      return main.scrollWidth > main.clientWidth;
    });
    ok(!wider, "the page fits");
    const paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    ok(/rgb\((\d|[1-3]\d), /.test(paper), `dark ground, not ${paper}`);
  });
}

function firstRecord(folder) {
  const [family] = readdirSync(folder);
  const [file] = readdirSync(join(folder, family));
  return join(folder, family, file);
}
