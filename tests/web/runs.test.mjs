// Runs and data sets: found by a filter, sorted, put beside each other, explained, tagged, deleted; data sets listed,
// checked down to a flipped bit, and held against each other.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { api, equal, gimlet, ok, openWindow, test, until, watch } from "./harness.mjs";

async function open(browser, server, address) {
  const page = watch(await openWindow(browser, "Lea"));
  await page.goto(`${server.url}/#/${address}`);
  await page.waitForSelector(".page h1");
  return page;
}

/** A tiny run from the command line; the page must show it all the same. */
function train(server, epochs) {
  const config = join(gimlet, "..", "..", "configs", "first_look.yaml");
  const sets = ["training_config.cross_validation.n_folds=2", `training_config.epochs=${epochs}`, "model_config.num_layers=1"];
  const flags = sets.flatMap((set) => ["--set", set]);
  execFileSync(gimlet, ["train", "--config", config, "--data-dir", server.data, "--output-dir", server.models, "--quiet", ...flags], { stdio: "pipe" });
}

async function moveOneLabel(server) {
  const { items } = await api(server, "/holes?limit=1");
  const [hole] = items;
  const points = Object.fromEntries(Object.entries(hole.label.points).map(([name, { mm }]) => [name, { mm: mm === null ? null : mm + 0.03 }]));
  const headers = { "If-Match": `"${hole.version}"` };
  await api(server, `/holes/${hole.id}/labels`, { method: "PUT", user: "Lea", headers, body: JSON.stringify({ points, gesture: "moved" }) });
  return hole;
}

const rows = (page) => page.$$eval("tbody tr td:nth-child(2) a", (links) => links.map((link) => link.textContent));
const stayed = (page, text) => until(async () => (await page.textContent("main")).includes(text), text);

