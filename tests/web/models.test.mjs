// Models with names: registered, compared, refused by the gate with figures, promoted without it, rolled back, verified,
// taken away as a passport and taken in elsewhere.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { api, equal, gimlet, ok, openWindow, remove, startServer, test, until, watch } from "./harness.mjs";

async function open(browser, server, address, user = "Lea") {
  const page = watch(await openWindow(browser, user));
  await page.goto(`${server.url}/#/${address}`);
  await page.waitForSelector(".page h1");
  return page;
}

function train(server, epochs) {
  const config = join(gimlet, "..", "..", "configs", "first_look.yaml");
  const sets = ["training_config.cross_validation.n_folds=2", `training_config.epochs=${epochs}`, "model_config.num_layers=1"];
  const flags = sets.flatMap((set) => ["--set", set]);
  execFileSync(gimlet, ["train", "--config", config, "--data-dir", server.data, "--output-dir", server.models, "--quiet", ...flags], { stdio: "pipe" });
}

const champion = async (server) => (await api(server, "/registry/depth")).aliases.champion ?? 0;

async function promoteWithoutGate(page, version) {
  await page.click(`button[title='Make version ${version} the one that counts']`);
  await page.check("dialog input[type=checkbox]");
  await page.fill("#promote-reason", `tried on the bench ${version}`);
  await page.click("dialog button:has-text('Promote')");
  await page.waitForSelector("dialog", { state: "detached" });
}

