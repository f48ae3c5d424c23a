// Pictures of every page for the README: node screens.mjs OUT_DIR. On real records where there are some, else on simulated
// ones; with two people's labels and a small trained run, so that no page is empty.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { api, gimlet, launch, openWindow, pickRecords, prepare, remove, sleep, startServer } from "./harness.mjs";

const out = process.argv[2] ?? ".";
const say = (text) => console.error(`== ${text}`);

function records() {
  if (process.env.GIMLET_RECORDS) return pickRecords(process.env.GIMLET_RECORDS, 24);
  const folder = mkdtempSync(join(tmpdir(), "gimlet-records-"));
  execFileSync(gimlet, ["simulate", "--output-dir", folder, "--holes", "120", "--seed", "1", "--quiet"]);
  return folder;
}

/** Two small runs, so that training has something to show and models something to compare. */
function train(data, models) {
  const config = join(gimlet, "..", "..", "configs", "first_look.yaml");
  for (const epochs of [8, 20]) {
    const sets = ["training_config.cross_validation.n_folds=6", `training_config.epochs=${epochs}`];
    const flags = sets.flatMap((set) => ["--set", set]);
    execFileSync(gimlet, ["train", "--config", config, "--data-dir", data, "--output-dir", models, "--quiet", ...flags]);
  }
}

/** Two people look at the same holes; they differ by a few hundredths of a millimetre, and once by more. */
async function labels(server) {
  const { items } = await api(server, "/holes?limit=2000&sort=file");
  const full = items.filter((hole) => hole.label && ["entry", "transition", "exit"].every((name) => hole.label.points[name].mm !== null));
  const chosen = full.filter((_, i) => i % 4 === 0).slice(0, 24);
  for (const [p, user] of ["A. Meyer", "L. Rossi"].entries()) {
    for (const [i, hole] of chosen.entries()) {
      const { version } = await api(server, `/holes/${hole.id}/labels`);
      const off = (k) => (((i * 37 + k * 53 + p * 71) % 17) - 8) / 160 + (i % 11 === 5 && p ? 0.4 : 0);
      const moved = ["entry", "transition", "exit"].map((name, k) => [name, { mm: hole.label.points[name].mm + off(k) }]);
      const body = { points: Object.fromEntries(moved), rejected: false, reason: "", gesture: "accepted" };
      const headers = { "If-Match": `"${version}"` };
      await api(server, `/holes/${hole.id}/labels`, { method: "PUT", user, headers, body: JSON.stringify(body) });
    }
  }
  const open = full.find((hole) => !chosen.includes(hole) && hole.n_rows > 3000) ?? full[1];
  return { disputed: chosen[5], open };
}

/** A model with a name and two versions; the gate has its say about the second one. */
async function name(server, runs) {
  const post = (path, body) => api(server, path, { method: "POST", user: "A. Meyer", body: JSON.stringify(body) });
  for (const [i, run] of runs.entries()) await post("/registry/hole-depth/versions", { run, description: i ? "more epochs" : "first look" });
  await post("/registry/hole-depth/versions/1/promote", { alias: "champion", gate: "none", reason: "the first one" });
}

async function shoot(page, name) {
  await sleep(900);
  await page.mouse.move(2, 790);
  await page.screenshot({ path: join(out, `${name}.png`) });
  say(`${name}.png`);
}

mkdirSync(out, { recursive: true });
say("records and two small runs");
const input = records();
const data = prepare(input);
const server = await startServer(data);
train(data, server.models);
const { disputed, open } = await labels(server);
const [run, older] = (await api(server, "/runs")).items;
await name(server, [older.run, run.run]);
const browser = await launch();

for (const scheme of ["light", "dark"]) {
  const page = await openWindow(browser, "A. Meyer", { colorScheme: scheme });
  await page.goto(`${server.url}/#/review/${(scheme === "light" ? disputed : open).id}?order=value`);
  await page.waitForSelector(".flag");
  await page.keyboard.press("3");
  if (scheme === "dark") await page.keyboard.press("r");
  await shoot(page, scheme === "light" ? "review" : "review-dark");
  if (scheme === "light") {
    await page.keyboard.press("?");
    await shoot(page, "keys");
  }
  await page.context().close();
}
const page = await openWindow(browser, "A. Meyer", { colorScheme: "light" });
const addresses = {
  queue: "queue",
  batch: "queue/batch?category=high",
  agreement: "agreement",
  quality: "quality",
  training: `training/${run.run}`,
  "new-run": "training/new",
  runs: `runs?picked=${older.run},${run.run}`,
  "compare-runs": `runs/compare?runs=${older.run},${run.run}`,
  "data-sets": "datasets",
  model: "models/hole-depth",
  "compare-versions": "models/compare?a=hole-depth:1&b=hole-depth:2",
  models: `models?compare=${older.run},${run.run}`,
  start: "start/look",
};
for (const [name, address] of Object.entries(addresses)) {
  await page.goto(`${server.url}/#/${address}`);
  await page.waitForSelector("h1");
  if (name === "batch") await page.click("button:has-text('Find the holes')");
  if (name === "batch") await page.locator(".look").first().scrollIntoViewIfNeeded();
  if (name === "model") {
    await page.click("button[title='Make version 2 the one that counts']");
    await page.click("dialog button:has-text('Ask the gate')");
    await page.waitForSelector("dialog .gate-findings", { timeout: 60000 });
  }
  await shoot(page, name);
}
await browser.close();
await server.kill("SIGTERM");
remove(input, data, server.models);