export async function run({ server, browser }) {
  train(server, 2);
  const moved = await moveOneLabel(server);
  train(server, 4);
  const [newer, older] = (await api(server, "/runs")).items.map((item) => item.run);

  await test("runs are listed, newest first, and sorted by a click on a figure", async () => {
    const page = await open(browser, server, "runs");
    await until(async () => (await rows(page)).length === 2, "both runs");
    equal(await rows(page), [newer, older], "newest first");
    const { items } = await api(server, "/runs?sort=metrics.exit_mae_mm");
    await page.click("th button:has-text('Exit MAE')");
    await until(async () => JSON.stringify(await rows(page)) === JSON.stringify(items.map((item) => item.run)), "the smallest error first");
    await page.click("th button:has-text('Exit MAE')");
    await until(async () => (await rows(page))[0] === items.at(-1).run, "the largest error first");
    equal(await page.getAttribute("th:has-text('Exit MAE')", "aria-sort"), "descending", "told to screen readers");
  });

  await test("a filter finds, is completed, and says what is wrong with it", async () => {
    const page = await open(browser, server, "runs");
    await page.fill("input[aria-label='Filter runs']", "params.epochs = 4");
    await page.keyboard.press("Enter");
    await until(async () => JSON.stringify(await rows(page)) === JSON.stringify([newer]), "the run of four epochs");
    await page.reload();
    await until(async () => (await rows(page)).length === 1, "the filter in the address");
    await page.fill("input[aria-label='Filter runs']", "metrics.exit_ma");
    await page.click(".chip:has-text('metrics.exit_mae_mm')");
    equal(await page.inputValue("input[aria-label='Filter runs']"), "metrics.exit_mae_mm ", "the completed word");
    await page.fill("input[aria-label='Filter runs']", "state = 'finished' and exit_mea = 1");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#filter-help .problem");
    ok((await page.textContent("#filter-help .place")).split("\n")[1].indexOf("↑") === 23, "the mark stands under the wrong word");
    equal((await rows(page)).length, 0, "rows of another filter");
    await page.click("button[title='All runs']");
    await until(async () => (await rows(page)).length === 2, "all runs again");
  });

  await test("columns are chosen and stay in the address", async () => {
    const page = await open(browser, server, "runs");
    await page.click("summary:has-text('Columns')");
    await page.fill("input[aria-label='Search columns']", "seed");
    await page.click(".column-choice label:has-text('training_config.seed')");
    await page.waitForSelector("th[title='params.training_config.seed']");
    await page.reload();
    await page.waitForSelector("th[title='params.training_config.seed']");
  });

  await test("two runs stand side by side with only what differs", async () => {
    const page = await open(browser, server, "runs");
    for (const name of [older, newer]) await page.check(`input[aria-label='Compare ${name}']`);
    await page.click("button:has-text('Compare 2')");
    await page.waitForSelector(".differing th:has-text('training_config.epochs')");
    const keys = await page.$$eval(".differing tbody th[scope=row]", (cells) => cells.map((cell) => cell.textContent));
    ok(!keys.includes("training_config.seed") && keys.includes("Data set"), `only what differs: ${keys}`);
    await page.waitForSelector(".plot canvas");
    await page.waitForSelector("table.compare >> text=Hole depth");
    const { paired } = await api(server, `/run-comparison?runs=${older}/${newer}`);
    ok(paired.length > 2, "rows of the paired comparison");
    for (const { mean_first_mm, mean_mm } of paired) for (const mm of [mean_first_mm, mean_mm]) await stayed(page, mm.toFixed(3));
  });

  await test("a run is explained, tagged and noted", async () => {
    const page = await open(browser, server, `runs/${newer}`);
    const { about, artifacts } = await api(server, `/runs/${newer}/details`);
    await stayed(page, about.build);
    await page.waitForSelector(`a:has-text("${about.dataset.slice(0, 12)}")`);
    ok(artifacts.length > 3 && (await page.textContent("main")).includes(artifacts[0].sha256.slice(0, 16)), "its files with their hashes");
    await page.click("summary:has-text('The last 40 lines')");
    await page.waitForSelector("pre.log:has-text('fold 2/2 epoch 4/4: training loss'):has-text('end: finished after')");
    equal(await page.getAttribute("a:has-text('training.log')", "href"), `/api/runs/${newer}/files/training.log`, "the whole of it");
    await page.fill("input[aria-label='Name of the tag']", "kept");
    await page.fill("input[aria-label='Text of the tag']", "yes");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".tags .chip:has-text('kept')");
    await page.fill("textarea[aria-label='Note on this run']", "with the moved label");
    await page.click("button:has-text('Add note')");
    await page.waitForSelector(".comments li:has-text('with the moved label')");
    const { tags, notes } = await api(server, `/runs/${newer}/notes`);
    equal([tags.kept, notes.at(-1).text, notes.at(-1).user], ["yes", "with the moved label", "Lea"], "on the server");
    await page.click("button[title='Take the tag kept away']");
    await page.waitForSelector("text=No tag yet");
  });

  await test("data sets are listed with what a training would see now, and what changed between two", async () => {
    const page = await open(browser, server, "datasets");
    await stayed(page, "a training would see nothing new");
    const { kept } = await api(server, "/datasets");
    equal(kept.length, 2, "data sets");
    for (const { dataset } of [...kept].reverse()) await page.check(`input[aria-label='Compare ${dataset.slice(0, 12)}']`);
    await page.click("button:has-text('What changed')");
    await stayed(page, "1 label changed");
    const cells = await page.$$eval("tbody tr:first-child td", (all) => all.map((cell) => cell.textContent));
    ok(cells.includes("+0.030") && cells.some((text) => text.startsWith("Lea, version")), `by how much and by whom: ${cells}`);
    equal(await page.getAttribute("tbody tr:first-child a", "title"), moved.file, "the hole");
  });

  await test("a data set is checked, and a flipped bit is found and named", async () => {
    const { about } = await api(server, `/runs/${newer}/details`);
    const page = await open(browser, server, `datasets/${about.dataset}`);
    await page.waitForSelector(`a:has-text("${newer}")`);
    await page.click("button:has-text('Check every hole')");
    await page.waitForSelector("text=bit for bit");
    const file = join(server.data, "holes", moved.id.slice(0, 2), `${moved.id}.safetensors`);
    ok(existsSync(file), file);
    const bytes = readFileSync(file);
    bytes[bytes.length >> 1] ^= 4;
    writeFileSync(file, bytes);
    await page.click("button:has-text('Check every hole')");
    await page.waitForSelector("text=1 of");
    await stayed(page, moved.file);
    bytes[bytes.length >> 1] ^= 4;
    writeFileSync(file, bytes);
  });

  await test("files with labels are offered to those only who may read them", async () => {
    const page = await open(browser, server, `runs/${newer}`);
    await page.waitForSelector("td a:has-text('out_of_fold.csv')");
    const answer = await (await fetch(`${server.url}/api/session`)).json();
    await page.route("**/api/session", (route) => route.fulfill({ json: { ...answer, role: "annotator" } }));
    await page.reload();
    await page.waitForSelector("td:has-text('out_of_fold.csv')");
    equal(await page.locator("td a:has-text('out_of_fold.csv')").count(), 0, "links to it");
    ok((await page.locator("td a:has-text('metrics.json')").count()) === 1, "other files stay links");
  });

  await test("a run is put into the trash after a question", async () => {
    const page = await open(browser, server, `runs/${older}`);
    await page.click("button:has-text('Delete')");
    await page.click("dialog button:has-text('Keep it')");
    equal((await api(server, "/runs")).items.length, 2, "runs after thinking again");
    await page.click("button:has-text('Delete')");
    await page.click("dialog button:has-text('Into the trash')");
    await until(async () => (await rows(page)).length === 1, "one run in the list");
    ok(existsSync(join(server.models, ".trash", older, "metrics.json")), "the folder is kept");
  });
}
