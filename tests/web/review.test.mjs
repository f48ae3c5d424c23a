// The Review page: labelling by mouse and by keyboard, snapping, undo, conflict, and a server that goes away.
import { api, equal, ok, openWindow, sleep, test, until, watch } from "./harness.mjs";

const points = ["entry", "transition", "exit"];

async function open(browser, server, id, user = "Ada") {
  const page = watch(await openWindow(browser, user));
  await page.goto(`${server.url}/#/review/${id}`);
  await page.waitForSelector(".flag");
  await page.waitForFunction(() => document.querySelectorAll(".virtual-row").length > 0);
  return page;
}

const current = (page) => page.evaluate(() => location.hash.split("/")[2] ?? "");
const depthOf = async (server, id, name) => (await api(server, `/holes/${id}`)).hole.label.points[name].mm;
const near = (a, b, by = 0.002) => a !== null && b !== null && Math.abs(a - b) <= by;
const saved = (page) => page.waitForFunction(() => document.querySelector(".save")?.textContent?.trim() === "saved");

/** Holes with all three points of the rule, by file. */
async function fullHoles(server) {
  const { items } = await api(server, "/holes?limit=2000&sort=file");
  return items.filter((hole) => points.every((name) => hole.label?.points[name].mm != null));
}

async function shownDepths(page) {
  const values = await page.$$eval(".flag", (flags) => flags.map((flag) => [flag.dataset.point, Number(flag.getAttribute("aria-valuenow"))]));
  return Object.fromEntries(values);
}

/** Moves the entry by -0.1 mm while nothing gets to the server. */
async function leaveUnsaved(page) {
  await page.route("**/labels", (route) => (route.request().method() === "PUT" ? route.abort() : route.continue()));
  await page.keyboard.press("1");
  await page.keyboard.press("[");
  await until(async () => (await page.textContent(".save")).includes("not saved"), "not saved");
  await page.unroute("**/labels");
}

async function dragFlag(page, name, byPx, options = {}) {
  const flag = await page.waitForSelector(`.flag.point-${name}`);
  const box = await flag.boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  if (options.free) await page.keyboard.down("Alt");
  await page.mouse.down();
  const steps = 8;
  for (let i = 1; i <= steps; i++) await page.mouse.move(x + (byPx * i) / steps, y);
  options.whileDragging && (await options.whileDragging());
  await page.mouse.up();
  if (options.free) await page.keyboard.up("Alt");
}

