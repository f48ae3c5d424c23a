// Training and Models: a tiny run started from the form, its curve, stop and resume, its result, and the model it leaves.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { api, equal, ok, openWindow, test, until, watch } from "./harness.mjs";

async function open(browser, server, address) {
  const page = watch(await openWindow(browser, "Lea"));
  await page.goto(`${server.url}/#/${address}`);
  await page.waitForSelector(".page h1");
  return page;
}

const field = (page, key) => page.locator(`[data-key="${key}"]`).locator("input, select");

/** Points on the curves of all folds. */
const points = (page) =>
  page.$$eval(".spark path", (all) => all.reduce((sum, path) => sum + (path.getAttribute("d").match(/[ML]/g)?.length ?? 0), 0));

const state = async (server, run) => (await api(server, `/runs/${run}`)).state;

export async function run({ server, browser, records }) {
  let name = "";

  await test("a value that cannot be is said at its field, and nothing is started", async () => {
    const page = await open(browser, server, "training");
    await page.click("text=New run");
    await field(page, "training_config.epochs").fill("0");
    await page.click("text=Start the run");
    await page.waitForSelector("[data-key='training_config.epochs'].wrong >> text=/from 1 to/");
    equal(
      await page.evaluate(() => document.activeElement.closest("[data-key]")?.dataset.key),
      "training_config.epochs",
      "the focus",
    );
    equal((await api(server, "/runs")).items.length, 0, "runs");
  });

  await test("a run is started from the form, and its curve moves", async () => {
    const page = await open(browser, server, "training/new");
    await field(page, "experiment_name").fill("tiny");
    await field(page, "training_config.cross_validation.n_folds").fill("2");
    await field(page, "training_config.epochs").fill("60");
    await page.click("summary:has-text('Network')");
    await field(page, "model_config.num_layers").fill("1");
    await page.click("text=Start the run");
    await until(() => page.evaluate(() => location.hash.startsWith("#/training/tiny")), "the page of the run");
    name = await page.evaluate(() => decodeURIComponent(location.hash.split("/")[2]));
    const first = await until(() => points(page), "the first epoch", 60000);
    await until(async () => (await points(page)) > first, "the curve to grow", 30000);
    await page.waitForSelector(".plot canvas");
  });

  await test("it is stopped and resumed, and nothing is lost", async () => {
    const page = await open(browser, server, `training/${name}`);
    await page.click("button:has-text('Stop')");
    await until(async () => (await state(server, name)) === "stopped", "the run to stop", 30000);
    await page.waitForSelector("button:has-text('Resume')");
    const before = await until(() => points(page), "the curve of the stopped run");
    await page.click("button:has-text('Resume')");
    await until(async () => (await points(page)) > before, "the curve to go on", 60000);
  });

  await test("the finished run tells its errors in mm and opens a hole", async () => {
    const page = await open(browser, server, `training/${name}`);
    await until(async () => (await state(server, name)) === "finished", "the run to finish", 240000);
    await page.waitForSelector(".plain-result");
    const { metrics } = await api(server, `/runs/${name}`);
    const mae = metrics.out_of_fold.points.hole_depth.mae_mm;
    await page.waitForSelector(`td:has-text("${mae.toFixed(3)}")`);
    const { items } = await api(server, `/runs/${name}/holes`);
    const worst = items.reduce((a, b) => (Math.abs(b.error_mm.hole_depth ?? 0) > Math.abs(a.error_mm.hole_depth ?? 0) ? b : a));
    const card = await page.waitForSelector(`aside h2[title="${worst.file}"]`);
    await card.scrollIntoViewIfNeeded(); // nothing is loaded before it is near the screen
    await page.waitForSelector("aside .hole-plot svg .marks text");
    await page.click("aside >> text=Open in Review");
    await until(() => page.evaluate((id) => location.hash.includes(id), worst.id), "the worst hole in Review");
    const [report, context] = [`${server.url}/api/runs/${name}/files/report.html`, page.context()];
    equal((await context.request.get(report)).status(), 200, "the report");
  });

  await test("the model is listed, downloaded, and tried on a record", async () => {
    const page = await open(browser, server, "models");
    await page.waitForSelector(`td >> text=${name}`);
    const [download] = await Promise.all([page.waitForEvent("download"), page.click(".files a:has-text('metrics.json')")]);
    ok((await download.path()) !== null, "a file arrives");
    const [family] = readdirSync(records);
    const [file] = readdirSync(join(records, family));
    await page.setInputFiles("input[aria-label=Record]", join(records, family, file));
    await page.waitForSelector("text=Grip code");
    await page.waitForSelector(".drop .hole-plot svg .marks text");
    await page.setInputFiles("input[aria-label=Record]", {
      name: "holiday.xls",
      mimeType: "text/plain",
      buffer: Buffer.from("no record"),
    });
    await page.waitForSelector(".drop .problem");
  });
}
