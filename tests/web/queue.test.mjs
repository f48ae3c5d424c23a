// The Queue page: the order by value, and approval of many holes at once.
import { api, equal, ok, openWindow, test, until, watch } from "./harness.mjs";

const reviewed = async (server) => (await api(server, "/holes?limit=1")).progress.reviewed;

async function open(browser, server, address, options) {
  const page = watch(await openWindow(browser, "Lea", options));
  await page.goto(`${server.url}/#/${address}`);
  await page.waitForSelector(".page h1");
  return page;
}

/** Bring every card of the forced look on the screen, one after the other, as a reader would. */
async function lookAtAll(page) {
  for (const card of await page.$$(".look")) {
    await card.scrollIntoViewIfNeeded();
    await until(async () => (await card.getAttribute("class")).includes("seen"), "a hole on the screen to count as looked at");
  }
}

export async function run({ server, browser }) {
  await test("the queue shows every hole with a reason, the most valuable first, and leads to Review", async () => {
    const { total, items } = await api(server, "/queue?limit=2000");
    const page = await open(browser, server, "queue");
    await until(async () => (await page.textContent("caption")).startsWith(`${total} holes`), `${total} holes in the caption`);
    const reason = await page.textContent("tbody tr:first-child td:nth-child(2)");
    equal(reason, items[0].reason, "the first reason");
    await page.click("tbody tr:first-child td:nth-child(2)");
    await until(() => page.evaluate(() => location.hash.startsWith("#/review/")), "the Review page");
    ok((await page.evaluate(() => location.hash)).includes(items[0].hole.id), "the first hole is opened");
  });

  await test("filters of the queue stand in the address", async () => {
    const { families } = await api(server, "/holes?limit=1");
    const page = await open(browser, server, "queue");
    await page.waitForSelector("tbody tr");
    await page.selectOption("select[aria-label=Family]", families[0]);
    const fitting = (await api(server, `/queue?limit=1&family=${encodeURIComponent(families[0])}`)).total;
    await until(async () => (await page.textContent("caption")).startsWith(`${fitting} holes`), "the holes of one family");
    ok((await page.evaluate(() => location.hash)).includes("family="), "the filter is in the address");
  });

  await test("a batch is approved only after a look at the worst and at random ones, and is taken back at once", async () => {
    const before = await reviewed(server);
    const page = await open(browser, server, "queue/batch?category=high");
    await page.click("text=Find the holes");
    await page.waitForSelector(".look");
    const cards = await page.$$eval(".look", (all) => all.length);
    const title = await page.textContent("h2:has-text('Look at')");
    const count = Number(/of ([\d,]+) hole/.exec(title)[1].replaceAll(",", ""));
    ok(count > 9 && cards === 18, `${cards} holes to look at of ${count}`);
    const approve = page.locator("button:has-text('Approve')");
    ok(await approve.isDisabled(), "nothing can be approved before the look");

    await lookAtAll(page);
    await until(() => approve.isEnabled(), "the button after the look");
    await approve.click();
    await page.waitForSelector(`text=${count} holes approved`);
    equal(await reviewed(server), before + count, "reviewed holes after the batch");

    await page.click("text=Take the whole batch back");
    await page.waitForSelector("text=was taken back");
    equal(await reviewed(server), before, "reviewed holes after taking it back");
    await page.waitForSelector("td >> text=taken back");
  });

  await test("where no hole fits, the page says so and nothing can be approved", async () => {
    const page = await open(browser, server, "queue/batch?search=no-such-hole-anywhere");
    await page.click("button:has-text('Find the holes')");
    await page.waitForSelector("p[role=alert] >> text=no hole fits");
    equal(await page.locator("button:has-text('Approve')").count(), 0, "buttons to approve");
  });

  await test("the server refuses a batch that nobody has looked at", async () => {
    const post = (path, body) =>
      api(server, path, { method: "POST", body: JSON.stringify(body) });
    const preview = await post("/batches/preview", { query: { category: "high" } });
    const refused = await post("/batches", { token: preview.token, seen: preview.worst.slice(1).map((hole) => hole.id) }).then(
      () => false,
      (error) => /4\d\d/.test(error.message),
    );
    ok(refused, "a batch without the look is refused");
  });

  await test("a batch is approved by keyboard alone", async () => {
    const page = await open(browser, server, "queue/batch?category=medium", { viewport: { width: 1280, height: 2600 } });
    await page.focus("button:has-text('Find the holes')");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".look");
    await lookAtAll(page);
    await page.focus("button:has-text('Approve')");
    await page.keyboard.press("Space");
    await page.waitForSelector("text=approved as batch");
    await page.focus("button:has-text('Take the whole batch back')");
    await page.keyboard.press("Enter");
    await page.waitForSelector("text=was taken back");
  });
}