export async function run({ server, browser }) {
  const holes = await fullHoles(server);
  let next = 0;
  const fresh = () => holes[next++].id;

  await test("the queue lists every hole, is searched and filtered", async () => {
    const { total, families } = await api(server, "/holes?limit=1");
    const page = await open(browser, server, fresh());
    await until(async () => (await page.textContent(".queue-foot")).startsWith(`${total} holes`), `${total} holes below the list`);
    await page.selectOption(".filters select[aria-label=family]", families[0]);
    const fitting = (await api(server, `/holes?limit=1&family=${encodeURIComponent(families[0])}`)).total;
    await until(async () => (await page.textContent(".queue-foot")).startsWith(`${fitting} hole`), "the holes of one family");
    await page.click(".filters [title='Clear all filters']");
    const name = holes[3].file.split("/").pop();
    await page.fill(".queue input[type=search]", name);
    await until(async () => (await page.textContent(".queue-row .queue-file"))?.includes(name), "the hole searched for");
  });

  await test("a hole is labelled by mouse: dragged, accepted, stored as the person's", async () => {
    const id = fresh();
    const page = await open(browser, server, id);
    const before = await shownDepths(page);
    await dragFlag(page, "exit", 60, { free: true });
    const moved = await shownDepths(page);
    ok(moved.exit > before.exit + 0.001, `the exit went deeper: ${before.exit} to ${moved.exit}`);
    await until(async () => near(await depthOf(server, id, "exit"), moved.exit), "the new exit on the server");
    await page.click("text=Accept and next");
    await until(async () => (await current(page)) !== id, "the next hole");
    const { hole } = await api(server, `/holes/${id}`);
    equal([hole.state, hole.label.source, hole.label.author], ["reviewed", "expert", "Ada"], "the label");
    ok(near(hole.label.points.entry.mm, before.entry), "the entry stayed where it was");
  });

  await test("a hole is labelled by keyboard alone, in six keys", async () => {
    const id = fresh();
    const page = await open(browser, server, id);
    const before = await shownDepths(page);
    for (const key of ["3", "]", "2", "[", "1"]) await page.keyboard.press(key);
    await page.keyboard.press("Space");
    await until(async () => (await current(page)) !== id, "the next hole");
    await until(async () => near(await depthOf(server, id, "exit"), before.exit + 0.1), "the exit 0.1 mm deeper");
    await until(async () => near(await depthOf(server, id, "transition"), before.transition - 0.1), "the transition 0.1 mm less deep");
    equal((await api(server, `/holes/${id}`)).hole.state, "reviewed", "state");
  });

  await test("a good hole needs one key", async () => {
    const id = fresh();
    const page = await open(browser, server, id);
    await page.keyboard.press("Space");
    await until(async () => (await current(page)) !== id, "the next hole");
    await until(async () => (await api(server, `/holes/${id}`)).hole.state === "reviewed", "the review on the server");
  });

  await test("keys nudge by samples, mark absent and put back, in order", async () => {
    const id = fresh();
    const page = await open(browser, server, id);
    const before = await shownDepths(page);
    await page.keyboard.press("1");
    await page.keyboard.press(".");
    const one = (await shownDepths(page)).entry;
    ok(one > before.entry && one - before.entry < 0.2, `one sample: ${before.entry} to ${one}`);
    await page.keyboard.press("Shift+.");
    const ten = (await shownDepths(page)).entry;
    ok(ten - one > 3 * (one - before.entry) || ten > one, `ten samples: ${one} to ${ten}`);
    await page.keyboard.press("2");
    await page.keyboard.press("n");
    ok(!("transition" in (await shownDepths(page))), "the transition is gone");
    await until(async () => (await depthOf(server, id, "transition")) === null, "absent on the server");
    await page.keyboard.press("n");
    ok(near((await shownDepths(page)).transition, before.transition), "the transition is back where it was");
    await page.fill("text=Entry depth", "9999");
    await page.keyboard.press("Enter");
    const after = await shownDepths(page);
    ok(near(after.entry, after.transition), `the entry stops at the transition: ${after.entry}, ${after.transition}`);
  });

  await test("a marker stops at its neighbour, or with P pushes it along", async () => {
    const id = fresh();
    const page = await open(browser, server, id);
    const before = await shownDepths(page);
    const beyond = (before.transition + 0.5).toFixed(3);
    await page.fill("text=Entry depth", beyond);
    await page.keyboard.press("Enter");
    const stopped = await shownDepths(page);
    ok(near(stopped.entry, before.transition) && near(stopped.transition, before.transition), `stopped: ${JSON.stringify(stopped)}`);
    await page.locator(".stack").focus().catch(() => undefined);
    await page.keyboard.press("Escape");
    await page.evaluate(() => document.activeElement?.blur());
    await page.keyboard.press("p");
    await page.fill("text=Entry depth", beyond);
    await page.keyboard.press("Enter");
    await until(async () => near((await shownDepths(page)).transition, Number(beyond)), "the transition pushed along");
    const pushed = await shownDepths(page);
    ok(near(pushed.entry, Number(beyond)) && near(pushed.exit, before.exit), `pushed: ${JSON.stringify(pushed)}`);
    await until(async () => near(await depthOf(server, id, "transition"), Number(beyond)), "both points on the server");
    await page.evaluate(() => document.activeElement?.blur());
    await page.keyboard.press("u");
    await until(async () => near((await shownDepths(page)).transition, before.transition), "one undo takes both back");
  });

  await test("a dragged marker snaps to evidence and says why; Alt moves it freely", async () => {
    const id = fresh();
    const { candidates } = await api(server, `/holes/${id}`);
    const page = await open(browser, server, id);
    await page.keyboard.press("3");
    await page.keyboard.press("z");
    await sleep(200);
    await dragFlag(page, "exit", -70, { free: true });
    const free = (await shownDepths(page)).exit;
    await dragFlag(page, "exit", 68);
    const snapped = (await shownDepths(page)).exit;
    const fitting = candidates.filter((item) => ["exit", "any"].includes(item.point));
    ok(fitting.some((item) => near(item.mm, snapped)), `${snapped} is one of ${fitting.map((item) => item.mm.toFixed(3))}`);
    ok(!fitting.some((item) => near(item.mm, free, 0.0005)), "the free place is no evidence");
    await saved(page);
    const { history } = await api(server, `/holes/${id}/labels`);
    const last = history.reduce((a, b) => (a.version > b.version ? a : b));
    ok(fitting.some((item) => last.gesture.includes(item.text)), `the history says why: ${last.gesture}`);
  });

  /** Ada holds the exit's flag while Bo does something to the hole and her page, which reads it again, shows it. */
  const dragWhile = async (id, bosWork) => {
    const page = await open(browser, server, id);
    await page.keyboard.press("3");
    await page.keyboard.press("z");
    const whileDragging = async () => {
      await bosWork();
      const comment = { method: "POST", user: "Bo", body: JSON.stringify({ text: "seen while Ada drags" }) };
      await api(server, `/holes/${id}/comments`, comment);
      await page.waitForSelector(".comments li:has-text('seen while Ada drags')");
    };
    await dragFlag(page, "exit", -70, { free: true, whileDragging });
    return page;
  };

  await test("a drag goes on while the page reads the hole again", async () => {
    const id = fresh();
    const page = await dragWhile(id, async () => undefined);
    const { exit } = await shownDepths(page);
    await until(async () => near(await depthOf(server, id, "exit"), exit), "the exit is saved where it was left");
  });

  await test("what somebody else saves during a drag is not overwritten", async () => {
    const id = fresh();
    const { hole } = await api(server, `/holes/${id}`);
    const mm = Object.fromEntries(points.map((name) => [name, { mm: hole.label.points[name].mm }]));
    mm.entry.mm -= 0.1;
    const page = await dragWhile(id, async () => {
      const body = JSON.stringify({ points: mm, rejected: false, reason: "", gesture: "Entry typed" });
      await api(server, `/holes/${id}/labels`, { method: "PUT", user: "Bo", headers: { "If-Match": `"${hole.version}"` }, body });
    });
    await page.waitForSelector("dialog .conflict");
    ok(near(await depthOf(server, id, "entry"), mm.entry.mm), "Bo's entry stands");
    await page.click("text=Use the choice");
    await until(async () => !near(await depthOf(server, id, "exit"), mm.exit.mm), "Ada's exit");
    ok(near(await depthOf(server, id, "entry"), mm.entry.mm), "with Bo's entry");
  });

  await test("snapping by key goes through the evidence", async () => {
    const id = fresh();
    const { candidates } = await api(server, `/holes/${id}`);
    const page = await open(browser, server, id);
    await page.keyboard.press("3");
    await page.keyboard.press("s");
    const best = (await shownDepths(page)).exit;
    await page.keyboard.press("Tab");
    const second = (await shownDepths(page)).exit;
    const fitting = candidates.filter((item) => ["exit", "any"].includes(item.point));
    ok(fitting.some((item) => near(item.mm, best)), "S snapped to evidence");
    ok(fitting.length < 2 || best !== second, "Tab went on to the next");
  });

  await test("undo and redo go gesture by gesture, and survive a reload", async () => {
    const id = fresh();
    const page = await open(browser, server, id);
    const before = await shownDepths(page);
    await page.keyboard.press("3");
    await page.keyboard.press("]");
    await saved(page);
    await page.keyboard.press("1");
    await page.keyboard.press("[");
    await saved(page);
    await page.reload();
    await page.waitForSelector(".flag");
    await page.keyboard.press("u");
    await until(async () => near((await shownDepths(page)).entry, before.entry), "the entry is back");
    ok(near((await shownDepths(page)).exit, before.exit + 0.1), "the exit is still moved");
    await page.keyboard.press("u");
    await until(async () => near((await shownDepths(page)).exit, before.exit), "the exit is back");
    await page.keyboard.press("Shift+u");
    await until(async () => near((await shownDepths(page)).exit, before.exit + 0.1), "the exit is moved again");
    await until(async () => near(await depthOf(server, id, "exit"), before.exit + 0.1), "on the server too");
  });

  /** Ada has moved the entry and saved it; Bo, who sees the hole as it was before, has just moved the exit. */
  const twoOnOneHole = async () => {
    const id = fresh();
    const ada = await open(browser, server, id, "Ada");
    const bo = await open(browser, server, id, "Bo");
    const before = await shownDepths(ada);
    await ada.keyboard.press("1");
    await ada.keyboard.press("[");
    await saved(ada);
    await bo.keyboard.press("3");
    await bo.keyboard.press("]");
    return { id, bo, before };
  };

  await test("two people on one hole: both versions are shown and nothing is lost", async () => {
    const { id, bo, before } = await twoOnOneHole();
    await bo.waitForSelector("dialog .conflict");
    const text = await bo.textContent("dialog");
    ok(text.includes("Ada"), "the dialog says who");
    ok(near(await depthOf(server, id, "entry"), before.entry - 0.1), "Ada's entry was not overwritten");
    await bo.click("text=Use the choice");
    await bo.waitForSelector("dialog .conflict", { state: "detached" });
    await until(async () => near(await depthOf(server, id, "exit"), before.exit + 0.1), "Bo's exit");
    ok(near(await depthOf(server, id, "entry"), before.entry - 0.1), "with Ada's entry");
    const { history } = await api(server, `/holes/${id}/labels`);
    ok(history.some((item) => item.author === "Ada") && history.some((item) => item.author === "Bo"), "both are in the history");
  });

  await test("a conflict on a hole that was left is told, and waits for a choice", async () => {
    const { id, bo, before } = await twoOnOneHole();
    await bo.keyboard.press("j"); // gone before it was saved; a slow machine may have saved it first
    await bo.waitForSelector('button:has-text("Open it"), dialog .conflict');
    if (!(await bo.$("dialog .conflict"))) await bo.click('button:has-text("Open it")');
    await bo.waitForSelector("dialog .conflict");
    await bo.click("text=Keep mine");
    await until(async () => near(await depthOf(server, id, "exit"), before.exit + 0.1), "Bo's exit");
    ok(near(await depthOf(server, id, "entry"), before.entry), "with Bo's entry");
  });

  await test("a hole is rejected with a reason", async () => {
    const id = fresh();
    const page = await open(browser, server, id);
    await page.keyboard.press("x");
    await page.waitForSelector("dialog[open]");
    await page.keyboard.press("5");
    await until(async () => (await api(server, `/holes/${id}`)).hole.state === "rejected", "the rejection");
    const { hole } = await api(server, `/holes/${id}`);
    ok(hole.label === null || hole.label.reason.length > 5, `with its reason: ${hole.label?.reason}`);
  });

  await test("comments are written and read back", async () => {
    const id = fresh();
    const page = await open(browser, server, id);
    await page.keyboard.press("c");
    await page.keyboard.type("worn tool? compare with the hole before");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".comments li");
    await page.reload();
    await page.waitForSelector(".comments li");
    ok((await page.textContent(".comments li")).includes("worn tool?"), "the comment is there after a reload");
  });

  await test("cursors measure; the axis swaps between time and depth", async () => {
    const page = await open(browser, server, fresh());
    await page.keyboard.press("m");
    const text = await page.textContent(".measure");
    ok(/Δ\s*[+−]?\d+\.\d\d mm.*Δ\s*\d+\.\d\d s.*torque mean\s*−?\d+\.\d\d A/s.test(text), text);
    ok(/slope\s*[+−]?\d+\.\d\d A\/mm.*power\s*\d+ W.*energy\s*\d+ J/s.test(text), text);
    await page.keyboard.press("r");
    await page.waitForSelector("text=depth mm");
    equal((await page.textContent(".measure")).includes("mm"), true, "the cursors stay on the other axis");
  });

  await test("keys are listed under ? and can be changed", async () => {
    const id = fresh();
    const page = await open(browser, server, id);
    await page.keyboard.press("?");
    await page.waitForSelector("dialog .keysheet");
    await page.click("dialog button[aria-label^='fit the whole hole']");
    await page.keyboard.press("i");
    ok((await page.textContent("dialog button[aria-label^='fit the whole hole']")).includes("I"), "the new key is shown");
    await page.keyboard.press("Escape");
    await page.reload();
    await page.waitForSelector(".flag");
    await page.keyboard.press("?");
    ok((await page.textContent("dialog button[aria-label^='fit the whole hole']")).includes("I"), "and kept");
  });

  await test("the server is killed in between: nothing is lost, work goes on when it is back", async () => {
    const id = fresh();
    const page = await open(browser, server, id);
    const before = await shownDepths(page);
    await page.keyboard.press("3");
    await page.keyboard.press("]");
    await saved(page);
    await server.kill("SIGKILL");
    try {
      await page.keyboard.press("]");
      await page.waitForSelector(".banner");
      await until(async () => (await page.textContent(".save")).includes("not saved"), "the page says that it is not saved");
    } finally {
      await server.start(); // the tests after this one need it too
    }
    await page.waitForSelector(".banner", { state: "detached", timeout: 15000 });
    await until(async () => near(await depthOf(server, id, "exit"), before.exit + 0.2), "both gestures on the server", 15000);
    await saved(page);
    page.problems = [];
  });

  await test("an unsaved gesture survives a reload while the server is away", async () => {
    const id = fresh();
    const page = await open(browser, server, id);
    const before = await shownDepths(page);
    await leaveUnsaved(page);
    await page.reload();
    await page.waitForSelector(".flag");
    ok(near((await shownDepths(page)).entry, before.entry - 0.1), "the gesture is still there");
    await until(async () => near(await depthOf(server, id, "entry"), before.entry - 0.1), "and saved now");
  });

  await test("a gesture that arrives while its hole is being read stays in sight", async () => {
    const id = fresh();
    const page = await open(browser, server, id);
    const before = await shownDepths(page);
    await leaveUnsaved(page);
    // read before the gesture is saved, told after it
    let release;
    const saved = new Promise((resolve) => (release = resolve));
    const isSave = (request) => request.method() === "PUT" && request.url().includes("/labels");
    await page.route("**/labels", async (route) => (isSave(route.request()) && (await reading), route.continue()));
    let read;
    const reading = new Promise((resolve) => (read = resolve));
    await page.route(`**/holes/${id}`, async (route) => {
      const response = await route.fetch();
      read();
      await saved;
      await route.fulfill({ response });
    });
    page.on("response", (response) => isSave(response.request()) && setTimeout(release, 100));
    await page.reload();
    await page.waitForSelector(".flag");
    ok(near((await shownDepths(page)).entry, before.entry - 0.1), "the gesture is shown");
    await page.unrouteAll({ behavior: "ignoreErrors" });
    await page.keyboard.press("1");
    await page.keyboard.press("[");
    await until(async () => near(await depthOf(server, id, "entry"), before.entry - 0.2), "the next one goes on from it");
  });

  await test("the page asks nothing of other servers and breaks no rule of its policy", async () => {
    const page = watch(await openWindow(browser, "Ada"));
    const strange = [];
    page.on("request", (request) => {
      if (!request.url().startsWith(server.url) && !/^(data|blob):/.test(request.url())) strange.push(request.url());
    });
    await page.goto(`${server.url}/#/review/${fresh()}`);
    await page.waitForSelector(".flag");
    equal(strange, [], "requests to elsewhere");
    const response = await page.request.get(server.url);
    const policy = response.headers()["content-security-policy"] ?? "";
    ok(!policy.includes("unsafe") && /default-src 'none'|default-src 'self'/.test(policy), `the policy: ${policy}`);
  });
}
