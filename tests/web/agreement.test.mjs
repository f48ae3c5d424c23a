// The Agreement page: figures in mm that are those of the labels, disputes, and their decision.
import { api, equal, ok, openWindow, test, until, watch } from "./harness.mjs";

/** Writes a person's label: the present one with the exit moved. */
async function label(server, user, hole, exitBy) {
  const { version } = await api(server, `/holes/${hole.id}/labels`);
  const { entry, transition, exit } = hole.label.points;
  const points = { entry: { mm: entry.mm }, transition: { mm: transition.mm }, exit: { mm: exit.mm + exitBy } };
  const body = JSON.stringify({ points, rejected: false, reason: "", gesture: "moved exit" });
  const headers = { "If-Match": `"${version}"` };
  await api(server, `/holes/${hole.id}/labels`, { method: "PUT", user, body, headers });
}

async function open(browser, server) {
  const page = watch(await openWindow(browser, "Lea"));
  await page.addInitScript(() => localStorage.removeItem("gimlet.tolerance"));
  await page.goto(`${server.url}/#/agreement`);
  return page;
}

const disputes = (page) => page.$$eval(".dispute-list button", (all) => all.length);

export async function run({ server, browser }) {
  await test("with one source only, the page says what to do", async () => {
    const page = await open(browser, server);
    await page.waitForSelector("text=Nothing to compare yet");
  });

  const { items } = await api(server, "/holes?limit=2000&sort=file");
  const holes = items
    .filter((hole) => ["entry", "transition", "exit"].every((name) => hole.label?.points[name].mm != null))
    .slice(0, 6);
  for (const [at, hole] of holes.entries()) {
    await label(server, "Ada", hole, 0.1);
    await label(server, "Bob", hole, at === 0 ? 0.9 : 0.12);
  }

  await test("pairs of sources are compared in mm, as the server counts them", async () => {
    const page = await open(browser, server);
    await page.waitForSelector(".pair-table");
    const { pairs } = await api(server, "/agreement?tolerance_mm=0.2");
    const pair = pairs.find(
      (p) => [p.a, p.b].some((name) => name.includes("Ada")) && [p.a, p.b].some((name) => name.includes("Bob")),
    );
    ok(pair, "Ada and Bob are a pair");
    equal(pair.points.exit.n, holes.length, "holes that both have labelled");
    const row = page.locator(".pair-table tr", { hasText: `${pair.a} – ${pair.b}` });
    const cells = await row.locator("td").allTextContents();
    equal(cells[10], `${holes.length}`, "n of the exit");
    equal(cells[11], pair.points.exit.median_mm.toFixed(3), "median of the exit");
  });

  await test("the tolerance decides what is a dispute, and a dispute is decided", async () => {
    const page = await open(browser, server);
    await until(async () => (await disputes(page)) > 0, "a dispute");
    const field = page.locator(".tolerance input:not([type=range])");
    await field.fill("5");
    await field.press("Enter");
    await page.waitForSelector("text=No disputes");
    await field.fill("0.5");
    await field.press("Enter");
    await until(async () => (await disputes(page)) === 1, "the one hole that differs by more than 0.5 mm");
    await page.waitForSelector(".hole-plot svg .marks");
    const rows = await page.$$eval(".choice-row tbody tr", (all) => all.length);
    ok(rows >= 3, `rule, Ada and Bob side by side, not ${rows}`);
    await page.locator(".choice-row tr", { hasText: "Ada" }).locator("button").click();
    await page.fill("input[aria-label=Reason]", "thrust has fallen by then");
    await page.click("button:has-text('Decide')");
    await page.waitForSelector("text=No disputes");
    const { hole } = await api(server, `/holes/${holes[0].id}`);
    equal(hole.label.source, "truth", "the source of the decided label");
    ok(Math.abs(hole.label.points.exit.mm - (holes[0].label.points.exit.mm + 0.1)) < 0.006, "Ada's exit was taken");
  });
}