export async function run({ server, browser }) {
  train(server, 2);
  train(server, 4);
  const [newer, older] = (await api(server, "/runs")).items.map((item) => item.run);
  let passport = "";

  await test("a finished run gets a name and a version", async () => {
    const page = await open(browser, server, "models");
    for (const [i, run] of [older, newer].entries()) {
      await page.click(`button[title='Give ${run} a name and a version']`);
      await page.fill("#model-name", "depth");
      await page.fill("#model-text", `attempt ${i + 1}`);
      await page.click("dialog button:has-text('Register')");
      await page.waitForSelector("dialog", { state: "detached" });
    }
    await page.waitForSelector("td a:has-text('depth')");
    const { versions } = await api(server, "/registry/depth");
    equal(versions.map(({ version, run, created_by }) => [version, run, created_by]), [[2, newer, "Lea"], [1, older, "Lea"]], "versions");
    await page.click(`button[title='Give ${newer} a name and a version']`);
    await page.fill("#model-name", "depth");
    await page.click("dialog button:has-text('Register')");
    await page.waitForSelector("text=/already/");
  });

  await test("two versions are compared hole by hole, with the certainty of each difference", async () => {
    const page = await open(browser, server, "models/depth");
    for (const version of [1, 2]) await page.check(`input[aria-label='Compare version ${version}']`);
    await page.click("button:has-text('Compare')");
    await page.waitForSelector("td:has-text('Hole depth')");
    const { metrics, common_holes } = await api(server, "/model-comparison?a=depth:1&b=depth:2");
    const text = await page.textContent("main");
    ok(text.includes(`On ${common_holes} holes`), "how many holes");
    for (const { a, b } of metrics) ok(text.includes(a.toFixed(3)) && text.includes(b.toFixed(3)), `${a} and ${b} stand there`);
    ok(/training_config\.epochs\s*2\s*4/.test(text), "the setting that differs");
    const page2 = await page.context().request.get(`${server.url}/api/model-comparison?a=depth:1&b=depth:2&format=html`);
    equal(page2.status(), 200, "the page to keep");
  });

  await test("the gate says in figures why it refuses, and nothing is promoted", async () => {
    const page = await open(browser, server, "models/depth");
    await page.click("button[title='Make version 1 the one that counts']");
    await page.click("dialog button:has-text('Ask the gate')");
    await page.waitForSelector("dialog >> text=the gate refuses", { timeout: 60000 });
    const found = await page.$$eval("dialog .gate-findings li", (items) => items.map((item) => item.textContent));
    ok(found.some((line) => /failed.*MAE \d+\.\d+ mm, at most/.test(line)), `figures: ${found.slice(0, 3)}`);
    ok(found[0].startsWith("failed"), "what failed stands first");
    equal((await api(server, "/registry/depth")).history.length, 2, "asking leaves no line");
    await page.click("dialog button:has-text('Promote')");
    await until(async () => (await api(server, "/registry/depth")).history[0].action === "refused", "the refusal in the history", 60000);
    equal(await champion(server), 0, "champion");
    await page.keyboard.press("Escape");
    await page.waitForSelector(".history >> text=The gate refused version 1 as champion");
  });

  await test("promoted without the gate, which the history says; and rolled back in one step", async () => {
    const page = await open(browser, server, "models/depth");
    await promoteWithoutGate(page, 1);
    equal(await champion(server), 1, "champion");
    await promoteWithoutGate(page, 2);
    await page.waitForSelector(".aliases >> text=version 2");
    await page.waitForSelector(".history >> text=/promoted version 2 as champion, without a gate/");
    await page.click("button:has-text('Roll back')");
    await page.fill("#rollback-reason", "worse at the exit");
    await page.click("dialog button:has-text('Roll back')");
    await page.waitForSelector(".aliases >> text=version 1");
    equal(await champion(server), 1, "champion again");
    const [line] = (await api(server, "/registry/depth")).history;
    equal([line.who, line.action, line.reason], ["Lea", "rolled back", "worse at the exit"], "who and why");
  });

  await test("a version is explained, verified, and taken away as a passport", async () => {
    const page = await open(browser, server, "models/depth/2");
    await page.waitForSelector(`a:has-text("${newer}")`);
    await page.waitForSelector("text=/past_values \\(type float32; shape any × 512 × 17/");
    await page.click("button:has-text('Verify')");
    await page.waitForSelector("text=every check passed", { timeout: 60000 });
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("a:has-text('Passport')")]);
    passport = join(mkdtempSync(join(tmpdir(), "gimlet-passport-")), download.suggestedFilename());
    await download.saveAs(passport);
    ok(passport.endsWith("depth-2.passport") && readFileSync(passport).length > 10000, passport);
  });

  await test("description and tags are changed in place, and the history keeps what was said before", async () => {
    const page = await open(browser, server, "models/depth");
    await page.click("button[title='Change the description']");
    await page.fill("textarea[aria-label=Description]", "all machines");
    await page.click("form button:has-text('Save')");
    await page.waitForSelector(".history >> text=/described the model/");
    await page.waitForSelector(".history >> text=/all machines.*before: attempt 1/");
    await page.goto(`${server.url}/#/models/depth/2`);
    await page.waitForSelector("h1:has-text('version 2')");
    await page.fill("input[aria-label='Name of the tag']", "line");
    await page.fill("input[aria-label='Text of the tag']", "A350");
    await page.click("button:has-text('Tag')");
    await page.waitForSelector(".tags >> text=A350");
    equal((await api(server, "/registry/depth/versions/2")).tags, { line: "A350" }, "tags");
    await page.click("button[title='Take the tag line away']");
    await page.waitForSelector(".tags >> text=No tag yet.");
    const { description, history } = await api(server, "/registry/depth");
    equal(description, "all machines", "description");
    equal(history.slice(0, 3).map(({ who, action, version }) => [who, action, version]), [["Lea", "tagged", 2], ["Lea", "tagged", 2], ["Lea", "described", 0]], "history");
  });

  await test("another machine takes the passport in, but not one with a changed byte", async () => {
    const elsewhere = await startServer(mkdtempSync(join(tmpdir(), "gimlet-data-")));
    try {
      const page = await open(browser, elsewhere, "models");
      const bytes = readFileSync(passport);
      const bad = Buffer.from(bytes);
      bad[bad.length >> 1] ^= 1;
      writeFileSync(`${passport}.bad`, bad);
      await page.setInputFiles("input[aria-label=Passport]", `${passport}.bad`);
      await page.waitForSelector("dialog .problem");
      equal((await api(elsewhere, "/registry")).items.length, 0, "models after the changed one");
      await page.keyboard.press("Escape");
      await page.setInputFiles("input[aria-label=Passport]", passport);
      await page.waitForSelector("td a:has-text('depth')");
      await page.click("td a:has-text('depth')");
      await page.waitForSelector("td:has-text('(imported)')");
      const { versions } = await api(elsewhere, "/registry/depth");
      equal(versions[0].digest, (await api(server, "/registry/depth/versions/2")).digest, "digest");
    } finally {
      await elsewhere.kill();
      remove(elsewhere.data, elsewhere.models, join(passport, ".."));
    }
  });

  await test("a version is deleted after a question, but not the champion", async () => {
    const page = await open(browser, server, "models/depth/1");
    ok(await page.isDisabled("button:has-text('Delete')"), "the champion stays");
    await page.goto(`${server.url}/#/models/depth/2`);
    await page.click("h1:has-text('version 2') >> xpath=ancestor::header >> button:has-text('Delete')");
    ok(await page.isDisabled("dialog button:has-text('Delete')"), "without a reason it stays");
    await page.fill("#delete-reason", "worse at the exit");
    await page.click("dialog button:has-text('Delete')");
    await page.waitForSelector(".history >> text=/deleted version 2/");
    equal((await page.$$("td a[href='#/models/depth/2']")).length, 0, "rows of version 2");
    const { versions, history } = await api(server, "/registry/depth");
    equal(versions.map(({ version }) => version), [1], "versions");
    equal([history[0].action, history[0].reason], ["deleted", "worse at the exit"], "the history");
  });
}
